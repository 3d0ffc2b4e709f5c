// A checked model in, everything that the GPU's step reads in device memory out.
#pragma once

#include <cstdint>
#include <stop_token>
#include <vector>

#include <cuda_fp16.h>

#include "core/base/result.h"
#include "core/cpu/model_views.h"
#include "core/engine/chat_engine.h"
#include "gpu/device/device_memory.h"
#include "gpu/marlin/device_linear.h"

namespace tramontane::gpu {

// Linears that read the same row are one where their act-orders are equal, else one each.
struct GpuLayer {
    const float* inputNorm = nullptr;         // (hidden)
    const float* postAttentionNorm = nullptr; // (hidden)
    // One linear, columns q, k, v one after the other, q and k in rotary order; or three: q (rotary), k (rotary), v (plain).
    std::vector<DeviceLinear> queryKeyValue;
    DeviceLinear output; // plain
    // One linear in gateUp order, or gate and up, both plain; their columns in the order in which down reads, padding
    // included: packed column c is what down's packed input c reads.
    std::vector<DeviceLinear> gateUp;
    DeviceLinear down; // plain; inputOrder null: its input lies in packed order already
};

struct GpuWeights {
    std::vector<GpuLayer> layers;
    const __half* embedding = nullptr;   // (vocab, hidden); null: of a part of the layers that begins with others
    const __half* head = nullptr;        // (vocab, hidden) in tiles: kernels/head.h
    const float* finalNorm = nullptr;    // (hidden)
    std::uint64_t sizeBytes = 0;         // on the device
    std::uint64_t bytesReadPerToken = 0; // by a batch-1 step, without the KV cache
    std::vector<DeviceMemory> storage;
};

// Whether the kernels cover the model: null, or one sentence that says what they do not.
const char* unsupportedShape(const ModelConfig& config);

// What loadGpuWeights takes of device memory, known before anything is taken.
std::uint64_t gpuWeightBytes(const ModelConfig& config);

// Uploads the tensors as they lie in the file through pinned buffers and repacks them on the current device, layer by
// layer. The views may be a part of the layers, with the head. The device counts as one of `memoryLimitBytes`
// (device/memory_limit.h; 0: as it is). Errors: cancelled, outOfMemory (before anything is taken, with figures),
// changedOnDisk, internal (the device). Nothing stays behind after one.
Result<GpuWeights> loadGpuWeights(const ModelViews& views, const LoadProgress& progress, std::stop_token stop,
                                  std::uint64_t memoryLimitBytes = 0);

} // namespace tramontane::gpu
