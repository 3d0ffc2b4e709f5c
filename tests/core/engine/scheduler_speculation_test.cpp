// Guessing ahead changes how many passes an answer takes, and nothing else.
#include "tests/core/engine/scheduler_fixture.h"

namespace tramontane {
namespace {

// A text that runs in circles and now and then leaves them: what follows depends on the last two tokens, with one of few
// tokens far ahead.
void circling(std::span<const TokenId> history, std::span<float> row) {
    const std::span<const TokenId> last = history.last(std::min<std::size_t>(2, history.size()));
    FakeBackend::hashedLogits(last, row);
    std::uint64_t hash = 77;
    for (const TokenId id : last) hash = (hash + static_cast<std::uint64_t>(id)) * 0x9E3779B97F4A7C15u;
    row[20 + (hash >> 40) % 12] += 9;
}

FakeBackend::Behaviour repetitive(int cheapRows = 8) {
    FakeBackend::Behaviour behaviour;
    behaviour.logits = circling;
    behaviour.cheapRows = cheapRows;
    return behaviour;
}

std::vector<SamplingSettings> kindsOfSettings() {
    SamplingSettings drawn, greedy, chain, penalized;
    drawn.temperature = 1;
    greedy.temperature = 0;
    chain.temperature = 0.9, chain.topK = 40, chain.topP = 0.9, chain.minP = 0.02, chain.typicalP = 0.97;
    penalized.temperature = 0.7, penalized.repeatPenalty = 1.1, penalized.presencePenalty = 0.2,
    penalized.frequencyPenalty = 0.1, penalized.repeatLastN = -1;
    return {drawn, greedy, chain, penalized};
}

class SpeculationTest : public SchedulerTest {
protected:
    // A scheduler that guesses nothing, on a backend that does not fail.
    struct Plain {
        explicit Plain(FakeBackend::Behaviour behaviour)
            : backend(std::move(behaviour)),
              scheduler(backend, everyToken(backend.info().vocabSize), {.speculation = false, .cache = {}}) {
            backend.behaviour().failure = nullptr;
        }
        FakeBackend backend;
        Scheduler scheduler;
    };
    static JobResult expected(const JobRequest& request, FakeBackend::Behaviour behaviour) {
        return Plain(std::move(behaviour)).scheduler.run(request);
    }
    // And what the cache holds after it serves the next turn as if nothing had been guessed.
    void expectTheSame(const JobRequest& request, const FakeBackend::Behaviour& behaviour) {
        make(behaviour);
        Plain plain(behaviour);
        const JobResult result = scheduler->run(request), other = plain.scheduler.run(request);
        EXPECT_EQ(result.ids, other.ids);
        EXPECT_EQ(result.finishReason, other.finishReason);
        EXPECT_EQ(result.decodeSteps, other.decodeSteps);
        EXPECT_EQ(other.guessedTokens, 0);
        guessed += result.guessedTokens;
        right += result.rightTokens;
        const JobRequest next = job(joined(joined(request.prompt, result.ids), tokens(30, 3)), 1);
        const std::int64_t before = plain.backend.forwardedTokens();
        const JobResult nextOther = plain.scheduler.run(next);
        JobResult nextResult;
        EXPECT_EQ(forwardedBy([&] { nextResult = scheduler->run(next); }), plain.backend.forwardedTokens() - before);
        EXPECT_EQ(nextResult.ids, nextOther.ids);
    }
    int guessed = 0, right = 0;
};

TEST_F(SpeculationTest, speculation_givesTheSameTokensWithEverySetting) {
    for (const SamplingSettings& settings : kindsOfSettings())
        for (int n = 0; n < 12; ++n) {
            JobRequest request = job(tokens(20 + n, n), 200, static_cast<std::uint64_t>(n));
            request.sampling = settings;
            request.sampling.maxTokens = 200;
            expectTheSame(request, repetitive(2 + n));
        }
    EXPECT_GT(guessed, 1000) << "too few guesses for this to say much";
    EXPECT_GT(right, guessed / 4);
    EXPECT_LT(right, guessed) << "wrong guesses have to be among them";
}

TEST_F(SpeculationTest, speculation_endsWhereTheAnswerEnds) {
    for (int n = 0; n < 40; ++n) {
        JobRequest request = job(tokens(20, n), 30 + n, 1);
        request.sampling.temperature = 0;
        expectTheSame(request, repetitive()); // after a number of tokens
        const JobResult whole = expected(request, repetitive());
        request.stopTokens = {whole.ids[whole.ids.size() / 2 + static_cast<std::size_t>(n) % 10]};
        expectTheSame(request, repetitive()); // at a stop token
        request.stopTokens.clear();
        request.sampling.maxTokens = -1;
        FakeBackend::Behaviour narrow = repetitive();
        narrow.contextLength = 60 + n;
        expectTheSame(request, narrow); // with the context
    }
    EXPECT_GT(right, 500);
}

TEST_F(SpeculationTest, speculation_endsWhenTheReaderHasEnough) {
    for (std::size_t enough = 1; enough < 60; enough += 3) {
        make(repetitive());
        std::vector<TokenId> seen;
        JobRequest request = job(tokens(20), 100);
        request.sampling.temperature = 0;
        const std::vector<TokenId> whole = expected(request, repetitive()).ids;
        request.onToken = [&](TokenId id) {
            seen.push_back(id);
            return seen.size() < enough;
        };
        const JobResult result = scheduler->run(request);
        EXPECT_EQ(result.finishReason, FinishReason::stop);
        EXPECT_EQ(result.ids, std::vector<TokenId>(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(enough)));
        EXPECT_EQ(seen, result.ids);
        // What is cached is what was read of the answer, and no guess.
        const auto next = joined(joined(request.prompt, result.ids), tokens(10, 5));
        EXPECT_EQ(forwardedBy([&] { (void)scheduler->run(job(next, 1)); }), 10 + 1);
    }
}

TEST_F(SpeculationTest, speculation_isCancelledAmongGuesses) {
    make(repetitive());
    std::stop_source stop;
    JobRequest request = job(tokens(20), 200);
    request.sampling.temperature = 0;
    const std::vector<TokenId> whole = expected(request, repetitive()).ids;
    request.stop = stop.get_token();
    int count = 0;
    request.onToken = [&](TokenId) {
        if (++count == 77) stop.request_stop();
        return true;
    };
    const JobResult result = scheduler->run(request);
    EXPECT_EQ(result.finishReason, FinishReason::cancelled);
    EXPECT_EQ(result.ids, std::vector<TokenId>(whole.begin(), whole.begin() + 77));
}

TEST_F(SpeculationTest, speculation_faresAfterAnErrorAsWithoutGuesses) {
    for (const ErrorKind kind : {ErrorKind::outOfMemory, ErrorKind::numeric, ErrorKind::contextFull}) {
        FakeBackend::Behaviour behaviour = repetitive();
        int refused = 0;
        behaviour.failure = [&](std::span<const BatchPiece> pieces) -> std::optional<Error> {
            if (pieces[0].logits != LogitsWanted::all) return std::nullopt;
            ++refused;
            return makeError(kind, "not several rows");
        };
        JobRequest request = job(tokens(20), 100);
        request.sampling.temperature = 0;
        make(behaviour);
        const JobResult result = scheduler->run(request);
        EXPECT_EQ(result.finishReason, FinishReason::length);
        EXPECT_EQ(result.ids, expected(request, repetitive()).ids);
        EXPECT_EQ(refused, 1);
    }
}

TEST_F(SpeculationTest, speculation_leavesSeveralAnswersAtOnceAlone) {
    make(repetitive());
    std::vector<JobRequest> requests;
    std::vector<JobId> ids;
    for (int i = 0; i < 4; ++i) {
        requests.push_back(job(tokens(20, i), 60 + 40 * i, static_cast<std::uint64_t>(i)));
        requests.back().sampling.temperature = 0.3;
        ids.push_back(scheduler->submit(requests.back()));
    }
    while (scheduler->step()) {
    }
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const auto result = scheduler->take(ids[i]);
        ASSERT_TRUE(result.has_value());
        EXPECT_EQ(result->ids, expected(requests[i], repetitive()).ids);
        EXPECT_EQ(result->guessedTokens > 0, i == 3) << "only the longest was alone, at its end";
    }
}

TEST_F(SpeculationTest, speculation_samplesOnTheBackendWhereThereIsNoGuess) {
    FakeBackend::Behaviour behaviour = repetitive();
    behaviour.samples = [](std::span<const SampledPiece>) { return true; };
    for (const SamplingSettings& settings : kindsOfSettings()) {
        JobRequest request = job(tokens(25), 150, 5);
        request.sampling = settings;
        request.sampling.maxTokens = 150;
        expectTheSame(request, behaviour);
        EXPECT_GT(backend->sampledPasses(), 0);
    }
    EXPECT_GT(right, 100);
}

TEST_F(SpeculationTest, speculation_rewritesATextOf300WordsInFewerPasses) {
    // "Rewrite this text": some words of instruction, the text, and an answer with three words changed.
    const std::vector<TokenId> text = tokens(420, 11); // 300 words are about 420 tokens
    std::vector<TokenId> answer = text;
    answer[60] = 5;
    answer.insert(answer.begin() + 200, {6, 7});
    answer.erase(answer.begin() + 330, answer.begin() + 333);
    const auto prompt = joined(joined(tokens(15, 12), text), tokens(4, 13));
    FakeBackend::Behaviour behaviour;
    behaviour.contextLength = 2000;
    behaviour.cheapRows = 8;
    behaviour.logits = FakeBackend::scripted(prompt.size(), answer);
    make(behaviour);
    JobRequest request = job(prompt, -1);
    request.sampling.temperature = 0;
    request.stopTokens = {2};
    const JobResult result = scheduler->run(request);
    EXPECT_EQ(result.ids, answer);
    const int readingPasses = (static_cast<int>(prompt.size()) + 15) / 16;
    const double passes = result.passes - readingPasses;
    std::printf("%zu tokens in %.0f passes\n", answer.size(), passes);
    EXPECT_LE(passes * 1.8, static_cast<double>(answer.size()));
    EXPECT_EQ(result.decodeSteps, static_cast<int>(answer.size())); // figures still count tokens
}

} // namespace
} // namespace tramontane
