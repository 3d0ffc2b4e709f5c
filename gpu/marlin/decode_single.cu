// The kernel behind decode_single.h: one stream of weights through shared memory a warp, the tensor cores' byte products.
//
// out = epilogue(B · row): K packed inputs, tiles of 16 outputs.
// B packed int4 (marlin/layout.h) · row f32 with a norm before it, or f16 in fragment order
// Needs nothing of K and N but the layout. Grid: one block a multiprocessor, each with `tilesPerBlock` whole
// tiles; 16 warps, each with its share of the chunks of all the block's tiles and a ring of `stages` times
// kTiles chunks. A block takes a multiprocessor for itself: where two of one kernel meet on one, that one
// ends last (H100: 66 us a layer with two blocks to a multiprocessor, 48 with one). The next kernel's blocks
// start as this one's end and fill their rings.
// Shared memory: rings · the warps' sums, twice (warps, kTiles, 16) f32 · the row's digits (chunks, rowChunkBytes)
// Rounding: activations 22 bits of the largest (of the row, or of a warp's part of it), products and sums of a group
// exact, f32 from there; warps added in order: the same bits on every run. Oracle: PackedFixture::multiply · Test:
// tests/gpu/decode_linear_test.cpp
#include <algorithm>
#include <type_traits>

#include "gpu/marlin/decode_parts.cuh"
#include "gpu/marlin/decode_single.h"
#include "gpu/marlin/digits.cuh"
#include "gpu/marlin/weight_stream.cuh"

namespace tramontane::gpu {
namespace {

// Of a chunk of the row. A normed row first stands there as four bytes an input.
template <class Input>
__host__ __device__ constexpr int rowChunkBytes(int groups) {
    return std::is_same_v<Input, NormedInput> ? 4 * kChunkInputs : kDigitBytes + kDigitSumBytes * groups;
}
static_assert(4 * kChunkInputs == kDigitBytes + kDigitSumBytes * 4);

// The row, normed, as digits.
struct NormPrologue {
    static constexpr int kHeld =
        1024 / kDecodeThreads; // float4 of a thread that are fetched early: hidden sizes up to 4096
    // What is asked for before anything waits for it: what no kernel writes, and the row.
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
    struct Row {
        float4 v[kHeld];
    };
    static __device__ Row load(const NormedInput& input) {
        Row row;
#pragma unroll
        for (int i = 0; i < kHeld; ++i)
            if (const int q = threadIdx.x + i * kDecodeThreads; q < input.hidden / 4)
                row.v[i] = reinterpret_cast<const float4*>(input.residual)[q];
        return row;
    }

private:
    // Fragment order within four has 2h + b, a plane h + 2b.
    static __device__ int word(int slot) { return (slot & ~3) | (slot >> 1 & 1) | (slot & 1) << 1; }
    static __device__ float sumOfSquares(const float4& v) { return v.x * v.x + v.y * v.y + v.z * v.z + v.w * v.w; }
    static __device__ float4 times(const float4& v, const float4& w) {
        return make_float4(v.x * w.x, v.y * w.y, v.z * w.z, v.w * w.w);
    }
    // The bits of the largest magnitude; those of a NaN are larger than all others.
    static __device__ unsigned largestBits(unsigned bits, const float4& v) {
        const auto of = [](float x) { return __float_as_uint(x) & 0x7fffffffu; };
        return max(max(bits, max(of(v.x), of(v.y))), max(of(v.z), of(v.w)));
    }
    static __device__ void scatter(std::uint32_t* row, const int4& at, const float4& v, float steps) {
        row[word(at.x)] = biasedDigits(v.x, steps);
        row[word(at.y)] = biasedDigits(v.y, steps);
        row[word(at.z)] = biasedDigits(v.z, steps);
        row[word(at.w)] = biasedDigits(v.w, steps);
    }
    static __device__ float warpSum(float value) {
#pragma unroll
        for (int offset = 16; offset > 0; offset /= 2) value += __shfl_xor_sync(~0u, value, offset);
        return value;
    }

public:
    // By the whole block; `row` holds zero digits where no input goes, and `scratch` (2 * kDecodeWarps) is free. Gives
    // the row's step; the row is visible behind it, as words of biased digits.
    static __device__ float run(const NormedInput& input, const Constants& constants, Row held, std::uint32_t* row,
                                float* scratch) {
        const int quads = input.hidden / 4;
        const auto* residual = reinterpret_cast<const float4*>(input.residual);
        const auto* weight = reinterpret_cast<const float4*>(input.weight);
        const auto* slots = reinterpret_cast<const int4*>(input.slots);
        float4(&v)[kHeld] = held.v;
        float sum = 0;
        unsigned largest = 0;
#pragma unroll
        for (int i = 0; i < kHeld; ++i)
            if (const int q = threadIdx.x + i * kDecodeThreads; q < quads) {
                sum += sumOfSquares(v[i]);
                v[i] = times(v[i], constants.weights[i]);
                largest = largestBits(largest, v[i]);
            }
        for (int q = threadIdx.x + kHeld * kDecodeThreads; q < quads; q += kDecodeThreads) {
            sum += sumOfSquares(residual[q]);
            largest = largestBits(largest, times(residual[q], weight[q]));
        }
        sum = warpSum(sum);
        largest = __reduce_max_sync(~0u, largest);
        if (threadIdx.x % 32 == 0) {
            scratch[threadIdx.x / 32] = sum;
            scratch[kDecodeWarps + threadIdx.x / 32] = __uint_as_float(largest);
        }
        __syncthreads(); // orders: the warps' sums before the sum of them
        sum = 0, largest = 0;
#pragma unroll
        for (int i = 0; i < kDecodeWarps; ++i) {
            sum += scratch[i];
            largest = max(largest, __float_as_uint(scratch[kDecodeWarps + i]));
        }
        const float steps = stepsPerOne(__uint_as_float(largest));
#pragma unroll
        for (int i = 0; i < kHeld; ++i)
            if (const int q = threadIdx.x + i * kDecodeThreads; q < quads)
                scatter(row, constants.slots[i], v[i], steps);
        for (int q = threadIdx.x + kHeld * kDecodeThreads; q < quads; q += kDecodeThreads)
            scatter(row, slots[q], times(residual[q], weight[q]), steps);
        __syncthreads(); // orders: the row before it is read
        return __uint_as_float(largest) * (1.0f / kMostSteps) *
               rsqrtf(sum / static_cast<float>(input.hidden) + input.eps);
    }

