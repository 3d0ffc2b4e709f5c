// A config in; whether the GPU's kernels cover it and what it takes of device memory out. Needs no CUDA.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/engine/kv_element.h"
#include "core/model/mistral_config.h"
#include "gpu/marlin/layout.h"

namespace tramontane::gpu {

// Null, or one sentence that says what the kernels do not cover.
const char* unsupportedShape(const ModelConfig& config);

// Of the weights once they are loaded: what a config allows at most, for biases and orders of their own count.
std::uint64_t gpuWeightBytes(const ModelConfig& config);

// What the last n layers take of the device, n = 1 to layerCount; the layers before them are the CPU's.
struct GpuNeed {
    int layerCount = 0, maxPositions = 0;
    std::uint64_t layerBytes = 0;      // weights of a layer
    std::uint64_t headBytes = 0;       // final norm and head
    std::uint64_t embeddingBytes = 0;  // where the first layer is there too; 0 where the head is the same
    std::uint64_t workBytes = 0;       // activations, logits, graphs and what stays free, generously
    std::uint64_t kvBytesPerToken = 0; // all layers

    std::uint64_t weightBytes(int layers) const;
    // With the cache of one sequence as long as the context, in whole pages.
    std::uint64_t bytes(int layers, int contextLength) const;
    std::uint64_t leastBytes() const { return bytes(layerCount, 1); }
    // The most layers that fit into `freeBytes` with their share of the cache; 0 where not one does.
    int layersThatFit(std::uint64_t freeBytes, int contextLength) const;
    // The most tokens that fit into `freeBytes` beside all layers, at most maxPositions; 0 where not even a page does.
    int longestContext(std::uint64_t freeBytes) const;
};
GpuNeed gpuNeed(const ModelConfig& config, KvElement kvElement = KvElement::f16);

// One packed linear of a layer, and where its parts lie in the layer's memory, in bytes.
struct LinearPlan {
    PackedShape shape;
    bool hasBias = false, hasOrder = false;
    std::size_t biasAt = 0, orderAt = 0, tilesAt = 0; // f32 (packed outputs), i32 (inputs), layout.h
};
// The memory of a layer: tables first, which go up in one piece, then tiles. Everything is aligned to 256 bytes.
struct LayerPlan {
    std::size_t inputNormAt = 0, postAttentionNormAt = 0; // f32 (hidden)
    std::vector<LinearPlan> linears;
    std::size_t tableBytes = 0, sizeBytes = 0;
};
// Fills in the places of `linears`, which tell their shapes and what they have.
LayerPlan planLayer(int hidden, std::vector<LinearPlan> linears);

constexpr std::size_t alignTo256(std::size_t sizeBytes) { return (sizeBytes + 255) & ~std::size_t{255}; }

} // namespace tramontane::gpu
