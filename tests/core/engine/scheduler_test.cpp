// Many answers over one backend: what is read, what is reused, what a cancellation leaves, and that none of
// it changes a token.
#include "core/engine/scheduler.h"

#include <algorithm>
#include <atomic>
#include <gtest/gtest.h>
#include <numeric>
#include <random>
#include <thread>

#include "tests/support/fake_backend.h"

namespace tramontane {
namespace {

using testing::FakeBackend;
using namespace std::chrono_literals;

ProducibleTokens everyToken(int count) {
    auto ids = std::make_shared<std::vector<TokenId>>(count);
    std::iota(ids->begin(), ids->end(), 0);
    return ids;
}

std::vector<TokenId> tokens(int count, int seed = 1) {
    std::vector<TokenId> ids(static_cast<std::size_t>(count));
    std::mt19937 random(static_cast<unsigned>(seed));
    for (TokenId& id : ids)
        id = 10 + static_cast<TokenId>(random() % 200);
    return ids;
}

std::vector<TokenId> joined(std::vector<TokenId> a, const std::vector<TokenId>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

JobRequest job(std::vector<TokenId> prompt, int maxTokens, std::uint64_t seed = 1) {
    JobRequest request;
    request.prompt = std::move(prompt);
    request.sampling.maxTokens = maxTokens;
    request.sampling.temperature = 1;
    request.seed = seed;
    return request;
}

class SchedulerTest : public ::testing::Test {
protected:
    void make(FakeBackend::Behaviour behaviour = {}, SchedulerOptions options = {}) {
        scheduler.reset();
        backend = std::make_unique<FakeBackend>(std::move(behaviour));
        scheduler = std::make_unique<Scheduler>(*backend, everyToken(backend->info().vocabSize), options);
    }
    void TearDown() override {
        if (!backend) return;
        scheduler.reset();
        EXPECT_EQ(backend->liveSequences(), 0u) << "sequences were not released";
        EXPECT_EQ(backend->violations(), std::vector<std::string>{});
    }
    std::int64_t forwardedBy(const std::function<void()>& work) {
        const std::int64_t before = backend->forwardedTokens();
        work();
        return backend->forwardedTokens() - before;
    }
    // The answer of a scheduler that has nothing else to do and nothing cached.
    static JobResult solo(const JobRequest& request, FakeBackend::Behaviour behaviour = {}) {
        behaviour.failure = nullptr;
        FakeBackend fresh(std::move(behaviour));
        Scheduler alone(fresh, everyToken(fresh.info().vocabSize));
        JobRequest copy;
        copy.prompt = request.prompt;
        copy.sampling = request.sampling;
        copy.seed = request.seed;
        copy.stopTokens = request.stopTokens;
        return alone.run(std::move(copy));
    }

    std::unique_ptr<FakeBackend> backend;
    std::unique_ptr<Scheduler> scheduler;
};

TEST_F(SchedulerTest, scheduler_readsAPromptInPiecesAndEachNewTokenOnce) {
    make();
    const auto result = scheduler->run(job(tokens(50), 7));
    EXPECT_EQ(result.finishReason, FinishReason::length);
    EXPECT_EQ(result.ids.size(), 7u);
    EXPECT_EQ(result.promptTokens, 50);
    EXPECT_EQ(result.reusedTokens, 0);
    EXPECT_EQ(result.decodeSteps, 6);
    EXPECT_EQ(backend->forwardedTokens(), 50 + 6); // the last token is nobody's history
    EXPECT_EQ(backend->passes(), 4 + 6);           // 16 + 16 + 16 + 2
    EXPECT_EQ(scheduler->figures().forwardedTokens, backend->forwardedTokens());
}

TEST_F(SchedulerTest, scheduler_readsOnlyWhatIsNotCached) {
    make();
    const auto prompt = tokens(60);
    const auto first = scheduler->run(job(prompt, 10));
    // The next turn: the answer, all but its last token in the cache, and 20 tokens more.
    const auto next = joined(joined(prompt, first.ids), tokens(20, 2));
    JobResult second;
    EXPECT_EQ(forwardedBy([&] { second = scheduler->run(job(next, 1)); }), 1 + 20);
    EXPECT_EQ(second.reusedTokens, 69);
    EXPECT_EQ(second.ids, solo(job(next, 1)).ids);
    // The same prompt again: only its last token, for its logits.
    EXPECT_EQ(forwardedBy([&] { second = scheduler->run(job(next, 1)); }), 1);
    EXPECT_EQ(second.reusedTokens, 89);
    EXPECT_EQ(second.ids, solo(job(next, 1)).ids);
}

TEST_F(SchedulerTest, scheduler_keepsBothBranchesOfAConversation) {
    make();
    const auto shared = tokens(100);
    const auto left = joined(shared, tokens(40, 2)), right = joined(shared, tokens(40, 3));
    EXPECT_EQ(forwardedBy([&] { (void)scheduler->run(job(left, 1)); }), 140);
    EXPECT_EQ(forwardedBy([&] { (void)scheduler->run(job(right, 1)); }), 40);
    EXPECT_EQ(forwardedBy([&] { (void)scheduler->run(job(left, 1)); }), 1);
    EXPECT_EQ(forwardedBy([&] { (void)scheduler->run(job(right, 1)); }), 1);
    EXPECT_EQ(scheduler->cache().tokenCount(), 180); // the shared beginning once
}

TEST_F(SchedulerTest, scheduler_forgetsTheLeastRecentlyUsedFirst) {
    SchedulerOptions options;
    options.cache = {.sequences = 3, .tokens = 1000};
    make({}, options);
    std::vector<std::vector<TokenId>> prompts;
    for (int i = 0; i < 4; ++i)
        prompts.push_back(tokens(50, i + 1));
    for (int i = 0; i < 3; ++i)
        (void)scheduler->run(job(prompts[i], 1));
    (void)scheduler->run(job(prompts[0], 1));
    (void)scheduler->run(job(prompts[3], 1)); // pushes prompt 1 out
    EXPECT_EQ(scheduler->cache().size(), 3u);
    EXPECT_EQ(forwardedBy([&] { (void)scheduler->run(job(prompts[0], 1)); }), 1);
    EXPECT_EQ(forwardedBy([&] { (void)scheduler->run(job(prompts[2], 1)); }), 1);
    EXPECT_EQ(forwardedBy([&] { (void)scheduler->run(job(prompts[1], 1)); }), 50);
}

TEST_F(SchedulerTest, scheduler_keepsTheCacheWithinItsTokens) {
    SchedulerOptions options;
    options.cache = {.sequences = 10, .tokens = 200};
    make({}, options);
    for (int i = 0; i < 8; ++i) {
        (void)scheduler->run(job(tokens(70, i + 1), 5));
        EXPECT_LE(scheduler->cache().tokenCount(), 200);
    }
    // An answer that grows into the budget pushes the others out while it runs.
    const auto result = scheduler->run(job(tokens(20, 100), 190));
    EXPECT_EQ(result.ids.size(), 190u);
    EXPECT_EQ(scheduler->cache().size(), 0u); // 209 tokens, its own included
}

TEST_F(SchedulerTest, scheduler_losesABranchRatherThanAnotherConversation) {
    SchedulerOptions options;
    options.cache = {.sequences = 2, .tokens = 1000};
    make({}, options);
    const auto other = tokens(300, 9), shared = tokens(100);
    (void)scheduler->run(job(other, 1));
    (void)scheduler->run(job(shared, 20));                                       // an answer of 20
    EXPECT_EQ(forwardedBy([&] { (void)scheduler->run(job(shared, 1, 5)); }), 1); // again: the 20 go
    EXPECT_EQ(forwardedBy([&] { (void)scheduler->run(job(other, 1)); }), 1);
}

TEST_F(SchedulerTest, scheduler_answersInABatchAsItAnswersAlone) {
    make({}, {.activeJobs = 5, .cache = {}});
    std::vector<JobRequest> requests;
    for (int i = 0; i < 12; ++i) {
        auto request = job(tokens(5 + 13 * i % 90, i % 4), 10 + i, static_cast<std::uint64_t>(i));
        request.sampling.topK = i % 3 == 0 ? 0 : 20;
        request.sampling.temperature = i % 4 == 0 ? 0 : 1;
        request.sampling.repeatPenalty = i % 2 == 0 ? 1 : 1.3;
        request.stopTokens = {3, 50, 100};
        requests.push_back(request);
    }
    std::vector<JobId> ids;
    for (const auto& request : requests)
        ids.push_back(scheduler->submit(request));
    while (scheduler->step()) {
    }
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const auto result = scheduler->take(ids[i]);
        ASSERT_TRUE(result.has_value());
        const auto alone = solo(requests[i]);
        EXPECT_EQ(result->ids, alone.ids) << "job " << i;
        EXPECT_EQ(result->finishReason, alone.finishReason);
    }
    EXPECT_EQ(backend->largestBatch(), 5);
    EXPECT_FALSE(scheduler->take(ids[0]).has_value()); // once
}

TEST_F(SchedulerTest, scheduler_stopsAtAStopTokenAndLeavesItOut) {
    FakeBackend::Behaviour behaviour;
    behaviour.logits = FakeBackend::scripted(5, {40, 41, 42});
    make(behaviour);
    auto request = job(tokens(5), 100);
    request.stopTokens = {2};
    const auto result = scheduler->run(request);
    EXPECT_EQ(result.finishReason, FinishReason::stop);
    EXPECT_EQ(result.ids, (std::vector<TokenId>{40, 41, 42}));
    EXPECT_EQ(result.decodeSteps, 3);
}

TEST_F(SchedulerTest, scheduler_stopsWhenTheSinkHasEnough) {
    make();
    auto request = job(tokens(5), 100);
    int seen = 0;
    request.onToken = [&](TokenId) { return ++seen < 4; };
    const auto result = scheduler->run(request);
    EXPECT_EQ(result.finishReason, FinishReason::stop);
    EXPECT_EQ(result.ids.size(), 4u);
}

TEST_F(SchedulerTest, scheduler_endsWithTheContext) {
    FakeBackend::Behaviour behaviour;
    behaviour.contextLength = 40;
    make(behaviour);
    EXPECT_EQ(scheduler->run(job(tokens(30), -1)).ids.size(), 10u);
    EXPECT_EQ(scheduler->run(job(tokens(39), -1)).ids.size(), 1u);
    const auto full = scheduler->run(job(tokens(40), -1));
    EXPECT_EQ(full.finishReason, FinishReason::error);
    EXPECT_EQ(full.error->kind, ErrorKind::contextFull);
    EXPECT_NE(full.error->message.find("40 tokens"), std::string::npos);
    EXPECT_EQ(scheduler->run(job({}, -1)).error->kind, ErrorKind::invalidInput);
    EXPECT_EQ(scheduler->run(job(tokens(5), 0)).finishReason, FinishReason::length);
}

TEST_F(SchedulerTest, scheduler_reportsHowFarThePromptIsRead) {
    make();
    auto request = job(tokens(40), 1);
    std::vector<std::pair<int, int>> seen;
    request.onPrefill = [&](int done, int total) { seen.emplace_back(done, total); };
    (void)scheduler->run(request);
    EXPECT_EQ(seen, (std::vector<std::pair<int, int>>{{0, 40}, {16, 40}, {32, 40}, {40, 40}}));
}

TEST_F(SchedulerTest, scheduler_cancelsInPrefillAndKeepsWhatWasRead) {
    make();
    std::stop_source stop;
    auto request = job(tokens(100), 5);
    request.stop = stop.get_token();
    request.onPrefill = [&](int done, int) {
        if (done >= 32) stop.request_stop();
    };
    const auto result = scheduler->run(request);
    EXPECT_EQ(result.finishReason, FinishReason::cancelled);
    EXPECT_TRUE(result.ids.empty());
    EXPECT_EQ(backend->forwardedTokens(), 32);
    EXPECT_EQ(forwardedBy([&] { EXPECT_EQ(scheduler->run(job(tokens(100), 1)).reusedTokens, 32); }), 68);
}

TEST_F(SchedulerTest, scheduler_cancelsInsideAForwardPassOnTime) {
    FakeBackend::Behaviour behaviour;
    behaviour.delayPerToken = 2ms;
    behaviour.preferredPrefillTokens = 400;
    make(behaviour);
    std::stop_source stop;
    auto request = job(tokens(400), 5);
    request.stop = stop.get_token();
    std::atomic<std::chrono::steady_clock::time_point> asked{};
    std::thread person([&] {
        std::this_thread::sleep_for(50ms);
        asked = std::chrono::steady_clock::now();
        stop.request_stop();
    });
    const auto result = scheduler->run(request);
    const auto taken = std::chrono::steady_clock::now() - asked.load();
    person.join();
    EXPECT_EQ(result.finishReason, FinishReason::cancelled);
    EXPECT_LT(taken, 100ms);
}

TEST_F(SchedulerTest, scheduler_cancelsInDecodeWithinOneStepAndKeepsTheTokens) {
    make();
    std::stop_source stop;
    auto request = job(tokens(10), 100);
    request.stop = stop.get_token();
    int seen = 0;
    request.onToken = [&](TokenId) {
        if (++seen == 5) stop.request_stop();
        return true;
    };
    const auto result = scheduler->run(request);
    EXPECT_EQ(result.finishReason, FinishReason::cancelled);
    EXPECT_EQ(result.ids.size(), 5u);
    EXPECT_EQ(result.ids, solo(job(tokens(10), 5)).ids);
    EXPECT_EQ(backend->forwardedTokens(), 10 + 4);
}

TEST_F(SchedulerTest, scheduler_takesNoTokenOnceItIsToStop) {
    std::stop_source stop;
    FakeBackend::Behaviour behaviour;
    behaviour.logits = [&](std::span<const TokenId> history, std::span<float> row) {
        FakeBackend::hashedLogits(history, row);
        if (history.size() == 13) stop.request_stop(); // after the pass was done, before its row is read
    };
    make(behaviour);
    auto request = job(tokens(10), 100);
    request.stop = stop.get_token();
    const auto result = scheduler->run(request);
    EXPECT_EQ(result.finishReason, FinishReason::cancelled);
    EXPECT_EQ(result.ids.size(), 3u);
}

TEST_F(SchedulerTest, scheduler_cancelsOneOfManyWithoutTouchingTheOthers) {
    make();
    std::vector<JobId> ids;
    std::vector<std::stop_source> stops(4);
    for (int i = 0; i < 4; ++i) {
        auto request = job(tokens(30, i), 20);
        request.stop = stops[static_cast<std::size_t>(i)].get_token();
        ids.push_back(scheduler->submit(request));
    }
    for (int i = 0; i < 6; ++i)
        (void)scheduler->step();
    stops[0].request_stop();   // in decode
    scheduler->cancel(ids[3]); // in prefill
    (void)scheduler->step();
    EXPECT_EQ(scheduler->take(ids[0])->finishReason, FinishReason::cancelled);
    EXPECT_EQ(scheduler->take(ids[3])->finishReason, FinishReason::cancelled);
    while (scheduler->step()) {
    }
    for (const int i : {1, 2})
        EXPECT_EQ(scheduler->take(ids[static_cast<std::size_t>(i)])->ids, solo(job(tokens(30, i), 20)).ids);
}

TEST_F(SchedulerTest, scheduler_goesOnWithTheOthersWhenAPassIsCancelledForOne) {
    // The backend sees the stop of one job in the middle of everybody's pass.
    std::stop_source stop;
    FakeBackend::Behaviour behaviour;
    behaviour.failure = [&, passes = 0](std::span<const BatchPiece> pieces) mutable -> std::optional<Error> {
        if (pieces.size() == 2 && ++passes == 3) stop.request_stop();
        return std::nullopt;
    };
    make(behaviour);
    auto cancelledOne = job(tokens(8, 1), 20);
    cancelledOne.stop = stop.get_token();
    const JobId first = scheduler->submit(cancelledOne), second = scheduler->submit(job(tokens(8, 2), 20));
    while (scheduler->step()) {
    }
    EXPECT_EQ(scheduler->take(first)->finishReason, FinishReason::cancelled);
    EXPECT_EQ(scheduler->take(second)->ids, solo(job(tokens(8, 2), 20)).ids);
}

TEST_F(SchedulerTest, scheduler_cancelsWhatStillWaits) {
    make({}, {.activeJobs = 1, .cache = {}});
    const JobId first = scheduler->submit(job(tokens(30), 5)),
                second = scheduler->submit(job(tokens(30, 2), 5));
    (void)scheduler->step();
    scheduler->cancel(second);
    while (scheduler->step()) {
    }
    EXPECT_EQ(scheduler->take(second)->finishReason, FinishReason::cancelled);
    EXPECT_EQ(scheduler->take(first)->ids.size(), 5u);
}

TEST_F(SchedulerTest, scheduler_endsAnAnswerWithTheErrorAndItsTokens) {
    for (const ErrorKind kind :
         {ErrorKind::numeric, ErrorKind::changedOnDisk, ErrorKind::internal, ErrorKind::io}) {
        FakeBackend::Behaviour behaviour;
        behaviour.failure = [kind, passes = 0](std::span<const BatchPiece>) mutable -> std::optional<Error> {
            if (++passes == 5) return makeError(kind, "it broke");
            return std::nullopt;
        };
        make(behaviour);
        const auto result = scheduler->run(job(tokens(10), 50));
        EXPECT_EQ(result.finishReason, FinishReason::error);
        EXPECT_EQ(result.error->kind, kind);
        EXPECT_EQ(result.error->message, "it broke");
        EXPECT_EQ(result.ids, solo(job(tokens(10), 4)).ids);
        // What a damaged model computed is not used again.
        const bool damaged = kind == ErrorKind::numeric || kind == ErrorKind::changedOnDisk;
        EXPECT_EQ(scheduler->cache().size(), damaged ? 0u : 1u);
        EXPECT_EQ(scheduler->run(job(tokens(10), 4)).ids, solo(job(tokens(10), 4)).ids);
    }
}

TEST_F(SchedulerTest, scheduler_endsAnAnswerWhoseLogitsAreNaN) {
    FakeBackend::Behaviour behaviour;
    behaviour.logits = [](std::span<const TokenId> history, std::span<float> row) {
        FakeBackend::hashedLogits(history, row);
        if (history.size() == 14) row[7] = std::numeric_limits<float>::quiet_NaN();
    };
    make(behaviour);
    const auto result = scheduler->run(job(tokens(10), 50));
    EXPECT_EQ(result.finishReason, FinishReason::error);
    EXPECT_EQ(result.error->kind, ErrorKind::numeric);
    EXPECT_EQ(result.ids.size(), 4u);
    EXPECT_EQ(scheduler->cache().size(), 0u);
}

TEST_F(SchedulerTest, scheduler_findsTheOneJobThatFails) {
    FakeBackend::Behaviour behaviour;
    behaviour.failure = [](std::span<const BatchPiece> pieces) -> std::optional<Error> {
        for (const auto& piece : pieces)
            if (piece.tokens.front() == 250) return makeError(ErrorKind::numeric, "NaN");
        return std::nullopt;
    };
    make(behaviour);
    std::vector<JobId> ids;
    for (int i = 0; i < 3; ++i)
        ids.push_back(scheduler->submit(job(i == 1 ? std::vector<TokenId>{250, 1} : tokens(8, i), 10)));
    while (scheduler->step()) {
    }
    EXPECT_EQ(scheduler->take(ids[1])->finishReason, FinishReason::error);
    for (const int i : {0, 2})
        EXPECT_EQ(scheduler->take(ids[static_cast<std::size_t>(i)])->ids, solo(job(tokens(8, i), 10)).ids);
}

TEST_F(SchedulerTest, scheduler_givesUpCachedSequencesBeforeItRunsOutOfMemory) {
    FakeBackend::Behaviour behaviour;
    behaviour.maxSequences = 2;
    make(behaviour);
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(scheduler->run(job(tokens(20, i), 3)).finishReason, FinishReason::length);
    // While the cache grows: the pass fails until the idle sequences are gone.
    behaviour.maxSequences = 1000;
    FakeBackend* held = nullptr;
    behaviour.failure = [&held](std::span<const BatchPiece>) -> std::optional<Error> {
        if (held && held->liveSequences() > 1) return makeError(ErrorKind::outOfMemory, "no memory");
        return std::nullopt;
    };
    make(behaviour);
    held = backend.get();
    EXPECT_EQ(scheduler->run(job(tokens(20, 1), 3)).finishReason, FinishReason::length);
    EXPECT_EQ(scheduler->run(job(tokens(20, 2), 3)).finishReason, FinishReason::length);
    EXPECT_EQ(scheduler->cache().size(), 1u);
    // Two at once cannot both have it: one of them says so, the other is done.
    const JobId a = scheduler->submit(job(tokens(8, 1), 3)), b = scheduler->submit(job(tokens(8, 2), 3));
    while (scheduler->step()) {
    }
    const auto first = scheduler->take(a), second = scheduler->take(b);
    EXPECT_TRUE(first->finishReason == FinishReason::error || second->finishReason == FinishReason::error);
}

TEST_F(SchedulerTest, scheduler_survivesAnyMixOfJobsAndCancellations) {
    SchedulerOptions options{.activeJobs = 4, .cache = {.sequences = 5, .tokens = 400}};
    make({}, options);
    std::mt19937 random(77);
    std::vector<std::pair<JobId, JobRequest>> running;
    std::set<JobId> cancelled;
    const auto collect = [&] {
        std::erase_if(running, [&](const auto& entry) {
            const auto result = scheduler->take(entry.first);
            if (!result) return false;
            const auto alone = solo(entry.second);
            if (result->finishReason == FinishReason::cancelled) {
                EXPECT_TRUE(cancelled.count(entry.first));
                EXPECT_LE(result->ids.size(), alone.ids.size());
                EXPECT_TRUE(std::equal(result->ids.begin(), result->ids.end(), alone.ids.begin()));
            } else {
                EXPECT_EQ(result->ids, alone.ids);
            }
            return true;
        });
    };
    for (int round = 0; round < 1500; ++round) {
        if (running.size() < 8 && random() % 3 == 0) {
            auto prompt = tokens(1 + static_cast<int>(random() % 60), static_cast<int>(random() % 3));
            if (random() % 2)
                prompt = joined(prompt,
                                tokens(1 + static_cast<int>(random() % 30), static_cast<int>(random() % 3)));
            const auto request = job(prompt, static_cast<int>(random() % 30), random() % 5);
            running.emplace_back(scheduler->submit(request), request);
        }
        if (!running.empty() && random() % 15 == 0) {
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
    EXPECT_LE(scheduler->cache().tokenCount(), 400);
}

} // namespace
} // namespace tramontane
