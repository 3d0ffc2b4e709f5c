// The sampler chain over one row of logits. What runs over the whole vocabulary are plain loops that the
// compiler makes vectors of; what may be kept is narrowed down by such loops before anything is ordered.
#include "core/engine/sampler.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "core/engine/sampling_math.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define TRAMONTANE_SAMPLER_AVX2
#endif

namespace tramontane {
namespace {

using namespace sampling;

constexpr std::size_t kBlock = 64; // logits that are looked at together

Error nothingFollows() {
    return makeError(ErrorKind::numeric, "the model gives no token that could follow: its weights may be damaged");
}

// Eight logits or so at once: the same operations on the same numbers, whatever the width of a vector.
struct Loops {
    // The weights, and their sum.
    [[gnu::always_inline]] static inline std::uint64_t weigh(const float* logits, std::size_t count, float largest,
                                                             double inverseTemperature, double scale,
                                                             std::uint64_t* weights) {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < count; ++i)
            sum += weights[i] = fixedWeight(distanceOf(logits[i], largest), inverseTemperature, scale);
        return sum;
    }
    [[gnu::always_inline]] static inline std::uint64_t surprise(const float* logits, std::size_t count, float largest,
                                                                double scale) {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < count; ++i) sum += fixedSurprise(distanceOf(logits[i], largest), scale);
        return sum;
    }
    // Whether all are below +infinity: false for NaN too.
    [[gnu::always_inline]] static inline bool allUsable(const float* logits, std::size_t count) {
        int unusable = 0;
        for (std::size_t i = 0; i < count; ++i) unusable += logits[i] < kInfinity ? 0 : 1;
        return unusable == 0;
    }
    [[gnu::always_inline]] static inline float largest(const float* logits, std::size_t count) {
        constexpr std::size_t lanes = 32;
        std::array<float, lanes> best;
        best.fill(kImpossible);
        std::size_t i = 0;
        for (; i + lanes <= count; i += lanes)
            for (std::size_t lane = 0; lane < lanes; ++lane)
                best[lane] = logits[i + lane] > best[lane] ? logits[i + lane] : best[lane];
        for (; i < count; ++i) best[0] = logits[i] > best[0] ? logits[i] : best[0];
        return *std::max_element(best.begin(), best.end());
    }
    // How many of a block lie above `bound`.
    [[gnu::always_inline]] static inline int countAbove(const float* logits, float bound) {
        int above = 0;
        for (std::size_t i = 0; i < kBlock; ++i) above += logits[i] > bound ? 1 : 0;
        return above;
    }
    // The first block from `at` on with a logit above `bound`, or the first that is not whole.
    [[gnu::always_inline]] static inline std::size_t blockAbove(const float* logits, std::size_t at, std::size_t count,
                                                                float bound) {
        while (at + kBlock <= count && countAbove(logits + at, bound) == 0) at += kBlock;
        return at;
    }
};

#ifdef TRAMONTANE_SAMPLER_AVX2
// The same loops once more for processors with AVX2, which has no fused arithmetic of its own.
struct Avx2 {
    [[gnu::target("avx2")]] static std::uint64_t weigh(const float* logits, std::size_t count, float largest,
                                                       double inverseTemperature, double scale,
                                                       std::uint64_t* weights) {
        return Loops::weigh(logits, count, largest, inverseTemperature, scale, weights);
    }
    [[gnu::target("avx2")]] static std::uint64_t surprise(const float* logits, std::size_t count, float largest,
                                                          double scale) {
        return Loops::surprise(logits, count, largest, scale);
    }
};
bool hasAvx2() {
    static const bool has = __builtin_cpu_supports("avx2");
    return has;
}
#endif

std::uint64_t weighAll(const float* logits, std::size_t count, float largest, double inverseTemperature, double scale,
                       std::uint64_t* weights) {
#ifdef TRAMONTANE_SAMPLER_AVX2
    if (hasAvx2()) return Avx2::weigh(logits, count, largest, inverseTemperature, scale, weights);
#endif
    return Loops::weigh(logits, count, largest, inverseTemperature, scale, weights);
}

