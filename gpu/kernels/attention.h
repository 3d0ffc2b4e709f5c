// Rotated queries and the cached keys and values in, attention's output out. Causal: row m sees positions
// first..positions[m], first = 0 or, with a sliding window of w positions, positions[m] + 1 - w.
#pragma once

#include <cuda_runtime_api.h>

#include "gpu/kernels/kv_layout.h"

namespace tramontane::gpu {

// softmax(q . k / sqrt(D)) v of every row and head; the keys and values of the rows themselves are in the cache already.
struct AttentionArguments {
    const __half* queries = nullptr; // (M, queryStride), head h at h*D
    int queryStride = 0;
    int heads = 0; // H; H / kvHeads is 1, 2, 4 or any other whole number up to 8
    KvView kv;
    int layer = 0;
    BatchRows rows;
    int slidingWindow = 0; // 0: none
    __half* out = nullptr; // (M, outStride): dimension d of head h goes to outOrder[h*D + d]
    int outStride = 0;
    const int* outOrder = nullptr; // (H*D); null: h*D + d
};

// For few rows, each of any sequence. The positions of a row are cut among `splits` blocks; the last one to end combines.
// Reads positions[] on the device only: a captured graph serves any length up to pagesPerSequence pages. A row at a
// position below 0 is left out. The page table, sequences[], positions[] and outOrder[] are read while the kernels before
// still run: no kernel that is launched to overlap this one may write them.
// D is 32, 64, 96 or 128; splits 1 to 32. Error: cudaErrorInvalidValue for a shape outside these.
struct DecodeScratch {
    float* partials = nullptr;    // decodePartials(...) floats
    unsigned* counters = nullptr; // (M * kvHeads), zero; zero again after the kernel
};
std::size_t decodePartials(int rows, int heads, int headDim, int splits);
int decodeSplits(int rows, int kvHeads, int multiprocessors);
cudaError_t decodeAttention(const AttentionArguments& arguments, const DecodeScratch& scratch, int splits,
                            cudaStream_t stream);

// For many rows: runs of rows that follow each other in one sequence, cut into tiles.
struct QueryTile {
    int firstRow = 0, rowCount = 0; // at most kQueryTileRows
    int firstPosition = 0, sequence = 0;
};
constexpr int kQueryTileRows = 64;
// `tiles` (tileCount) on the device, those of a sequence in order: the last is begun first. No scratch, no T×T matrix.
cudaError_t prefillAttention(const AttentionArguments& arguments, const QueryTile* tiles, int tileCount,
                             cudaStream_t stream);

} // namespace tramontane::gpu