    // Words to planes in place, by the warp whose chunks they are.
    template <int kGroups>
    static __device__ void finish(std::uint8_t* row, int chunkCount, bool hasZeros, int lane) {
        constexpr int kStride = rowChunkBytes<NormedInput>(kGroups);
#pragma unroll 1
        for (int c = 0; c < chunkCount; ++c, row += kStride) {
            const uint4 four = reinterpret_cast<const uint4*>(row)[lane];
            __syncwarp(); // orders: the words' readers before the planes' writers
            storeDigits(row + quadOffset(lane), four);
            __syncwarp(); // orders: the planes before they are read
            sumDigits<kGroups>(row, hasZeros, lane);
        }
        __syncwarp(); // orders: the sums before they are read
    }
};

// The warp's chunks of an f16 row as digits.
struct HalfPrologue {
    static constexpr int kHeld = 4; // times 8 values: 8 chunks

    struct Row {
        uint4 eights[kHeld];
    };
    static __device__ Row load(const __half* x, int chunkCount, int lane) {
        Row row;
#pragma unroll
        for (int i = 0; i < kHeld; ++i)
            row.eights[i] = lane + 32 * i < chunkCount * kEights ? reinterpret_cast<const uint4*>(x)[lane + 32 * i]
                                                                 : make_uint4(0, 0, 0, 0);
        return row;
    }