std::uint64_t surpriseOfAll(const float* logits, std::size_t count, float largest, double scale) {
#ifdef TRAMONTANE_SAMPLER_AVX2
    if (hasAvx2()) return Avx2::surprise(logits, count, largest, scale);
#endif
    return Loops::surprise(logits, count, largest, scale);
}

} // namespace

double uniformDraw(std::uint64_t seed, std::uint64_t n) {
    return static_cast<double>(uniformBits(seed, n) >> 11) * 0x1p-53;
}

Sampler::Sampler(const SamplingSettings& settings, std::uint64_t seed, ProducibleTokens producible)
    : settings_(settings), seed_(seed), producible_(std::move(producible)) {}

Result<TokenId> Sampler::sample(std::span<const float> logits, std::span<const TokenId> history) {
    TRY_OK(penalize(logits, history));
    if (settings_.temperature == 0) return likeliest();
    const std::uint64_t drawn = drawnWeight(uniformBits(seed_, draws_++), shape());
    std::uint64_t sum = 0;
    std::size_t at = 0;
    while ((sum += weights_[at]) < drawn) ++at;
    return ids_[at];
}

Result<std::span<const TokenProbability>> Sampler::distribution(std::span<const float> logits,
                                                                std::span<const TokenId> history) {
    TRY_OK(penalize(logits, history));
    distribution_.clear();
    if (settings_.temperature == 0) {
        distribution_.push_back({likeliest(), 1.0});
        return std::span<const TokenProbability>(distribution_);
    }
    const auto total = static_cast<double>(shape());
    for (std::size_t i = 0; i < ids_.size(); ++i)
        if (logits_[i] > kImpossible) distribution_.push_back({ids_[i], static_cast<double>(weights_[i]) / total});
    return std::span<const TokenProbability>(distribution_);
}

// The row as every filter sees it: penalized, and impossible where it is not producible. One logit is
// possible.
Result<void> Sampler::penalize(std::span<const float> logits, std::span<const TokenId> history) {
    if (!Loops::allUsable(logits.data(), logits.size()))
        return makeError(ErrorKind::numeric, "the model computed a NaN or an infinity: its weights may be damaged");
    logits_.assign(logits.begin(), logits.end());

    const std::size_t window = !settings_.penalizes()      ? 0
                               : settings_.repeatLastN < 0 ? history.size()
                                                           : static_cast<std::size_t>(settings_.repeatLastN);
    if (history.size() > window) history = history.last(window);
    if (counts_.size() != logits_.size()) counts_.assign(logits_.size(), 0);
    const auto isToken = [&](TokenId id) { return id >= 0 && static_cast<std::size_t>(id) < counts_.size(); };
    for (const TokenId id : history)
        if (isToken(id)) ++counts_[id];
    for (const TokenId id : history) {
        if (!isToken(id) || counts_[id] == 0) continue;
        logits_[id] = penalized(logits_[id], counts_[id], settings_.repeatPenalty, settings_.frequencyPenalty,
                                settings_.presencePenalty);
        counts_[id] = 0;
    }

    if (blockedSize_ != logits_.size()) {
        blockedSize_ = logits_.size();
        blocked_.clear();
        auto producible = producible_->begin();
        for (std::size_t id = 0; id < blockedSize_; ++id) {
            if (producible != producible_->end() && static_cast<std::size_t>(*producible) == id)
                ++producible;
            else
                blocked_.push_back(static_cast<TokenId>(id));
        }
    }
    for (const TokenId id : blocked_) logits_[id] = kImpossible;
    largest_ = Loops::largest(logits_.data(), logits_.size());
    if (largest_ == kImpossible) return nothingFollows();
    return {};
}

TokenId Sampler::likeliest() const {
    std::size_t at = 0;
    while (at + kBlock < logits_.size() && std::count(&logits_[at], &logits_[at + kBlock], largest_) == 0) at += kBlock;
    return static_cast<TokenId>(std::find(logits_.begin() + static_cast<std::ptrdiff_t>(at), logits_.end(), largest_) -
                                logits_.begin());
}

