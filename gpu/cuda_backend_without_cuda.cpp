// makeCudaBackend() of a build without nvcc: no backend, and why.
#include "gpu/cuda_backend.h"
#include "gpu/device/discovery.h"

namespace tramontane::gpu {
namespace {

Error notBuilt() { return makeError(ErrorKind::notFound, discoverGpus().explanation); }

} // namespace

Result<std::unique_ptr<ModelPart>> makeCudaPart(ModelViews, const CudaBackendOptions&, const LoadProgress&,
                                                std::stop_token) {
    return notBuilt();
}

Result<std::unique_ptr<Backend>> makeCudaBackend(ModelViews, const CudaBackendOptions&, const LoadProgress&,
                                                 std::stop_token) {
    return notBuilt();
}

Result<std::unique_ptr<Backend>> makeCudaBackend(const ModelFiles&, const ModelOptions&, const LoadProgress&,
                                                 std::stop_token) {
    return notBuilt();
}

} // namespace tramontane::gpu
