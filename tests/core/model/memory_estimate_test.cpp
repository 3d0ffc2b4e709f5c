// The estimate, against checkpoints and against the figures that are known of Mistral 7B.
#include "core/model/memory_estimate.h"

#include <cstdlib>

#include <gtest/gtest.h>

#include "core/model/checkpoint.h"
#include "tests/support/model_builder.h"

namespace tramontane {
namespace {

ModelConfig mistral7b() {
    ModelConfig config;
    config.mistral = {4096, 14336, 32, 32, 8, 128, 32768, 32768, 1e-5f, 1e6f, {}, false, 1, {2}};
    config.gptq.descAct = true;
    return config;
}

TEST(MemoryEstimate, knowsMistral7B) {
    const MemoryEstimate estimate = estimateMemory(mistral7b());
    // The published file has 4.17 GB; a token's keys and values take 128 KiB.
    EXPECT_NEAR(double(estimate.weightBytes), 4.168e9, 0.01e9);
    EXPECT_EQ(estimate.kvBytesPerToken, 128u * 1024);
    EXPECT_LT(estimate.workBytes, 500'000'000u);
    EXPECT_EQ(estimate.totalBytes(1000) - estimate.totalBytes(0), 128'000u * 1024);
}

TEST(MemoryEstimate, isTheSizeOfTheCheckpoint) {
    for (const int groupSize : {32, 128, -1}) {
        testing::TemporaryFolder folder;
        testing::ModelRecipe recipe;
        recipe.groupSize = groupSize;
        recipe.actOrder = true;
        writeModel(folder.path(), recipe);
        const ModelConfig config = *readModelConfig(folder.path());
        const Result<Checkpoint> checkpoint = Checkpoint::open(folder.path(), config);
        ASSERT_TRUE(checkpoint.ok());
        // But for the header of the file, and the norms, which are counted as f32.
        const double header = 16000;
        EXPECT_NEAR(double(estimateMemory(config).weightBytes), double(checkpoint->fileBytes()), header);
    }
}

TEST(MemoryEstimate, findsTheLongestContextThatFits) {
    const MemoryEstimate estimate = estimateMemory(mistral7b());
    EXPECT_EQ(estimate.longestContext(0), 0);
    EXPECT_EQ(estimate.longestContext(estimate.totalBytes(0) - 1), 0);
    EXPECT_EQ(estimate.longestContext(estimate.totalBytes(4096)), 4096);
    EXPECT_EQ(estimate.longestContext(estimate.totalBytes(4096) - 1), 4095);
    EXPECT_EQ(estimate.longestContext(~std::uint64_t(0)), 32768) << "no further than the model was made for";
}

TEST(HostMemory, readsTheSystemsFigures) {
    const HostMemory memory = parseMemInfo("MemTotal:       24000000 kB\nMemFree: 5 kB\nMemAvailable:   20000000 kB\n");
    EXPECT_EQ(memory.totalBytes, 24000000ull * 1024);
    EXPECT_EQ(memory.availableBytes, 20000000ull * 1024);
    EXPECT_EQ(parseMemInfo("nonsense").totalBytes, 0u);
    const HostMemory here = hostMemory();
    EXPECT_GT(here.totalBytes, 100'000'000u);
    EXPECT_LE(here.availableBytes, here.totalBytes);
}

TEST(HostMemory, isNoMoreThanTheControlGroupAllows) {
    testing::TemporaryFolder root;
    std::filesystem::create_directories(root.path() / "outer" / "inner");
    testing::writeFile(root.path() / "outer" / "memory.max", "8000\n");
    testing::writeFile(root.path() / "outer" / "memory.current", "5000\n");
    testing::writeFile(root.path() / "outer" / "memory.stat", "anon 1\ninactive_file 4000\nfile 7\n");
    testing::writeFile(root.path() / "outer" / "inner" / "memory.max", "max\n");
    const HostMemory machine{100000, 90000};
    const HostMemory limited = limitByControlGroup(machine, "0::/outer/inner\n", root.path());
    EXPECT_EQ(limited.totalBytes, 8000u);
    EXPECT_EQ(limited.availableBytes, 7000u) << "8000 less the 1000 that are not cache";
    EXPECT_EQ(limitByControlGroup(machine, "0::/\n", root.path()).totalBytes, 100000u);
    EXPECT_EQ(limitByControlGroup(machine, "", root.path()).availableBytes, 90000u);
    EXPECT_EQ(limitByControlGroup(machine, "0::/../../..\n", root.path()).availableBytes, 90000u);
}

} // namespace
} // namespace tramontane
