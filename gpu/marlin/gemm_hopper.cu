// The many-row product on compute capability 9.0a: warpgroup products fed by bulk copies.
#include <array>
#include <utility>

#include "gpu/kernels/launch.cuh"
#include "gpu/marlin/bulk_copy.cuh"
#include "gpu/marlin/dequantize.cuh"
#include "gpu/marlin/gemm_output.cuh"
#include "gpu/marlin/wgmma.cuh"

namespace tramontane::gpu {

namespace {

constexpr int kMostStages = 8;
constexpr int kEarlyStages = 2; // whose weights are asked for before the activations: more would delay these
constexpr int kBoxInputs = 64;  // of a row of x in one box: 128 bytes, what the swizzle covers

// Shared memory, from an address that is a multiple of 1024:
//   activations (stages, 2, kTokens, 64) f16   chunk halves, swizzled by 128 bytes
//   weights     (stages, kPackedTiles, kSlotBytes)  chunks as layout.h has them
//   staging     (2)                            GroupStaging
//   filled, emptied (kMostStages each)         barriers: a stage has arrived; all eight warps are done with it
//   lastFlag    (2)
template <int kTokens, int kTilesPerWarp, bool kOneScale>
struct HopperShape {
    static constexpr int kPackedTiles = kMultiplyingWarps * kTilesPerWarp;
    static constexpr int kSlotBytes = kChunkWeightBytes + (kOneScale ? 32 : 256);
    static constexpr int kBoxBytes = kTokens * kBoxInputs * 2;
    static constexpr int kActivationBytes = 2 * kBoxBytes;
    static constexpr int kStageBytes = kActivationBytes + kPackedTiles * kSlotBytes;
    static constexpr int kStagingBytes = kWarpGroups * sizeof(GroupStaging<kTilesPerWarp>);
    static constexpr int kOtherBytes = kStagingBytes + 2 * kMostStages * 8 + kWarpGroups * 4;
    // One warp brings what the others multiply. Where the sums of a thread fill 128 registers it is one of four, whose
    // registers the others take over.
    static constexpr bool kTakesRegisters = kTokens * kTilesPerWarp >= 256;
    static constexpr int kThreads = 32 * (kMultiplyingWarps + (kTakesRegisters ? kWarpsPerGroup : 1));
    // Inputs of a warp's tile that are dequantized and multiplied at once; registers hold two such batches.
    static constexpr int kBatchInputs = 64;
    static constexpr int kBatchSteps = kBatchInputs / 16;
    static constexpr int kBatches = kChunkInputs / kBatchInputs * kTilesPerWarp; // of a chunk
    static_assert(kBatchSteps % 2 == 0 && kBatches % 2 == 0 && kBoxBytes % 1024 == 0);
};

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)

template <class Shape>
struct HopperShared {
    std::uint8_t* base;
    int stages;
    __device__ std::uint32_t activations(int stage) const {
        return sharedAddress(base) + stage * Shape::kActivationBytes;
    }
    __device__ std::uint8_t* weights(int stage) const {
        return base + stages * Shape::kActivationBytes + stage * Shape::kPackedTiles * Shape::kSlotBytes;
    }
    __device__ std::uint8_t* other() const { return base + stages * Shape::kStageBytes; }
    __device__ std::uint32_t filled(int stage) const {
        return sharedAddress(other() + Shape::kStagingBytes) + 8 * stage;
    }
    __device__ std::uint32_t emptied(int stage) const { return filled(kMostStages + stage); }
    __device__ unsigned* lastFlag(int group) const {
        return reinterpret_cast<unsigned*>(other() + Shape::kStagingBytes + 2 * kMostStages * 8) + group;
    }
};

// A place in the ring of stages: its number and the parity of its present round.
struct RingPlace {
    int stage = 0;
    std::uint32_t parity = 0;
    __device__ void advance(int stages) {
        if (++stage == stages) stage = 0, parity ^= 1;
    }
};

// Lane i brings packed tile i of the group. Tiles past the last are the last one again; what is made of them goes nowhere.
template <class Shape>
__device__ __forceinline__ void copyWeights(const GemmTask& task, const HopperShared<Shape>& shared, int stage,
                                            const GemmPlace& place, int chunk, int lane) {
    if (lane == 0)
        arriveExpecting(shared.filled(stage), Shape::kPackedTiles * task.chunkBytes + Shape::kActivationBytes);
    __syncwarp(); // the barrier expects the bytes before they come
    if (lane >= Shape::kPackedTiles) return;
    const int tile = min(place.outputGroup * Shape::kPackedTiles + lane, task.tiles - 1);
    const std::size_t at = (static_cast<std::size_t>(tile) * task.work.chunks + chunk) * task.chunkBytes;
    copyBulk(sharedAddress(shared.weights(stage) + lane * Shape::kSlotBytes), task.weights + at, task.chunkBytes,
             shared.filled(stage));
}

template <class Shape, int kTokens>
__device__ __forceinline__ void copyActivations(const CUtensorMap& map, const HopperShared<Shape>& shared, int stage,
                                                const GemmPlace& place, int chunk, int lane) {
    if (lane >= 2) return;
    copyBox(shared.activations(stage) + lane * Shape::kBoxBytes, map, chunk * kChunkInputs + lane * kBoxInputs,
            place.tokenTile * kTokens, shared.filled(stage));
}

// The last warp: fills the first stages with weights at once, then, once the kernel before has written the activations,
// all stages with both, and each again as it is emptied.
template <class Shape, int kTokens>
__device__ __forceinline__ void bring(const CUtensorMap& map, const GemmTask& task, const HopperShared<Shape>& shared) {
    const int lane = threadIdx.x % 32;
    if (lane == 0) prefetchMap(map);
    GemmChunks ahead(task.work), behind(task.work);
    GemmPlace place;
    int chunk = 0, filled = 0;
    for (; filled < kEarlyStages && ahead.next(place, chunk); ++filled)
        copyWeights(task, shared, filled, place, chunk, lane);
    waitForPredecessor();
    orderStoresBeforeCopies();
    for (int stage = 0; stage < filled; ++stage) {
        behind.next(place, chunk);
        copyActivations<Shape, kTokens>(map, shared, stage, place, chunk, lane);
    }
    for (; filled < shared.stages && ahead.next(place, chunk); ++filled) {
        copyWeights(task, shared, filled, place, chunk, lane);
        copyActivations<Shape, kTokens>(map, shared, filled, place, chunk, lane);
    }
    RingPlace ring;
    while (ahead.next(place, chunk)) {
        awaitPhase(shared.emptied(ring.stage), ring.parity);
        copyWeights(task, shared, ring.stage, place, chunk, lane);
        copyActivations<Shape, kTokens>(map, shared, ring.stage, place, chunk, lane);
        ring.advance(shared.stages);
    }
}

// Batch `batch` of a chunk: the inputs from batchInput(batch) on of the warp's tile batchTile(batch).
template <int kTilesPerWarp>
__device__ constexpr int batchTile(int batch) {
    return batch % kTilesPerWarp;
}
template <class Shape, int kTilesPerWarp>
__device__ constexpr int batchInput(int batch) {
    return batch / kTilesPerWarp * Shape::kBatchInputs;
}

// The warp's A fragments of a batch. `slot` is the chunk of the packed tile.
template <class Shape, bool kOneScale>
__device__ __forceinline__ void loadFragments(const std::uint8_t* slot, int input, const GemmTask& task, int lane,
                                              std::uint32_t (&a)[Shape::kBatchSteps][4]) {
    const std::uint8_t* words = slot + input / kUnitInputs * kUnitBytes + lane * 16 + input / 32 % 2 * 8;
    std::uint32_t word[Shape::kBatchSteps];
    if constexpr (Shape::kBatchSteps == 4) {
        const uint4 four = *reinterpret_cast<const uint4*>(words);
        word[0] = four.x, word[1] = four.y, word[2] = four.z, word[3] = four.w;
    } else {
        const uint2 two = *reinterpret_cast<const uint2*>(words);
        word[0] = two.x, word[1] = two.y;
    }
    GroupNumbers<kOneScale> numbers;
#pragma unroll
    for (int sub = 0; sub < Shape::kBatchSteps / 2; ++sub) {
        const std::uint8_t* scales = slot + kChunkWeightBytes + lane / 4 * 4;
        if (kOneScale ? sub == 0 : true) {
            if constexpr (!kOneScale) scales += (input / 32 + sub >> task.groupShift) * 32;
            numbers = loadGroupNumbers<kOneScale>(scales, task.hasZeros ? scales + task.scaleBytes : nullptr);
        }
        dequantizeWord(word[2 * sub], 0, numbers, a[2 * sub], a[2 * sub + 1]);
        dequantizeWord(word[2 * sub + 1], 1, numbers, a[2 * sub], a[2 * sub + 1]);
    }
}

// Starts the products of a batch with all tokens, as one group.
template <class Shape, int kTokens>
__device__ __forceinline__ void startProducts(float (&sums)[kTokens / 8][4],
                                              const std::uint32_t (&a)[Shape::kBatchSteps][4],
                                              std::uint32_t activations, int input) {
    constexpr int kTokensAtOnce = kTokens < 128 ? kTokens : 128;
    fenceProducts();
#pragma unroll
    for (int step = 0; step < Shape::kBatchSteps; ++step) {
        const int first = input + 16 * step;
        const int offset = first / kBoxInputs * Shape::kBoxBytes + first % kBoxInputs * 2;
#pragma unroll
        for (int token = 0; token < kTokens; token += kTokensAtOnce)
            WarpgroupProduct<kTokensAtOnce>::add(&sums[token / 8][0], a[step],
                                                 operandAt(activations, offset + token * kBoxInputs * 2));
    }
    closeProducts();
}

// sums += the products of `chunkCount` stages. While the tensor cores work on a batch, the warp makes the next one of
// the other half of `a`; a stage is given back when the products after its last are under way.
template <class Shape, int kTokens, int kTilesPerWarp, bool kOneScale>
__device__ __forceinline__ void multiplyChunks(TileSums<kTokens, kTilesPerWarp>& sums, const GemmTask& task,
                                               const HopperShared<Shape>& shared, RingPlace& ring, int chunkCount,
                                               const GroupThread& thread) {
    std::uint32_t a[2][Shape::kBatchSteps][4];
    const int firstSlot = (thread.group * kWarpsPerGroup * kTilesPerWarp + thread.warp) * Shape::kSlotBytes;
    const auto load = [&](const std::uint8_t* weights, int batch, std::uint32_t(&to)[Shape::kBatchSteps][4]) {
        const std::uint8_t* slot = weights + batchTile<kTilesPerWarp>(batch) * kWarpsPerGroup * Shape::kSlotBytes;
        loadFragments<Shape, kOneScale>(slot, batchInput<Shape, kTilesPerWarp>(batch), task, thread.lane, to);
    };
    const auto giveBack = [&](int stage) {
        __syncwarp(); // all lanes have read their weights
        if (thread.lane == 0) arrive(shared.emptied(stage));
    };
    awaitPhase(shared.filled(ring.stage), ring.parity);
    load(shared.weights(ring.stage) + firstSlot, 0, a[0]);
    int before = -1;
    for (int chunk = 0; chunk < chunkCount; ++chunk) {
        const int stage = ring.stage;
        const std::uint8_t* weights = shared.weights(stage) + firstSlot;
        ring.advance(shared.stages);
#pragma unroll
        for (int batch = 0; batch < Shape::kBatches; ++batch) {
            startProducts<Shape, kTokens>(sums[batchTile<kTilesPerWarp>(batch)], a[batch % 2],
                                          shared.activations(stage), batchInput<Shape, kTilesPerWarp>(batch));
            awaitProducts<1>(); // those of the batch before: its fragments and, if it was its last, its stage are free
            if (batch == 0 && before >= 0) giveBack(before);
            if (batch + 1 < Shape::kBatches) {
                load(weights, batch + 1, a[(batch + 1) % 2]);
            } else if (chunk + 1 < chunkCount) {
                awaitPhase(shared.filled(ring.stage), ring.parity);
                load(shared.weights(ring.stage) + firstSlot, 0, a[0]);
            }
        }
        before = stage;
    }
    awaitProducts<0>();
    giveBack(before);
#pragma unroll
    for (int m = 0; m < kTilesPerWarp; ++m)
#pragma unroll
        for (int j = 0; j < kTokens / 8; ++j)
#pragma unroll
            for (int i = 0; i < 4; ++i) pinSum(sums[m][j][i]);
}

#endif

// out or residual (M, N) from x (M, K) f16 times packed int4 (marlin/layout.h); what is written: gemm.h.
// x comes through `map`: boxes of 64 inputs and kTokens rows, swizzled by 128 bytes, rows past M zero.
// Needs compute capability 9.0a. Grid: work.blocks, one a multiprocessor (two cost a fifth more time up to 32 rows on an
// H200); 288 or 384 threads: two groups of four warps that multiply, each
// 64 * kTilesPerWarp outputs by kTokens rows, and one warp that copies; `stages` of shared memory, 2..8, a chunk each.
// Registers: sums kTilesPerWarp * kTokens / 2 a thread, fragments twice kBatchInputs / 4.
// Rounding: weights once to f16, f32 sums, in the order of K however many blocks share a tile.
// Oracle: tests/gpu/packed_fixture.h · Test: tests/gpu/gemm_test.cpp
template <int kTokens, int kTilesPerWarp, bool kOneScale>
__global__ void __launch_bounds__(HopperShape<kTokens, kTilesPerWarp, kOneScale>::kThreads, 1)
    multiplyHopper(const __grid_constant__ CUtensorMap map, const __grid_constant__ GemmTask task, int stages) {
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
    using Shape = HopperShape<kTokens, kTilesPerWarp, kOneScale>;
    extern __shared__ __align__(1024) std::uint8_t memory[];
    const HopperShared<Shape> shared{memory, stages};
    launchDependents();
    if (threadIdx.x == 0) {
        for (int stage = 0; stage < stages; ++stage) {
            initBarrier(shared.filled(stage), 1);
            initBarrier(shared.emptied(stage), kMultiplyingWarps);
        }
        publishBarriers();
    }
    __syncthreads(); // the barriers stand
    const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0);
    if (warp >= kMultiplyingWarps) {
        if constexpr (Shape::kTakesRegisters) releaseRegisters<56>();
        if (warp == kMultiplyingWarps) bring<Shape, kTokens>(map, task, shared);
        return;
    }
    if constexpr (Shape::kTakesRegisters) takeRegisters<224>();
    waitForPredecessor();
    const GroupThread thread(warp);
    auto& staging = reinterpret_cast<GroupStaging<kTilesPerWarp>*>(shared.other())[thread.group];
    GemmSegments segments(task.work);
    GemmSegment segment;
    RingPlace ring;
    while (segments.next(segment)) {
        TileSums<kTokens, kTilesPerWarp> sums = {};
        multiplyChunks<Shape, kTokens, kTilesPerWarp, kOneScale>(sums, task, shared, ring, segment.chunkCount, thread);
        finishSegment<kTokens, kTilesPerWarp>(sums, task, segment, thread, staging, shared.lastFlag(thread.group));
    }
#endif
}

