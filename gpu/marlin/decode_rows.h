// A packed linear for 9 to 16 rows on devices that run clusters of blocks: for decode_linear.cu only.
#pragma once

#include "gpu/marlin/decode_linear.h"

namespace tramontane::gpu {

// How a linear is cut among blocks: each cluster has whole tiles, each of its blocks a share of their chunks.
struct RowsPlan {
    int ranks = 0; // blocks of a cluster
    int clusters = 0, tilesPerCluster = 0;
    int parts = 0;  // that the block's chunks of a tile are cut into, a warp each
    int stages = 0; // of a warp's ring
    std::size_t sharedBytes = 0;
};
constexpr int kRowsWarps = 16;

// False where the device runs no clusters, the shape does not fit, or decode_linear.cu's kernel is faster: for up to 8
// rows and for the smallest linears, where the rows are fewer bytes than the blocks' meeting is worth. Groups of 128
// alone.
bool planRows(RowsPlan& plan, const PackedShape& shape, int rows);

// Output: one of decode_parts.cuh.
template <class Output>
cudaError_t decodeRows(const RowsPlan& plan, const DeviceLinear& linear, int rows, const FragmentRows& input,
                       const Output& output, const Upcoming& upcoming, cudaStream_t stream);

} // namespace tramontane::gpu
