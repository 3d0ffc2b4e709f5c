// A config in; the name, dtype and shape of every tensor its checkpoint must hold out. One list for whoever
// checks, counts or writes checkpoints.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/model/mistral_config.h"

namespace tramontane {

struct LinearShape {
    const char* name; // within its layer: "self_attn.q_proj"
    int inputs, outputs;
};

// The seven quantized linears of a layer: query, key, value, output, gate, up, down.
std::vector<LinearShape> layerLinears(const MistralConfig& config);
// Groups of a linear with `inputs` rows.
int groupCount(const GptqConfig& gptq, int inputs);

std::string layerPrefix(int layer); // "model.layers.3."

} // namespace tramontane
