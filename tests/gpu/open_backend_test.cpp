// Where a model runs, and what is said where that is not the GPU. Needs neither a GPU nor CUDA.
#include "gpu/open_backend.h"

#include <cstdlib>

#include <gtest/gtest.h>

#include "core/model/model_files.h"
#include "gpu/device/memory_limit.h"
#include "gpu/model_fit.h"
#include "tests/support/model_builder.h"

namespace tramontane::gpu {
namespace {

ModelConfig smallModel() {
    ModelConfig config;
    MistralConfig& model = config.mistral;
    model.hiddenSize = 256, model.intermediateSize = 512, model.layerCount = 6;
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

ModelOptions on(const std::string& device, int gpuLayers = -1, int context = 0) {
    ModelOptions options;
    options.device = device;
    options.gpuLayers = gpuLayers;
    options.contextLength = context;
    return options;
}

constexpr std::uint64_t kPlenty = std::uint64_t{70} << 30;

TEST(ChooseDevice, autoTakesTheGpuWithTheMostFreeMemory) {
    for (const char* device : {"auto", "cuda"}) {
        const Result<DeviceChoice> choice = chooseDevice(on(device), smallModel(), twoGpus(kPlenty));
        ASSERT_TRUE(choice.ok());
        ASSERT_TRUE(choice->gpu.has_value());
        EXPECT_EQ(choice->gpu->name, "NVIDIA Large");
        EXPECT_EQ(choice->gpuLayers, 6);
        EXPECT_EQ(choice->note, "");
    }
}

TEST(ChooseDevice, cpuAsksNobodyAndSaysNothing) {
    for (const ModelOptions& options : {on("cpu"), on("cpu", 3), on("auto", 0)}) {
        const Result<DeviceChoice> choice = chooseDevice(options, smallModel(), twoGpus(kPlenty));
        ASSERT_TRUE(choice.ok());
        EXPECT_FALSE(choice->gpu.has_value());
        EXPECT_EQ(choice->note, "");
    }
    EXPECT_EQ(chooseDevice(on("cuda", 0), smallModel(), twoGpus(kPlenty))->note,
              "No layer is wanted on the GPU, so the CPU is used.");
}

TEST(ChooseDevice, withoutAGpuAutoIsTheCpuAndCudaAnError) {
    const Result<DeviceChoice> choice = chooseDevice(on("auto"), smallModel(), kNone);
    ASSERT_TRUE(choice.ok());
    EXPECT_FALSE(choice->gpu.has_value());
    EXPECT_EQ(choice->note, "");
    EXPECT_EQ(chooseDevice(on("auto", 3), smallModel(), kNone)->note, kNone.explanation) << "layers there were wanted";
    const Result<DeviceChoice> refused = chooseDevice(on("cuda"), smallModel(), kNone);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::notFound);
    EXPECT_EQ(refused.error().message, "No NVIDIA GPU was found; choose the device auto or cpu");
}

TEST(ChooseDevice, asManyLayersAreOnTheGpuAsFitWithTheirShareOfTheContext) {
    const ModelConfig config = smallModel();
    const GpuNeed need = gpuNeed(config);
    for (const int context : {64, 200, 512})
        for (int layers = 1; layers <= 6; ++layers)
            for (const char* device : {"auto", "cuda"}) {
                const std::uint64_t bytes = need.bytes(layers, context);
                const Result<DeviceChoice> fits = chooseDevice(on(device, -1, context), config, twoGpus(bytes));
                ASSERT_TRUE(fits.ok());
                ASSERT_TRUE(fits->gpu.has_value());
                EXPECT_EQ(fits->gpuLayers, layers);
                EXPECT_EQ(fits->note.empty(), layers == 6) << fits->note;
                const Result<DeviceChoice> less = chooseDevice(on(device, -1, context), config, twoGpus(bytes - 1));
                if (layers > 1) {
                    EXPECT_EQ(less->gpuLayers, layers - 1);
                    continue;
                }
                ASSERT_EQ(less.ok(), device == std::string("auto"));
                if (!less.ok()) {
                    EXPECT_EQ(less.error().kind, ErrorKind::outOfMemory);
                    continue;
                }
                EXPECT_FALSE(less->gpu.has_value());
                EXPECT_NE(less->note.find("NVIDIA Large has " + std::to_string((bytes - 1) >> 20) + " MB"),
                          std::string::npos)
                    << less->note;
                EXPECT_TRUE(less->note.ends_with("so the CPU is used.")) << less->note;
            }
}

// 7B, so that megabytes tell apart what fits.
ModelConfig mistral7B() {
    ModelConfig config;
    MistralConfig& model = config.mistral;
    model.hiddenSize = 4096, model.intermediateSize = 14336, model.layerCount = 32;
    model.headCount = 32, model.kvHeadCount = 8, model.headDim = 128;
    model.vocabSize = 32768, model.maxPositions = 32768;
    config.gptq.groupSize = 128;
    config.gptq.descAct = true;
    return config;
}

TEST(ChooseDevice, aLaptopsFourGigabytesHoldMostOfA7B) {
    const Result<DeviceChoice> choice = chooseDevice(on("auto"), mistral7B(), twoGpus(std::uint64_t{3700} << 20));
    ASSERT_TRUE(choice.ok());
    EXPECT_GE(choice->gpuLayers, 18);
    EXPECT_LE(choice->gpuLayers, 24);
    EXPECT_NE(choice->note.find("all 32 layers with a context of 8192 tokens need "), std::string::npos)
        << choice->note;
    EXPECT_TRUE(
        choice->note.ends_with("so " + std::to_string(choice->gpuLayers) + " run there and the others on the CPU."))
        << choice->note;
}

TEST(ChooseDevice, whereAShorterContextWouldDoItIsOffered) {
    const GpuNeed need = gpuNeed(mistral7B());
    const std::uint64_t free = need.bytes(32, 2048) + (std::uint64_t{1} << 20);
    const Result<DeviceChoice> choice = chooseDevice(on("auto"), mistral7B(), twoGpus(free));
    ASSERT_TRUE(choice.ok());
    EXPECT_LT(choice->gpuLayers, 32);
    EXPECT_TRUE(choice->note.ends_with("; all would with a context of 2048 tokens.")) << choice->note;
    EXPECT_EQ(chooseDevice(on("auto", -1, 2048), mistral7B(), twoGpus(free))->gpuLayers, 32);
}

TEST(ChooseDevice, aNumberOfLayersIsTakenOrRefusedWithFigures) {
    const ModelConfig config = mistral7B();
    const GpuNeed need = gpuNeed(config);
    const std::uint64_t free = need.bytes(20, 8192);
    for (const char* device : {"auto", "cuda"}) {
        for (const int layers : {1, 7, 20})
            EXPECT_EQ(chooseDevice(on(device, layers), config, twoGpus(free))->gpuLayers, layers);
        EXPECT_EQ(chooseDevice(on(device, 99), config, twoGpus(kPlenty))->gpuLayers, 32) << "all there are";
        const Result<DeviceChoice> refused = chooseDevice(on(device, 21), config, twoGpus(free));
        ASSERT_FALSE(refused.ok());
        EXPECT_EQ(refused.error().kind, ErrorKind::outOfMemory);
        const std::string& message = refused.error().message;
        EXPECT_NE(message.find(std::to_string(free >> 20) + " MB of free memory"), std::string::npos) << message;
        EXPECT_NE(message.find("21 of 32 layers with a context of 8192 tokens need"), std::string::npos) << message;
        EXPECT_NE(message.find("20 layers fit"), std::string::npos) << message;
        const Result<DeviceChoice> longContext = chooseDevice(on(device, 32), config, twoGpus(need.bytes(32, 4096)));
        ASSERT_FALSE(longContext.ok());
        EXPECT_NE(longContext.error().message.find("all would with a context of 4096 tokens"), std::string::npos)
            << longContext.error().message;
    }
}

TEST(ChooseDevice, anFp8CacheTakesHalfTheMemoryOfTheContext) {
    const ModelConfig config = mistral7B();
    const GpuNeed f16 = gpuNeed(config), fp8 = gpuNeed(config, KvElement::fp8);
    EXPECT_EQ(fp8.kvBytesPerToken, 65536u);
    EXPECT_EQ(fp8.weightBytes(32), f16.weightBytes(32));
    EXPECT_EQ(fp8.bytes(32, 32768), f16.bytes(32, 16384));
    EXPECT_EQ(fp8.longestContext(f16.bytes(32, 8192)), 16384);
    ModelOptions options = on("cuda", -1, 32768);
    const GpuDiscovery gpus = twoGpus(fp8.bytes(32, 32768));
    EXPECT_LT(chooseDevice(options, config, gpus)->gpuLayers, 32);
    options.kvElement = KvElement::fp8;
    const Result<DeviceChoice> choice = chooseDevice(options, config, gpus);
    ASSERT_TRUE(choice.ok());
    EXPECT_EQ(choice->gpuLayers, 32);
    EXPECT_EQ(choice->note, "");
    options.gpuLayers = 32;
    const std::uint64_t less = fp8.bytes(32, 32768) - (std::uint64_t{64} << 20);
    const Result<DeviceChoice> refused = chooseDevice(options, config, twoGpus(less));
    ASSERT_FALSE(refused.ok());
    const std::string figure = std::to_string((fp8.bytes(32, 32768) + (1u << 20) - 1) >> 20) + " MB";
    EXPECT_NE(refused.error().message.find("need " + figure), std::string::npos) << refused.error().message;
    EXPECT_NE(refused.error().message.find("all would with a context of " + std::to_string(fp8.longestContext(less)) +
                                           " tokens"),
              std::string::npos)
        << refused.error().message;
}

TEST(ChooseDevice, aShapeThatTheKernelsDoNotCoverRunsOnTheCpu) {
    ModelConfig config = smallModel();
    config.mistral.headDim = 40;
    const Result<DeviceChoice> choice = chooseDevice(on("auto"), config, twoGpus(kPlenty));
    ASSERT_TRUE(choice.ok());
    EXPECT_FALSE(choice->gpu.has_value());
    EXPECT_TRUE(choice->note.ends_with("The CPU is used.")) << choice->note;
    const Result<DeviceChoice> refused = chooseDevice(on("cuda"), config, twoGpus(kPlenty));
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::unsupported);
}

TEST(MemoryLimit, aDeviceCountsAsOneOfThatSize) {
    constexpr std::uint64_t gigabyte = std::uint64_t{1} << 30;
    EXPECT_EQ(freeWithin(0, 70 * gigabyte, 80 * gigabyte), 70 * gigabyte) << "no limit";
    EXPECT_EQ(freeWithin(4 * gigabyte, 79 * gigabyte, 80 * gigabyte), 3 * gigabyte) << "what is taken counts";
    EXPECT_EQ(freeWithin(4 * gigabyte, 70 * gigabyte, 80 * gigabyte), 0u);
    EXPECT_EQ(freeWithin(100 * gigabyte, 70 * gigabyte, 80 * gigabyte), 70 * gigabyte)
        << "a limit makes nothing larger";
    const struct {
        const char* text;
        std::uint64_t bytes;
    } cases[] = {{"4096", 4 * gigabyte}, {"", 0}, {"4G", 0}, {"-1", 0}, {"99999999999999999999", 0}, {"0", 0}};
    for (const auto& each : cases) {
        ASSERT_EQ(setenv(kMemoryLimitVariable, each.text, 1), 0);
        EXPECT_EQ(memoryLimitFromEnvironment(), each.bytes) << each.text;
    }
    unsetenv(kMemoryLimitVariable);
    EXPECT_EQ(memoryLimitFromEnvironment(), 0u);
}

TEST(MakeBestBackend, opensEveryModelSomewhere) {
    // Heads of 64 run on the GPU where there is one, heads of 40 on the CPU anywhere.
    for (const int headDim : {64, 40}) {
        const testing::TemporaryFolder folder;
        testing::writeModel(folder.path(),
                            {.hidden = 160, .intermediate = 320, .heads = 4, .kvHeads = 2, .headDim = headDim});
        const Result<ModelFiles> files = ModelFiles::open(folder.path());
        ASSERT_TRUE(files.ok()) << files.error().message;
        std::string note = "of an earlier model";
        const auto backend =
            makeBestBackend(*files, {.directory = folder.path(), .device = "auto", .threads = 1}, {}, {}, note);
        ASSERT_TRUE(backend.ok()) << backend.error().message;
        const bool hasGpu = !discoverGpus().devices.empty();
        if (!hasGpu || headDim == 40) {
            EXPECT_EQ((*backend)->info().deviceKind, "cpu");
        }
        EXPECT_EQ(note.empty(), !hasGpu || (*backend)->info().deviceKind == "cuda") << note;
        std::stop_source stop;
        stop.request_stop();
        const auto cancelled =
            makeBestBackend(*files, {.directory = folder.path(), .device = "auto"}, {}, stop.get_token(), note);
        ASSERT_FALSE(cancelled.ok());
        EXPECT_EQ(cancelled.error().kind, ErrorKind::cancelled);
    }
}

} // namespace
} // namespace tramontane::gpu
