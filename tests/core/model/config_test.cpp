// The three configuration files: what is read of them, and what is refused by the name of its field.
#include "core/model/mistral_config.h"

#include <cmath>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/model_builder.h"
#include "tests/support/resource_use.h"

namespace tramontane {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::ModelRecipe;
using testing::TemporaryFolder;
using testing::writeFile;

// A folder of configuration files, good ones until a test changes them.
struct Files {
    json config = testing::makeConfigJson({});
    json quantize = testing::makeQuantizeJson({}); // null: not written
    json generation;

    Result<ModelConfig> read() const {
        const TemporaryFolder folder;
        writeFile(folder.path() / "config.json", config.dump());
        if (!quantize.is_null()) writeFile(folder.path() / "quantize_config.json", quantize.dump());
        if (!generation.is_null()) writeFile(folder.path() / "generation_config.json", generation.dump());
        return readModelConfig(folder.path());
    }
    std::string refusal() const {
        const Result<ModelConfig> read = this->read();
        return read.ok() ? "read" : read.error().message;
    }
};

// What becomes of the good files when one field of config.json is another, or none (with "").
std::string refusalWith(const char* field, const std::string& value) {
    Files files;
    if (value.empty())
        files.config.erase(field);
    else
        files.config[field] = json::parse(value);
    return files.refusal();
}

std::string quantizeRefusal(const char* field, const std::string& value) {
    Files files;
    if (value.empty())
        files.quantize.erase(field);
    else
        files.quantize[field] = json::parse(value);
    return files.refusal();
}

TEST(ModelConfig, readsTheConfigOfMistral7BInstructV03) {
    Files files;
    files.config = json::parse(R"({
        "architectures": ["MistralForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 1, "eos_token_id": 2,
        "hidden_act": "silu", "hidden_size": 4096, "initializer_range": 0.02, "intermediate_size": 14336,
        "max_position_embeddings": 32768, "model_type": "mistral", "num_attention_heads": 32,
        "num_hidden_layers": 32, "num_key_value_heads": 8, "rms_norm_eps": 1e-05, "rope_theta": 1000000.0,
        "sliding_window": null, "tie_word_embeddings": false, "torch_dtype": "float16",
        "transformers_version": "4.40.1", "use_cache": true, "vocab_size": 32768,
        "quantization_config": {"batch_size": 1, "bits": 4, "block_name_to_quantize": null,
            "checkpoint_format": "gptq", "damp_percent": 0.1, "desc_act": true, "group_size": 128,
            "quant_method": "gptq", "sym": true, "true_sequential": true}})");
    files.quantize = json::parse(R"({"bits": 4, "group_size": 128, "damp_percent": 0.1, "desc_act": true,
        "static_groups": false, "sym": true, "true_sequential": true, "model_name_or_path": null,
        "model_file_base_name": "model", "quant_method": "gptq", "checkpoint_format": "gptq"})");
    const Result<ModelConfig> read = files.read();
    ASSERT_TRUE(read.ok()) << read.error().message;
    const MistralConfig& mistral = read->mistral;
    EXPECT_EQ(mistral.hiddenSize, 4096);
    EXPECT_EQ(mistral.intermediateSize, 14336);
    EXPECT_EQ(mistral.layerCount, 32);
    EXPECT_EQ(mistral.headCount, 32);
    EXPECT_EQ(mistral.kvHeadCount, 8);
    EXPECT_EQ(mistral.headDim, 128) << "hidden/heads where the file has no head_dim";
    EXPECT_EQ(mistral.vocabSize, 32768);
    EXPECT_EQ(mistral.maxPositions, 32768);
    EXPECT_EQ(mistral.rmsNormEps, 1e-5f);
    EXPECT_EQ(mistral.ropeTheta, 1e6f);
    EXPECT_FALSE(mistral.slidingWindow.has_value());
    EXPECT_FALSE(mistral.tiedHead);
    EXPECT_EQ(mistral.bosToken, 1);
    EXPECT_THAT(mistral.eosTokens, ElementsAre(2));
    EXPECT_EQ(read->gptq.groupSize, 128);
    EXPECT_FALSE(read->gptq.oneGroup);
    EXPECT_TRUE(read->gptq.descAct);
    EXPECT_TRUE(read->gptq.symmetric);
    EXPECT_EQ(read->gptq.zeroOffset, 1);
    EXPECT_EQ(read->sampling, SamplingSettings());
}

