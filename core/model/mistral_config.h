// config.json, quantize_config.json and generation_config.json in; the checked numbers of a Mistral out.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/engine/backend.h"
#include "core/engine/sampling_settings.h"

namespace tramontane {

struct MistralConfig {
    int hiddenSize = 0;
    int intermediateSize = 0;
    int layerCount = 0;
    int headCount = 0;
    int kvHeadCount = 0; // divides headCount
    int headDim = 0;     // even; hiddenSize/headCount unless the file says otherwise
    int vocabSize = 0;   // rows of the embedding
    int maxPositions = 0;
    float rmsNormEps = 1e-5f;
    float ropeTheta = 1e4f;
    std::optional<int> slidingWindow; // positions a token sees, itself included; none where no position is beyond it
    bool tiedHead = false;            // lm_head is the embedding
    TokenId bosToken = 1;
    std::vector<TokenId> eosTokens{2}; // generation_config.json over config.json
};

// W[k][n] = (q[k][n] - zero[g[k]][n]) * scale[g[k]][n]
struct GptqConfig {
    int groupSize = 128;   // rows that share a scale; 0 where oneGroup, for then it is each linear's K
    bool oneGroup = false; // group_size -1
    bool descAct = false;  // act-order: g_idx is no staircase
    bool symmetric = true;
    int zeroOffset = 1; // 1: format gptq stores zero-1; 0: gptq_v2 stores the zero
};

struct ModelConfig {
    MistralConfig mistral;
    GptqConfig gptq;
    SamplingSettings sampling; // generation_config.json over the program's defaults
};

// The texts of the three files; of quantize_config.json and generation_config.json there may be none.
struct ConfigTexts {
    std::string config;
    std::optional<std::string> quantize, generation;
};

// Quantization settings stand in config.json, quantize_config.json or both (then they must agree). Errors
// name the file and the field. Nothing that a file names is ever run or opened.
Result<ModelConfig> parseModelConfig(const ConfigTexts& texts);
// The same from the files of `directory`.
Result<ModelConfig> readModelConfig(const std::filesystem::path& directory);

} // namespace tramontane
