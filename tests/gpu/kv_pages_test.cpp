// Sequences on the device grow, share, part and shrink; memory follows them, and a refusal changes nothing. The pages
// lie in host memory here: no GPU is needed.
#include "gpu/kv_pages.h"

#include <cstdlib>
#include <cstring>
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

namespace tramontane::gpu {
namespace {

constexpr std::uint64_t kMegabyte = std::uint64_t{1} << 20, kReserve = 256 * kMegabyte;

struct HostState {
    std::uint64_t free = std::uint64_t{1} << 40;
    std::map<void*, std::size_t> slabs;
    int takes = 0, copies = 0;
    int refusedTakes = 0; // this many are refused although memory is there
    int copiesUntilError = -1;
};

class HostPageMemory final : public PageMemory {
public:
    explicit HostPageMemory(HostState& state) : state_(state) {}
    std::uint64_t freeBytes() override { return state_.free; }
    void* takeSlab(std::size_t sizeBytes) override {
        if (state_.refusedTakes > 0 || sizeBytes > state_.free) return --state_.refusedTakes, nullptr;
        void* slab = std::aligned_alloc(256, sizeBytes);
        std::memset(slab, 0xff, sizeBytes);
        state_.slabs[slab] = sizeBytes;
        state_.free -= sizeBytes;
        ++state_.takes;
        return slab;
    }
    void giveSlab(void* slab) override {
        const auto found = state_.slabs.find(slab);
        ASSERT_NE(found, state_.slabs.end());
        state_.free += found->second;
        state_.slabs.erase(found);
        std::free(slab);
    }
    Result<void> copy(void* to, const void* from, std::size_t sizeBytes, cudaStream_t) override {
        if (state_.copiesUntilError == 0) return makeError(ErrorKind::internal, "the device is lost");
        --state_.copiesUntilError;
        ++state_.copies;
        std::memcpy(to, from, sizeBytes);
        return {};
    }

private:
    HostState& state_;
};

// Pages whose positions carry a number, as keys and values would.
class Numbered {
public:
    explicit Numbered(int context = 1000, KvShape shape = {1, 1, 32})
        : pages(shape, context, std::make_unique<HostPageMemory>(state)), shape_(shape) {}

    Result<void> append(SequenceId id, int count, int first) {
        const KvPages::Growth growth{id, count};
        if (Result<void> reserved = pages.reserve({&growth, 1}, nullptr); !reserved) return reserved;
        fill(id, count, first);
        pages.commit({&growth, 1});
        return {};
    }
    void fill(SequenceId id, int count, int first) {
        for (int i = 0; i < count; ++i) {
            const auto number = static_cast<std::uint16_t>((first + i) % 2048);
            std::memcpy(at(id, pages.length(id) + i), &number, sizeof number);
        }
    }
    std::vector<int> contents(SequenceId id) {
        std::vector<int> numbers;
        for (int p = 0; p < pages.length(id); ++p) {
            std::uint16_t number = 0;
            std::memcpy(&number, at(id, p), sizeof number);
            numbers.push_back(number);
        }
        return numbers;
    }
    std::byte* at(SequenceId id, int position) {
        const std::size_t positionBytes = static_cast<std::size_t>(shape_.headDim) * sizeBytes(shape_.element);
        return pages.pages(id)[static_cast<std::size_t>(position / 64)] +
               static_cast<std::size_t>(position % 64) * positionBytes;
    }

