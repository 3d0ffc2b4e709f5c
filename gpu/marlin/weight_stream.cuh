// What one warp streams of a packed linear: for each pass over kTiles of its tiles, its chunks in order, through a ring
// in shared memory.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gpu/marlin/async_copy.cuh"
#include "gpu/marlin/layout.h"

namespace tramontane::gpu {

constexpr int kMostStages = 8; // of a warp's ring

struct StreamedWeights {
    const std::uint8_t* tiles;
    const float* bias;
    std::size_t tileBytes;
    int chunks, chunkBytes, tileCount;
    bool hasZeros;
    int stages; // of a warp's ring
};

// A warp's share: these chunks of each of these tiles.
struct WarpShare {
    int firstChunk, chunkCount, firstTile, tileEnd;
};

// A stage holds kRun chunks in a row of kTiles tiles, (kTiles, kRun, chunkBytes); the last of a pass may hold fewer.
template <int kTiles, int kRun>
class WeightStream {
public:
    // `ring` holds `stages` stages, `barriers` (kMostStages) are the warp's own.
    __device__ WeightStream(const StreamedWeights& weights, const WarpShare& share, std::uint8_t* ring,
                            CopyBarrier* barriers, int lane)
        : ring_(ring), barriers_(barriers), lane_(lane), stages_(weights.stages), chunkBytes_(weights.chunkBytes),
          tileBytes_(weights.tileBytes), chunkCount_(share.chunkCount), tileEnd_(share.tileEnd),
          fetchTile_(share.firstTile), from_(weights.tiles + share.firstTile * weights.tileBytes +
                                             static_cast<std::size_t>(share.firstChunk) * chunkBytes_) {
        if (chunkCount_ == 0) fetchTile_ = tileEnd_;
#if TRAMONTANE_BULK_COPIES
        if (lane == 0) {
            for (int i = 0; i < stages_; ++i) barriers_[i].initialize();
            publishBarriers();
        }
        __syncwarp();
#endif
    }

    // Everything has been asked for.
    __device__ bool drained() const { return fetchTile_ >= tileEnd_; }

    // Starts the next chunks of the stream into the next stage, which the whole warp has left; nothing past
    // the end.
    __device__ void fetch() {
        if (fetchTile_ < tileEnd_) {
            std::uint8_t* to = ring_ + fetchStage_ * kTiles * kRun * chunkBytes_;
            const std::uint8_t* from = from_;
            const int tiles = min(kTiles, tileEnd_ - fetchTile_);
            const int bytes = min(kRun, chunkCount_ - fetchChunk_) * chunkBytes_; // of a tile
#if TRAMONTANE_BULK_COPIES
            CopyBarrier& barrier = barriers_[fetchStage_];
            if (electOne()) {
                barrier.expect(static_cast<unsigned>(tiles * bytes));
#pragma unroll
                for (int i = 0; i < kTiles; ++i)
                    if (i < tiles)
                        barrier.copy(to + i * kRun * chunkBytes_, from + i * tileBytes_, static_cast<unsigned>(bytes));
            }
#else
            for (int i = 0; i < tiles; ++i, from += tileBytes_, to += kRun * chunkBytes_)
                for (int at = 16 * lane_; at < bytes; at += kUnitBytes) copyAsync16(to + at, from + at);
#endif
            from_ += bytes;
            if ((fetchChunk_ += kRun) >= chunkCount_) {
                fetchChunk_ = 0;
                fetchTile_ += kTiles;
                from_ += kTiles * tileBytes_ - static_cast<std::size_t>(chunkCount_) * chunkBytes_;
            }
            fetchStage_ = fetchStage_ + 1 == stages_ ? 0 : fetchStage_ + 1;
        }
#if !TRAMONTANE_BULK_COPIES
        commitCopies(); // an empty group past the end keeps the count
#endif
    }

    // The oldest stage, arrived and visible to the warp; all lanes have left the stage before it.
    const __device__ std::uint8_t* take() {
#if TRAMONTANE_BULK_COPIES
        barriers_[takeStage_].wait(takeParity_);
#else
        switch (stages_) { // all but the newest stages - 2 groups
        case 2:
            waitForCopies<0>();
            break;
        case 3:
            waitForCopies<1>();
            break;
        case 4:
            waitForCopies<2>();
            break;
        case 5:
            waitForCopies<3>();
            break;
        case 6:
            waitForCopies<4>();
            break;
        case 7:
            waitForCopies<5>();
            break;
        default:
            waitForCopies<kMostStages - 2>();
            break;
        }
#endif
        __syncwarp();
        const std::uint8_t* stage = ring_ + takeStage_ * kTiles * kRun * chunkBytes_;
        if (++takeStage_ == stages_) {
            takeStage_ = 0;
            takeParity_ ^= 1;
        }
        return stage;
    }

private:
    std::uint8_t* ring_;
    CopyBarrier* barriers_;
    const int lane_, stages_, chunkBytes_;
    const std::size_t tileBytes_;
    const int chunkCount_, tileEnd_;
    int fetchTile_;
    const std::uint8_t* from_;
    int fetchChunk_ = 0, fetchStage_ = 0, takeStage_ = 0;
    unsigned takeParity_ = 0;
};

} // namespace tramontane::gpu
