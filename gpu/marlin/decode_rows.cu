// The kernel behind decode_rows.h. Bound by the bytes that reach a multiprocessor: weights once, and as little else as
// can be.
//
// out = epilogue(B · rows): 9 to 16 rows, f16 (M, stride) in fragment order.
// B packed int4 (marlin/layout.h), groups of 128. Needs nothing of K and N but the layout.
// Grid: clusters of up to 8 blocks, one block a multiprocessor, 16 warps. A cluster has `tilesPerCluster` tiles, a block
// of it one run of chunks of all of them: all of K for every block would bring the rows to each multiprocessor, which
// for 16 rows is more bytes than its weights. A warp has whole tiles, and all of the block's chunks or one of `parts`
// runs of them, and a ring of its own. Each tile has an owner in the cluster, which gets the sums of all warps written
// into its shared memory and adds them in the order of K: the same bits on every run.
// Shared memory: rows (M, chunks of a block * 256 + 64 bytes; the 64 spread a warp's reads over all banks) · their sums
// (chunks of a block, M) f32 · products (ranks * parts, tiles of an owner, kColumns, 2, 32) float2, as a warp's lanes
// hold them: tile rows g and g + 8 of batch row 2t, then of 2t + 1 · rings
// Rounding: activations f16, products exact, f32 sums. Oracle: PackedFixture::multiply · Test:
// tests/gpu/decode_linear_test.cpp
#include <algorithm>

#include "gpu/marlin/cluster.cuh"
#include "gpu/marlin/decode_parts.cuh"
#include "gpu/marlin/decode_rows.h"
#include "gpu/marlin/weight_stream.cuh"

namespace tramontane::gpu {
namespace {

constexpr int kRowsThreads = 32 * kRowsWarps;
constexpr int kMostRanks = 8;
constexpr int kColumns = 2;      // times 8 rows in a product
constexpr int kTiles = 2;        // of a pass: for 16 rows of three there are not registers enough
constexpr int kRowPadding = 64;  // bytes
constexpr int kMostSources = 16; // warps that add to a tile: adding more takes longer than they save
constexpr int kRun = 2;          // chunks of a stage
constexpr int kFewChunks = 48;   // with no more than two tiles a block, rows are fewer bytes than a meeting is worth
// What an H100's multiprocessor does in a clock or takes, for choosing between plans.
constexpr int kBytesIn = 23;       // bytes that come in
constexpr int kProductClocks = 40; // of a tile's chunk

// Where a block's shared memory begins what. Rows beyond the last are read as well, whatever lies there: their results
// go nowhere.
struct Places {
    int rowPitch, rowSumsAt, productsAt, ringsAt; // bytes
};
__host__ __device__ constexpr Places places(int mostChunks, int sources, int ownedTiles) {
    const int pitch = mostChunks * kChunkInputs * 2 + kRowPadding, rowSumsAt = 8 * kColumns * pitch;
    const int productsAt = (rowSumsAt + mostChunks * 8 * kColumns * 4 + 127) / 128 * 128;
    return {pitch, rowSumsAt, productsAt, productsAt + sources * ownedTiles * kColumns * 512};
}

constexpr int ceilDivide(int a, int b) { return (a + b - 1) / b; }

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
// Starts the copies of the block's part of each row, by one warp.
__device__ __forceinline__ void copyRows(const FragmentRows& input, int rowCount, int firstChunk, int chunkCount,
                                         std::uint8_t* to, int pitch, CopyBarrier& barrier, int lane) {
    const unsigned bytes = static_cast<unsigned>(chunkCount) * kChunkInputs * 2;
    // Orders: what earlier kernels wrote before the copies.
    asm volatile("fence.proxy.async.global;" ::: "memory");
    if (lane == 0) barrier.expect(bytes * static_cast<unsigned>(rowCount));
    __syncwarp(); // orders: the bytes are expected before they can arrive
    if (lane < rowCount)
        barrier.copy(to + lane * pitch,
                     input.x + static_cast<std::size_t>(lane) * input.stride + firstChunk * kChunkInputs, bytes);
}
#endif

// The lane's activations of a chunk, from shared memory: rows g and g + 8 of the batch.
__device__ __forceinline__ void readRows(uint4 (&x)[kColumns][4], const std::uint8_t* rows, int pitch, int chunk) {
#pragma unroll
    for (int n = 0; n < kColumns; ++n)
#pragma unroll
        for (int j = 0; j < 4; ++j)
            x[n][j] = *reinterpret_cast<const uint4*>(rows + 8 * n * pitch + chunk * kChunkInputs * 2 + 64 * j);
}

template <bool kZeros, class Output>
__global__ void __launch_bounds__(kRowsThreads, 1)
    decodeRowsKernel(const StreamedWeights weights, const int tilesPerCluster, const int parts, const int rowCount,
                     const FragmentRows input, const Output output, const Upcoming upcoming) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    extern __shared__ __align__(128) std::uint8_t shared[];
    __shared__ CopyBarrier barriers[kRowsWarps * kMostStages], rowsArrived;
    // By a shuffle, so that the compiler knows that it is the same for the whole warp.
    const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0), lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;
    const int rank = clusterRank(), ranks = clusterSize(), cluster = static_cast<int>(blockIdx.x) / ranks;
    const int firstTile = cluster * tilesPerCluster, tiles = min(tilesPerCluster, weights.tileCount - firstTile);
    const int firstChunk = rank * weights.chunks / ranks, chunkCount = (rank + 1) * weights.chunks / ranks - firstChunk;
    const int owned = (tilesPerCluster + ranks - 1) / ranks;
    const Places at = places((weights.chunks + ranks - 1) / ranks, ranks * parts, owned);

