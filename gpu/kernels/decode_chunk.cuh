// A chunk of 16 cached positions in, weighted sums of their values out: what a warp of decode_attention.cu does with one
// kv head and the up to 8 query heads that share it. g = lane / 4, t = lane % 4.
#pragma once

#include <limits>

#include "gpu/kernels/kv_element.cuh"
#include "gpu/kernels/kv_layout.h"
#include "gpu/kernels/warp_matrix.cuh"

namespace tramontane::gpu {

constexpr int kChunkPositions = 16;
constexpr float kWeightShift = 10; // weights are kept times 2^10: f16 stays normal down to 2^-24 of the largest
constexpr float kNothing = -std::numeric_limits<float>::infinity();

struct Range {       // of the row, in positions and chunks
    int first, last; // positions, both seen
    int begin, end;  // chunks of this block
    int blocks;      // that have chunks
};

template <int D, KvElement E>
struct Keys { // positions g and g + 8; dimensions keyDimension(i, t) ..
    typename Cached<E>::Eight at[2][D / 32];
};
template <int D, KvElement E>
struct Values { // positions 2t, 2t + 1, 2t + 8, 2t + 9; dimensions 64 i + 8 g .. and, behind them, 4 g ..
    static constexpr int kWide = D / 64, kNarrow = D % 64 / 32;
    typename Cached<E>::Eight wide[4][kWide + (kWide == 0)];
    typename Cached<E>::Four narrow[4][1];
};
template <int D>
struct
    Accumulator { // tile i of a group of 8 (or 4) dimensions a lane: c0 c1 dimension 2i, c2 c3 2i + 1; heads 2t, 2t + 1
    float values[D / 16][4];
    float maximum, sum; // of head g; the sum is over this lane's positions
};

// Of the eight dimensions that lane t takes of a key in step i, the first. Steps of fp8 go in pairs, so that a lane reads
// 16 bytes at once; the last has no partner where D % 64 is 32.
template <int D, KvElement E>
__device__ __forceinline__ constexpr int keyDimension(int i, int t) {
    const bool isPaired = E == KvElement::fp8 && i < D / 64 * 2;
    return isPaired ? i / 2 * 64 + 16 * t + i % 2 * 8 : 32 * i + 8 * t;
}

__device__ __forceinline__ void readStreamed(uint4& v, const void* from) {
    asm volatile("ld.global.L1::no_allocate.L2::256B.v4.u32 {%0, %1, %2, %3}, [%4];"
                 : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w)
                 : "l"(from)
                 : "memory");
}
__device__ __forceinline__ void readStreamed(uint2& v, const void* from) {
    asm volatile("ld.global.L1::no_allocate.L2::256B.v2.u32 {%0, %1}, [%2];"
                 : "=r"(v.x), "=r"(v.y)
                 : "l"(from)
                 : "memory");
}
__device__ __forceinline__ void readStreamed(std::uint32_t& v, const void* from) {
    asm volatile("ld.global.L1::no_allocate.L2::256B.u32 %0, [%1];" : "=r"(v) : "l"(from) : "memory");
}

// Where a position of a chunk is read: itself, or the nearest of the row's range.
__device__ __forceinline__ int nearest(const Range& range, int chunk, int within) {
    return min(max(chunk * kChunkPositions + within, range.first), range.last) & (kPagePositions - 1);
}

template <int D, KvElement E>
__device__ __forceinline__ void readKeys(Keys<D, E>& keys, const typename Cached<E>::Number* page, const Range& range,
                                         int chunk) {
    const int g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
#pragma unroll
    for (int r = 0; r < 2; ++r) {
        const auto* from = page + (nearest(range, chunk, g + 8 * r) * D + keyDimension<D, E>(0, t));
#pragma unroll
        for (int i = 0; i < D / 32; ++i) {
            const auto* step = from + (keyDimension<D, E>(i, t) - keyDimension<D, E>(0, t));
            if constexpr (E == KvElement::f16) {
                readStreamed(keys.at[r][i], step);
            } else if (i >= D / 64 * 2) {
                readStreamed(keys.at[r][i], step);
            } else if (i % 2 == 0) {
                uint4 pair;
                readStreamed(pair, step);
                keys.at[r][i] = {pair.x, pair.y}, keys.at[r][i + 1] = {pair.z, pair.w};
            }
        }
    }
}

template <int D, KvElement E>
__device__ __forceinline__ void readValues(Values<D, E>& values, const typename Cached<E>::Number* page,
                                           const Range& range, int chunk) {
    const int g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
#pragma unroll
    for (int r = 0; r < 4; ++r) {
        const int row = nearest(range, chunk, 2 * t + r % 2 + r / 2 * 8) * D;
#pragma unroll
        for (int i = 0; i < Values<D, E>::kWide; ++i) readStreamed(values.wide[r][i], page + (row + 8 * g) + 64 * i);
        if constexpr (Values<D, E>::kNarrow == 1)
            readStreamed(values.narrow[r][0], page + (row + 4 * g) + 64 * Values<D, E>::kWide);
    }
}

