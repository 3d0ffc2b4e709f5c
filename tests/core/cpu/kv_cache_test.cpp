// Sequences grow, share, part and shrink; memory follows them, and a refusal changes nothing.
#include "core/cpu/kv_cache.h"

#include <limits>
#include <map>
#include <random>

#include <gtest/gtest.h>

namespace tramontane {
namespace {

constexpr std::uint64_t kPlenty = std::numeric_limits<std::uint64_t>::max();

// A small cache whose positions carry a number, as keys and values would.
class Numbered {
public:
    explicit Numbered(std::uint64_t available = kPlenty, int context = 1000)
        : cache(KvShape::of(1, 1, 16), context, [this] { return free; }), free(available) {}

    Result<void> append(SequenceId id, int count, std::uint16_t first) {
        const KvCache::Growth growth{id, count};
        if (Result<void> reserved = cache.reserve({&growth, 1}); !reserved) return reserved;
        const auto table = cache.blockTable(id);
        for (int i = 0; i < count; ++i) at(table, cache.length(id) + i) = static_cast<std::uint16_t>(first + i);
        cache.commit({&growth, 1});
        return {};
    }
    std::vector<std::uint16_t> contents(SequenceId id) {
        std::vector<std::uint16_t> numbers;
        const auto table = cache.blockTable(id);
        for (int p = 0; p < cache.length(id); ++p) numbers.push_back(at(table, p));
        return numbers;
    }
    static std::uint16_t& at(const std::vector<std::uint16_t*>& table, int position) {
        return table[static_cast<std::size_t>(position / kKvBlockPositions)][position % kKvBlockPositions];
    }

    KvCache cache;
    std::uint64_t free;
};

TEST(KvCache, takesBlocksAsSequencesGrowAndFreesThemAsTheyShrink) {
    Numbered n;
    const std::uint64_t block = n.cache.shape().blockBytes();
    EXPECT_EQ(block, 64u * 16 * 2 * 2);
    const SequenceId id = n.cache.create();
    EXPECT_EQ(n.cache.allocatedBytes(), 0u);
    ASSERT_TRUE(n.append(id, 64, 0).ok());
    EXPECT_EQ(n.cache.allocatedBytes(), block);
    ASSERT_TRUE(n.append(id, 1, 64).ok());
    EXPECT_EQ(n.cache.allocatedBytes(), 2 * block);
    ASSERT_TRUE(n.cache.truncate(id, 64).ok());
    EXPECT_EQ(n.cache.allocatedBytes(), block);
    n.cache.release(id);
    EXPECT_EQ(n.cache.allocatedBytes(), 0u);
    EXPECT_EQ(n.cache.length(id), 0);
}

TEST(KvCache, aForkSharesUntilOneOfTheTwoWrites) {
    Numbered n;
    const std::uint64_t block = n.cache.shape().blockBytes();
    const SequenceId first = n.cache.create();
    ASSERT_TRUE(n.append(first, 100, 0).ok());
    const SequenceId second = *n.cache.fork(first);
    EXPECT_EQ(n.cache.allocatedBytes(), 2 * block);
    ASSERT_TRUE(n.append(second, 1, 5000).ok());
    EXPECT_EQ(n.cache.allocatedBytes(), 3 * block);
    ASSERT_TRUE(n.append(first, 1, 6000).ok());
    EXPECT_EQ(n.cache.allocatedBytes(), 3 * block);
    EXPECT_EQ(n.contents(first)[100], 6000);
    EXPECT_EQ(n.contents(second)[100], 5000);
    EXPECT_EQ(n.contents(second)[99], 99);
}

TEST(KvCache, memoryThatIsNotThereIsAnErrorAndNothingChanges) {
    Numbered n;
    const SequenceId id = n.cache.create();
    ASSERT_TRUE(n.append(id, 60, 0).ok());
    const SequenceId fork = *n.cache.fork(id);
    n.free = 1000;
    const Result<void> refused = n.append(id, 10, 60);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::outOfMemory);
    EXPECT_EQ(n.cache.length(id), 60);
    EXPECT_EQ(n.cache.allocatedBytes(), n.cache.shape().blockBytes());
    n.cache.release(fork);
    EXPECT_TRUE(n.append(id, 4, 60).ok()) << "the last block has room: nothing needs to be taken";
    EXPECT_EQ(n.contents(id).back(), 63);
}

TEST(KvCache, moreThanTheContextIsAnError) {
    Numbered n(kPlenty, 70);
    const SequenceId id = n.cache.create();
    ASSERT_TRUE(n.append(id, 70, 0).ok());
    const Result<void> refused = n.append(id, 1, 70);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::contextFull);
    EXPECT_EQ(n.cache.length(id), 70);
}

