// Gathers 4-bit values, scales and zeros into the packed order. Runs once a linear, at load.
#include "gpu/marlin/repack.h"

namespace tramontane::gpu {
namespace {

constexpr int kBlockChunks = 4;
constexpr int kChunkThreads = 2 * 32; // a warp a unit
constexpr int kBlockThreads = kBlockChunks * kChunkThreads;

// What the device reads of a PackedShape.
struct Sizes {
    int chunks, packedInputs, scaleGroups, scaleBytes, chunkBytes;
    std::size_t tileBytes;
};

__device__ std::uint32_t quantAt(const RepackPart& part, int input, int column) {
    if (input < 0 || column < 0) return 8;
    const std::size_t word = static_cast<std::size_t>(input >> 3) * part.outputs + column;
    return part.qweight[word] >> 4 * (input & 7) & 15u;
}

// One lane's 16 bytes of a unit; `inputs` (64) are the unit's source rows.
__device__ uint4 packLane(const RepackArguments& a, const int* inputs, int tile, int lane) {
    const int g = lane / 4, t = lane % 4;
    std::uint32_t words[4] = {};
#pragma unroll
    for (int r = 0; r < 2; ++r) {
        const TileRowSource row = a.tileRows[tile * kTileRows + g + 8 * r];
        const RepackPart& part = a.parts[row.part];
#pragma unroll
        for (int s = 0; s < 2; ++s)
#pragma unroll
            for (int i = 0; i < 8; ++i) {
                const int input = 16 * (i >> 2) + 8 * (i >> 1 & 1) + 2 * t + (i & 1);
                const int shift = 4 * (i >> 2) + 8 * (i >> 1 & 1) + 16 * (i & 1); // nibbleShift(input)
                words[2 * s + r] |= quantAt(part, inputs[32 * s + input], row.column) << shift;
            }
    }
    return {words[0], words[1], words[2], words[3]};
}

// One scale, and its zero where there are any, of a chunk.
__device__ void packScale(const RepackArguments& a, const Sizes& sizes, std::uint8_t* to, int tile, int chunk,
                          int scaleGroup, int r) {
    const TileRowSource row = a.tileRows[tile * kTileRows + r];
    const RepackPart& part = a.parts[row.part];
    const int group = a.groups[chunk * sizes.scaleGroups + scaleGroup];
    const bool padding = group < 0 || row.column < 0;
    const int place = kChunkWeightBytes + 32 * scaleGroup + r % 8 * 4 + r / 8 * 2;
    *reinterpret_cast<__half*>(to + place) =
        padding ? __half(0.0f) : part.scales[static_cast<std::size_t>(group) * part.outputs + row.column];
    if (!a.shape.hasZeros) return;
    int zero = 8;
    if (!padding) {
        const std::size_t word = static_cast<std::size_t>(group) * (part.outputs / 8) + row.column / 8;
        zero = static_cast<int>(part.qzeros[word] >> 4 * (row.column % 8) & 15u) + part.zeroOffset;
    }
    *reinterpret_cast<__half*>(to + place + sizes.scaleBytes) = __int2half_rn(zero);
}

// A lane writes its 16 bytes of a unit, a warp the unit's 512 at once. Reads are gathers, for rows and columns may be
// scattered; neighbouring blocks hold neighbouring columns, and what they read stays in the cache for the next.
// Grid: (tiles, chunks / 4); 256 threads; 2 KiB of shared memory: the source rows of four chunks
// Oracle: tests/gpu/packed_fixture.h over core/model/gptq.h · Test: tests/gpu/repack_test.cpp
__global__ void __launch_bounds__(kBlockThreads)
    repackKernel(const __grid_constant__ RepackArguments a, const Sizes sizes) {
    __shared__ int inputs[kBlockChunks * kChunkInputs];
    const int tile = static_cast<int>(blockIdx.x), firstChunk = static_cast<int>(blockIdx.y) * kBlockChunks;
    for (int i = static_cast<int>(threadIdx.x); i < kBlockChunks * kChunkInputs; i += kBlockThreads) {
        const int input = firstChunk * kChunkInputs + i;
        inputs[i] = input < sizes.packedInputs ? a.sources[input] : -1;
    }
    __syncthreads(); // the rows are there
    const int thread = static_cast<int>(threadIdx.x) % kChunkThreads;
    const int local = static_cast<int>(threadIdx.x) / kChunkThreads, chunk = firstChunk + local;
    if (chunk >= sizes.chunks) return;
    std::uint8_t* to = a.tiles + tile * sizes.tileBytes + static_cast<std::size_t>(chunk) * sizes.chunkBytes;
    const int* rows = inputs + local * kChunkInputs + thread / 32 * kUnitInputs;
    reinterpret_cast<uint4*>(to)[thread] = packLane(a, rows, tile, thread % 32);
    if (thread < kTileRows * sizes.scaleGroups)
        packScale(a, sizes, to, tile, chunk, thread / kTileRows, thread % kTileRows);
}

} // namespace

cudaError_t repack(const RepackArguments& arguments, cudaStream_t stream) {
    const PackedShape& shape = arguments.shape;
    const Sizes sizes{shape.chunks,       shape.packedInputs(), shape.scaleGroups(),
                      shape.scaleBytes(), shape.chunkBytes(),   shape.tileBytes()};
    const dim3 grid(static_cast<unsigned>(shape.tiles),
                    static_cast<unsigned>((shape.chunks + kBlockChunks - 1) / kBlockChunks));
    repackKernel<<<grid, kBlockThreads, 0, stream>>>(arguments, sizes);
    return cudaGetLastError();
}

} // namespace tramontane::gpu
