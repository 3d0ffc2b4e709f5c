// Asks the CUDA runtime which devices there are; every failure means "no GPU" and a sentence that says why.
#include "gpu/device/discovery.h"

#include <algorithm>

#include <cuda_runtime_api.h>

#include "gpu/device/memory_limit.h"

namespace tramontane::gpu {

namespace {

constexpr int kOldestCompute = 80; // mma.sync on f16 with cp.async

std::string explain(cudaError_t error) {
    switch (error) {
    case cudaErrorNoDevice:
        return "No NVIDIA GPU was found, so the CPU is used.";
    case cudaErrorInsufficientDriver:
        return "The NVIDIA driver is missing or older than this build needs, so the CPU is used.";
    default:
        return std::string("The NVIDIA GPU could not be used (") + cudaGetErrorString(error) + "), so the CPU is used.";
    }
}

} // namespace

GpuDiscovery discoverGpus() {
    int count = 0;
    if (cudaError_t error = cudaGetDeviceCount(&count); error != cudaSuccess) {
        cudaGetLastError(); // the error is not sticky, but the next call would report it again
        return {{}, explain(error)};
    }
    GpuDiscovery found;
    const std::uint64_t limit = memoryLimitFromEnvironment();
    int current = 0; // whoever computes on a device meanwhile goes on there
    if (cudaGetDevice(&current) != cudaSuccess) current = 0;
    for (int ordinal = 0; ordinal < count; ++ordinal) {
        cudaDeviceProp properties{};
        if (cudaGetDeviceProperties(&properties, ordinal) != cudaSuccess) continue;
        if (properties.major * 10 + properties.minor < kOldestCompute) continue;
        GpuDevice device{
            ordinal, properties.name, properties.major, properties.minor, properties.multiProcessorCount, 0, 0};
        size_t freeBytes = 0, totalBytes = 0;
        if (cudaSetDevice(ordinal) != cudaSuccess || cudaMemGetInfo(&freeBytes, &totalBytes) != cudaSuccess) continue;
        device.freeBytes = freeWithin(limit, freeBytes, totalBytes);
        device.totalBytes = limit > 0 ? std::min<std::uint64_t>(limit, totalBytes) : totalBytes;
        found.devices.push_back(std::move(device));
    }
    cudaSetDevice(current);
    cudaGetLastError();
    std::stable_sort(found.devices.begin(), found.devices.end(),
                     [](const GpuDevice& a, const GpuDevice& b) { return a.freeBytes > b.freeBytes; });
    if (found.devices.empty())
        found.explanation = count == 0
                                ? explain(cudaErrorNoDevice)
                                : "The NVIDIA GPU here is older than compute capability 8.0, so the CPU is used.";
    return found;
}

} // namespace tramontane::gpu