TEST(ModelConfig, headDimMayDifferFromHiddenOverHeads) {
    Files files;
    files.config["head_dim"] = 64;
    EXPECT_EQ(files.read()->mistral.headDim, 64);
    files.config["head_dim"] = nullptr;
    EXPECT_EQ(files.read()->mistral.headDim, 32);
}

TEST(ModelConfig, ropeThetaStandsWhereOlderAndNewerFilesHaveIt) {
    Files files;
    files.config["rope_scaling"] = nullptr;
    EXPECT_EQ(files.read()->mistral.ropeTheta, 1e4f);
    files.config.erase("rope_theta");
    files.config["rope_parameters"] = {{"rope_theta", 1e6}, {"rope_type", "default"}};
    EXPECT_EQ(files.read()->mistral.ropeTheta, 1e6f);
    files.config.erase("rope_parameters");
    EXPECT_EQ(files.read()->mistral.ropeTheta, 1e4f) << "the published class's default";
    files.config["rope_scaling"] = {{"type", "linear"}, {"factor", 2}};
    EXPECT_THAT(files.refusal(), AllOf(HasSubstr("rope_scaling"), HasSubstr("linear")));
    files.config["rope_scaling"] = {{"rope_theta", "x"}};
    EXPECT_THAT(files.refusal(), HasSubstr("rope_scaling.rope_theta"));
}

TEST(ModelConfig, slidingWindowsThatReachEverythingAreNone) {
    Files files;
    files.config["max_position_embeddings"] = 32768;
    EXPECT_FALSE(files.read()->mistral.slidingWindow.has_value()) << "null";
    files.config["sliding_window"] = 4096;
    EXPECT_EQ(files.read()->mistral.slidingWindow, 4096);
    files.config["sliding_window"] = 32768;
    EXPECT_FALSE(files.read()->mistral.slidingWindow.has_value());
    files.config.erase("sliding_window");
    EXPECT_EQ(files.read()->mistral.slidingWindow, 4096) << "the published class's default";
}

TEST(ModelConfig, missingKvHeadsMeanNothingUnlessNull) {
    EXPECT_THAT(refusalWith("num_key_value_heads", ""), HasSubstr("num_key_value_heads is missing"));
    Files files;
    files.config["num_key_value_heads"] = nullptr;
    EXPECT_EQ(files.read()->mistral.kvHeadCount, 4);
}

TEST(ModelConfig, endTokensAreOneOrSeveralAndTheGenerationConfigHasTheLastWord) {
    Files files;
    files.config["eos_token_id"] = {2, 3};
    EXPECT_THAT(files.read()->mistral.eosTokens, ElementsAre(2, 3));
    files.generation = {{"eos_token_id", {2, 5, 7}}, {"bos_token_id", 1}};
    EXPECT_THAT(files.read()->mistral.eosTokens, ElementsAre(2, 5, 7));
    files.generation = {{"eos_token_id", 9}};
    EXPECT_THAT(files.read()->mistral.eosTokens, ElementsAre(9));
    files.generation = json::object();
    files.config.erase("eos_token_id");
    EXPECT_THAT(files.read()->mistral.eosTokens, ElementsAre(2));
    for (const char* bad : {"-1", "400", "\"2\"", "[2, 400]", "[]", "[null]", "2.5", "4294967298"}) {
        EXPECT_THAT(refusalWith("eos_token_id", bad), HasSubstr("eos_token_id")) << bad;
        EXPECT_THAT(refusalWith("bos_token_id", bad), HasSubstr("bos_token_id")) << bad;
    }
}

