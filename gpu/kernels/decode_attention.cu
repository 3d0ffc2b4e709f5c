// One rotated query a row and its cached keys and values in, attention's output out: the kernel of decode, bound by
// reading the cache once.
#include "gpu/kernels/attention.h"

#include <algorithm>
#include <cmath>

#include "gpu/kernels/decode_chunk.cuh"
#include "gpu/kernels/launch.cuh"

namespace tramontane::gpu {
namespace {

constexpr int kWarps = 8;
constexpr int kThreads = 32 * kWarps;
constexpr int kBlocksPerMultiprocessor = 2;
constexpr int kMostHeads = 8;   // query heads of a kv head: the columns of a product
constexpr int kMostSplits = 32; // a lane each when they are combined
constexpr int kLeastChunks = 8; // of a block: combining more blocks costs more than their reading saves

// out = softmax(q · K / sqrt(D)) · V: a block serves one row, one kv head with all its G query heads, one run of chunks.
// queries (M, queryStride) f16 · pages f16 or fp8 (kv_layout.h) · out (M, outStride) f16
// Queries and pages are aligned to 16 bytes.
// partials f32: weighted values (M, kvHeads, splits, G, D), then maximum and sum (M, kvHeads, splits, G, 2)
// Needs D % 32 == 0, G <= 8, splits <= 32, queryStride % 8 == 0. A row at a position below 0 is left out.
// Grid: (kvHeads, splits, M); 8 warps, 2 blocks an SM; a block without work ends at once and is not waited for.
// sequences, positions, table and outOrder are read before the predecessor has ended: no kernel on its way may write them.
// Scores: queries are the a operand, heads its rows; keys are b, 8 positions a product, the k index permuted so that a
// lane reads 16 bytes of a key at once. Values: transposed they are a, 16 dimensions x 16 positions, the dimensions
// permuted so that a lane reads 8 of them in 16 bytes; the weights are b as the scores' product leaves them.
// Both go from memory to registers; a warp has one chunk of keys and one of values under way while it computes.
// A position outside the row's range reads its nearest neighbour inside and weighs 0: what lies there does not matter.
// Rounding: f32 scores and sums, f16 weights; parts are summed in a fixed order.
// Oracle and test: tests/gpu/attention_test.cpp
template <int D>
struct Shared {
    static constexpr int kStride = D + 4; // f32 of a head, padded against bank conflicts
    float values[kWarps][kMostHeads][kStride];
    float maxima[kWarps][kMostHeads], sums[kWarps][kMostHeads];
    uint4 queries[D / 32][32]; // [i][lane], the same for all warps
    int order[kMostHeads * D];
    bool isLast;

