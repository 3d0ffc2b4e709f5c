// The device that was asked for in, a backend on it or on the next best one out. Both programs open models here.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "core/base/result.h"
#include "core/engine/backend.h"
#include "core/engine/chat_engine.h"
#include "core/model/mistral_config.h"
#include "gpu/device/discovery.h"

namespace tramontane::gpu {

// Where a model shall run, before it is tried.
struct DeviceChoice {
    std::optional<GpuDevice> gpu; // none: the CPU
    int gpuLayers = 0;            // the last ones, on `gpu`; those before them on the CPU
    std::string note;             // a GPU is here and does not compute all: one sentence that says why
};
// Of the options `device`, `gpuLayers`, `contextLength` and `kvElement` count. auto and cuda take the GPU with the most
// free memory, and as many layers as fit with their share of the cache of the whole context. Where the kernels do not
// cover the model or not one layer fits, auto takes the CPU and cuda is an error: notFound, unsupported or outOfMemory. A
// number of layers that does not fit is outOfMemory, with what would; one above the model's means all of them.
Result<DeviceChoice> chooseDevice(const ModelOptions& options, const ModelConfig& config, const GpuDiscovery& found);

// Opens the model there. With auto, a GPU that fails at loading (its memory, its driver) leaves the CPU to do it.
// `note` is emptied, or says in plain words why a GPU that is here does not compute all of it.
Result<std::unique_ptr<Backend>> makeBestBackend(const ModelFiles& files, const ModelOptions& options,
                                                 const LoadProgress& progress, std::stop_token stop, std::string& note);

} // namespace tramontane::gpu
