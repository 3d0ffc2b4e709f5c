// The pieces of which the kernels for a few rows are made: the product of a chunk with f16 rows, and where results go
// (the residual, SiLU, rotation and cache). A block has 16 warps.
#pragma once

#include <cuda_fp16.h>

#include "gpu/kernels/kv_element.cuh"
#include "gpu/kernels/launch.cuh"
#include "gpu/marlin/async_copy.cuh"
#include "gpu/marlin/decode_linear.h"
#include "gpu/marlin/fragments.cuh"

namespace tramontane::gpu {

constexpr int kDecodeWarps = 16, kDecodeThreads = 32 * kDecodeWarps;

// The epilogues. `prepare` reads what the thread's writes for row m of the batch will need, long before them;
// `write` receives rows g and g + 8 of a tile.
struct AddToOutput {
    float* residual;
    int columns;
    struct Prepared {
        float* row;
        int n; // of the values below
        float upper, lower;
    };
    __device__ Prepared prepare(int tile, int g, int m) const {
        Prepared p{residual + static_cast<std::size_t>(m) * columns, kTileRows * tile + g, 0, 0};
        if (p.n < columns) p.upper = p.row[p.n];
        if (p.n + 8 < columns) p.lower = p.row[p.n + 8];
        return p;
    }
    __device__ void write(const Prepared& p, int tile, int g, int, float upper, float lower) const {
        const int n = kTileRows * tile + g;
        if (n < columns) p.row[n] = (n == p.n ? p.upper : p.row[n]) + upper;
        if (n + 8 < columns) p.row[n + 8] = (n == p.n ? p.lower : p.row[n + 8]) + lower;
    }
};

struct GateUpOutput {
    __half* out;
    int stride;
    struct Prepared {};
    __device__ Prepared prepare(int, int, int) const { return {}; }
    __device__ void write(Prepared, int tile, int g, int m, float gate, float up) const {
        const float activated = gate / (1.0f + __expf(-gate)) * up;
        out[static_cast<std::size_t>(m) * stride + fragmentSlot(8 * tile + g)] = __float2half(activated);
    }
};

template <KvElement E>
struct CacheOutput {
    RotaryOutput to;
    int rotaryTiles;
    struct Prepared {
        int position;
        typename Cached<E>::Number* page; // at the row's position
    };
    __device__ Prepared prepare(int, int, int m) const {
        const int position = to.rows.positions[m];
        std::byte* page = to.kv.table[static_cast<std::size_t>(to.rows.sequences[m]) * to.kv.pagesPerSequence +
                                      position / kPagePositions];
        return {position,
                numbersOf<E>(page) + static_cast<std::size_t>(position % kPagePositions) * to.kv.shape.headDim};
    }
    __device__ void write(const Prepared& p, int tile, int g, int m, float upper, float lower) const {
        const KvShape& shape = to.kv.shape;
        const int dim = shape.headDim, tilesPerHead = dim / kTileRows;
        int head = tile / tilesPerHead, first, second;
        if (tile < rotaryTiles) {
            first = tile % tilesPerHead * 8 + g;
            second = first + dim / 2;
            float sine, cosine;
            sincosf(static_cast<float>(p.position) * to.inverseFrequencies[first], &sine, &cosine);
            const float turned = upper * cosine - lower * sine;
            lower = lower * cosine + upper * sine;
            upper = turned;
        } else {
            first = tile % tilesPerHead * kTileRows + g;
            second = first + 8;
        }
        const bool isQuery = head < to.heads;
        void* target;
        if (isQuery) {
            target = to.queries + (static_cast<std::size_t>(m) * to.heads + head) * dim;
        } else {
            head -= to.heads;
            const int keysOrValues = head >= shape.kvHeads;
            target = p.page + shape.offset(to.layer, keysOrValues, head - keysOrValues * shape.kvHeads);
        }
        storeTwo<E>(target, isQuery, first, second, upper, lower);
    }
};

// The lane's activations of a chunk: four times eight values, of rows g, g + 8, ... of the batch; zero beyond
// the rows.
template <int kColumns>
__device__ __forceinline__ void loadActivations(uint4 (&x)[kColumns][4], const __half* rows, int stride, int rowCount,
                                                int chunk, int g, int t) {
#pragma unroll
    for (int n = 0; n < kColumns; ++n) {
#pragma unroll
        for (int j = 0; j < 4; ++j) x[n][j] = make_uint4(0, 0, 0, 0);
        const int row = g + 8 * n;
        if (row >= rowCount) continue;
        const auto* from =
            reinterpret_cast<const uint4*>(rows + static_cast<std::size_t>(row) * stride + chunk * kChunkInputs) + t;
#pragma unroll
        for (int j = 0; j < 4; ++j) x[n][j] = from[4 * j];
    }
}

// sums[i]: of the lane's tokens' activations over a chunk, as products with ones.
__device__ __forceinline__ void sumActivations(float (&sums)[4], const uint4 (&x)[4]) {
    float first[4] = {}, second[4] = {};
#pragma unroll
    for (int j = 0; j < 4; ++j) {
        multiplyAdd(first, kOnes, kOnes, kOnes, kOnes, x[j].x, x[j].y);
        multiplyAdd(second, kOnes, kOnes, kOnes, kOnes, x[j].z, x[j].w);
    }
#pragma unroll
    for (int i = 0; i < 4; ++i) sums[i] = first[i] + second[i];
}

// One chunk, one group, of kTiles tiles times 8 * kColumns rows: products, scaled into `total`. The tiles' chunks are
// `tileBytes` apart. The chains of products are independent of each other, so that their latencies overlap.
template <int kTiles, int kColumns>
__device__ __forceinline__ void multiplyChunk(float (&total)[kTiles][kColumns][4], const std::uint8_t* stage,
                                              int tileBytes, bool hasZeros, const uint4 (&x)[kColumns][4],
                                              const float (&inputSums)[kColumns][4], int lane, int tiles = kTiles) {
#pragma unroll
    for (int i = 0; i < kTiles; ++i) {
        if (i >= tiles) break;
        const std::uint8_t *chunk = stage + i * tileBytes, *scales = chunk + kChunkWeightBytes;
        GroupSums sums[kColumns];
#pragma unroll
        for (int j = 0; j < 4; ++j) {
            const uint4 four = reinterpret_cast<const uint4*>(chunk)[32 * (j / 2) + lane];
#pragma unroll
            for (int n = 0; n < kColumns; ++n)
                multiplyAddPacked(sums[n], j % 2 ? four.z : four.x, j % 2 ? four.w : four.y, x[n][j]);
        }
        const auto numbersAt = [&](const std::uint8_t* numbers) {
            return __half22float2(reinterpret_cast<const __half2*>(numbers)[lane / 4]);
        };
        const float2 scale = numbersAt(scales), zero = hasZeros ? numbersAt(scales + 32) : make_float2(8.0f, 8.0f);
#pragma unroll
        for (int n = 0; n < kColumns; ++n) addGroup(total[i][n], sums[n], inputSums[n], scale, zero);
    }
}

// Floats of a buffer in which the warps' sums meet: [warp][tile row][batch row]. Two of them, so that one
// barrier a pass is enough, where shared memory has room for two.
template <int kRows, int kTiles>
constexpr int kReduceFloats = kDecodeWarps* kTiles* kTileRows* kRows;
template <int kRows, int kTiles>
constexpr int kReduceBuffers = kRows* kTiles < 32 ? 2 : 1;

} // namespace tramontane::gpu