    // Gives the step of this warp's part.
    template <int kGroups>
    static __device__ float run(const __half* x, const Row& held, std::uint8_t* row, int chunkCount, bool hasZeros,
                                int lane) {
        constexpr int kStride = rowChunkBytes<FragmentRows>(kGroups);
        const auto* from = reinterpret_cast<const uint4*>(x);
        const int count = chunkCount * kEights;
        unsigned largest = 0;
#pragma unroll
        for (int i = 0; i < kHeld; ++i) largest = largestBits(largest, held.eights[i]);
        for (int i = lane + 32 * kHeld; i < count; i += 32) largest = largestBits(largest, from[i]);
        largest = __reduce_max_sync(~0u, max(largest & 0xffffu, largest >> 16));
        const float most = __half2float(__ushort_as_half(static_cast<unsigned short>(largest)));
        const float steps = stepsPerOne(most);
        const auto store = [&](int i, const uint4& eight) {
            std::uint8_t* to = row + i / kEights * kStride + quadOffset(2 * (i % kEights));
            storeDigits(to, fourDigits(eight.x, eight.y, steps));
            storeDigits(to + 4, fourDigits(eight.z, eight.w, steps));
        };
#pragma unroll
        for (int i = 0; i < kHeld; ++i)
            if (lane + 32 * i < count) store(lane + 32 * i, held.eights[i]);
        for (int i = lane + 32 * kHeld; i < count; i += 32) store(i, from[i]);
        __syncwarp(); // orders: the digits before they are read
#pragma unroll 1
        for (int c = 0; c < chunkCount; ++c) sumDigits<kGroups>(row + c * kStride, hasZeros, lane);
        __syncwarp(); // orders: the sums before they are read
        return most * (1.0f / kMostSteps);
    }

private:
    static constexpr int kEights = kChunkInputs / 8;
    // Two magnitudes at once, each as bits.
    static __device__ unsigned largestBits(unsigned bits, const uint4& eight) {
        const auto of = [](unsigned pair) { return pair & 0x7fff7fffu; };
        return __vmaxu2(__vmaxu2(bits, __vmaxu2(of(eight.x), of(eight.y))), __vmaxu2(of(eight.z), of(eight.w)));
    }
    // h = 0 and h = 1: pairs of b.
    static __device__ uint4 fourDigits(unsigned first, unsigned second, float steps) {
        const float2 a = __half22float2(reinterpret_cast<const __half2&>(first)),
                     b = __half22float2(reinterpret_cast<const __half2&>(second));
        return make_uint4(biasedDigits(a.x, steps), biasedDigits(b.x, steps), biasedDigits(a.y, steps),
                          biasedDigits(b.y, steps));
    }
};

// kTiles: tiles a pass.
template <int kTiles, int kGroups, class Input, class Output>
__global__ void __launch_bounds__(kDecodeThreads, 1)
    decodeSingleKernel(const StreamedWeights weights, const int tilesPerBlock, const Input input, const Output output,
                       const Upcoming upcoming) {
    constexpr int kRowStride = rowChunkBytes<Input>(kGroups), kSums = kDecodeWarps * kTiles * kTileRows;
    extern __shared__ __align__(128) std::uint8_t shared[];
    __shared__ CopyBarrier barriers[kDecodeWarps * kMostStages];
    // By a shuffle, so that the compiler knows that it is the same for the whole warp.
    const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0), lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;
    const int ringBytes = weights.stages * kTiles * weights.chunkBytes;
    float* reduce = reinterpret_cast<float*>(shared + kDecodeWarps * ringBytes);
    auto* row = reinterpret_cast<std::uint8_t*>(reduce + 2 * kSums);

