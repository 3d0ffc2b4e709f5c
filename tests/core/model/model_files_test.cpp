// A model's folder as a whole: its parts fit each other, it has a fingerprint, and its loss is noticed.
#include "core/model/model_files.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/model_builder.h"
#include "tests/support/resource_use.h"

namespace tramontane {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using testing::ModelRecipe;
using testing::TemporaryFolder;
using testing::writeFile;
using testing::writeModel;

std::string fingerprintOf(const std::filesystem::path& directory) {
    const Result<ModelFiles> files = ModelFiles::open(directory);
    return files.ok() ? files->fingerprint() : files.error().message;
}

TEST(ModelFiles, opensAFolder) {
    const TemporaryFolder folder;
    const std::filesystem::path directory = folder.path() / "Tiny-Mistral";
    std::filesystem::create_directory(directory);
    writeModel(directory, {});
    const Result<ModelFiles> files = ModelFiles::open(directory / "");
    ASSERT_TRUE(files.ok()) << files.error().message;
    EXPECT_EQ(files->name(), "Tiny-Mistral");
    EXPECT_EQ(files->config().mistral.layerCount, 2);
    EXPECT_EQ(files->checkpoint().layers().size(), 2u);
    EXPECT_LE(files->tokenizer()->pieceCount(), 400);
    EXPECT_EQ(files->tokenizer()->decode(files->tokenizer()->encode("Hello, world")), "Hello, world");
    EXPECT_THAT(files->fingerprint(), MatchesRegex("[0-9a-f]{16}"));
}

TEST(ModelFiles, theFingerprintFollowsWhatChangesTheAnswers) {
    const TemporaryFolder folder, copy;
    writeModel(folder.path(), {});
    writeModel(copy.path(), {});
    const std::string original = fingerprintOf(folder.path());
    EXPECT_EQ(fingerprintOf(copy.path()), original) << "wherever the files lie";
    ModelRecipe other;
    other.seed = 2;
    writeModel(copy.path(), other);
    EXPECT_NE(fingerprintOf(copy.path()), original) << "other weights of the same shape";
    other = {};
    other.ropeTheta = 1e6;
    writeModel(copy.path(), other);
    EXPECT_NE(fingerprintOf(copy.path()), original) << "another config";
}

TEST(ModelFiles, foldersThatAreNoneAndMissingTokenizersAreNamed) {
    const TemporaryFolder folder;
    EXPECT_THAT(fingerprintOf(folder.path() / "nowhere"), HasSubstr("nowhere is not a folder"));
    EXPECT_THAT(fingerprintOf(folder.path()), HasSubstr("config.json"));
    ModelRecipe recipe;
    recipe.tokenizer = false;
    writeModel(folder.path(), recipe);
    EXPECT_THAT(fingerprintOf(folder.path()), HasSubstr("tokenizer.model"));
}

// Hostile cases 10, as far as the tokenizer must fit the model.
TEST(ModelFiles, moreTokensThanEmbeddingRowsAreRefusedAndFewerAreNot) {
    const TemporaryFolder folder;
    ModelRecipe recipe;
    recipe.vocab = 320;
    writeModel(folder.path(), recipe);
    EXPECT_THAT(fingerprintOf(folder.path()), AllOf(HasSubstr("tokenizer.model"), HasSubstr("320")));
    recipe.vocab = 1000;
    writeModel(folder.path(), recipe);
    EXPECT_THAT(fingerprintOf(folder.path()), MatchesRegex("[0-9a-f]{16}"));
}

// Hostile cases 11: the files' part of it. The engine asks and ends the answer.
TEST(ModelFiles, aModelThatIsCutOrReplacedWhileInUseIsReadAsZerosAndReported) {
    for (const bool cut : {true, false}) {
        const TemporaryFolder folder;
        writeModel(folder.path(), {});
        const Result<ModelFiles> files = ModelFiles::open(folder.path());
        ASSERT_TRUE(files.ok());
        EXPECT_TRUE(files->checkpoint().checkUnchanged().ok());
        if (cut) {
            std::filesystem::resize_file(folder.path() / "model.safetensors", 4096);
        } else {
            writeFile(folder.path() / "new", "something else");
            std::filesystem::rename(folder.path() / "new", folder.path() / "model.safetensors");
        }
        unsigned sum = 0;
        for (const LayerViews& layer : files->checkpoint().layers())
            for (const std::byte byte : layer.down.qweight) sum += unsigned(byte);
        EXPECT_EQ(sum == 0, cut) << "a cut file reads as zeros; a replaced one is still there for who holds it";
        const Result<void> check = files->checkpoint().checkUnchanged();
        ASSERT_FALSE(check.ok());
        EXPECT_EQ(check.error().kind, ErrorKind::changedOnDisk);
        EXPECT_THAT(check.error().message, HasSubstr("the model changed on disk"));
    }
}

// Hostile cases 12: what opening takes, closing gives back.
TEST(ModelFiles, openingAndClosingLeavesNothingBehind) {
    const TemporaryFolder folder;
    writeModel(folder.path(), {});
    const auto descriptors = [] {
        return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                             std::filesystem::directory_iterator());
    };
    const auto maps = [] {
        std::ifstream file("/proc/self/maps");
        int count = 0;
        for (std::string line; std::getline(file, line);) count += line.find("model.safetensors") != std::string::npos;
        return count;
    };
    const auto before = descriptors();
    for (int i = 0; i < 50; ++i) {
        ASSERT_TRUE(ModelFiles::open(folder.path()).ok());
        std::filesystem::rename(folder.path() / "tokenizer.model", folder.path() / "gone");
        ASSERT_FALSE(ModelFiles::open(folder.path()).ok());
        std::filesystem::rename(folder.path() / "gone", folder.path() / "tokenizer.model");
    }
    EXPECT_EQ(descriptors(), before);
    EXPECT_EQ(maps(), 0);
}

} // namespace
} // namespace tramontane