    launchDependents();
    if (threadIdx.x == 0) {
        rowsArrived.initialize();
        publishBarriers();
    }
    arriveAtCluster(); // this block runs: the others may write to it
    const int groups = kRowsWarps / parts, group = warp / parts, part = warp % parts;
    const int tile0 = firstTile + group * tiles / groups, tileEnd = firstTile + (group + 1) * tiles / groups;
    const int chunk0 = part * chunkCount / parts,
              chunkEnd = (part + 1) * chunkCount / parts; // of the block's
    WeightStream<kTiles, kRun> stream(weights, {firstChunk + chunk0, chunkEnd - chunk0, tile0, tileEnd},
                                      shared + at.ringsAt + warp * weights.stages * kTiles * kRun * weights.chunkBytes,
                                      barriers + warp * kMostStages, lane);
    for (int i = 0; i < weights.stages - 1; ++i) stream.fetch();
    __syncthreads(); // orders: the rows' barrier is initialized before anyone waits at it
    waitForPredecessor();
    if (warp == 0) copyRows(input, rowCount, firstChunk, chunkCount, shared, at.rowPitch, rowsArrived, lane);

    // What this thread writes: of the block's own tiles, pairs as `products` has them, one after the other.
    constexpr int kItems = kColumns * 2 * 32; // of a tile
    const int items = min(owned, tiles - rank * owned) * kItems;
    const auto tileOf = [&](int item) { return firstTile + rank * owned + item / kItems; };
    const auto batchRow = [](int item) { return 8 * (item / 64 % kColumns) + 2 * (item % 4) + item / 32 % 2; };
    const auto tileRow = [](int item) { return item % 32 / 4; };
    typename Output::Prepared prepared{};
    const auto prepare = [&](int item) {
        if (batchRow(item) < rowCount) prepared = output.prepare(tileOf(item), tileRow(item), batchRow(item));
    };
    if (static_cast<int>(threadIdx.x) < items) prepare(static_cast<int>(threadIdx.x));

