// Starts, feeds and joins the threads of a pool; hands out tasks.
#include "core/base/thread_pool.h"

#include <algorithm>
#include <limits>
#include <system_error>

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace tramontane {
namespace {

// A waiting thread burns some 20 microseconds, within which most phases of a step are met, and then sleeps. It does
// not yield: on a busy machine that gives away its turn, while a thread that is woken gets one soon.
constexpr int kSpins = 400;

void relax() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

// Sleeps unless `value` is no longer `old`; may return early.
void sleepWhile(std::atomic<std::uint32_t>& value, std::uint32_t old) {
#if defined(__linux__)
    static_assert(sizeof value == sizeof(std::uint32_t));
    syscall(SYS_futex, &value, FUTEX_WAIT_PRIVATE, old, nullptr, nullptr, 0);
#else
    value.wait(old);
#endif
}

void wakeAll(std::atomic<std::uint32_t>& value) {
#if defined(__linux__)
    syscall(SYS_futex, &value, FUTEX_WAKE_PRIVATE, std::numeric_limits<int>::max(), nullptr, nullptr, 0);
#else
    value.notify_all();
#endif
}

constexpr std::uint64_t kOpen = std::uint64_t{1} << 31;
constexpr std::uint64_t kInside = kOpen - 1;

// On the circle of 32 bits.
bool isBefore(std::uint32_t a, std::uint32_t b) { return static_cast<std::int32_t>(a - b) < 0; }

std::uint32_t upper(std::uint64_t pair) { return static_cast<std::uint32_t>(pair >> 32); }
std::uint64_t pairOf(std::uint32_t high, std::uint64_t low) { return static_cast<std::uint64_t>(high) << 32 | low; }

} // namespace

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
    leaving_.store(true, std::memory_order_release);
    job_.raiseTo(job_.value.load(std::memory_order_relaxed) + 1);
    for (std::thread& thread : threads_) thread.join();
}

// The order of store and load on either side matters, hence the strongest ordering: either the one who raises sees
// the sleeper, or the sleeper sees the new value.
void ThreadPool::Signal::raiseTo(std::uint32_t next) {
    std::uint32_t now = value.load(std::memory_order_relaxed);
    while (isBefore(now, next))
        if (value.compare_exchange_weak(now, next, std::memory_order_seq_cst)) {
            if (sleepers.load(std::memory_order_seq_cst) > 0) wakeAll(value);
            return;
        }
}

void ThreadPool::Signal::waitUntilPast(std::uint32_t old) {
    for (int i = 0; i < kSpins; ++i) {
        if (isBefore(old, value.load(std::memory_order_acquire))) return;
        relax();
    }
    sleepers.fetch_add(1, std::memory_order_seq_cst);
    for (std::uint32_t now = value.load(std::memory_order_seq_cst); !isBefore(old, now);
         now = value.load(std::memory_order_seq_cst))
        sleepWhile(value, now);
    sleepers.fetch_sub(1, std::memory_order_relaxed);
}

thread_local std::uint32_t ThreadPool::myPhase_ = 0;

void ThreadPool::openJob() {
    firstPhase_ = myPhase_ = phase_.value.load(std::memory_order_relaxed);
    const std::uint32_t job = job_.value.load(std::memory_order_relaxed) + 1;
    gate_.store(pairOf(job, kOpen), std::memory_order_release);
    job_.raiseTo(job);
}

void ThreadPool::closeJob() {
    const std::uint32_t seen = left_.value.load(std::memory_order_acquire);
    const std::uint64_t before = gate_.fetch_and(~kOpen, std::memory_order_acq_rel);
    if ((before & kInside) != 0) left_.waitUntilPast(seen);
}

void ThreadPool::work() {
    std::uint32_t seen = 0;
    while (true) {
        job_.waitUntilPast(seen);
        seen = job_.value.load(std::memory_order_acquire);
        if (leaving_.load(std::memory_order_acquire)) return;
        // Comes in if the job is still open; a closed one needs nobody any more.
        std::uint64_t gate = gate_.load(std::memory_order_acquire);
        while (upper(gate) == seen && (gate & kOpen) != 0)
            if (gate_.compare_exchange_weak(gate, gate + 1, std::memory_order_acq_rel, std::memory_order_acquire)) {
                myPhase_ = firstPhase_;
                call_(object_);
                const std::uint64_t after = gate_.fetch_sub(1, std::memory_order_acq_rel) - 1;
                if ((after & (kOpen | kInside)) == 0) left_.raiseTo(left_.value.load(std::memory_order_relaxed) + 1);
                break;
            }
    }
}

int ThreadPool::takeTask(std::uint32_t phase, int taskCount) {
    std::uint64_t ticket = ticket_.load(std::memory_order_acquire);
    while (upper(ticket) == phase) {
        const int task = static_cast<int>(ticket & 0xffffffffu);
        if (taskCount <= 0) {
            advanceFrom(phase);
            return -1;
        }
        if (task >= taskCount) {
            phase_.waitUntilPast(phase); // others hold the last tasks
            return -1;
        }
        if (ticket_.compare_exchange_weak(ticket, ticket + 1, std::memory_order_acq_rel, std::memory_order_acquire))
            return task;
    }
    return -1; // the others did it all
}

void ThreadPool::finishTask(std::uint32_t phase, int taskCount) {
    if (done_.fetch_add(1, std::memory_order_acq_rel) + 1 < taskCount) return;
    done_.store(0, std::memory_order_relaxed); // published with the ticket
    advanceFrom(phase);
}

// By the thread that finished the last task; of an empty phase, by whoever comes first.
void ThreadPool::advanceFrom(std::uint32_t phase) {
    std::uint64_t ticket = ticket_.load(std::memory_order_relaxed);
    while (upper(ticket) == phase)
        if (ticket_.compare_exchange_weak(ticket, pairOf(phase + 1, 0), std::memory_order_acq_rel,
                                          std::memory_order_acquire)) {
            phase_.raiseTo(phase + 1);
            return;
        }
}

} // namespace tramontane
