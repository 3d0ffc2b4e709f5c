// The sampler chain over one row of logits. One pass over the vocabulary a filter: the prefix a filter keeps
// is found by bins, and only what may lie in it is sorted.
#include "core/engine/sampler.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace tramontane {
namespace {

// exp(x) for x <= 0 by 2^k · P(r), |r| <= ln2/2; below -708 it is 0. Error under 2 ulp, the same bits
// everywhere.
inline double expOfNegative(double x) {
    constexpr double roundToInteger = 0x1.8p52;
    constexpr double ln2High = 0x1.62e42fefa0000p-1, ln2Low = 0x1.cf79abc9e3b3ap-40;
    const double bounded = x < -708.0 ? -708.0 : x;
    const double shifted = bounded * 1.4426950408889634 + roundToInteger;
    const double k = shifted - roundToInteger;
    const double r = (bounded - k * ln2High) - k * ln2Low;
    double p = 1.0 / 6227020800.0;
    p = p * r + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    // The integer k stands in the low bits of `shifted`; moved to the exponent it is the power of two.
    const std::uint64_t exponent = (std::bit_cast<std::uint64_t>(shifted) + 1023) << 52;
    return x < -708.0 ? 0.0 : p * std::bit_cast<double>(exponent);
}

Error nothingFollows() {
    return makeError(ErrorKind::numeric,
                     "the model gives no token that could follow: its weights may be damaged");
}

} // namespace

