// Many answers over one backend: what is read, what is reused, and that none of it changes a token.
#include <algorithm>
#include <set>

#include "tests/core/engine/scheduler_fixture.h"

namespace tramontane {
namespace {

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
    for (int i = 0; i < 4; ++i) prompts.push_back(tokens(50, i + 1));
    for (int i = 0; i < 3; ++i) (void)scheduler->run(job(prompts[i], 1));
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
    for (const auto& request : requests) ids.push_back(scheduler->submit(request));
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
                prompt = joined(prompt, tokens(1 + static_cast<int>(random() % 30), static_cast<int>(random() % 3)));
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
