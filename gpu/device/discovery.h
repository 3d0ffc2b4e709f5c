// Which NVIDIA GPUs there are and whether our kernels run on them. Harmless without a driver.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tramontane::gpu {

struct GpuDevice {
    int ordinal = 0;  // as cudaSetDevice counts
    std::string name; // "NVIDIA H200"
    int computeMajor = 0, computeMinor = 0;
    int multiprocessors = 0;
    std::uint64_t totalBytes = 0, freeBytes = 0; // within the limit of memory_limit.h
};

struct GpuDiscovery {
    std::vector<GpuDevice> devices; // compute capability 8.0 and up, most free memory first
    std::string explanation;        // one plain sentence for a person where `devices` is empty
};

GpuDiscovery discoverGpus();

} // namespace tramontane::gpu
