// Adds up what the weights of a config take on the device.
#include "gpu/model_fit.h"

#include <algorithm>

#include "core/model/model_shapes.h"
#include "gpu/marlin/pack_order.h"

namespace tramontane::gpu {
namespace {

constexpr int kMostHeadsPerKvHead = 8;
constexpr int kPagePositions = 64; // kernels/kv_layout.h, which needs CUDA
// Chunks of activations and their logits, kernels and graphs; what KvPages leaves to the rest of the program.
constexpr std::uint64_t kWorkBytes = std::uint64_t{512} << 20;

int roundUp(int value, int multiple) { return (value + multiple - 1) / multiple * multiple; }

} // namespace

const char* unsupportedShape(const ModelConfig& config) {
    const MistralConfig& model = config.mistral;
    if (model.headDim != 32 && model.headDim != 64 && model.headDim != 96 && model.headDim != 128)
        return "The GPU's kernels run heads of 32, 64, 96 or 128 numbers, and this model's are of another size.";
    if (model.kvHeadCount <= 0 || model.headCount / model.kvHeadCount > kMostHeadsPerKvHead)
        return "The GPU's kernels run at most 8 heads for each pair of keys and values, and this model has more.";
    if (!config.gptq.oneGroup && config.gptq.groupSize % 32 != 0)
        return "The GPU's kernels run quantization groups of a multiple of 32 rows, and this model's are of another "
               "size.";
    return nullptr;
}

LayerPlan planLayer(int hidden, std::vector<LinearPlan> linears) {
    LayerPlan plan;
    std::size_t end = 0;
    const auto take = [&end](std::size_t sizeBytes) {
        const std::size_t at = end;
        end += alignTo256(sizeBytes);
        return at;
    };
    plan.inputNormAt = take(static_cast<std::size_t>(hidden) * sizeof(float));
    plan.postAttentionNormAt = take(static_cast<std::size_t>(hidden) * sizeof(float));
    for (LinearPlan& linear : linears) {
        if (linear.hasBias)
            linear.biasAt = take(static_cast<std::size_t>(linear.shape.packedOutputs()) * sizeof(float));
        if (linear.hasOrder)
            linear.orderAt = take(static_cast<std::size_t>(linear.shape.inputs) * sizeof(std::int32_t));
    }
    plan.tableBytes = end;
    for (LinearPlan& linear : linears) linear.tilesAt = take(linear.shape.sizeBytes());
    plan.linears = std::move(linears);
    plan.sizeBytes = end;
    return plan;
}

std::uint64_t gpuWeightBytes(const ModelConfig& config) {
    return gpuNeed(config).weightBytes(config.mistral.layerCount);
}

GpuNeed gpuNeed(const ModelConfig& config, KvElement kvElement) {
    const MistralConfig& model = config.mistral;
    std::vector<LinearPlan> linears;
    for (const LinearShape& shape : layerLinears(model)) {
        // Of gate and up, what down reads; none of the other outputs is padded by more than a tile.
        const bool feedsDown = shape.outputs == model.intermediateSize;
        LinearPlan linear;
        linear.shape =
            packedShapeOf(shape.inputs, groupCount(config.gptq, shape.inputs),
                          roundUp(shape.outputs, feedsDown ? kChunkInputs : kTileRows), !config.gptq.symmetric);
        linear.hasBias = true;
        linear.hasOrder = config.gptq.descAct;
        linears.push_back(linear);
    }
    const std::uint64_t table = alignTo256(static_cast<std::size_t>(model.vocabSize) * model.hiddenSize * 2);
    GpuNeed need;
    need.layerCount = model.layerCount;
    need.maxPositions = model.maxPositions;
    need.layerBytes = planLayer(model.hiddenSize, std::move(linears)).sizeBytes;
    need.headBytes = alignTo256(static_cast<std::size_t>(roundUp(model.vocabSize, kTileRows)) * model.hiddenSize * 2) +
                     alignTo256(static_cast<std::size_t>(model.hiddenSize) * sizeof(float));
    need.embeddingBytes = table; // beside a tied head, which lies in another order
    need.workBytes = kWorkBytes;
    need.kvBytesPerToken = std::uint64_t{2} * sizeBytes(kvElement) * static_cast<std::uint64_t>(model.layerCount) *
                           static_cast<std::uint64_t>(model.kvHeadCount) * static_cast<std::uint64_t>(model.headDim);
    return need;
}

std::uint64_t GpuNeed::weightBytes(int layers) const {
    return layerBytes * static_cast<std::uint64_t>(layers) + headBytes + (layers >= layerCount ? embeddingBytes : 0);
}

std::uint64_t GpuNeed::bytes(int layers, int contextLength) const {
    const std::uint64_t share =
        kvBytesPerToken / static_cast<std::uint64_t>(layerCount) * static_cast<std::uint64_t>(layers);
    return weightBytes(layers) + workBytes + share * static_cast<std::uint64_t>(roundUp(contextLength, kPagePositions));
}

int GpuNeed::layersThatFit(std::uint64_t freeBytes, int contextLength) const {
    int layers = layerCount;
    while (layers > 0 && bytes(layers, contextLength) > freeBytes) --layers;
    return layers;
}

int GpuNeed::longestContext(std::uint64_t freeBytes) const {
    if (freeBytes < leastBytes()) return 0;
    const std::uint64_t pages = (freeBytes - weightBytes(layerCount) - workBytes) / (kvBytesPerToken * kPagePositions);
    return static_cast<int>(std::min(pages * kPagePositions, static_cast<std::uint64_t>(maxPositions)));
}

} // namespace tramontane::gpu