TEST(ModelConfig, generationConfigSetsTheSampling) {
    Files files;
    files.generation = {{"temperature", 0.3},        {"top_p", 0.8},      {"top_k", 40},
                        {"repetition_penalty", 1.1}, {"do_sample", true}, {"transformers_version", "4.40.1"}};
    const Result<ModelConfig> read = files.read();
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_DOUBLE_EQ(read->sampling.temperature, 0.3);
    EXPECT_DOUBLE_EQ(read->sampling.topP, 0.8);
    EXPECT_EQ(read->sampling.topK, 40);
    EXPECT_DOUBLE_EQ(read->sampling.repeatPenalty, 1.1);
    files.generation = {{"temperature", 50}, {"top_k", 2000000000}};
    EXPECT_TRUE(checkSamplingSettings(files.read()->sampling).ok()) << "kept within what the settings can hold";
    for (const auto& [field, value] :
         {std::pair("temperature", json(-1)), std::pair("temperature", json("hot")), std::pair("top_p", json(1.5)),
          std::pair("top_k", json(0.5)), std::pair("top_k", json(-3)), std::pair("repetition_penalty", json(0))}) {
        files.generation = {{field, value}};
        EXPECT_THAT(files.refusal(), AllOf(HasSubstr("generation_config.json"), HasSubstr(field)));
    }
}

// Hostile cases 9.
TEST(ModelConfig, fieldsOutOfRangeAreRefusedByName) {
    for (const auto& [field, values] : {
             std::pair("hidden_size",
                       std::vector{"0", "-4096", "4096.5", "\"4096\"", "1000000", "1e3", "", "null", "[]"}),
             std::pair("intermediate_size", std::vector{"0", "-1", "99999999999", "", "{}", "true"}),
             std::pair("num_hidden_layers", std::vector{"0", "-1", "1000000", "1025", "", "18446744073709551616"}),
             std::pair("num_attention_heads", std::vector{"0", "-2", "100000", ""}),
             std::pair("num_key_value_heads", std::vector{"0", "-1", "3", "8", "9223372036854775808"}),
             std::pair("head_dim", std::vector{"0", "33", "-64", "2048"}),
             std::pair("vocab_size", std::vector{"0", "1", "-1", "99999999", ""}),
             std::pair("max_position_embeddings", std::vector{"0", "-1", "1e9", "999999999", ""}),
             std::pair("rms_norm_eps", std::vector{"0", "-1e-5", "1", "\"1e-5\"", "", "null"}),
             std::pair("rope_theta", std::vector{"0", "-1", "1e300", "\"NaN\"", "[1e6]"}),
             std::pair("sliding_window", std::vector{"0", "-1", "\"none\"", "1.5"}),
             std::pair("tie_word_embeddings", std::vector{"1", "\"false\""}),
             std::pair("hidden_act", std::vector{"\"gelu\"", "1"}),
             std::pair("torch_dtype", std::vector{"\"int8\"", "16"}),
             std::pair("rope_scaling", std::vector{"2", "\"yarn\"", "{\"rope_type\":\"yarn\"}"}),
         })
        for (const char* value : values)
            EXPECT_THAT(refusalWith(field, value), AllOf(HasSubstr("config.json: "), HasSubstr(field)))
                << field << " = " << value;
    EXPECT_THAT(refusalWith("head_dim", "33"), HasSubstr("head_dim is 33, expected an even number"));
    EXPECT_THAT(refusalWith("hidden_size", "100"), HasSubstr("hidden_size")) << "not a multiple of the group size";
    EXPECT_THAT(refusalWith("intermediate_size", "100"), AllOf(HasSubstr("intermediate_size is 100"), HasSubstr("32")));
    EXPECT_THAT(refusalWith("num_hidden_layers", "1000000"),
                HasSubstr("is 1000000, expected a whole number from 1 to"));
}

TEST(ModelConfig, numbersThatAreNoneAreRefusedByName) {
    const TemporaryFolder folder;
    for (const char* value : {"NaN", "Infinity", "-Infinity", "1e999"}) {
        std::string text = testing::makeConfigJson({}).dump();
        const std::string field = "\"rope_theta\":";
        text.replace(text.find(field) + field.size(), 7, value);
        writeFile(folder.path() / "config.json", text);
        const Result<ModelConfig> read = readModelConfig(folder.path());
        ASSERT_FALSE(read.ok());
        EXPECT_THAT(read.error().message, AllOf(HasSubstr("config.json"), HasSubstr("rope_theta"))) << value;
    }
}

