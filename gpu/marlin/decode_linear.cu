// The kernel behind decode_linear.h, but for what decode_single.h and decode_rows.h take: one stream of weights through
// shared memory a warp, tensor cores for the products.
//
// out = epilogue(B · input): M = 2..16 rows, K packed inputs, tiles of 16 outputs.
// B packed int4 (marlin/layout.h), groups of 128 · input f16 (M, stride) in fragment order
// Needs nothing of K and N but the layout. Grid: one block a multiprocessor, each with `tilesPerBlock` whole
// tiles; 16 warps, each with its share of the chunks of all the block's tiles and a ring of `stages` times
// kTiles chunks. A block takes a multiprocessor for itself: where two of one kernel meet on one, that one
// ends last (H100: 66 us a layer with two blocks to a multiprocessor, 48 with one). The next kernel's blocks
// start as this one's end and fill their rings. Rounding: activations f16, products exact, f32 sums; warps
// added in f32 in order: the same bits on every run. Oracle: PackedFixture::multiply · Test:
// tests/gpu/decode_linear_test.cpp
#include <algorithm>

#include "gpu/marlin/decode_parts.cuh"
#include "gpu/marlin/decode_rows.h"
#include "gpu/marlin/decode_single.h"
#include "gpu/marlin/weight_stream.cuh"

namespace tramontane::gpu {
namespace {

// kRows: 8 or 16, the most rows. kTiles: tiles a pass.
template <int kRows, int kTiles, class Output>
__global__ void __launch_bounds__(kDecodeThreads, 1)
    decodeLinearKernel(const StreamedWeights weights, const int tilesPerBlock, const int rowCount,
                       const FragmentRows input, const Output output, const Upcoming upcoming) {
    constexpr int kColumns = kRows / 8; // of 8 rows in a product
    extern __shared__ __align__(128) std::uint8_t shared[];
    __shared__ CopyBarrier barriers[kDecodeWarps * kMostStages];
    // By a shuffle, so that the compiler knows that it is the same for the whole warp.
    const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0), lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;
    const int ringBytes = weights.stages * kTiles * weights.chunkBytes;
    float* reduce = reinterpret_cast<float*>(shared + kDecodeWarps * ringBytes);

    launchDependents();
    const int firstTile = static_cast<int>(blockIdx.x) * tilesPerBlock,
              tileEnd = min(firstTile + tilesPerBlock, weights.tileCount),
              firstChunk = warp * weights.chunks / kDecodeWarps,
              chunkCount = (warp + 1) * weights.chunks / kDecodeWarps - firstChunk;
    WeightStream<kTiles, 1> stream(weights, {firstChunk, chunkCount, firstTile, tileEnd}, shared + warp * ringBytes,
                                   barriers + warp * kMostStages, lane);
    for (int i = 0; i < weights.stages - 1; ++i) stream.fetch();
    waitForPredecessor();

    // What this thread writes of a pass: rows g and g + 8 of one tile, for one row of the batch.
    static_assert(kTiles * 8 * kRows <= kDecodeThreads);
    const int outM = threadIdx.x % kRows, outG = threadIdx.x / kRows % 8, outTile = threadIdx.x / (8 * kRows);
    const bool writes = outTile < kTiles && outM < rowCount && firstTile + outTile < tileEnd;
    typename Output::Prepared prepared{};
    if (writes) prepared = output.prepare(firstTile + outTile, outG, outM);

