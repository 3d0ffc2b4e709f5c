// The kernel behind head.h. Bound by reading the head once for every 16 rows.
//
// logits = norm(residual) · headᵀ: the head's rows are the A operand of mma.m16n8k16, straight from global
// memory; a lane's 16 bytes are eight neighbouring inputs, and the normed rows in shared memory are read in
// the same order. Needs hidden % 32 == 0. Grid: one block a multiprocessor, 8 or 16 rows of the batch at a time; a
// warp takes 16 rows of the head, each tile from another input on: streams that stand a power of two apart and advance
// in step would all ask the same part of the memory. Rounding: normed rows to f16, f32 sums.
// Test: tests/gpu/cuda_backend_test.cpp
#include <algorithm>

#include <cuda_bf16.h>

#include "gpu/kernels/head.h"
#include "gpu/kernels/launch.cuh"
#include "gpu/kernels/warp_matrix.cuh"

namespace tramontane::gpu {
namespace {

constexpr int kWarps = 16, kThreads = 32 * kWarps, kRowPadding = 32;
constexpr int kAhead = 6;           // loads of 32 inputs that are under way
constexpr unsigned kFirstStep = 37; // by which the next tile begins later

// Rows of the batch, normed, (kRows, hidden + kRowPadding); what lies in rows beyond the last goes nowhere. The block's
// warps share the rows there are: one row is all of theirs.
template <int kRows>
__device__ void normRows(const HeadArguments& a, int firstRow, __half* to) {
    __shared__ float sums[kWarps];
    const int rows = min(kRows, a.rows - firstRow), warp = threadIdx.x / 32, quads = a.hidden / 4;
    const int rowsAtOnce = rows == 1 ? 1 : kRows, warpsPerRow = kWarps / rowsAtOnce;
    const int m = warp / warpsPerRow, part = threadIdx.x % (32 * warpsPerRow), step = 32 * warpsPerRow;
    const bool wanted = m < rows;
    const int source = !wanted ? 0 : a.sources != nullptr ? a.sources[firstRow + m] : firstRow + m;
    const auto* from = reinterpret_cast<const float4*>(a.residual + static_cast<std::size_t>(source) * a.hidden);
    float sum = 0;
    if (wanted)
#pragma unroll 4
        for (int q = part; q < quads; q += step) {
            const float4 v = from[q];
            sum += v.x * v.x + v.y * v.y + v.z * v.z + v.w * v.w;
        }
#pragma unroll
    for (int offset = 16; offset > 0; offset /= 2) sum += __shfl_xor_sync(~0u, sum, offset);
    if (threadIdx.x % 32 == 0) sums[warp] = sum;
    __syncthreads(); // orders: the warps' sums before the sum of them
    sum = 0;
    for (int w = 0; w < warpsPerRow; ++w) sum += sums[m * warpsPerRow + w];
    const float scale = rsqrtf(sum / static_cast<float>(a.hidden) + a.eps);
    auto* out = reinterpret_cast<uint2*>(to + static_cast<std::size_t>(m) * (a.hidden + kRowPadding));
    if (wanted)
#pragma unroll 4
        for (int q = part; q < quads; q += step) {
            const float4 v = from[q], w = reinterpret_cast<const float4*>(a.norm)[q];
            out[q] = make_uint2(packHalves(v.x * scale * w.x, v.y * scale * w.y),
                                packHalves(v.z * scale * w.z, v.w * scale * w.w));
        }
    __syncthreads(); // orders: the rows before they are read
}

struct HeadRows {
    uint4 upper, lower; // eight inputs of rows g and g + 8
};

__device__ __forceinline__ uint4 loadStreamed(const uint4* from) {
    uint4 v;
    asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0,%1,%2,%3}, [%4];"
                 : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w)
                 : "l"(from));
    return v;
}

