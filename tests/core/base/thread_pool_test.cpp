// The pool runs every task once, on all threads, and its barriers order what they share.
#include "core/base/thread_pool.h"

#include <chrono>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

namespace tramontane {
namespace {

TEST(ThreadPool, forEach_runsEveryTaskOnce) {
    for (const int threads : {1, 2, 3, 8}) {
        ThreadPool pool(threads);
        EXPECT_EQ(pool.threadCount(), threads);
        for (const int count : {0, 1, 2, 7, 1000}) {
            std::vector<int> done(static_cast<std::size_t>(count), 0);
            pool.run([&] { pool.forEach(count, [&](int task) { ++done[static_cast<std::size_t>(task)]; }); });
            EXPECT_EQ(std::accumulate(done.begin(), done.end(), 0), count);
            for (const int times : done) ASSERT_EQ(times, 1);
        }
    }
}

TEST(ThreadPool, barrier_ordersPhasesThatReadWhatOthersWrote) {
    ThreadPool pool(4);
    constexpr int kCells = 257, kPhases = 500;
    std::vector<std::uint32_t> first(kCells, 1), second(kCells, 0);
    pool.run([&] {
        // Each phase reads its neighbours' results of the phase before, from plain memory.
        for (int phase = 0; phase < kPhases; ++phase) {
            const auto& from = phase % 2 == 0 ? first : second;
            auto& to = phase % 2 == 0 ? second : first;
            pool.forEach(kCells, [&](int i) { to[i] = from[i] + from[(i + 1) % kCells]; });
        }
    });
    std::uint32_t expected = 1; // all cells stay equal and double
    for (int phase = 0; phase < kPhases; ++phase) expected *= 2;
    for (const std::uint32_t cell : first) ASSERT_EQ(cell, expected);
}

TEST(ThreadPool, run_servesManyJobsAndWakesSleepingThreads) {
    ThreadPool pool(3);
    std::atomic<int> visits{0};
    for (int job = 0; job < 2000; ++job) pool.run([&] { visits.fetch_add(1); });
    EXPECT_EQ(visits.load(), 6000);
    std::this_thread::sleep_for(std::chrono::milliseconds(50)); // longer than anybody spins
    pool.run([&] { visits.fetch_add(1); });
    EXPECT_EQ(visits.load(), 6003);
}

TEST(ThreadPool, usableCoreCount_isOneOrMore) {
    EXPECT_GE(usableCoreCount(), 1);
    EXPECT_LE(usableCoreCount(), std::max(1, static_cast<int>(std::thread::hardware_concurrency())));
}

} // namespace
} // namespace tramontane
