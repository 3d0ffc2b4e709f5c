// Models in several files: they open when index and shards agree, and the error names every file to fetch
// again.
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/bytes.h"
#include "core/model/checkpoint.h"
#include "core/model/tensor_set.h"
#include "tests/support/model_builder.h"

namespace tramontane {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::ModelRecipe;
using testing::TemporaryFolder;
using testing::writeFile;

// Hostile cases 5.
struct ShardedModel : ::testing::Test {
    TemporaryFolder folder;
    ModelRecipe recipe;
    std::filesystem::path indexPath = folder.path() / "model.safetensors.index.json";
    json index;

    void SetUp() override {
        recipe.shards = 4;
        writeModel(folder.path(), recipe);
        std::ifstream(indexPath) >> index;
    }
    static std::string shard(int number) { return "model-0000" + std::to_string(number) + "-of-00004.safetensors"; }
    std::string refusal() {
        const Result<ModelConfig> config = readModelConfig(folder.path());
        EXPECT_TRUE(config.ok());
        const Result<Checkpoint> checkpoint = Checkpoint::open(folder.path(), *config);
        return checkpoint.ok() ? "opened" : checkpoint.error().message;
    }
    std::string refusalWithIndex() {
        writeFile(indexPath, index.dump());
        return refusal();
    }
};

TEST_F(ShardedModel, opensWithAllItsTensors) {
    const Result<TensorSet> set = TensorSet::open(folder.path());
    ASSERT_TRUE(set.ok()) << set.error().message;
    EXPECT_EQ(set->files().size(), 4u);
    EXPECT_EQ(set->tensors().size(), makeTensors(recipe).size());
    EXPECT_EQ(refusal(), "opened");
}

TEST_F(ShardedModel, missingShardsAreAllNamed) {
    std::filesystem::remove(folder.path() / shard(2));
    std::filesystem::remove(folder.path() / shard(4));
    EXPECT_THAT(refusal(), AllOf(HasSubstr(shard(2) + " is missing"), HasSubstr(shard(4) + " is missing"),
                                 HasSubstr("fetch"), ::testing::Not(HasSubstr(shard(1)))));
}

TEST_F(ShardedModel, shardsCutShortAreAllNamedBesideMissingOnes) {
    for (const int number : {1, 3})
        std::filesystem::resize_file(folder.path() / shard(number),
                                     std::filesystem::file_size(folder.path() / shard(number)) - 1);
    std::filesystem::remove(folder.path() / shard(2));
    EXPECT_THAT(refusal(), AllOf(HasSubstr(shard(1)), HasSubstr("cut short"), HasSubstr(shard(2) + " is missing"),
                                 HasSubstr(shard(3)), ::testing::Not(HasSubstr(shard(4)))));
    std::filesystem::resize_file(folder.path() / shard(1), 4);
    EXPECT_THAT(refusal(), HasSubstr(shard(1)));
}

TEST_F(ShardedModel, anIndexThatDisagreesWithItsShardsIsRefused) {
    const json good = index;
    index["weight_map"]["lm_head.weight"] = shard(1);
    EXPECT_THAT(refusalWithIndex(),
                AllOf(HasSubstr(shard(1)), HasSubstr("does not hold tensor lm_head.weight"), HasSubstr(shard(4))));
    index = good;
    index["weight_map"].erase("lm_head.weight");
    EXPECT_THAT(refusalWithIndex(), AllOf(HasSubstr(shard(4)), HasSubstr("of which the index names")));
    index = good;
    index["weight_map"]["model.extra.weight"] = shard(2);
    EXPECT_THAT(refusalWithIndex(), AllOf(HasSubstr(shard(2)), HasSubstr("model.extra.weight")));
    index = good;
    index["weight_map"]["model.extra.weight"] = "model-00005-of-00004.safetensors";
    EXPECT_THAT(refusalWithIndex(), HasSubstr("model-00005-of-00004.safetensors is missing"));
    index = good;
    EXPECT_EQ(refusalWithIndex(), "opened");
}

TEST_F(ShardedModel, aShardOfAnotherModelIsRefused) {
    TemporaryFolder other;
    ModelRecipe larger = recipe;
    larger.layers = 3;
    writeModel(other.path(), larger);
    std::filesystem::copy(other.path() / shard(2), folder.path() / shard(2),
                          std::filesystem::copy_options::overwrite_existing);
    EXPECT_THAT(refusal(), HasSubstr(shard(2)));
}

TEST_F(ShardedModel, anIndexThatLeadsOutOfTheFolderIsRefused) {
    TemporaryFolder other;
    std::filesystem::copy(folder.path() / shard(4), other.path() / "x.safetensors");
    for (auto& [tensor, file] : index["weight_map"].items())
        if (file == shard(4)) file = "../" + other.path().filename().string() + "/x.safetensors";
    EXPECT_THAT(refusalWithIndex(), HasSubstr("not the name of a .safetensors file"));
}

TEST_F(ShardedModel, anIndexThatIsNoJsonIsRefused) {
    writeFile(indexPath, "{\"weight_map\":");
    EXPECT_THAT(refusal(), AllOf(HasSubstr("model.safetensors.index.json"), HasSubstr("malformed")));
}

TEST_F(ShardedModel, oneFileOfTheWholeModelGoesBeforeAnIndex) {
    recipe.shards = 1;
    writeModel(folder.path(), recipe);
    const Result<TensorSet> set = TensorSet::open(folder.path());
    ASSERT_TRUE(set.ok());
    EXPECT_EQ(set->files().size(), 1u);
}

} // namespace
} // namespace tramontane
