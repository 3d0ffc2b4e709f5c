// The kernels behind gemm(), their tiles, and how the work is cut among blocks: for gpu/marlin and its tests only.
//
// A block makes tiles of `tokens` rows of x times `8 * tilesPerWarp` packed tiles: each of its eight multiplying warps
// owns one or two packed tiles of 16 outputs, the warps of a group of four lie side by side. The tiles of the result are
// numbered (bands of tokens, outputs, tokens in the band), so that blocks that run together share what they read.
// The first `splitTiles` of them are cut along K among `splitBlocks` blocks, each taking an equal run of chunks; the
// others are taken whole. Of a tile that several blocks share, each leaves its sums in the workspace; the last one to
// come adds them in the order of K, whoever it is, so the result has the same bits every time.
#pragma once

#include <cuda_fp16.h>

#include "gpu/marlin/columns.h"
#include "gpu/marlin/gemm.h"

namespace tramontane::gpu {

enum class GemmPath { portable, hopper };

constexpr int kMultiplyingWarps = 8, kWarpsPerGroup = 4, kWarpGroups = kMultiplyingWarps / kWarpsPerGroup;

struct GemmTile {
    int tokens, tilesPerWarp;

    constexpr int packedTiles() const { return kMultiplyingWarps * tilesPerWarp; }
    // Whether gemm() considers it: not for less than half a tile of rows.
    constexpr bool suits(int rows) const { return tokens < 2 * (rows < 16 ? 16 : rows); }
    constexpr std::size_t sumBytes() const { return std::size_t{4} * tokens * packedTiles() * kTileRows; }
};

// Every instantiation there is; each also exists for one scale a chunk without zeros and for all other groupings, and
// the portable ones for activations of f16 and of bf16.
inline constexpr GemmTile kHopperTiles[] = {{16, 2}, {32, 2}, {64, 2}, {128, 2}, {256, 1}};
inline constexpr GemmTile kPortableTiles[] = {{16, 2}, {32, 2}, {64, 2}, {128, 2}};

// What a block multiplies, as above. splitTiles * chunks * splitBlocks stays below 2^31.
struct GemmWork {
    int chunks = 0;                       // K / 128
    int outputGroups = 0, tokenTiles = 0; // tiles of the result in either direction
    int band = 0;                         // token tiles in a band
    int splitTiles = 0, splitBlocks = 0;
    int blocks = 0;

    __host__ __device__ int tileCount() const { return outputGroups * tokenTiles; }
};

// A kernel's arguments, pointers into device memory.
struct GemmTask {
    const __half* x = nullptr; // (M, xStride), of f16 or of bf16: the kernel knows; `out` likewise
    int rows = 0, xStride = 0;
    const std::uint8_t* weights = nullptr; // (tiles, chunks, chunkBytes)
    const float* bias = nullptr;           // (16 * tiles) or null
    int tiles = 0, chunkBytes = 0, scaleBytes = 0;
    int groupShift = 0; // a group is 32 << groupShift inputs
    bool hasZeros = false;
    GemmOutput output = GemmOutput::store;
    bool wideStores = false; // eight columns of a row may be written at once
    __half* out = nullptr;
    float* residual = nullptr;
    int outStride = 0, columns = 0;
    ColumnMap map;
    GemmWork work;
    unsigned* counters = nullptr; // (splitTiles, kWarpGroups), zero
    float4* sums = nullptr;       // (2 * splitBlocks, sumBytes)
};

// What the current device grants.
struct GemmDevice {
    int multiprocessors = 0, computeMajor = 0, computeMinor = 0;
    int sharedBytesPerBlock = 0;
};

cudaError_t launchHopper(int tile, const GemmTask& task, const GemmDevice& device, cudaStream_t stream);
cudaError_t launchPortable(int tile, const GemmTask& task, const GemmDevice& device, cudaStream_t stream);
cudaError_t launchPortableBf16(int tile, const GemmTask& task, const GemmDevice& device, cudaStream_t stream);

bool deviceRuns(GemmPath path, GemmElement element = GemmElement::f16); // the current one
// gemm() by the kernel and tile named, its workspace for at least half a tile of rows; tile -1: the one gemm() would take.
cudaError_t gemmBy(GemmPath path, int tile, const GemmArguments& arguments, cudaStream_t stream);

} // namespace tramontane::gpu
