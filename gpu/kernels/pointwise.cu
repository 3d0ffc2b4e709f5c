// The kernels behind pointwise.h. Each row is read once and written once; arithmetic in f32.
#include "gpu/kernels/launch.cuh"
#include "gpu/kernels/pointwise.h"
#include "gpu/marlin/decode_linear.h"

namespace tramontane::gpu {
namespace {

constexpr int kThreads = 256;

// One block a row.
__global__ void embedKernel(const int* tokens, const __half* embedding, int hidden, float* residual) {
    launchDependents();
    waitForPredecessor();
    const __half2* from =
        reinterpret_cast<const __half2*>(embedding + static_cast<std::size_t>(tokens[blockIdx.x]) * hidden);
    auto* to = reinterpret_cast<float2*>(residual + static_cast<std::size_t>(blockIdx.x) * hidden);
    for (int i = threadIdx.x; i < hidden / 2; i += kThreads) to[i] = __half22float2(from[i]);
}

// One block a row; the row is read twice, the second time from a cache.
__global__ void __launch_bounds__(kThreads) normalizeKernel(NormArguments a) {
    __shared__ float sums[kThreads / 32];
    launchDependents();
    waitForPredecessor();
    const int source = a.sources != nullptr ? a.sources[blockIdx.x] : static_cast<int>(blockIdx.x);
    const auto* row = reinterpret_cast<const float4*>(a.residual + static_cast<std::size_t>(source) * a.hidden);
    float sum = 0;
    for (int i = threadIdx.x; i < a.hidden / 4; i += kThreads) {
        const float4 v = row[i];
        sum += v.x * v.x + v.y * v.y + v.z * v.z + v.w * v.w;
    }
#pragma unroll
    for (int offset = 16; offset > 0; offset /= 2) sum += __shfl_xor_sync(~0u, sum, offset);
    if (threadIdx.x % 32 == 0) sums[threadIdx.x / 32] = sum;
    __syncthreads();
    sum = 0;
#pragma unroll
    for (int i = 0; i < kThreads / 32; ++i) sum += sums[i];
    const float scale = rsqrtf(sum / static_cast<float>(a.hidden) + a.eps);
    __half* out = a.out + static_cast<std::size_t>(blockIdx.x) * a.outStride;
    for (int i = threadIdx.x; i < a.hidden / 4; i += kThreads) {
        const float4 v = row[i], w = reinterpret_cast<const float4*>(a.weight)[i];
        const int4 to = a.order != nullptr ? reinterpret_cast<const int4*>(a.order)[i]
                                           : make_int4(4 * i, 4 * i + 1, 4 * i + 2, 4 * i + 3);
        out[to.x] = __float2half(v.x * scale * w.x);
        out[to.y] = __float2half(v.y * scale * w.y);
        out[to.z] = __float2half(v.z * scale * w.z);
        out[to.w] = __float2half(v.w * scale * w.w);
    }
}

// One block a row; each thread takes pairs of dimensions i and i + D/2 of all heads, of values as well.
__global__ void __launch_bounds__(kThreads) rotateKernel(RotateArguments a) {
    launchDependents();
    waitForPredecessor();
    const int m = blockIdx.x, dim = a.kv.shape.headDim, half = dim / 2, kvHeads = a.kv.shape.kvHeads;
    const int position = a.rows.positions[m], allHeads = a.heads + 2 * kvHeads;
    const __half* from = a.queryKeyValue + static_cast<std::size_t>(m) * allHeads * dim;
    __half* page =
        a.kv.table[static_cast<std::size_t>(a.rows.sequences[m]) * a.kv.pagesPerSequence + position / kPagePositions] +
        static_cast<std::size_t>(position % kPagePositions) * dim;
    for (int item = threadIdx.x; item < allHeads * half; item += kThreads) {
        const int head = item / half, i = item % half, kvHead = head - a.heads;
        float first = __half2float(from[head * dim + i]), second = __half2float(from[head * dim + i + half]);
        if (kvHead < kvHeads) {
            float sine, cosine;
            sincosf(static_cast<float>(position) * a.inverseFrequencies[i], &sine, &cosine);
            const float turned = first * cosine - second * sine;
            second = second * cosine + first * sine;
            first = turned;
        }
        __half* to;
        if (kvHead < 0)
            to = a.queries + (static_cast<std::size_t>(m) * a.heads + head) * dim;
        else
            to = page + a.kv.shape.offset(a.layer, kvHead >= kvHeads, kvHead % kvHeads);
        to[i] = __float2half(first);
        to[i + half] = __float2half(second);
    }
}

__global__ void siluKernel(__half* gate, const __half* up, int columns, int stride) {
    launchDependents();
    waitForPredecessor();
    const std::size_t row = static_cast<std::size_t>(blockIdx.y) * stride;
    for (int c = blockIdx.x * kThreads + threadIdx.x; c < columns; c += gridDim.x * kThreads) {
        const float g = __half2float(gate[row + c]);
        gate[row + c] = __float2half(g / (1.0f + __expf(-g)) * __half2float(up[row + c]));
    }
}

__global__ void slotsKernel(const int* order, int count, int* slots) {
    const int k = blockIdx.x * kThreads + threadIdx.x;
    if (k < count) slots[k] = fragmentSlot(order != nullptr ? order[k] : k);
}

} // namespace

cudaError_t toFragmentSlots(const int* order, int count, int* slots, cudaStream_t stream) {
    slotsKernel<<<(count + kThreads - 1) / kThreads, kThreads, 0, stream>>>(order, count, slots);
    return cudaGetLastError();
}

cudaError_t embed(const int* tokens, int rows, const __half* embedding, int hidden, float* residual,
                  cudaStream_t stream) {
    return launchChained(embedKernel, dim3(rows), dim3(kThreads), 0, stream, tokens, embedding, hidden, residual);
}

cudaError_t normalize(const NormArguments& arguments, cudaStream_t stream) {
    return launchChained(normalizeKernel, dim3(arguments.rows), dim3(kThreads), 0, stream, arguments);
}

cudaError_t rotateAndCache(const RotateArguments& arguments, cudaStream_t stream) {
    return launchChained(rotateKernel, dim3(arguments.rows.count), dim3(kThreads), 0, stream, arguments);
}

cudaError_t siluTimes(__half* gate, const __half* up, int rows, int columns, int stride, cudaStream_t stream) {
    const int blocks = (columns + 4 * kThreads - 1) / (4 * kThreads);
    return launchChained(siluKernel, dim3(blocks, rows), dim3(kThreads), 0, stream, gate, up, columns, stride);
}

} // namespace tramontane::gpu
