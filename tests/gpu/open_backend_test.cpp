// Where a model runs, and what is said where that is not the GPU. Needs neither a GPU nor CUDA.
#include "gpu/open_backend.h"

#include <gtest/gtest.h>

#include "core/model/model_files.h"
#include "gpu/model_fit.h"
#include "tests/support/model_builder.h"

namespace tramontane::gpu {
namespace {

ModelConfig smallModel() {
    ModelConfig config;
    MistralConfig& model = config.mistral;
    model.hiddenSize = 256, model.intermediateSize = 512, model.layerCount = 2;
    model.headCount = 4, model.kvHeadCount = 2, model.headDim = 64;
    model.vocabSize = 400, model.maxPositions = 512;
    return config;
}

GpuDiscovery twoGpus(std::uint64_t freeBytes) {
    return {{{1, "NVIDIA Large", 9, 0, 132, std::uint64_t{80} << 30, freeBytes},
             {0, "NVIDIA Small", 8, 6, 20, std::uint64_t{8} << 30, freeBytes / 2}},
            {}};
}
const GpuDiscovery kNone{{}, "No NVIDIA GPU was found, so the CPU is used."};

TEST(ChooseDevice, autoTakesTheGpuWithTheMostFreeMemory) {
    for (const char* device : {"auto", "cuda"}) {
        const Result<DeviceChoice> choice = chooseDevice(device, smallModel(), twoGpus(std::uint64_t{70} << 30));
        ASSERT_TRUE(choice.ok());
        ASSERT_TRUE(choice->gpu.has_value());
        EXPECT_EQ(choice->gpu->name, "NVIDIA Large");
        EXPECT_EQ(choice->note, "");
    }
}

TEST(ChooseDevice, cpuAsksNobodyAndSaysNothing) {
    const Result<DeviceChoice> choice = chooseDevice("cpu", smallModel(), twoGpus(std::uint64_t{70} << 30));
    ASSERT_TRUE(choice.ok());
    EXPECT_FALSE(choice->gpu.has_value());
    EXPECT_EQ(choice->note, "");
}

TEST(ChooseDevice, withoutAGpuAutoIsTheCpuAndCudaAnError) {
    const Result<DeviceChoice> choice = chooseDevice("auto", smallModel(), kNone);
    ASSERT_TRUE(choice.ok());
    EXPECT_FALSE(choice->gpu.has_value());
    EXPECT_EQ(choice->note, "");
    const Result<DeviceChoice> refused = chooseDevice("cuda", smallModel(), kNone);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::notFound);
    EXPECT_EQ(refused.error().message, "No NVIDIA GPU was found; choose the device auto or cpu");
}

TEST(ChooseDevice, aModelThatDoesNotFitRunsOnTheCpuAndTheNoteHasTheFigures) {
    const ModelConfig config = smallModel();
    const std::uint64_t least = gpuNeed(config).leastBytes();
    EXPECT_TRUE(chooseDevice("auto", config, twoGpus(least))->gpu.has_value());
    const Result<DeviceChoice> choice = chooseDevice("auto", config, twoGpus(least - 1));
    ASSERT_TRUE(choice.ok());
    EXPECT_FALSE(choice->gpu.has_value());
    EXPECT_NE(choice->note.find("NVIDIA Large has " + std::to_string((least - 1) >> 20) + " MB"), std::string::npos)
        << choice->note;
    EXPECT_TRUE(choice->note.ends_with("so the CPU is used.")) << choice->note;
    EXPECT_TRUE(chooseDevice("cuda", config, twoGpus(least - 1))->gpu.has_value()) << "the loader has the exact figures";
}

TEST(ChooseDevice, aShapeThatTheKernelsDoNotCoverRunsOnTheCpu) {
    ModelConfig config = smallModel();
    config.mistral.headDim = 40;
    const Result<DeviceChoice> choice = chooseDevice("auto", config, twoGpus(std::uint64_t{70} << 30));
    ASSERT_TRUE(choice.ok());
    EXPECT_FALSE(choice->gpu.has_value());
    EXPECT_TRUE(choice->note.ends_with("The CPU is used.")) << choice->note;
    const Result<DeviceChoice> refused = chooseDevice("cuda", config, twoGpus(std::uint64_t{70} << 30));
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::unsupported);
}

TEST(MakeBestBackend, opensEveryModelSomewhere) {
    // Heads of 64 run on the GPU where there is one, heads of 40 on the CPU anywhere.
    for (const int headDim : {64, 40}) {
        const testing::TemporaryFolder folder;
        testing::writeModel(folder.path(), {.hidden = 160, .intermediate = 320, .heads = 4, .kvHeads = 2, .headDim = headDim});
        const Result<ModelFiles> files = ModelFiles::open(folder.path());
        ASSERT_TRUE(files.ok()) << files.error().message;
        std::string note = "of an earlier model";
        const auto backend = makeBestBackend(*files, {.directory = folder.path(), .device = "auto", .threads = 1}, {}, {}, note);
        ASSERT_TRUE(backend.ok()) << backend.error().message;
        const bool hasGpu = !discoverGpus().devices.empty();
        if (!hasGpu || headDim == 40) {
            EXPECT_EQ((*backend)->info().deviceKind, "cpu");
        }
        EXPECT_EQ(note.empty(), !hasGpu || (*backend)->info().deviceKind == "cuda") << note;
        std::stop_source stop;
        stop.request_stop();
        const auto cancelled = makeBestBackend(*files, {.directory = folder.path(), .device = "auto"}, {}, stop.get_token(), note);
        ASSERT_FALSE(cancelled.ok());
        EXPECT_EQ(cancelled.error().kind, ErrorKind::cancelled);
    }
}

} // namespace
} // namespace tramontane::gpu
