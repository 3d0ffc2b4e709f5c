// The CUDA backend behind engine/backend.h, and what a program or a test chooses of it.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>

#include "core/base/result.h"
#include "core/cpu/model_views.h"
#include "core/engine/backend.h"
#include "core/engine/chat_engine.h"
#include "core/engine/model_part.h"

namespace tramontane::gpu {

struct CudaBackendOptions {
    int deviceOrdinal = 0; // as cudaSetDevice counts
    int contextLength = 0; // 0: what the model was made for, capped at 8192
    int prefillRows = 0;   // tokens that one pass reads at most; 0: what suits the device
    // The device counts as one of so many bytes (device/memory_limit.h); 0: as it is, or as the environment says.
    std::uint64_t memoryLimitBytes = 0;
    KvElement kvElement = KvElement::f16;
};

// The device stays the calling thread's current one. Errors: cancelled, outOfMemory (weights and a first page do not
// fit; told before anything is taken), unsupported (model_fit.h), changedOnDisk, notFound (no such device), internal.
// A failed load leaves nothing behind.
Result<std::unique_ptr<Backend>> makeCudaBackend(ModelViews views, const CudaBackendOptions& options,
                                                 const LoadProgress& progress, std::stop_token stop);

// The same of views that may be a part of the layers with the head (core/cpu/model_views.h).
Result<std::unique_ptr<ModelPart>> makeCudaPart(ModelViews views, const CudaBackendOptions& options,
                                                const LoadProgress& progress, std::stop_token stop);

// The same on the device with the most free memory; options.device does not count.
Result<std::unique_ptr<Backend>> makeCudaBackend(const ModelFiles& files, const ModelOptions& options,
                                                 const LoadProgress& progress, std::stop_token stop);

} // namespace tramontane::gpu