// Scores of head g at positions 2t, 2t + 1, 2t + 8, 2t + 9 of the chunk. A product takes half of a key's 8 numbers in a
// lane: of the rows of `even` those of the first half count (c0 c1), of `odd` those of the second (c2 c3).
template <int D, KvElement E>
__device__ __forceinline__ void multiplyKeys(float (&scores)[4], const Keys<D, E>& keys,
                                             const uint4 (&queries)[D / 32][32]) {
#pragma unroll
    for (int r = 0; r < 2; ++r) {
        float even[4] = {}, odd[4] = {};
#pragma unroll
        for (int i = 0; i < D / 32; ++i) {
            const uint4 k = Cached<E>::halves(keys.at[r][i]), q = queries[i][threadIdx.x % 32];
            multiplyAdd(even, q.x, q.y, q.z, q.w, k.x, k.y);
            multiplyAdd(odd, q.x, q.y, q.z, q.w, k.z, k.w);
        }
        scores[2 * r] = even[0] + odd[2];
        scores[2 * r + 1] = even[1] + odd[3];
    }
}

__device__ __forceinline__ void maskOutside(float (&scores)[4], const Range& range, int chunk) {
    const int t = threadIdx.x % 4;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        const int position = chunk * kChunkPositions + 2 * t + i % 2 + i / 2 * 8;
        if (position < range.first || position > range.last) scores[i] = kNothing;
    }
}

// Scores become weights against the maximum so far; what was summed before is brought to it. Every chunk has a position
// inside, so the maximum is finite from the first on.
template <int D>
__device__ __forceinline__ void weigh(float (&scores)[4], Accumulator<D>& sums, float scale) {
    float maximum = fmaxf(fmaxf(scores[0], scores[1]), fmaxf(scores[2], scores[3]));
    maximum = fmaxf(maximum, __shfl_xor_sync(~0u, maximum, 1));
    maximum = fmaxf(maximum, __shfl_xor_sync(~0u, maximum, 2));
    if (__any_sync(~0u, maximum > sums.maximum)) {
        maximum = fmaxf(maximum, sums.maximum);
        const float before = powerOfTwo((sums.maximum - maximum) * scale);
        sums.maximum = maximum;
        sums.sum *= before;
        const int t = threadIdx.x % 4;
        const float heads[2] = {__shfl_sync(~0u, before, 8 * t), __shfl_sync(~0u, before, 8 * t + 4)};
#pragma unroll
        for (int i = 0; i < D / 16; ++i)
#pragma unroll
            for (int c = 0; c < 4; ++c) sums.values[i][c] *= heads[c % 2];
    }
    const float shift = kWeightShift - sums.maximum * scale;
#pragma unroll
    for (int c = 0; c < 4; ++c) {
        scores[c] = powerOfTwo(fmaf(scores[c], scale, shift));
        sums.sum += scores[c];
    }
}

// Two dimensions (a pair of f16 in each word) of four positions times the weights.
__device__ __forceinline__ void addProducts(float (&sums)[4], std::uint32_t v0, std::uint32_t v1, std::uint32_t v8,
                                            std::uint32_t v9, const std::uint32_t (&weights)[2]) {
    multiplyAdd(sums, __byte_perm(v0, v1, 0x5410), __byte_perm(v0, v1, 0x7632), __byte_perm(v8, v9, 0x5410),
                __byte_perm(v8, v9, 0x7632), weights[0], weights[1]);
}

template <int D, KvElement E>
__device__ __forceinline__ void multiplyValues(Accumulator<D>& sums, const Values<D, E>& values,
                                               const float (&weights)[4]) {
    const std::uint32_t b[2] = {packHalves(weights[0], weights[1]), packHalves(weights[2], weights[3])};
#pragma unroll
    for (int i = 0; i < Values<D, E>::kWide; ++i) {
        const uint4 v[4] = {Cached<E>::halves(values.wide[0][i]), Cached<E>::halves(values.wide[1][i]),
                            Cached<E>::halves(values.wide[2][i]), Cached<E>::halves(values.wide[3][i])};
        addProducts(sums.values[4 * i], v[0].x, v[1].x, v[2].x, v[3].x, b);
        addProducts(sums.values[4 * i + 1], v[0].y, v[1].y, v[2].y, v[3].y, b);
        addProducts(sums.values[4 * i + 2], v[0].z, v[1].z, v[2].z, v[3].z, b);
        addProducts(sums.values[4 * i + 3], v[0].w, v[1].w, v[2].w, v[3].w, b);
    }
    if constexpr (Values<D, E>::kNarrow == 1) {
        const uint2 v[4] = {Cached<E>::halves(values.narrow[0][0]), Cached<E>::halves(values.narrow[1][0]),
                            Cached<E>::halves(values.narrow[2][0]), Cached<E>::halves(values.narrow[3][0])};
        addProducts(sums.values[D / 16 - 2], v[0].x, v[1].x, v[2].x, v[3].x, b);
        addProducts(sums.values[D / 16 - 1], v[0].y, v[1].y, v[2].y, v[3].y, b);
    }
}

} // namespace tramontane::gpu
