// What the scheduler's tests share: prompts, requests, and a scheduler over a fake backend that is checked at
// the end.
#pragma once

#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <numeric>
#include <random>

#include "core/engine/scheduler.h"
#include "tests/support/fake_backend.h"

namespace tramontane {

using testing::FakeBackend;

inline ProducibleTokens everyToken(int count) {
    auto ids = std::make_shared<std::vector<TokenId>>(count);
    std::iota(ids->begin(), ids->end(), 0);
    return ids;
}

inline std::vector<TokenId> tokens(int count, int seed = 1) {
    std::vector<TokenId> ids(static_cast<std::size_t>(count));
    std::mt19937 random(static_cast<unsigned>(seed));
    for (TokenId& id : ids) id = 10 + static_cast<TokenId>(random() % 200);
    return ids;
}

inline std::vector<TokenId> joined(std::vector<TokenId> a, const std::vector<TokenId>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

inline JobRequest job(std::vector<TokenId> prompt, int maxTokens, std::uint64_t seed = 1) {
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

} // namespace tramontane