    // Up to 8 rows are asked for a chunk ahead, around the end of a pass to the next one's first; for more there are not
    // registers enough.
    constexpr bool kAhead = kColumns == 1;
    uint4 next[kColumns][4];
    if (kAhead && chunkCount > 0) loadActivations(next, input.x, input.stride, rowCount, firstChunk, g, t);
    int parity = 0;
    bool asked = false;
    for (int tile = firstTile; tile < tileEnd; tile += kTiles) {
        float total[kTiles][kColumns][4] = {};
        for (int chunk = 0; chunk < chunkCount; ++chunk) {
            uint4 x[kColumns][4];
            if constexpr (kAhead) {
#pragma unroll
                for (int j = 0; j < 4; ++j) x[0][j] = next[0][j];
                const int following = chunk + 1 < chunkCount ? chunk + 1 : 0;
                loadActivations(next, input.x, input.stride, rowCount, firstChunk + following, g, t);
            } else {
                loadActivations(x, input.x, input.stride, rowCount, firstChunk + chunk, g, t);
            }
            const std::uint8_t* stage = stream.take();
            stream.fetch();
            float inputSums[kColumns][4];
#pragma unroll
            for (int n = 0; n < kColumns; ++n) sumActivations(inputSums[n], x[n]);
            multiplyChunk(total, stage, weights.chunkBytes, weights.hasZeros, x, inputSums, lane);
            if (!asked && stream.drained()) {
                if (lane == 0) bringUpcoming(upcoming, warp, kDecodeWarps);
                asked = true;
            }
        }
        float* sums = reduce + parity * kReduceFloats<kRows, kTiles>;
        if (kReduceBuffers<kRows, kTiles> == 1)
            __syncthreads(); // orders: the readers of the pass before and its next writers
        else
            parity ^= 1;
#pragma unroll
        for (int i = 0; i < kTiles; ++i)
#pragma unroll
            for (int n = 0; n < kColumns; ++n)
#pragma unroll
                for (int j = 0; j < 4; ++j) {
                    const int m = 8 * n + 2 * t + j % 2;
                    sums[((warp * kTiles + i) * kTileRows + g + 8 * (j / 2)) * kRows + m] = total[i][n][j];
                }
        __syncthreads(); // orders: all warps' sums before the sums of them; the other buffer's readers before
                         // its next writers
        if (!writes || tile + outTile >= tileEnd) continue;
        const float* of = sums + (outTile * kTileRows + outG) * kRows + outM;
        float upper = 0, lower = 0;
#pragma unroll
        for (int w = 0; w < kDecodeWarps; ++w, of += kTiles * kTileRows * kRows) {
            upper += of[0];
            lower += of[8 * kRows];
        }
        if (weights.bias != nullptr) {
            upper += weights.bias[(tile + outTile) * kTileRows + outG];
            lower += weights.bias[(tile + outTile) * kTileRows + outG + 8];
        }
        output.write(prepared, tile + outTile, outG, outM, upper, lower);
    }
}

// How a linear is run on this device.
struct Plan {
    int tilesPerBlock = 0, stages = 0;
    std::size_t sharedBytes = 0;
};

// False where not even two stages fit into shared memory.
template <int kRows, int kTiles>
bool makePlan(Plan& plan, const PackedShape& shape, const DecodeDevice& device) {
    plan.tilesPerBlock = (shape.tiles + device.multiprocessors - 1) / device.multiprocessors;
    const std::size_t stageBytes = static_cast<std::size_t>(kDecodeWarps) * kTiles * shape.chunkBytes();
    const std::size_t fixed = sizeof(float) * kReduceBuffers<kRows, kTiles> * kReduceFloats<kRows, kTiles>;
    const auto room = static_cast<std::size_t>(std::max(0, device.sharedBytes));
    plan.stages = room < fixed ? 0 : static_cast<int>(std::min<std::size_t>((room - fixed) / stageBytes, kMostStages));
    plan.sharedBytes = fixed + plan.stages * stageBytes;
    return plan.stages >= 2;
}

template <int kRows, int kTiles, class Output>
cudaError_t launch(const DeviceLinear& linear, int rows, const Plan& plan, const FragmentRows& input,
                   const Output& output, const Upcoming& upcoming, cudaStream_t stream) {
    const PackedShape& shape = linear.shape;
    const StreamedWeights weights{linear.tiles,       linear.bias, shape.tileBytes(), shape.chunks,
                                  shape.chunkBytes(), shape.tiles, shape.hasZeros,    plan.stages};
    const auto kernel = decodeLinearKernel<kRows, kTiles, Output>;
    if (const cudaError_t error = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                                       static_cast<int>(plan.sharedBytes));
        error != cudaSuccess)
        return error;
    const int blocks = (shape.tiles + plan.tilesPerBlock - 1) / plan.tilesPerBlock;
    return launchChained(kernel, dim3(blocks), dim3(kDecodeThreads), plan.sharedBytes, stream, weights,
                         plan.tilesPerBlock, rows, input, output, upcoming);
}

// What is instantiated for an output, the best first.
template <class Output>
struct Variant {
    int mostRows;
    int tiles; // of a pass
    bool isFor(int rows, int scaleGroups, int tilesPerBlock) const {
        return rows <= mostRows && scaleGroups == 1 && (tiles == 2 || tilesPerBlock > 2);
    }
    bool (*plan)(Plan&, const PackedShape&, const DecodeDevice&);
    cudaError_t (*launch)(const DeviceLinear&, int, const Plan&, const FragmentRows&, const Output&, const Upcoming&,
                          cudaStream_t);
};
template <int kRows, int kTiles, class Output>
constexpr Variant<Output> kSomeRows{kRows, kTiles, makePlan<kRows, kTiles>, launch<kRows, kTiles, Output>};

template <class Output>
constexpr Variant<Output> kVariants[4] = {kSomeRows<8, 4, Output>, kSomeRows<8, 2, Output>, kSomeRows<16, 4, Output>,
                                          kSomeRows<16, 2, Output>};
template <class Output>
const Variant<Output>* choose(Plan& plan, const PackedShape& shape, int rows, const DecodeDevice& device) {
    for (const Variant<Output>& variant : kVariants<Output>)
        if (variant.isFor(rows, shape.scaleGroups(),
                          (shape.tiles + device.multiprocessors - 1) / device.multiprocessors) &&
            variant.plan(plan, shape, device))
            return &variant;
    return nullptr;
}

