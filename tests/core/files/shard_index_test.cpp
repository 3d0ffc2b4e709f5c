// The index of shards: names of files are names, and each tensor is in one of them.
#include "core/files/shard_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/model_builder.h"

namespace tramontane {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string refusal(const std::string& json) {
    const Result<ShardIndex> index = parseShardIndex(json, "index.json");
    return index.ok() ? "opened" : index.error().message;
}

TEST(ShardIndex, givesEachTensorItsShard) {
    const Result<ShardIndex> index = parseShardIndex(
        R"({"metadata":{"total_size":12,"x":[1,{"y":null}]},"weight_map":{"b":"two.safetensors","a":"one.safetensors",
            "c":"two.safetensors"}})",
        "index.json");
    ASSERT_TRUE(index.ok()) << index.error().message;
    EXPECT_THAT(index->shards, ::testing::ElementsAre("one.safetensors", "two.safetensors"));
    ASSERT_EQ(index->entries.size(), 3u);
    EXPECT_EQ(index->entries[0].tensor + std::to_string(index->entries[0].shard), "a0");
    EXPECT_EQ(index->entries[1].tensor + std::to_string(index->entries[1].shard), "b1");
    EXPECT_EQ(index->entries[2].tensor + std::to_string(index->entries[2].shard), "c1");
}

// Hostile cases 13, as far as an index can name files.
TEST(ShardIndex, refusesNamesThatLeadOutOfTheFolder) {
    for (const char* name :
         {"../model.safetensors", "/etc/x.safetensors", "a/b.safetensors", "a\\\\b.safetensors", "..", ".safetensors",
          "", "x\\u0000.safetensors", "x\\n.safetensors", "tokenizer.model", "..\\\\x.safetensors"})
        EXPECT_THAT(refusal("{\"weight_map\":{\"w\":\"" + std::string(name) + "\"}}"),
                    AllOf(HasSubstr("tensor w"), HasSubstr("not the name of a .safetensors file")))
            << name;
    EXPECT_NE(refusal("{\"weight_map\":{\"w\":\"" + std::string(250, 'x') + ".safetensors\"}}"), "opened");
}

TEST(ShardIndex, refusesWhatIsNotAnIndex) {
    EXPECT_THAT(refusal(""), HasSubstr("malformed"));
    EXPECT_THAT(refusal("[]"), HasSubstr("malformed"));
    EXPECT_THAT(refusal("{}"), HasSubstr("no weight_map"));
    EXPECT_THAT(refusal("{\"weight_map\":{}}"), HasSubstr("no weight_map"));
    EXPECT_THAT(refusal("{\"weight_map\":[]}"), HasSubstr("malformed"));
    EXPECT_THAT(refusal("{\"weight_map\":{\"a\":1}}"), HasSubstr("malformed"));
    EXPECT_THAT(refusal("{\"weight_map\":{\"a\":\"x.safetensors\"},\"weight_map\":{\"a\":\"x.safetensors\"}}"),
                HasSubstr("twice"));
    EXPECT_THAT(refusal("{\"weight_map\":{\"a\":\"x.safetensors\",\"a\":\"y.safetensors\"}}"), HasSubstr("twice"));
    EXPECT_THAT(refusal("{\"metadata\":" + std::string(1000, '[')), HasSubstr("64 deep"));
    EXPECT_THAT(refusal("{\"weight_map\":{\"a\":\"x.safetensors\"}} x"), HasSubstr("malformed"));
}

TEST(ShardIndex, refusesTooManyFilesAndTooLargeAnIndex) {
    std::string many = "{\"weight_map\":{";
    for (int i = 0; i < 1001; ++i)
        many += (i > 0 ? ",\"t" : "\"t") + std::to_string(i) + "\":\"" + std::to_string(i) + ".safetensors\"";
    EXPECT_THAT(refusal(many + "}}"), HasSubstr("more than 1000 files"));
    testing::TemporaryFolder folder;
    testing::writeFile(folder.path() / "index.json", std::string(17u << 20, ' '));
    EXPECT_THAT(readShardIndex(folder.path() / "index.json").error().message, HasSubstr("at most"));
}

} // namespace
} // namespace tramontane
