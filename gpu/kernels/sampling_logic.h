// The sampler chain as blocks of threads run it: what core/engine/sampler.cpp does, token for token, on a row of
// logits that lies on the device. Plain functions over a `Block`, which says how a loop, a sum or a shared counter is
// carried out: gpu/kernels/sampling.cu has one of CUDA threads, tests/gpu/sampling_logic_test.cpp one of the host that
// takes the threads in any order.
//
//   prepareRow  (one block for 1,024 logits)  penalties and mask: keys of the row, the likeliest of it
//   weighRow    (one block for 1,024 logits)  weights of the row; only where no top-k makes a short list of it
//   chooseToken (one block)                   filters, draw, result
//
// Weights are whole numbers (core/engine/sampling_math.h): every sum is exact in any order. Every filter and the draw
// are one search: the last of the shortest prefix, in some order, whose weights reach a target (`findLast`).
#pragma once

#include <cstdint>

#include "core/engine/sampling_math.h"
#include "gpu/kernels/sampling_state.h"

#ifdef __CUDACC__
#define TRAMONTANE_DEVICE __device__ inline
#define TRAMONTANE_DEVICE_CALL __device__ __noinline__ // large and called from several places: once in the code
#else
#define TRAMONTANE_DEVICE inline
#define TRAMONTANE_DEVICE_CALL inline
#endif

namespace tramontane::gpu::sampling {

using namespace tramontane::sampling;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

constexpr int kRowLogits = 1024; // that one block of prepareRow and weighRow takes
constexpr int kBins = 1024;
constexpr int kDigitBits = 10;  // a bin for each digit
constexpr int kTieRoom = 256;   // candidates that are ordered one against the other
constexpr int kListRoom = 1024; // candidates that fit into shared memory
constexpr int kParts = 4;       // threads that share the counting before one candidate

// Order of the candidates, most significant first; no two have the same.
//   by logit    u64    ~sortable(logit), id
//   by typical  u128   bits of typicalKey (non-negative, so they sort as the number does), ~sortable(logit), id
//   by id       u64    id
using u128 = unsigned __int128;

// Shared memory of chooseToken.
struct ChooseStorage {
    u32 low[kBins], high[kBins]; // 64-bit sums in halves
    u128 tieOrder[kTieRoom];
    u64 tieWeight[kTieRoom];
    u32 ties; // how many there are, also of those that found no room
    u32 listed;
    u128 last;
    u32 listIds[kListRoom], listKeys[kListRoom];
    u64 listWeights[kListRoom];
};

// The likeliest of a row as one number, the lower id of equals greater: sortable(logit) << 32 | ~id. 0: none.
constexpr u64 kNotNumbers = ~u64{0}; // greater than any: a NaN or +infinity in the row
TRAMONTANE_DEVICE u64 likely(u32 key, u32 id) {
    return key != 0 ? static_cast<u64>(key) << 32 | static_cast<u32>(~id) : 0;
}
TRAMONTANE_DEVICE u32 idOf(u64 best) { return ~static_cast<u32>(best); }
TRAMONTANE_DEVICE float logitOf(u64 best) { return fromSortable(static_cast<u32>(best >> 32)); }
TRAMONTANE_DEVICE SamplerStatus statusOf(u64 best) {
    return best == 0             ? SamplerStatus::nothingFollows
           : best == kNotNumbers ? SamplerStatus::notNumbers
                                 : SamplerStatus::ok;
}

struct PrepareStorage {
    u32 counts[kRowLogits];
};

// One row, the state it is sampled by, and scratch.
struct Step {
    const float* logits = nullptr;   // (V)
    const u32* producible = nullptr; // (ceil(V / 32)): bit id % 32 of word id / 32
    int vocabSize = 0;               // V
    SamplerState* state = nullptr;
    int* history = nullptr; // (historyRoom)
    int historyRoom = 0;
    u32* keys = nullptr;    // (V): sortable(logit), 0: no candidate
    u64* weights = nullptr; // (V)
    u32* listIds =
        nullptr; // (V), listKeys, listWeights: the candidates after the first filter, if shared memory is full
    u32* listKeys = nullptr;
    u64* listWeights = nullptr;
};

// Candidates as a filter leaves them: entry i has an id, a key (0: filtered out) and a weight.
struct Candidates {
    int count = 0;
    const u32* ids = nullptr; // null: entry i is id i
    u32* keys = nullptr;
    u64* weights = nullptr;

