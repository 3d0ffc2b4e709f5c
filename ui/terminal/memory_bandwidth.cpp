// Threads that add up a buffer of several times the caches.
#include "ui/terminal/memory_bandwidth.h"

#include <algorithm>
#include <barrier>
#include <chrono>
#include <thread>
#include <unistd.h>
#include <vector>

#include "core/cpu/pages.h"
#include "core/model/memory_estimate.h"

namespace tramontane::terminal {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int passes = 6;

std::uint64_t largestCache() {
    long largest = 0;
    for (const int level : {_SC_LEVEL2_CACHE_SIZE, _SC_LEVEL3_CACHE_SIZE, _SC_LEVEL4_CACHE_SIZE})
        largest = std::max(largest, ::sysconf(level));
    return static_cast<std::uint64_t>(std::max(0l, largest));
}

// Eight sums at once: the additions of one would be slower than memory. Lines are asked for ahead, into the second level,
// as whoever wants all that memory gives has to.
std::uint64_t sumOf(const std::uint64_t* words, std::size_t count) {
    constexpr std::size_t ahead = 12288 / sizeof(std::uint64_t);
    std::uint64_t sums[8] = {};
    for (std::size_t i = 0; i + 8 <= count; i += 8) {
        __builtin_prefetch(words + std::min(i + ahead, count - 1), 0, 2);
        for (std::size_t j = 0; j < 8; ++j) sums[j] += words[i + j];
    }
    std::uint64_t sum = 0;
    for (const std::uint64_t part : sums) sum += part;
    return sum;
}

} // namespace

MemoryBandwidth measureMemoryBandwidth(int threads) {
    MemoryBandwidth result;
    result.cacheBytes = largestCache();
    // Four times the caches, 256 MiB at least, and never more than a quarter of what is free.
    std::uint64_t wish = std::max<std::uint64_t>(std::uint64_t{256} << 20, 4 * result.cacheBytes);
    wish = std::min<std::uint64_t>(wish, std::uint64_t{2} << 30);
    if (const std::uint64_t available = hostMemory().availableBytes; available > 0)
        wish = std::min(wish, available / 4);
    threads = std::max(1, threads);
    const std::size_t words = wish / sizeof(std::uint64_t) / static_cast<std::size_t>(threads);
    const Result<Pages> buffer = Pages::allocate(words * static_cast<std::size_t>(threads) * sizeof(std::uint64_t));
    if (!buffer || words == 0) return result;
    result.bufferBytes = words * static_cast<std::uint64_t>(threads) * sizeof(std::uint64_t);

    std::vector<std::uint64_t> sums(static_cast<std::size_t>(threads));
    std::barrier round(threads + 1);
    std::vector<std::jthread> readers;
    for (int i = 0; i < threads; ++i)
        readers.emplace_back([&, i] {
            std::uint64_t* part = buffer->as<std::uint64_t>() + words * static_cast<std::size_t>(i);
            std::fill(part, part + words, 1); // its pages lie where this thread runs
            for (int pass = 0; pass < passes; ++pass) {
                round.arrive_and_wait();
                sums[static_cast<std::size_t>(i)] += sumOf(part, words);
                round.arrive_and_wait();
            }
        });
    double best = 1e9;
    for (int pass = 0; pass < passes; ++pass) {
        round.arrive_and_wait();
        const auto start = Clock::now();
        round.arrive_and_wait();
        best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
    }
    readers.clear();
    std::uint64_t total = 0;
    for (const std::uint64_t sum : sums) total += sum;
    // The sum is known; asking for it keeps the reading from being optimized away.
    if (total >= static_cast<std::uint64_t>(words / 8 * 8) * passes)
        result.bytesPerSecond = static_cast<double>(result.bufferBytes) / best;
    return result;
}

} // namespace tramontane::terminal
