// The kernel behind decode_linear.h: one stream of weights through shared memory a warp, tensor cores for the products.
//
// out = epilogue(B · input): M <= 8 rows, K packed inputs, tiles of 16 outputs.
// B packed int4 (marlin/layout.h) · input f32 residual with a norm, or f16 (M, stride) in fragment order
// Needs nothing of K and N but the layout. Grid: one block a multiprocessor, each with `tilesPerBlock` whole tiles;
// 16 warps, each with its share of the chunks of all the block's tiles and a ring of `stages` times kTiles chunks.
// A block takes a multiprocessor for itself: where two of one kernel meet on one, that one ends last (H100: 66 us a layer
// with two blocks to a multiprocessor, 48 with one). The next kernel's blocks start as this one's end and fill their rings.
// Rounding: activations f16, products exact, f32 sums; warps added in f32 in order: the same bits on every run.
// Oracle: PackedFixture::multiply · Test: tests/gpu/decode_linear_test.cpp
#include <algorithm>
#include <type_traits>

#include "gpu/kernels/launch.cuh"
#include "gpu/marlin/async_copy.cuh"
#include "gpu/marlin/decode_linear.h"
#include "gpu/marlin/fragments.cuh"

namespace tramontane::gpu {
namespace {

constexpr int kWarps = 16, kThreads = 32 * kWarps, kMostStages = 6;
constexpr int kRowPadding = 32; // halves: rows of activations start 64 bytes apart modulo 128, so that no bank is hit twice

struct WeightStream {
    const std::uint8_t* tiles;
    const float* bias;
    std::size_t tileBytes;
    int chunks, chunkBytes, tileCount, tilesPerBlock;
    bool hasZeros;
    int stages; // of a warp's ring
};

struct HalfInput {
    const __half* x;
    int stride;
};

// The epilogues. `prepare` reads what the thread's writes for row m of the batch will need, long before them; `write`
// receives rows g and g + 8 of a tile.
struct AddToOutput {
    float* residual;
    int columns;
    struct Prepared {
        float* row;
        int n; // of the values below
        float upper, lower;
    };
    __device__ Prepared prepare(int tile, int g, int m) const {
        Prepared p{residual + static_cast<std::size_t>(m) * columns, kTileRows * tile + g, 0, 0};
        if (p.n < columns) p.upper = p.row[p.n];
        if (p.n + 8 < columns) p.lower = p.row[p.n + 8];
        return p;
    }
    __device__ void write(const Prepared& p, int tile, int g, int, float upper, float lower) const {
        const int n = kTileRows * tile + g;
        if (n < columns) p.row[n] = (n == p.n ? p.upper : p.row[n]) + upper;
        if (n + 8 < columns) p.row[n + 8] = (n == p.n ? p.lower : p.row[n + 8]) + lower;
    }
};

struct GateUpOutput {
    __half* out;
    int stride;
    struct Prepared {};
    __device__ Prepared prepare(int, int, int) const { return {}; }
    __device__ void write(Prepared, int tile, int g, int m, float gate, float up) const {
        const float activated = gate / (1.0f + __expf(-gate)) * up;
        out[static_cast<std::size_t>(m) * stride + fragmentSlot(8 * tile + g)] = __float2half(activated);
    }
};

struct CacheOutput {
    RotaryOutput to;
    int rotaryTiles;
    struct Prepared {
        int position;
        __half* page; // at the row's position
    };
    __device__ Prepared prepare(int, int, int m) const {
        const int position = to.rows.positions[m];
        __half* page = to.kv.table[static_cast<std::size_t>(to.rows.sequences[m]) * to.kv.pagesPerSequence + position / kPagePositions];
        return {position, page + static_cast<std::size_t>(position % kPagePositions) * to.kv.shape.headDim};
    }
    __device__ void write(const Prepared& p, int tile, int g, int m, float upper, float lower) const {
        const KvShape& shape = to.kv.shape;
        const int dim = shape.headDim, tilesPerHead = dim / kTileRows;
        int head = tile / tilesPerHead, first, second;
        if (tile < rotaryTiles) {
            first = tile % tilesPerHead * 8 + g;
            second = first + dim / 2;
            float sine, cosine;
            sincosf(static_cast<float>(p.position) * to.inverseFrequencies[first], &sine, &cosine);
            const float turned = upper * cosine - lower * sine;
            lower = lower * cosine + upper * sine;
            upper = turned;
        } else {
            first = tile % tilesPerHead * kTileRows + g;
            second = first + 8;
        }
        __half* target;
        if (head < to.heads) {
            target = to.queries + (static_cast<std::size_t>(m) * to.heads + head) * dim;
        } else {
            head -= to.heads;
            const int keysOrValues = head >= shape.kvHeads;
            target = p.page + shape.offset(to.layer, keysOrValues, head - keysOrValues * shape.kvHeads);
        }
        target[first] = __float2half(upper);
        target[second] = __float2half(lower);
    }
};

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900 && !defined(TRAMONTANE_NO_BULK)
#define TRAMONTANE_BULK_COPIES 1
#else
#define TRAMONTANE_BULK_COPIES 0
#endif

// What one warp streams: for each pass over kTiles tiles of the block, its chunks in order.
template <int kTiles>
class WarpStream {
public:
    __device__ WarpStream(const WeightStream& weights, std::uint8_t* ring, CopyBarrier* barriers, int warp, int lane)
        : ring_(ring), barriers_(barriers), lane_(lane), stages_(weights.stages), chunkBytes_(weights.chunkBytes), tileBytes_(weights.tileBytes),
          firstChunk_(warp * weights.chunks / kWarps), chunkCount_((warp + 1) * weights.chunks / kWarps - firstChunk_),
          firstTile_(static_cast<int>(blockIdx.x) * weights.tilesPerBlock),
          tileEnd_(min(firstTile_ + weights.tilesPerBlock, weights.tileCount)), fetchTile_(firstTile_),
          from_(weights.tiles + firstTile_ * weights.tileBytes + static_cast<std::size_t>(firstChunk_) * chunkBytes_) {
        if (chunkCount_ == 0) fetchTile_ = tileEnd_;
#if TRAMONTANE_BULK_COPIES
        if (lane == 0) {
            for (int i = 0; i < stages_; ++i) barriers_[i].initialize();
            publishBarriers();
        }
        __syncwarp();
#endif
    }

