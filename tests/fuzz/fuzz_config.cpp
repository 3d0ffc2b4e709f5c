// Any three texts, with NUL between them, as config.json, quantize_config.json and generation_config.json:
// refused with one line, or numbers that a model can be built of.
#include <cmath>
#include <cstdlib>
#include <string>

#include "core/model/memory_estimate.h"
#include "core/model/mistral_config.h"
#include "core/model/model_shapes.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace tramontane;
    const std::string all(reinterpret_cast<const char*>(data), size);
    ConfigTexts texts;
    const std::size_t first = all.find('\0'), second = first == all.npos ? all.npos : all.find('\0', first + 1);
    texts.config = all.substr(0, first);
    if (first != all.npos) texts.quantize = all.substr(first + 1, second == all.npos ? all.npos : second - first - 1);
    if (second != all.npos) texts.generation = all.substr(second + 1);
    const Result<ModelConfig> config = parseModelConfig(texts);
    if (!config) {
        if (config.error().message.find('\n') != std::string::npos) std::abort();
        return 0;
    }
    const MistralConfig& mistral = config->mistral;
    if (mistral.kvHeadCount < 1 || mistral.headCount % mistral.kvHeadCount != 0 || mistral.headDim % 2 != 0)
        std::abort();
    if (!(mistral.ropeTheta >= 1) || !(mistral.rmsNormEps > 0) || !std::isfinite(mistral.ropeTheta)) std::abort();
    for (const LinearShape& linear : layerLinears(mistral)) {
        if (linear.inputs < 8 || linear.outputs < 8 || linear.outputs % 8 != 0) std::abort();
        const int groups = groupCount(config->gptq, linear.inputs);
        if (groups < 1 || linear.inputs % groups != 0) std::abort();
    }
    for (const TokenId token : mistral.eosTokens)
        if (token < 0 || token >= mistral.vocabSize) std::abort();
    if (!checkSamplingSettings(config->sampling).ok()) std::abort();
    if (estimateMemory(*config).weightBytes == 0) std::abort();
    return 0;
}
