// The device sampler's logic on the host, its threads in other orders, against the CPU's sampler. Needs no GPU.
#include "gpu/kernels/sampling_logic.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "tests/gpu/sampling_fixture.h"

namespace tramontane::testing {
namespace {

using namespace gpu;
using namespace gpu::sampling;

// A block whose threads run one after the other: from another one each time, forwards or backwards.
struct HostBlock {
    std::mt19937& random;

    template <class Load, class Process>
    void each(int count, const Load& load, const Process& process) {
        const int start = count > 0 ? static_cast<int>(random() % static_cast<unsigned>(count)) : 0;
        const bool backwards = random() % 2 != 0;
        for (int at = 0; at < count; ++at) {
            int i = (start + at) % count;
            if (backwards) i = count - 1 - i;
            process(i, load(i));
        }
    }
    template <class Load, class Value>
    u64 sum(int count, const Load& load, const Value& value) {
        u64 total = 0;
        each(count, load, [&](int i, const auto& item) { total += value(i, item); });
        return total;
    }
    template <class Load, class Value>
    u64 max(int count, const Load& load, const Value& value) {
        u64 greatest = 0;
        each(count, load, [&](int i, const auto& item) { greatest = std::max<u64>(greatest, value(i, item)); });
        return greatest;
    }
    template <class Function>
    void once(const Function& function) {
        function();
    }
    void increment(u32& counter) { ++counter; }
    void joinMax(u64& to, u64 value) { to = std::max(to, value); }
    u32 append(u32& counter) { return counter++; }
    void add(ChooseStorage& shared, int bin, u64 weight) {
        const u64 sum = (static_cast<u64>(shared.high[bin]) << 32 | shared.low[bin]) + weight;
        shared.low[bin] = static_cast<u32>(sum);
        shared.high[bin] = static_cast<u32>(sum >> 32);
    }
    void clearBins(ChooseStorage& shared) {
        std::fill(std::begin(shared.low), std::end(shared.low), 0);
        std::fill(std::begin(shared.high), std::end(shared.high), 0);
    }
    void findBin(const ChooseStorage& shared, u64 target, int& bin, u64& before) {
        before = 0;
        for (bin = 0; bin < kBins - 1; ++bin) {
            const u64 mass = static_cast<u64>(shared.high[bin]) << 32 | shared.low[bin];
            if (before + mass >= target) return;
            before += mass;
        }
    }
};

// Everything that sampleToken keeps on the device, on the host; poisoned.
struct HostSampler {
    explicit HostSampler(const SamplingCase& from, std::mt19937& order)
        : vocab(static_cast<int>(from.rows.front().size())), random(order), history(from.history),
          bits((static_cast<std::size_t>(vocab) + 31) / 32), keys(static_cast<std::size_t>(vocab), 0xdeadbeef),
          listIds(keys), listKeys(keys), weights(static_cast<std::size_t>(vocab), 0xdeadbeefdeadbeef),
          listWeights(weights), shared(std::make_unique<ChooseStorage>()) {
        for (const TokenId id : *from.producible)
            if (id < vocab) bits[static_cast<std::size_t>(id) / 32] |= 1u << (id % 32);
        state.numbers = samplerNumbers(from.settings);
        state.seed = from.seed;
        state.historyLength = static_cast<int>(history.size());
        history.resize(history.size() + from.rows.size(), -7);
        greedy = from.settings.temperature == 0;
        wholeRow = !(from.settings.topK > 0 && from.settings.topK < vocab);
    }

    SampledToken sample(const std::vector<float>& row) {
        const Step step{row.data(),      bits.data(),       vocab,
                        &state,          history.data(),    static_cast<int>(history.size()),
                        keys.data(),     weights.data(),    listIds.data(),
                        listKeys.data(), listWeights.data()};
        HostBlock block{random};
        const int blocks = (vocab + kRowLogits - 1) / kRowLogits;
        for (int i = blocks - 1; i >= 0; --i) {
            PrepareStorage prepare;
            std::fill(std::begin(prepare.counts), std::end(prepare.counts), 77);
            prepareRow(block, step, i, prepare);
        }
        if (greedy) return finish(step, state.best);
        if (wholeRow)
            for (int i = 0; i < blocks; ++i) weighRow(block, step, i);
        return chooseToken(block, step, wholeRow, *shared);
    }

    int vocab;
    std::mt19937& random;
    std::vector<int> history;
    std::vector<u32> bits, keys, listIds, listKeys;
    std::vector<u64> weights, listWeights;
    std::unique_ptr<ChooseStorage> shared;
    SamplerState state;
    bool greedy = false, wholeRow = false;
};

TEST(SamplingLogic, samplingLogic_drawsWhatTheCpuDraws) {
    constexpr std::uint32_t seed = 20260301;
    SamplingCases cases(seed);
    std::mt19937 order(seed);
    int refusals = 0;
    for (int n = 0; n < 2400; ++n) {
        const SamplingCase one = cases.next(vocabOf(cases, n), n % 20 == 19 ? 8 : 10);
        SCOPED_TRACE("seed " + std::to_string(seed) + ", case " + std::to_string(n) + ", V " +
                     std::to_string(one.rows.front().size()) + " " + samplingSettingsToJson(one.settings));
        Sampler cpu(one.settings, one.seed, one.producible);
        HostSampler device(one, order);
        std::vector<TokenId> history = one.history;
        for (std::size_t draw = 0; draw < one.rows.size(); ++draw) {
            const auto expected = cpu.sample(one.rows[draw], history);
            const SampledToken found = device.sample(one.rows[draw]);
            ASSERT_EQ(found.step, draw + 1);
            if (!expected) {
                ++refusals;
                ASSERT_LT(found.token, 0) << "draw " << draw;
                const bool numbers = expected.error().message.find("no token") == std::string::npos;
                ASSERT_EQ(found.token,
                          -static_cast<int>(numbers ? SamplerStatus::notNumbers : SamplerStatus::nothingFollows));
                ASSERT_EQ(device.state.token, -1);
                continue;
            }
            ASSERT_EQ(found.token, *expected) << "draw " << draw;
            history.push_back(*expected);
            ASSERT_EQ(device.state.historyLength, static_cast<int>(history.size()));
            ASSERT_EQ(device.history[history.size() - 1], *expected);
        }
    }
    EXPECT_GT(refusals, 100);
}

TEST(SamplingLogic, samplingLogic_likeliestOfRowIsTheFirstOfEquals) {
    std::mt19937 random(5);
    HostBlock block{random};
    const std::vector<float> row{-1, 3, 3, -2, 3};
    const std::vector<u32> mask{0b11100};
    EXPECT_EQ(idOf(likeliestOfRow(block, row.data(), nullptr, 5)), 1u);
    EXPECT_EQ(idOf(likeliestOfRow(block, row.data(), mask.data(), 5)), 2u);
    const float infinity = std::numeric_limits<float>::infinity();
    EXPECT_EQ(statusOf(likeliestOfRow(block, std::vector<float>{1, infinity}.data(), mask.data(), 2)),
              SamplerStatus::notNumbers);
    EXPECT_EQ(statusOf(likeliestOfRow(block, std::vector<float>{-infinity, 2}.data(), mask.data(), 2)),
              SamplerStatus::nothingFollows);
}

} // namespace
} // namespace tramontane::testing
