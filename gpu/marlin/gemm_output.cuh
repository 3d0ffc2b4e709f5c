// A warp group's sums of one tile in; joined with other blocks' where the tile is split along K, finished and written.
//
// Both kernels hold sums as mma.m16n8k16 does: sums[m][j][i] of lane (g, t) of warp w is packed tile 4m + w of the
// group's, its row g (i < 2) or g + 8, token 8j + 2t + i % 2.
#pragma once

#include "gpu/kernels/warp_matrix.cuh"
#include "gpu/marlin/gemm_work.cuh"

namespace tramontane::gpu {

constexpr int kGroupThreads = 32 * kWarpsPerGroup;
constexpr int kStagedTokens = 8;

template <int kTokens, int kTilesPerWarp>
using TileSums = float[kTilesPerWarp][kTokens / 8][4];

// Shared memory of a group: kStagedTokens rows of its outputs in f32. The pitch spreads a warp's lanes over all banks.
template <int kTilesPerWarp>
struct GroupStaging {
    static constexpr int kPitch = kWarpsPerGroup * kTilesPerWarp * kTileRows + 4;
    float values[kStagedTokens][kPitch];
};

struct GroupThread {
    int group, warp, lane; // warp: within the group
    __device__ explicit GroupThread(int warpOfBlock)
        : group(warpOfBlock / kWarpsPerGroup), warp(warpOfBlock % kWarpsPerGroup), lane(threadIdx.x % 32) {}
    __device__ int inGroup() const { return 32 * warp + lane; }
    __device__ int inBlock() const { return group * kGroupThreads + inGroup(); }
    // Orders: what the group's threads read or wrote before, before what any of them does after it.
    __device__ void sync() const { asm volatile("bar.sync %0, %1;" ::"r"(1 + group), "n"(kGroupThreads) : "memory"); }
};

// Where a block leaves its sums of a split tile: a block meets at most two, the first one at 0.
template <int kTokens, int kTilesPerWarp>
__device__ __forceinline__ float4* partialSums(const GemmTask& task, int block, int tile, int thread) {
    const int slot = 2 * block + (static_cast<int>(splitBegin(task.work, block)) / task.work.chunks == tile ? 0 : 1);
    constexpr int kVectors = kTilesPerWarp * kTokens / 8 * 32 * kMultiplyingWarps;
    return task.sums + static_cast<std::size_t>(slot) * kVectors + thread;
}

// Leaves this block's sums; true in the last block to come, whose sums are then those of the whole tile.
template <int kTokens, int kTilesPerWarp>
__device__ __forceinline__ bool gatherSums(TileSums<kTokens, kTilesPerWarp>& sums, const GemmTask& task, int tile,
                                           const GroupThread& thread, unsigned* lastFlag) {
    constexpr int kStride = 32 * kMultiplyingWarps;
    const int firstBlock = splitOwner(task.work, tile * task.work.chunks);
    const int lastBlock = splitOwner(task.work, (tile + 1) * task.work.chunks - 1);
    float4* own = partialSums<kTokens, kTilesPerWarp>(task, static_cast<int>(blockIdx.x), tile, thread.inBlock());
#pragma unroll
    for (int m = 0; m < kTilesPerWarp; ++m)
#pragma unroll
        for (int j = 0; j < kTokens / 8; ++j)
            __stcg(own + (m * (kTokens / 8) + j) * kStride,
                   make_float4(sums[m][j][0], sums[m][j][1], sums[m][j][2], sums[m][j][3]));
    __threadfence(); // orders: our sums, before the count that tells of them
    thread.sync();
    unsigned* counter = task.counters + tile * kWarpGroups + thread.group;
    if (thread.inGroup() == 0) {
        const bool last = atomicAdd(counter, 1u) == static_cast<unsigned>(lastBlock - firstBlock);
        if (last) *counter = 0; // for the next kernel
        *lastFlag = last;
    }
    thread.sync();
    if (*lastFlag == 0) return false;
    __threadfence(); // orders: the count that told of the others' sums, before we read them
#pragma unroll
    for (int m = 0; m < kTilesPerWarp; ++m)
#pragma unroll
        for (int j = 0; j < kTokens / 8; ++j)
#pragma unroll
            for (int i = 0; i < 4; ++i) sums[m][j][i] = 0;
#pragma unroll(kTokens <= 16 ? 2 : 1)
    for (int block = firstBlock; block <= lastBlock; ++block) {
        const float4* part = partialSums<kTokens, kTilesPerWarp>(task, block, tile, thread.inBlock());
#pragma unroll
        for (int m = 0; m < kTilesPerWarp; ++m)
#pragma unroll
            for (int j = 0; j < kTokens / 8; ++j) {
                const float4 p = __ldcg(part + (m * (kTokens / 8) + j) * kStride);
                sums[m][j][0] += p.x, sums[m][j][1] += p.y, sums[m][j][2] += p.z, sums[m][j][3] += p.w;
            }
    }
    return true;
}

// x / (1 + e^-x)
__device__ __forceinline__ float silu(float x) { return __fdividef(x, 1.0f + __expf(-x)); }

// Eight columns of a row, with what the residual held.
struct ColumnRun {
    int token = 0, column = 0; // token: within the staged ones; column < 0: none
};
struct ResidualRun {
    float4 low, high;
};

__device__ __forceinline__ ResidualRun readResidual(const GemmTask& task, int row, int column) {
    ResidualRun run{};
    if (column < 0 || row >= task.rows) return run;
    const float* from = task.residual + static_cast<std::size_t>(row) * task.outStride + column;
    if (task.wideStores && column + 8 <= task.columns) {
        run.low = reinterpret_cast<const float4*>(from)[0];
        run.high = reinterpret_cast<const float4*>(from)[1];
    } else {
        float* values = &run.low.x;
#pragma unroll
        for (int i = 0; i < 8; ++i)
            if (column + i < task.columns) values[i] = from[i];
    }
    return run;
}

template <GemmElement kElement>
__device__ __forceinline__ std::uint32_t packElements(float low, float high) {
    if constexpr (kElement == GemmElement::bf16)
        return packBf16(low, high);
    else
        return packHalves(low, high);
}

template <GemmElement kElement>
__device__ __forceinline__ void writeRun(const GemmTask& task, int row, int column, const ResidualRun& values) {
    if (column < 0 || row >= task.rows) return;
    const bool wide = task.wideStores && column + 8 <= task.columns;
    const float single[8] = {values.low.x,  values.low.y,  values.low.z,  values.low.w,
                             values.high.x, values.high.y, values.high.z, values.high.w};
    const std::size_t at = static_cast<std::size_t>(row) * task.outStride + column;
    if (task.output == GemmOutput::addTo) {
        float* to = task.residual + at;
        if (wide) {
            reinterpret_cast<float4*>(to)[0] = values.low;
            reinterpret_cast<float4*>(to)[1] = values.high;
            return;
        }
#pragma unroll
        for (int i = 0; i < 8; ++i)
            if (column + i < task.columns) to[i] = single[i];
        return;
    }
    __half* to = task.out + at;
    if (wide) {
        *reinterpret_cast<uint4*>(to) =
            make_uint4(packElements<kElement>(single[0], single[1]), packElements<kElement>(single[2], single[3]),
                       packElements<kElement>(single[4], single[5]), packElements<kElement>(single[6], single[7]));
        return;
    }
#pragma unroll
    for (int i = 0; i < 8; ++i)
        if (column + i < task.columns) {
            if constexpr (kElement == GemmElement::bf16)
                reinterpret_cast<__nv_bfloat16*>(to)[i] = __float2bfloat16_rn(single[i]);
            else
                to[i] = __float2half_rn(single[i]);
        }
}

// Puts tokens 8j.. of the group's sums side by side: (token, row of the group's tiles) or, of a gated product,
// (token, half row).
template <int kTokens, int kTilesPerWarp>
__device__ __forceinline__ void stageTokens(const TileSums<kTokens, kTilesPerWarp>& sums, int j, bool gated,
                                            const float (&bias)[kTilesPerWarp][2], const GroupThread& thread,
                                            GroupStaging<kTilesPerWarp>& staging) {
    const int g = thread.lane / 4, t = thread.lane % 4;
#pragma unroll
    for (int m = 0; m < kTilesPerWarp; ++m) {
        const int tile = kWarpsPerGroup * m + thread.warp;
#pragma unroll
        for (int b = 0; b < 2; ++b) {
            const float low = sums[m][j][b] + bias[m][0], high = sums[m][j][2 + b] + bias[m][1];
            float* to = staging.values[2 * t + b];
            if (gated) {
                to[8 * tile + g] = silu(low) * high;
            } else {
                to[16 * tile + g] = low;
                to[16 * tile + 8 + g] = high;
            }
        }
    }
}

// Which eight columns of which staged token this thread writes.
template <int kTilesPerWarp>
__device__ __forceinline__ ColumnRun runOf(const GemmTask& task, int outputGroup, bool gated,
                                           const GroupThread& thread) {
    const int runs = kWarpsPerGroup * kTilesPerWarp * (gated ? 1 : 2); // of a token
    const int run = thread.inGroup() % runs, token = thread.inGroup() / runs;
    const int firstTile = (outputGroup * kWarpGroups + thread.group) * kWarpsPerGroup * kTilesPerWarp;
    const int tile = firstTile + (gated ? run : run / 2);
    if (token >= kStagedTokens || tile >= task.tiles) return {token, -1};
    const int column = gated ? 8 * tile : columnOf(task.map, tile, run % 2 * 8);
    return {token, column < task.columns ? column : -1};
}

template <int kTokens, int kTilesPerWarp, GemmElement kElement>
__device__ __forceinline__ void writeTile(const TileSums<kTokens, kTilesPerWarp>& sums, const GemmTask& task,
                                          const GemmPlace& place, const GroupThread& thread,
                                          GroupStaging<kTilesPerWarp>& staging) {
    static_assert(kStagedTokens * kWarpsPerGroup * kTilesPerWarp * 2 <= kGroupThreads);
    constexpr int kAhead = kTokens >= 128 ? 4 : 2; // reads of the residual that run at once
    const bool gated = task.output == GemmOutput::siluTimes, adds = task.output == GemmOutput::addTo;
    const ColumnRun run = runOf<kTilesPerWarp>(task, place.outputGroup, gated, thread);
    float bias[kTilesPerWarp][2] = {};
#pragma unroll
    for (int m = 0; m < kTilesPerWarp; ++m) {
        const int tile =
            ((place.outputGroup * kWarpGroups + thread.group) * kTilesPerWarp + m) * kWarpsPerGroup + thread.warp;
        if (!task.bias || tile >= task.tiles) continue;
        bias[m][0] = task.bias[tile * kTileRows + thread.lane / 4];
        bias[m][1] = task.bias[tile * kTileRows + thread.lane / 4 + 8];
    }
    const int firstRow = place.tokenTile * kTokens;
    ResidualRun residual[kAhead] = {};
#pragma unroll
    for (int j = 0; j < kTokens / kStagedTokens; ++j) {
        if (firstRow + j * kStagedTokens >= task.rows) break;
        if (adds && j % kAhead == 0)
#pragma unroll
            for (int i = 0; i < kAhead; ++i)
                residual[i] = readResidual(task, firstRow + (j + i) * kStagedTokens + run.token, run.column);
        thread.sync(); // the last round has been read
        stageTokens<kTokens, kTilesPerWarp>(sums, j, gated, bias, thread, staging);
        thread.sync(); // this round is complete
        if (run.column < 0) continue;
        const int at = thread.inGroup() % (kWarpsPerGroup * kTilesPerWarp * (gated ? 1 : 2)) * 8;
        const float4* row = reinterpret_cast<const float4*>(staging.values[run.token] + at);
        ResidualRun values{row[0], row[1]};
        if (adds) {
            const ResidualRun& before = residual[j % kAhead];
            values.low.x += before.low.x, values.low.y += before.low.y;
            values.low.z += before.low.z, values.low.w += before.low.w;
            values.high.x += before.high.x, values.high.y += before.high.y;
            values.high.z += before.high.z, values.high.w += before.high.w;
        }
        writeRun<kElement>(task, firstRow + j * kStagedTokens + run.token, run.column, values);
    }
}

// All that follows a segment's products.
template <int kTokens, int kTilesPerWarp, GemmElement kElement = GemmElement::f16>
__device__ __forceinline__ void finishSegment(TileSums<kTokens, kTilesPerWarp>& sums, const GemmTask& task,
                                              const GemmSegment& segment, const GroupThread& thread,
                                              GroupStaging<kTilesPerWarp>& staging, unsigned* lastFlag) {
    if (segment.chunkCount < task.work.chunks &&
        !gatherSums<kTokens, kTilesPerWarp>(sums, task, segment.tile, thread, lastFlag))
        return;
    writeTile<kTokens, kTilesPerWarp, kElement>(sums, task, placeOf(task.work, segment.tile), thread, staging);
}

} // namespace tramontane::gpu