    launchDependents();
    const int firstTile = static_cast<int>(blockIdx.x) * tilesPerBlock,
              tileEnd = min(firstTile + tilesPerBlock, weights.tileCount),
              firstChunk = warp * weights.chunks / kDecodeWarps,
              chunkCount = (warp + 1) * weights.chunks / kDecodeWarps - firstChunk;
    std::uint8_t* ownRow = row + firstChunk * kRowStride;
    WeightStream<kTiles, 1> stream(weights, {firstChunk, chunkCount, firstTile, tileEnd}, shared + warp * ringBytes,
                                   barriers + warp * kMostStages, lane);
    // The row is asked for behind one stage alone: what the copies bring comes first otherwise.
    const auto fillRing = [&] {
        for (int i = 1; i < weights.stages - 1; ++i) stream.fetch();
    };
    float step;
    if constexpr (std::is_same_v<Input, NormedInput>) {
        const NormPrologue::Constants constants = NormPrologue::fetch(input);
        stream.fetch();
        auto* words = reinterpret_cast<std::uint32_t*>(row);
        for (int i = threadIdx.x; weights.chunks * kChunkInputs != input.hidden && i < weights.chunks * kChunkInputs;
             i += kDecodeThreads)
            words[i] = kZeroDigits;
        __syncthreads(); // orders: the zeros before the row
        waitForPredecessor();
        const NormPrologue::Row held = NormPrologue::load(input);
        fillRing();
        step = NormPrologue::run(input, constants, held, words, reduce);
        NormPrologue::finish<kGroups>(ownRow, chunkCount, weights.hasZeros, lane);
    } else {
        stream.fetch();
        waitForPredecessor();
        const __half* x = input.x + firstChunk * kChunkInputs;
        const HalfPrologue::Row held = HalfPrologue::load(x, chunkCount, lane);
        fillRing();
        step = HalfPrologue::run<kGroups>(x, held, ownRow, chunkCount, weights.hasZeros, lane);
    }

    // What this thread writes of a pass: rows g and g + 8 of one tile.
    static_assert(kTiles * 8 <= kDecodeThreads);
    const int outG = threadIdx.x % 8, outTile = threadIdx.x / 8;
    const bool writes = outTile < kTiles && firstTile + outTile < tileEnd;
    typename Output::Prepared prepared{};
    if (writes) prepared = output.prepare(firstTile + outTile, outG, 0);

    bool asked = false;
    float* sums = reduce;
    for (int tile = firstTile; tile < tileEnd; tile += kTiles) {
        float total[kTiles][2] = {};
        for (int chunk = 0; chunk < chunkCount; ++chunk) {
            const std::uint8_t* stage = stream.take();
            stream.fetch();
            multiplyDigits<kGroups>(total, stage, weights.chunkBytes, weights.hasZeros, ownRow + chunk * kRowStride,
                                    lane);
            if (!asked && stream.drained()) {
                if (lane == 0) bringUpcoming(upcoming, warp, kDecodeWarps);
                asked = true;
            }
        }
#pragma unroll
        for (int i = 0; i < kTiles; ++i)
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                const float sum = joinDigits(total[i][half], step, t);
                if (t == 0) sums[(warp * kTiles + i) * kTileRows + g + 8 * half] = sum;
            }
        __syncthreads(); // orders: all warps' sums before the sums of them; the other buffer's readers before
                         // its next writers
        if (writes && tile + outTile < tileEnd) {
            const float* of = sums + outTile * kTileRows + outG;
            float upper = 0, lower = 0;
#pragma unroll
            for (int w = 0; w < kDecodeWarps; ++w, of += kTiles * kTileRows) {
                upper += of[0];
                lower += of[8];
            }
            if (weights.bias != nullptr) {
                upper += weights.bias[(tile + outTile) * kTileRows + outG];
                lower += weights.bias[(tile + outTile) * kTileRows + outG + 8];
            }
            output.write(prepared, tile + outTile, outG, 0, upper, lower);
        }
        sums = sums == reduce ? reduce + kSums : reduce;
    }
}

template <int kTiles, int kGroups, class Input, class Output>
cudaError_t launch(const SinglePlan& plan, const DeviceLinear& linear, const Input& input, const Output& output,
                   const Upcoming& upcoming, cudaStream_t stream) {
    const PackedShape& shape = linear.shape;
    const StreamedWeights weights{linear.tiles,       linear.bias, shape.tileBytes(), shape.chunks,
                                  shape.chunkBytes(), shape.tiles, shape.hasZeros,    plan.stages};
    const auto kernel = decodeSingleKernel<kTiles, kGroups, Input, Output>;
    if (const cudaError_t error = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                                       static_cast<int>(plan.sharedBytes));
        error != cudaSuccess)
        return error;
    const int blocks = (shape.tiles + plan.tilesPerBlock - 1) / plan.tilesPerBlock;
    return launchChained(kernel, dim3(blocks), dim3(kDecodeThreads), plan.sharedBytes, stream, weights,
                         plan.tilesPerBlock, input, output, upcoming);
}