    HostState state; // before the pages, which use it to their end
    KvPages pages;

private:
    KvShape shape_;
};

constexpr KvShape kMistral{32, 8, 128}; // 8 MiB a page, 8 pages a slab

TEST(KvPages, takesPagesFromSlabsAndKeepsThemForReuse) {
    Numbered n(1000, kMistral);
    EXPECT_EQ(n.pages.pageBytes(), 8 * kMegabyte);
    EXPECT_EQ(n.pages.bytesPerToken(), 131072u);
    EXPECT_EQ(n.pages.pagesPerSequence(), 16);
    const SequenceId id = n.pages.create();
    EXPECT_EQ(n.state.takes, 0);
    ASSERT_TRUE(n.append(id, 8 * 64, 0).ok());
    EXPECT_EQ(n.state.takes, 1);
    EXPECT_EQ(n.pages.takenBytes(), 64 * kMegabyte);
    EXPECT_EQ(n.pages.usedBytes(), 64 * kMegabyte);
    ASSERT_TRUE(n.append(id, 1, 0).ok());
    EXPECT_EQ(n.state.takes, 2);
    EXPECT_EQ(n.pages.usedBytes(), 72 * kMegabyte);
    n.pages.release(id);
    EXPECT_EQ(n.pages.usedBytes(), 0u);
    EXPECT_EQ(n.pages.takenBytes(), 128 * kMegabyte);
    ASSERT_TRUE(n.append(n.pages.create(), 1000, 0).ok());
    EXPECT_EQ(n.state.takes, 2) << "the slabs were there";
}

TEST(KvPages, ofFp8TakeHalfTheMemory) {
    constexpr KvShape fp8{32, 8, 128, KvElement::fp8};
    Numbered n(1000, fp8);
    EXPECT_EQ(n.pages.pageBytes(), 4 * kMegabyte);
    EXPECT_EQ(n.pages.bytesPerToken(), 65536u);
    const SequenceId id = n.pages.create();
    ASSERT_TRUE(n.append(id, 16 * 64 - 24, 0).ok());
    EXPECT_EQ(n.state.takes, 1) << "twice as many pages in a slab";
    EXPECT_EQ(n.pages.takenBytes(), 64 * kMegabyte);
    EXPECT_EQ(n.contents(id)[999], 999);
    n.state.free = kReserve + 5 * kMegabyte; // room for a page of fp8, not for one of f16
    EXPECT_TRUE(n.append(n.pages.create(), 1, 0).ok());
    Numbered wide(1000, kMistral);
    wide.state.free = kReserve + 5 * kMegabyte;
    EXPECT_FALSE(wide.append(wide.pages.create(), 1, 0).ok());
}

TEST(KvPages, aSmallModelTakesNoMoreThanItsContext) {
    Numbered n(1000);
    ASSERT_TRUE(n.append(n.pages.create(), 1, 0).ok());
    EXPECT_EQ(n.pages.takenBytes(), 16 * n.pages.pageBytes());
    for (const auto& [slab, size] : n.state.slabs) EXPECT_EQ(reinterpret_cast<std::uintptr_t>(slab) % 256, 0u);
}

TEST(KvPages, everyPageIsAlignedAndItsOwn) {
    for (const KvElement element : {KvElement::f16, KvElement::fp8}) {
        Numbered n(10000, {2, 1, 32, element});
        EXPECT_EQ(n.pages.pageBytes() % 256, 0u);
        const SequenceId id = n.pages.create();
        ASSERT_TRUE(n.append(id, 5000, 0).ok());
        std::set<const std::byte*> distinct;
        for (const std::byte* page : n.pages.pages(id)) {
            EXPECT_EQ(reinterpret_cast<std::uintptr_t>(page) % 256, 0u);
            distinct.insert(page);
        }
        EXPECT_EQ(distinct.size(), 79u);
        auto before = distinct.begin();
        for (auto next = std::next(before); next != distinct.end(); before = next++)
            EXPECT_GE(reinterpret_cast<std::uintptr_t>(*next) - reinterpret_cast<std::uintptr_t>(*before),
                      n.pages.pageBytes());
    }
}

TEST(KvPages, aForkSharesUntilOneOfTheTwoWrites) {
    Numbered n;
    const std::uint64_t page = n.pages.pageBytes();
    const SequenceId first = n.pages.create();
    ASSERT_TRUE(n.append(first, 100, 0).ok());
    const SequenceId second = *n.pages.fork(first);
    EXPECT_EQ(n.pages.usedBytes(), 2 * page);
    EXPECT_EQ(n.state.copies, 0);
    ASSERT_TRUE(n.append(second, 1, 500).ok());
    EXPECT_EQ(n.pages.usedBytes(), 3 * page);
    ASSERT_TRUE(n.append(first, 1, 600).ok());
    EXPECT_EQ(n.pages.usedBytes(), 3 * page);
    EXPECT_EQ(n.state.copies, 1) << "the one that is left owns the page";
    EXPECT_EQ(n.contents(first)[100], 600);
    EXPECT_EQ(n.contents(second)[100], 500);
    EXPECT_EQ(n.contents(second)[99], 99);
    EXPECT_EQ(n.pages.pages(first)[0], n.pages.pages(second)[0]);
}

TEST(KvPages, aForkAtTheEndOfAPageCopiesNothing) {
    Numbered n;
    const SequenceId first = n.pages.create();
    ASSERT_TRUE(n.append(first, 128, 0).ok());
    const SequenceId second = *n.pages.fork(first);
    ASSERT_TRUE(n.append(second, 1, 5).ok());
    ASSERT_TRUE(n.append(first, 1, 6).ok());
    EXPECT_EQ(n.state.copies, 0);
    EXPECT_NE(n.pages.pages(first)[2], n.pages.pages(second)[2]);
}

TEST(KvPages, forksThatGrowInOneCallPartInIt) {
    Numbered n;
    const SequenceId first = n.pages.create();
    ASSERT_TRUE(n.append(first, 70, 0).ok());
    const SequenceId second = *n.pages.fork(first), third = *n.pages.fork(first);
    const KvPages::Growth growths[] = {{first, 1}, {second, 60}, {third, 1}};
    ASSERT_TRUE(n.pages.reserve(growths, nullptr).ok());
    EXPECT_EQ(n.state.copies, 2);
    EXPECT_EQ(n.pages.usedBytes(), (1 + 3 + 1) * n.pages.pageBytes());
    n.fill(first, 1, 1000);
    n.fill(second, 60, 1100);
    n.fill(third, 1, 1200);
    n.pages.commit(growths);
    EXPECT_EQ(n.contents(first).back(), 1000);
    EXPECT_EQ(n.contents(second)[70], 1100);
    EXPECT_EQ(n.contents(second).back(), 1159);
    EXPECT_EQ(n.contents(third).back(), 1200);
    for (const SequenceId id : {first, second, third}) EXPECT_EQ(n.contents(id)[69], 69);
}

TEST(KvPages, memoryThatIsNotThereIsAnErrorAndNothingChanges) {
    Numbered n(2000, kMistral);
    n.state.free = kReserve + 70 * kMegabyte; // one slab, and not a page more
    const SequenceId id = n.pages.create();
    ASSERT_TRUE(n.append(id, 60, 0).ok());
    const SequenceId fork = *n.pages.fork(id);
    const std::uint64_t used = n.pages.usedBytes(), taken = n.pages.takenBytes(), free = n.state.free,
                        generation = n.pages.generation(id), forkGeneration = n.pages.generation(fork);
    const KvPages::Growth growths[] = {{fork, 1}, {id, 64 * 8}};
    const Result<void> refused = n.pages.reserve(growths, nullptr);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::outOfMemory);
    EXPECT_NE(refused.error().message.find("MB"), std::string::npos);
    EXPECT_EQ(n.pages.usedBytes(), used);
    EXPECT_EQ(n.pages.takenBytes(), taken);
    EXPECT_EQ(n.state.free, free);
    EXPECT_EQ(n.state.copies, 0);
    EXPECT_EQ(n.pages.length(id), 60);
    EXPECT_EQ(n.pages.generation(id), generation);
    EXPECT_EQ(n.pages.generation(fork), forkGeneration);
    n.pages.release(fork);
    EXPECT_TRUE(n.append(id, 4, 60).ok()) << "the last page has room: nothing needs to be taken";
    EXPECT_EQ(n.contents(id).back(), 63);
}

TEST(KvPages, nearTheEndOfTheMemoryOnlyWhatIsWantedIsTaken) {
    Numbered n(2000, kMistral);
    n.state.free = kReserve + 17 * kMegabyte; // two pages
    const SequenceId id = n.pages.create();
    ASSERT_TRUE(n.append(id, 100, 0).ok());
    EXPECT_EQ(n.pages.takenBytes(), 16 * kMegabyte);
    EXPECT_FALSE(n.append(id, 100, 0).ok());
    EXPECT_EQ(n.contents(id).size(), 100u);
    EXPECT_GE(n.state.free, kReserve) << "the reserve stays free";
}

TEST(KvPages, aRefusalHalfwayGivesBackWhatWasTaken) {
    Numbered n(4000, kMistral);
    n.state.free = kReserve + 100 * kMegabyte;
    const SequenceId id = n.pages.create();
    EXPECT_FALSE(n.append(id, 20 * 64, 0).ok());
    EXPECT_EQ(n.pages.takenBytes(), 0u);
    EXPECT_TRUE(n.state.slabs.empty());
    n.state.free = std::uint64_t{1} << 40;
    n.state.refusedTakes = 2; // the driver says no although it said that there is room
    EXPECT_FALSE(n.append(id, 1, 0).ok());
    EXPECT_TRUE(n.append(id, 1, 0).ok());
}

TEST(KvPages, aFirstPageThatDoesNotFitIsToldAtLoad) {
    Numbered n(2000, kMistral);
    n.state.free = kReserve + 7 * kMegabyte;
    const Result<void> refused = n.pages.prepare();
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::outOfMemory);
    n.state.free = kReserve + 9 * kMegabyte;
    EXPECT_TRUE(n.pages.prepare().ok());
    EXPECT_EQ(n.pages.takenBytes(), 8 * kMegabyte);
    EXPECT_TRUE(n.append(n.pages.create(), 64, 0).ok());
}

