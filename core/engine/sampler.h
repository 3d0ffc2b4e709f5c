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

// Same settings, seed and logits: the same tokens on every platform. The arithmetic is IEEE double in a fixed
// order, without the system's exp(); the n-th draw depends on the seed and n alone.
class Sampler {
public:
    Sampler(const SamplingSettings& settings, std::uint64_t seed, ProducibleTokens producible);

    // `logits` is one row; `history` is prompt and answer so far, oldest first.
    // numeric: a NaN or +infinity in the row, or nothing left that could follow.
    Result<TokenId> sample(std::span<const float> logits, std::span<const TokenId> history);

    // What sample() draws from: ids ascending, probabilities that sum to 1. Valid until the next call.
    Result<std::span<const TokenProbability>> distribution(std::span<const float> logits,
                                                           std::span<const TokenId> history);

private:
    struct Candidate {
        TokenId id;
        float logit;
        double weight; // exp(logit - largest logit)
        double key;    // what a filter sorts by, smallest first
    };

    Result<void> penalize(std::span<const float> logits, std::span<const TokenId> history);
    Result<TokenId> greedy() const;
    Result<void> filter();
    void keepShortestPrefix(double target, bool byCount);
    double totalWeight() const;

    SamplingSettings settings_;
    std::uint64_t seed_;
    std::uint64_t draws_ = 0;
    ProducibleTokens producible_;
    std::vector<float> row_; // the logits after the penalties
    std::vector<int> counts_;
    std::vector<Candidate> candidates_;
    std::vector<TokenProbability> distribution_;
};

// The n-th number of a seed's sequence, uniform in [0, 1) (SplitMix64, read at any place).
double uniformDraw(std::uint64_t seed, std::uint64_t n);

} // namespace tramontane
