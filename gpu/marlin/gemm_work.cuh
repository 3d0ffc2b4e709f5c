// A block's number in, the runs of chunks that it multiplies out, one after the other (gemm_kernels.h tells the plan).
#pragma once

#include "gpu/marlin/gemm_kernels.h"

namespace tramontane::gpu {

// `chunkCount` chunks of one tile of the result.
struct GemmSegment {
    int tile = 0, firstChunk = 0, chunkCount = 0;
};

// First unit (splitTile * chunks + chunk) of a block's share of the split tiles.
__device__ __forceinline__ unsigned splitBegin(const GemmWork& work, unsigned block) {
    return static_cast<unsigned>(work.splitTiles * work.chunks) * block / static_cast<unsigned>(work.splitBlocks);
}
// The block whose share holds a unit: the last one that begins at or before it.
__device__ __forceinline__ int splitOwner(const GemmWork& work, unsigned unit) {
    return static_cast<int>(((unit + 1) * work.splitBlocks - 1) / static_cast<unsigned>(work.splitTiles * work.chunks));
}

class GemmSegments {
public:
    __device__ explicit GemmSegments(const GemmWork& work)
        : work_(work), whole_(work.splitTiles + static_cast<int>(blockIdx.x)) {
        if (static_cast<int>(blockIdx.x) >= work.splitBlocks) return;
        unit_ = static_cast<int>(splitBegin(work, blockIdx.x));
        unitEnd_ = static_cast<int>(splitBegin(work, blockIdx.x + 1));
    }
    __device__ bool next(GemmSegment& segment) {
        if (unit_ < unitEnd_) {
            segment.tile = unit_ / work_.chunks;
            segment.firstChunk = unit_ - segment.tile * work_.chunks;
            segment.chunkCount = min(work_.chunks - segment.firstChunk, unitEnd_ - unit_);
            unit_ += segment.chunkCount;
            return true;
        }
        if (whole_ >= work_.tileCount()) return false;
        segment = {whole_, 0, work_.chunks};
        whole_ += static_cast<int>(gridDim.x);
        return true;
    }

private:
    const GemmWork& work_;
    int whole_, unit_ = 0, unitEnd_ = 0;
};

// Where a tile of the result lies: the group of packed tiles and the tile of tokens.
struct GemmPlace {
    int outputGroup = 0, tokenTile = 0;
};
__device__ __forceinline__ GemmPlace placeOf(const GemmWork& work, int tile) {
    const int perBand = work.band * work.outputGroups, band = tile / perBand, inBand = tile - band * perBand;
    const int width = min(work.band, work.tokenTiles - band * work.band);
    return {inBand / width, band * work.band + inBand % width};
}

// Every (place, chunk) of a block in turn, for whoever brings them.
class GemmChunks {
public:
    __device__ explicit GemmChunks(const GemmWork& work) : segments_(work), work_(work) {}
    __device__ bool next(GemmPlace& place, int& chunk) {
        if (left_ == 0) {
            GemmSegment segment;
            if (!segments_.next(segment)) return false;
            place_ = placeOf(work_, segment.tile);
            chunk_ = segment.firstChunk;
            left_ = segment.chunkCount;
        }
        place = place_;
        chunk = chunk_++;
        --left_;
        return true;
    }

private:
    GemmSegments segments_;
    const GemmWork& work_;
    GemmPlace place_;
    int chunk_ = 0, left_ = 0;
};

} // namespace tramontane::gpu