    // Behind it: the addresses of the row's pages (pagesPerSequence).
    __device__ std::byte** pages() { return reinterpret_cast<std::byte**>(this + 1); }
    __device__ std::byte* const* pages() const { return reinterpret_cast<std::byte* const*>(this + 1); }
};

// Starts the copies of what the host wrote: page addresses (the first group) and the places of the outputs (the second).
template <int D>
__device__ __forceinline__ void stageTables(Shared<D>& shared, const AttentionArguments& a, int kvHead, int headsPerKv,
                                            std::byte* const* pages) {
    for (int i = threadIdx.x; i < a.kv.pagesPerSequence; i += kThreads)
        copyAsync<8>(sharedAddress(shared.pages() + i), pages + i);
    closeCopies();
    if (a.outOrder != nullptr)
        for (int i = threadIdx.x; i < headsPerKv * D; i += kThreads)
            copyAsync<4>(sharedAddress(&shared.order[i]), a.outOrder + kvHead * headsPerKv * D + i);
    closeCopies();
}

__device__ __forceinline__ Range blockRange(int position, int slidingWindow, int split, int splits) {
    Range range;
    range.last = position;
    range.first = slidingWindow > 0 ? max(0, position + 1 - slidingWindow) : 0;
    const int begin = range.first / kChunkPositions, end = position / kChunkPositions + 1;
    const int chunks = max(kLeastChunks, (end - begin + splits - 1) / splits);
    range.blocks = (end - begin + chunks - 1) / chunks;
    range.begin = begin + split * chunks;
    range.end = min(end, range.begin + chunks);
    return range;
}

// The queries as an a operand: lane (g, t) gets dimensions keyDimension(i, t) .. of head g, the first four numbers as row
// g, the other four as row g + 8; zeros where there is no such head.
template <int D, KvElement E>
__device__ __forceinline__ void stageQueries(Shared<D>& shared, const __half* heads, int headsPerKv) {
    const int i = threadIdx.x / 32, lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;
    if (i >= D / 32) return;
    uint4 query{};
    if (g < headsPerKv) query = *reinterpret_cast<const uint4*>(heads + g * D + keyDimension<D, E>(i, t));
    shared.queries[i][lane] = {query.x, query.z, query.y, query.w};
}

// Asks the second-level cache for each warp's first chunk: but for the newest position, it lies there already.
template <int D, KvElement E>
__device__ __forceinline__ void bringChunk(const Shared<D>& shared, const AttentionArguments& a, const Range& range,
                                           int kvHead) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    const int chunk = range.begin + threadIdx.x / 32, keysOrValues = threadIdx.x % 32;
    if (chunk >= range.end || keysOrValues > 1) return;
    const auto* from = numbersOf<E>(shared.pages()[static_cast<unsigned>(chunk) / (kPagePositions / kChunkPositions)]) +
                       a.kv.shape.offset(a.layer, keysOrValues, kvHead) +
                       chunk % (kPagePositions / kChunkPositions) * kChunkPositions * D;
    asm volatile("cp.async.bulk.prefetch.L2.global [%0], %1;" ::"l"(from), "n"(kChunkPositions * D * sizeof *from)
                 : "memory");
#endif
}

// A warp's chunks of the block's range: one in kWarps.
template <int D, KvElement E>
__device__ __forceinline__ void attendChunks(Accumulator<D>& sums, const Shared<D>& shared, const AttentionArguments& a,
                                             const Range& range, int kvHead, float scale) {
    const std::size_t keysAt = a.kv.shape.offset(a.layer, 0, kvHead);
    const std::size_t valuesBehind = a.kv.shape.offset(0, 1, 0);
    const auto pageOf = [&](int chunk) -> const typename Cached<E>::Number* {
        return numbersOf<E>(shared.pages()[static_cast<unsigned>(chunk) / (kPagePositions / kChunkPositions)]) + keysAt;
    };
    int chunk = range.begin + threadIdx.x / 32;
    if (chunk >= range.end) return;
    Keys<D, E> keys;
    Values<D, E> values;
    const typename Cached<E>::Number* page = pageOf(chunk);
    readKeys(keys, page, range, chunk);
    readValues(values, page + valuesBehind, range, chunk);
    while (true) {
        const int next = chunk + kWarps;
        float scores[4];
        multiplyKeys(scores, keys, shared.queries);
        if (next < range.end) {
            page = pageOf(next);
            readKeys(keys, page, range, next);
        }
        if (chunk * kChunkPositions < range.first || chunk * kChunkPositions + kChunkPositions - 1 > range.last)
            maskOutside(scores, range, chunk);
        weigh(scores, sums, scale);
        multiplyValues(sums, values, scores);
        if (next >= range.end) return;
        readValues(values, page + valuesBehind, range, next);
        chunk = next;
    }
}

// A warp's sums go to shared memory: head 2t + h, the 8 (or 4) dimensions of lane g side by side.
template <int D>
__device__ __forceinline__ void shareSums(Shared<D>& shared, Accumulator<D>& sums, int headsPerKv) {
    const int warp = threadIdx.x / 32, g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
    sums.sum += __shfl_xor_sync(~0u, sums.sum, 1);
    sums.sum += __shfl_xor_sync(~0u, sums.sum, 2);
    if (t == 0) shared.maxima[warp][g] = sums.maximum, shared.sums[warp][g] = sums.sum;
#pragma unroll
    for (int h = 0; h < 2; ++h) {
        const int head = 2 * t + h;
        if (head >= headsPerKv) continue;
        float* to = shared.values[warp][head];
#pragma unroll
        for (int i = 0; i < D / 16; i += 2) { // two tiles: four dimensions
            const bool isWide = i < 4 * (D / 64);
            const int dimension = isWide ? i / 4 * 64 + 8 * g + i % 4 * 2 : 64 * (D / 64) + 4 * g;
            *reinterpret_cast<float4*>(to + dimension) = {sums.values[i][h], sums.values[i][2 + h],
                                                          sums.values[i + 1][h], sums.values[i + 1][2 + h]};
        }
    }
}

// Parts of one softmax, lane p holding part p's maximum (kNothing: no such part) and sum: what each part weighs, and
// the maximum and sum of all.
struct Merged {
    float weight, maximum, sum;
};
__device__ __forceinline__ Merged mergeParts(float maximum, float sum, float scale) {
    Merged merged{.weight = 0, .maximum = maximum, .sum = 0};
#pragma unroll
    for (int lanes = 16; lanes > 0; lanes /= 2)
        merged.maximum = fmaxf(merged.maximum, __shfl_xor_sync(~0u, merged.maximum, lanes));
    merged.weight = powerOfTwo((maximum - merged.maximum) * scale);
    merged.sum = merged.weight * sum;
#pragma unroll
    for (int lanes = 16; lanes > 0; lanes /= 2) merged.sum += __shfl_xor_sync(~0u, merged.sum, lanes);
    return merged;
}

// What a warp merges at once: 64 (or 32) dimensions of a head, two (or one) a lane.
template <int D>
constexpr int kUnit = D % 64 == 0 ? 64 : 32;
template <int D>
struct alignas(kUnit<D> / 8) Few {
    float at[kUnit<D> / 32];
};

// The blocks that share a counter: where they serve, and their partials.
struct Group {
    int row, kvHead, headsPerKv;
    float* values; // (splits, G, D)
    float2* stats; // (splits, G)
    unsigned* counter;
};

__device__ __forceinline__ Group groupOf(const AttentionArguments& a, const DecodeScratch& scratch, int headDim) {
    const int row = blockIdx.z, kvHead = blockIdx.x, headsPerKv = a.heads / gridDim.x;
    const std::size_t index = static_cast<std::size_t>(row) * gridDim.x + kvHead;
    const std::size_t perGroup = static_cast<std::size_t>(gridDim.y) * headsPerKv;
    float2* stats = reinterpret_cast<float2*>(scratch.partials + perGroup * headDim * gridDim.x * gridDim.z);
    return {row,
            kvHead,
            headsPerKv,
            scratch.partials + index * perGroup * headDim,
            stats + index * perGroup,
            scratch.counters + index};
}

template <int D, class ReadPart>
__device__ __forceinline__ Few<D> sumParts(float weight, int parts, ReadPart readPart) {
    Few<D> total{};
#pragma unroll 8
    for (int part = 0; part < parts; ++part) {
        const Few<D> value = readPart(part);
        const float w = __shfl_sync(~0u, weight, part);
#pragma unroll
        for (int i = 0; i < kUnit<D> / 32; ++i) total.at[i] = fmaf(w, value.at[i], total.at[i]);
    }
    return total;
}

// `element`: h*D + d among the group's heads.
template <int D>
__device__ __forceinline__ void writeOutput(const Shared<D>& shared, const AttentionArguments& a, const Group& group,
                                            int element, const Few<D>& value, float sum) {
    __half* out = a.out + static_cast<std::size_t>(group.row) * a.outStride;
#pragma unroll
    for (int i = 0; i < kUnit<D> / 32; ++i) {
        const int plain = group.kvHead * group.headsPerKv * D + element + i;
        out[a.outOrder != nullptr ? shared.order[element + i] : plain] = __float2half_rn(__fdividef(value.at[i], sum));
    }
}

// What the warps summed becomes the block's partial or, where there is but one block, the output.
template <int D>
__device__ __forceinline__ void mergeWarps(const Shared<D>& shared, const AttentionArguments& a, const Group& group,
                                           const Range& range, float scale) {
    const int lane = threadIdx.x % 32, warps = min(kWarps, range.end - range.begin), split = blockIdx.y;
    for (int unit = threadIdx.x / 32; unit < group.headsPerKv * (D / kUnit<D>); unit += kWarps) {
        const int head = unit / (D / kUnit<D>), element = unit * kUnit<D> + lane * (kUnit<D> / 32);
        const Merged merged = mergeParts(lane < warps ? shared.maxima[lane][head] : kNothing,
                                         lane < warps ? shared.sums[lane][head] : 0, scale);
        const Few<D> value = sumParts<D>(merged.weight, warps, [&](int part) {
            return *reinterpret_cast<const Few<D>*>(shared.values[part][head] + (element - head * D));
        });
        if (range.blocks == 1) {
            writeOutput(shared, a, group, element, value, merged.sum);
            continue;
        }
        *reinterpret_cast<Few<D>*>(group.values + split * group.headsPerKv * D + element) = value;
        if (lane == 0) group.stats[split * group.headsPerKv + head] = {merged.maximum, merged.sum};
    }
}

// The partials of all blocks of the group become the output.
template <int D>
__device__ __forceinline__ void mergeBlocks(const Shared<D>& shared, const AttentionArguments& a, const Group& group,
                                            int blocks, float scale) {
    const int lane = threadIdx.x % 32;
    for (int unit = threadIdx.x / 32; unit < group.headsPerKv * (D / kUnit<D>); unit += kWarps) {
        const int head = unit / (D / kUnit<D>), element = unit * kUnit<D> + lane * (kUnit<D> / 32);
        const float2 part = lane < blocks ? __ldcg(group.stats + lane * group.headsPerKv + head) : float2{kNothing, 0};
        const Merged merged = mergeParts(part.x, part.y, scale);
        const Few<D> value = sumParts<D>(merged.weight, blocks, [&](int block) {
            const float* from = group.values + block * group.headsPerKv * D + element;
            if constexpr (kUnit<D> == 64) {
                const float2 two = __ldcg(reinterpret_cast<const float2*>(from));
                return Few<D>{two.x, two.y};
            } else {
                return Few<D>{__ldcg(from)};
            }
        });
        writeOutput(shared, a, group, element, value, merged.sum);
    }
}

// Whether this block is the last of `blocks` to come here: then it sees what all of them wrote before.
template <int D>
__device__ __forceinline__ bool arriveLast(Shared<D>& shared, unsigned* counter, int blocks) {
    __syncthreads(); // orders: the block's partials before the fence
    if (threadIdx.x == 0) {
        __threadfence(); // orders: the partials before the count
        shared.isLast = atomicInc(counter, blocks - 1) == static_cast<unsigned>(blocks - 1); // wraps to 0 for the next
        __threadfence(); // orders: the count before the others' partials are read
    }
    __syncthreads(); // orders: the count before every thread's reads
    return shared.isLast;
}

template <int D, KvElement E>
__global__ void __launch_bounds__(kThreads, kBlocksPerMultiprocessor)
    decodeKernel(const AttentionArguments a, const DecodeScratch scratch, const float scale) {
    launchDependents();
    extern __shared__ __align__(16) unsigned char bytes[];
    Shared<D>& shared = *reinterpret_cast<Shared<D>*>(bytes);
    const int kvHead = blockIdx.x, row = blockIdx.z, headsPerKv = a.heads / gridDim.x;
    stageTables(shared, a, kvHead, headsPerKv,
                a.kv.table + static_cast<std::size_t>(a.rows.sequences[row]) * a.kv.pagesPerSequence);

    const int position = a.rows.positions[row];
    const Range range = blockRange(position, a.slidingWindow, blockIdx.y, gridDim.y);
    if (position < 0 || range.begin >= range.end) {
        awaitCopies<0>();
        if (blockIdx.y == 0) waitForPredecessor(); // the grid does not end before the kernel that it follows
        return;
    }
    awaitCopies<1>();
    __syncthreads(); // orders: every thread's page addresses before they are read
    bringChunk<D, E>(shared, a, range, kvHead);
    waitForPredecessor();
    const __half* queries = a.queries + static_cast<std::size_t>(row) * a.queryStride;
    stageQueries<D, E>(shared, queries + kvHead * headsPerKv * D, headsPerKv);
    __syncthreads(); // orders: the queries before they are read

    Accumulator<D> sums{.values = {}, .maximum = kNothing, .sum = 0};
    attendChunks<D, E>(sums, shared, a, range, kvHead, scale);
    shareSums(shared, sums, headsPerKv);
    awaitCopies<0>();
    __syncthreads(); // orders: every warp's sums, and the places of the outputs, before they are read
    const Group group = groupOf(a, scratch, D);
    mergeWarps(shared, a, group, range, scale);
    if (range.blocks > 1 && arriveLast(shared, group.counter, range.blocks))
        mergeBlocks(shared, a, group, range.blocks, scale);
}

template <int D, KvElement E>
cudaError_t launchDecode(const AttentionArguments& arguments, const DecodeScratch& scratch, int splits,
                         cudaStream_t stream) {
    const float scale = 1.4426950408889634f / std::sqrt(static_cast<float>(D)); // log2(e) / sqrt(D)
    const std::size_t sharedBytes = sizeof(Shared<D>) + arguments.kv.pagesPerSequence * sizeof(std::byte*);
    if (const auto error = cudaFuncSetAttribute(decodeKernel<D, E>, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                                static_cast<int>(sharedBytes)))
        return error;
    return launchChained(decodeKernel<D, E>, dim3(arguments.kv.shape.kvHeads, splits, arguments.rows.count),
                         dim3(kThreads), sharedBytes, stream, arguments, scratch, scale);
}

struct DecodeKernel {
    int headDim;
    KvElement element;
    cudaError_t (*launch)(const AttentionArguments&, const DecodeScratch&, int splits, cudaStream_t);
};
constexpr KvElement f16 = KvElement::f16, fp8 = KvElement::fp8;
constexpr DecodeKernel kDecodeKernels[] = {{32, f16, launchDecode<32, f16>}, {64, f16, launchDecode<64, f16>},
                                           {96, f16, launchDecode<96, f16>}, {128, f16, launchDecode<128, f16>},
                                           {32, fp8, launchDecode<32, fp8>}, {64, fp8, launchDecode<64, fp8>},
                                           {96, fp8, launchDecode<96, fp8>}, {128, fp8, launchDecode<128, fp8>}};

} // namespace

std::size_t decodePartials(int rows, int heads, int headDim, int splits) {
    return static_cast<std::size_t>(rows) * heads * splits * (headDim + 2);
}

int decodeSplits(int rows, int kvHeads, int multiprocessors) {
    const int groups = std::max(1, rows * kvHeads);
    return std::clamp(kBlocksPerMultiprocessor * multiprocessors / groups, 1, kMostSplits);
}

cudaError_t decodeAttention(const AttentionArguments& arguments, const DecodeScratch& scratch, int splits,
                            cudaStream_t stream) {
    const int kvHeads = arguments.kv.shape.kvHeads;
    if (arguments.rows.count == 0) return cudaSuccess;
    if (kvHeads < 1 || arguments.heads % kvHeads != 0 || arguments.heads / kvHeads > kMostHeads || splits < 1 ||
        splits > kMostSplits || arguments.queryStride % 8 != 0)
        return cudaErrorInvalidValue;
    const KvShape& shape = arguments.kv.shape;
    for (const DecodeKernel& entry : kDecodeKernels)
        if (entry.headDim == shape.headDim && entry.element == shape.element)
            return entry.launch(arguments, scratch, splits, stream);
    return cudaErrorInvalidValue;
}

} // namespace tramontane::gpu
