// Random GPTQ Mistrals.
#include "tests/support/model_builder.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <numeric>
#include <random>
#include <stdexcept>
#include <system_error>

#include <stdlib.h>

#include "core/base/bytes.h"
#include "core/model/model_shapes.h"
#include "tests/core/text/sentencepiece_writer.h"

namespace tramontane::testing {
namespace {

// std::normal_distribution differs between libraries; this does not.
class Random {
public:
    explicit Random(std::uint32_t seed) : engine_(seed) {}
    std::uint32_t below(std::uint32_t bound) { return engine_() % bound; }
    double uniform() { return (engine_() + 0.5) / 4294967296.0; }
    double normal() { return std::sqrt(-2 * std::log(uniform())) * std::cos(6.283185307179586 * uniform()); }
    void shuffle(std::vector<int>& order) {
        for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[below(std::uint32_t(i))]);
    }

private:
    std::mt19937 engine_;
};

template <class T>
void append(std::string& bytes, T value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void appendDense(std::string& bytes, DType dtype, float value) {
    if (dtype == DType::f32) append(bytes, value);
    if (dtype == DType::f16) append(bytes, floatToHalf(value));
    if (dtype == DType::bf16) append(bytes, floatToBfloat16(value));
}

class Builder {
public:
    explicit Builder(const ModelRecipe& recipe) : recipe_(recipe), random_(recipe.seed) {}

    std::vector<BuiltTensor> build() {
        const std::int64_t hidden = recipe_.hidden, vocab = recipe_.vocab;
        addDense("model.embed_tokens.weight", {vocab, hidden}, 0, 1);
        MistralConfig shape;
        shape.hiddenSize = recipe_.hidden;
        shape.intermediateSize = recipe_.intermediate;
        shape.headCount = recipe_.heads;
        shape.kvHeadCount = recipe_.kvHeads;
        shape.headDim = recipe_.headDim;
        for (int layer = 0; layer < recipe_.layers; ++layer) {
            const std::string prefix = layerPrefix(layer);
            addDense(prefix + "input_layernorm.weight", {hidden}, 1, 0.1);
            addDense(prefix + "post_attention_layernorm.weight", {hidden}, 1, 0.1);
            std::vector<int> order;
            for (const LinearShape& linear : layerLinears(shape)) {
                const std::string name = linear.name;
                const bool follows = name == "self_attn.k_proj" || name == "self_attn.v_proj" || name == "mlp.up_proj";
                if (!follows || !recipe_.sharedOrders) order = randomOrder(linear.inputs);
                addLinear(prefix + name, linear, order);
            }
        }
        addDense("model.norm.weight", {hidden}, 1, 0.1);
        // Wide enough that the likeliest token is seldom in doubt.
        if (!recipe_.tiedHead) addDense("lm_head.weight", {vocab, hidden}, 0, 2 / std::sqrt(double(hidden)));
        return std::move(tensors_);
    }

private:
    std::vector<int> randomOrder(int count) {
        std::vector<int> order(std::size_t(count), 0);
        std::iota(order.begin(), order.end(), 0);
        random_.shuffle(order);
        return order;
    }

    void addDense(const std::string& name, std::vector<std::int64_t> shape, double mean, double deviation) {
        BuiltTensor tensor{name, recipe_.dense, std::move(shape), {}};
        std::int64_t count = 1;
        for (const std::int64_t dimension : tensor.shape) count *= dimension;
        for (std::int64_t i = 0; i < count; ++i)
            appendDense(tensor.bytes, tensor.dtype, float(mean + deviation * random_.normal()));
        tensors_.push_back(std::move(tensor));
    }

    void addLinear(const std::string& name, const LinearShape& shape, const std::vector<int>& order) {
        const std::int64_t inputs = shape.inputs, outputs = shape.outputs;
        const std::int64_t groupRows = recipe_.groupSize == -1 ? inputs : recipe_.groupSize;
        const std::int64_t groups = inputs / groupRows;
        constexpr double quantDeviation = 2.6; // of the four-bit values around their zero

        BuiltTensor qweight{name + ".qweight", DType::i32, {inputs / 8, outputs}, {}};
        for (std::int64_t i = 0; i < inputs / 8 * outputs; ++i) append(qweight.bytes, fourBits(8, quantDeviation));
        BuiltTensor qzeros{name + ".qzeros", DType::i32, {groups, outputs / 8}, {}};
        for (std::int64_t i = 0; i < groups * outputs / 8; ++i) {
            const std::uint32_t stored = recipe_.zerosV2 ? 8 : 7;
            append(qzeros.bytes, recipe_.symmetric ? stored * 0x11111111u : fourBits(stored, 1.5));
        }
        BuiltTensor scales{name + ".scales", DType::f16, {groups, outputs}, {}};
        const double scale = 1 / std::sqrt(double(inputs)) / quantDeviation;
        for (std::int64_t i = 0; i < groups * outputs; ++i)
            append(scales.bytes, floatToHalf(float(scale * std::exp(0.3 * random_.normal()))));
        tensors_.push_back(std::move(qweight));
        tensors_.push_back(std::move(qzeros));
        tensors_.push_back(std::move(scales));
        if (recipe_.actOrder || recipe_.staircaseIndex) {
            std::vector<std::int32_t> index(std::size_t(inputs), 0);
            for (std::int64_t i = 0; i < inputs; ++i)
                index[std::size_t(recipe_.actOrder ? order[std::size_t(i)] : i)] = std::int32_t(i / groupRows);
            BuiltTensor tensor{name + ".g_idx", DType::i32, {inputs}, {}};
            for (const std::int32_t group : index) append(tensor.bytes, group);
            tensors_.push_back(std::move(tensor));
        }
        if (recipe_.bias) {
            BuiltTensor tensor{name + ".bias", DType::f16, {outputs}, {}};
            for (std::int64_t i = 0; i < outputs; ++i) append(tensor.bytes, floatToHalf(float(0.1 * random_.normal())));
            tensors_.push_back(std::move(tensor));
        }
    }

    std::uint32_t fourBits(double center, double deviation) {
        std::uint32_t word = 0;
        for (int i = 0; i < 8; ++i) {
            const double value = std::clamp(std::round(center + deviation * random_.normal()), 0.0, 15.0);
            word |= std::uint32_t(value) << (4 * i);
        }
        return word;
    }

    const ModelRecipe& recipe_;
    Random random_;
    std::vector<BuiltTensor> tensors_;
};

} // namespace

std::vector<BuiltTensor> makeTensors(const ModelRecipe& recipe) { return Builder(recipe).build(); }

BuiltTensor& tensorNamed(std::vector<BuiltTensor>& tensors, const std::string& name) {
    for (BuiltTensor& tensor : tensors)
        if (tensor.name == name) return tensor;
    throw std::runtime_error("the builder made no tensor " + name);
}

nlohmann::json makeConfigJson(const ModelRecipe& recipe) {
    return {{"architectures", {"MistralForCausalLM"}},
            {"bos_token_id", 1},
            {"eos_token_id", 2},
            {"head_dim", recipe.headDim},
            {"hidden_act", "silu"},
            {"hidden_size", recipe.hidden},
            {"intermediate_size", recipe.intermediate},
            {"max_position_embeddings", recipe.positions},
            {"model_type", "mistral"},
            {"num_attention_heads", recipe.heads},
            {"num_hidden_layers", recipe.layers},
            {"num_key_value_heads", recipe.kvHeads},
            {"rms_norm_eps", recipe.eps},
            {"rope_theta", recipe.ropeTheta},
            {"sliding_window", nullptr},
            {"tie_word_embeddings", recipe.tiedHead},
            {"torch_dtype", "float16"},
            {"vocab_size", recipe.vocab}};
}

nlohmann::json makeQuantizeJson(const ModelRecipe& recipe) {
    return {{"bits", 4},
            {"checkpoint_format", recipe.zerosV2 ? "gptq_v2" : "gptq"},
            {"damp_percent", 0.1},
            {"desc_act", recipe.actOrder},
            {"group_size", recipe.groupSize},
            {"quant_method", "gptq"},
            {"static_groups", false},
            {"sym", recipe.symmetric},
            {"true_sequential", true}};
}

std::string makeTokenizer() {
    std::vector<std::string> words{"▁"};
    for (char c = '!'; c <= '~'; ++c) words.emplace_back(1, c);
    return modelFile(mistralPieces(words));
}

std::string safetensorsBytes(const std::string& header, const std::string& data) {
    std::string bytes;
    append(bytes, std::uint64_t(header.size()));
    return bytes + header + data;
}

std::string safetensorsBytes(const std::vector<BuiltTensor>& tensors) {
    nlohmann::json header{{"__metadata__", {{"format", "pt"}}}};
    std::string data;
    for (const BuiltTensor& tensor : tensors) {
        const std::size_t begin = data.size();
        data += tensor.bytes;
        header[tensor.name] = {
            {"dtype", dtypeName(tensor.dtype)}, {"shape", tensor.shape}, {"data_offsets", {begin, data.size()}}};
    }
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    return safetensorsBytes(text, data);
}

void writeFile(const std::filesystem::path& path, const std::string& bytes) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(bytes.data(), std::streamsize(bytes.size()));
    file.close();
    if (!file) throw std::runtime_error("cannot write " + path.string());
}

