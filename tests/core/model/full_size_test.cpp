// A checkpoint with the shapes of Mistral 7B, in a file of holes: what opening and refusing it takes.
#include <cstdio>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/bytes.h"
#include "core/model/checkpoint.h"
#include "core/model/model_shapes.h"
#include "tests/support/model_builder.h"
#include "tests/support/resource_use.h"

namespace tramontane {
namespace {

using ::testing::HasSubstr;
using testing::TemporaryFolder;

ModelConfig mistral7b() {
    ModelConfig config;
    config.mistral = {4096, 14336, 32, 32, 8, 128, 32768, 32768, 1e-5f, 1e6f, {}, false, 1, {2}};
    return config;
}

// A file whose data is one hole: zeros that take no room.
struct HollowFile {
    TemporaryFolder folder;
    std::filesystem::path path = folder.path() / "model.safetensors";
    nlohmann::json header;
    std::uint64_t dataBytes = 0, headerBytes = 0;

    void add(const std::string& name, DType dtype, std::vector<std::int64_t> shape) {
        std::uint64_t sizeBytes = dtypeSize(dtype);
        for (const std::int64_t dimension : shape) sizeBytes *= std::uint64_t(dimension);
        header[name] = {
            {"dtype", dtypeName(dtype)}, {"shape", shape}, {"data_offsets", {dataBytes, dataBytes + sizeBytes}}};
        dataBytes += sizeBytes;
    }

    explicit HollowFile(const ModelConfig& config) {
        const MistralConfig& mistral = config.mistral;
        add("model.embed_tokens.weight", DType::f16, {mistral.vocabSize, mistral.hiddenSize});
        add("model.norm.weight", DType::f16, {mistral.hiddenSize});
        add("lm_head.weight", DType::f16, {mistral.vocabSize, mistral.hiddenSize});
        for (int layer = 0; layer < mistral.layerCount; ++layer) {
            const std::string prefix = layerPrefix(layer);
            add(prefix + "input_layernorm.weight", DType::f16, {mistral.hiddenSize});
            add(prefix + "post_attention_layernorm.weight", DType::f16, {mistral.hiddenSize});
            for (const LinearShape& linear : layerLinears(mistral)) {
                const std::string name = prefix + linear.name;
                const int groups = groupCount(config.gptq, linear.inputs);
                add(name + ".qweight", DType::i32, {linear.inputs / 8, linear.outputs});
                add(name + ".qzeros", DType::i32, {groups, linear.outputs / 8});
                add(name + ".scales", DType::f16, {groups, linear.outputs});
            }
        }
        write();
    }

    void write() {
        const std::string text = header.dump();
        headerBytes = 8 + text.size();
        testing::writeFile(path, testing::safetensorsBytes(text, ""));
        std::filesystem::resize_file(path, headerBytes + dataBytes);
    }

    void poke(const std::string& name, std::uint64_t offset, std::uint16_t value) {
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(std::streamoff(headerBytes + header[name]["data_offsets"][0].get<std::uint64_t>() + offset));
        file.write(reinterpret_cast<const char*>(&value), sizeof value);
    }
};

testing::ResourceUse openCost(const HollowFile& file, const ModelConfig& config) {
    return testing::measure([&] {
        const Result<Checkpoint> checkpoint = Checkpoint::open(file.folder.path(), config);
        return checkpoint.ok() ? std::string("opened") : checkpoint.error().message;
    });
}

void expectWithinBounds(const testing::ResourceUse& use, double maxSeconds) {
    EXPECT_FALSE(use.died);
    std::printf("%.3f s, %.1f MiB: %s\n", use.seconds, use.extraMebibytes, use.answer.c_str());
    if (testing::sanitized) return;
    EXPECT_LT(use.seconds, maxSeconds);
    EXPECT_LT(use.extraMebibytes, 64);
}

TEST(FullSizeCheckpoint, isRefusedWithinASecondAnd64MebibytesWhateverIsWrong) {
    const ModelConfig config = mistral7b();
    HollowFile file(config);
    testing::ResourceUse use = openCost(file, config);
    EXPECT_EQ(use.answer, "opened");
    expectWithinBounds(use, 10); // the first reading of a hole has the kernel write its zeros

    // The very last scale that is looked at.
    const char* last = "model.layers.31.mlp.down_proj.scales";
    file.poke(last, 112 * 4096 * 2 - 2, 0x7E00);
    use = openCost(file, config);
    EXPECT_THAT(use.answer, HasSubstr(std::string(last) + " holds a number"));
    expectWithinBounds(use, 1);
    file.poke(last, 112 * 4096 * 2 - 2, 0);

    ModelConfig other = config;
    other.mistral.intermediateSize = 11008;
    use = openCost(file, other);
    EXPECT_THAT(use.answer, HasSubstr("model.layers.0.mlp.gate_proj.qweight is 512×14336, expected 512×11008"));
    expectWithinBounds(use, 1);

    std::filesystem::resize_file(file.path, std::filesystem::file_size(file.path) - 1);
    use = openCost(file, config);
    EXPECT_THAT(use.answer, HasSubstr("cut short"));
    expectWithinBounds(use, 1);
}

} // namespace
} // namespace tramontane
