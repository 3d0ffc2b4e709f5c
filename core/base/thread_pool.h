// A function in; the same function run by every thread at once, with barriers and shared task counters inside.
// The threads of one pool serve one caller. Nothing locks: waiting spins briefly, then yields, then sleeps.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <type_traits>
#include <vector>

namespace tramontane {

// Physical cores that this process may use (hyper-threads of one core count once); at least 1.
int usableCoreCount();

class ThreadPool {
public:
    // The caller is one of the threads, so threadCount-1 are started; fewer where the system gives no more.
    explicit ThreadPool(int threadCount);
    ~ThreadPool();
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    int threadCount() const { return threadCount_; }

    // Runs body() on every thread and returns when all have finished it. The body throws nothing.
    template <class Body>
    void run(Body&& body) {
        using Plain = std::remove_reference_t<Body>;
        call_ = [](void* object) { (*static_cast<Plain*>(object))(); };
        object_ = const_cast<void*>(static_cast<const void*>(&body));
        start();
        body();
        barrier();
    }

    // Inside run(), called by every thread alike: body(task) once for each task, on whichever thread is free.
    // Returns when all tasks of all threads are done.
    template <class Body>
    void forEach(int taskCount, Body&& body) {
        for (int task = next_.fetch_add(1, std::memory_order_relaxed); task < taskCount;
             task = next_.fetch_add(1, std::memory_order_relaxed))
            body(task);
        barrier();
    }

    // Inside run(): what any thread wrote before is visible to all after. Resets the task counter.
    void barrier();

private:
    void start();
    void work();

    int threadCount_ = 1;
    std::vector<std::thread> threads_;
    void (*call_)(void*) = nullptr;
    void* object_ = nullptr;
    bool leaving_ = false;
    alignas(64) std::atomic<std::uint32_t> jobs_{0};    // rises when a job is there
    alignas(64) std::atomic<int> next_{0};              // the next task of forEach
    alignas(64) std::atomic<int> arrived_{0};           // threads that reached the barrier
    alignas(64) std::atomic<std::uint32_t> phases_{0};  // rises when the last one did
};

} // namespace tramontane
