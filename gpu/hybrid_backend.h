// The first layers on the CPU and the last on the GPU, behind engine/backend.h: for a GPU that cannot hold the whole.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "core/base/result.h"
#include "core/cpu/cpu_backend.h"
#include "core/cpu/model_views.h"
#include "core/engine/backend.h"
#include "core/engine/chat_engine.h"
#include "core/engine/model_part.h"
#include "gpu/cuda_backend.h"

namespace tramontane::gpu {

struct HybridBackendOptions {
    int gpuLayers = 0; // the last ones; 1 to layerCount - 1
    CpuBackendOptions cpu{};
    CudaBackendOptions cuda{};
};

// Errors: those of the two, and nothing stays behind after one.
Result<std::unique_ptr<Backend>> makeHybridBackend(ModelViews views, const HybridBackendOptions& options,
                                                   const LoadProgress& progress, std::stop_token stop);

// Two parts that follow each other as one backend: every sequence is in both, and where one of them fails, the other is
// brought back to where it was. `front` begins with the embedding, `back` ends with the head; `device` names the two.
std::unique_ptr<Backend> joinParts(std::unique_ptr<ModelPart> front, std::unique_ptr<ModelPart> back,
                                   std::string device);

} // namespace tramontane::gpu
