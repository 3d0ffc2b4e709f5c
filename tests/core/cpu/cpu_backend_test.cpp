// The fast path against the oracle on every variant of the format; batches, forks and cuts against sequences alone.
#include "core/cpu/cpu_backend.h"

#include <map>

#include "tests/core/cpu/model_fixture.h"

namespace tramontane {
namespace {

using testing::append;
using testing::ModelRecipe;
using testing::randomTokens;
using testing::RowError;
using testing::TestModel;
using testing::worstRow;

// The requirement on the worst logit, relative to the norm of its row.
constexpr double kWorstLogit = 2e-2;
// Activations have 8 bits, a step of 1/127 of the largest of a block: each linear adds 0.5 to 1 % of noise to its
// output. The models here are narrow and rough (uniform weights, zeros anywhere), and multiply it by 2 to 4 on the
// way through two layers; an index or a zero in the wrong place gives 100 %. Real shapes: golden_test.
constexpr double kWholeRow = 6e-2;

struct Variant {
    const char* name;
    ModelRecipe recipe;
};

std::vector<Variant> variants() {
    return {
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
        {"heads of 40",
         {.hidden = 160,
          .intermediate = 320,
          .heads = 8,
          .kvHeads = 2,
          .headDim = 40,
          .groupSize = 32,
          .actOrder = true}},
        {"Nemo's kind: wide heads",
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
    };
}

class CpuBackendTest : public ::testing::TestWithParam<InstructionSet> {
protected:
    std::mt19937 random{4242};
    CpuBackendOptions options{.instructionSet = GetParam(), .threads = 2};
};

TEST_P(CpuBackendTest, matchesTheReferenceInEveryVariantOfTheFormat) {
    for (const Variant& variant : variants()) {
        SCOPED_TRACE(variant.name);
        TestModel model(variant.recipe);
        const std::vector<TokenId> tokens = randomTokens(90, variant.recipe.vocab, random);
        const auto reference = model.reference(), fast = model.fast(options);
        const std::vector<float> expected = append(*reference, *reference->createSequence(), tokens, LogitsWanted::all);
        const std::vector<float> got = append(*fast, *fast->createSequence(), tokens, LogitsWanted::all);
        const RowError error = worstRow(got, expected, variant.recipe.vocab);
        EXPECT_LE(error.largest, kWorstLogit);
        EXPECT_LE(error.norm, kWholeRow);
    }
}

TEST_P(CpuBackendTest, slidingWindowMatchesTheReference) {
    TestModel model({.vocab = 300, .actOrder = true});
    for (const int window : {1, 7, 64, 100}) {
        model.views().config.mistral.slidingWindow = window;
        const std::vector<TokenId> tokens = randomTokens(150, 300, random);
        const auto reference = model.reference(), fast = model.fast(options);
        const std::vector<float> expected = append(*reference, *reference->createSequence(), tokens, LogitsWanted::all);
        const std::vector<float> got = append(*fast, *fast->createSequence(), tokens, LogitsWanted::all);
        const RowError error = worstRow(got, expected, 300);
        EXPECT_LE(error.largest, kWorstLogit) << "window " << window;
        EXPECT_LE(error.norm, kWholeRow) << "window " << window;
    }
}

TEST_P(CpuBackendTest, aPromptGivesTheSameBitsHoweverItIsCut) {
    TestModel model({.actOrder = true, .sharedOrders = false, .symmetric = false});
    const std::vector<TokenId> tokens = randomTokens(140, 400, random);
    const auto whole = model.fast(options);
    const std::vector<float> expected = append(*whole, *whole->createSequence(), tokens, LogitsWanted::all);
    for (const int threads : {1, 2, 3})
        for (const int rows : {1, 3, 16, 50}) {
            CpuBackendOptions other = options;
            other.threads = threads;
            other.maxRows = rows;
            const auto backend = model.fast(other);
            EXPECT_EQ(append(*backend, *backend->createSequence(), tokens, LogitsWanted::all), expected)
                << threads << " threads, " << rows << " rows a step";
        }
    const SequenceId sequence = *whole->createSequence();
    std::vector<float> single;
    for (const TokenId token : tokens) {
        const std::vector<float> row = append(*whole, sequence, {token});
        single.insert(single.end(), row.begin(), row.end());
    }
    EXPECT_EQ(single, expected);
}

TEST_P(CpuBackendTest, partsOfTheLayersOneAfterTheOtherGiveTheBitsOfTheWhole) {
    constexpr int kLayers = 4, kVocab = 400;
    for (const bool tied : {false, true}) {
        TestModel model(
            {.layers = kLayers, .vocab = kVocab, .tiedHead = tied, .actOrder = true, .sharedOrders = false});
        const std::vector<TokenId> tokens = randomTokens(140, kVocab, random); // more than one step of rows
        const auto whole = model.fast(options);
        const std::vector<float> expected = append(*whole, *whole->createSequence(), tokens, LogitsWanted::all);
        for (int cut = 1; cut < kLayers; ++cut) {
            const auto front = makeCpuPart(partOf(model.views(), 0, cut), options, {}, {});
            const auto back = makeCpuPart(partOf(model.views(), cut, kLayers), options, {}, {});
            ASSERT_TRUE(front.ok() && back.ok());
            EXPECT_LT((*front)->info().kvBytesPerToken, whole->info().kvBytesPerToken);
            EXPECT_EQ((*front)->info().kvBytesPerToken + (*back)->info().kvBytesPerToken,
                      whole->info().kvBytesPerToken);
            EXPECT_EQ((*front)->info().weightBytes + (*back)->info().weightBytes, whole->info().weightBytes)
                << "nothing twice";
            const BatchPiece first{*(*front)->createSequence(), tokens, LogitsWanted::none};
            const BatchPiece second{*(*back)->createSequence(), tokens, LogitsWanted::all};
            const auto residual = (*front)->forward({&first, 1}, {});
            ASSERT_TRUE(residual.ok()) << residual.error().message;
            EXPECT_EQ(residual->size(), tokens.size() * 128) << "a row of every token, whatever logits are wanted";
            const auto logits = (*back)->forwardFrom(*residual, {&second, 1}, {});
            ASSERT_TRUE(logits.ok()) << logits.error().message;
            EXPECT_EQ(std::vector<float>(logits->begin(), logits->end()), expected) << "cut before layer " << cut;
        }
    }
}

TEST_P(CpuBackendTest, aPartRefusesRowsThatAreNotItsTokens) {
    TestModel model({.layers = 2});
    const auto front = makeCpuPart(partOf(model.views(), 0, 1), options, {}, {});
    const auto back = makeCpuPart(partOf(model.views(), 1, 2), options, {}, {});
    ASSERT_TRUE(front.ok() && back.ok());
    const std::vector<TokenId> tokens{1, 2, 3};
    const std::vector<float> rows(2 * 128);
    for (const auto& part : {&*front, &*back}) {
        const BatchPiece piece{*(*part)->createSequence(), tokens};
        const auto refused = (*part)->forwardFrom(rows, {&piece, 1}, {});
        ASSERT_FALSE(refused.ok());
        EXPECT_EQ(refused.error().kind, ErrorKind::invalidInput);
        EXPECT_EQ((*part)->sequenceLength(piece.sequence), 0);
    }
}

TEST_P(CpuBackendTest, aBatchOfSequencesGivesEachWhatItGetsAlone) {
    constexpr int kVocab = 400, kSequences = 6;
    TestModel model({.groupSize = 64, .actOrder = true});
    const auto together = model.fast(options), alone = model.fast(options);
    std::vector<SequenceId> inBatch, solo;
    for (int i = 0; i < kSequences; ++i) {
        inBatch.push_back(*together->createSequence());
        solo.push_back(*alone->createSequence());
    }
    for (int round = 0; round < 12; ++round) {
        // Any mix: some prefill, some decode, some stay out.
        std::vector<std::vector<TokenId>> tokens;
        std::vector<BatchPiece> pieces;
        std::vector<int> who;
        for (int i = 0; i < kSequences; ++i) {
            const int count = static_cast<int>(random() % 3 == 0 ? random() % 70 : random() % 2);
            tokens.push_back(randomTokens(count, kVocab, random));
            if (random() % 4 != 0) who.push_back(i);
        }
        std::shuffle(who.begin(), who.end(), random);
        const LogitsWanted kinds[] = {LogitsWanted::none, LogitsWanted::last, LogitsWanted::all};
        for (const int i : who) pieces.push_back({inBatch[i], tokens[i], kinds[random() % 3]});
        const Result<std::span<const float>> logits = together->forward(pieces, {});
        ASSERT_TRUE(logits.ok()) << logits.error().message;
        std::vector<float> expected;
        for (std::size_t p = 0; p < pieces.size(); ++p) {
            const std::vector<float> rows = append(*alone, solo[who[p]], tokens[who[p]], pieces[p].logits);
            expected.insert(expected.end(), rows.begin(), rows.end());
        }
        ASSERT_EQ(std::vector<float>(logits->begin(), logits->end()), expected) << "round " << round;
    }
}

TEST_P(CpuBackendTest, forksAndCutsLeaveEverySequenceAsIfItWereFresh) {
    constexpr int kVocab = 200;
    TestModel model({.layers = 1, .vocab = kVocab, .actOrder = true});
    const auto backend = model.fast(options);
    for (std::uint32_t seed = 1; seed <= 6; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937 dice(seed);
        std::map<SequenceId, std::vector<TokenId>> texts;
        texts[*backend->createSequence()];
        for (int action = 0; action < 60; ++action) {
            auto it = texts.begin();
            std::advance(it, static_cast<std::ptrdiff_t>(dice() % texts.size()));
            switch (dice() % 5) {
            case 0:
                texts[*backend->forkSequence(it->first)] = it->second;
                break;
            case 1:
                it->second.resize(dice() % (it->second.size() + 1));
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
            ASSERT_EQ(append(*backend, fresh, text), got);
            backend->releaseSequence(fresh);
            backend->releaseSequence(id);
        }
    }
}

std::string nameOf(const ::testing::TestParamInfo<InstructionSet>& info) {
    std::string name = instructionSetOption(info.param);
    std::erase(name, '-');
    return name;
}

INSTANTIATE_TEST_SUITE_P(EverySet, CpuBackendTest, ::testing::ValuesIn(usableInstructionSets()), nameOf);

} // namespace
} // namespace tramontane
