// measureGpuBandwidth() of a build without nvcc.
#include "gpu/device/memory_bandwidth.h"

namespace tramontane::gpu {

std::optional<GpuBandwidth> measureGpuBandwidth() { return std::nullopt; }

} // namespace tramontane::gpu