TEST(KvPages, aCopyThatFailsChangesNothing) {
    Numbered n;
    const SequenceId first = n.pages.create();
    ASSERT_TRUE(n.append(first, 70, 0).ok());
    const SequenceId second = *n.pages.fork(first), third = *n.pages.fork(first);
    const std::uint64_t used = n.pages.usedBytes();
    n.state.copiesUntilError = 1;
    const KvPages::Growth growths[] = {{first, 1}, {second, 60}, {third, 1}};
    const Result<void> failed = n.pages.reserve(growths, nullptr);
    ASSERT_FALSE(failed.ok());
    EXPECT_EQ(failed.error().kind, ErrorKind::internal);
    EXPECT_EQ(n.pages.usedBytes(), used);
    for (const SequenceId id : {first, second, third}) {
        EXPECT_EQ(n.pages.length(id), 70);
        EXPECT_EQ(n.pages.pages(id)[1], n.pages.pages(first)[1]);
        EXPECT_EQ(n.contents(id)[69], 69);
    }
    n.state.copiesUntilError = -1;
    EXPECT_TRUE(n.append(second, 60, 0).ok());
}

TEST(KvPages, moreThanTheContextIsAnError) {
    Numbered n(70);
    const SequenceId id = n.pages.create();
    ASSERT_TRUE(n.append(id, 70, 0).ok());
    const Result<void> refused = n.append(id, 1, 70);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::contextFull);
    EXPECT_EQ(n.pages.length(id), 70);
}

