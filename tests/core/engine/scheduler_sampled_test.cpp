// A backend that samples: the same answers whichever way each token is taken, and the same ends.
#include <limits>
#include <set>

#include "tests/core/engine/scheduler_fixture.h"

namespace tramontane {
namespace {

using Pieces = std::span<const SampledPiece>;

bool alone(Pieces pieces) { return pieces.size() == 1; }
bool always(Pieces) { return true; }

FakeBackend::Behaviour sampling(FakeBackend::Samples samples = alone) {
    FakeBackend::Behaviour behaviour;
    behaviour.samples = std::move(samples);
    return behaviour;
}

// Settings whose tokens depend on all that a sampler keeps: the draw's number, the history, both or neither.
std::vector<SamplingSettings> kindsOfSettings() {
    SamplingSettings drawn, greedy, chain, penalized;
    drawn.temperature = 1;
    greedy.temperature = 0;
    chain.temperature = 0.9, chain.topK = 40, chain.topP = 0.9, chain.minP = 0.02, chain.typicalP = 0.97;
    penalized.temperature = 0, penalized.repeatPenalty = 1.4, penalized.presencePenalty = 0.5,
    penalized.frequencyPenalty = 0.3, penalized.repeatLastN = -1;
    return {drawn, greedy, chain, penalized};
}

JobRequest job(std::vector<TokenId> prompt, int maxTokens, const SamplingSettings& settings, std::uint64_t seed) {
    JobRequest request = tramontane::job(std::move(prompt), maxTokens, seed);
    request.sampling = settings;
    request.sampling.maxTokens = maxTokens;
    return request;
}

TEST_F(SchedulerTest, scheduler_takesTheTokensOfABackendThatSamples) {
    for (const SamplingSettings& settings : kindsOfSettings()) {
        make(sampling());
        const auto request = job(tokens(40), 60, settings, 9);
        const auto result = scheduler->run(request), expected = solo(request);
        EXPECT_EQ(result.ids, expected.ids);
        EXPECT_EQ(result.decodeSteps, expected.decodeSteps);
        EXPECT_EQ(result.finishReason, FinishReason::length);
        EXPECT_EQ(backend->sampledPasses(), 59); // the first token is the prompt's
        EXPECT_EQ(scheduler->figures().forwardedTokens, 40 + 59);
        EXPECT_EQ(backend->forwardedTokens(), 40 + 59);
    }
}

TEST_F(SchedulerTest, scheduler_givesTheSameTokensWhenTheWayChangesAtAnyToken) {
    std::mt19937 random(20260401);
    for (const SamplingSettings& settings : kindsOfSettings()) {
        make(sampling([&random](Pieces) { return random() % 3 != 0; }));
        for (int n = 0; n < 10; ++n) {
            const auto request = job(tokens(10 + n, n), 80, settings, static_cast<std::uint64_t>(n));
            EXPECT_EQ(scheduler->run(request).ids, solo(request).ids);
        }
        EXPECT_GT(backend->sampledPasses(), 300);
        EXPECT_LT(backend->sampledPasses(), 750);
    }
}

TEST_F(SchedulerTest, scheduler_goesBackAndForthAsJobsJoinAndLeave) {
    for (const SamplingSettings& settings : kindsOfSettings()) {
        make(sampling());
        const auto longOne = job(tokens(20), 120, settings, 3);
        const JobId first = scheduler->submit(longOne);
        std::vector<std::pair<JobId, JobRequest>> others;
        for (int step = 0; scheduler->step(); ++step)
            if (step % 25 == 10 && step < 100) {
                const auto request = job(tokens(5 + step, step), 8, settings, static_cast<std::uint64_t>(step));
                others.emplace_back(scheduler->submit(request), request);
            }
        const auto result = scheduler->take(first);
        EXPECT_EQ(result->ids, solo(longOne).ids);
        EXPECT_EQ(result->decodeSteps, 119);
        ASSERT_EQ(others.size(), 4u);
        for (const auto& [id, request] : others) EXPECT_EQ(scheduler->take(id)->ids, solo(request).ids);
        EXPECT_GT(backend->sampledPasses(), 30);
        EXPECT_LT(backend->sampledPasses(), 110);
        EXPECT_GT(backend->largestBatch(), 1);
    }
}

TEST_F(SchedulerTest, scheduler_letsABackendSampleABatch) {
    make(sampling(always));
    std::vector<JobId> ids;
    std::vector<JobRequest> requests;
    for (int i = 0; i < 6; ++i) {
        requests.push_back(job(tokens(3, i), 10 + 5 * i, kindsOfSettings()[static_cast<std::size_t>(i) % 4],
                               static_cast<std::uint64_t>(i)));
        ids.push_back(scheduler->submit(requests.back()));
    }
    while (scheduler->step()) {
    }
    for (std::size_t i = 0; i < ids.size(); ++i)
        EXPECT_EQ(scheduler->take(ids[i])->ids, solo(requests[i]).ids) << "job " << i;
    EXPECT_EQ(backend->passes() - backend->sampledPasses(), 2); // prompts of 18 tokens, 16 at once
}

TEST_F(SchedulerTest, scheduler_readsAPromptsLastTokenEitherWay) {
    make(sampling());
    const auto request = job(tokens(50), 5, kindsOfSettings().front(), 4);
    EXPECT_EQ(scheduler->run(request).ids, solo(request).ids);
    const int before = backend->sampledPasses();
    auto again = request;
    std::vector<std::pair<int, int>> read;
    again.onPrefill = [&](int done, int total) { read.emplace_back(done, total); };
    const auto result = scheduler->run(again); // but for one token the prompt is cached
    EXPECT_EQ(result.ids, solo(request).ids);
    EXPECT_EQ(result.decodeSteps, 4);
    EXPECT_EQ(read, (std::vector<std::pair<int, int>>{{49, 50}, {50, 50}}));
    EXPECT_EQ(backend->sampledPasses() - before, 5);
}

TEST_F(SchedulerTest, scheduler_endsASampledAnswerAsAnyOther) {
    const std::vector<TokenId> script{70, 71, 72, 73, 74};
    auto behaviour = sampling();
    behaviour.logits = FakeBackend::scripted(10, script);
    make(behaviour);
    const auto greedy = kindsOfSettings()[1];
    auto stopped = job(tokens(10), 100, greedy, 1);
    stopped.stopTokens = {73};
    const auto atStop = scheduler->run(stopped);
    EXPECT_EQ(atStop.ids, (std::vector<TokenId>{70, 71, 72}));
    EXPECT_EQ(atStop.finishReason, FinishReason::stop);
    EXPECT_EQ(atStop.decodeSteps, 3);

    auto refused = job(tokens(10), 100, greedy, 1);
    refused.onToken = [](TokenId id) { return id != 71; };
    const auto atRefusal = scheduler->run(refused);
    EXPECT_EQ(atRefusal.ids, (std::vector<TokenId>{70, 71}));
    EXPECT_EQ(atRefusal.finishReason, FinishReason::stop);

    std::stop_source stop;
    auto cancelled = job(tokens(10), 100, greedy, 1);
    cancelled.stop = stop.get_token();
    cancelled.onToken = [&](TokenId id) {
        if (id == 72) stop.request_stop();
        return true;
    };
    const auto atCancel = scheduler->run(cancelled);
    EXPECT_EQ(atCancel.ids, (std::vector<TokenId>{70, 71, 72}));
    EXPECT_EQ(atCancel.finishReason, FinishReason::cancelled);

    behaviour.contextLength = 40;
    behaviour.logits = FakeBackend::hashedLogits;
    make(behaviour);
    EXPECT_EQ(scheduler->run(job(tokens(30), -1, greedy, 1)).ids.size(), 10u);
    EXPECT_EQ(scheduler->run(job(tokens(39), -1, greedy, 1)).ids.size(), 1u);
}

TEST_F(SchedulerTest, scheduler_endsASampledAnswerWithItsError) {
    for (const ErrorKind kind : {ErrorKind::numeric, ErrorKind::changedOnDisk, ErrorKind::internal}) {
        auto behaviour = sampling();
        behaviour.failure = [kind, passes = 0](std::span<const BatchPiece>) mutable -> std::optional<Error> {
            if (++passes == 5) return makeError(kind, "it broke");
            return std::nullopt;
        };
        make(behaviour);
        const auto result = scheduler->run(tramontane::job(tokens(10), 50));
        EXPECT_EQ(result.finishReason, FinishReason::error);
        EXPECT_EQ(result.error->kind, kind);
        EXPECT_EQ(result.ids, solo(tramontane::job(tokens(10), 4)).ids);
        EXPECT_EQ(scheduler->cache().size(), kind == ErrorKind::internal ? 1u : 0u);
    }
    // What the sampler itself says, in a batch too: the others go on.
    auto behaviour = sampling(always);
    behaviour.logits = [](std::span<const TokenId> history, std::span<float> row) {
        FakeBackend::hashedLogits(history, row);
        if (history.size() == 14) row[7] = std::numeric_limits<float>::quiet_NaN();
    };
    make(behaviour);
    const auto damaged = tramontane::job(tokens(10), 50, 1), sound = tramontane::job(tokens(15, 2), 50, 2);
    const JobId first = scheduler->submit(damaged), second = scheduler->submit(sound);
    while (scheduler->step()) {
    }
    const auto result = scheduler->take(first);
    EXPECT_EQ(result->finishReason, FinishReason::error);
    EXPECT_EQ(result->error->kind, ErrorKind::numeric);
    EXPECT_EQ(result->ids.size(), 4u);
    EXPECT_EQ(scheduler->take(second)->ids, solo(sound).ids);
    EXPECT_EQ(scheduler->cache().size(), 1u);
}

TEST_F(SchedulerTest, scheduler_goesOnWithTheOthersWhenASampledPassIsCancelledForOne) {
    std::stop_source stop;
    auto behaviour = sampling(always);
    behaviour.failure = [&, passes = 0](std::span<const BatchPiece> pieces) mutable -> std::optional<Error> {
        if (pieces.size() == 2 && ++passes == 5) stop.request_stop();
        return std::nullopt;
    };
    make(behaviour);
    auto cancelled = tramontane::job(tokens(8, 1), 20);
    cancelled.stop = stop.get_token();
    const auto sound = tramontane::job(tokens(8, 2), 20, 2);
    const JobId first = scheduler->submit(cancelled), second = scheduler->submit(sound);
    while (scheduler->step()) {
    }
    EXPECT_EQ(scheduler->take(first)->finishReason, FinishReason::cancelled);
    EXPECT_EQ(scheduler->take(second)->ids, solo(sound).ids);
}

TEST_F(SchedulerTest, scheduler_samplesAlikeInAnyMixOfJobsAndCancellations) {
    make(sampling(), {.activeJobs = 3, .cache = {.sequences = 4, .tokens = 400}});
    const auto kinds = kindsOfSettings();
    std::mt19937 random(78);
    std::vector<std::pair<JobId, JobRequest>> running;
    std::set<JobId> cancelled;
    const auto collect = [&] {
        std::erase_if(running, [&](const auto& entry) {
            const auto result = scheduler->take(entry.first);
            if (!result) return false;
            const auto expected = solo(entry.second);
            if (result->finishReason == FinishReason::cancelled) {
                EXPECT_TRUE(cancelled.count(entry.first));
                EXPECT_LE(result->ids.size(), expected.ids.size());
                EXPECT_TRUE(std::equal(result->ids.begin(), result->ids.end(), expected.ids.begin()));
            } else {
                EXPECT_EQ(result->ids, expected.ids);
                EXPECT_EQ(result->decodeSteps, expected.decodeSteps);
            }
            return true;
        });
    };
    for (int round = 0; round < 1500; ++round) {
        if (running.size() < 4 && random() % 12 == 0) {
            const auto request = job(tokens(1 + static_cast<int>(random() % 60), static_cast<int>(random() % 3)),
                                     static_cast<int>(random() % 40), kinds[random() % kinds.size()], random() % 5);
            running.emplace_back(scheduler->submit(request), request);
        }
        if (!running.empty() && random() % 25 == 0) {
            const JobId id = running[random() % running.size()].first;
            scheduler->cancel(id);
            cancelled.insert(id);
        }
        (void)scheduler->step();
        collect();
    }
    while (scheduler->step()) {
    }
    collect();
    EXPECT_TRUE(running.empty());
    EXPECT_GT(backend->sampledPasses(), 100);
}

} // namespace
} // namespace tramontane
