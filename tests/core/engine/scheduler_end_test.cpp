// How answers end before their time: cancelled, failed, out of memory; and what that leaves to the others.
#include <atomic>
#include <limits>
#include <thread>
#include <utility>

#include "tests/core/engine/scheduler_fixture.h"

namespace tramontane {
namespace {

using namespace std::chrono_literals;

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

// A token takes a quarter of a millisecond at least, so no more than 200 of them fit into what a stop may wait.
TEST_F(SchedulerTest, scheduler_readsShorterPiecesWhereAStopWaitsForThem) {
    FakeBackend::Behaviour behaviour;
    behaviour.delayPerToken = 250us;
    behaviour.contextLength = 2000;
    behaviour.preferredPrefillTokens = 512;
    behaviour.stopShare = 1;
    make(behaviour);
    std::vector<int> pieces;
    auto request = job(tokens(1200), 1);
    request.onPrefill = [&, last = 0](int done, int) mutable {
        if (done > 0) pieces.push_back(done - std::exchange(last, done));
    };
    EXPECT_EQ(scheduler->run(request).finishReason, FinishReason::length);
    ASSERT_GE(pieces.size(), 5u);
    EXPECT_EQ(pieces.front(), 512);
    for (std::size_t i = 1; i < pieces.size(); ++i) {
        EXPECT_LE(pieces[i], 200) << "piece " << i;
        EXPECT_TRUE(i + 1 == pieces.size() || pieces[i] >= PrefillPace::kFewestTokens) << "piece " << i;
    }
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
    for (int i = 0; i < 6; ++i) (void)scheduler->step();
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
    const JobId first = scheduler->submit(job(tokens(30), 5)), second = scheduler->submit(job(tokens(30, 2), 5));
    (void)scheduler->step();
    scheduler->cancel(second);
    while (scheduler->step()) {
    }
    EXPECT_EQ(scheduler->take(second)->finishReason, FinishReason::cancelled);
    EXPECT_EQ(scheduler->take(first)->ids.size(), 5u);
}

TEST_F(SchedulerTest, scheduler_endsAnAnswerWithTheErrorAndItsTokens) {
    for (const ErrorKind kind : {ErrorKind::numeric, ErrorKind::changedOnDisk, ErrorKind::internal, ErrorKind::io}) {
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
    for (int i = 0; i < 5; ++i) EXPECT_EQ(scheduler->run(job(tokens(20, i), 3)).finishReason, FinishReason::length);
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

} // namespace
} // namespace tramontane