template <int kTiles, class Input, class Output>
cudaError_t launchGroups(const SinglePlan& plan, const DeviceLinear& linear, const Input& input, const Output& output,
                         const Upcoming& upcoming, cudaStream_t stream) {
    switch (linear.shape.scaleGroups()) {
    case 1:
        return launch<kTiles, 1>(plan, linear, input, output, upcoming, stream);
    case 2:
        return launch<kTiles, 2>(plan, linear, input, output, upcoming, stream);
    default:
        return launch<kTiles, 4>(plan, linear, input, output, upcoming, stream);
    }
}

} // namespace

DecodeDevice decodeDevice() {
    DecodeDevice figures;
    int device = 0;
    if (cudaGetDevice(&device) != cudaSuccess) return figures;
    cudaDeviceGetAttribute(&figures.multiprocessors, cudaDevAttrMultiProcessorCount, device);
    cudaDeviceGetAttribute(&figures.sharedBytes, cudaDevAttrMaxSharedMemoryPerBlockOptin, device);
    figures.sharedBytes -= static_cast<int>(sizeof(CopyBarrier)) * kDecodeWarps * kMostStages;
    return figures;
}

template <class Input>
bool planSingle(SinglePlan& plan, const PackedShape& shape) {
    const DecodeDevice device = decodeDevice();
    if (shape.tiles < 1) return false;
    plan.tilesPerBlock = (shape.tiles + device.multiprocessors - 1) / device.multiprocessors;
    plan.tilesPerPass = plan.tilesPerBlock > 2 ? 3 : 2;
    const int stageBytes = kDecodeWarps * plan.tilesPerPass * shape.chunkBytes();
    const int fixed = 2 * kDecodeWarps * plan.tilesPerPass * kTileRows * static_cast<int>(sizeof(float)) +
                      shape.chunks * rowChunkBytes<Input>(shape.scaleGroups());
    plan.stages = std::min((device.sharedBytes - fixed) / stageBytes, kMostStages);
    plan.sharedBytes = static_cast<std::size_t>(fixed) + static_cast<std::size_t>(plan.stages) * stageBytes;
    return fixed < device.sharedBytes && plan.stages >= 2;
}
template bool planSingle<NormedInput>(SinglePlan&, const PackedShape&);
template bool planSingle<FragmentRows>(SinglePlan&, const PackedShape&);

template <class Input, class Output>
cudaError_t decodeSingle(const SinglePlan& plan, const DeviceLinear& linear, const Input& input, const Output& output,
                         const Upcoming& upcoming, cudaStream_t stream) {
    return plan.tilesPerPass == 3 ? launchGroups<3>(plan, linear, input, output, upcoming, stream)
                                  : launchGroups<2>(plan, linear, input, output, upcoming, stream);
}
template cudaError_t decodeSingle(const SinglePlan&, const DeviceLinear&, const NormedInput&,
                                  const CacheOutput<KvElement::f16>&, const Upcoming&, cudaStream_t);
template cudaError_t decodeSingle(const SinglePlan&, const DeviceLinear&, const NormedInput&,
                                  const CacheOutput<KvElement::fp8>&, const Upcoming&, cudaStream_t);
template cudaError_t decodeSingle(const SinglePlan&, const DeviceLinear&, const NormedInput&, const GateUpOutput&,
                                  const Upcoming&, cudaStream_t);
template cudaError_t decodeSingle(const SinglePlan&, const DeviceLinear&, const FragmentRows&, const AddToOutput&,
                                  const Upcoming&, cudaStream_t);

} // namespace tramontane::gpu
