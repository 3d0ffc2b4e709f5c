// How fast the current GPU's memory can be read: the measure a memory-bound step is held against. Needs no
// CUDA to ask.
#pragma once

#include <cstdint>
#include <optional>

namespace tramontane::gpu {

struct GpuBandwidth {
    double bytesPerSecond = 0;     // median of several readings
    std::uint64_t bufferBytes = 0; // read once a reading; several times the cache
    std::uint64_t cacheBytes = 0;  // L2
};

// Reads 4 GiB in place where that much memory is free, else what there is over and over, of the thread's
// current device. Some 0.1 s. None: there is no device, or it has no memory left to read.
std::optional<GpuBandwidth> measureGpuBandwidth();

} // namespace tramontane::gpu
