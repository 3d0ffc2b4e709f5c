// The pieces of which the kernels for a few rows are made: where a packed linear gets its rows from (a norm,
// or f16 rows), the product of a chunk, and where its results go (the residual, SiLU, rotation and cache). A
// block has 16 warps.
#pragma once

#include <cuda_fp16.h>

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

struct CacheOutput {
    RotaryOutput to;
    int rotaryTiles;
    struct Prepared {
        int position;
        __half* page; // at the row's position
    };
    __device__ Prepared prepare(int, int, int m) const {
        const int position = to.rows.positions[m];
        __half* page = to.kv.table[static_cast<std::size_t>(to.rows.sequences[m]) * to.kv.pagesPerSequence +
                                   position / kPagePositions];
        return {position, page + static_cast<std::size_t>(position % kPagePositions) * to.kv.shape.headDim};
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
        __half* target;
        if (head < to.heads) {
            target = to.queries + (static_cast<std::size_t>(m) * to.heads + head) * dim;
        } else {
            head -= to.heads;
            const int keysOrValues = head >= shape.kvHeads;
            target = p.page + shape.offset(to.layer, keysOrValues, head - keysOrValues * shape.kvHeads);
        }
        target[first] = __float2half(upper);
        target[second] = __float2half(lower);
    }
};

// The row of the batch, normed, to shared memory in fragment order; positions that no input goes to are zero.
struct NormPrologue {
    static constexpr int kHeld =
        1024 / kDecodeThreads; // float4 of a thread that are fetched early: hidden sizes up to 4096
    // What no kernel writes.
    struct Constants {
        float4 weights[kHeld];
        int4 slots[kHeld];
    };

    static __device__ Constants fetch(const NormedInput& input) {
        Constants constants;
#pragma unroll
        for (int i = 0; i < kHeld; ++i)
            if (const int q = threadIdx.x + i * kDecodeThreads; q < input.hidden / 4) {
                constants.weights[i] = __ldg(reinterpret_cast<const float4*>(input.weight) + q);
                constants.slots[i] = __ldg(reinterpret_cast<const int4*>(input.slots) + q);
            }
        return constants;
    }

private:
    static __device__ float sumOfSquares(const float4& v) { return v.x * v.x + v.y * v.y + v.z * v.z + v.w * v.w; }

    static __device__ void scatter(__half* row, const int4& slots, const float4& v, const float4& w, float scale) {
        row[slots.x] = __float2half(v.x * scale * w.x);
        row[slots.y] = __float2half(v.y * scale * w.y);
        row[slots.z] = __float2half(v.z * scale * w.z);
        row[slots.w] = __float2half(v.w * scale * w.w);
    }

    static __device__ float warpSum(float value) {
#pragma unroll
        for (int offset = 16; offset > 0; offset /= 2) value += __shfl_xor_sync(~0u, value, offset);
        return value;
    }

public:
    // By the whole block; `row` holds zeros where no input goes, and `scratch` (kDecodeWarps) is free. All is
    // visible behind it.
    static __device__ void run(const NormedInput& input, const Constants& constants, __half* row, float* scratch) {
        const int quads = input.hidden / 4;
        const auto* residual = reinterpret_cast<const float4*>(input.residual);
        const auto* weight = reinterpret_cast<const float4*>(input.weight);
        const auto* slots = reinterpret_cast<const int4*>(input.slots);
        float4 v[kHeld];
        float sum = 0;
#pragma unroll
        for (int i = 0; i < kHeld; ++i)
            if (const int q = threadIdx.x + i * kDecodeThreads; q < quads) {
                v[i] = residual[q];
                sum += sumOfSquares(v[i]);
            }
        for (int q = threadIdx.x + kHeld * kDecodeThreads; q < quads; q += kDecodeThreads)
            sum += sumOfSquares(residual[q]);
        sum = warpSum(sum);
        if (threadIdx.x % 32 == 0) scratch[threadIdx.x / 32] = sum;
        __syncthreads(); // orders: the warps' sums before the sum of them
        sum = 0;
#pragma unroll
        for (int i = 0; i < kDecodeWarps; ++i) sum += scratch[i];
        const float scale = rsqrtf(sum / static_cast<float>(input.hidden) + input.eps);
#pragma unroll
        for (int i = 0; i < kHeld; ++i)
            if (const int q = threadIdx.x + i * kDecodeThreads; q < quads)
                scatter(row, constants.slots[i], v[i], constants.weights[i], scale);
        for (int q = threadIdx.x + kHeld * kDecodeThreads; q < quads; q += kDecodeThreads)
            scatter(row, slots[q], residual[q], weight[q], scale);
        __syncthreads(); // orders: the row before it is read
    }
};

// The lane's activations of a chunk: four times eight values, of rows g, g + 8, ... of the batch; zero beyond
// the rows. kOnlyRow: the only row, whatever g: products of columns that nobody wants cost nothing.
template <bool kOnlyRow, int kColumns>
__device__ __forceinline__ void loadActivations(uint4 (&x)[kColumns][4], const __half* rows, int stride, int rowCount,
                                                int chunk, int g, int t) {
#pragma unroll
    for (int n = 0; n < kColumns; ++n) {
        if constexpr (!kOnlyRow) {
#pragma unroll
            for (int j = 0; j < 4; ++j) x[n][j] = make_uint4(0, 0, 0, 0);
            if (g + 8 * n >= rowCount) continue;
        }
        const int row = kOnlyRow ? 0 : g + 8 * n;
        const auto* from =
            reinterpret_cast<const uint4*>(rows + static_cast<std::size_t>(row) * stride + chunk * kChunkInputs) + t;
#pragma unroll
        for (int j = 0; j < 4; ++j) x[n][j] = from[4 * j];
    }
}

