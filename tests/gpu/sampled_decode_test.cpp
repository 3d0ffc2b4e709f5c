// Tokens drawn on the GPU, a step ahead of the caller, against those that a Sampler draws from the GPU's logits.
#include <algorithm>
#include <atomic>
#include <numeric>
#include <thread>

#include "core/engine/scheduler.h"
#include "gpu/cuda_backend.h"
#include "gpu/device/discovery.h"
#include "tests/core/cpu/model_fixture.h"
#include "tests/gpu/device_vector.h"

namespace tramontane {
namespace {

using testing::append;
using testing::randomTokens;
using testing::TestModel;

constexpr int kVocab = 400;

std::unique_ptr<Backend> onGpu(TestModel& model, int contextLength = 1024) {
    auto backend =
        gpu::makeCudaBackend(model.views(), {gpu::discoverGpus().devices.front().ordinal, contextLength}, {}, {});
    EXPECT_TRUE(backend.ok()) << (backend.ok() ? "" : backend.error().message);
    return backend.ok() ? std::move(*backend) : nullptr;
}

// The same backend for who wants logits.
class LogitsAlone final : public Backend {
public:
    explicit LogitsAlone(std::unique_ptr<Backend> backend) : backend_(std::move(backend)) {}
    const BackendInfo& info() const override { return backend_->info(); }
    Result<SequenceId> createSequence() override { return backend_->createSequence(); }
    Result<SequenceId> forkSequence(SequenceId source) override { return backend_->forkSequence(source); }
    Result<void> truncateSequence(SequenceId sequence, int length) override {
        return backend_->truncateSequence(sequence, length);
    }
    void releaseSequence(SequenceId sequence) override { backend_->releaseSequence(sequence); }
    int sequenceLength(SequenceId sequence) const override { return backend_->sequenceLength(sequence); }
    Result<std::span<const float>> forward(std::span<const BatchPiece> pieces, std::stop_token stop) override {
        return backend_->forward(pieces, std::move(stop));
    }

private:
    std::unique_ptr<Backend> backend_;
};

// Some ids are left out, so that the mask matters.
ProducibleTokens producible() {
    auto ids = std::make_shared<std::vector<TokenId>>();
    for (TokenId id = 3; id < kVocab; ++id)
        if (id % 7 != 0) ids->push_back(id);
    return ids;
}

struct NamedSettings {
    const char* name;
    SamplingSettings settings;
};
std::vector<NamedSettings> kindsOfSettings() {
    SamplingSettings greedy, row, shortList, chain, penalized, penalizedGreedy;
    greedy.temperature = 0;
    row.temperature = 1.3, row.topP = 1;
    shortList.temperature = 1, shortList.topK = 40, shortList.topP = 0.95;
    chain.temperature = 0.8, chain.topK = 100, chain.topP = 0.9, chain.minP = 0.01, chain.typicalP = 0.95;
    chain.repeatPenalty = 1.1;
    penalized.temperature = 0.9, penalized.repeatPenalty = 1.3, penalized.presencePenalty = 0.4,
    penalized.frequencyPenalty = 0.2, penalized.repeatLastN = -1;
    penalizedGreedy = penalized;
    penalizedGreedy.temperature = 0, penalizedGreedy.repeatLastN = 64;
    return {{"greedy", greedy},
            {"whole row", row},
            {"short list", shortList},
            {"full chain", chain},
            {"penalties over all", penalized},
            {"greedy with penalties", penalizedGreedy}};
}

JobRequest job(std::vector<TokenId> prompt, SamplingSettings settings, int maxTokens, std::uint64_t seed) {
    JobRequest request;
    request.prompt = std::move(prompt);
    request.sampling = settings;
    request.sampling.maxTokens = maxTokens;
    request.seed = seed;
    return request;
}

SampledPiece piece(SequenceId sequence, const std::vector<TokenId>& text, const SamplingSettings& settings,
                   std::uint64_t seed = 1, std::uint64_t draws = 0) {
    return {sequence, text, &settings, seed, draws};
}

// What a backend of its own says after `text` token by token; each text is read afresh.
class Oracle {
public:
    explicit Oracle(std::unique_ptr<Backend> backend) : backend_(std::move(backend)) {}
    // The token that follows `text`, of which the first `read` were read together and the others one by one.
    TokenId next(const std::vector<TokenId>& text, std::size_t read, const SamplingSettings& settings,
                 std::uint64_t seed = 1, std::uint64_t draws = 0) {
        const SequenceId sequence = *backend_->createSequence();
        const auto at = text.begin() + static_cast<std::ptrdiff_t>(read);
        std::vector<float> row = append(*backend_, sequence, {text.begin(), at});
        for (auto token = at; token != text.end(); ++token) row = append(*backend_, sequence, {*token});
        backend_->releaseSequence(sequence);
        Sampler sampler(settings, seed, producible());
        for (std::uint64_t n = 0; n < draws; ++n) sampler.countDrawMadeElsewhere();
        const auto token = sampler.sample(row, text);
        EXPECT_TRUE(token.ok());
        return token.ok() ? *token : -1;
    }

private:
    std::unique_ptr<Backend> backend_;
};

// Appends the text's last token and puts the one drawn behind it.
void step(Backend& backend, SequenceId sequence, std::vector<TokenId>& text, const SamplingSettings& settings,
          const ProducibleTokens& of, std::uint64_t seed = 1, std::uint64_t draws = 0) {
    const SampledPiece one = piece(sequence, text, settings, seed, draws);
    const auto tokens = backend.forwardSampled({&one, 1}, of, {});
    ASSERT_TRUE(tokens.ok()) << tokens.error().message;
    ASSERT_EQ(tokens->size(), 1u);
    EXPECT_EQ(backend.sequenceLength(sequence), static_cast<int>(text.size()));
    text.push_back(tokens->front());
}

TEST(SampledDecode, writesWhatASamplerDrawsFromTheLogits) {
    REQUIRE_GPU();
    TestModel model({.positions = 1024, .groupSize = 64, .actOrder = true});
    const auto sampling = onGpu(model);
    ASSERT_NE(sampling, nullptr);
    LogitsAlone logits(onGpu(model));
    std::mt19937 random(5101);
    for (const auto& [name, settings] : kindsOfSettings()) {
        SCOPED_TRACE(name);
        Scheduler ours(*sampling, producible()), theirs(logits, producible());
        // Over several page boundaries, from lengths before, at and behind one.
        for (const int promptTokens : {1, 62, 63, 64, 65, 150}) {
            const auto prompt = randomTokens(promptTokens, kVocab, random);
            const auto request = job(prompt, settings, 300, static_cast<std::uint64_t>(promptTokens));
            const JobResult got = ours.run(request), expected = theirs.run(request);
            EXPECT_EQ(got.ids, expected.ids) << promptTokens << " tokens before";
            EXPECT_EQ(got.ids.size(), 300u);
            EXPECT_EQ(got.decodeSteps, expected.decodeSteps);
        }
    }
}

TEST(SampledDecode, goesOnToTheContextsEnd) {
    REQUIRE_GPU();
    TestModel model({.positions = 1024, .actOrder = true});
    std::mt19937 random(5102);
    for (const int context : {128, 150}) { // at a page's end and within one
        const auto sampling = onGpu(model, context);
        LogitsAlone logits(onGpu(model, context));
        Scheduler ours(*sampling, producible()), theirs(logits, producible());
        for (const auto& [name, settings] : kindsOfSettings()) {
            const auto request = job(randomTokens(20, kVocab, random), settings, -1, 7);
            const JobResult got = ours.run(request);
            EXPECT_EQ(got.ids, theirs.run(request).ids) << name;
            EXPECT_EQ(got.ids.size(), static_cast<std::size_t>(context - 20));
            EXPECT_EQ(got.finishReason, FinishReason::length);
        }
        // The last position is taken; one more is refused, and nothing is lost.
        const SequenceId sequence = *sampling->createSequence();
        std::vector<TokenId> text = randomTokens(context, kVocab, random);
        append(*sampling, sequence, {text.begin(), text.end() - 1}, LogitsWanted::none);
        SamplingSettings greedy;
        greedy.temperature = 0;
        const auto all = producible();
        step(*sampling, sequence, text, greedy, all);
        const SampledPiece beyond = piece(sequence, text, greedy);
        const auto refused = sampling->forwardSampled({&beyond, 1}, all, {});
        ASSERT_FALSE(refused.ok());
        EXPECT_EQ(refused.error().kind, ErrorKind::contextFull);
        EXPECT_EQ(sampling->sequenceLength(sequence), context);
    }
}

// Calls that do not go on as the step under way ahead expects, each between calls that do.
TEST(SampledDecode, discardsWhatRanAheadWhereTheCallerDoesSomethingElse) {
    REQUIRE_GPU();
    TestModel model({.positions = 1024, .actOrder = true});
    const auto backend = onGpu(model);
    Oracle oracle(onGpu(model));
    std::mt19937 random(5103);
    const auto all = producible();
    const auto kinds = kindsOfSettings();
    for (const auto& [name, settings] : kinds) {
        SCOPED_TRACE(name);
        const bool draws = settings.temperature != 0;
        std::vector<TokenId> text = randomTokens(40, kVocab, random);
        const std::size_t read = text.size() - 1;
        const SequenceId sequence = *backend->createSequence();
        append(*backend, sequence, {text.begin(), text.begin() + static_cast<std::ptrdiff_t>(read)},
               LogitsWanted::none);
        std::uint64_t draw = 0;
        const auto goOn = [&](int count) {
            for (int i = 0; i < count; ++i) {
                const TokenId expected = oracle.next(text, read, settings, 3, draw);
                step(*backend, sequence, text, settings, all, 3, draw);
                ASSERT_EQ(text.back(), expected) << "after " << text.size() - 1 << " tokens";
                if (draws) ++draw;
            }
        };
        goOn(5);
        // another token than the one drawn
        text.back() = (text.back() + 1) % kVocab;
        goOn(4);
        // a cut within the page, then across the page's beginning
        for (const int cut : {2, 6}) {
            ASSERT_TRUE(backend->truncateSequence(sequence, backend->sequenceLength(sequence) - cut).ok());
            text.resize(static_cast<std::size_t>(backend->sequenceLength(sequence)) + 1);
            goOn(12);
        }
        // logits of the same sequence
        const std::vector<float> row = append(*backend, sequence, {text.back()});
        EXPECT_EQ(row.size(), static_cast<std::size_t>(kVocab));
        text.push_back(5);
        goOn(3);
        // a fork: either may go on, both with what they hold
        const SequenceId fork = *backend->forkSequence(sequence);
        std::vector<TokenId> other = text;
        goOn(3);
        for (int i = 0; i < 3; ++i) {
            const TokenId expected = oracle.next(other, read, settings, 8, 0);
            step(*backend, fork, other, settings, all, 8, 0);
            ASSERT_EQ(other.back(), expected) << "the fork's token " << i;
        }
        goOn(3);
        // another sequence that gets the pages of one that was released while its next step ran ahead
        backend->releaseSequence(fork);
        const SequenceId fresh = *backend->createSequence();
        std::vector<TokenId> newText = randomTokens(20, kVocab, random);
        append(*backend, fresh, {newText.begin(), newText.end() - 1}, LogitsWanted::none);
        const TokenId expected = oracle.next(newText, 19, settings, 4, 0);
        step(*backend, fresh, newText, settings, all, 4, 0);
        EXPECT_EQ(newText.back(), expected);
        backend->releaseSequence(fresh);
        goOn(3);
        backend->releaseSequence(sequence);
    }
}

TEST(SampledDecode, otherSettingsSeedsDrawsAndTokensStartAnew) {
    REQUIRE_GPU();
    TestModel model({.positions = 1024, .actOrder = true});
    const auto backend = onGpu(model);
    Oracle oracle(onGpu(model));
    std::mt19937 random(5104);
    const auto all = producible();
    const auto few = std::make_shared<const std::vector<TokenId>>(std::vector<TokenId>{5, 6, 9, 300, 301});
    const auto kinds = kindsOfSettings();
    std::vector<TokenId> text = randomTokens(10, kVocab, random);
    const SequenceId sequence = *backend->createSequence();
    append(*backend, sequence, {text.begin(), text.end() - 1}, LogitsWanted::none);
    for (int n = 0; n < 150; ++n) {
        const auto& settings = kinds[random() % kinds.size()].settings;
        const std::uint64_t seed = random() % 2, draws = random() % 3;
        const TokenId expected = oracle.next(text, 9, settings, seed, draws);
        step(*backend, sequence, text, settings, all, seed, draws);
        ASSERT_EQ(text.back(), expected) << "call " << n;
    }
    for (int n = 0; n < 20; ++n) {
        step(*backend, sequence, text, kinds[static_cast<std::size_t>(n) % kinds.size()].settings, few);
        EXPECT_TRUE(std::binary_search(few->begin(), few->end(), text.back()));
    }
}

TEST(SampledDecode, jobsJoinAndLeaveAndEachGetsWhatItGetsAlone) {
    REQUIRE_GPU();
    TestModel model({.positions = 1024, .groupSize = 64, .actOrder = true});
    const auto sampling = onGpu(model);
    LogitsAlone logits(onGpu(model));
    std::mt19937 random(5105);
    const auto kinds = kindsOfSettings();
    // Both ways take the same passes, so that the rows of logits are the same bit by bit.
    Scheduler ours(*sampling, producible()), theirs(logits, producible());
    for (const bool greedyAlone : {true, false}) {
        std::vector<std::pair<JobId, JobId>> ids;
        const auto submit = [&](int maxTokens) {
            const auto& settings = kinds[greedyAlone ? 0 : random() % kinds.size()].settings;
            const auto request =
                job(randomTokens(5 + static_cast<int>(random() % 80), kVocab, random), settings, maxTokens, random());
            ids.emplace_back(ours.submit(request), theirs.submit(request));
        };
        submit(250);
        for (int round = 0;; ++round) {
            if (round % 20 == 5 && round < 200) submit(1 + static_cast<int>(random() % 60));
            if (round == 90 || round == 130) {
                ours.cancel(ids.back().first);
                theirs.cancel(ids.back().second);
            }
            const bool more = ours.step();
            ASSERT_EQ(theirs.step(), more);
            if (!more) break;
        }
        for (const auto& [mine, other] : ids) {
            const auto got = ours.take(mine), expected = theirs.take(other);
            ASSERT_TRUE(got && expected);
            EXPECT_EQ(got->ids, expected->ids) << "greedy alone: " << greedyAlone;
            EXPECT_EQ(got->finishReason, expected->finishReason);
        }
    }
}

TEST(SampledDecode, aBatchOfGreedyPiecesGetsTheLikeliestOfEachRow) {
    REQUIRE_GPU();
    TestModel model({.positions = 1024, .groupSize = 64, .actOrder = true});
    const auto backend = onGpu(model), other = onGpu(model);
    std::mt19937 random(5106);
    const auto all = producible();
    SamplingSettings greedy;
    greedy.temperature = 0;
    for (const int batch : {2, 3, 16, 17, 64}) {
        std::vector<SequenceId> ids, otherIds;
        std::vector<std::vector<TokenId>> texts;
        for (int i = 0; i < batch; ++i) {
            texts.push_back(randomTokens(2 + static_cast<int>(random() % 70), kVocab, random));
            const std::vector<TokenId> beginning(texts.back().begin(), texts.back().end() - 1);
            ids.push_back(*backend->createSequence());
            otherIds.push_back(*other->createSequence());
            append(*backend, ids.back(), beginning, LogitsWanted::none);
            append(*other, otherIds.back(), beginning, LogitsWanted::none);
        }
        for (int n = 0; n < 80; ++n) {
            if (n == 40) texts[0].back() = 11; // not what was drawn
            std::vector<SampledPiece> pieces;
            std::vector<BatchPiece> rowsOf;
            for (int i = 0; i < batch; ++i) {
                const auto at = static_cast<std::size_t>(i);
                pieces.push_back(piece(ids[at], texts[at], greedy));
                rowsOf.push_back({otherIds[at], std::span(texts[at]).last(1)});
            }
            ASSERT_TRUE(backend->samples(pieces));
            const auto tokens = backend->forwardSampled(pieces, all, {});
            ASSERT_TRUE(tokens.ok()) << tokens.error().message;
            const auto rows = other->forward(rowsOf, {});
            ASSERT_TRUE(rows.ok());
            for (int i = 0; i < batch; ++i) {
                const auto at = static_cast<std::size_t>(i);
                Sampler sampler(greedy, 1, all);
                ASSERT_EQ((*tokens)[at], *sampler.sample(rows->subspan(at * kVocab, kVocab), texts[at]))
                    << batch << " rows, step " << n;
            }
            for (int i = 0; i < batch; ++i)
                texts[static_cast<std::size_t>(i)].push_back((*tokens)[static_cast<std::size_t>(i)]);
        }
        SamplingSettings drawn;
        std::vector<SampledPiece> mixed{piece(ids[0], texts[0], greedy), piece(ids[1], texts[1], drawn)};
        EXPECT_FALSE(backend->samples(mixed));
        for (int i = 0; i < batch; ++i) {
            backend->releaseSequence(ids[static_cast<std::size_t>(i)]);
            other->releaseSequence(otherIds[static_cast<std::size_t>(i)]);
        }
    }
}

TEST(SampledDecode, aCancelledCallLeavesTheSequenceAsItWas) {
    REQUIRE_GPU();
    TestModel model({.positions = 1024, .actOrder = true});
    const auto backend = onGpu(model);
    Oracle oracle(onGpu(model));
    std::mt19937 random(5107);
    const auto all = producible();
    const SamplingSettings settings = kindsOfSettings()[4].settings;
    std::vector<TokenId> text = randomTokens(30, kVocab, random);
    const SequenceId sequence = *backend->createSequence();
    append(*backend, sequence, {text.begin(), text.end() - 1}, LogitsWanted::none);
    int cancelled = 0;
    for (int n = 0; n < 200; ++n) {
        std::stop_source stop;
        if (n % 10 == 0) stop.request_stop();
        std::atomic<bool> called = false;
        std::thread person([&, wait = static_cast<int>(random() % 400)] {
            while (!called) std::this_thread::yield();
            std::this_thread::sleep_for(std::chrono::microseconds(wait));
            stop.request_stop();
        });
        const TokenId expected = oracle.next(text, 29, settings, 2, static_cast<std::uint64_t>(n));
        called = true;
        SampledPiece one = piece(sequence, text, settings, 2, static_cast<std::uint64_t>(n));
        auto tokens = backend->forwardSampled({&one, 1}, all, stop.get_token());
        person.join();
        if (!tokens) {
            ++cancelled;
            ASSERT_EQ(tokens.error().kind, ErrorKind::cancelled);
            ASSERT_EQ(backend->sequenceLength(sequence), static_cast<int>(text.size()) - 1);
            tokens = backend->forwardSampled({&one, 1}, all, {});
            ASSERT_TRUE(tokens.ok());
        }
        ASSERT_EQ(tokens->front(), expected) << "call " << n;
        text.push_back(tokens->front());
    }
    EXPECT_GE(cancelled, 20);
}

TEST(SampledDecode, refusesWhatTheContractRefuses) {
    REQUIRE_GPU();
    TestModel model({.positions = 512, .actOrder = true});
    const auto backend = onGpu(model, 128);
    const auto all = producible();
    SamplingSettings greedy;
    greedy.temperature = 0;
    const SequenceId sequence = *backend->createSequence();
    std::vector<TokenId> text{4, 5, 6};
    append(*backend, sequence, {4, 5}, LogitsWanted::none);
    const auto kindOf = [&](std::vector<SampledPiece> pieces, std::stop_token stop = {}) {
        const auto tokens = backend->forwardSampled(pieces, all, std::move(stop));
        return tokens.ok() ? ErrorKind::internal : tokens.error().kind;
    };
    const std::vector<TokenId> shortText{4, 5}, foreign{4, 5, kVocab};
    EXPECT_EQ(kindOf({piece(sequence, shortText, greedy)}), ErrorKind::invalidInput);
    EXPECT_EQ(kindOf({piece(sequence, foreign, greedy)}), ErrorKind::invalidInput);
    EXPECT_EQ(kindOf({piece(SequenceId{999}, std::vector<TokenId>{4}, greedy)}), ErrorKind::invalidInput);
    EXPECT_EQ(kindOf({piece(sequence, text, greedy), piece(sequence, text, greedy)}), ErrorKind::invalidInput);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(kindOf({piece(sequence, text, greedy)}, stop.get_token()), ErrorKind::cancelled);
    EXPECT_EQ(backend->sequenceLength(sequence), 2);
    step(*backend, sequence, text, greedy, all);
    // Nothing that could follow is what a sampler calls numeric.
    const auto none = std::make_shared<const std::vector<TokenId>>();
    for (const SamplingSettings& settings : {greedy, SamplingSettings{}}) {
        const SampledPiece one = piece(sequence, text, settings);
        const auto refused = backend->forwardSampled({&one, 1}, none, {});
        ASSERT_FALSE(refused.ok());
        EXPECT_EQ(refused.error().kind, ErrorKind::numeric);
        EXPECT_EQ(backend->sequenceLength(sequence), 3);
    }
    step(*backend, sequence, text, greedy, all);
}

} // namespace
} // namespace tramontane
