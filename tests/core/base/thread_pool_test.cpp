// The pool runs every task once, on whatever thread is free, and each phase sees what the one before wrote.
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

TEST(ThreadPool, phases_readWhatOthersWroteInTheOneBefore) {
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
    int sum = 0;
    std::atomic<int> inside{0};
    for (int job = 0; job < 2000; ++job) {
        int parts[4] = {};
        pool.run([&] {
            inside.fetch_add(1);
            pool.forEach(4, [&](int task) { parts[task] = task + 1; });
            pool.forEach(0, [](int) {});
            pool.forEach(-1, [](int) {});
            pool.forEach(1, [&](int) { sum += parts[0] + parts[1] + parts[2] + parts[3]; });
            inside.fetch_sub(1);
        });
        ASSERT_EQ(inside.load(), 0) << "a thread is still in a job that is over";
        if (job % 500 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(20)); // longer than anybody spins
    }
    EXPECT_EQ(sum, 20000);
}

TEST(ThreadPool, aThreadThatIsKeptFromRunningHoldsNobodyUp) {
    // Far more threads than cores: if every phase waited for every thread, this would take minutes.
    ThreadPool pool(48);
    std::vector<int> counts(64, 0);
    for (int job = 0; job < 20; ++job)
        pool.run([&] {
            for (int phase = 0; phase < 200; ++phase) pool.forEach(64, [&](int task) { ++counts[task]; });
        });
    for (const int count : counts) ASSERT_EQ(count, 4000);
}

TEST(ThreadPool, poolsComeAndGoWithoutWork) {
    for (int i = 0; i < 50; ++i) {
        ThreadPool pool(4);
        if (i % 2 == 0) pool.run([] {});
    }
}

} // namespace
} // namespace tramontane