TEST(ModelConfig, filesThatAreNotJsonAreRefusedByName) {
    const TemporaryFolder folder;
    EXPECT_EQ(readModelConfig(folder.path()).error().kind, ErrorKind::notFound);
    for (const char* name : {"config.json", "quantize_config.json", "generation_config.json"}) {
        writeFile(folder.path() / "config.json", testing::makeConfigJson({}).dump());
        writeFile(folder.path() / "quantize_config.json", testing::makeQuantizeJson({}).dump());
        for (const std::string& text : {std::string("import os"), std::string(), std::string("[]"), std::string("{"),
                                        std::string("{\"a\":\"\xff\"}"), std::string("{\"a\":1,\"a\":1}"),
                                        std::string(2u << 20, ' '), std::string(1000, '[')}) {
            writeFile(folder.path() / name, text);
            const Result<ModelConfig> read = readModelConfig(folder.path());
            ASSERT_FALSE(read.ok()) << name;
            EXPECT_THAT(read.error().message, HasSubstr(name));
        }
    }
}

TEST(ModelConfig, onlyMistralsAreRead) {
    EXPECT_THAT(refusalWith("model_type", "\"llama\""), AllOf(HasSubstr("model_type"), HasSubstr("llama")));
    EXPECT_THAT(refusalWith("model_type", "\"mixtral\""), HasSubstr("model_type"));
    EXPECT_THAT(refusalWith("architectures", "[\"LlamaForCausalLM\"]"), HasSubstr("architectures"));
    EXPECT_THAT(refusalWith("architectures", "\"MistralForCausalLM\""), HasSubstr("architectures"));
    EXPECT_EQ(refusalWith("model_type", ""), "read") << "the architecture says it";
    EXPECT_EQ(refusalWith("architectures", ""), "read") << "the type says it";
    Files files;
    files.config.erase("architectures");
    files.config.erase("model_type");
    EXPECT_THAT(files.refusal(), HasSubstr("model_type is missing"));
}

TEST(ModelConfig, codeNamedInARepositoryIsNotLookedAt) {
    Files files;
    const TemporaryFolder folder;
    const std::filesystem::path proof = folder.path() / "ran";
    const std::string code = "import pathlib; pathlib.Path('" + proof.string() + "').touch()";
    files.config["auto_map"] = {{"AutoModelForCausalLM", "modeling_evil.Evil"}};
    files.config["chat_template"] = "{{ cycler.__init__.__globals__.os.system('touch " + proof.string() + "') }}";
    files.config["trust_remote_code"] = true;
    writeFile(folder.path() / "config.json", files.config.dump());
    writeFile(folder.path() / "quantize_config.json", files.quantize.dump());
    writeFile(folder.path() / "modeling_evil.py", code);
    EXPECT_TRUE(readModelConfig(folder.path()).ok());
    EXPECT_FALSE(std::filesystem::exists(proof));
}

TEST(QuantizationConfig, standsInEitherFileOrBoth) {
    Files files;
    EXPECT_EQ(files.read()->gptq.groupSize, 32) << "its own file";
    files.config["quantization_config"] = files.quantize;
    EXPECT_EQ(files.read()->gptq.groupSize, 32) << "both";
    files.quantize = nullptr;
    EXPECT_EQ(files.read()->gptq.groupSize, 32) << "config.json";
    files.config["quantization_config"] = nullptr;
    EXPECT_THAT(files.refusal(), HasSubstr("quantization_config is missing"));
    files.config.erase("quantization_config");
    EXPECT_THAT(files.refusal(), HasSubstr("quantization_config is missing"));
    files.config["quantization_config"] = "gptq";
    EXPECT_THAT(files.refusal(), HasSubstr("quantization_config"));
}

TEST(QuantizationConfig, twoFilesThatDisagreeAreRefusedWithBothValues) {
    for (const auto& [field, other] :
         {std::pair("group_size", json(64)), std::pair("desc_act", json(true)), std::pair("sym", json(false)),
          std::pair("checkpoint_format", json("gptq_v2"))}) {
        Files files;
        files.config["quantization_config"] = files.quantize;
        files.quantize[field] = other;
        EXPECT_THAT(files.refusal(), AllOf(HasSubstr(field), HasSubstr("but quantize_config.json says")));
        files.config["quantization_config"].erase(field);
        EXPECT_NE(files.refusal().find("quantize_config.json says"), 0u);
        EXPECT_TRUE(files.read().ok()) << "what one leaves out, the other may say: " << files.refusal();
    }
}