TEST(KvPages, unknownSequencesAndImpossibleCutsAreErrors) {
    Numbered n;
    const SequenceId id = n.pages.create();
    EXPECT_FALSE(n.pages.truncate(id, 1).ok());
    EXPECT_FALSE(n.pages.truncate(id, -1).ok());
    EXPECT_FALSE(n.pages.fork(SequenceId{77}).ok());
    EXPECT_FALSE(n.pages.truncate(SequenceId{77}, 0).ok());
    n.pages.release(SequenceId{77});
    const KvPages::Growth growth{SequenceId{77}, 1};
    EXPECT_FALSE(n.pages.reserve({&growth, 1}, nullptr).ok());
    EXPECT_EQ(n.pages.length(SequenceId{77}), 0);
}

TEST(KvPages, rollingBackFreesWhatWasReserved) {
    Numbered n;
    const SequenceId id = n.pages.create();
    ASSERT_TRUE(n.append(id, 10, 0).ok());
    const KvPages::Growth growth{id, 300};
    ASSERT_TRUE(n.pages.reserve({&growth, 1}, nullptr).ok());
    EXPECT_EQ(n.pages.usedBytes(), 5 * n.pages.pageBytes());
    n.pages.rollBack({&growth, 1});
    EXPECT_EQ(n.pages.usedBytes(), n.pages.pageBytes());
    EXPECT_EQ(n.pages.length(id), 10);
    EXPECT_EQ(n.contents(id).size(), 10u);
}

TEST(KvPages, slotsAreSmallUniqueAndUsedAgain) {
    Numbered n;
    const SequenceId a = n.pages.create(), b = n.pages.create(), c = n.pages.create();
    EXPECT_EQ((std::vector{n.pages.slot(a), n.pages.slot(b), n.pages.slot(c)}), (std::vector{0, 1, 2}));
    n.pages.release(b);
    n.pages.release(a);
    EXPECT_EQ(n.pages.slot(*n.pages.fork(c)), 0);
    EXPECT_EQ(n.pages.slot(n.pages.create()), 1);
    EXPECT_EQ(n.pages.slot(n.pages.create()), 3);
    EXPECT_EQ(n.pages.slotCount(), 4);
}

TEST(KvPages, trimGivesUnusedSlabsBack) {
    Numbered n(2000, kMistral);
    const SequenceId a = n.pages.create(), b = n.pages.create();
    ASSERT_TRUE(n.append(a, 8 * 64, 0).ok());
    ASSERT_TRUE(n.append(b, 64, 7).ok());
    EXPECT_EQ(n.state.slabs.size(), 2u);
    n.pages.release(a);
    n.pages.trim();
    EXPECT_EQ(n.state.slabs.size(), 1u);
    EXPECT_EQ(n.contents(b)[0], 7);
    ASSERT_TRUE(n.append(b, 9 * 64, 8).ok());
    EXPECT_EQ(n.contents(b)[64], 8);
}

// A table as a step keeps it: rows by slot, written anew when a generation is not the one they were written for.
struct DeviceTable {
    std::map<int, std::pair<std::uint64_t, std::vector<std::byte*>>> rows;
    int uploads = 0;