// The driver's encoder of tensor maps, found at run time: nothing links the driver. Null where it has none.
decltype(&cuTensorMapEncodeTiled) tensorMapEncoder() {
    void* function = nullptr;
    cudaDriverEntryPointQueryResult found{};
#if CUDART_VERSION >= 12050
    const cudaError_t error =
        cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &function, 12000, cudaEnableDefault, &found);
#else
    const cudaError_t error = cudaGetDriverEntryPoint("cuTensorMapEncodeTiled", &function, cudaEnableDefault, &found);
#endif
    if (error != cudaSuccess || found != cudaDriverEntryPointSuccess) return nullptr;
    return reinterpret_cast<decltype(&cuTensorMapEncodeTiled)>(function);
}

cudaError_t describeActivations(const GemmTask& task, int tokens, CUtensorMap& map) {
    static const auto encode = tensorMapEncoder();
    if (!encode) return cudaErrorNotSupported;
    const cuuint64_t extent[2] = {static_cast<cuuint64_t>(task.work.chunks) * kChunkInputs,
                                  static_cast<cuuint64_t>(task.rows)};
    const cuuint64_t rowBytes = static_cast<cuuint64_t>(task.xStride) * sizeof(__half);
    const cuuint32_t box[2] = {kBoxInputs, static_cast<cuuint32_t>(tokens)}, step[2] = {1, 1};
    const CUresult result = encode(&map, CU_TENSOR_MAP_DATA_TYPE_FLOAT16, 2, const_cast<__half*>(task.x), extent,
                                   &rowBytes, box, step, CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B,
                                   CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
    return result == CUDA_SUCCESS ? cudaSuccess : cudaErrorInvalidValue;
}

template <int kTile, bool kOneScale>
cudaError_t launch(const GemmTask& task, const GemmDevice& device, cudaStream_t stream) {
    constexpr GemmTile tile = kHopperTiles[kTile];
    using Shape = HopperShape<tile.tokens, tile.tilesPerWarp, kOneScale>;
    const auto kernel = &multiplyHopper<tile.tokens, tile.tilesPerWarp, kOneScale>;
    const int stages = std::min((device.sharedBytesPerBlock - Shape::kOtherBytes) / Shape::kStageBytes, kMostStages);
    if (stages < 2) return cudaErrorInvalidConfiguration;
    const int sharedBytes = stages * Shape::kStageBytes + Shape::kOtherBytes;
    CUtensorMap map;
    if (const cudaError_t error = describeActivations(task, tile.tokens, map); error != cudaSuccess) return error;
    if (const cudaError_t error =
            cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, sharedBytes);
        error != cudaSuccess)
        return error;
    return launchChained(kernel, dim3(task.work.blocks), dim3(Shape::kThreads), sharedBytes, stream, map, task, stages);
}

using Launch = cudaError_t (*)(const GemmTask&, const GemmDevice&, cudaStream_t);
template <bool kOneScale, int... tiles>
constexpr std::array<Launch, sizeof...(tiles)> launchTable(std::integer_sequence<int, tiles...>) {
    return {&launch<tiles, kOneScale>...};
}

} // namespace

cudaError_t launchHopper(int tile, const GemmTask& task, const GemmDevice& device, cudaStream_t stream) {
    constexpr auto tiles = std::make_integer_sequence<int, std::size(kHopperTiles)>{};
    static constexpr auto oneScale = launchTable<true>(tiles), anyScales = launchTable<false>(tiles);
    const bool simple = task.groupShift == 2 && !task.hasZeros;
    return (simple ? oneScale : anyScales)[static_cast<std::size_t>(tile)](task, device, stream);
}

} // namespace tramontane::gpu