// kColumns: 8 rows of the batch each.
template <int kColumns>
__global__ void __launch_bounds__(kThreads, 1) headKernel(const HeadArguments a) {
    constexpr int kRows = 8 * kColumns;
    extern __shared__ __align__(128) __half normed[];
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;
    const int steps = a.hidden / 32, tiles = (a.vocab + 15) / 16, firstRow = blockIdx.y * kRows;
    const int pitch = (a.hidden + kRowPadding) / 8; // uint4 of a row
    const uint4* x = reinterpret_cast<const uint4*>(normed) + g * pitch + t;
    int tile = blockIdx.x * kWarps + warp, next = 0; // the step to ask for
    const uint4* from = nullptr;
    HeadRows ahead[kAhead];
    const auto load = [&] {
        const HeadRows rows{loadStreamed(from + 64 * next), loadStreamed(from + 64 * next + 32)};
        if (++next == steps) next = 0;
        return rows;
    };
    // The first loads of a tile; no kernel writes the head.
    const auto open = [&] {
        from = reinterpret_cast<const uint4*>(a.head) + static_cast<std::size_t>(tile) * steps * 64 + lane;
        next = static_cast<int>(static_cast<unsigned>(tile) * kFirstStep % static_cast<unsigned>(steps));
#pragma unroll
        for (int i = 0; i < kAhead; ++i)
            if (i < steps && tile < tiles) ahead[i] = load();
    };
    launchDependents();
    open();
    waitForPredecessor();
    normRows<kRows>(a, firstRow, normed);
    for (bool first = true; tile < tiles; tile += gridDim.x * kWarps, first = false) {
        int step = static_cast<int>(static_cast<unsigned>(tile) * kFirstStep % static_cast<unsigned>(steps));
        if (!first) open();
        const int n = tile * 16 + g;
        float sums[kColumns][4] = {};
        for (int start = 0; start < steps; start += kAhead)
#pragma unroll
            for (int i = 0; i < kAhead; ++i) {
                if (start + i >= steps) break;
                const HeadRows now = ahead[i];
                if (start + i + kAhead < steps) ahead[i] = load();
#pragma unroll
                for (int c = 0; c < kColumns; ++c) {
                    const uint4 in = x[8 * c * pitch + 4 * step];
                    multiplyAdd(sums[c], now.upper.x, now.lower.x, now.upper.y, now.lower.y, in.x, in.y);
                    multiplyAdd(sums[c], now.upper.z, now.lower.z, now.upper.w, now.lower.w, in.z, in.w);
                }
                if (++step == steps) step = 0;
            }
#pragma unroll
        for (int c = 0; c < kColumns; ++c)
#pragma unroll
            for (int i = 0; i < 4; ++i) {
                const int m = firstRow + 8 * c + 2 * t + i % 2, column = n + 8 * (i / 2);
                if (m < a.rows && column < a.vocab)
                    a.logits[static_cast<std::size_t>(m) * a.vocab + column] = sums[c][i];
            }
    }
}

__device__ float asFloat(__half value) { return __half2float(value); }
__device__ float asFloat(__nv_bfloat16 value) { return __bfloat162float(value); }
__device__ float asFloat(float value) { return value; }

// One thread a piece of eight inputs of a row.
template <class T>
__global__ void packHeadKernel(const T* from, int firstRow, int rows, int hidden, uint4* head) {
    const int pieces = hidden / 8;
    const std::size_t index = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (index >= static_cast<std::size_t>(rows) * pieces) return;
    const int row = firstRow + static_cast<int>(index / pieces), piece = static_cast<int>(index % pieces);
    const int lane = row % 8 * 4 + piece % 4;
    std::uint32_t words[4];
#pragma unroll
    for (int i = 0; i < 4; ++i)
        words[i] = packHalves(asFloat(from[index * 8 + 2 * i]), asFloat(from[index * 8 + 2 * i + 1]));
    const std::size_t step = static_cast<std::size_t>(row / 16) * (hidden / 32) + piece / 4;
    head[(step * 2 + row % 16 / 8) * 32 + lane] = make_uint4(words[0], words[1], words[2], words[3]);
}

template <class T>
cudaError_t launchPackHead(const void* from, int firstRow, int rows, int hidden, __half* head, cudaStream_t stream) {
    const std::size_t pieces = static_cast<std::size_t>(rows) * (hidden / 8);
    packHeadKernel<<<static_cast<unsigned>((pieces + 255) / 256), 256, 0, stream>>>(
        static_cast<const T*>(from), firstRow, rows, hidden, reinterpret_cast<uint4*>(head));
    return cudaGetLastError();
}

} // namespace

cudaError_t packHead(const void* from, DType dtype, int firstRow, int rows, int hidden, __half* head,
                     cudaStream_t stream) {
    switch (dtype) {
    case DType::f16:
        return launchPackHead<__half>(from, firstRow, rows, hidden, head, stream);
    case DType::bf16:
        return launchPackHead<__nv_bfloat16>(from, firstRow, rows, hidden, head, stream);
    case DType::f32:
        return launchPackHead<float>(from, firstRow, rows, hidden, head, stream);
    default:
        return cudaErrorInvalidValue;
    }
}

cudaError_t headLogits(const HeadArguments& arguments, cudaStream_t stream) {
    int device = 0, multiprocessors = 1;
    if (const cudaError_t error = cudaGetDevice(&device); error != cudaSuccess) return error;
    if (const cudaError_t error = cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, device);
        error != cudaSuccess)
        return error;
    // 16 rows at once only where their shared memory is granted.
    int granted = 0;
    if (const cudaError_t error = cudaDeviceGetAttribute(&granted, cudaDevAttrMaxSharedMemoryPerBlockOptin, device);
        error != cudaSuccess)
        return error;
    const auto sharedBytes = [&](int rows) { return sizeof(__half) * rows * (arguments.hidden + kRowPadding); };
    const bool wide =
        arguments.rows > 8 && sharedBytes(16) + sizeof(float) * kWarps <= static_cast<std::size_t>(granted);
    const int rows = wide ? 16 : 8;
    const auto kernel = wide ? headKernel<2> : headKernel<1>;
    if (const cudaError_t error = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                                       static_cast<int>(sharedBytes(rows)));
        error != cudaSuccess)
        return error;
    const int tiles = (arguments.vocab + 15) / 16;
    const dim3 grid(std::min(multiprocessors, (tiles + kWarps - 1) / kWarps), (arguments.rows + rows - 1) / rows);
    return launchChained(kernel, grid, dim3(kThreads), sharedBytes(rows), stream, arguments);
}

} // namespace tramontane::gpu
