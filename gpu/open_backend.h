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
    std::string note;             // a GPU is here and is not chosen: one sentence that says why
};
// `device` is auto, cpu or cuda. cuda: the GPU with the most free memory; notFound or unsupported where none can.
// auto: the same where the kernels cover the model and weights with a first page fit, else the CPU.
Result<DeviceChoice> chooseDevice(const std::string& device, const ModelConfig& config, const GpuDiscovery& found);

// Opens the model there. With auto, a GPU that fails at loading (its memory, its driver) leaves the CPU to do it.
// `note` is emptied, or says in one plain sentence why a GPU that is here does not compute.
Result<std::unique_ptr<Backend>> makeBestBackend(const ModelFiles& files, const ModelOptions& options,
                                                 const LoadProgress& progress, std::stop_token stop, std::string& note);

} // namespace tramontane::gpu
