// A function in; the same function run by every thread that is free, sharing the tasks of one phase after the other.
//
// A phase is over when its tasks are done, not when every thread has been there: a thread that the system keeps from
// running holds nobody up unless it holds a task, and walks through the phases it missed when it comes back.
// Nothing locks: who waits spins for some microseconds and then sleeps until woken.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <type_traits>
#include <vector>

namespace tramontane {

class ThreadPool {
public:
    // The caller is one of the threads, so threadCount-1 are started; fewer where the system gives no more.
    explicit ThreadPool(int threadCount);
    ~ThreadPool();
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    int threadCount() const { return threadCount_; }

    // Runs body() on the calling thread and on every other that comes in time; returns when all have left it. The
    // body is a sequence of forEach, the same for every thread, and throws nothing; between them it may read what
    // the job does not change. One run at a time, and none inside another.
    template <class Body>
    void run(Body&& body) {
        using Plain = std::remove_reference_t<Body>;
        call_ = [](void* object) { (*static_cast<Plain*>(object))(); };
        object_ = const_cast<void*>(static_cast<const void*>(&body));
        openJob();
        body();
        closeJob();
    }

    // Inside run(): body(task) once for each task 0..taskCount-1, on whichever thread is free. When it returns, all
    // tasks are done and what they wrote is visible.
    template <class Body>
    void forEach(int taskCount, Body&& body) {
        const std::uint32_t phase = myPhase_++;
        while (true) {
            const int task = takeTask(phase, taskCount);
            if (task < 0) break;
            body(task);
            finishTask(phase, taskCount);
        }
    }

private:
    // A number that rises (around 2^32, too), and who waits for it.
    struct alignas(64) Signal {
        std::atomic<std::uint32_t> value{0};
        std::atomic<int> sleepers{0};
        void raiseTo(std::uint32_t next); // no effect where it is there already
        void waitUntilPast(std::uint32_t old);
    };

    void openJob();
    void closeJob();
    void work();
    int takeTask(std::uint32_t phase, int taskCount); // -1: the phase is over
    void finishTask(std::uint32_t phase, int taskCount);
    void advanceFrom(std::uint32_t phase);

    int threadCount_ = 1;
    std::vector<std::thread> threads_;

    // Of the job; written while it is closed.
    void (*call_)(void*) = nullptr;
    void* object_ = nullptr;
    std::uint32_t firstPhase_ = 0;
    std::atomic<bool> leaving_{false};

    Signal job_;                                       // rises when a job opens
    alignas(64) std::atomic<std::uint64_t> gate_{0};   // job<<32 | open<<31 | threads inside, the caller not counted
    Signal left_;                                      // rises when the last thread leaves a closed job
    alignas(64) std::atomic<std::uint64_t> ticket_{0}; // phase<<32 | its next task
    alignas(64) std::atomic<int> done_{0};             // tasks finished in this phase
    Signal phase_;                                     // the phase that is going on
    static thread_local std::uint32_t myPhase_;        // of the calling thread, in the job it is in
};

} // namespace tramontane