void writeTensors(const std::filesystem::path& directory, const std::vector<BuiltTensor>& tensors, int shards) {
    if (shards == 1) return writeFile(directory / "model.safetensors", safetensorsBytes(tensors));
    nlohmann::json index{{"metadata", {{"total_size", 0}}}, {"weight_map", nlohmann::json::object()}};
    for (int shard = 0; shard < shards; ++shard) {
        char name[64];
        std::snprintf(name, sizeof name, "model-%05d-of-%05d.safetensors", shard + 1, shards);
        std::vector<BuiltTensor> part;
        for (std::size_t i = tensors.size() * shard / shards; i < tensors.size() * (shard + 1) / shards; ++i) {
            part.push_back(tensors[i]);
            index["weight_map"][tensors[i].name] = name;
            index["metadata"]["total_size"] =
                index["metadata"]["total_size"].get<std::uint64_t>() + tensors[i].bytes.size();
        }
        writeFile(directory / name, safetensorsBytes(part));
    }
    writeFile(directory / "model.safetensors.index.json", index.dump(2));
}

void writeModel(const std::filesystem::path& directory, const ModelRecipe& recipe,
                const std::function<void(std::vector<BuiltTensor>&)>& change) {
    std::vector<BuiltTensor> tensors = makeTensors(recipe);
    if (change) change(tensors);
    writeTensors(directory, tensors, recipe.shards);
    nlohmann::json config = makeConfigJson(recipe);
    if (recipe.settingsInConfig) config["quantization_config"] = makeQuantizeJson(recipe);
    writeFile(directory / "config.json", config.dump(2));
    if (recipe.settingsInOwnFile) writeFile(directory / "quantize_config.json", makeQuantizeJson(recipe).dump(2));
    if (recipe.tokenizer) writeFile(directory / "tokenizer.model", makeTokenizer());
}

TemporaryFolder::TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tramontane-test-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a temporary folder");
    path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

} // namespace tramontane::testing