// From the penalized row to the candidates that survive every filter, weighed at the temperature; their
// total.
std::uint64_t Sampler::shape() {
    scale_ = weightScale(weightBits(logits_.size()));
    if (settings_.topK > 0 && static_cast<std::size_t>(settings_.topK) < logits_.size()) {
        keepLikeliest(static_cast<std::size_t>(settings_.topK));
    } else {
        ids_.resize(logits_.size());
        std::iota(ids_.begin(), ids_.end(), 0);
    }
    // min-p alone leaves few: those far below it need no weight.
    if (settings_.minP > 0 && settings_.typicalP == 1 && settings_.topP == 1)
        keepAbove(boundOf(settings_.minP - 1 / scale_));
    if (settings_.typicalP < 1 || settings_.topP < 1 || settings_.minP > 0) {
        std::uint64_t total = weigh(1);
        if (settings_.typicalP < 1) total = keepTypical(total);
        if (settings_.topP < 1) keepTopP(total);
        if (settings_.minP > 0) keepMinP();
    }
    // temperature, last: how far the survivors lie from the likeliest of them is divided by it.
    if (settings_.typicalP < 1) largest_ = Loops::largest(logits_.data(), logits_.size());
    return weigh(inverseOf(settings_.temperature));
}

std::uint64_t Sampler::weigh(double inverseTemperature) {
    if (weights_.size() < logits_.size()) weights_.resize(logits_.size()); // never smaller: growing would clear it
    return weighAll(logits_.data(), logits_.size(), largest_, inverseTemperature, scale_, weights_.data());
}

// top-k: the likeliest, of equals the lower ids. The pool holds what may be among them; once it has `count`,
// the least of those is what a later logit must exceed.
void Sampler::keepLikeliest(std::size_t count) {
    const auto before = [](const Likely& a, const Likely& b) {
        return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
    };
    const std::size_t room = 2 * count + 2 * kBlock;
    float bound = kImpossible;
    pool_.clear();
    const auto shrink = [&] {
        if (pool_.size() <= count) return;
        std::nth_element(pool_.begin(), pool_.begin() + static_cast<std::ptrdiff_t>(count) - 1, pool_.end(), before);
        pool_.resize(count);
        bound = pool_.back().logit;
    };
    const std::size_t size = logits_.size();
    for (std::size_t at = 0; at < size; at += kBlock) {
        at = Loops::blockAbove(logits_.data(), at, size, bound);
        for (std::size_t id = at; id < std::min(at + kBlock, size); ++id)
            if (logits_[id] > bound) pool_.push_back({logits_[id], static_cast<TokenId>(id)});
        if (pool_.size() + kBlock > room) shrink();
    }
    shrink();
    std::sort(pool_.begin(), pool_.end(), [](const Likely& a, const Likely& b) { return a.id < b.id; });
    ids_.resize(pool_.size());
    logits_.resize(pool_.size());
    for (std::size_t i = 0; i < pool_.size(); ++i) {
        ids_[i] = pool_[i].id;
        logits_[i] = pool_[i].logit;
    }
}

// Returns the weight of what it keeps.
std::uint64_t Sampler::keepTypical(std::uint64_t total) {
    const double mean = meanDistance(surpriseOfAll(logits_.data(), logits_.size(), largest_, scale_), total);
    keepShortestPrefix(shareOf(settings_.typicalP, total),
                       [this, mean](std::size_t i) { return typicalKey(distanceOf(logits_[i], largest_), mean); });
    return std::accumulate(weights_.begin(), weights_.begin() + static_cast<std::ptrdiff_t>(ids_.size()),
                           std::uint64_t{0});
}

void Sampler::keepTopP(std::uint64_t total) {
    const std::uint64_t target = shareOf(settings_.topP, total);
    // Weights so small that all of them together fit into what is left out need no ordering.
    keepAbove(boundOf(static_cast<double>((total - target) / logits_.size()) / scale_));
    weigh(1);
    keepShortestPrefix(target, [this](std::size_t i) { return distanceOf(logits_[i], largest_); });
}

