// The kernel behind head.h. Bound by reading the head once for every 8 rows.
//
// logits = norm(residual) · headᵀ: the head's rows are the A operand of mma.m16n8k16, straight from global memory; a
// lane's 16 bytes are eight neighbouring inputs, and the normed rows in shared memory are read in the same order.
// Needs hidden % 32 == 0. Grid: one block a multiprocessor, 8 rows of the batch at a time; a warp takes 16 rows of the head.
// Rounding: normed rows to f16, f32 sums. Test: tests/gpu/pointwise_test.cpp
#include <algorithm>

#include "gpu/kernels/head.h"
#include "gpu/kernels/launch.cuh"
#include "gpu/marlin/fragments.cuh"

namespace tramontane::gpu {
namespace {

constexpr int kWarps = 16, kThreads = 32 * kWarps, kRows = 8, kRowPadding = 32;
constexpr int kAhead = 4; // loads of 32 inputs that are under way

// Rows of the batch, normed, (kRows, hidden + kRowPadding); rows beyond the last are zero.
__device__ void normRows(const HeadArguments& a, int firstRow, __half* to) {
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, quads = a.hidden / 4;
    __shared__ float sums[kWarps];
    // Two warps a row.
    const int m = warp / 2, row = firstRow + m, part = warp % 2 * 32 + lane;
    const bool wanted = row < a.rows;
    const int source = !wanted ? 0 : a.sources != nullptr ? a.sources[row] : row;
    const auto* from = reinterpret_cast<const float4*>(a.residual + static_cast<std::size_t>(source) * a.hidden);
    float sum = 0;
    if (wanted)
        for (int q = part; q < quads; q += 64) {
            const float4 v = from[q];
            sum += v.x * v.x + v.y * v.y + v.z * v.z + v.w * v.w;
        }
#pragma unroll
    for (int offset = 16; offset > 0; offset /= 2) sum += __shfl_xor_sync(~0u, sum, offset);
    if (lane == 0) sums[warp] = sum;
    __syncthreads();
    const float scale = rsqrtf((sums[warp & ~1] + sums[warp | 1]) / static_cast<float>(a.hidden) + a.eps);
    auto* out = reinterpret_cast<__half2*>(to + static_cast<std::size_t>(m) * (a.hidden + kRowPadding));
    for (int q = part; q < quads; q += 64) {
        float4 v = make_float4(0, 0, 0, 0);
        if (wanted) {
            v = from[q];
            const float4 w = reinterpret_cast<const float4*>(a.norm)[q];
            v = make_float4(v.x * scale * w.x, v.y * scale * w.y, v.z * scale * w.z, v.w * scale * w.w);
        }
        out[2 * q] = __floats2half2_rn(v.x, v.y);
        out[2 * q + 1] = __floats2half2_rn(v.z, v.w);
    }
    __syncthreads();
}

struct HeadRows {
    uint4 upper, lower; // eight inputs of rows g and g + 8
};

__device__ __forceinline__ uint4 loadStreamed(const uint4* from) {
    uint4 v;
    asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0,%1,%2,%3}, [%4];" : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w) : "l"(from));
    return v;
}

__global__ void __launch_bounds__(kThreads, 1) headKernel(const HeadArguments a) {
    extern __shared__ __align__(128) __half normed[];
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;
    const int steps = a.hidden / 32, tiles = (a.vocab + 15) / 16, firstRow = blockIdx.y * kRows;
    launchDependents();
    waitForPredecessor();
    normRows(a, firstRow, normed);
    const uint4* x = reinterpret_cast<const uint4*>(normed + static_cast<std::size_t>(g) * (a.hidden + kRowPadding)) + t;
    for (int tile = blockIdx.x * kWarps + warp; tile < tiles; tile += gridDim.x * kWarps) {
        const int n = tile * 16 + g;
        const auto* upper = reinterpret_cast<const uint4*>(a.head + static_cast<std::size_t>(min(n, a.vocab - 1)) * a.hidden) + t;
        const auto* lower = reinterpret_cast<const uint4*>(a.head + static_cast<std::size_t>(min(n + 8, a.vocab - 1)) * a.hidden) + t;
        float sums[4] = {};
        HeadRows ahead[kAhead];
#pragma unroll
        for (int i = 0; i < kAhead; ++i)
            if (i < steps) ahead[i] = {loadStreamed(upper + 4 * i), loadStreamed(lower + 4 * i)};
        for (int first = 0; first < steps; first += kAhead)
#pragma unroll
            for (int i = 0; i < kAhead; ++i) {
                const int step = first + i;
                if (step >= steps) break;
                const HeadRows now = ahead[i];
                if (step + kAhead < steps)
                    ahead[i] = {loadStreamed(upper + 4 * (step + kAhead)), loadStreamed(lower + 4 * (step + kAhead))};
                const uint4 in = x[4 * step];
                multiplyAdd(sums, now.upper.x, now.lower.x, now.upper.y, now.lower.y, in.x, in.y);
                multiplyAdd(sums, now.upper.z, now.lower.z, now.upper.w, now.lower.w, in.z, in.w);
            }
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            const int m = firstRow + 2 * t + i % 2, column = n + 8 * (i / 2);
            if (m < a.rows && column < a.vocab) a.logits[static_cast<std::size_t>(m) * a.vocab + column] = sums[i];
        }
    }
}

} // namespace

cudaError_t headLogits(const HeadArguments& arguments, cudaStream_t stream) {
    int device = 0, multiprocessors = 1;
    if (const cudaError_t error = cudaGetDevice(&device); error != cudaSuccess) return error;
    if (const cudaError_t error = cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, device); error != cudaSuccess)
        return error;
    const std::size_t sharedBytes = sizeof(__half) * kRows * (arguments.hidden + kRowPadding);
    if (const cudaError_t error = cudaFuncSetAttribute(headKernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(sharedBytes));
        error != cudaSuccess)
        return error;
    const int tiles = (arguments.vocab + 15) / 16;
    const dim3 grid(std::min(multiprocessors, (tiles + kWarps - 1) / kWarps), (arguments.rows + kRows - 1) / kRows);
    return launchChained(headKernel, grid, dim3(kThreads), sharedBytes, stream, arguments);
}

} // namespace tramontane::gpu
