// A row of logits and the tokens so far in, the next token out.
// The order is fixed: penalties, top-k, typical-p, top-p, min-p, temperature; the filters see the
// distribution at temperature 1. temperature 0 takes the likeliest token after the penalties, the lowest id
// where several tie.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.h"
#include "core/engine/backend.h"
#include "core/engine/sampling_settings.h"
#include "core/engine/token_mask.h"

namespace tramontane {

struct TokenProbability {
    TokenId id = 0;
    double probability = 0;
};

// Same settings, seed and logits: the same tokens on every platform, and on the GPU (gpu/kernels/sampling.h).
// The arithmetic is sampling_math.h's, without the system's exp(); the n-th draw depends on the seed and n
// alone.
class Sampler {
public:
    Sampler(const SamplingSettings& settings, std::uint64_t seed, ProducibleTokens producible);

    // `logits` is one row; `history` is prompt and answer so far, oldest first.
    // numeric: a NaN or +infinity in the row, or nothing left that could follow.
    Result<TokenId> sample(std::span<const float> logits, std::span<const TokenId> history);

    // What sample() draws from: ids ascending, probabilities that sum to 1. Valid until the next call.
    Result<std::span<const TokenProbability>> distribution(std::span<const float> logits,
                                                           std::span<const TokenId> history);

    // The draws made so far; a backend that samples makes the next one in this sampler's stead.
    std::uint64_t draws() const { return draws_; }
    void countDrawMadeElsewhere() {
        if (settings_.temperature != 0) ++draws_;
    }

private:
    struct Likely {
        float logit;
        TokenId id;
    };

    struct Place { // in the order of a filter
        double key;
        float logit;
        TokenId id;
        std::uint64_t weight;
        bool operator<(const Place& other) const;
    };

    Result<void> penalize(std::span<const float> logits, std::span<const TokenId> history);
    TokenId likeliest() const;
    std::uint64_t shape();
    void keepLikeliest(std::size_t count);
    std::uint64_t keepTypical(std::uint64_t total);
    void keepTopP(std::uint64_t total);
    void keepMinP();
    template <class KeyOf>
    void keepShortestPrefix(std::uint64_t target, KeyOf keyOf);
    float boundOf(double weight) const;
    void keepAbove(float bound);
    template <class Keep>
    void keepWhere(Keep keep);
    std::uint64_t weigh(double inverseTemperature);

    SamplingSettings settings_;
    std::uint64_t seed_;
    std::uint64_t draws_ = 0;
    ProducibleTokens producible_;
    std::vector<TokenId> blocked_; // the ids below blockedSize_ that are not producible
    std::size_t blockedSize_ = 0;
    std::vector<int> counts_; // of the history; zero between calls
    float largest_ = 0;       // of the penalized row
    double scale_ = 1;        // of the weights
    // The candidates, ids ascending. What is impossible stands among them with a weight of 0.
    std::vector<TokenId> ids_;
    std::vector<float> logits_;          // after the penalties
    std::vector<std::uint64_t> weights_; // of as many as there are ids, as sampling_math.h rounds them
    std::vector<Likely> pool_;
    std::vector<Place> places_;
    std::vector<TokenProbability> distribution_;
};

// The n-th number of a seed's sequence, uniform in [0, 1) (SplitMix64, read at any place).
double uniformDraw(std::uint64_t seed, std::uint64_t n);

} // namespace tramontane
