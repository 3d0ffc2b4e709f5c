// config.json, quantize_config.json and generation_config.json in; the checked numbers of a Mistral out.
#include "core/model/mistral_config.h"

#include <algorithm>
#include <climits>
#include <string>

#include "core/base/bytes.h"
#include "core/files/json_file.h"
#include "core/model/config_fields.h"
#include "core/model/gptq_config.h"

namespace tramontane {
namespace {

constexpr char configFile[] = "config.json";

// Bounds beyond every published model of the family, and small enough that no product of two overflows.
constexpr int maxWidth = 1 << 18, maxLayers = 1024, maxHeads = 4096, maxHeadDim = 1024;
constexpr int maxVocab = 1 << 20, maxPositionsBound = 1 << 24;

constexpr char quantizeFile[] = "quantize_config.json", generationFile[] = "generation_config.json";

// None where there is no such file.
Result<std::optional<std::string>> readOptional(const std::filesystem::path& path) {
    std::error_code ignored;
    if (!std::filesystem::exists(std::filesystem::symlink_status(path, ignored))) return std::optional<std::string>();
    Result<std::string> text = readSmallFile(path, maxJsonFileBytes);
    if (!text) return std::move(text).error();
    return std::optional(std::move(text).value());
}

// Null where there is no text.
Result<nlohmann::json> parseOptional(const std::optional<std::string>& text, const char* fileName) {
    if (!text) return nlohmann::json();
    return parseJsonObject(*text, fileName);
}

// Only a Mistral: an architecture that looks alike computes something else.
void checkArchitecture(ConfigFields& fields) {
    const std::string type = fields.text("model_type", "");
    bool named = false;
    if (const nlohmann::json* list = fields.value("architectures")) {
        named = list->is_array() && std::any_of(list->begin(), list->end(), [](const nlohmann::json& name) {
                    return name.is_string() && name.get_ref<const std::string&>() == "MistralForCausalLM";
                });
        if (!named)
            fields.refuse("architectures", "does not hold MistralForCausalLM, the only one this program runs",
                          ErrorKind::unsupported);
    }
    if (type.empty() ? !named : type != "mistral")
        fields.refuse("model_type",
                      (type.empty() ? "is missing" : "is \"" + printableText(type, 60) + "\"") +
                          std::string(", expected \"mistral\""),
                      ErrorKind::unsupported);
    if (const std::string activation = fields.text("hidden_act", "silu"); activation != "silu")
        fields.refuse("hidden_act", "is \"" + printableText(activation, 60) + "\", expected \"silu\"",
                      ErrorKind::unsupported);
}

// rope_theta stands by itself, or in rope_parameters as newer files have it. Scaled rotary embeddings are
// another model's.
void readRope(ConfigFields& fields, MistralConfig& config) {
    for (const char* name : {"rope_parameters", "rope_scaling"}) {
        const nlohmann::json* rope = fields.value(name);
        if (rope == nullptr) continue;
        if (!rope->is_object()) {
            fields.refuse(name, "is " + shortJson(*rope) + ", expected an object or null");
            return;
        }
        ConfigFields inner(*rope, configFile, std::string(name) + ".");
        for (const char* kind : {"rope_type", "type"})
            if (const std::string type = inner.text(kind, "default"); type != "default")
                inner.refuse(kind, "is \"" + printableText(type, 60) + "\", expected \"default\"",
                             ErrorKind::unsupported);
        if (inner.has("rope_theta")) config.ropeTheta = float(inner.number("rope_theta", 1, 1e12));
        if (!inner.ok()) {
            const std::string& message = inner.error().message; // already whole
            fields.refuse(name, "is refused (" + message.substr(message.find(": ") + 2) + ")", inner.error().kind);
            return;
        }
    }
    if (fields.has("rope_theta")) config.ropeTheta = float(fields.number("rope_theta", 1, 1e12));
}

void readTokens(ConfigFields& fields, MistralConfig& config) {
    const int lastToken = config.vocabSize - 1;
    config.bosToken = TokenId(fields.integer("bos_token_id", 0, lastToken, config.bosToken));
    const nlohmann::json* eos = fields.value("eos_token_id");
    if (eos == nullptr) return;
    if (!eos->is_array()) {
        config.eosTokens = {TokenId(fields.integer("eos_token_id", 0, lastToken))};
        return;
    }
    config.eosTokens.clear();
    for (const nlohmann::json& id : *eos) {
        if (!id.is_number_unsigned() || id.get<std::uint64_t>() > std::uint64_t(lastToken)) {
            fields.refuse("eos_token_id",
                          "holds " + shortJson(id) + ", expected ids from 0 to " + std::to_string(lastToken));
            return;
        }
        config.eosTokens.push_back(TokenId(id.get<std::uint64_t>()));
    }
    if (config.eosTokens.empty() || config.eosTokens.size() > 64)
        fields.refuse("eos_token_id", "holds " + std::to_string(config.eosTokens.size()) + " ids, expected 1 to 64");
}

Result<MistralConfig> readMistral(const nlohmann::json& object) {
    ConfigFields fields(object, configFile);
    checkArchitecture(fields);
    MistralConfig config;
    config.hiddenSize = int(fields.integer("hidden_size", 8, maxWidth));
    config.intermediateSize = int(fields.integer("intermediate_size", 8, maxWidth));
    config.layerCount = int(fields.integer("num_hidden_layers", 1, maxLayers));
    config.headCount = int(fields.integer("num_attention_heads", 1, maxHeads));
    // null means as many as heads; a file that leaves it out is refused, for the published defaults differ.
    config.kvHeadCount = object.contains("num_key_value_heads") && !fields.has("num_key_value_heads")
                             ? config.headCount
                             : int(fields.integer("num_key_value_heads", 1, maxHeads));
    if (fields.ok() && config.headCount % config.kvHeadCount != 0)
        fields.refuse("num_key_value_heads", "is " + std::to_string(config.kvHeadCount) +
                                                 ", expected a divisor of num_attention_heads, " +
                                                 std::to_string(config.headCount));
    if (!fields.has("head_dim") && fields.ok() && config.hiddenSize % config.headCount != 0)
        fields.refuse("hidden_size", "is " + std::to_string(config.hiddenSize) +
                                         ", expected a multiple of num_attention_heads, " +
                                         std::to_string(config.headCount) + ", as there is no head_dim");
    config.headDim = int(fields.integer("head_dim", 2, maxHeadDim, config.hiddenSize / config.headCount));
    if (fields.ok() && (config.headDim < 2 || config.headDim > maxHeadDim || config.headDim % 2 != 0))
        fields.refuse("head_dim", "is " + std::to_string(config.headDim) + ", expected an even number from 2 to " +
                                      std::to_string(maxHeadDim));
    if (fields.ok() && config.headCount * config.headDim > maxWidth)
        fields.refuse("num_attention_heads", "times head_dim is " + std::to_string(config.headCount * config.headDim) +
                                                 ", expected at most " + std::to_string(maxWidth));
    config.vocabSize = int(fields.integer("vocab_size", 2, maxVocab));
    config.maxPositions = int(fields.integer("max_position_embeddings", 1, maxPositionsBound));
    config.rmsNormEps = float(fields.number("rms_norm_eps", 1e-12, 1e-1));
    readRope(fields, config);
    // What the published class takes where the file says nothing.
    if (!object.contains("sliding_window")) config.slidingWindow = 4096;
    if (fields.has("sliding_window")) config.slidingWindow = int(fields.integer("sliding_window", 1, INT_MAX));
    if (config.slidingWindow >= config.maxPositions) config.slidingWindow.reset();
    config.tiedHead = fields.boolean("tie_word_embeddings", false);
    for (const char* name : {"torch_dtype", "dtype"})
        if (const std::string type = fields.text(name, "float16");
            type != "float16" && type != "bfloat16" && type != "float32")
            fields.refuse(name, "is \"" + printableText(type, 60) + "\", expected float16, bfloat16 or float32");
    if (fields.ok()) readTokens(fields, config);
    if (!fields.ok()) return fields.error();
    return config;
}

// The quantized words hold eight rows, and eight columns of zeros; groups are whole.
Result<void> checkFit(const MistralConfig& mistral, const GptqConfig& gptq) {
    struct Width {
        const char* field;
        int value;
    };
    const Width widths[] = {{"hidden_size", mistral.hiddenSize},
                            {"intermediate_size", mistral.intermediateSize},
                            {"num_attention_heads times head_dim", mistral.headCount * mistral.headDim},
                            {"num_key_value_heads times head_dim", mistral.kvHeadCount * mistral.headDim}};
    for (const Width& width : widths) {
        const bool inputs = &width != &widths[3]; // keys and values are outputs only
        const int unit = inputs && !gptq.oneGroup ? gptq.groupSize : 8;
        if (width.value % unit != 0)
            return makeError(ErrorKind::invalidInput,
                             std::string(configFile) + ": " + width.field + " is " + std::to_string(width.value) +
                                 ", expected a multiple of " +
                                 (unit == 8 ? std::string("8") : "group_size, " + std::to_string(unit)));
    }
    return {};
}

// What the model's makers recommend, kept within what the settings can hold.
Result<void> readGeneration(const nlohmann::json& object, ModelConfig& config) {
    ConfigFields fields(object, generationFile);
    readTokens(fields, config.mistral);
    SamplingSettings& sampling = config.sampling;
    sampling.temperature = fields.number("temperature", 0, 100, sampling.temperature);
    sampling.topP = fields.number("top_p", 0, 1, sampling.topP);
    sampling.topK = int(fields.integer("top_k", 0, INT_MAX, sampling.topK));
    sampling.repeatPenalty = fields.number("repetition_penalty", 0.01, 100, sampling.repeatPenalty);
    if (!fields.ok()) return fields.error();
    for (const SamplingParameter& parameter : samplingParameters())
        parameter.set(sampling, std::clamp(parameter.get(sampling), parameter.minimum, parameter.maximum));
    return {};
}

} // namespace

Result<ModelConfig> parseModelConfig(const ConfigTexts& texts) {
    const Result<nlohmann::json> main = parseJsonObject(texts.config, configFile);
    if (!main) return main.error();
    const Result<nlohmann::json> quantize = parseOptional(texts.quantize, quantizeFile);
    if (!quantize) return quantize.error();
    const Result<nlohmann::json> generation = parseOptional(texts.generation, generationFile);
    if (!generation) return generation.error();

    Result<MistralConfig> mistral = readMistral(*main);
    if (!mistral) return std::move(mistral).error();
    const auto inConfig = main->find("quantization_config");
    const bool stands = inConfig != main->end() && !inConfig->is_null();
    const Result<GptqConfig> gptq =
        readGptqConfig(stands ? &*inConfig : nullptr, quantize->is_null() ? nullptr : &*quantize);
    if (!gptq) return gptq.error();
    TRY_OK(checkFit(*mistral, *gptq));

    ModelConfig config{std::move(mistral).value(), *gptq, {}};
    if (!generation->is_null()) TRY_OK(readGeneration(*generation, config));
    return config;
}

Result<ModelConfig> readModelConfig(const std::filesystem::path& directory) {
    Result<std::string> config = readSmallFile(directory / configFile, maxJsonFileBytes);
    if (!config) return std::move(config).error();
    Result<std::optional<std::string>> quantize = readOptional(directory / quantizeFile);
    if (!quantize) return std::move(quantize).error();
    Result<std::optional<std::string>> generation = readOptional(directory / generationFile);
    if (!generation) return std::move(generation).error();
    return parseModelConfig({std::move(config).value(), std::move(quantize).value(), std::move(generation).value()});
}

} // namespace tramontane