    rowsArrived.wait(0);
    const std::uint8_t* rows = shared + g * at.rowPitch + t * 16;
    auto* rowSums = reinterpret_cast<float2*>(shared + at.rowSumsAt); // (chunks, kColumns, 4)
    for (int c = warp; c < chunkCount; c += kRowsWarps) {
        uint4 x[kColumns][4];
        readRows(x, rows, at.rowPitch, c);
#pragma unroll
        for (int n = 0; n < kColumns; ++n) {
            float sums[4];
            sumActivations(sums, x[n]);
            if (g == 0) rowSums[(c * kColumns + n) * 4 + t] = make_float2(sums[0], sums[1]);
        }
    }
    __syncthreads(); // orders: the sums of the rows before they are read
    awaitCluster();
    auto* products = reinterpret_cast<float2*>(shared + at.productsAt);
    const int source = rank * parts + part;
    bool asked = false;
    for (int tile = tile0; tile < tileEnd; tile += kTiles) {
        float total[kTiles][kColumns][4] = {};
        for (int first = chunk0; first < chunkEnd; first += kRun) {
            const std::uint8_t* stage = stream.take();
            stream.fetch();
#pragma unroll
            for (int r = 0; r < kRun; ++r) {
                const int c = first + r;
                if (r > 0 && c >= chunkEnd) break;
                uint4 x[kColumns][4];
                readRows(x, rows, at.rowPitch, c);
                float inputSums[kColumns][4];
#pragma unroll
                for (int n = 0; n < kColumns; ++n) {
                    const float2 two = rowSums[(c * kColumns + n) * 4 + t];
                    inputSums[n][0] = inputSums[n][2] = two.x;
                    inputSums[n][1] = inputSums[n][3] = two.y;
                }
                const std::uint8_t* chunk = stage + r * weights.chunkBytes;
                const int tileStride = kRun * weights.chunkBytes;
                multiplyChunk(total, chunk, tileStride, kZeros, x, inputSums, lane, tileEnd - tile);
            }
            if (!asked && stream.drained()) {
                if (lane == 0) bringUpcoming(upcoming, warp, kRowsWarps);
                asked = true;
            }
        }
#pragma unroll
        for (int i = 0; i < kTiles; ++i) {
            if (tile + i >= tileEnd) break;
            const int inCluster = tile + i - firstTile, owner = inCluster / owned, slot = inCluster - owner * owned;
            float2* to = products + (source * owned + slot) * kItems + lane;
#pragma unroll
            for (int n = 0; n < kColumns; ++n) {
                storeInCluster(to + 64 * n, owner, make_float2(total[i][n][0], total[i][n][2]));
                storeInCluster(to + 64 * n + 32, owner, make_float2(total[i][n][1], total[i][n][3]));
            }
        }
    }
    arriveAtCluster(); // orders: all products before the sums of them
    awaitCluster();
    for (int item = threadIdx.x; item < items; item += kRowsThreads) {
        if (item >= kRowsThreads) prepare(item);
        float2 sum = products[item];
#pragma unroll 8
        for (int s = 1; s < ranks * parts; ++s) {
            const float2 one = products[s * owned * kItems + item];
            sum.x += one.x, sum.y += one.y;
        }
        const int tile = tileOf(item), row = tileRow(item), m = batchRow(item);
        if (weights.bias != nullptr) {
            sum.x += weights.bias[tile * kTileRows + row];
            sum.y += weights.bias[tile * kTileRows + row + 8];
        }
        if (m < rowCount) output.write(prepared, tile, row, m, sum.x, sum.y);
    }
#endif
}

cudaLaunchConfig_t launchConfig(const RowsPlan& plan, cudaLaunchAttribute (&attributes)[2], cudaStream_t stream) {
    cudaLaunchConfig_t config{};
    config.gridDim = dim3(static_cast<unsigned>(plan.clusters * plan.ranks));
    config.blockDim = dim3(kRowsThreads);
    config.dynamicSmemBytes = plan.sharedBytes;
    config.stream = stream;
    attributes[0].id = cudaLaunchAttributeClusterDimension;
    attributes[0].val.clusterDim = {static_cast<unsigned>(plan.ranks), 1, 1};
    attributes[1].id = cudaLaunchAttributeProgrammaticStreamSerialization;
    attributes[1].val.programmaticStreamSerializationAllowed = 1;
    config.attrs = attributes;
    config.numAttrs = 2;
    return config;
}

template <bool kZeros, class Output>
constexpr auto kKernel = decodeRowsKernel<kZeros, Output>;

struct RowsDevice {
    int multiprocessors = 0, sharedBytes = 0; // of a block, dynamic; 0: no clusters
};
RowsDevice rowsDevice() {
    RowsDevice device;
    int ordinal = 0, major = 0;
    if (cudaGetDevice(&ordinal) != cudaSuccess) return device;
    cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, ordinal);
    if (major != 9 && major != 10) return device; // later desktop devices have less shared memory and no such bandwidth
    cudaDeviceGetAttribute(&device.multiprocessors, cudaDevAttrMultiProcessorCount, ordinal);
    cudaDeviceGetAttribute(&device.sharedBytes, cudaDevAttrMaxSharedMemoryPerBlockOptin, ordinal);
    cudaFuncAttributes attributes{};
    if (cudaFuncGetAttributes(&attributes, kKernel<false, GateUpOutput>) != cudaSuccess) return {};
    device.sharedBytes -= static_cast<int>(attributes.sharedSizeBytes);
    return device;
}

// How many clusters of that many blocks run at once, each block with all the shared memory there is.
int mostClusters(int ranks, int sharedBytes) {
    const auto kernel = kKernel<false, GateUpOutput>;
    RowsPlan plan;
    plan.ranks = ranks;
    plan.clusters = 1;
    plan.sharedBytes = static_cast<std::size_t>(sharedBytes);
    cudaLaunchAttribute attributes[2];
    cudaLaunchConfig_t config = launchConfig(plan, attributes, nullptr);
    config.numAttrs = 1;
    int clusters = 0;
    if (cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, sharedBytes) != cudaSuccess ||
        cudaOccupancyMaxActiveClusters(&clusters, kernel, &config) != cudaSuccess)
        return 0;
    return clusters;
}

} // namespace