    __device__ int firstChunk() const { return firstChunk_; }
    __device__ int chunkCount() const { return chunkCount_; }
    __device__ int firstTile() const { return firstTile_; }
    __device__ int tileEnd() const { return tileEnd_; }

    // Starts the next chunk of the stream into the next stage, which the whole warp has left; nothing past the end.
    __device__ void fetch() {
        if (fetchTile_ < tileEnd_) {
            std::uint8_t* to = ring_ + fetchStage_ * kTiles * chunkBytes_;
            const std::uint8_t* from = from_;
            const int tiles = min(kTiles, tileEnd_ - fetchTile_);
#if TRAMONTANE_BULK_COPIES
            CopyBarrier& barrier = barriers_[fetchStage_];
            if (electOne()) {
                barrier.expect(static_cast<unsigned>(tiles * chunkBytes_));
#pragma unroll
                for (int i = 0; i < kTiles; ++i)
                    if (i < tiles) barrier.copy(to + i * chunkBytes_, from + i * tileBytes_, static_cast<unsigned>(chunkBytes_));
            }
#else
            for (int i = 0; i < tiles; ++i, from += tileBytes_, to += chunkBytes_)
                for (int at = 16 * lane_; at < chunkBytes_; at += kUnitBytes) copyAsync16(to + at, from + at);
#endif
            from_ += chunkBytes_;
            if (++fetchChunk_ == chunkCount_) {
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
    __device__ const std::uint8_t* take() {
#if TRAMONTANE_BULK_COPIES
        barriers_[takeStage_].wait(takeParity_);
#else
        switch (stages_) { // all but the newest stages - 2 groups
        case 2: waitForCopies<0>(); break;
        case 3: waitForCopies<1>(); break;
        case 4: waitForCopies<2>(); break;
        case 5: waitForCopies<3>(); break;
        default: waitForCopies<kMostStages - 2>(); break;
        }
#endif
        __syncwarp();
        const std::uint8_t* stage = ring_ + takeStage_ * kTiles * chunkBytes_;
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
    const int firstChunk_, chunkCount_, firstTile_, tileEnd_;
    int fetchTile_;
    const std::uint8_t* from_;
    int fetchChunk_ = 0, fetchStage_ = 0, takeStage_ = 0;
    unsigned takeParity_ = 0;
};

// Row m of the batch, normed, to shared memory in fragment order; positions that no input goes to stay zero.
struct NormPrologue {
    static __device__ float sumOfSquares(const float4& v) { return v.x * v.x + v.y * v.y + v.z * v.z + v.w * v.w; }

    static __device__ void scatter(__half* row, const int4& slots, const float4& v, const float4& w, float scale) {
        row[slots.x] = __float2half(v.x * scale * w.x);
        row[slots.y] = __float2half(v.y * scale * w.y);
        row[slots.z] = __float2half(v.z * scale * w.z);
        row[slots.w] = __float2half(v.w * scale * w.w);
    }

    static __device__ float warpSum(float value) {
#pragma unroll
        for (int offset = 16; offset > 0; offset /= 2) value += __shfl_xor_sync(~0u, value, offset);
        return value;
    }

    // One row by the whole block. Weights and slots, which no kernel writes, are fetched before the wait.
    static __device__ void oneRow(const NormedInput& input, __half* row, float* scratch) {
        constexpr int kHeld = 2; // float4 of a thread that fit into registers: hidden sizes up to 4096
        const int quads = input.hidden / 4;
        const auto* residual = reinterpret_cast<const float4*>(input.residual);
        const auto* weight = reinterpret_cast<const float4*>(input.weight);
        const auto* slots = reinterpret_cast<const int4*>(input.slots);
        float4 v[kHeld], w[kHeld];
        int4 s[kHeld];
#pragma unroll
        for (int i = 0; i < kHeld; ++i)
            if (const int q = threadIdx.x + i * kThreads; q < quads) {
                w[i] = __ldg(weight + q);
                s[i] = __ldg(slots + q);
            }
        waitForPredecessor();
        float sum = 0;
#pragma unroll
        for (int i = 0; i < kHeld; ++i)
            if (const int q = threadIdx.x + i * kThreads; q < quads) {
                v[i] = residual[q];
                sum += sumOfSquares(v[i]);
            }
        for (int q = threadIdx.x + kHeld * kThreads; q < quads; q += kThreads) sum += sumOfSquares(residual[q]);
        sum = warpSum(sum);
        if (threadIdx.x % 32 == 0) scratch[threadIdx.x / 32] = sum;
        __syncthreads();
        sum = 0;
#pragma unroll
        for (int i = 0; i < kWarps; ++i) sum += scratch[i];
        const float scale = rsqrtf(sum / static_cast<float>(input.hidden) + input.eps);
#pragma unroll
        for (int i = 0; i < kHeld; ++i)
            if (const int q = threadIdx.x + i * kThreads; q < quads) scatter(row, s[i], v[i], w[i], scale);
        for (int q = threadIdx.x + kHeld * kThreads; q < quads; q += kThreads)
            scatter(row, slots[q], residual[q], weight[q], scale);
    }

    // Several rows, each by two warps.
    static __device__ void rowsByWarps(const NormedInput& input, int rows, __half* to, int stride, float* scratch) {
        static_assert(kWarps == 2 * kMostDecodeRows);
        waitForPredecessor();
        const int warp = threadIdx.x / 32, m = warp / 2, quads = input.hidden / 4, first = threadIdx.x % 64;
        const auto* residual = reinterpret_cast<const float4*>(input.residual + static_cast<std::size_t>(m) * input.hidden);
        const auto* weight = reinterpret_cast<const float4*>(input.weight);
        const auto* slots = reinterpret_cast<const int4*>(input.slots);
        float sum = 0;
        if (m < rows)
#pragma unroll 4
            for (int q = first; q < quads; q += 64) sum += sumOfSquares(residual[q]);
        sum = warpSum(sum);
        if (threadIdx.x % 32 == 0) scratch[warp] = sum;
        __syncthreads();
        if (m >= rows) return;
        const float scale = rsqrtf((scratch[warp & ~1] + scratch[warp | 1]) / static_cast<float>(input.hidden) + input.eps);
#pragma unroll 4
        for (int q = first; q < quads; q += 64)
            scatter(to + static_cast<std::size_t>(m) * stride, slots[q], residual[q], weight[q], scale);
    }
};

// The lane's activations of a chunk: four times eight values, of row g of the batch; zero beyond the rows.
__device__ __forceinline__ void loadActivations(uint4 (&x)[4], const __half* rows, int stride, int rowCount, int chunk, int g, int t) {
#pragma unroll
    for (int j = 0; j < 4; ++j) x[j] = make_uint4(0, 0, 0, 0);
    if (g < rowCount) {
        const auto* from = reinterpret_cast<const uint4*>(rows + static_cast<std::size_t>(g) * stride + chunk * kChunkInputs) + t;
#pragma unroll
        for (int j = 0; j < 4; ++j) x[j] = from[4 * j];
    }
}

// One chunk of kTiles tiles: products by group, each scaled into `total`. The sums of the activations, which the zeros
// need, are products with ones. The chains of products are independent of each other, so that their latencies overlap.
template <int kTiles, int kGroups>
__device__ __forceinline__ void multiplyChunk(float (&total)[kTiles][4], const std::uint8_t* stage, int chunkBytes, bool hasZeros,
                                              const uint4 (&x)[4], int lane) {
    constexpr int kSubUnits = 4 / kGroups; // of 32 inputs, in a group
    uint4 words[kTiles][2];
#pragma unroll
    for (int i = 0; i < kTiles; ++i) {
        const auto* units = reinterpret_cast<const uint4*>(stage + i * chunkBytes);
        words[i][0] = units[lane];
        words[i][1] = units[32 + lane];
    }
#pragma unroll
    for (int group = 0; group < kGroups; ++group) {
        GroupSums sums[kTiles];
        float first[4] = {}, second[4] = {};
#pragma unroll
        for (int j = group * kSubUnits; j < (group + 1) * kSubUnits; ++j) {
            multiplyAdd(first, kOnes, kOnes, kOnes, kOnes, x[j].x, x[j].y);
            multiplyAdd(second, kOnes, kOnes, kOnes, kOnes, x[j].z, x[j].w);
#pragma unroll
            for (int i = 0; i < kTiles; ++i) {
                const uint4& four = words[i][j / 2];
                multiplyAddPacked(sums[i], j % 2 ? four.z : four.x, j % 2 ? four.w : four.y, x[j]);
            }
        }
#pragma unroll
        for (int i = 0; i < 4; ++i) first[i] += second[i];
#pragma unroll
        for (int i = 0; i < kTiles; ++i) {
            const auto* scales = reinterpret_cast<const __half2*>(stage + i * chunkBytes + kChunkWeightBytes) + lane / 4;
            const float2 scale = __half22float2(scales[8 * group]);
            const float2 zero = hasZeros ? __half22float2(scales[8 * (kGroups + group)]) : make_float2(8.0f, 8.0f);
            addGroup(total[i], sums[i], first, scale, zero);
        }
    }
}

// The rows of an f16 input, or the warp's part of the only row brought to shared memory.
template <bool kStaged>
__device__ __forceinline__ const __half* halfInput(const HalfInput& input, __half* staged, int firstChunk, int chunkCount, int lane) {
    waitForPredecessor();
    if constexpr (!kStaged) return input.x;
    const auto* from = reinterpret_cast<const uint4*>(input.x + firstChunk * kChunkInputs);
    auto* to = reinterpret_cast<uint4*>(staged + firstChunk * kChunkInputs);
#pragma unroll 4
    for (int i = lane; i < chunkCount * kChunkInputs / 8; i += 32) to[i] = from[i];
    __syncwarp();
    return staged;
}

// Floats of one of the two buffers in which the warps' sums meet: [warp][tile row][batch row]. Two, so that one barrier
// a pass is enough.
template <int kRows, int kTiles>
constexpr int kReduceFloats = kWarps * kTiles * kTileRows * kRows;

// kRows: 1 or 8, the most rows. kTiles: tiles a pass. kStaged: the rows lie in shared memory, in fragment order.
template <int kRows, int kTiles, int kGroups, bool kStaged, class Input, class Output>
__global__ void __launch_bounds__(kThreads, 1)
    decodeLinearKernel(const WeightStream weights, const int rowCount, const Input input, const Output output, const int packedInputs) {
    constexpr bool kNormed = std::is_same_v<Input, NormedInput>;
    extern __shared__ __align__(128) std::uint8_t shared[];
    __shared__ CopyBarrier barriers[kWarps * kMostStages];
    // By a shuffle, so that the compiler knows that it is the same for the whole warp.
    const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0), lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;
    const int ringBytes = weights.stages * kTiles * weights.chunkBytes;
    float* reduce = reinterpret_cast<float*>(shared + kWarps * ringBytes);
    __half* activations = reinterpret_cast<__half*>(reduce + 2 * kReduceFloats<kRows, kTiles>);

    launchDependents();
    WarpStream<kTiles> stream(weights, shared + warp * ringBytes, barriers + warp * kMostStages, warp, lane);
    for (int i = 0; i < weights.stages - 1; ++i) stream.fetch();

    const __half* rows;
    int stride;
    if constexpr (kNormed) {
        stride = packedInputs + kRowPadding;
        rows = activations;
        for (int i = threadIdx.x; i < kRows * stride / 8; i += kThreads)
            reinterpret_cast<uint4*>(activations)[i] = make_uint4(0, 0, 0, 0);
        __syncthreads();
        if (kRows == 1)
            NormPrologue::oneRow(input, activations, reduce);
        else
            NormPrologue::rowsByWarps(input, rowCount, activations, stride, reduce);
        __syncthreads();
    } else {
        rows = halfInput<kStaged>(input, activations, stream.firstChunk(), stream.chunkCount(), lane);
        stride = input.stride;
    }

    // What this thread writes of a pass: rows g and g + 8 of one tile, for one row of the batch.
    static_assert(kTiles * 8 * kRows <= kThreads);
    const int outM = threadIdx.x % kRows, outG = threadIdx.x / kRows % 8, outTile = threadIdx.x / (8 * kRows);
    const bool writes = outTile < kTiles && outM < rowCount && stream.firstTile() + outTile < stream.tileEnd();
    typename Output::Prepared prepared{};
    if (writes) prepared = output.prepare(stream.firstTile() + outTile, outG, outM);

    int parity = 0;
    for (int tile = stream.firstTile(); tile < stream.tileEnd(); tile += kTiles) {
        float total[kTiles][4] = {};
        uint4 x[4], next[4];
        if (stream.chunkCount() > 0) loadActivations(next, rows, stride, rowCount, stream.firstChunk(), g, t);
        for (int c = 0; c < stream.chunkCount(); ++c) {
            const std::uint8_t* stage = stream.take();
            stream.fetch();
#pragma unroll
            for (int j = 0; j < 4; ++j) x[j] = next[j];
            if (c + 1 < stream.chunkCount())
                loadActivations(next, rows, stride, rowCount, stream.firstChunk() + c + 1, g, t);
            multiplyChunk<kTiles, kGroups>(total, stage, weights.chunkBytes, weights.hasZeros, x, lane);
        }
        float* sums = reduce + parity * kReduceFloats<kRows, kTiles>;
        parity ^= 1;
#pragma unroll
        for (int i = 0; i < kTiles; ++i)
#pragma unroll
            for (int j = 0; j < 4; ++j) {
                const int m = 2 * t + j % 2;
                if (m < kRows) sums[((warp * kTiles + i) * kTileRows + g + 8 * (j / 2)) * kRows + m] = total[i][j];
            }
        __syncthreads(); // orders: all warps' sums before the sums of them; the other buffer's readers before its next writers
        if (!writes || tile + outTile >= stream.tileEnd()) continue;
        const float* of = sums + (outTile * kTileRows + outG) * kRows + outM;
        float upper = 0, lower = 0;
#pragma unroll
        for (int w = 0; w < kWarps; ++w, of += kTiles * kTileRows * kRows) {
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

struct DeviceFigures {
    int multiprocessors = 1, sharedBytes = 0; // of a block, dynamic
};
DeviceFigures deviceFigures() {
    DeviceFigures figures;
    int device = 0;
    if (cudaGetDevice(&device) != cudaSuccess) return figures;
    cudaDeviceGetAttribute(&figures.multiprocessors, cudaDevAttrMultiProcessorCount, device);
    cudaDeviceGetAttribute(&figures.sharedBytes, cudaDevAttrMaxSharedMemoryPerBlockOptin, device);
    figures.sharedBytes -= static_cast<int>(sizeof(CopyBarrier)) * kWarps * kMostStages;
    return figures;
}

// How a linear is run on this device.
struct Plan {
    int tilesPerBlock = 0, stages = 0;
    bool threeTiles = false, staged = false;
    std::size_t sharedBytes = 0;
};

std::size_t reduceBytes(bool oneRow, int tiles) {
    return 2 * sizeof(float) * kWarps * tiles * kTileRows * (oneRow ? 1 : kMostDecodeRows);
}

// False where not even two stages fit into shared memory.
bool makePlan(Plan& plan, const PackedShape& shape, int rows, bool normed, const DeviceFigures& device) {
    plan.tilesPerBlock = (shape.tiles + device.multiprocessors - 1) / device.multiprocessors;
    plan.threeTiles = rows == 1 && plan.tilesPerBlock % 2 != 0 && plan.tilesPerBlock % 3 == 0;
    const int tiles = plan.threeTiles ? 3 : 2;
    const std::size_t rowBytes = sizeof(__half) * (shape.packedInputs() + kRowPadding);
    const std::size_t stageBytes = static_cast<std::size_t>(kWarps) * tiles * shape.chunkBytes();
    for (plan.staged = normed || rows == 1;; plan.staged = false) {
        const std::size_t fixed = reduceBytes(rows == 1, tiles) + (plan.staged ? rowBytes * (rows == 1 ? 1 : kMostDecodeRows) : 0);
        const auto room = static_cast<std::size_t>(device.sharedBytes);
        plan.stages = room < fixed ? 0 : static_cast<int>(std::min<std::size_t>((room - fixed) / stageBytes, kMostStages));
        plan.sharedBytes = fixed + plan.stages * stageBytes;
        if (plan.stages >= 2) return true;
        if (normed || !plan.staged) return false;
    }
}

template <int kRows, int kTiles, int kGroups, bool kStaged, class Input, class Output>
cudaError_t launch(const DeviceLinear& linear, int rows, const Plan& plan, const Input& input, const Output& output, cudaStream_t stream) {
    const PackedShape& shape = linear.shape;
    const WeightStream weights{linear.tiles, linear.bias,        shape.tileBytes(), shape.chunks, shape.chunkBytes(),
                               shape.tiles,  plan.tilesPerBlock, shape.hasZeros,    plan.stages};
    const auto kernel = decodeLinearKernel<kRows, kTiles, kGroups, kStaged, Input, Output>;
    if (const cudaError_t error = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                                       static_cast<int>(plan.sharedBytes));
        error != cudaSuccess)
        return error;
    const int blocks = (shape.tiles + plan.tilesPerBlock - 1) / plan.tilesPerBlock;
    return launchChained(kernel, dim3(blocks), dim3(kThreads), plan.sharedBytes, stream, weights, rows, input, output,
                         shape.packedInputs());
}

template <class Input, class Output>
cudaError_t dispatch(const DeviceLinear& linear, int rows, const Input& input, const Output& output, cudaStream_t stream) {
    constexpr bool kNormed = std::is_same_v<Input, NormedInput>;
    Plan plan;
    if (rows < 1 || rows > kMostDecodeRows || linear.shape.tiles < 1 ||
        !makePlan(plan, linear.shape, rows, kNormed, deviceFigures()))
        return cudaErrorInvalidValue;
    using Launch = cudaError_t (*)(const DeviceLinear&, int, const Plan&, const Input&, const Output&, cudaStream_t);
    // [one row | one row, three tiles a pass | one row from global memory | up to 8 rows][1, 2, 4 groups a chunk]
    static constexpr Launch kTable[4][3] = {
        {launch<1, 2, 1, true, Input, Output>, launch<1, 2, 2, true, Input, Output>, launch<1, 2, 4, true, Input, Output>},
        {launch<1, 3, 1, true, Input, Output>, launch<1, 3, 2, true, Input, Output>, launch<1, 3, 4, true, Input, Output>},
        {launch<1, 2, 1, kNormed, Input, Output>, launch<1, 2, 2, kNormed, Input, Output>, launch<1, 2, 4, kNormed, Input, Output>},
        {launch<8, 2, 1, kNormed, Input, Output>, launch<8, 2, 2, kNormed, Input, Output>, launch<8, 2, 4, kNormed, Input, Output>}};
    if (!plan.staged && plan.threeTiles) return cudaErrorInvalidValue;
    const int variant = rows > 1 ? 3 : !plan.staged ? 2 : plan.threeTiles ? 1 : 0;
    return kTable[variant][linear.shape.scaleGroups() / 2](linear, rows, plan, input, output, stream);
}

} // namespace

bool decodeFits(const PackedShape& shape, int rows, bool normed) {
    Plan plan;
    return makePlan(plan, shape, rows, normed, deviceFigures()) && (plan.staged || !plan.threeTiles);
}

cudaError_t decodeQueryKeyValue(const DeviceLinear& linear, int rows, const NormedInput& input,
                                const RotaryOutput& output, cudaStream_t stream) {
    return dispatch(linear, rows, input, CacheOutput{output, linear.rotaryTiles}, stream);
}

cudaError_t decodeGateUp(const DeviceLinear& linear, int rows, const NormedInput& input, __half* out, int outStride,
                         cudaStream_t stream) {
    return dispatch(linear, rows, input, GateUpOutput{out, outStride}, stream);
}

cudaError_t decodeAddTo(const DeviceLinear& linear, int rows, const __half* x, int xStride, float* residual,
                        int columns, cudaStream_t stream) {
    return dispatch(linear, rows, HalfInput{x, xStride}, AddToOutput{residual, columns}, stream);
}

} // namespace tramontane::gpu
