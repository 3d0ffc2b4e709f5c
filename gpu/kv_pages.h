// The pages of every sequence's keys and values on the device (kernels/kv_layout.h), shared by forks.
//
// Pages come from slabs of some 64 MiB, so that the device is seldom asked for memory; a slab stays for reuse. A page
// that a sequence gave back may still be read by what was enqueued before, so all work on pages goes to one stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include <cuda_runtime_api.h>

#include "core/base/result.h"
#include "core/engine/backend.h"
#include "gpu/kernels/kv_layout.h"

namespace tramontane::gpu {

// Where slabs come from: the device, or a test.
class PageMemory {
public:
    virtual ~PageMemory() = default;
    virtual std::uint64_t freeBytes() = 0;
    virtual void* takeSlab(std::size_t sizeBytes) = 0; // aligned to 256 bytes; null: there is no more
    virtual void giveSlab(void* slab) = 0;
    virtual Result<void> copy(void* to, const void* from, std::size_t sizeBytes, cudaStream_t stream) = 0;
};
// The current device's, counted as one of `limitBytes` (device/memory_limit.h); 0: as it is.
std::unique_ptr<PageMemory> devicePageMemory(std::uint64_t limitBytes = 0);

class KvPages {
public:
    KvPages(const KvShape& shape, int contextLength, std::unique_ptr<PageMemory> memory = devicePageMemory());
    ~KvPages();
    KvPages(const KvPages&) = delete;
    KvPages& operator=(const KvPages&) = delete;

    const KvShape& shape() const { return shape_; }
    std::uint64_t pageBytes() const { return pageBytes_; }
    std::uint64_t bytesPerToken() const { return pageBytes_ / kPagePositions; }
    int pagesPerSequence() const { return static_cast<int>(pagesFor(contextLength_)); } // of a full one

    // Takes the first slab, so that a model whose first page does not fit is refused at load. Error: outOfMemory.
    Result<void> prepare();

    SequenceId create();
    Result<SequenceId> fork(SequenceId source);
    Result<void> truncate(SequenceId sequence, int length);
    void release(SequenceId sequence);
    bool contains(SequenceId sequence) const { return sequences_.contains(sequence); }
    int length(SequenceId sequence) const; // 0 for an unknown one

    // Makes room for `tokens` more positions of each sequence (each at most once); all or nothing, lengths stay. A
    // partly filled last page that a fork shares is copied on `stream`. Errors: invalidInput, contextFull, outOfMemory,
    // internal.
    struct Growth {
        SequenceId sequence{};
        int tokens = 0;
    };
    Result<void> reserve(std::span<const Growth> growths, cudaStream_t stream);
    // The reserved positions were filled: lengths grow. Or they were not: pages beyond the lengths are freed.
    void commit(std::span<const Growth> growths);
    void rollBack(std::span<const Growth> growths);

    // The addresses of a known sequence's pages, position p in the one at p / 64; valid until the sequence changes.
    std::span<std::byte* const> pages(SequenceId sequence) const;
    // A small number of its own while the sequence lives, for its row of the device's page table.
    int slot(SequenceId sequence) const;
    int slotCount() const { return slotCount_; } // every slot there is or was is below
    // Another number whenever the pages of a sequence are others than before, and never that of another sequence: a
    // row of the table that was written for this number is still right.
    std::uint64_t generation(SequenceId sequence) const;

    std::uint64_t usedBytes() const { return references_.size() * pageBytes_; } // shared pages once
    std::uint64_t takenBytes() const;                                           // of all slabs
    // Gives slabs without a used page back to the device, which must be done with them.
    void trim();

private:
    struct Sequence {
        std::vector<std::byte*> pages;
        int length = 0, slot = 0;
        std::uint64_t generation = 0;
    };
    struct Slab {
        std::byte* base = nullptr;
        std::size_t pages = 0;
    };
    struct IdHash {
        std::size_t operator()(SequenceId id) const { return static_cast<std::size_t>(id); }
    };
    static std::size_t pagesFor(int length) {
        return (static_cast<std::size_t>(length) + kPagePositions - 1) / kPagePositions;
    }
    SequenceId add(Sequence sequence);
    Sequence* find(SequenceId id);
    const Sequence& at(SequenceId id) const { return sequences_.find(id)->second; }
    Result<std::size_t> pagesNeeded(std::span<const Growth> growths) const;
    Result<void> takeSlabsFor(std::size_t needed);
    void addSlab(void* base, std::size_t pages);
    void giveSlabsFrom(std::size_t firstSlab); // those without a used page
    void dropPage(std::byte* page);
    void cutTo(Sequence& sequence, std::size_t pages);

    KvShape shape_;
    int contextLength_;
    std::uint64_t pageBytes_; // a multiple of 256
    std::size_t slabPages_;   // of a slab where memory is plenty
    std::unique_ptr<PageMemory> memory_;
    std::vector<Slab> slabs_;
    std::vector<std::byte*> free_;
    std::unordered_map<std::byte*, int> references_; // of used pages
    std::unordered_map<SequenceId, Sequence, IdHash> sequences_;
    std::vector<int> freeSlots_; // a heap, the smallest first
    int slotCount_ = 0;
    std::uint32_t nextId_ = 1;
    std::uint64_t nextGeneration_ = 1;
};

} // namespace tramontane::gpu
