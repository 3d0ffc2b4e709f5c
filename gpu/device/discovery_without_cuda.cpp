// discoverGpus() of a build without nvcc: no devices, and why.
#include "gpu/device/discovery.h"

namespace tramontane::gpu {

GpuDiscovery discoverGpus() { return {{}, "This build of Tramontane has no CUDA backend, so the CPU is used."}; }

} // namespace tramontane::gpu