TEST(KvCache, unknownSequencesAndImpossibleCutsAreErrors) {
    Numbered n;
    const SequenceId id = n.cache.create();
    EXPECT_FALSE(n.cache.truncate(id, 1).ok());
    EXPECT_FALSE(n.cache.truncate(id, -1).ok());
    EXPECT_FALSE(n.cache.fork(SequenceId{77}).ok());
    EXPECT_FALSE(n.cache.truncate(SequenceId{77}, 0).ok());
    n.cache.release(SequenceId{77});
    const KvCache::Growth growth{SequenceId{77}, 1};
    EXPECT_FALSE(n.cache.reserve({&growth, 1}).ok());
}

TEST(KvCache, rollingBackFreesWhatWasReserved) {
    Numbered n;
    const SequenceId id = n.cache.create();
    ASSERT_TRUE(n.append(id, 10, 0).ok());
    const KvCache::Growth growth{id, 300};
    ASSERT_TRUE(n.cache.reserve({&growth, 1}).ok());
    EXPECT_EQ(n.cache.allocatedBytes(), 5 * n.cache.shape().blockBytes());
    n.cache.rollBack({&growth, 1});
    EXPECT_EQ(n.cache.allocatedBytes(), n.cache.shape().blockBytes());
    EXPECT_EQ(n.cache.length(id), 10);
}

TEST(KvCache, anyMixOfForksCutsAndReleasesKeepsEverySequencesContents) {
    for (std::uint32_t seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937 random(seed);
        Numbered n;
        std::map<SequenceId, std::vector<std::uint16_t>> model;
        for (int step = 0; step < 400; ++step) {
            const auto pick = [&] {
                auto it = model.begin();
                std::advance(it, static_cast<std::ptrdiff_t>(random() % model.size()));
                return it;
            };
            const unsigned action = model.empty() ? 0 : random() % 8;
            if (action == 0) {
                model[n.cache.create()];
            } else if (action <= 4) {
                const auto it = pick();
                const int count = static_cast<int>(random() % 90);
                const auto first = static_cast<std::uint16_t>(random());
                if (it->second.size() + static_cast<std::size_t>(count) > 1000) continue;
                ASSERT_TRUE(n.append(it->first, count, first).ok());
                for (int i = 0; i < count; ++i) it->second.push_back(static_cast<std::uint16_t>(first + i));
            } else if (action == 5) {
                const auto it = pick();
                model[*n.cache.fork(it->first)] = it->second;
            } else if (action == 6) {
                const auto it = pick();
                it->second.resize(random() % (it->second.size() + 1));
                ASSERT_TRUE(n.cache.truncate(it->first, static_cast<int>(it->second.size())).ok());
            } else {
                const auto it = pick();
                n.cache.release(it->first);
                model.erase(it);
            }
        }
        for (const auto& [id, numbers] : model) ASSERT_EQ(n.contents(id), numbers);
        for (const auto& [id, numbers] : model) n.cache.release(id);
        EXPECT_EQ(n.cache.allocatedBytes(), 0u);
    }
}

} // namespace
} // namespace tramontane