// Hostile cases 6.
TEST(QuantizationConfig, otherBitsGroupsMethodsAndFormatsAreRefused) {
    for (const char* bits : {"2", "3", "8", "0", "-4", "\"4\"", "4.0", "null", ""})
        EXPECT_THAT(quantizeRefusal("bits", bits), HasSubstr("bits")) << bits;
    EXPECT_THAT(quantizeRefusal("bits", "8"), HasSubstr("is 8, expected 4"));
    for (const char* size : {"0", "1", "16", "33", "127", "256", "1024", "-2", "\"128\"", "128.5", "null", ""})
        EXPECT_THAT(quantizeRefusal("group_size", size), HasSubstr("group_size")) << size;
    EXPECT_THAT(quantizeRefusal("group_size", "48"), HasSubstr("is 48, expected 32, 64, 128 or -1"));
    EXPECT_THAT(quantizeRefusal("quant_method", "\"awq\""), AllOf(HasSubstr("quant_method"), HasSubstr("awq")));
    EXPECT_THAT(quantizeRefusal("checkpoint_format", "\"marlin\""), HasSubstr("checkpoint_format"));
    EXPECT_THAT(quantizeRefusal("is_marlin_format", "true"), HasSubstr("is_marlin_format"));
    EXPECT_THAT(quantizeRefusal("desc_act", "1"), HasSubstr("desc_act"));
    EXPECT_THAT(quantizeRefusal("sym", "\"yes\""), HasSubstr("sym"));
    EXPECT_THAT(quantizeRefusal("lm_head", "true"), HasSubstr("lm_head"));
    EXPECT_THAT(quantizeRefusal("pack_dtype", "\"int8\""), HasSubstr("pack_dtype"));
    EXPECT_THAT(quantizeRefusal("dynamic", "{\"-:mlp\":{}}"), HasSubstr("dynamic"));
    EXPECT_EQ(quantizeRefusal("dynamic", "{}"), "read");
}

TEST(QuantizationConfig, readsEveryVariant) {
    for (const int size : {32, 64, 128, -1}) {
        Files files;
        files.quantize["group_size"] = size;
        const Result<ModelConfig> read = files.read();
        ASSERT_TRUE(read.ok()) << read.error().message;
        EXPECT_EQ(read->gptq.oneGroup, size == -1);
        EXPECT_EQ(read->gptq.groupSize, size == -1 ? 0 : size);
    }
    Files files;
    files.quantize = {{"bits", 4}, {"group_size", 32}};
    EXPECT_FALSE(files.read()->gptq.descAct);
    EXPECT_EQ(files.read()->gptq.zeroOffset, 1);
    files.quantize["checkpoint_format"] = "gptq_v2";
    files.quantize["desc_act"] = true;
    files.quantize["sym"] = false;
    EXPECT_TRUE(files.read()->gptq.descAct);
    EXPECT_FALSE(files.read()->gptq.symmetric);
    EXPECT_EQ(files.read()->gptq.zeroOffset, 0);
}

TEST(ModelConfig, theWorstFilesAreRefusedWithinASecondAnd64Mebibytes) {
    const TemporaryFolder folder;
    constexpr std::size_t limit = 1u << 20;
    std::string arrays = "{\"a\":[", keys = "{";
    while (arrays.size() < limit - 10) arrays += "[],";
    for (int i = 0; keys.size() < limit - 20; ++i) keys += "\"" + std::to_string(i) + "\":{},";
    for (const std::string& text : {arrays + "[]]}", keys + "\"x\":0}", std::string(limit, '['),
                                    std::string(limit, '"'), "{\"a\":" + std::string(limit - 10, '1') + "}",
                                    "{\"model_type\":\"" + std::string(limit - 30, 'x') + "\"}"}) {
        writeFile(folder.path() / "config.json", text);
        const testing::ResourceUse use = testing::measure([&] {
            const Result<ModelConfig> read = readModelConfig(folder.path());
            return read.ok() ? std::string("read") : read.error().message;
        });
        EXPECT_FALSE(use.died);
        EXPECT_THAT(use.answer, HasSubstr("config.json: "));
        EXPECT_LT(use.answer.size(), 500u) << "an error is a line, whatever the file";
        if (testing::sanitized) continue;
        EXPECT_LT(use.seconds, 1);
        EXPECT_LT(use.extraMebibytes, 64);
    }
}

} // namespace
} // namespace tramontane
