// Starts, feeds and joins the threads of a pool; the barrier that they share; how many cores there are.
#include "core/base/thread_pool.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <string>
#include <system_error>

#if defined(__linux__)
#include <sched.h>
#endif

namespace tramontane {
namespace {

// A waiting thread first burns some 20 microseconds (a barrier inside a step is met within that), then offers its
// core to others, and sleeps once the wait is clearly not one of a step in progress.
constexpr int kSpins = 400;
constexpr int kYields = 200;

void relax() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

void waitWhileEqual(const std::atomic<std::uint32_t>& value, std::uint32_t old) {
    for (int i = 0; i < kSpins; ++i) {
        if (value.load(std::memory_order_acquire) != old) return;
        relax();
    }
    for (int i = 0; i < kYields; ++i) {
        if (value.load(std::memory_order_acquire) != old) return;
        std::this_thread::yield();
    }
    value.wait(old, std::memory_order_acquire);
}

} // namespace

int usableCoreCount() {
    int logical = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
#if defined(__linux__)
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return logical;
    std::set<std::string> cores; // each named by its list of hyper-threads
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (!CPU_ISSET(cpu, &allowed)) continue;
        std::ifstream file("/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list");
        std::string siblings;
        if (!std::getline(file, siblings)) return logical;
        cores.insert(siblings);
    }
    if (!cores.empty()) return static_cast<int>(cores.size());
#endif
    return logical;
}

ThreadPool::ThreadPool(int threadCount) {
    threads_.reserve(static_cast<std::size_t>(std::max(0, threadCount - 1)));
    try {
        while (static_cast<int>(threads_.size()) + 1 < threadCount) threads_.emplace_back([this] { work(); });
    } catch (const std::system_error&) {
        // The system has no more threads to give: slower, not wrong.
    }
    threadCount_ = static_cast<int>(threads_.size()) + 1;
}

ThreadPool::~ThreadPool() {
    leaving_ = true;
    start();
    for (std::thread& thread : threads_) thread.join();
}

// Publishes call_, object_ and leaving_.
void ThreadPool::start() {
    jobs_.fetch_add(1, std::memory_order_release);
    jobs_.notify_all();
}

void ThreadPool::work() {
    std::uint32_t seen = 0;
    while (true) {
        waitWhileEqual(jobs_, seen);
        ++seen; // one job at a time: the next one is only published after this one's last barrier
        if (leaving_) return;
        call_(object_);
        barrier();
    }
}

void ThreadPool::barrier() {
    if (threadCount_ == 1) {
        next_.store(0, std::memory_order_relaxed);
        return;
    }
    const std::uint32_t phase = phases_.load(std::memory_order_relaxed);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 < threadCount_) {
        waitWhileEqual(phases_, phase);
        return;
    }
    arrived_.store(0, std::memory_order_relaxed);
    next_.store(0, std::memory_order_relaxed);
    phases_.store(phase + 1, std::memory_order_release);
    phases_.notify_all();
}

} // namespace tramontane
