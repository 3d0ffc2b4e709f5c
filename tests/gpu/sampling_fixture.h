// Random rows, settings and histories for the tests of the sampler on the device.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "core/engine/sampler.h"

namespace tramontane::testing {

struct SamplingCase {
    SamplingSettings settings;
    std::uint64_t seed = 0;
    ProducibleTokens producible;
    std::vector<std::vector<float>> rows; // one for each draw
    std::vector<TokenId> history;
};

class SamplingCases {
public:
    explicit SamplingCases(std::uint32_t seed) : random_(seed) {}

    SamplingCase next(int vocab, int draws) {
        SamplingCase result;
        result.settings = settings();
        result.seed = chance(0.1) ? std::numeric_limits<std::uint64_t>::max() : random_();
        result.producible = producible(vocab);
        for (int draw = 0; draw < draws; ++draw) result.rows.push_back(row(vocab));
        const bool repeats = chance(0.5);
        result.history.resize(static_cast<std::size_t>(upTo(chance(0.1) ? 3000 : 150)));
        for (TokenId& id : result.history)
            id = chance(0.02) ? (chance(0.5) ? -1 : vocab + 5) : upTo(repeats ? std::min(vocab, 6) - 1 : vocab - 1);
        return result;
    }
    bool chance(double p) { return std::bernoulli_distribution(p)(random_); }
    int upTo(int largest) { return std::uniform_int_distribution<int>(0, largest)(random_); }

private:
    double between(double a, double b) { return std::uniform_real_distribution<double>(a, b)(random_); }
    double share() { return chance(0.1) ? 0 : chance(0.2) ? 0.999999 : chance(0.2) ? 1e-9 : between(0, 1); }

    SamplingSettings settings() {
        SamplingSettings s;
        s.topP = 1;
        s.temperature = chance(0.15) ? 0 : chance(0.2) ? 1 : chance(0.1) ? 1e-300 : chance(0.1) ? 2 : between(0.05, 2);
        if (chance(0.5)) s.topK = chance(0.2) ? 1 : chance(0.2) ? 1000 : 1 + upTo(chance(0.5) ? 60 : 999);
        if (chance(0.35)) s.typicalP = share();
        if (chance(0.5)) s.topP = share();
        if (chance(0.4)) s.minP = chance(0.1) ? 1 : chance(0.1) ? 1e-16 : between(0, chance(0.5) ? 0.1 : 1);
        if (chance(0.4)) s.repeatPenalty = chance(0.2) ? 2 : chance(0.2) ? 0.5 : between(0.5, 2);
        if (chance(0.3)) s.presencePenalty = chance(0.3) ? 2 : between(-2, 2);
        if (chance(0.3)) s.frequencyPenalty = chance(0.3) ? -2 : between(-2, 2);
        s.repeatLastN = chance(0.2) ? -1 : chance(0.1) ? 0 : upTo(200);
        return s;
    }

    ProducibleTokens producible(int vocab) {
        auto ids = std::make_shared<std::vector<TokenId>>();
        const double part = chance(0.6) ? 1 : chance(0.5) ? 0.98 : chance(0.5) ? 0.3 : 0.01;
        for (int id = 0; id < vocab + 3; ++id)
            if (part == 1 || chance(part)) ids->push_back(id);
        return ids;
    }

    std::vector<float> row(int vocab) {
        constexpr float infinity = std::numeric_limits<float>::infinity();
        std::vector<float> values(static_cast<std::size_t>(vocab));
        const double spread = chance(0.1)    ? 0
                              : chance(0.1)  ? 1e4
                              : chance(0.05) ? 1e37
                              : chance(0.2)  ? 0.001
                                             : between(0.2, 6);
        const double shift = chance(0.3) ? between(-30, 30) : 0;
        const double steps = chance(0.3) ? between(0.5, 4) : 0; // rounded to these: many ties
        std::normal_distribution<double> normal;
        for (float& value : values) {
            double logit = shift + spread * normal(random_);
            if (steps != 0) logit = std::round(logit * steps) / steps;
            value = static_cast<float>(std::clamp(logit, -3e38, 3e38));
        }
        if (chance(0.4)) // peaked
            for (int i = upTo(300); i >= 0; --i)
                values[static_cast<std::size_t>(upTo(vocab - 1))] += static_cast<float>(between(2, 15));
        if (chance(0.2)) {
            const double part = chance(0.2) ? 1 : chance(0.5) ? 0.5 : 0.995;
            for (float& value : values)
                if (chance(part)) value = -infinity;
        }
        if (chance(0.1)) values[static_cast<std::size_t>(upTo(vocab - 1))] = -0.0f;
        if (chance(0.01)) values[static_cast<std::size_t>(upTo(vocab - 1))] = infinity;
        if (chance(0.01)) values[static_cast<std::size_t>(upTo(vocab - 1))] = std::numeric_limits<float>::quiet_NaN();
        return values;
    }

    std::mt19937 random_;
};

// How large the n-th case is: mostly small, some as large as Mistral's vocabulary.
inline int vocabOf(SamplingCases& cases, int n) {
    if (n % 400 == 399) return 131072;
    if (n % 20 == 19) return 32768;
    if (n % 7 == 6) return 1025 + cases.upTo(8000);
    return 5 + cases.upTo(n % 2 == 0 ? 100 : 2500);
}

} // namespace tramontane::testing
