// The sampler against a reference that is written from the definitions: full sorts, long doubles, the
// library's exp.
#include "core/engine/sampler.h"

#include "core/engine/sampling_math.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <map>
#include <numeric>
#include <random>

namespace tramontane {
namespace {

ProducibleTokens allOf(int count) {
    auto ids = std::make_shared<std::vector<TokenId>>(count);
    std::iota(ids->begin(), ids->end(), 0);
    return ids;
}

std::vector<float> randomRow(std::mt19937& random, int count, double spread) {
    std::normal_distribution<double> normal(0, spread);
    std::vector<float> row(count);
    for (float& logit : row) logit = static_cast<float>(normal(random));
    return row;
}

using Distribution = std::map<TokenId, long double>;

// Probabilities of logits, by the definition.
Distribution softmax(const std::map<TokenId, long double>& logits, long double temperature = 1) {
    long double largest = -std::numeric_limits<long double>::infinity(), sum = 0;
    for (const auto& [id, logit] : logits) largest = std::max(largest, logit);
    Distribution result;
    for (const auto& [id, logit] : logits) sum += result[id] = std::exp((logit - largest) / temperature);
    for (auto& [id, probability] : result) probability /= sum;
    return result;
}

// Keeps the ids that stand first in `order` until their probabilities reach `mass`.
void keepMass(std::map<TokenId, long double>& logits, const std::vector<TokenId>& order,
              const Distribution& probability, long double mass) {
    std::map<TokenId, long double> kept;
    long double sum = 0;
    for (const TokenId id : order) {
        kept[id] = logits[id];
        sum += probability.at(id);
        if (sum >= mass) break;
    }
    logits = kept;
}

// The step that a test may move: the order of the filters matters, and this shows that it does.
enum class Step { topK, typical, topP, minP };
const std::vector<Step> rightOrder{Step::topK, Step::typical, Step::topP, Step::minP};

Distribution reference(const SamplingSettings& s, const std::vector<float>& row, const std::vector<TokenId>& history,
                       const std::vector<TokenId>& producible, const std::vector<Step>& steps = rightOrder) {
    std::map<TokenId, long double> logits;
    std::map<TokenId, int> counts;
    const std::size_t window =
        s.repeatLastN < 0 ? history.size() : std::min<std::size_t>(history.size(), s.repeatLastN);
    for (std::size_t i = history.size() - window; i < history.size(); ++i) ++counts[history[i]];
    for (const TokenId id : producible) {
        long double logit = row[id];
        if (counts.count(id)) {
            logit = logit > 0 ? logit / s.repeatPenalty : logit * s.repeatPenalty;
            logit -= counts[id] * s.frequencyPenalty;
            logit -= s.presencePenalty;
        }
        logits[id] = static_cast<float>(logit);
    }
    const auto ids = [&] {
        std::vector<TokenId> list;
        for (const auto& [id, logit] : logits) list.push_back(id);
        return list;
    };
    const auto byLogit = [&] {
        auto list = ids();
        std::stable_sort(list.begin(), list.end(), [&](TokenId a, TokenId b) { return logits[a] > logits[b]; });
        return list;
    };
    for (const Step step : steps) {
        const Distribution probability = softmax(logits);
        if (step == Step::topK && s.topK > 0) {
            auto order = byLogit();
            if (order.size() > static_cast<std::size_t>(s.topK)) order.resize(s.topK);
            keepMass(logits, order, probability, 2);
        }
        if (step == Step::typical && s.typicalP < 1) {
            long double entropy = 0;
            for (const auto& [id, p] : probability)
                if (p > 0) entropy -= p * std::log(p);
            auto order = ids();
            std::stable_sort(order.begin(), order.end(), [&](TokenId a, TokenId b) {
                return std::abs(-std::log(probability.at(a)) - entropy) <
                       std::abs(-std::log(probability.at(b)) - entropy);
            });
            keepMass(logits, order, probability, s.typicalP);
        }
        if (step == Step::topP && s.topP < 1) keepMass(logits, byLogit(), probability, s.topP);
        if (step == Step::minP && s.minP > 0) {
            long double largest = 0;
            for (const auto& [id, p] : probability) largest = std::max(largest, p);
            for (const TokenId id : ids())
                if (probability.at(id) < s.minP * largest) logits.erase(id);
        }
    }
    return softmax(logits, s.temperature);
}

// Where the two differ, in words; empty where they agree. Both work in at least double precision on the same
// float logits: 1e-12 is a thousand roundings of the sums.
std::string difference(std::span<const TokenProbability> found, const Distribution& expected) {
    if (found.size() != expected.size())
        return "found " + std::to_string(found.size()) + " candidates, expected " + std::to_string(expected.size());
    for (const auto& [id, probability] : found) {
        const auto it = expected.find(id);
        if (it == expected.end()) return "id " + std::to_string(id) + " should be gone";
        if (std::abs(it->second - probability) > 1e-12)
            return "id " + std::to_string(id) + ": " + std::to_string(probability) + ", expected " +
                   std::to_string(static_cast<double>(it->second));
    }
    return {};
}

SamplingSettings plain() {
    SamplingSettings settings;
    settings.temperature = 1;
    settings.topP = 1;
    return settings;
}

TEST(Sampler, sampler_equalsTheReferenceForRandomSettings) {
    std::mt19937 random(20240817);
    const auto chance = [&](double p) { return std::bernoulli_distribution(p)(random); };
    const auto between = [&](double a, double b) { return std::uniform_real_distribution<double>(a, b)(random); };
    for (int round = 0; round < 400; ++round) {
        SCOPED_TRACE("seed 20240817, round " + std::to_string(round));
        const int vocab = std::uniform_int_distribution<int>(1, 700)(random);
        const auto row = randomRow(random, vocab, between(0.2, 6));
        std::vector<TokenId> history(std::uniform_int_distribution<int>(0, 120)(random));
        for (TokenId& id : history) id = std::uniform_int_distribution<int>(0, vocab - 1)(random);
        SamplingSettings s = plain();
        s.temperature = chance(0.2) ? 1.0 : between(0.05, 2);
        if (chance(0.5)) s.topK = std::uniform_int_distribution<int>(1, 200)(random);
        if (chance(0.5)) s.typicalP = between(0, 1);
        if (chance(0.5)) s.topP = between(0, 1);
        if (chance(0.5)) s.minP = between(0, 1);
        if (chance(0.5)) s.repeatPenalty = between(0.5, 2);
        if (chance(0.3)) s.presencePenalty = between(-2, 2);
        if (chance(0.3)) s.frequencyPenalty = between(-2, 2);
        s.repeatLastN = chance(0.3) ? -1 : std::uniform_int_distribution<int>(0, 130)(random);
        Sampler sampler(s, 1, allOf(vocab));
        auto found = sampler.distribution(row, history);
        ASSERT_TRUE(found.ok()) << found.error().message;
        EXPECT_EQ(difference(*found, reference(s, row, history, *allOf(vocab))), "") << samplingSettingsToJson(s);
    }
}

TEST(Sampler, sampler_equalsTheReferenceForAWholeVocabulary) {
    std::mt19937 random(7);
    const auto row = randomRow(random, 32768, 3);
    for (const double topP : {0.1, 0.9, 0.999, 1.0})
        for (const double typicalP : {0.2, 0.95, 1.0}) {
            SamplingSettings s = plain();
            s.topP = topP;
            s.typicalP = typicalP;
            Sampler sampler(s, 1, allOf(32768));
            auto found = sampler.distribution(row, {});
            ASSERT_TRUE(found.ok());
            EXPECT_EQ(difference(*found, reference(s, row, {}, *allOf(32768))), "") << topP << " " << typicalP;
        }
}

TEST(Sampler, sampler_filtersInTheOrderItPromises) {
    // Settings under which any other order of two neighbouring filters keeps other tokens.
    std::mt19937 random(11);
    const auto differs = [&](SamplingSettings s, std::vector<Step> swapped) {
        for (int round = 0; round < 200; ++round) {
            const auto row = randomRow(random, 60, 1.5);
            const auto ids = *allOf(60);
            Sampler sampler(s, 1, allOf(60));
            auto found = sampler.distribution(row, {});
            EXPECT_EQ(difference(*found, reference(s, row, {}, ids)), "");
            if (difference(*found, reference(s, row, {}, ids, swapped)) != "") return true;
        }
        return false;
    };
    SamplingSettings s = plain();
    s.topK = 20;
    s.typicalP = 0.7;
    EXPECT_TRUE(differs(s, {Step::typical, Step::topK, Step::topP, Step::minP}));
    s.topK = 0;
    s.topP = 0.7;
    EXPECT_TRUE(differs(s, {Step::topK, Step::topP, Step::typical, Step::minP}));
    s.typicalP = 1;
    s.topP = 0.9;
    s.minP = 0.2;
    EXPECT_TRUE(differs(s, {Step::topK, Step::typical, Step::minP, Step::topP}));
}

TEST(Sampler, sampler_appliesTheTemperatureLast) {
    // At temperature 1 the second token has 27 %: top-p 0.7 leaves the first alone, however hot it is.
    SamplingSettings s = plain();
    s.topP = 0.7;
    s.temperature = 2;
    const std::vector<float> row{1, 0};
    Sampler sampler(s, 1, allOf(2));
    EXPECT_EQ(sampler.distribution(row, {})->size(), 1u);
}

TEST(Sampler, sampler_keepsEverythingWhenEveryFilterIsOff) {
    std::mt19937 random(3);
    const auto row = randomRow(random, 500, 2);
    for (const SamplingParameter& parameter : samplingParameters()) {
        if (std::isnan(parameter.off)) continue;
        SamplingSettings s = plain();
        parameter.set(s, parameter.off);
        const std::vector<TokenId> history{1, 2, 3};
        Sampler sampler(s, 1, allOf(500));
        EXPECT_EQ(sampler.distribution(row, history)->size(), 500u) << parameter.name;
    }
}

TEST(Sampler, sampler_temperatureZeroTakesTheLikeliestAndTheLowestOfEquals) {
    SamplingSettings s = plain();
    s.temperature = 0;
    s.typicalP = 0.1; // would throw the likeliest away
    Sampler sampler(s, 1, allOf(5));
    EXPECT_EQ(*sampler.sample(std::vector<float>{1, 4, 2, 4, 4}, {}), 1);
    EXPECT_EQ(*sampler.sample(std::vector<float>{-1, -4, -2, -4, -1}, {}), 0);
    EXPECT_EQ(sampler.distribution(std::vector<float>{1, 4, 2, 4, 4}, {})->front().id, 1);
    s.repeatPenalty = 2; // 4 -> 2
    Sampler penalized(s, 1, allOf(5));
    EXPECT_EQ(*penalized.sample(std::vector<float>{1, 4, 3, 1, 1}, std::vector<TokenId>{1}), 2);
}

TEST(Sampler, sampler_penalizesAsTheFieldDefinesIt) {
    SamplingSettings s = plain();
    s.repeatPenalty = 2;
    s.presencePenalty = 0.5;
    s.frequencyPenalty = 0.25;
    s.repeatLastN = 4;
    const std::vector<float> row{2, -2, 1, 1};
    const std::vector<TokenId> history{3, 0, 0, 1, 1}; // the 3 lies outside the window
    Sampler sampler(s, 1, allOf(4));
    auto found = sampler.distribution(row, history);
    // 2/2 - 2·0.25 - 0.5 = 0, -2·2 - 2·0.25 - 0.5 = -5, 1, 1
    const long double sum = std::exp(0.L) + std::exp(-5.L) + 2 * std::exp(1.L);
    EXPECT_EQ(difference(*found,
                         {{0, 1 / sum}, {1, std::exp(-5.L) / sum}, {2, std::exp(1.L) / sum}, {3, std::exp(1.L) / sum}}),
              "");
}

TEST(Sampler, sampler_drawsByTheProbabilities) {
    std::mt19937 random(5);
    const auto row = randomRow(random, 12, 1);
    SamplingSettings s = plain();
    s.temperature = 0.8;
    Sampler sampler(s, 99, allOf(12));
    const Distribution expected = reference(s, row, {}, *allOf(12));
    std::vector<int> counts(12);
    constexpr int draws = 200000;
    for (int i = 0; i < draws; ++i) ++counts[*sampler.sample(row, {})];
    double chiSquared = 0;
    for (int id = 0; id < 12; ++id) {
        const double due = static_cast<double>(expected.at(id)) * draws;
        chiSquared += (counts[id] - due) * (counts[id] - due) / due;
    }
    EXPECT_LT(chiSquared, 31.26); // 11 degrees of freedom: exceeded once in a thousand seeds
}

TEST(Sampler, sampler_repeatsItselfForTheSameSeedOnly) {
    std::mt19937 random(6);
    const auto row = randomRow(random, 3000, 1);
    const auto drawn = [&](std::uint64_t seed) {
        Sampler sampler(plain(), seed, allOf(3000));
        std::vector<TokenId> ids;
        for (int i = 0; i < 50; ++i) ids.push_back(*sampler.sample(row, {}));
        return ids;
    };
    EXPECT_EQ(drawn(42), drawn(42));
    EXPECT_NE(drawn(42), drawn(43));
    EXPECT_NE(drawn(0), drawn(std::numeric_limits<std::uint64_t>::max()));
}

TEST(Sampler, sampler_drawsTheSameNumbersOnEveryPlatform) {
    // SplitMix64 of seed 1234567, as its authors' reference code prints it, in 53 bits.
    const std::uint64_t first[] = {6457827717110365317u, 3203168211198807973u, 9817491932198370423u};
    for (std::uint64_t n = 0; n < 3; ++n)
        EXPECT_EQ(uniformDraw(1234567, n), static_cast<double>(first[n] >> 11) * 0x1p-53);
    for (std::uint64_t n = 0; n < 10000; ++n) {
        EXPECT_GE(uniformDraw(n, n), 0.0);
        EXPECT_LT(uniformDraw(n, n), 1.0);
    }
}

TEST(Sampler, sampler_neverTakesWhatIsNotProducible) {
    SamplingSettings s = plain();
    auto some = std::make_shared<std::vector<TokenId>>(std::vector<TokenId>{2, 4, 5});
    const std::vector<float> row{90, 90, 0, 90, 1, 2, 90, 90}; // also past the last one
    Sampler sampler(s, 1, some);
    for (int i = 0; i < 200; ++i) {
        const TokenId id = *sampler.sample(row, {});
        EXPECT_TRUE(id == 2 || id == 4 || id == 5) << id;
    }
    s.temperature = 0;
    Sampler greedy(s, 1, some);
    EXPECT_EQ(*greedy.sample(row, {}), 5);
}

TEST(Sampler, sampler_refusesRowsThatAreNoNumbers) {
    const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
    for (const double temperature : {0.0, 1.0}) {
        SamplingSettings s = plain();
        s.temperature = temperature;
        Sampler sampler(s, 1, allOf(4));
        for (const float bad : {nan, -nan, inf})
            for (int at = 0; at < 4; ++at) {
                std::vector<float> row{1, 2, 3, 4};
                row[at] = bad;
                auto token = sampler.sample(row, {});
                ASSERT_FALSE(token.ok());
                EXPECT_EQ(token.error().kind, ErrorKind::numeric);
            }
        EXPECT_EQ(*sampler.sample(std::vector<float>{-inf, -inf, 3, -inf}, {}), 2);
        auto nothing = sampler.sample(std::vector<float>{-inf, -inf, -inf, -inf}, {});
        ASSERT_FALSE(nothing.ok());
        EXPECT_EQ(nothing.error().kind, ErrorKind::numeric);
    }
}

TEST(Sampler, sampler_survivesTheEndsOfEveryRange) {
    std::mt19937 random(8);
    std::vector<std::vector<float>> rows{randomRow(random, 50, 1), randomRow(random, 50, 1e4),
                                         std::vector<float>(50, 0.f), std::vector<float>(50, -3e38f)};
    rows[2][7] = 3e38f;
    for (const auto& row : rows)
        for (const SamplingParameter& parameter : samplingParameters())
            for (const double value : {parameter.minimum, parameter.maximum, parameter.minimum + parameter.step}) {
                SamplingSettings s = plain();
                s.repeatLastN = -1;
                parameter.set(s, value);
                Sampler sampler(s, 3, allOf(50));
                const std::vector<TokenId> history{1, 7, 7, 7, 49};
                auto found = sampler.distribution(row, history);
                ASSERT_TRUE(found.ok()) << parameter.name << " " << value;
                double sum = 0;
                for (const auto& [id, probability] : *found) sum += probability;
                EXPECT_NEAR(sum, 1, 1e-12) << parameter.name << " " << value;
                ASSERT_TRUE(sampler.sample(row, history).ok());
            }
}

// Whatever vectors the loops are made of: the bits of the plain functions, which are the GPU's too.
TEST(Sampler, sampler_weighsAsTheSharedArithmeticSays) {
    std::mt19937 random(12);
    for (const int vocab : {1, 7, 64, 1000, 32768}) {
        const auto row = randomRow(random, vocab, 9);
        SamplingSettings s = plain();
        s.temperature = 0.7;
        Sampler sampler(s, 1, allOf(vocab));
        const auto found = *sampler.distribution(row, {});
        const float largest = *std::max_element(row.begin(), row.end());
        const double scale = sampling::weightScale(sampling::weightBits(static_cast<std::uint64_t>(vocab)));
        std::vector<std::uint64_t> weights;
        for (const float logit : row)
            weights.push_back(
                sampling::fixedWeight(sampling::distanceOf(logit, largest), sampling::inverseOf(0.7), scale));
        const auto total = static_cast<double>(std::accumulate(weights.begin(), weights.end(), std::uint64_t{0}));
        for (std::size_t i = 0; i < row.size(); ++i)
            ASSERT_EQ(found[i].probability, static_cast<double>(weights[i]) / total) << vocab << " " << i;
    }
}

TEST(Sampler, samplingMath_holdsItsPromises) {
    using namespace sampling;
    std::mt19937_64 random(13);
    for (int i = 0; i < 200000; ++i) {
        const double distance = std::uniform_real_distribution<double>(0, i % 2 ? 1 : 700)(random);
        const long double exact = std::exp(-static_cast<long double>(distance));
        ASSERT_LT(std::abs(expOfMinus(distance) - exact), 2 * 0x1p-52L * exact) << distance;
    }
    EXPECT_EQ(expOfMinus(0), 1.0);
    EXPECT_EQ(fixedWeight(std::numeric_limits<double>::infinity(), 1, 0x1p51), 0u);
    EXPECT_EQ(fixedWeight(0, inverseOf(1e-320), 0x1p51), std::uint64_t{1} << 51);
    EXPECT_EQ(fixedSurprise(std::numeric_limits<double>::infinity(), 0x1p51), 0u);
    for (const std::uint64_t vocab : {1u, 2u, 4095u, 4096u, 32768u, 262144u, 1u << 20}) {
        const int bits = weightBits(vocab);
        EXPECT_LE(vocab << bits, std::uint64_t{1} << 63) << vocab; // no sum of weights leaves 64 bits
        EXPECT_EQ(toFixed(1, weightScale(bits)), std::uint64_t{1} << bits);
    }
    for (const std::uint64_t total : {std::uint64_t{1}, std::uint64_t{12345}, (std::uint64_t{1} << 63) - 1}) {
        EXPECT_EQ(drawnWeight(0, total), 1u);
        EXPECT_EQ(drawnWeight(~std::uint64_t{0}, total), total);
        EXPECT_EQ(shareOf(0, total), 0u);
        EXPECT_LE(shareOf(0x1.fffffffffffffp-1, total), total);
    }
    float last = -std::numeric_limits<float>::infinity();
    for (const float value : {-3e38f, -1.f, -1e-45f, 0.f, 1e-45f, 1.f, 3e38f, kInfinity}) {
        EXPECT_LT(sortable(last), sortable(value));
        EXPECT_EQ(fromSortable(sortable(value)), value);
        last = value;
    }
    EXPECT_EQ(sortable(-0.f), sortable(0.f));
}

TEST(Sampler, sampler_ignoresHistoryThatIsNoToken) {
    SamplingSettings s = plain();
    s.repeatPenalty = 1.5;
    s.repeatLastN = -1;
    Sampler sampler(s, 3, allOf(4));
    EXPECT_TRUE(sampler.sample(std::vector<float>{1, 2, 3, 4}, std::vector<TokenId>{-1, 4, 1000000}).ok());
}

} // namespace
} // namespace tramontane