double uniformDraw(std::uint64_t seed, std::uint64_t n) {
    std::uint64_t z = seed + (n + 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    return static_cast<double>(z >> 11) * 0x1p-53;
}

Sampler::Sampler(const SamplingSettings& settings, std::uint64_t seed, ProducibleTokens producible)
    : settings_(settings), seed_(seed), producible_(std::move(producible)) {}

Result<TokenId> Sampler::sample(std::span<const float> logits, std::span<const TokenId> history) {
    if (settings_.temperature == 0) {
        TRY_OK(penalize(logits, history));
        return greedy();
    }
    auto filtered = distribution(logits, history);
    if (!filtered) return std::move(filtered).error();
    // A draw past the rounded sum falls to the last candidate that has any probability.
    const double drawn = uniformDraw(seed_, draws_++);
    double sum = 0;
    TokenId chosen = distribution_.front().id;
    for (const TokenProbability& candidate : distribution_) {
        if (candidate.probability == 0) continue;
        chosen = candidate.id;
        sum += candidate.probability;
        if (sum > drawn) break;
    }
    return chosen;
}

Result<std::span<const TokenProbability>> Sampler::distribution(std::span<const float> logits,
                                                                std::span<const TokenId> history) {
    TRY_OK(penalize(logits, history));
    distribution_.clear();
    if (settings_.temperature == 0) {
        auto best = greedy();
        if (!best) return std::move(best).error();
        distribution_.push_back({*best, 1.0});
        return std::span<const TokenProbability>(distribution_);
    }
    TRY_OK(filter());
    // temperature, last: the survivors' logits are divided by it.
    float largest = candidates_.front().logit;
    for (const Candidate& candidate : candidates_)
        largest = std::max(largest, candidate.logit);
    double sum = 0;
    for (Candidate& candidate : candidates_) {
        const double distance = static_cast<double>(candidate.logit) - static_cast<double>(largest);
        candidate.weight = expOfNegative(distance / settings_.temperature);
        sum += candidate.weight;
    }
    distribution_.reserve(candidates_.size());
    for (const Candidate& candidate : candidates_)
        distribution_.push_back({candidate.id, candidate.weight / sum});
    return std::span<const TokenProbability>(distribution_);
}

// repeat: a logit above 0 is divided, one below multiplied (CTRL, Keskar et al. 2019), once however often the
// token stands there; then frequency times its count and presence once are taken off.
Result<void> Sampler::penalize(std::span<const float> logits, std::span<const TokenId> history) {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    bool usable = true;
    for (const float logit : logits)
        usable &= logit < infinity; // false for NaN too
    if (!usable)
        return makeError(ErrorKind::numeric,
                         "the model computed a NaN or an infinity: its weights may be damaged");
    row_.assign(logits.begin(), logits.end());

    const bool off =
        settings_.repeatPenalty == 1 && settings_.presencePenalty == 0 && settings_.frequencyPenalty == 0;
    if (off || settings_.repeatLastN == 0) return {};
    const std::size_t window =
        settings_.repeatLastN < 0 ? history.size() : static_cast<std::size_t>(settings_.repeatLastN);
    if (history.size() > window) history = history.last(window);
    constexpr double largestLogit = std::numeric_limits<float>::max();
    counts_.assign(row_.size(), 0);
    for (const TokenId id : history)
        if (id >= 0 && static_cast<std::size_t>(id) < counts_.size()) ++counts_[id];
    for (std::size_t id = 0; id < row_.size(); ++id) {
        if (counts_[id] == 0) continue;
        double logit = row_[id];
        logit = logit > 0 ? logit / settings_.repeatPenalty : logit * settings_.repeatPenalty;
        logit -= settings_.frequencyPenalty * counts_[id] + settings_.presencePenalty;
        if (row_[id] > -std::numeric_limits<float>::infinity()) // what is impossible stays so
            row_[id] = static_cast<float>(std::clamp(logit, -largestLogit, largestLogit));
    }
    return {};
}

Result<TokenId> Sampler::greedy() const {
    TokenId best = -1;
    float largest = -std::numeric_limits<float>::infinity();
    for (const TokenId id : *producible_) {
        if (static_cast<std::size_t>(id) >= row_.size()) break;
        if (row_[id] > largest) {
            largest = row_[id];
            best = id;
        }
    }
    if (best < 0) return nothingFollows();
    return best;
}

// From the penalized row to the candidates that survive every filter, ids ascending.
Result<void> Sampler::filter() {
    constexpr float impossible = -std::numeric_limits<float>::infinity();
    candidates_.clear();
    float largest = impossible;
    for (const TokenId id : *producible_) {
        if (static_cast<std::size_t>(id) >= row_.size()) break;
        if (row_[id] == impossible) continue;
        largest = std::max(largest, row_[id]);
        candidates_.push_back({id, row_[id], 0, 0});
    }
    if (candidates_.empty()) return nothingFollows();
    for (Candidate& candidate : candidates_) {
        candidate.key = static_cast<double>(largest) - static_cast<double>(candidate.logit);
        candidate.weight = expOfNegative(-candidate.key);
    }

    if (settings_.topK > 0 && static_cast<std::size_t>(settings_.topK) < candidates_.size())
        keepShortestPrefix(settings_.topK, true);

    if (settings_.typicalP < 1) {
        // |surprise - entropy| (Meister et al. 2022): the logarithm of the sum stands in both and falls out,
        // which leaves the distance of a logit from the mean logit.
        const double total = totalWeight();
        double mean = 0; // of -key
        for (const Candidate& candidate : candidates_)
            mean -= candidate.weight / total * candidate.key;
        for (Candidate& candidate : candidates_)
            candidate.key = std::abs(candidate.key + mean);
        keepShortestPrefix(settings_.typicalP * total, false);
        for (Candidate& candidate : candidates_)
            candidate.key = static_cast<double>(largest) - static_cast<double>(candidate.logit);
    }

    if (settings_.topP < 1) keepShortestPrefix(settings_.topP * totalWeight(), false);

    if (settings_.minP > 0) {
        double heaviest = 0;
        for (const Candidate& candidate : candidates_)
            heaviest = std::max(heaviest, candidate.weight);
        std::erase_if(candidates_, [&](const Candidate& c) { return c.weight < settings_.minP * heaviest; });
    }
    return {};
}

double Sampler::totalWeight() const {
    double total = 0;
    for (const Candidate& candidate : candidates_)
        total += candidate.weight;
    return total;
}

// Keeps the fewest candidates, smallest key first (then the likelier, then the lower id), whose weights (or
// whose number) reach `target`; always one.
void Sampler::keepShortestPrefix(double target, bool byCount) {
    constexpr int bins = 1024;
    constexpr double binsPerUnit = 32;
    const auto binOf = [](const Candidate& candidate) {
        const double bin = candidate.key * binsPerUnit;
        return bin < bins - 1 ? static_cast<int>(bin) : bins - 1;
    };
    std::array<double, bins> mass{};
    for (const Candidate& candidate : candidates_)
        mass[binOf(candidate)] += byCount ? 1.0 : candidate.weight;
    int lastBin = 0;
    for (double sum = mass[0]; sum < target && lastBin < bins - 1;)
        sum += mass[++lastBin];

    const auto before = [](const Candidate& a, const Candidate& b) {
        if (a.key != b.key) return a.key < b.key;
        if (a.logit != b.logit) return a.logit > b.logit;
        return a.id < b.id;
    };
    auto sorted = candidates_.begin();
    double sum = 0;
    std::size_t kept = 0;
    const auto take = [&](auto end) { // sorts up to `end` and counts what is kept of it
        std::sort(sorted, end, before);
        for (; sorted != end && (kept == 0 || sum < target); ++sorted, ++kept)
            sum += byCount ? 1.0 : sorted->weight;
    };
    const auto inBins =
        std::partition(candidates_.begin(), candidates_.end(),
                       [&](const Candidate& candidate) { return binOf(candidate) <= lastBin; });
    take(inBins);
    // Added up bin by bin the sum may have rounded up over the target: then a few more belong to it.
    if (sum < target) take(candidates_.end());
    candidates_.resize(kept);
    std::sort(candidates_.begin(), candidates_.end(),
              [](const Candidate& a, const Candidate& b) { return a.id < b.id; });
}

} // namespace tramontane
