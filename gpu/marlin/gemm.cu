// gemm(): picks a kernel and a tile for the device and the shape, and cuts the work among blocks.
#include "gpu/marlin/gemm.h"

#include <algorithm>
#include <bit>
#include <iterator>

#include "gpu/marlin/gemm_kernels.h"

namespace tramontane::gpu {

namespace {

constexpr int kBandTokenTiles = 8; // with 128 tokens a tile and K = 4096: 8 MB of x that stay in the second-level cache
constexpr int kMostSharers = 16;   // blocks of one split tile
constexpr int kLeastSplitChunks = 2; // of a block

// What an H100's or H200's multiprocessor does in a clock; other devices differ in all of it alike.
constexpr int kBytesIn = 23;        // from the second-level cache, all multiprocessors at work
constexpr int kProducts = 1700;     // of a weight and an activation: five sixths of the tensor cores' peak
constexpr int kSumBytes = 64;       // of partial sums, written or read
constexpr int kGatherClocks = 2500; // until a count has gone round and what it tells of has come

constexpr int ceilDivide(int a, int b) { return (a + b - 1) / b; }

// Clocks that one block takes for one chunk of its tile.
constexpr long long chunkClocks(const GemmTile& tile) {
    const int bytes = tile.packedTiles() * (kChunkWeightBytes + 32) + tile.tokens * kChunkInputs * 2;
    const int products = tile.packedTiles() * kTileRows * tile.tokens * kChunkInputs;
    return std::max(bytes / kBytesIn, products / kProducts);
}

struct Plan {
    GemmWork work;
    long long clocks = 0; // as estimated
};

// Cuts the tiles of the last round, which would leave blocks idle, among as many blocks as promises the least time.
Plan planWork(const GemmTile& tile, int rows, int packedTiles, int chunks, int blocks, bool maySplit) {
    GemmWork work;
    work.chunks = chunks;
    work.outputGroups = ceilDivide(packedTiles, tile.packedTiles());
    work.tokenTiles = ceilDivide(rows, tile.tokens);
    work.band = std::min(work.tokenTiles, kBandTokenTiles);
    const int rest = work.tileCount() % blocks, wholeRounds = work.tileCount() / blocks;
    long long restClocks = rest ? chunks * chunkClocks(tile) : 0;
    const auto consider = [&](int sharers) {
        const long long units = static_cast<long long>(rest) * chunks;
        if (sharers <= rest || sharers > blocks || units < static_cast<long long>(kLeastSplitChunks) * sharers ||
            units * sharers > 0x7fffffff)
            return;
        const long long partClocks = static_cast<long long>(tile.sumBytes()) / kSumBytes;
        const long long clocks = (units + sharers - 1) / sharers * chunkClocks(tile) + kGatherClocks +
                                 partClocks * (1 + ceilDivide(sharers, rest));
        if (clocks >= restClocks) return;
        restClocks = clocks;
        work.splitTiles = rest;
        work.splitBlocks = sharers;
    };
    if (rest && maySplit) {
        for (int each = 2; each <= kMostSharers; ++each) consider(each * rest);
        if (blocks <= kMostSharers * rest) consider(blocks);
    }
    work.blocks = std::max(work.splitBlocks, std::min(blocks, work.tileCount() - work.splitTiles));
    return {work, wholeRounds * chunks * chunkClocks(tile) + restClocks};
}

std::size_t counterBytes(int multiprocessors) {
    return (static_cast<std::size_t>(multiprocessors) * kWarpGroups * sizeof(unsigned) + 255) & ~std::size_t{255};
}

cudaError_t readDevice(GemmDevice& device) {
    int ordinal = 0;
    if (const cudaError_t error = cudaGetDevice(&ordinal); error != cudaSuccess) return error;
    const struct {
        int* to;
        cudaDeviceAttr attribute;
    } wanted[] = {
        {&device.multiprocessors, cudaDevAttrMultiProcessorCount},
        {&device.computeMajor, cudaDevAttrComputeCapabilityMajor},
        {&device.computeMinor, cudaDevAttrComputeCapabilityMinor},
        {&device.sharedBytesPerBlock, cudaDevAttrMaxSharedMemoryPerBlockOptin},
    };
    for (const auto& [to, attribute] : wanted)
        if (const cudaError_t error = cudaDeviceGetAttribute(to, attribute, ordinal); error != cudaSuccess)
            return error;
    return cudaSuccess;
}

bool runs(GemmPath path, GemmElement element, const GemmDevice& device) {
    if (path == GemmPath::hopper)
        return element == GemmElement::f16 && device.computeMajor == 9 && device.computeMinor == 0;
    return device.computeMajor >= 8;
}

bool aligned(const void* pointer, std::size_t bytes) { return std::bit_cast<std::uintptr_t>(pointer) % bytes == 0; }

bool valid(const GemmArguments& a) {
    const PackedShape& shape = a.linear.shape;
    const bool writes = a.output == GemmOutput::addTo ? a.residual != nullptr : a.out != nullptr;
    const bool ordered = a.output == GemmOutput::addTo       ? a.linear.columnOrder == ColumnOrder::plain
                         : a.output == GemmOutput::siluTimes ? a.linear.columnOrder == ColumnOrder::gateUp
                                                             : true;
    return a.x && aligned(a.x, 16) && a.rows >= 1 && a.xStride % 8 == 0 && a.xStride >= shape.packedInputs() &&
           shape.chunks >= 1 && shape.tiles >= 1 && a.linear.tiles && aligned(a.linear.tiles, 16) && writes && ordered;
}

GemmTask describe(const GemmArguments& a, const GemmWork& work, const GemmDevice& device) {
    const PackedShape& shape = a.linear.shape;
    GemmTask task;
    task.x = static_cast<const __half*>(a.x);
    task.rows = a.rows;
    task.xStride = a.xStride;
    task.weights = a.linear.tiles;
    task.bias = a.linear.bias;
    task.tiles = shape.tiles;
    task.chunkBytes = shape.chunkBytes();
    task.scaleBytes = shape.scaleBytes();
    task.groupShift = shape.groupRows == 32 ? 0 : shape.groupRows == 64 ? 1 : 2;
    task.hasZeros = shape.hasZeros;
    task.output = a.output;
    task.out = static_cast<__half*>(a.out);
    task.residual = a.residual;
    task.outStride = a.outStride;
    task.columns = a.columns;
    task.wideStores = a.output == GemmOutput::addTo ? a.outStride % 4 == 0 && aligned(a.residual, 16)
                                                    : a.outStride % 8 == 0 && aligned(a.out, 16);
    task.map = columnMap(a.linear);
    task.work = work;
    task.counters = static_cast<unsigned*>(a.workspace);
    if (a.workspace)
        task.sums =
            reinterpret_cast<float4*>(static_cast<std::uint8_t*>(a.workspace) + counterBytes(device.multiprocessors));
    return task;
}

// Runs the tile named or, where it is -1, the one that promises the least time.
template <std::size_t count, class Launch>
cudaError_t run(const GemmTile (&tiles)[count], int tile, Launch launch, const GemmArguments& a,
                const GemmDevice& device, cudaStream_t stream) {
    Plan best;
    int chosen = -1;
    for (int i = 0; i < static_cast<int>(count); ++i) {
        if (tile >= 0 ? i != tile : !tiles[i].suits(a.rows)) continue;
        const Plan plan = planWork(tiles[i], a.rows, a.linear.shape.tiles, a.linear.shape.chunks,
                                   device.multiprocessors, a.workspace != nullptr);
        if (chosen >= 0 && plan.clocks >= best.clocks) continue;
        best = plan;
        chosen = i;
    }
    if (chosen < 0) return cudaErrorInvalidValue;
    return launch(chosen, describe(a, best.work, device), device, stream);
}

cudaError_t run(GemmPath path, int tile, const GemmArguments& arguments, const GemmDevice& device,
                cudaStream_t stream) {
    if (path == GemmPath::hopper) return run(kHopperTiles, tile, launchHopper, arguments, device, stream);
    const auto launch = arguments.element == GemmElement::bf16 ? launchPortableBf16 : launchPortable;
    return run(kPortableTiles, tile, launch, arguments, device, stream);
}

} // namespace

std::size_t gemmWorkspaceBytes(int rows, int columns, int multiprocessors) {
    std::size_t sums = 0;
    const auto consider = [&](const GemmTile& tile) {
        if (!tile.suits(rows)) return;
        const long long tiles =
            static_cast<long long>(ceilDivide(columns, tile.packedTiles() * kTileRows)) * ceilDivide(rows, tile.tokens);
        const long long blocks = std::min<long long>(multiprocessors, tiles * kMostSharers);
        sums = std::max(sums, 2 * static_cast<std::size_t>(blocks) * tile.sumBytes());
    };
    std::for_each(std::begin(kHopperTiles), std::end(kHopperTiles), consider);
    std::for_each(std::begin(kPortableTiles), std::end(kPortableTiles), consider);
    return counterBytes(multiprocessors) + sums;
}

bool deviceRuns(GemmPath path, GemmElement element) {
    GemmDevice device;
    return readDevice(device) == cudaSuccess && runs(path, element, device);
}

cudaError_t gemmBy(GemmPath path, int tile, const GemmArguments& arguments, cudaStream_t stream) {
    GemmDevice device;
    if (const cudaError_t error = readDevice(device); error != cudaSuccess) return error;
    if (!valid(arguments) || !runs(path, arguments.element, device)) return cudaErrorInvalidValue;
    return run(path, tile, arguments, device, stream);
}

cudaError_t gemm(const GemmArguments& arguments, cudaStream_t stream) {
    GemmDevice device;
    if (const cudaError_t error = readDevice(device); error != cudaSuccess) return error;
    if (!valid(arguments)) return cudaErrorInvalidValue;
    if (runs(GemmPath::hopper, arguments.element, device)) {
        const cudaError_t error = run(GemmPath::hopper, -1, arguments, device, stream);
        if (error != cudaErrorNotSupported) return error; // else the driver encodes no tensor maps
    }
    return run(GemmPath::portable, -1, arguments, device, stream);
}

} // namespace tramontane::gpu
