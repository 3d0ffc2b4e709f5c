// The shapes of a Mistral.
#include "core/model/model_shapes.h"

namespace tramontane {

std::vector<LinearShape> layerLinears(const MistralConfig& config) {
    const int queries = config.headCount * config.headDim, keys = config.kvHeadCount * config.headDim;
    return {
        {"self_attn.q_proj", config.hiddenSize, queries},
        {"self_attn.k_proj", config.hiddenSize, keys},
        {"self_attn.v_proj", config.hiddenSize, keys},
        {"self_attn.o_proj", queries, config.hiddenSize},
        {"mlp.gate_proj", config.hiddenSize, config.intermediateSize},
        {"mlp.up_proj", config.hiddenSize, config.intermediateSize},
        {"mlp.down_proj", config.intermediateSize, config.hiddenSize},
    };
}

int groupCount(const GptqConfig& gptq, int inputs) { return gptq.oneGroup ? 1 : inputs / gptq.groupSize; }

std::string layerPrefix(int layer) { return "model.layers." + std::to_string(layer) + "."; }

} // namespace tramontane