// A logit that only weights below `weight` lie under. The library's logarithm moves it, but never what the
// filters keep: there is a hundredth to spare, and a float's step.
float Sampler::boundOf(double weight) const {
    if (!(weight > 0)) return kImpossible;
    const double bound = static_cast<double>(largest_) + std::log(weight) - 0.01;
    return std::nextafter(static_cast<float>(std::max<double>(bound, -kLargestFloat)), kImpossible);
}

// Drops the logits up to `bound`, block by block: most have none above it. The weights are left behind.
void Sampler::keepAbove(float bound) {
    const std::size_t size = logits_.size();
    std::size_t kept = 0;
    for (std::size_t at = 0; at < size; at += kBlock) {
        at = Loops::blockAbove(logits_.data(), at, size, bound);
        for (std::size_t i = at; i < std::min(at + kBlock, size); ++i) {
            const float logit = logits_[i];
            ids_[kept] = ids_[i];
            logits_[kept] = logit;
            kept += logit > bound ? 1 : 0;
        }
    }
    ids_.resize(kept);
    logits_.resize(kept);
}

void Sampler::keepMinP() {
    const std::uint64_t least =
        leastWeight(settings_.minP,
                    *std::max_element(weights_.begin(), weights_.begin() + static_cast<std::ptrdiff_t>(ids_.size())));
    keepWhere([this, least](std::size_t i) { return weights_[i] >= least; });
}

template <class Keep>
void Sampler::keepWhere(Keep keep) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < ids_.size(); ++i) {
        const bool stays = keep(i);
        ids_[kept] = ids_[i];
        logits_[kept] = logits_[i];
        weights_[kept] = weights_[i];
        kept += stays ? 1 : 0;
    }
    ids_.resize(kept);
    logits_.resize(kept);
}

bool Sampler::Place::operator<(const Place& other) const {
    if (key != other.key) return key < other.key;
    if (logit != other.logit) return logit > other.logit;
    return id < other.id;
}

// Keeps the fewest candidates, smallest key first (then the likelier, then the lower id), whose weights reach
// `target`; always one. Bins of the key tell where the last of them lies; only that bin is ordered, by
// halves.
template <class KeyOf>
void Sampler::keepShortestPrefix(std::uint64_t target, KeyOf keyOf) {
    constexpr int bins = 1024;
    constexpr double binsPerUnit = 32;
    const auto binOf = [](double key) {
        const double bin = key * binsPerUnit;
        return static_cast<std::size_t>(static_cast<int>(bin < bins - 1 ? bin : bins - 1));
    };
    std::array<std::uint64_t, bins> mass{};
    std::array<bool, bins> taken{};
    for (std::size_t i = 0; i < ids_.size(); ++i) {
        const std::size_t bin = binOf(keyOf(i));
        mass[bin] += weights_[i];
        taken[bin] = true;
    }
    std::size_t lastBin = 0;
    std::uint64_t sum = 0; // of the bins before the last
    while (!taken[lastBin] || sum + mass[lastBin] < target) sum += mass[lastBin++];

    places_.clear();
    for (std::size_t i = 0; i < ids_.size(); ++i)
        if (binOf(keyOf(i)) == lastBin) places_.push_back({keyOf(i), logits_[i], ids_[i], weights_[i]});
    auto first = places_.begin(), end = places_.end();
    if (std::is_sorted(first, end)) { // as where many tie
        while (end - first > 1 && sum + first->weight < target) sum += (first++)->weight;
        end = first + 1;
    }
    while (end - first > 1) {
        const auto middle = first + (end - first) / 2;
        std::nth_element(first, middle, end);
        const std::uint64_t half = std::accumulate(
            first, middle, std::uint64_t{0}, [](std::uint64_t to, const Place& place) { return to + place.weight; });
        if (sum + half >= target) {
            end = middle;
        } else {
            sum += half;
            first = middle;
        }
    }
    const Place last = *first;
    keepWhere([&](std::size_t i) { return !(last < Place{keyOf(i), logits_[i], ids_[i], weights_[i]}); });
}

} // namespace tramontane
