// Grows, shares, cuts and frees the pages of sequences.
#include "gpu/kv_pages.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "gpu/device/device_memory.h"

namespace tramontane::gpu {
namespace {

constexpr std::uint64_t kSlabBytes = std::uint64_t{64} << 20;
// Left to the rest of the program and to the screen: an answer that stops is better than a window that cannot draw.
constexpr std::uint64_t kReserveBytes = std::uint64_t{256} << 20;

Error unknownSequence() {
    return makeError(ErrorKind::invalidInput, "no such sequence: it was released or never made");
}

class DevicePageMemory final : public PageMemory {
public:
    explicit DevicePageMemory(std::uint64_t limitBytes) : limitBytes_(limitBytes) {}
    std::uint64_t freeBytes() override {
        const Result<std::uint64_t> free = freeDeviceBytes(limitBytes_);
        return free ? *free : 0;
    }
    void* takeSlab(std::size_t sizeBytes) override {
        void* slab = nullptr;
        if (cudaMalloc(&slab, sizeBytes) != cudaSuccess) {
            cudaGetLastError();
            return nullptr;
        }
        // What no position was written to is a number: a weight of 0 times NaN would be NaN.
        if (cudaMemset(slab, 0, sizeBytes) == cudaSuccess && cudaStreamSynchronize(nullptr) == cudaSuccess) return slab;
        cudaGetLastError();
        cudaFree(slab);
        return nullptr;
    }
    void giveSlab(void* slab) override { cudaFree(slab); }
    Result<void> copy(void* to, const void* from, std::size_t sizeBytes, cudaStream_t stream) override {
        return checkCuda(cudaMemcpyAsync(to, from, sizeBytes, cudaMemcpyDeviceToDevice, stream), "copying a page");
    }

private:
    std::uint64_t limitBytes_;
};

} // namespace

std::unique_ptr<PageMemory> devicePageMemory(std::uint64_t limitBytes) {
    return std::make_unique<DevicePageMemory>(limitBytes);
}

KvPages::KvPages(const KvShape& shape, int contextLength, std::unique_ptr<PageMemory> memory)
    : shape_(shape), contextLength_(contextLength), pageBytes_(shape.pageBytes()), memory_(std::move(memory)) {
    static_assert(kPagePositions * 2 * 2 % 256 == 0, "a page of any even head size ends where the next may begin");
    // A small model's full context may be less than a slab.
    slabPages_ = std::max<std::size_t>(1, std::min<std::size_t>(kSlabBytes / pageBytes_, pagesFor(contextLength)));
}

KvPages::~KvPages() {
    for (const Slab& slab : slabs_) memory_->giveSlab(slab.base);
}

Result<void> KvPages::prepare() { return takeSlabsFor(1); }

KvPages::Sequence* KvPages::find(SequenceId id) {
    const auto found = sequences_.find(id);
    return found == sequences_.end() ? nullptr : &found->second;
}

SequenceId KvPages::add(Sequence sequence) {
    if (freeSlots_.empty()) {
        sequence.slot = slotCount_++;
    } else {
        std::pop_heap(freeSlots_.begin(), freeSlots_.end(), std::greater<>());
        sequence.slot = freeSlots_.back();
        freeSlots_.pop_back();
    }
    sequence.generation = nextGeneration_++;
    const SequenceId id{nextId_++};
    sequences_.emplace(id, std::move(sequence));
    return id;
}

SequenceId KvPages::create() { return add({}); }

Result<SequenceId> KvPages::fork(SequenceId source) {
    const Sequence* sequence = find(source);
    if (sequence == nullptr) return unknownSequence();
    for (std::byte* page : sequence->pages) ++references_[page];
    return add({sequence->pages, sequence->length});
}

Result<void> KvPages::truncate(SequenceId id, int length) {
    Sequence* sequence = find(id);
    if (sequence == nullptr) return unknownSequence();
    if (length < 0 || length > sequence->length)
        return makeError(ErrorKind::invalidInput, "a sequence of " + std::to_string(sequence->length) +
                                                      " tokens cannot be cut to " + std::to_string(length));
    sequence->length = length;
    cutTo(*sequence, pagesFor(length));
    return {};
}

void KvPages::release(SequenceId id) {
    Sequence* sequence = find(id);
    if (sequence == nullptr) return;
    cutTo(*sequence, 0);
    freeSlots_.push_back(sequence->slot);
    std::push_heap(freeSlots_.begin(), freeSlots_.end(), std::greater<>());
    sequences_.erase(id);
}

int KvPages::length(SequenceId id) const {
    const auto found = sequences_.find(id);
    return found == sequences_.end() ? 0 : found->second.length;
}

std::span<std::byte* const> KvPages::pages(SequenceId id) const { return at(id).pages; }
int KvPages::slot(SequenceId id) const { return at(id).slot; }
std::uint64_t KvPages::generation(SequenceId id) const { return at(id).generation; }

void KvPages::dropPage(std::byte* page) {
    const auto found = references_.find(page);
    if (--found->second > 0) return;
    references_.erase(found);
    free_.push_back(page);
}

void KvPages::cutTo(Sequence& sequence, std::size_t pages) {
    if (sequence.pages.size() <= pages) return;
    for (; sequence.pages.size() > pages; sequence.pages.pop_back()) dropPage(sequence.pages.back());
    sequence.generation = nextGeneration_++;
}

// With a copy for every shared last page, though the last of its sharers may come to own it.
Result<std::size_t> KvPages::pagesNeeded(std::span<const Growth> growths) const {
    std::size_t needed = 0;
    for (const Growth& growth : growths) {
        const auto found = sequences_.find(growth.sequence);
        if (found == sequences_.end()) return unknownSequence();
        const Sequence& sequence = found->second;
        if (growth.tokens > contextLength_ - sequence.length)
            return makeError(ErrorKind::contextFull, "the context holds " + std::to_string(contextLength_) +
                                                         " tokens, and " + std::to_string(sequence.length) + " + " +
                                                         std::to_string(growth.tokens) + " are wanted");
        if (growth.tokens == 0) continue;
        const bool copies = sequence.length % kPagePositions != 0 && references_.at(sequence.pages.back()) > 1;
        needed += pagesFor(sequence.length + growth.tokens) - sequence.pages.size() + (copies ? 1 : 0);
    }
    return needed;
}

void KvPages::addSlab(void* base, std::size_t pages) {
    slabs_.push_back({static_cast<std::byte*>(base), pages});
    for (std::size_t i = pages; i-- > 0;) // the first page is taken first
        free_.push_back(slabs_.back().base + i * pageBytes_);
}

void KvPages::giveSlabsFrom(std::size_t firstSlab) {
    for (std::size_t s = slabs_.size(); s-- > firstSlab;) {
        const Slab slab = slabs_[s];
        const auto lies = [&](const std::byte* page) {
            return page >= slab.base && page < slab.base + slab.pages * pageBytes_;
        };
        if (static_cast<std::size_t>(std::count_if(free_.begin(), free_.end(), lies)) < slab.pages) continue;
        std::erase_if(free_, lies);
        memory_->giveSlab(slab.base);
        slabs_.erase(slabs_.begin() + static_cast<std::ptrdiff_t>(s));
    }
}

void KvPages::trim() { giveSlabsFrom(0); }

std::uint64_t KvPages::takenBytes() const {
    std::uint64_t bytes = 0;
    for (const Slab& slab : slabs_) bytes += slab.pages * pageBytes_;
    return bytes;
}

Result<void> KvPages::takeSlabsFor(std::size_t needed) {
    const std::size_t slabsBefore = slabs_.size();
    while (free_.size() < needed) {
        const std::size_t missing = needed - free_.size();
        const std::uint64_t freeBytes = memory_->freeBytes(),
                            usable = freeBytes > kReserveBytes ? freeBytes - kReserveBytes : 0;
        void* slab = nullptr;
        // A whole slab, or near the end of the memory only what is wanted now.
        for (const std::size_t pages : {slabPages_, std::min(slabPages_, missing)}) {
            if (slab == nullptr && missing * pageBytes_ <= usable && pages * pageBytes_ <= usable) {
                slab = memory_->takeSlab(pages * pageBytes_);
                if (slab != nullptr) addSlab(slab, pages);
            }
        }
        if (slab != nullptr) continue;
        giveSlabsFrom(slabsBefore);
        return makeError(ErrorKind::outOfMemory,
                         "the context needs " + std::to_string((missing * pageBytes_ >> 20) + 1) +
                             " MB more of the GPU's memory and " + std::to_string(usable >> 20) +
                             " MB may be taken: close what else uses the GPU, use a shorter context, "
                             "or leave more of the model's layers to the CPU");
    }
    return {};
}

Result<void> KvPages::reserve(std::span<const Growth> growths, cudaStream_t stream) {
    Result<std::size_t> needed = pagesNeeded(growths);
    if (!needed) return std::move(needed).error();
    TRY_OK(takeSlabsFor(*needed));

    // Copies first: they alone can fail now, and until all are made nothing has changed.
    struct Copy {
        Sequence* sequence;
        std::byte* page;
    };
    std::vector<Copy> copies;
    std::unordered_map<const std::byte*, int> leaving; // sharers that get a copy
    for (const Growth& growth : growths) {
        Sequence& sequence = *find(growth.sequence);
        if (growth.tokens == 0 || sequence.length % kPagePositions == 0) continue;
        std::byte* shared = sequence.pages.back();
        if (references_.at(shared) - leaving[shared] <= 1) continue;
        ++leaving[shared];
        copies.push_back({&sequence, free_.back()});
        free_.pop_back();
        if (Result<void> copied = memory_->copy(copies.back().page, shared, pageBytes_, stream); !copied) {
            for (const Copy& copy : copies) free_.push_back(copy.page);
            return copied;
        }
    }
    for (const Copy& copy : copies) {
        dropPage(copy.sequence->pages.back());
        copy.sequence->pages.back() = copy.page;
        references_[copy.page] = 1;
        copy.sequence->generation = nextGeneration_++;
    }
    for (const Growth& growth : growths) {
        Sequence& sequence = *find(growth.sequence);
        const std::size_t pages = pagesFor(sequence.length + growth.tokens);
        if (sequence.pages.size() >= pages) continue;
        for (; sequence.pages.size() < pages; free_.pop_back()) {
            sequence.pages.push_back(free_.back());
            references_[free_.back()] = 1;
        }
        sequence.generation = nextGeneration_++;
    }
    return {};
}

void KvPages::commit(std::span<const Growth> growths) {
    for (const Growth& growth : growths) find(growth.sequence)->length += growth.tokens;
}

void KvPages::rollBack(std::span<const Growth> growths) {
    for (const Growth& growth : growths) {
        Sequence& sequence = *find(growth.sequence);
        cutTo(sequence, pagesFor(sequence.length));
    }
}

} // namespace tramontane::gpu