// sums[i]: of the lane's tokens' activations over sub-units [kFirst, kEnd) of 32 inputs, as products with ones.
template <int kFirst, int kEnd>
__device__ __forceinline__ void sumActivations(float (&sums)[4], const uint4 (&x)[4]) {
    float first[4] = {}, second[4] = {};
#pragma unroll
    for (int j = kFirst; j < kEnd; ++j) {
        multiplyAdd(first, kOnes, kOnes, kOnes, kOnes, x[j].x, x[j].y);
        multiplyAdd(second, kOnes, kOnes, kOnes, kOnes, x[j].z, x[j].w);
    }
#pragma unroll
    for (int i = 0; i < 4; ++i) sums[i] = first[i] + second[i];
}

// One group, sub-units [kFirst, kEnd) of a chunk, of kTiles tiles times 8 * kColumns rows: products, scaled into
// `total`. `scales` and `zeros` (null: 8) are the first tile's, tiles `tileBytes` apart; kTokens as addGroup has it. The
// chains of products are independent of each
// other, so that their latencies overlap.
template <int kFirst, int kEnd, int kTokens, int kTiles, int kColumns>
__device__ __forceinline__ void multiplyGroup(float (&total)[kTiles][kColumns][4], const std::uint8_t* stage,
                                              int tileBytes, const std::uint8_t* scales, const std::uint8_t* zeros,
                                              const uint4 (&x)[kColumns][4], const float (&inputSums)[kColumns][4],
                                              int lane) {
#pragma unroll
    for (int i = 0; i < kTiles; ++i) {
        const auto* units = reinterpret_cast<const uint4*>(stage + i * tileBytes);
        GroupSums sums[kColumns];
#pragma unroll
        for (int j = kFirst; j < kEnd; ++j) {
            const uint4 four = units[32 * (j / 2) + lane];
#pragma unroll
            for (int n = 0; n < kColumns; ++n)
                multiplyAddPacked(sums[n], j % 2 ? four.z : four.x, j % 2 ? four.w : four.y, x[n][j]);
        }
        const auto numbersAt = [&](const std::uint8_t* numbers) {
            return __half22float2(reinterpret_cast<const __half2*>(numbers + i * tileBytes)[lane / 4]);
        };
        const float2 scale = numbersAt(scales), zero = zeros != nullptr ? numbersAt(zeros) : make_float2(8.0f, 8.0f);
#pragma unroll
        for (int n = 0; n < kColumns; ++n) addGroup<kTokens>(total[i][n], sums[n], inputSums[n], scale, zero);
    }
}

// A whole chunk, its groups one after the other.
template <int kGroups, int kTokens, int kGroup = 0, int kTiles, int kColumns>
__device__ __forceinline__ void multiplyChunk(float (&total)[kTiles][kColumns][4], const std::uint8_t* stage,
                                              int tileBytes, bool hasZeros, const uint4 (&x)[kColumns][4], int lane) {
    constexpr int kSubUnits = 4 / kGroups, kFirst = kGroup * kSubUnits, kEnd = kFirst + kSubUnits;
    float inputSums[kColumns][4];
#pragma unroll
    for (int n = 0; n < kColumns; ++n) sumActivations<kFirst, kEnd>(inputSums[n], x[n]);
    const std::uint8_t* scales = stage + kChunkWeightBytes + 32 * kGroup;
    multiplyGroup<kFirst, kEnd, kTokens>(total, stage, tileBytes, scales, hasZeros ? scales + 32 * kGroups : nullptr, x,
                                         inputSums, lane);
    if constexpr (kGroup + 1 < kGroups)
        multiplyChunk<kGroups, kTokens, kGroup + 1>(total, stage, tileBytes, hasZeros, x, lane);
}

// The rows of an f16 input, or the warp's part of the only row brought to shared memory.
template <bool kStaged>
const __device__ __forceinline__ __half* halfInput(const FragmentRows& input, __half* staged, int firstChunk,
                                                   int chunkCount, int lane) {
    if constexpr (!kStaged) return input.x;
    const auto* from = reinterpret_cast<const uint4*>(input.x + firstChunk * kChunkInputs);
    auto* to = reinterpret_cast<uint4*>(staged + firstChunk * kChunkInputs);
#pragma unroll 4
    for (int i = lane; i < chunkCount * kChunkInputs / 8; i += 32) to[i] = from[i];
    __syncwarp();
    return staged;
}
// Floats of a buffer in which the warps' sums meet: [warp][tile row][batch row]. Two of them, so that one
// barrier a pass is enough, where shared memory has room for two.
template <int kRows, int kTiles>
constexpr int kReduceFloats = kDecodeWarps* kTiles* kTileRows* kRows;
template <int kRows, int kTiles>
constexpr int kReduceBuffers = kRows* kTiles < 32 ? 2 : 1;

} // namespace tramontane::gpu
