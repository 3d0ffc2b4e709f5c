// Keys and values on the device: pages of 64 positions, each holding all layers, that forks of a sequence share.
//
//   page     f16 or fp8 (layers, 2, kvHeads, 64, D): keys at [layer][0], values at [layer][1]; one position's D numbers
//            of a head lie together. Pages are aligned to 256 bytes.
//   table    (sequences, pagesPerSequence) addresses of pages: position p of sequence s lies in table[s][p / 64]
#pragma once

#include <cstddef>

#include <cuda_fp16.h>

#include "core/engine/kv_element.h"

namespace tramontane::gpu {

constexpr int kPagePositions = 64;

struct KvShape {
    int layers = 0, kvHeads = 0, headDim = 0;
    KvElement element = KvElement::f16;

    __host__ __device__ std::size_t headElements() const { return static_cast<std::size_t>(kPagePositions) * headDim; }
    std::size_t pageElements() const { return headElements() * layers * 2 * kvHeads; }
    std::size_t pageBytes() const { return pageElements() * sizeBytes(element); }
    // Where a layer's keys (0) or values (1) of a kv head begin in a page, in elements.
    __host__ __device__ std::size_t offset(int layer, int keysOrValues, int kvHead) const {
        return (static_cast<std::size_t>(layer * 2 + keysOrValues) * kvHeads + kvHead) * headElements();
    }
};

struct KvView {
    KvShape shape;
    std::byte* const* table = nullptr; // (sequences, pagesPerSequence)
    int pagesPerSequence = 0;
};

// Rows of a batch: row m is one token, at positions[m] of the sequence whose pages are table[sequences[m]].
struct BatchRows {
    int count = 0;                  // M
    const int* positions = nullptr; // (M), device
    const int* sequences = nullptr; // (M), device: row of the page table
};

} // namespace tramontane::gpu
