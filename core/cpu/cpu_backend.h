// The CPU backend behind engine/backend.h, with what tests choose: instruction set, rows a step, memory to take.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>

#include "core/base/result.h"
#include "core/cpu/instruction_set.h"
#include "core/cpu/model_views.h"
#include "core/cpu/weights_cache.h"
#include "core/engine/backend.h"
#include "core/engine/chat_engine.h"
#include "core/engine/model_part.h"

namespace tramontane {

struct CpuBackendOptions {
    InstructionSet instructionSet = bestInstructionSet();
    int threads = 0;                                  // 0: the physical cores
    int contextLength = 0;                            // 0: what the model was made for, capped at 8192
    int maxRows = 128;                                // rows of one step; a longer batch takes several
    std::function<std::uint64_t()> availableMemory{}; // for the KV cache; empty: what the system reports
    WeightsCacheOptions weightsCache{};               // none
};

// Errors: cancelled, outOfMemory, changedOnDisk. A failed load leaves nothing behind.
Result<std::unique_ptr<Backend>> makeCpuBackend(ModelViews views, const CpuBackendOptions& options,
                                                const LoadProgress& progress, std::stop_token stop);

// The same of views that may be a part of the layers (model_views.h).
Result<std::unique_ptr<ModelPart>> makeCpuPart(ModelViews views, const CpuBackendOptions& options,
                                               const LoadProgress& progress, std::stop_token stop);

// Where packed weights are kept, as a model's options say.
WeightsCacheOptions weightsCacheOf(const ModelOptions& options);

// What a context of 0 stands for, and the longest a model allows.
int contextLengthFor(const MistralConfig& config, int wanted);

} // namespace tramontane
