// The whole model on the GPU against the float32 reference on the CPU, and sequences against each other.
#include <algorithm>
#include <map>

#include "core/model/built_in_model.h"
#include "gpu/cuda_backend.h"
#include "gpu/device/discovery.h"
#include "tests/core/cpu/model_fixture.h"
#include "tests/gpu/device_vector.h"

namespace tramontane {
namespace {

using testing::append;
using testing::ModelRecipe;
using testing::randomTokens;
using testing::RowError;
using testing::TestModel;
using testing::worstRow;

// The requirement on a row of logits, by norm. Activations are rounded to f16 between operations.
constexpr double kWholeRow = 1e-2;

// With an fp8 cache, all rows as one and the worst of them. A number is off by 2^-4 of itself at most and by 2.6 % in the
// mean square (an eighth of its power of two, spread evenly). Values are averaged: their errors, independent as they are,
// make up as much of the average. Keys shift a score by 2.6 % of what scores spread by, 1 to 2 here. Both add up as
// squares and attention is a part of what the layers add: 2^-4 holds for all rows, twice that for a row by itself. The
// reference with a cache that was rounded alike was 1.4 to 4.1 % off in all rows, and 7.5 % in the worst.
constexpr double kFp8AllRows = 0.0625, kFp8WholeRow = 2 * kFp8AllRows;
constexpr double kFp8Least = 5e-3; // less is no fp8 cache

std::unique_ptr<Backend> onGpu(TestModel& model, int contextLength = 0, KvElement kvElement = KvElement::f16) {
    const gpu::CudaBackendOptions options{.deviceOrdinal = gpu::discoverGpus().devices.front().ordinal,
                                          .contextLength = contextLength,
                                          .kvElement = kvElement};
    auto backend = gpu::makeCudaBackend(model.views(), options, {}, {});
    EXPECT_TRUE(backend.ok()) << (backend.ok() ? "" : backend.error().message);
    return backend.ok() ? std::move(*backend) : nullptr;
}

struct Variant {
    const char* name;
    ModelRecipe recipe;
};
const std::vector<Variant>& variants() {
    static const std::vector<Variant> all = {
        {"groups of 32, v1, symmetric", {}},
        {"act-order", {.groupSize = 32, .actOrder = true}},
        {"act-order, each linear its own", {.groupSize = 64, .actOrder = true, .sharedOrders = false}},
        {"asymmetric, v2 zeros, groups of 64",
         {.groupSize = 64, .actOrder = true, .symmetric = false, .zerosV2 = true}},
        {"asymmetric, v1 zeros, bias", {.groupSize = 128, .symmetric = false, .bias = true}},
        {"own orders, bias, asymmetric",
         {.groupSize = 32, .actOrder = true, .sharedOrders = false, .symmetric = false, .bias = true}},
        {"one group", {.groupSize = -1, .symmetric = false}},
        {"bf16, tied head", {.tiedHead = true, .groupSize = 128, .actOrder = true, .dense = DType::bf16}},
        {"f32", {.groupSize = 128, .dense = DType::f32}},
        {"widths that are no multiple of 128",
         {.hidden = 160,
          .intermediate = 320,
          .heads = 10,
          .kvHeads = 2,
          .headDim = 32,
          .groupSize = 32,
          .actOrder = true}},
        {"heads of 96",
         {.hidden = 192,
          .intermediate = 384,
          .heads = 4,
          .kvHeads = 4,
          .headDim = 96,
          .vocab = 401,
          .groupSize = 64,
          .actOrder = true}},
        {"one kv head for eight",
         {.hidden = 256,
          .intermediate = 512,
          .heads = 8,
          .kvHeads = 1,
          .headDim = 32,
          .groupSize = 128,
          .actOrder = true}},
        {"Mistral's heads",
         {.hidden = 1024,
          .intermediate = 2048,
          .heads = 8,
          .kvHeads = 2,
          .headDim = 128,
          .groupSize = 128,
          .actOrder = true}},
    };
    return all;
}

TEST(CudaBackend, matchesTheReferenceInEveryVariantOfTheFormat) {
    REQUIRE_GPU();
    std::mt19937 random(4242);
    for (const Variant& variant : variants()) {
        SCOPED_TRACE(variant.name);
        TestModel model(variant.recipe);
        const std::vector<TokenId> tokens = randomTokens(90, variant.recipe.vocab, random);
        const auto reference = model.reference(), device = onGpu(model);
        ASSERT_NE(device, nullptr);
        const std::vector<float> expected = append(*reference, *reference->createSequence(), tokens, LogitsWanted::all);
        const std::vector<float> together = append(*device, *device->createSequence(), tokens, LogitsWanted::all);
        EXPECT_LE(worstRow(together, expected, variant.recipe.vocab).norm, kWholeRow) << "read together";
        const SequenceId sequence = *device->createSequence();
        std::vector<float> single;
        for (const TokenId token : tokens) {
            const std::vector<float> row = append(*device, sequence, {token});
            single.insert(single.end(), row.begin(), row.end());
        }
        EXPECT_LE(worstRow(single, expected, variant.recipe.vocab).norm, kWholeRow) << "one by one";
    }
}

// Every row of `tokens`, read one by one.
std::vector<float> appendSingly(Backend& backend, const std::vector<TokenId>& tokens) {
    const SequenceId sequence = *backend.createSequence();
    std::vector<float> rows;
    for (const TokenId token : tokens) {
        const std::vector<float> row = append(backend, sequence, {token});
        rows.insert(rows.end(), row.begin(), row.end());
    }
    return rows;
}

void expectNearWithFp8(const std::vector<float>& got, const std::vector<float>& expected, int vocab, const char* how) {
    const RowError error = worstRow(got, expected, vocab);
    EXPECT_LE(error.overall, kFp8AllRows) << how;
    EXPECT_LE(error.norm, kFp8WholeRow) << how;
    EXPECT_GE(error.overall, kFp8Least) << how;
}

TEST(CudaBackend, anFp8CacheGivesNearlyTheSameLogitsInHalfTheMemory) {
    REQUIRE_GPU();
    std::mt19937 random(4300);
    for (const Variant& variant : variants()) {
        SCOPED_TRACE(variant.name);
        TestModel model(variant.recipe);
        const std::vector<TokenId> tokens = randomTokens(90, variant.recipe.vocab, random);
        const auto reference = model.reference(), wide = onGpu(model), device = onGpu(model, 0, KvElement::fp8);
        ASSERT_NE(device, nullptr);
        EXPECT_EQ(device->info().kvElement, KvElement::fp8);
        EXPECT_EQ(device->info().kvBytesPerToken * 2, wide->info().kvBytesPerToken);
        const std::vector<float> expected = append(*reference, *reference->createSequence(), tokens, LogitsWanted::all);
        const std::vector<float> together = append(*device, *device->createSequence(), tokens, LogitsWanted::all);
        expectNearWithFp8(together, expected, variant.recipe.vocab, "read together");
        expectNearWithFp8(appendSingly(*device, tokens), expected, variant.recipe.vocab, "one by one");
    }
}

TEST(CudaBackend, theBuiltInModelWithAnFp8CacheGivesNearlyTheReferencesLogits) {
    REQUIRE_GPU();
    TestModel model(std::filesystem::path(TRAMONTANE_SOURCE_DIR) / "resources/models/built-in");
    std::mt19937 random(4301);
    const auto reference = model.reference(), device = onGpu(model, 0, KvElement::fp8);
    const int vocab = model.views().config.mistral.vocabSize;
    const std::vector<TokenId> tokens = randomTokens(200, vocab, random);
    const std::vector<float> expected = append(*reference, *reference->createSequence(), tokens, LogitsWanted::all);
    expectNearWithFp8(append(*device, *device->createSequence(), tokens, LogitsWanted::all), expected, vocab,
                      "read together");
    expectNearWithFp8(appendSingly(*device, tokens), expected, vocab, "one by one");
}

TEST(CudaBackend, forksAndCutsOfAnFp8CacheChangeNoBit) {
    REQUIRE_GPU();
    constexpr int kVocab = 400;
    std::mt19937 random(4302);
    TestModel model({.groupSize = 64, .actOrder = true});
    const auto backend = onGpu(model, 0, KvElement::fp8);
    const std::vector<TokenId> begin = randomTokens(70, kVocab, random), end = randomTokens(60, kVocab, random),
                               other = randomTokens(90, kVocab, random); // 70 is within a page, 70 + 60 in the next
    const SequenceId fresh = *backend->createSequence();
    append(*backend, fresh, begin, LogitsWanted::none);
    const std::vector<float> expected = append(*backend, fresh, end, LogitsWanted::all);
    const std::vector<float> next = append(*backend, fresh, {7});

    const SequenceId first = *backend->createSequence();
    append(*backend, first, begin, LogitsWanted::none);
    const SequenceId fork = *backend->forkSequence(first);
    append(*backend, fork, other, LogitsWanted::none);
    EXPECT_EQ(append(*backend, first, end, LogitsWanted::all), expected) << "while a fork went another way";
    ASSERT_TRUE(backend->truncateSequence(fork, 70).ok());
    EXPECT_EQ(append(*backend, fork, end, LogitsWanted::all), expected) << "after a cut";
    const SequenceId late = *backend->forkSequence(fork);
    backend->releaseSequence(fork);
    EXPECT_EQ(append(*backend, late, {7}), next);
    EXPECT_EQ(append(*backend, first, {7}), next);
}

TEST(CudaBackend, slidingWindowMatchesTheReference) {
    REQUIRE_GPU();
    std::mt19937 random(4243);
    TestModel model({.vocab = 300, .actOrder = true});
    for (const int window : {1, 7, 64, 100}) {
        model.views().config.mistral.slidingWindow = window;
        const std::vector<TokenId> tokens = randomTokens(150, 300, random);
        const auto reference = model.reference(), device = onGpu(model);
        const std::vector<float> expected = append(*reference, *reference->createSequence(), tokens, LogitsWanted::all);
        const std::vector<float> got = append(*device, *device->createSequence(), tokens, LogitsWanted::all);
        EXPECT_LE(worstRow(got, expected, 300).norm, kWholeRow) << "window " << window;
    }
}

TEST(CudaBackend, writesTheReferencesTokensWhereverItsMarginExceedsTheError) {
    REQUIRE_GPU();
    std::mt19937 random(4244);
    for (const ModelRecipe& recipe :
         {ModelRecipe{.positions = 1024, .actOrder = true},
          ModelRecipe{.layers = 3, .positions = 1024, .groupSize = 128, .actOrder = true, .seed = 5}}) {
        TestModel model(recipe);
        const auto reference = model.reference(), device = onGpu(model, 1024);
        const SequenceId mine = *device->createSequence(), theirs = *reference->createSequence();
        std::vector<TokenId> tokens = randomTokens(5, recipe.vocab, random);
        int differing = 0;
        for (int step = 0; step < 500; ++step) {
            const std::vector<float> expected = append(*reference, theirs, tokens), got = append(*device, mine, tokens);
            ASSERT_LE(worstRow(got, expected, recipe.vocab).norm, kWholeRow) << "step " << step;
            double norm = 0;
            for (const float value : expected) norm += static_cast<double>(value) * value;
            std::vector<float> sorted = expected;
            std::nth_element(sorted.begin(), sorted.begin() + 1, sorted.end(), std::greater<>());
            const auto best = std::max_element(expected.begin(), expected.end()) - expected.begin();
            const auto ours = std::max_element(got.begin(), got.end()) - got.begin();
            if (best != ours) {
                ++differing;
                EXPECT_LE(sorted[0] - sorted[1], 2 * kWholeRow * std::sqrt(norm)) << "step " << step;
            }
            tokens = {static_cast<TokenId>(best)};
        }
        EXPECT_LE(differing, 10);
    }
}

TEST(CudaBackend, aBatchOfSixteenGivesEachWhatItGetsAlone) {
    REQUIRE_GPU();
    constexpr int kVocab = 400, kSequences = 16;
    std::mt19937 random(4245);
    TestModel model({.groupSize = 64, .actOrder = true});
    const auto together = onGpu(model), alone = onGpu(model);
    std::vector<SequenceId> inBatch, solo;
    for (int i = 0; i < kSequences; ++i) {
        inBatch.push_back(*together->createSequence());
        solo.push_back(*alone->createSequence());
    }
    const LogitsWanted kinds[] = {LogitsWanted::none, LogitsWanted::last, LogitsWanted::all};
    for (int round = 0; round < 24; ++round) {
        std::vector<std::vector<TokenId>> tokens;
        std::vector<BatchPiece> pieces;
        std::vector<int> who;
        const bool decodes = round % 2 != 0;
        for (int i = 0; i < kSequences; ++i) {
            const int count = decodes ? 1 : static_cast<int>(random() % 3 == 0 ? random() % 30 : random() % 2);
            tokens.push_back(randomTokens(count, kVocab, random));
            if (random() % 4 != 0) who.push_back(i);
        }
        std::shuffle(who.begin(), who.end(), random);
        if (round % 5 == 1) who.resize(1 + random() % std::max<std::size_t>(1, who.size()));
        for (const int i : who) pieces.push_back({inBatch[i], tokens[i], kinds[random() % 3]});
        const Result<std::span<const float>> logits = together->forward(pieces, {});
        ASSERT_TRUE(logits.ok()) << logits.error().message;
        std::vector<float> expected;
        for (std::size_t p = 0; p < pieces.size(); ++p) {
            const std::vector<float> rows = append(*alone, solo[who[p]], tokens[who[p]], pieces[p].logits);
            expected.insert(expected.end(), rows.begin(), rows.end());
        }
        ASSERT_EQ(logits->size(), expected.size());
        if (expected.empty()) continue;
        ASSERT_LE(worstRow(std::vector<float>(logits->begin(), logits->end()), expected, kVocab).norm, kWholeRow)
            << "round " << round;
    }
}

TEST(CudaBackend, tenThousandForksAndCutsLeaveEverySequenceAsIfItWereFresh) {
    REQUIRE_GPU();
    constexpr int kVocab = 200;
    TestModel model({.layers = 1, .vocab = kVocab, .actOrder = true});
    const auto backend = onGpu(model);
    std::mt19937 dice(4246);
    std::map<SequenceId, std::vector<TokenId>> texts;
    texts[*backend->createSequence()];
    for (int action = 0; action < 10000; ++action) {
        auto it = texts.begin();
        std::advance(it, static_cast<std::ptrdiff_t>(dice() % texts.size()));
        switch (dice() % 5) {
        case 0:
            if (texts.size() < 40) texts[*backend->forkSequence(it->first)] = it->second;
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
            const std::vector<TokenId> more = randomTokens(static_cast<int>(dice() % 50), kVocab, dice);
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
        ASSERT_LE(worstRow(got, append(*backend, fresh, text), kVocab).norm, kWholeRow);
        backend->releaseSequence(fresh);
    }
}

TEST(CudaBackend, refusesWhatTheContractRefusesAndStaysAsItWas) {
    REQUIRE_GPU();
    TestModel model({.positions = 512, .actOrder = true});
    const auto backend = onGpu(model, 128);
    const SequenceId sequence = *backend->createSequence();
    const std::vector<TokenId> tokens(100, 3);
    append(*backend, sequence, tokens, LogitsWanted::none);
    const auto kindOf = [&](std::vector<BatchPiece> pieces, std::stop_token stop = {}) {
        const auto rows = backend->forward(pieces, stop);
        return rows.ok() ? ErrorKind::internal : rows.error().kind;
    };
    EXPECT_EQ(kindOf({{sequence, tokens}}), ErrorKind::contextFull);
    const std::vector<TokenId> foreign{400};
    EXPECT_EQ(kindOf({{sequence, foreign}}), ErrorKind::invalidInput);
    EXPECT_EQ(kindOf({{SequenceId{999}, std::span(tokens).first(1)}}), ErrorKind::invalidInput);
    EXPECT_EQ(kindOf({{sequence, std::span(tokens).first(1)}, {sequence, std::span(tokens).first(1)}}),
              ErrorKind::invalidInput);
    std::stop_source source;
    source.request_stop();
    EXPECT_EQ(kindOf({{sequence, std::span(tokens).first(1)}}, source.get_token()), ErrorKind::cancelled);
    EXPECT_EQ(backend->sequenceLength(sequence), 100);
    EXPECT_EQ(append(*backend, sequence, {1}).size(), 400u);
}

TEST(CudaBackend, theBuiltInModelGivesTheReferencesLogits) {
    REQUIRE_GPU();
    TestModel model(std::filesystem::path(TRAMONTANE_SOURCE_DIR) / "resources/models/built-in");
    std::mt19937 random(4247);
    const auto reference = model.reference(), device = onGpu(model);
    const int vocab = model.views().config.mistral.vocabSize;
    const std::vector<TokenId> tokens = randomTokens(200, vocab, random);
    const std::vector<float> expected = append(*reference, *reference->createSequence(), tokens, LogitsWanted::all);
    const std::vector<float> got = append(*device, *device->createSequence(), tokens, LogitsWanted::all);
    EXPECT_LE(worstRow(got, expected, vocab).norm, kWholeRow);
    const SequenceId sequence = *device->createSequence();
    std::vector<float> single;
    for (const TokenId token : tokens) {
        const std::vector<float> row = append(*device, sequence, {token});
        single.insert(single.end(), row.begin(), row.end());
    }
    EXPECT_LE(worstRow(single, expected, vocab).norm, kWholeRow);
}

} // namespace
} // namespace tramontane
