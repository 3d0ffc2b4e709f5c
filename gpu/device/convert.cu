// bf16 and f32 to f16. Runs once a tensor, at load.
#include "gpu/device/convert.h"

#include <algorithm>

#include <cuda_bf16.h>

namespace tramontane::gpu {
namespace {

__device__ __half toHalf(float value) { return __float2half_rn(value); }
__device__ __half toHalf(__nv_bfloat16 value) { return __float2half_rn(__bfloat162float(value)); }

// Grid: any; 256 threads.
template <class T>
__global__ void convertKernel(const T* __restrict__ from, __half* __restrict__ to, std::size_t count) {
    const std::size_t step = static_cast<std::size_t>(gridDim.x) * blockDim.x;
    for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step)
        to[i] = toHalf(from[i]);
}

} // namespace

cudaError_t convertToHalf(const void* from, DType dtype, __half* to, std::size_t count, cudaStream_t stream) {
    constexpr int kThreads = 256;
    if (count == 0) return cudaSuccess;
    const auto blocks = static_cast<unsigned>(std::min<std::size_t>((count + kThreads - 1) / kThreads, 4096));
    switch (dtype) {
    case DType::f16:
        return cudaMemcpyAsync(to, from, count * 2, cudaMemcpyDeviceToDevice, stream);
    case DType::bf16:
        convertKernel<<<blocks, kThreads, 0, stream>>>(static_cast<const __nv_bfloat16*>(from), to, count);
        return cudaGetLastError();
    case DType::f32:
        convertKernel<<<blocks, kThreads, 0, stream>>>(static_cast<const float*>(from), to, count);
        return cudaGetLastError();
    default:
        return cudaErrorInvalidValue;
    }
}

} // namespace tramontane::gpu
