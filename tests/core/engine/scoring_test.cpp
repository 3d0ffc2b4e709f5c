// Scores against the definition of the log-softmax, over a backend whose logits are known.
#include "core/engine/scoring.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

#include "tests/support/fake_backend.h"

namespace tramontane {
namespace {

using testing::FakeBackend;

TEST(Scoring, scoring_isTheLogSoftmaxOfEveryRow) {
    FakeBackend::Behaviour behaviour;
    behaviour.preferredPrefillTokens = 7; // the text is read in pieces of every kind
    FakeBackend backend(behaviour);
    std::vector<TokenId> ids;
    for (int i = 0; i < 20; ++i) ids.push_back(i * 13 % 300);
    int seen = 0;
    const auto score = scoreIds(backend, ids, 5, [&](int done, int total) { seen = done * 100 + total; }, {});
    ASSERT_TRUE(score.ok()) << score.error().message;
    EXPECT_EQ(seen, 2020);
    ASSERT_EQ(score->logProbability.size(), 19u);
    ASSERT_EQ(score->top.size(), 20u);
    double surprise = 0;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        std::vector<float> row(300);
        FakeBackend::hashedLogits(std::span(ids).first(i + 1), row);
        long double sum = 0;
        for (const float logit : row) sum += std::exp(static_cast<long double>(logit));
        const auto logProbability = [&](TokenId id) { return static_cast<double>(row[id] - std::log(sum)); };
        std::vector<TokenId> order(300);
        for (int id = 0; id < 300; ++id) order[id] = id;
        std::stable_sort(order.begin(), order.end(), [&](TokenId a, TokenId b) { return row[a] > row[b]; });
        for (int j = 0; j < 5; ++j) {
            EXPECT_EQ(score->top[i][j].first, order[j]);
            EXPECT_NEAR(score->top[i][j].second, logProbability(order[j]), 1e-12);
        }
        if (i + 1 == ids.size()) break;
        EXPECT_NEAR(score->logProbability[i], logProbability(ids[i + 1]), 1e-12);
        surprise -= logProbability(ids[i + 1]);
    }
    EXPECT_NEAR(score->perplexity(), std::exp(surprise / 19), 1e-9);
    EXPECT_EQ(backend.forwardedTokens(), 20);
    EXPECT_EQ(backend.liveSequences(), 0u);
    EXPECT_EQ(backend.violations(), std::vector<std::string>{});
}

TEST(Scoring, scoring_refusesWhatHasNoScore) {
    const auto kindOf = [](FakeBackend::Behaviour behaviour, std::vector<TokenId> ids) {
        FakeBackend backend(behaviour);
        const auto score = scoreIds(backend, ids, 5, nullptr, {});
        EXPECT_EQ(backend.liveSequences(), 0u);
        EXPECT_EQ(backend.violations(), std::vector<std::string>{});
        return score.ok() ? ErrorKind::busy : score.error().kind;
    };
    FakeBackend::Behaviour plain, nan, small;
    nan.logits = [](std::span<const TokenId> history, std::span<float> row) {
        FakeBackend::hashedLogits(history, row);
        if (history.size() == 3) row[250] = std::numeric_limits<float>::quiet_NaN();
    };
    small.contextLength = 4;
    EXPECT_EQ(kindOf(plain, {}), ErrorKind::invalidInput);
    EXPECT_EQ(kindOf(plain, {1, 300}), ErrorKind::invalidInput);
    EXPECT_EQ(kindOf(plain, {-1}), ErrorKind::invalidInput);
    EXPECT_EQ(kindOf(nan, {1, 2, 3, 4}), ErrorKind::numeric);
    EXPECT_EQ(kindOf(small, {1, 2, 3, 4, 5}), ErrorKind::contextFull);
    EXPECT_EQ(kindOf(plain, {7}), ErrorKind::busy); // a score of nothing
}

} // namespace
} // namespace tramontane