    TRAMONTANE_DEVICE u32 id(int i) const { return ids != nullptr ? ids[i] : static_cast<u32>(i); }
    TRAMONTANE_DEVICE u64 weight(int i) const { return weights != nullptr ? weights[i] : 0; }
};

// What a loop over candidates reads ahead.
struct Entry {
    u32 key = 0;
    u64 weight = 0;
};

// ---- the row ------------------------------------------------------------------------------------------------------

// `producible` null: every id is.
TRAMONTANE_DEVICE u32 keyOf(float logit, u32 id, const u32* producible) {
    const bool possible = logit > kImpossible && (producible == nullptr || (producible[id / 32] >> (id % 32) & 1) != 0);
    return possible ? sortable(logit) : 0;
}

// The likeliest of a whole row.
template <class Block>
TRAMONTANE_DEVICE u64 likeliestOfRow(Block& block, const float* logits, const u32* producible, int vocabSize) {
    return block.max(
        vocabSize, [&](int i) { return logits[i]; },
        [&](int i, float logit) -> u64 {
            const u32 id = static_cast<u32>(i);
            return logit < kInfinity ? likely(keyOf(logit, id, producible), id) : kNotNumbers;
        });
}

// Writes the keys of logits [blockIndex * 1024, + 1024) and joins their likeliest to state.best.
template <class Block>
TRAMONTANE_DEVICE void prepareRow(Block& block, const Step& step, int blockIndex, PrepareStorage& shared) {
    SamplerState& state = *step.state;
    const SamplerNumbers& numbers = state.numbers;
    const int first = blockIndex * kRowLogits;
    const int count = step.vocabSize - first < kRowLogits ? step.vocabSize - first : kRowLogits;

    const bool penalties = numbers.repeatLastN != 0 && !(numbers.repeatPenalty == 1 && numbers.presencePenalty == 0 &&
                                                         numbers.frequencyPenalty == 0);
    if (penalties) {
        block.each(
            kRowLogits, [](int) { return 0; }, [&](int i, int) { shared.counts[i] = 0; });
        const int length = state.historyLength;
        const int window = numbers.repeatLastN < 0 || numbers.repeatLastN > length ? length : numbers.repeatLastN;
        block.each(
            window, [&](int i) { return step.history[length - 1 - i]; },
            [&](int, int id) {
                if (id >= first && id < first + count) block.increment(shared.counts[id - first]);
            });
    }

    const u64 best = block.max(
        count, [&](int i) { return step.logits[first + i]; },
        [&](int i, float logit) -> u64 {
            const u32 id = static_cast<u32>(first + i);
            if (!(logit < kInfinity)) return kNotNumbers; // NaN too
            const u32 times = penalties ? shared.counts[i] : 0;
            if (times != 0)
                logit = penalized(logit, static_cast<int>(times), numbers.repeatPenalty, numbers.frequencyPenalty,
                                  numbers.presencePenalty);
            const u32 key = keyOf(logit, id, step.producible);
            step.keys[id] = key;
            return likely(key, id);
        });
    block.joinMax(state.best, best);
}

// What a row's weight is before the draw: that of the filters, or, if none of them sums, what the draw takes.
template <class Block>
TRAMONTANE_DEVICE void weighRow(Block& block, const Step& step, int blockIndex) {
    const SamplerState& state = *step.state;
    const SamplerNumbers& numbers = state.numbers;
    if (statusOf(state.best) != SamplerStatus::ok) return;
    const int first = blockIndex * kRowLogits;
    const int count = step.vocabSize - first < kRowLogits ? step.vocabSize - first : kRowLogits;
    const float largest = logitOf(state.best);
    const double scale = weightScale(weightBits(static_cast<u64>(step.vocabSize)));
    const bool sums = numbers.typicalP < 1 || numbers.topP < 1;
    const double inverse = sums ? 1.0 : inverseOf(numbers.temperature);
    const u64 least = !sums && numbers.minP > 0 ? leastWeight(numbers.minP, toFixed(1.0, scale)) : 0;
    block.each(
        count, [&](int i) { return step.keys[first + i]; },
        [&](int i, u32 key) {
            u64 weight = 0;
            if (key != 0) {
                const double distance = distanceOf(fromSortable(key), largest);
                if (least == 0 || fixedWeight(distance, 1.0, scale) >= least)
                    weight = fixedWeight(distance, inverse, scale);
            }
            step.weights[first + i] = weight;
        });
}

// ---- the search ---------------------------------------------------------------------------------------------------

// Bins of an order: none is before its predecessor's. The last bin takes all the rest and is never summed.
struct ByLogit {
    using Order = u64;
    float largest;
    TRAMONTANE_DEVICE Order order(u32 id, u32 key) const { return static_cast<u64>(~key) << 32 | id; }
    TRAMONTANE_DEVICE int bin(u32, u32 key) const {
        const float bin = (largest - fromSortable(key)) * 32.0f;
        return bin < kBins - 1 ? static_cast<int>(bin) : kBins - 1;
    }
};
struct ByTypical {
    using Order = u128;
    float largest;
    double mean;
    TRAMONTANE_DEVICE double distance(u32 key) const {
        return typicalKey(distanceOf(fromSortable(key), largest), mean);
    }
    TRAMONTANE_DEVICE Order order(u32 id, u32 key) const {
        return static_cast<u128>(__builtin_bit_cast(u64, distance(key))) << 64 | (static_cast<u64>(~key) << 32 | id);
    }
    TRAMONTANE_DEVICE int bin(u32, u32 key) const {
        const double bin = distance(key) * 32.0;
        return bin < kBins - 1 ? static_cast<int>(bin) : kBins - 1;
    }
};
struct ById {
    using Order = u64;
    int shift; // V >> shift <= 1024
    TRAMONTANE_DEVICE Order order(u32 id, u32) const { return id; }
    TRAMONTANE_DEVICE int bin(u32 id, u32) const { return static_cast<int>(id >> shift); }
};

// How a search counts: candidates, or their weights.
enum class Count { ones, weights };
TRAMONTANE_DEVICE u64 counted(Count count, u64 weight) { return count == Count::ones ? 1 : weight; }

// Orders the ties one against the other and finds the one at which the weights, with `before` ahead of them, reach
// the target. Needs shared.ties <= kTieRoom and a target > before.
template <class Block>
TRAMONTANE_DEVICE_CALL void orderTies(Block& block, u64 before, u64 target, ChooseStorage& shared) {
    const int ties = static_cast<int>(shared.ties);
    block.each(
        ties, [](int) { return 0; }, [&](int i, int) { shared.low[i] = shared.high[i] = 0; });
    block.each(
        ties * kParts, [](int) { return 0; },
        [&](int i, int) {
            const int tie = i % ties;
            const u128 order = shared.tieOrder[tie];
            u64 sum = 0;
            for (int other = i / ties; other < ties; other += kParts)
                if (shared.tieOrder[other] < order) sum += shared.tieWeight[other];
            block.add(shared, tie, sum);
        });
    block.each(
        ties, [](int) { return 0; },
        [&](int i, int) {
            const u64 sum = before + (static_cast<u64>(shared.high[i]) << 32 | shared.low[i]);
            if (sum < target && sum + shared.tieWeight[i] >= target) shared.last = shared.tieOrder[i];
        });
}

// The order of the candidate at which the weights, summed in that order, reach `target`: 1 <= target <= their sum.
// Comes after sumBins with the same order and count, whose bins it reads.
template <class Block, class By>
TRAMONTANE_DEVICE_CALL typename By::Order findLast(Block& block, Candidates from, By by, Count count, u64 target,
                                                   ChooseStorage& shared) {
    using Order = typename By::Order;
    const bool few = from.count <= kTieRoom;
    int bin = 0;
    u64 before = 0;
    if (!few) block.findBin(shared, target, bin, before);

    // What is searched: the bin, and of it what begins with the digits found so far.
    constexpr int orderBits = sizeof(Order) * 8;
    int shift = orderBits; // bits not looked at yet
    Order prefix = 0;
    const auto isIn = [&](int i, u32 key) {
        if (key == 0) return false;
        if (few) return true;
        if (by.bin(from.id(i), key) != bin) return false;
        return shift == orderBits || by.order(from.id(i), key) >> shift == prefix;
    };
    for (;;) {
        block.once([&] { shared.ties = 0; });
        block.each(
            from.count, [&](int i) { return from.keys[i]; },
            [&](int i, u32 key) {
                if (!isIn(i, key)) return;
                const u32 place = block.append(shared.ties);
                if (place >= kTieRoom) return;
                shared.tieOrder[place] = by.order(from.id(i), key);
                shared.tieWeight[place] = counted(count, from.weight(i));
            });
        if (shared.ties <= kTieRoom) break;
        const int next = shift > kDigitBits ? shift - kDigitBits : 0;
        const int digits = 1 << (shift - next);
        const auto digitOf = [&](u32 id, u32 key) {
            return static_cast<int>(static_cast<u32>(by.order(id, key) >> next) & static_cast<u32>(digits - 1));
        };
        block.clearBins(shared);
        block.each(
            from.count, [&](int i) { return from.keys[i]; },
            [&](int i, u32 key) {
                if (!isIn(i, key)) return;
                const int digit = digitOf(from.id(i), key);
                if (digit < kBins - 1) block.add(shared, digit, counted(count, from.weight(i)));
            });
        int digit = 0;
        u64 ahead = 0;
        block.findBin(shared, target - before, digit, ahead);
        before += ahead;
        prefix = (shift == orderBits ? Order{0} : prefix << (shift - next)) | static_cast<Order>(digit);
        shift = next;
    }
    orderTies(block, before, target, shared);
    return static_cast<Order>(shared.last);
}

// Sums all candidates, and by bins where findLast needs them.
template <class Block, class By>
TRAMONTANE_DEVICE_CALL u64 sumBins(Block& block, Candidates from, By by, Count count, ChooseStorage& shared) {
    const bool few = from.count <= kTieRoom;
    if (!few) block.clearBins(shared);
    return block.sum(
        from.count,
        [&](int i) {
            return Entry{from.keys[i], from.weight(i)};
        },
        [&](int i, const Entry& entry) -> u64 {
            if (entry.key == 0) return 0;
            const u64 weight = counted(count, entry.weight);
            if (few) return weight;
            const int bin = by.bin(from.id(i), entry.key);
            if (bin < kBins - 1) block.add(shared, bin, weight);
            return weight;
        });
}

// The last that a filter keeps: the fewest candidates whose weights reach `share` of all; always one.
template <class Block, class By>
TRAMONTANE_DEVICE typename By::Order findLastKept(Block& block, Candidates from, By by, double share,
                                                  ChooseStorage& shared) {
    const u64 target = shareOf(share, sumBins(block, from, by, Count::weights, shared));
    if (target != 0) return findLast(block, from, by, Count::weights, target, shared);
    sumBins(block, from, by, Count::ones, shared);
    return findLast(block, from, by, Count::ones, 1, shared);
}

// Drops what comes after `last`. The first filter moves what stays from the row into the list; later ones mark it.
template <class Block, class By>
TRAMONTANE_DEVICE_CALL void keepUpTo(Block& block, const Step& step, Candidates& candidates, By by,
                                     typename By::Order last, ChooseStorage& shared) {
    const Candidates from = candidates;
    if (from.ids != nullptr) {
        block.each(
            from.count, [&](int i) { return from.keys[i]; },
            [&](int i, u32 key) {
                if (key != 0 && by.order(from.id(i), key) > last) from.keys[i] = 0;
            });
        return;
    }
    block.once([&] { shared.listed = 0; });
    block.each(
        from.count, [&](int i) { return from.keys[i]; },
        [&](int i, u32 key) {
            if (key == 0 || by.order(static_cast<u32>(i), key) > last) return;
            const u32 place = block.append(shared.listed);
            const u64 weight = from.weights != nullptr ? from.weights[i] : 0;
            step.listIds[place] = static_cast<u32>(i);
            step.listKeys[place] = key;
            step.listWeights[place] = weight;
            if (place >= kListRoom) return;
            shared.listIds[place] = static_cast<u32>(i);
            shared.listKeys[place] = key;
            shared.listWeights[place] = weight;
        });
    candidates.count = static_cast<int>(shared.listed);
    const bool fits = candidates.count <= kListRoom;
    candidates.ids = fits ? shared.listIds : step.listIds;
    candidates.keys = fits ? shared.listKeys : step.listKeys;
    candidates.weights = fits ? shared.listWeights : step.listWeights;
}

// ---- the choice ---------------------------------------------------------------------------------------------------

// Appends the token of `chosen` (of likely()'s form) to the history, or leaves the reason why there is none; readies the state for the next row.
// One thread.
TRAMONTANE_DEVICE SampledToken finish(const Step& step, u64 chosen) {
    SamplerState& state = *step.state;
    const SamplerStatus status = statusOf(chosen);
    state.status = status;
    state.token = status == SamplerStatus::ok ? static_cast<int>(idOf(chosen)) : -1;
    if (status == SamplerStatus::ok) {
        if (state.historyLength < step.historyRoom) step.history[state.historyLength++] = state.token;
        ++state.draws;
    }
    ++state.steps;
    state.best = 0;
    state.blocksDone = 0;
    return {status == SamplerStatus::ok ? state.token : -static_cast<int>(status), state.steps};
}

// `rowIsWeighed`: weighRow ran. The result is returned to the thread that block.once runs.
template <class Block>
TRAMONTANE_DEVICE SampledToken chooseToken(Block& block, const Step& step, bool rowIsWeighed, ChooseStorage& shared) {
    const SamplerState& state = *step.state;
    const SamplerNumbers& numbers = state.numbers;
    const u64 best = state.best;
    SampledToken result{};
    if (statusOf(best) != SamplerStatus::ok) {
        block.once([&] { result = finish(step, best); });
        return result;
    }
    float largest = logitOf(best);
    const double scale = weightScale(weightBits(static_cast<u64>(step.vocabSize)));
    const bool sums = numbers.typicalP < 1 || numbers.topP < 1;
    Candidates all{step.vocabSize, nullptr, step.keys, rowIsWeighed ? step.weights : nullptr};

    if (!rowIsWeighed) { // top-k
        const ByLogit by{largest};
        const u64 found = sumBins(block, all, by, Count::ones, shared), wanted = static_cast<u64>(numbers.topK);
        const u64 last = findLast(block, all, by, Count::ones, wanted < found ? wanted : found, shared);
        keepUpTo(block, step, all, by, last, shared);
        if (sums || numbers.minP > 0)
            block.each(
                all.count, [&](int i) { return all.keys[i]; },
                [&](int i, u32 key) {
                    all.weights[i] = fixedWeight(distanceOf(fromSortable(key), largest), 1.0, scale);
                });
    }

    u64 heaviest = toFixed(1.0, scale);
    if (numbers.typicalP < 1) {
        const u64 surprise = block.sum(
            all.count, [&](int i) { return all.keys[i]; },
            [&](int, u32 key) {
                return key != 0 ? fixedSurprise(distanceOf(fromSortable(key), largest), scale) : u64{0};
            });
        const u64 weight = block.sum(
            all.count, [&](int i) { return all.keys[i]; },
            [&](int i, u32 key) { return key != 0 ? all.weights[i] : u64{0}; });
        const ByTypical by{largest, meanDistance(surprise, weight)};
        const u128 last = findLastKept(block, all, by, numbers.typicalP, shared);
        keepUpTo(block, step, all, by, last, shared);
        heaviest = block.max(
            all.count, [&](int i) { return all.keys[i]; },
            [&](int i, u32 key) { return key != 0 ? all.weights[i] : u64{0}; });
    }
    if (numbers.topP < 1) {
        const ByLogit by{largest};
        const u64 last = findLastKept(block, all, by, numbers.topP, shared);
        keepUpTo(block, step, all, by, last, shared);
    }
    // The draw, by temperature's weights. Those of a row that no filter summed are there already.
    if (!rowIsWeighed || sums) {
        if (numbers.typicalP < 1)
            largest = fromSortable(static_cast<u32>(block.max(
                all.count, [&](int i) { return all.keys[i]; }, [](int, u32 key) -> u64 { return key; })));
        const double inverse = inverseOf(numbers.temperature);
        const u64 least = numbers.minP > 0 ? leastWeight(numbers.minP, heaviest) : 0;
        block.each(
            all.count, [&](int i) { return all.keys[i]; },
            [&](int i, u32 key) {
                const bool stays = key != 0 && (least == 0 || all.weights[i] >= least);
                all.weights[i] = stays ? fixedWeight(distanceOf(fromSortable(key), largest), inverse, scale) : 0;
            });
    }
    int shift = 0;
    while ((step.vocabSize - 1) >> shift >= kBins) ++shift;
    const ById by{shift};
    const u64 total = sumBins(block, all, by, Count::weights, shared);
    const u64 drawn = drawnWeight(uniformBits(state.seed, state.draws), total);
    const u32 id = static_cast<u32>(findLast(block, all, by, Count::weights, drawn, shared));
    block.once([&] { result = finish(step, likely(1, id)); });
    return result;
}

} // namespace tramontane::gpu::sampling
