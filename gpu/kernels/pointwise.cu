// The kernels behind pointwise.h. Each row is read once and written once; arithmetic in f32.
#include "gpu/kernels/kv_element.cuh"
#include "gpu/kernels/launch.cuh"
#include "gpu/kernels/pointwise.h"
#include "gpu/kernels/warp_matrix.cuh"
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

// One block a row, of which each thread holds kHeld times four numbers; what is longer is read twice, the second time
// from a cache. The norm's weights and the order, which no kernel writes, are read ahead of the row. Numbers meet their
// places in shared memory (kOrdered): two bytes here and there in global memory would take a multiprocessor longer than
// all the rest.
constexpr int kNormThreads = 512, kHeld = 2;
template <bool kOrdered>
__global__ void __launch_bounds__(kNormThreads) normalizeKernel(NormArguments a) {
    __shared__ float sums[kNormThreads / 32];
    extern __shared__ __align__(16) __half ordered[]; // (outStride)
    launchDependents();
    const int quads = a.hidden / 4, pieces = a.outStride / 8;
    const auto weightAt = [&](int i) { return __ldg(reinterpret_cast<const float4*>(a.weight) + i); };
    const auto placeOf = [&](int i) {
        return kOrdered ? __ldg(reinterpret_cast<const int4*>(a.order) + i) : make_int4(0, 0, 0, 0);
    };
    float4 weights[kHeld], held[kHeld];
    int4 places[kHeld];
#pragma unroll
    for (int j = 0; j < kHeld; ++j)
        if (const int i = threadIdx.x + j * kNormThreads; i < quads) weights[j] = weightAt(i), places[j] = placeOf(i);
    for (int i = threadIdx.x; kOrdered && i < pieces; i += kNormThreads)
        reinterpret_cast<uint4*>(ordered)[i] = make_uint4(0, 0, 0, 0);
    waitForPredecessor();
    const int source = a.sources != nullptr ? a.sources[blockIdx.x] : static_cast<int>(blockIdx.x);
    const auto* row = reinterpret_cast<const float4*>(a.residual + static_cast<std::size_t>(source) * a.hidden);
    float sum = 0;
    const auto square = [](const float4& v) { return v.x * v.x + v.y * v.y + v.z * v.z + v.w * v.w; };
#pragma unroll
    for (int j = 0; j < kHeld; ++j)
        if (const int i = threadIdx.x + j * kNormThreads; i < quads) held[j] = row[i], sum += square(held[j]);
    for (int i = threadIdx.x + kHeld * kNormThreads; i < quads; i += kNormThreads) sum += square(row[i]);
#pragma unroll
    for (int offset = 16; offset > 0; offset /= 2) sum += __shfl_xor_sync(~0u, sum, offset);
    if (threadIdx.x % 32 == 0) sums[threadIdx.x / 32] = sum;
    __syncthreads(); // orders: the warps' sums before the sum of them, the zeros before the numbers
    sum = 0;
#pragma unroll
    for (int i = 0; i < kNormThreads / 32; ++i) sum += sums[i];
    const float scale = rsqrtf(sum / static_cast<float>(a.hidden) + a.eps);
    auto* out = reinterpret_cast<uint2*>(a.out + static_cast<std::size_t>(blockIdx.x) * a.outStride);
    const auto write = [&](int i, const float4& v, const float4& w, const int4& to) {
        const float4 n = {v.x * scale * w.x, v.y * scale * w.y, v.z * scale * w.z, v.w * scale * w.w};
        if constexpr (kOrdered) {
            ordered[to.x] = __float2half(n.x);
            ordered[to.y] = __float2half(n.y);
            ordered[to.z] = __float2half(n.z);
            ordered[to.w] = __float2half(n.w);
        } else {
            out[i] = make_uint2(packHalves(n.x, n.y), packHalves(n.z, n.w));
        }
    };
#pragma unroll
    for (int j = 0; j < kHeld; ++j)
        if (const int i = threadIdx.x + j * kNormThreads; i < quads) write(i, held[j], weights[j], places[j]);
    for (int i = threadIdx.x + kHeld * kNormThreads; i < quads; i += kNormThreads)
        write(i, row[i], weightAt(i), placeOf(i));
    if constexpr (kOrdered) {
        __syncthreads(); // orders: the numbers before they are copied
        for (int i = threadIdx.x; i < pieces; i += kNormThreads)
            reinterpret_cast<uint4*>(out)[i] = reinterpret_cast<const uint4*>(ordered)[i];
    }
}

// One block a row; each thread takes pairs of dimensions i and i + D/2 of all heads, of values as well.
template <KvElement E>
__global__ void __launch_bounds__(kThreads) rotateKernel(RotateArguments a) {
    launchDependents();
    waitForPredecessor();
    const int m = blockIdx.x, dim = a.kv.shape.headDim, half = dim / 2, kvHeads = a.kv.shape.kvHeads;
    const int position = a.rows.positions[m], allHeads = a.heads + 2 * kvHeads;
    const __half* from = a.queryKeyValue + static_cast<std::size_t>(m) * allHeads * dim;
    auto* page = numbersOf<E>(a.kv.table[static_cast<std::size_t>(a.rows.sequences[m]) * a.kv.pagesPerSequence +
                                         position / kPagePositions]) +
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
        void* to;
        if (kvHead < 0)
            to = a.queries + (static_cast<std::size_t>(m) * a.heads + head) * dim;
        else
            to = page + a.kv.shape.offset(a.layer, kvHead >= kvHeads, kvHead % kvHeads);
        storeTwo<E>(to, kvHead < 0, i, i + half, first, second);
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
    if (arguments.order == nullptr)
        return launchChained(normalizeKernel<false>, dim3(arguments.rows), dim3(kNormThreads), 0, stream, arguments);
    const std::size_t sharedBytes = sizeof(__half) * static_cast<std::size_t>(arguments.outStride);
    if (const cudaError_t error = cudaFuncSetAttribute(
            normalizeKernel<true>, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(sharedBytes));
        error != cudaSuccess)
        return error;
    return launchChained(normalizeKernel<true>, dim3(arguments.rows), dim3(kNormThreads), sharedBytes, stream,
                         arguments);
}

cudaError_t rotateAndCache(const RotateArguments& arguments, cudaStream_t stream) {
    const auto kernel =
        arguments.kv.shape.element == KvElement::fp8 ? rotateKernel<KvElement::fp8> : rotateKernel<KvElement::f16>;
    return launchChained(kernel, dim3(arguments.rows.count), dim3(kThreads), 0, stream, arguments);
}

cudaError_t siluTimes(__half* gate, const __half* up, int rows, int columns, int stride, cudaStream_t stream) {
    const int blocks = (columns + 4 * kThreads - 1) / (4 * kThreads);
    return launchChained(siluKernel, dim3(blocks, rows), dim3(kThreads), 0, stream, gate, up, columns, stride);
}

} // namespace tramontane::gpu
