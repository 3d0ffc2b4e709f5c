// The first layers on the CPU and the last on the GPU against the float32 reference; what fails leaves both as they were.
// What needs no GPU: joined_parts_test.
#include "gpu/hybrid_backend.h"

#include <cstdlib>
#include <map>
#include <optional>

#include "core/model/built_in_model.h"
#include "core/model/model_files.h"
#include "gpu/device/device_memory.h"
#include "gpu/device/discovery.h"
#include "gpu/model_fit.h"
#include "gpu/open_backend.h"
#include "tests/core/cpu/model_fixture.h"
#include "tests/gpu/device_vector.h"

namespace tramontane {
namespace {

using testing::append;
using testing::ModelRecipe;
using testing::randomTokens;
using testing::TestModel;
using testing::worstRow;

// The CPU's part rounds activations to 8 bits and is held to what its own tests hold it to (cpu_backend_test).
constexpr double kWholeRow = 6e-2;
// Of the same backend by another way: the GPU's f16 between operations.
constexpr double kOtherWay = 1e-2;
constexpr int kLayers = 4, kVocab = 400;

gpu::HybridBackendOptions optionsOf(int gpuLayers, int contextLength = 0) {
    gpu::HybridBackendOptions options;
    options.gpuLayers = gpuLayers;
    options.cpu.threads = 2;
    options.cuda.deviceOrdinal = gpu::discoverGpus().devices.front().ordinal;
    options.cuda.contextLength = contextLength;
    return options;
}

// All layers on the GPU where gpuLayers is all of them.
std::unique_ptr<Backend> onBoth(TestModel& model, int gpuLayers, int contextLength = 0) {
    const gpu::HybridBackendOptions options = optionsOf(gpuLayers, contextLength);
    auto backend = gpuLayers == model.views().config.mistral.layerCount
                       ? gpu::makeCudaBackend(model.views(), options.cuda, {}, {})
                       : gpu::makeHybridBackend(model.views(), options, {}, {});
    EXPECT_TRUE(backend.ok()) << (backend.ok() ? "" : backend.error().message);
    return backend.ok() ? std::move(*backend) : nullptr;
}

TEST(HybridBackend, matchesTheReferenceWhereverTheLayersPart) {
    REQUIRE_GPU();
    std::mt19937 random(5242);
    for (const ModelRecipe& recipe :
         {ModelRecipe{.layers = kLayers, .actOrder = true},
          ModelRecipe{.layers = kLayers, .tiedHead = true, .groupSize = 128, .actOrder = true, .dense = DType::bf16},
          ModelRecipe{
              .layers = kLayers, .groupSize = 64, .actOrder = true, .sharedOrders = false, .symmetric = false}}) {
        TestModel model(recipe);
        const std::vector<TokenId> tokens = randomTokens(150, kVocab, random);
        const auto reference = model.reference();
        const std::vector<float> expected = append(*reference, *reference->createSequence(), tokens, LogitsWanted::all);
        for (int layers = 1; layers <= kLayers; ++layers) {
            SCOPED_TRACE(std::to_string(layers) + " layers on the GPU");
            const auto backend = onBoth(model, layers);
            ASSERT_NE(backend, nullptr);
            const std::vector<float> together = append(*backend, *backend->createSequence(), tokens, LogitsWanted::all);
            EXPECT_LE(worstRow(together, expected, kVocab).norm, kWholeRow) << "read together";
            const SequenceId sequence = *backend->createSequence();
            std::vector<float> single;
            for (const TokenId token : tokens) {
                const std::vector<float> row = append(*backend, sequence, {token});
                single.insert(single.end(), row.begin(), row.end());
            }
            EXPECT_LE(worstRow(single, expected, kVocab).norm, kWholeRow) << "one by one";
            EXPECT_LE(worstRow(single, together, kVocab).norm, kOtherWay) << "one by one and together";
        }
    }
}

TEST(HybridBackend, tellsTheTruthAboutItself) {
    REQUIRE_GPU();
    TestModel model({.layers = kLayers, .actOrder = true});
    const auto backend = onBoth(model, 3), whole = onBoth(model, kLayers), cpu = model.fast();
    EXPECT_EQ(backend->info().device,
              gpu::discoverGpus().devices.front().name + " (3 of 4 layers), " + cpu->info().device);
    EXPECT_EQ(backend->info().deviceKind, "cuda");
    EXPECT_GT(backend->info().cpuBytesReadPerToken, 0u);
    EXPECT_LT(backend->info().cpuBytesReadPerToken, backend->info().bytesReadPerToken);
    EXPECT_EQ(whole->info().cpuBytesReadPerToken, 0u);
    EXPECT_EQ(backend->info().kvBytesPerToken, whole->info().kvBytesPerToken);
    EXPECT_EQ(backend->info().contextLength, whole->info().contextLength);
    EXPECT_LE(backend->info().preferredPrefillTokens, 128);
}

TEST(HybridBackend, theGpusLayersKeepAnFp8CacheAndTheCpusF16) {
    REQUIRE_GPU();
    std::mt19937 random(5243);
    TestModel model({.layers = kLayers, .actOrder = true});
    gpu::HybridBackendOptions options = optionsOf(2);
    options.cuda.kvElement = KvElement::fp8;
    const auto wide = onBoth(model, 2);
    auto made = gpu::makeHybridBackend(model.views(), options, {}, {});
    ASSERT_TRUE(made.ok()) << made.error().message;
    const auto backend = std::move(*made);
    EXPECT_EQ(backend->info().kvElement, KvElement::fp8);
    EXPECT_EQ(wide->info().kvElement, KvElement::f16);
    EXPECT_EQ(backend->info().kvBytesPerToken * 4, wide->info().kvBytesPerToken * 3) << "half of the layers take half";
    const std::vector<TokenId> tokens = randomTokens(150, kVocab, random);
    const std::vector<float> expected = append(*wide, *wide->createSequence(), tokens, LogitsWanted::all);
    const std::vector<float> got = append(*backend, *backend->createSequence(), tokens, LogitsWanted::all);
    // What an fp8 cache may cost (cuda_backend_test), and more than the two ways of f16 differ by.
    EXPECT_LE(worstRow(got, expected, kVocab).overall, 0.0625);
    EXPECT_GE(worstRow(got, expected, kVocab).overall, 5e-3);
}

TEST(HybridBackend, aBatchGivesEachWhatItGetsAlone) {
    REQUIRE_GPU();
    constexpr int kSequences = 16;
    std::mt19937 random(5245);
    TestModel model({.layers = kLayers, .groupSize = 64, .actOrder = true});
    const auto together = onBoth(model, 2), alone = onBoth(model, 2);
    std::vector<SequenceId> inBatch, solo;
    for (int i = 0; i < kSequences; ++i) {
        inBatch.push_back(*together->createSequence());
        solo.push_back(*alone->createSequence());
    }
    const LogitsWanted kinds[] = {LogitsWanted::none, LogitsWanted::last, LogitsWanted::all};
    for (int round = 0; round < 16; ++round) {
        std::vector<std::vector<TokenId>> tokens;
        std::vector<BatchPiece> pieces;
        for (int i = 0; i < kSequences; ++i)
            tokens.push_back(randomTokens(round % 2 != 0 ? 1 : static_cast<int>(random() % 30), kVocab, random));
        for (int i = 0; i < kSequences; ++i)
            if (random() % 4 != 0) pieces.push_back({inBatch[i], tokens[i], kinds[random() % 3]});
        const Result<std::span<const float>> logits = together->forward(pieces, {});
        ASSERT_TRUE(logits.ok()) << logits.error().message;
        std::vector<float> expected;
        for (const BatchPiece& piece : pieces) {
            const auto who = std::find(inBatch.begin(), inBatch.end(), piece.sequence) - inBatch.begin();
            const std::vector<float> rows = append(*alone, solo[who], tokens[who], piece.logits);
            expected.insert(expected.end(), rows.begin(), rows.end());
        }
        ASSERT_EQ(logits->size(), expected.size());
        if (expected.empty()) continue;
        ASSERT_LE(worstRow(std::vector<float>(logits->begin(), logits->end()), expected, kVocab).norm, kOtherWay)
            << "round " << round;
    }
}

TEST(HybridBackend, forksAndCutsLeaveEverySequenceAsIfItWereFresh) {
    REQUIRE_GPU();
    TestModel model({.layers = 2, .vocab = 200, .actOrder = true});
    const auto backend = onBoth(model, 1);
    std::mt19937 dice(5246);
    std::map<SequenceId, std::vector<TokenId>> texts;
    texts[*backend->createSequence()];
    for (int action = 0; action < 2000; ++action) {
        auto it = texts.begin();
        std::advance(it, static_cast<std::ptrdiff_t>(dice() % texts.size()));
        switch (dice() % 5) {
        case 0:
            if (texts.size() < 20) texts[*backend->forkSequence(it->first)] = it->second;
            break;
        case 1:
            it->second.resize(it->second.size() - dice() % (std::min<std::size_t>(it->second.size(), 90) + 1));
            ASSERT_TRUE(backend->truncateSequence(it->first, static_cast<int>(it->second.size())).ok());
            break;
        case 2:
            if (texts.size() > 1) {
                backend->releaseSequence(it->first);
                texts.erase(it);
            }
            break;
        default: {
            const std::vector<TokenId> more = randomTokens(static_cast<int>(dice() % 50), 200, dice);
            if (it->second.size() + more.size() > 500) break;
            append(*backend, it->first, more, LogitsWanted::none);
            it->second.insert(it->second.end(), more.begin(), more.end());
        }
        }
    }
    for (auto& [id, text] : texts) {
        ASSERT_EQ(backend->sequenceLength(id), static_cast<int>(text.size()));
        const std::vector<float> got = append(*backend, id, {7});
        text.push_back(7);
        const SequenceId fresh = *backend->createSequence();
        ASSERT_LE(worstRow(got, append(*backend, fresh, text), 200).norm, kOtherWay);
        backend->releaseSequence(fresh);
    }
}

TEST(HybridBackend, refusesWhatTheContractRefusesAndStaysAsItWas) {
    REQUIRE_GPU();
    TestModel model({.layers = kLayers, .positions = 512, .actOrder = true});
    const auto backend = onBoth(model, 2, 128);
    const SequenceId sequence = *backend->createSequence();
    const std::vector<TokenId> tokens(100, 3), foreign{kVocab};
    append(*backend, sequence, tokens, LogitsWanted::none);
    const auto kindOf = [&](std::vector<BatchPiece> pieces, std::stop_token stop = {}) {
        const auto rows = backend->forward(pieces, stop);
        return rows.ok() ? ErrorKind::internal : rows.error().kind;
    };
    EXPECT_EQ(kindOf({{sequence, tokens}}), ErrorKind::contextFull);
    EXPECT_EQ(kindOf({{sequence, foreign}}), ErrorKind::invalidInput);
    EXPECT_EQ(kindOf({{SequenceId{999}, std::span(tokens).first(1)}}), ErrorKind::invalidInput);
    std::stop_source source;
    source.request_stop();
    EXPECT_EQ(kindOf({{sequence, std::span(tokens).first(1)}}, source.get_token()), ErrorKind::cancelled);
    EXPECT_EQ(backend->sequenceLength(sequence), 100);
    EXPECT_EQ(append(*backend, sequence, {1}).size(), static_cast<std::size_t>(kVocab));
}

// 4 KiB of keys and values a token and layer.
const ModelRecipe kWideCache{.hidden = 1024,
                             .intermediate = 1024,
                             .layers = 2,
                             .heads = 8,
                             .kvHeads = 8,
                             .headDim = 128,
                             .positions = 8192,
                             .groupSize = 128,
                             .actOrder = true};

TEST(HybridBackend, memoryThatEndsInAConversationIsAnErrorWithAWayOnAndNothingIsLost) {
    REQUIRE_GPU();
    TestModel model(kWideCache);
    for (const int layers : {1, 2}) {
        gpu::HybridBackendOptions options = optionsOf(layers, 8192);
        ASSERT_EQ(cudaSetDevice(options.cuda.deviceOrdinal), cudaSuccess);
        std::size_t free = 0, total = 0;
        ASSERT_EQ(cudaMemGetInfo(&free, &total), cudaSuccess);
        options.cuda.prefillRows = 128;
        // What is taken now, what stays free, weights and work, and some of the cache of 32 MB a layer and sequence.
        options.cuda.memoryLimitBytes = total - free + (std::uint64_t{256 + 200} << 20);
        auto backend = layers == 2 ? gpu::makeCudaBackend(model.views(), options.cuda, {}, {})
                                   : gpu::makeHybridBackend(model.views(), options, {}, {});
        ASSERT_TRUE(backend.ok()) << backend.error().message;
        std::mt19937 random(5247);
        const std::vector<TokenId> tokens = randomTokens(512, kVocab, random), after = randomTokens(3, kVocab, random);
        std::vector<SequenceId> sequences;
        std::optional<Error> error;
        while (sequences.size() < 12 && !error) {
            sequences.push_back(*(*backend)->createSequence());
            while (!error && (*backend)->sequenceLength(sequences.back()) + 512 <= 8192) {
                const BatchPiece piece{sequences.back(), tokens, LogitsWanted::none};
                const auto done = (*backend)->forward({&piece, 1}, {});
                if (!done) error = done.error();
            }
        }
        ASSERT_TRUE(error.has_value()) << "12 full contexts fit";
        EXPECT_EQ(error->kind, ErrorKind::outOfMemory);
        EXPECT_NE(error->message.find("use a shorter context"), std::string::npos) << error->message;
        EXPECT_NE(error->message.find("CPU"), std::string::npos) << error->message;
        EXPECT_EQ((*backend)->sequenceLength(sequences.back()) % 512, 0) << "no part of the failed call";
        while (sequences.size() > 1) {
            (*backend)->releaseSequence(sequences.back());
            sequences.pop_back();
        }
        const SequenceId kept = sequences[0], fresh = *(*backend)->createSequence();
        ASSERT_TRUE((*backend)->truncateSequence(kept, 512).ok());
        append(**backend, fresh, tokens, LogitsWanted::none);
        EXPECT_LE(worstRow(append(**backend, kept, after), append(**backend, fresh, after), kVocab).norm, kOtherWay);
    }
}

TEST(HybridBackend, aModelThatDoesNotFitIsOpenedOnBoth) {
    REQUIRE_GPU();
    TestModel model({.hidden = 1024,
                     .intermediate = 1024,
                     .layers = 4,
                     .heads = 8,
                     .kvHeads = 8,
                     .headDim = 128,
                     .positions = 8192,
                     .groupSize = 128,
                     .actOrder = true});
    const Result<ModelFiles> files = ModelFiles::open(model.path());
    ASSERT_TRUE(files.ok()) << files.error().message;
    const gpu::GpuDevice device = gpu::discoverGpus().devices.front();
    const std::uint64_t taken = device.totalBytes - device.freeBytes;
    const std::uint64_t limit =
        (taken + gpu::gpuNeed(files->config()).bytes(3, 8192) + (std::uint64_t{16} << 20)) >> 20;
    ASSERT_EQ(setenv("TRAMONTANE_GPU_MEMORY_LIMIT", std::to_string(limit).c_str(), 1), 0);
    std::string note;
    const auto backend = gpu::makeBestBackend(
        *files, {.directory = model.path(), .device = "auto", .threads = 2, .contextLength = 8192}, {}, {}, note);
    const auto refused = gpu::makeBestBackend(
        *files, {.directory = model.path(), .device = "auto", .threads = 2, .contextLength = 8192, .gpuLayers = 4}, {},
        {}, note);
    unsetenv("TRAMONTANE_GPU_MEMORY_LIMIT");
    ASSERT_TRUE(backend.ok()) << backend.error().message;
    EXPECT_NE((*backend)->info().device.find(" (3 of 4 layers), CPU ("), std::string::npos)
        << (*backend)->info().device;
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::outOfMemory);
    // The whole context of one conversation has room, as was promised.
    const SequenceId sequence = *(*backend)->createSequence();
    for (int i = 0; i < 16; ++i) append(**backend, sequence, std::vector<TokenId>(512, 3), LogitsWanted::none);
    EXPECT_EQ((*backend)->sequenceLength(sequence), 8192);
}

} // namespace
} // namespace tramontane