template <class Output>
cudaError_t dispatch(const DeviceLinear& linear, int rows, const FragmentRows& input, const Output& output,
                     const Upcoming& upcoming, cudaStream_t stream) {
    if (RowsPlan plan; planRows(plan, linear.shape, rows))
        return decodeRows(plan, linear, rows, input, output, upcoming, stream);
    Plan plan;
    const auto* variant =
        rows < 2 || linear.shape.tiles < 1 ? nullptr : choose<Output>(plan, linear.shape, rows, decodeDevice());
    if (variant == nullptr) return cudaErrorInvalidValue;
    return variant->launch(linear, rows, plan, input, output, upcoming, stream);
}

template <class Input, class Output>
cudaError_t dispatchSingle(const DeviceLinear& linear, const Input& input, const Output& output,
                           const Upcoming& upcoming, cudaStream_t stream) {
    SinglePlan plan;
    if (!planSingle<Input>(plan, linear.shape)) return cudaErrorInvalidValue;
    return decodeSingle(plan, linear, input, output, upcoming, stream);
}

// Hands `launch` the output for the cache's element type.
template <class Launch>
cudaError_t toCache(const RotaryOutput& output, int rotaryTiles, Launch launch) {
    if (output.kv.shape.element == KvElement::fp8) return launch(CacheOutput<KvElement::fp8>{output, rotaryTiles});
    return launch(CacheOutput<KvElement::f16>{output, rotaryTiles});
}

} // namespace

bool decodeFits(const PackedShape& shape, int rows) {
    if (rows == 1) {
        SinglePlan plan;
        return planSingle<FragmentRows>(plan, shape) && planSingle<NormedInput>(plan, shape);
    }
    Plan plan;
    const DecodeDevice device = decodeDevice();
    return choose<AddToOutput>(plan, shape, rows, device) != nullptr &&
           choose<GateUpOutput>(plan, shape, rows, device) != nullptr;
}

Upcoming upcomingOf(const DeviceLinear& linear, int rows, std::size_t bytes) {
    const PackedShape& shape = linear.shape;
    // What one warp (of several rows) or one block (of one row) goes through.
    int tiles = 0;
    if (RowsPlan plan; planRows(plan, shape, rows))
        tiles = plan.tilesPerCluster % (kRowsWarps / plan.parts) == 0 ? plan.tilesPerCluster / (kRowsWarps / plan.parts)
                                                                      : plan.tilesPerCluster;
    else
        tiles = (shape.tiles + decodeDevice().multiprocessors - 1) / decodeDevice().multiprocessors;
    if (tiles == 0 || shape.tiles < tiles) return {};
    Upcoming upcoming;
    upcoming.from = linear.tiles;
    upcoming.stride = tiles * shape.tileBytes();
    upcoming.count = shape.tiles / tiles;
    const std::size_t wholeTiles = bytes / static_cast<std::size_t>(upcoming.count) / shape.tileBytes();
    upcoming.bytes =
        static_cast<unsigned>(std::min<std::size_t>(wholeTiles, static_cast<std::size_t>(tiles)) * shape.tileBytes());
    return upcoming;
}

cudaError_t decodeQueryKeyValue(const DeviceLinear& linear, const NormedInput& input, const RotaryOutput& output,
                                const Upcoming& upcoming, cudaStream_t stream) {
    return toCache(output, linear.rotaryTiles,
                   [&](const auto& cache) { return dispatchSingle(linear, input, cache, upcoming, stream); });
}
cudaError_t decodeQueryKeyValue(const DeviceLinear& linear, int rows, const FragmentRows& input,
                                const RotaryOutput& output, const Upcoming& upcoming, cudaStream_t stream) {
    return toCache(output, linear.rotaryTiles,
                   [&](const auto& cache) { return dispatch(linear, rows, input, cache, upcoming, stream); });
}

cudaError_t decodeGateUp(const DeviceLinear& linear, const NormedInput& input, __half* out, int outStride,
                         const Upcoming& upcoming, cudaStream_t stream) {
    return dispatchSingle(linear, input, GateUpOutput{out, outStride}, upcoming, stream);
}
cudaError_t decodeGateUp(const DeviceLinear& linear, int rows, const FragmentRows& input, __half* out, int outStride,
                         const Upcoming& upcoming, cudaStream_t stream) {
    return dispatch(linear, rows, input, GateUpOutput{out, outStride}, upcoming, stream);
}

cudaError_t decodeAddTo(const DeviceLinear& linear, int rows, const FragmentRows& input, float* residual, int columns,
                        const Upcoming& upcoming, cudaStream_t stream) {
    const AddToOutput output{residual, columns};
    if (rows == 1) return dispatchSingle(linear, input, output, upcoming, stream);
    return dispatch(linear, rows, input, output, upcoming, stream);
}

} // namespace tramontane::gpu
