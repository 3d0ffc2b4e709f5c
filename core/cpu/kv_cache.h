// The keys and values of every sequence, f16, in blocks of 64 positions that forks share.
//
// A block holds all layers: for layer l and kv head h, 64 positions of
//   keys    f16 (D, 64)          positions are lanes when scores are computed
//   values  f16 (64, paddedDim)  dimensions are lanes when values are averaged
// A shared block is copied before the first write to it. Blocks are taken as sequences grow and freed as they shrink.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/base/result.h"
#include "core/cpu/kernels.h"
#include "core/cpu/pages.h"
#include "core/engine/backend.h"

namespace tramontane {

struct KvShape {
    int layers = 0, kvHeads = 0, headDim = 0;
    int paddedDim = 0; // headDim to the next multiple of 16

    static KvShape of(int layers, int kvHeads, int headDim) {
        return {layers, kvHeads, headDim, (headDim + 15) / 16 * 16};
    }
    std::size_t keyHalves() const { return static_cast<std::size_t>(headDim) * kKvBlockPositions; }
    std::size_t valueHalves() const { return static_cast<std::size_t>(paddedDim) * kKvBlockPositions; }
    std::size_t blockBytes() const { return (keyHalves() + valueHalves()) * kvHeads * layers * 2; }
    // Where a layer's kv head begins in a block: its keys, then its values.
    std::size_t headOffset(int layer, int head) const {
        return (static_cast<std::size_t>(layer) * kvHeads + head) * (keyHalves() + valueHalves());
    }
    std::uint64_t bytesPerToken() const { return blockBytes() / kKvBlockPositions; }
};

class KvCache {
public:
    // `available` tells how many bytes may still be taken; availableMemoryBytes where none is given.
    KvCache(const KvShape& shape, int contextLength, std::function<std::uint64_t()> available = {});

    const KvShape& shape() const { return shape_; }
    SequenceId create();
    Result<SequenceId> fork(SequenceId source);
    Result<void> truncate(SequenceId sequence, int length);
    void release(SequenceId sequence);
    bool contains(SequenceId sequence) const { return sequences_.contains(sequence); }
    int length(SequenceId sequence) const; // 0 for an unknown one
    std::uint64_t allocatedBytes() const;  // of all blocks, shared ones once

    // Makes room for `tokens` more positions of each sequence; all or nothing. Lengths stay.
    struct Growth {
        SequenceId sequence{};
        int tokens = 0;
    };
    Result<void> reserve(std::span<const Growth> growths);
    // The reserved positions were filled: lengths grow. Or they were not: blocks beyond the lengths are freed.
    void commit(std::span<const Growth> growths);
    void rollBack(std::span<const Growth> growths);

    // The first address of each block of a sequence; valid until the sequence changes.
    std::vector<std::uint16_t*> blockTable(SequenceId sequence) const;

private:
    using Block = std::shared_ptr<Pages>;
    struct Sequence {
        std::vector<Block> blocks;
        int length = 0;
    };
    struct IdHash {
        std::size_t operator()(SequenceId id) const { return static_cast<std::size_t>(id); }
    };
    static std::size_t blocksFor(int length) {
        return (static_cast<std::size_t>(length) + kKvBlockPositions - 1) / kKvBlockPositions;
    }

    KvShape shape_;
    int contextLength_;
    std::function<std::uint64_t()> available_;
    std::unordered_map<SequenceId, Sequence, IdHash> sequences_;
    std::uint32_t nextId_ = 1;
};

} // namespace tramontane