    std::vector<std::byte*> row(const KvPages& pages, SequenceId id) {
        auto& [generation, addresses] = rows[pages.slot(id)];
        if (generation != pages.generation(id)) {
            generation = pages.generation(id);
            addresses.assign(pages.pages(id).begin(), pages.pages(id).end());
            ++uploads;
        }
        return addresses;
    }
};

TEST(KvPages, theGenerationStaysWhileThePagesDo) {
    Numbered n;
    DeviceTable table;
    const SequenceId id = n.pages.create();
    for (int i = 0; i < 64; ++i) {
        ASSERT_TRUE(n.append(id, 1, i).ok());
        table.row(n.pages, id);
    }
    EXPECT_EQ(table.uploads, 1);
    ASSERT_TRUE(n.append(id, 1, 0).ok());
    table.row(n.pages, id);
    EXPECT_EQ(table.uploads, 2);
}

TEST(KvPages, anyMixOfForksCutsAndReleasesKeepsEverySequencesContents) {
    for (std::uint32_t seed = 1; seed <= 20; ++seed) {
        const KvElement element = seed % 2 == 0 ? KvElement::fp8 : KvElement::f16;
        SCOPED_TRACE("seed " + std::to_string(seed) + ", " + nameOf(element));
        std::mt19937 random(seed);
        Numbered n(1000, {1, 1, 32, element});
        DeviceTable table;
        std::map<SequenceId, std::vector<int>> model;
        for (int step = 0; step < 400; ++step) {
            const auto pick = [&] {
                auto it = model.begin();
                std::advance(it, static_cast<std::ptrdiff_t>(random() % model.size()));
                return it;
            };
            const unsigned action = model.empty() ? 0 : random() % 9;
            if (action == 0) {
                model[n.pages.create()];
            } else if (action <= 4) {
                const auto it = pick();
                const int count = static_cast<int>(random() % 90), first = static_cast<int>(random() % 10000);
                if (it->second.size() + static_cast<std::size_t>(count) > 1000) continue;
                ASSERT_TRUE(n.append(it->first, count, first).ok());
                for (int i = 0; i < count; ++i) it->second.push_back((first + i) % 2048);
            } else if (action == 5) {
                const auto it = pick();
                model[*n.pages.fork(it->first)] = it->second;
            } else if (action == 6) {
                const auto it = pick();
                it->second.resize(random() % (it->second.size() + 1));
                ASSERT_TRUE(n.pages.truncate(it->first, static_cast<int>(it->second.size())).ok());
            } else if (action == 7) {
                const KvPages::Growth growth{pick()->first, static_cast<int>(random() % 90)};
                if (n.pages.reserve({&growth, 1}, nullptr)) n.pages.rollBack({&growth, 1});
            } else {
                const auto it = pick();
                n.pages.release(it->first);
                model.erase(it);
            }
            if (model.empty()) continue;
            const SequenceId id = pick()->first;
            const std::vector<std::byte*> row = table.row(n.pages, id);
            ASSERT_TRUE(std::equal(row.begin(), row.end(), n.pages.pages(id).begin(), n.pages.pages(id).end()));
        }
        std::set<int> slots;
        for (const auto& [id, numbers] : model) {
            ASSERT_EQ(n.contents(id), numbers);
            EXPECT_TRUE(slots.insert(n.pages.slot(id)).second);
        }
        for (const auto& [id, numbers] : model) n.pages.release(id);
        EXPECT_EQ(n.pages.usedBytes(), 0u);
        n.pages.trim();
        EXPECT_EQ(n.pages.takenBytes(), 0u);
        EXPECT_TRUE(n.state.slabs.empty());
    }
}

TEST(KvPages, tenThousandForksAndCutsLeakNothing) {
    Numbered n(4096);
    const SequenceId root = n.pages.create();
    ASSERT_TRUE(n.append(root, 2000, 0).ok());
    const std::uint64_t used = n.pages.usedBytes();
    const int takes = n.state.takes;
    for (int i = 0; i < 10000; ++i) {
        const SequenceId fork = *n.pages.fork(root);
        ASSERT_TRUE(n.pages.truncate(fork, i % 2000).ok());
        ASSERT_TRUE(n.append(fork, 1 + i % 100, i).ok());
        n.pages.release(fork);
    }
    EXPECT_EQ(n.pages.usedBytes(), used);
    EXPECT_EQ(n.state.takes, takes);
    EXPECT_EQ(n.pages.slotCount(), 2);
    EXPECT_EQ(n.contents(root)[1999], 1999);
}

} // namespace
} // namespace tramontane::gpu
