// The many-row product from compute capability 8.0 on: warp products fed by asynchronous copies.
#include <algorithm>
#include <array>
#include <utility>

#include "gpu/kernels/launch.cuh"
#include "gpu/marlin/dequantize.cuh"
#include "gpu/marlin/dequantize_bf16.cuh"
#include "gpu/marlin/gemm_output.cuh"

namespace tramontane::gpu {

namespace {

constexpr int kThreads = 32 * kMultiplyingWarps;

// Shared memory; a stage is a unit of 64 inputs:
//   activations (kStages, kTokens, 64) f16 or bf16   16-byte piece p of a row lies at piece p ^ (row & 7)
//   weights     (kStages, kPackedTiles, kSlotBytes)  512 bytes of words, the unit's scales, from kZerosAt on its zeros
//   staging     (2)                          GroupStaging
//   lastFlag    (2)
template <int kTokens, int kTilesPerWarp, bool kOneScale>
struct PortableShape {
    static constexpr int kPackedTiles = kMultiplyingWarps * kTilesPerWarp;
    static constexpr int kZerosAt = kUnitBytes + 64;
    static constexpr int kSlotBytes = kOneScale ? kUnitBytes + 32 : kZerosAt + 64;
    static constexpr int kRowBytes = kUnitInputs * 2;
    static constexpr int kActivationBytes = kTokens * kRowBytes;
    static constexpr int kStages = kTokens <= 16 ? 6 : kTokens <= 32 ? 5 : kTokens <= 64 ? 4 : 3;
    static constexpr int kWeightsAt = kStages * kActivationBytes;
    static constexpr int kStagingAt = kWeightsAt + kStages * kPackedTiles * kSlotBytes;
    static constexpr int kFlagsAt = kStagingAt + kWarpGroups * sizeof(GroupStaging<kTilesPerWarp>);
    static constexpr int kSharedBytes = kFlagsAt + kWarpGroups * sizeof(unsigned);
    static_assert(kSharedBytes <= 99 * 1024 && kStagingAt % 16 == 0); // what every device since 8.0 grants a block
};

// Every (place, chunk, half of the chunk) of the block in turn.
class GemmUnits {
public:
    __device__ explicit GemmUnits(const GemmWork& work) : chunks_(work) {}
    __device__ bool next(GemmPlace& place, int& chunk, int& unit) {
        if (unit_ == 0 && !chunks_.next(place_, chunk_)) return false;
        place = place_, chunk = chunk_, unit = unit_;
        unit_ ^= 1;
        return true;
    }

private:
    GemmChunks chunks_;
    GemmPlace place_;
    int chunk_ = 0, unit_ = 0;
};

// The thread's number, new to the compiler at every call: what is made of it is made again and holds no register
// between the stages.
__device__ __forceinline__ int freshThread() {
    int thread;
    asm volatile("mov.u32 %0, %%tid.x;" : "=r"(thread));
    return thread;
}

// Starts the copies of a unit's weights. Tiles past the last are the last one again; what is made of them goes nowhere.
template <class Shape, bool kOneScale>
__device__ __forceinline__ void copyWeights(const GemmTask& task, std::uint8_t* memory, int stage,
                                            const GemmPlace& place, int chunk, int unit) {
    const std::uint32_t slots =
        sharedAddress(memory + Shape::kWeightsAt) + stage * Shape::kPackedTiles * Shape::kSlotBytes;
    const auto chunkOf = [&](int tile) {
        const int clamped = min(place.outputGroup * Shape::kPackedTiles + tile, task.tiles - 1);
        return task.weights + (static_cast<std::size_t>(clamped) * task.work.chunks + chunk) * task.chunkBytes;
    };
    const int thread = freshThread(), warp = thread / 32, lane = thread % 32;
#pragma unroll
    for (int tile = warp; tile < Shape::kPackedTiles; tile += kMultiplyingWarps)
        copyAsync<16>(slots + tile * Shape::kSlotBytes + lane * 16, chunkOf(tile) + unit * kUnitBytes + lane * 16);
    if constexpr (kOneScale) {
        const int tile = thread / 2, piece = thread % 2;
        if (tile < Shape::kPackedTiles)
            copyAsync<16>(slots + tile * Shape::kSlotBytes + kUnitBytes + piece * 16,
                          chunkOf(tile) + kChunkWeightBytes + piece * 16);
    } else {
        static_assert(Shape::kPackedTiles * 8 <= kThreads);
        const int tile = thread / 8, piece = thread % 4;
        const bool zeros = thread % 8 >= 4;
        const int group = unit * 2 >> task.groupShift, groups = task.groupShift == 0 ? 2 : 1; // of the unit
        if (tile < Shape::kPackedTiles && piece < 2 * groups && (!zeros || task.hasZeros))
            copyAsync<16>(slots + tile * Shape::kSlotBytes + (zeros ? Shape::kZerosAt : kUnitBytes) + piece * 16,
                          chunkOf(tile) + kChunkWeightBytes + (zeros ? task.scaleBytes : 0) + group * 32 + piece * 16);
    }
}

// Starts the copies of a unit's activations; rows past M become zeros.
template <class Shape, int kTokens>
__device__ __forceinline__ void copyActivations(const GemmTask& task, std::uint8_t* memory, int stage,
                                                const GemmPlace& place, int chunk, int unit) {
    const std::uint32_t to = sharedAddress(memory) + stage * Shape::kActivationBytes;
    const __half* from = task.x + chunk * kChunkInputs + unit * kUnitInputs;
#pragma unroll
    for (int i = freshThread(); i < kTokens * 8; i += kThreads) {
        const int token = i / 8, piece = i % 8, row = place.tokenTile * kTokens + token;
        const bool exists = row < task.rows;
        copyAsync<16>(to + token * Shape::kRowBytes + (piece ^ token & 7) * 16,
                      from + static_cast<std::size_t>(exists ? row : 0) * task.xStride + piece * 8, exists);
    }
}

// sums += the products of one stage.
template <class Shape, int kTokens, int kTilesPerWarp, bool kOneScale>
__device__ __forceinline__ void multiplyUnit(TileSums<kTokens, kTilesPerWarp>& sums, const GemmTask& task,
                                             const std::uint8_t* memory, int stage, const GroupThread& thread) {
    const std::uint8_t* slots = memory + Shape::kWeightsAt + stage * Shape::kPackedTiles * Shape::kSlotBytes;
    const int firstTile = thread.group * kWarpsPerGroup * kTilesPerWarp + thread.warp;
    const std::uint8_t* slot[kTilesPerWarp];
    uint4 words[kTilesPerWarp];
#pragma unroll
    for (int m = 0; m < kTilesPerWarp; ++m) {
        slot[m] = slots + (firstTile + m * kWarpsPerGroup) * Shape::kSlotBytes;
        words[m] = *reinterpret_cast<const uint4*>(slot[m] + thread.lane * 16);
    }
    // Lane 8i + r gives row r of matrix i: tokens 0..7 or 8..15 (i / 2), the first or second eight inputs (i % 2).
    const int token = thread.lane / 16 * 8 + thread.lane % 8, half = thread.lane / 8 % 2;
    const std::uint32_t rows = sharedAddress(memory) + stage * Shape::kActivationBytes + token * Shape::kRowBytes;
#pragma unroll
    for (int sub = 0; sub < 2; ++sub) {
        std::uint32_t a[kTilesPerWarp][2][4];
#pragma unroll
        for (int m = 0; m < kTilesPerWarp; ++m) {
            const int group = !kOneScale && task.groupShift == 0 ? sub : 0;
            const std::uint8_t* scales = slot[m] + kUnitBytes + group * 32 + thread.lane / 4 * 4;
            const auto numbers =
                loadGroupNumbers<kOneScale>(scales, task.hasZeros ? scales + Shape::kZerosAt - kUnitBytes : nullptr);
            dequantizeWord(sub ? words[m].z : words[m].x, 0, numbers, a[m][0], a[m][1]);
            dequantizeWord(sub ? words[m].w : words[m].y, 1, numbers, a[m][0], a[m][1]);
        }
#pragma unroll
        for (int step = 0; step < 2; ++step) {
            const int piece = 4 * sub + 2 * step + half;
#pragma unroll
            for (int j = 0; j < kTokens / 8; j += 2) {
                std::uint32_t b[4];
                loadMatrices(b, rows + j * 8 * Shape::kRowBytes + (piece ^ token & 7) * 16);
#pragma unroll
                for (int m = 0; m < kTilesPerWarp; ++m) {
                    const std::uint32_t(&w)[4] = a[m][step];
                    multiplyAdd(sums[m][j], w[0], w[1], w[2], w[3], b[0], b[1]);
                    multiplyAdd(sums[m][j + 1], w[0], w[1], w[2], w[3], b[2], b[3]);
                }
            }
        }
    }
}

// The same of bf16: the products of (q - zero) and x are exact, each run of 32 inputs has f32 sums of its own, and those
// take their group's scale on the way to `sums`. Nothing is rounded to bf16's eight bits.
template <class Shape, int kTokens, int kTilesPerWarp, bool kOneScale>
__device__ __forceinline__ void multiplyUnitBf16(TileSums<kTokens, kTilesPerWarp>& sums, const GemmTask& task,
                                                 const std::uint8_t* memory, int stage, const GroupThread& thread) {
    const std::uint8_t* slots = memory + Shape::kWeightsAt + stage * Shape::kPackedTiles * Shape::kSlotBytes;
    const int firstTile = thread.group * kWarpsPerGroup * kTilesPerWarp + thread.warp;
    // As in multiplyUnit.
    const int token = thread.lane / 16 * 8 + thread.lane % 8, half = thread.lane / 8 % 2;
    const std::uint32_t rows = sharedAddress(memory) + stage * Shape::kActivationBytes + token * Shape::kRowBytes;
#pragma unroll
    for (int sub = 0; sub < 2; ++sub) {
        std::uint32_t a[kTilesPerWarp][2][4];
        float2 scale[kTilesPerWarp];
#pragma unroll
        for (int m = 0; m < kTilesPerWarp; ++m) {
            const std::uint8_t* slot = slots + (firstTile + m * kWarpsPerGroup) * Shape::kSlotBytes;
            const uint2 words = *reinterpret_cast<const uint2*>(slot + thread.lane * 16 + sub * 8);
            const int group = !kOneScale && task.groupShift == 0 ? sub : 0;
            const std::uint8_t* numbers = slot + kUnitBytes + group * 32 + thread.lane / 4 * 4;
            scale[m] = __half22float2(*reinterpret_cast<const __half2*>(numbers));
            const MinusZeros minusZeros =
                loadMinusZeros<kOneScale>(task.hasZeros ? numbers + Shape::kZerosAt - kUnitBytes : nullptr);
            centreWord(words.x, 0, minusZeros, a[m][0], a[m][1]);
            centreWord(words.y, 1, minusZeros, a[m][0], a[m][1]);
        }
#pragma unroll
        for (int j = 0; j < kTokens / 8; j += 2) {
            std::uint32_t b[2][4];
#pragma unroll
            for (int step = 0; step < 2; ++step)
                loadMatrices(b[step], rows + j * 8 * Shape::kRowBytes + (4 * sub + 2 * step + half ^ token & 7) * 16);
#pragma unroll
            for (int m = 0; m < kTilesPerWarp; ++m)
#pragma unroll
                for (int n = 0; n < 2; ++n) {
                    float run[4] = {};
                    multiplyAddBf16(run, a[m][0], b[0][2 * n], b[0][2 * n + 1]);
                    multiplyAddBf16(run, a[m][1], b[1][2 * n], b[1][2 * n + 1]);
#pragma unroll
                    for (int i = 0; i < 4; ++i)
                        sums[m][j + n][i] = fmaf(i < 2 ? scale[m].x : scale[m].y, run[i], sums[m][j + n][i]);
                }
        }
    }
}

// out or residual (M, N) from x (M, K) f16 or bf16 times packed int4 (marlin/layout.h); what is written: gemm.h.
// Grid: work.blocks; 256 threads, each warp 16 * kTilesPerWarp outputs by kTokens rows; 3 to 6 stages of shared memory,
// at most 99 KB with the rest. Registers: sums kTilesPerWarp * kTokens / 2 a thread.
// Rounding: f16: weights once to f16; bf16: q - zero exactly, the scale on the f32 sums of 32 inputs. f32 sums, in the
// order of K however many blocks share a tile; out once to its type.
// Oracle: tests/gpu/packed_fixture.h · Test: tests/gpu/gemm_test.cpp
template <GemmElement kElement, int kTokens, int kTilesPerWarp, bool kOneScale>
__global__ void __launch_bounds__(kThreads, 1) multiplyPortable(const __grid_constant__ GemmTask task) {
    using Shape = PortableShape<kTokens, kTilesPerWarp, kOneScale>;
    extern __shared__ __align__(128) std::uint8_t memory[];
    launchDependents();
    const GroupThread thread(__shfl_sync(~0u, threadIdx.x / 32, 0));
    auto& staging = reinterpret_cast<GroupStaging<kTilesPerWarp>*>(memory + Shape::kStagingAt)[thread.group];
    unsigned* lastFlag = reinterpret_cast<unsigned*>(memory + Shape::kFlagsAt) + thread.group;

    // Fill all stages but one: weights at once, activations when the kernel before has written them.
    GemmUnits ahead(task.work), behind(task.work);
    GemmPlace place;
    int chunk = 0, unit = 0, filled = 0;
    for (; filled < Shape::kStages - 1 && ahead.next(place, chunk, unit); ++filled)
        copyWeights<Shape, kOneScale>(task, memory, filled, place, chunk, unit);
    waitForPredecessor();
    for (int stage = 0; stage < Shape::kStages - 1; ++stage) {
        if (stage < filled) {
            behind.next(place, chunk, unit);
            copyActivations<Shape, kTokens>(task, memory, stage, place, chunk, unit);
        }
        closeCopies();
    }
    int stage = 0, nextStage = Shape::kStages - 1;
    GemmSegments segments(task.work);
    GemmSegment segment;
    while (segments.next(segment)) {
        TileSums<kTokens, kTilesPerWarp> sums = {};
        for (int left = 2 * segment.chunkCount; left > 0; --left) {
            awaitCopies<Shape::kStages - 2>();
            __syncthreads(); // this stage has arrived for all threads; all have read the one before, filled next
            if (ahead.next(place, chunk, unit)) {
                copyWeights<Shape, kOneScale>(task, memory, nextStage, place, chunk, unit);
                copyActivations<Shape, kTokens>(task, memory, nextStage, place, chunk, unit);
            }
            closeCopies();
            if constexpr (kElement == GemmElement::bf16)
                multiplyUnitBf16<Shape, kTokens, kTilesPerWarp, kOneScale>(sums, task, memory, stage, thread);
            else
                multiplyUnit<Shape, kTokens, kTilesPerWarp, kOneScale>(sums, task, memory, stage, thread);
            stage = stage + 1 == Shape::kStages ? 0 : stage + 1;
            nextStage = nextStage + 1 == Shape::kStages ? 0 : nextStage + 1;
        }
        finishSegment<kTokens, kTilesPerWarp, kElement>(sums, task, segment, thread, staging, lastFlag);
    }
}

template <GemmElement kElement, int kTile, bool kOneScale>
cudaError_t launch(const GemmTask& task, const GemmDevice&, cudaStream_t stream) {
    constexpr GemmTile tile = kPortableTiles[kTile];
    using Shape = PortableShape<tile.tokens, tile.tilesPerWarp, kOneScale>;
    const auto kernel = &multiplyPortable<kElement, tile.tokens, tile.tilesPerWarp, kOneScale>;
    if (const cudaError_t error =
            cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, Shape::kSharedBytes);
        error != cudaSuccess)
        return error;
    return launchChained(kernel, dim3(task.work.blocks), dim3(kThreads), Shape::kSharedBytes, stream, task);
}

using Launch = cudaError_t (*)(const GemmTask&, const GemmDevice&, cudaStream_t);
template <GemmElement kElement, bool kOneScale, int... tiles>
constexpr std::array<Launch, sizeof...(tiles)> launchTable(std::integer_sequence<int, tiles...>) {
    return {&launch<kElement, tiles, kOneScale>...};
}

template <GemmElement kElement>
cudaError_t launchFor(int tile, const GemmTask& task, const GemmDevice& device, cudaStream_t stream) {
    constexpr auto tiles = std::make_integer_sequence<int, std::size(kPortableTiles)>{};
    static constexpr auto oneScale = launchTable<kElement, true>(tiles),
                          anyScales = launchTable<kElement, false>(tiles);
    const bool simple = task.groupShift == 2 && !task.hasZeros;
    return (simple ? oneScale : anyScales)[static_cast<std::size_t>(tile)](task, device, stream);
}

} // namespace

cudaError_t launchPortable(int tile, const GemmTask& task, const GemmDevice& device, cudaStream_t stream) {
    return launchFor<GemmElement::f16>(tile, task, device, stream);
}
cudaError_t launchPortableBf16(int tile, const GemmTask& task, const GemmDevice& device, cudaStream_t stream) {
    return launchFor<GemmElement::bf16>(tile, task, device, stream);
}

} // namespace tramontane::gpu
