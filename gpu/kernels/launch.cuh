// How kernels follow each other: each may start while its predecessor still runs (programmatic dependent
// launch, from compute capability 9.0 on), prefetches what no kernel writes, and waits before it touches
// anything else.
#pragma once

#include <cuda_runtime.h>

namespace tramontane::gpu {

// Lets the next kernel of the stream start as soon as every block has come here (or ended).
__device__ __forceinline__ void launchDependents() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

// Orders: everything that earlier kernels of the stream wrote is visible after it. Every kernel that is
// launched by launchChained calls it, in all threads that read or write what others do, before they do.
__device__ __forceinline__ void waitForPredecessor() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

// Whether the current device overlaps chained kernels.
inline bool overlapsKernels() {
    int device = 0, major = 0;
    return cudaGetDevice(&device) == cudaSuccess &&
           cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device) == cudaSuccess && major >= 9;
}

// Launches `kernel` behind what the stream holds, overlapping it where the device can.
template <class... Parameters, class... Arguments>
cudaError_t launchChained(void (*kernel)(Parameters...), dim3 grid, dim3 block, std::size_t sharedBytes,
                          cudaStream_t stream, Arguments&&... arguments) {
    cudaLaunchConfig_t config{};
    config.gridDim = grid;
    config.blockDim = block;
    config.dynamicSmemBytes = sharedBytes;
    config.stream = stream;
    cudaLaunchAttribute attribute{};
    attribute.id = cudaLaunchAttributeProgrammaticStreamSerialization;
    attribute.val.programmaticStreamSerializationAllowed = 1;
    config.attrs = &attribute;
    static const bool overlaps = overlapsKernels();
    config.numAttrs = overlaps ? 1 : 0;
    return cudaLaunchKernelEx(&config, kernel, static_cast<Parameters>(arguments)...);
}

} // namespace tramontane::gpu
