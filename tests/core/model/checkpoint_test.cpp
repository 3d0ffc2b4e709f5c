// The checkpoint: every variant of the format opens, with each tensor in its place.
#include "core/model/checkpoint.h"

#include <cstring>
#include <string>

#include <gtest/gtest.h>

#include "core/base/bytes.h"
#include "core/model/model_shapes.h"
#include "tests/support/model_builder.h"

namespace tramontane {
namespace {

using testing::BuiltTensor;
using testing::ModelRecipe;
using testing::TemporaryFolder;
using testing::tensorNamed;
using testing::writeModel;

using Tensors = std::vector<BuiltTensor>;

Result<Checkpoint> openFolder(const std::filesystem::path& directory) {
    Result<ModelConfig> config = readModelConfig(directory);
    if (!config) return std::move(config).error();
    return Checkpoint::open(directory, *config);
}

bool sameBytes(std::span<const std::byte> view, const std::string& bytes) {
    return view.size() == bytes.size() && std::memcmp(view.data(), bytes.data(), bytes.size()) == 0;
}

std::string describe(const ModelRecipe& recipe) {
    return "group " + std::to_string(recipe.groupSize) + (recipe.actOrder ? " act-order" : "") +
           (recipe.symmetric ? " symmetric" : " asymmetric") + (recipe.zerosV2 ? " v2" : " v1") +
           (recipe.bias ? " bias" : "") + " " + dtypeName(recipe.dense) + " shards " + std::to_string(recipe.shards) +
           (recipe.staircaseIndex ? " with g_idx" : "") + (recipe.tiedHead ? " tied" : "");
}

void expectViewsMatchTensors(const ModelRecipe& recipe) {
    SCOPED_TRACE(describe(recipe));
    TemporaryFolder folder;
    writeModel(folder.path(), recipe);
    const Result<Checkpoint> checkpoint = openFolder(folder.path());
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.error().message;
    Tensors tensors = makeTensors(recipe);
    const auto bytesOf = [&](const std::string& name) -> const std::string& {
        return tensorNamed(tensors, name).bytes;
    };
    EXPECT_TRUE(sameBytes(checkpoint->embedding().bytes, bytesOf("model.embed_tokens.weight")));
    EXPECT_EQ(checkpoint->embedding().rows, recipe.vocab);
    EXPECT_EQ(checkpoint->embedding().columns, recipe.hidden);
    EXPECT_EQ(checkpoint->embedding().dtype, recipe.dense);
    EXPECT_TRUE(
        sameBytes(checkpoint->head().bytes, bytesOf(recipe.tiedHead ? "model.embed_tokens.weight" : "lm_head.weight")));
    ASSERT_EQ(checkpoint->layers().size(), std::size_t(recipe.layers));
    for (int layer = 0; layer < recipe.layers; ++layer) {
        const LayerViews& views = checkpoint->layers()[std::size_t(layer)];
        EXPECT_TRUE(sameBytes(views.inputNorm.bytes, bytesOf(layerPrefix(layer) + "input_layernorm.weight")));
        const std::pair<const char*, const GptqView*> linears[] = {
            {"self_attn.q_proj", &views.query},  {"self_attn.k_proj", &views.key}, {"self_attn.v_proj", &views.value},
            {"self_attn.o_proj", &views.output}, {"mlp.gate_proj", &views.gate},   {"mlp.up_proj", &views.up},
            {"mlp.down_proj", &views.down}};
        for (const auto& [name, view] : linears) {
            const std::string prefix = layerPrefix(layer) + name;
            EXPECT_TRUE(sameBytes(view->qweight, bytesOf(prefix + ".qweight"))) << prefix;
            EXPECT_TRUE(sameBytes(view->qzeros, bytesOf(prefix + ".qzeros"))) << prefix;
            EXPECT_TRUE(sameBytes(view->scales, bytesOf(prefix + ".scales"))) << prefix;
            EXPECT_EQ(view->zeroOffset, recipe.zerosV2 ? 0 : 1);
            EXPECT_EQ(view->groups, recipe.groupSize == -1 ? 1 : view->inputs / recipe.groupSize);
            if (recipe.actOrder && view->groups > 1)
                EXPECT_TRUE(sameBytes(view->groupIndex, bytesOf(prefix + ".g_idx"))) << prefix;
            else
                EXPECT_TRUE(view->groupIndex.empty()) << "a staircase needs no index";
            EXPECT_EQ(view->bias.empty(), !recipe.bias);
        }
    }
}

TEST(Checkpoint, opensEveryVariantOfTheFormatWithTheBytesOfTheFile) {
    for (const int groupSize : {32, 64, 128, -1})
        for (const bool actOrder : {false, true})
            for (const bool symmetric : {false, true})
                for (const bool zerosV2 : {false, true}) {
                    ModelRecipe recipe;
                    recipe.groupSize = groupSize;
                    recipe.actOrder = actOrder;
                    recipe.symmetric = symmetric;
                    recipe.zerosV2 = zerosV2;
                    recipe.layers = 1;
                    expectViewsMatchTensors(recipe);
                }
}

TEST(Checkpoint, opensBiasShardsTiedHeadsAndEveryFloatType) {
    for (const DType dense : {DType::f16, DType::bf16, DType::f32}) {
        ModelRecipe recipe;
        recipe.dense = dense;
        recipe.bias = true;
        recipe.actOrder = true;
        recipe.shards = 3;
        expectViewsMatchTensors(recipe);
        recipe.tiedHead = true;
        recipe.shards = 1;
        recipe.actOrder = recipe.staircaseIndex = false;
        expectViewsMatchTensors(recipe);
    }
}

} // namespace
} // namespace tramontane