bool planRows(RowsPlan& plan, const PackedShape& shape, int rows) {
    if (rows <= 8 || rows > kMostDecodeRows || shape.scaleGroups() != 1) return false;
    const RowsDevice device = rowsDevice();
    if (shape.chunks <= kFewChunks && shape.tiles <= 2 * device.multiprocessors) return false;
    long long least = 0;
    for (int ranks = kMostRanks; ranks >= 1 && device.sharedBytes > 0; ranks /= 2) {
        if (ranks > shape.chunks) continue;
        const int most = mostClusters(ranks, device.sharedBytes);
        if (most == 0) continue;
        RowsPlan p;
        p.ranks = ranks;
        p.tilesPerCluster = ceilDivide(shape.tiles, most);
        p.clusters = ceilDivide(shape.tiles, p.tilesPerCluster);
        const int chunks = ceilDivide(shape.chunks, ranks), owned = ceilDivide(p.tilesPerCluster, ranks);
        for (p.parts = 1; p.parts * ranks <= std::min(kMostSources, shape.chunks); p.parts *= 2) {
            const int groups = kRowsWarps / p.parts, tilesPerWarp = ceilDivide(p.tilesPerCluster, groups);
            const Places at = places(chunks, ranks * p.parts, owned);
            const int stageBytes = kRowsWarps * kTiles * kRun * shape.chunkBytes();
            p.stages =
                std::min({(device.sharedBytes - at.ringsAt) / stageBytes, kMostStages,
                          std::max(2, ceilDivide(tilesPerWarp, kTiles) * ceilDivide(chunks, p.parts * kRun) + 1)});
            if (device.sharedBytes < at.ringsAt || p.stages < 2) continue;
            p.sharedBytes = static_cast<std::size_t>(at.ringsAt + p.stages * stageBytes);
            // Products of a tile and a chunk: of all warps, and of the busiest one, which the others wait for.
            const int all = p.tilesPerCluster * chunks, busiest = tilesPerWarp * ceilDivide(chunks, p.parts);
            const int products = (all + kRowsWarps * busiest) / 2;
            const int bytes =
                p.tilesPerCluster * chunks * shape.chunkBytes() + at.ringsAt; // weights, rows, others' sums
            const long long clocks = products * kProductClocks + bytes / kBytesIn;
            if (least > 0 && clocks >= least) continue;
            least = clocks;
            plan = p;
        }
    }
    return least > 0;
}

template <class Output>
cudaError_t decodeRows(const RowsPlan& plan, const DeviceLinear& linear, int rows, const FragmentRows& input,
                       const Output& output, const Upcoming& upcoming, cudaStream_t stream) {
    const PackedShape& shape = linear.shape;
    const StreamedWeights weights{linear.tiles,       linear.bias, shape.tileBytes(), shape.chunks,
                                  shape.chunkBytes(), shape.tiles, shape.hasZeros,    plan.stages};
    const auto kernel = shape.hasZeros ? kKernel<true, Output> : kKernel<false, Output>;
    if (const cudaError_t error = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                                       static_cast<int>(plan.sharedBytes));
        error != cudaSuccess)
        return error;
    cudaLaunchAttribute attributes[2];
    const cudaLaunchConfig_t config = launchConfig(plan, attributes, stream);
    return cudaLaunchKernelEx(&config, kernel, weights, plan.tilesPerCluster, plan.parts, rows, input, output,
                              upcoming);
}

template cudaError_t decodeRows(const RowsPlan&, const DeviceLinear&, int, const FragmentRows&, const AddToOutput&,
                                const Upcoming&, cudaStream_t);
template cudaError_t decodeRows(const RowsPlan&, const DeviceLinear&, int, const FragmentRows&, const GateUpOutput&,
                                const Upcoming&, cudaStream_t);
template cudaError_t decodeRows(const RowsPlan&, const DeviceLinear&, int, const FragmentRows&,
                                const CacheOutput<KvElement::f16>&, const Upcoming&, cudaStream_t);
template cudaError_t decodeRows(const RowsPlan&, const DeviceLinear&, int, const FragmentRows&,
                                const CacheOutput<KvElement::fp8>&, const Upcoming&, cudaStream_t);

} // namespace tramontane::gpu
