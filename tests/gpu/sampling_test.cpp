// The sampler on the device against the CPU's: the same token, or the same refusal, for every draw of every case.
#include "gpu/kernels/sampling.h"

#include <cstring>
#include <gtest/gtest.h>

#include "tests/gpu/device_vector.h"
#include "tests/gpu/sampling_fixture.h"

namespace tramontane::testing {
namespace {

using namespace gpu;

constexpr int kSlots = 4;

// A case's buffers; what the kernels only use as scratch is poisoned.
class DeviceSampler {
public:
    explicit DeviceSampler(const SamplingCase& from)
        : vocab_(static_cast<int>(from.rows.front().size())), path_(samplingPath(from.settings, vocab_)),
          logits_(from.rows.front()), producible_(producibleBits(*from.producible, vocab_)),
          state_({newSamplerState(from.settings, from.seed, static_cast<int>(from.history.size()))}),
          history_(withRoom(from)), token_(std::vector<int>{-5}), scratch_(samplingScratchBytes(vocab_), 0xcd) {
        void* slots = nullptr;
        EXPECT_EQ(cudaHostAlloc(&slots, kSlots * sizeof(SampledToken), cudaHostAllocMapped), cudaSuccess);
        slots_ = static_cast<SampledToken*>(slots);
        std::memset(slots, 0, kSlots * sizeof(SampledToken));
    }
    ~DeviceSampler() { cudaFreeHost(slots_); }
    DeviceSampler(const DeviceSampler&) = delete;
    DeviceSampler& operator=(const DeviceSampler&) = delete;

    SamplingBuffers buffers() const {
        SamplingBuffers buffers;
        buffers.logits = logits_.get();
        buffers.producible = producible_.get();
        buffers.vocabSize = vocab_;
        buffers.state = state_.get();
        buffers.history = history_.get();
        buffers.historyRoom = static_cast<int>(history_.count());
        buffers.token = token_.get();
        buffers.hostSlots = slots_;
        buffers.hostSlotCount = kSlots;
        buffers.scratch = scratch_.get();
        return buffers;
    }
    void upload(const std::vector<float>& row, cudaStream_t stream) {
        ASSERT_EQ(
            cudaMemcpyAsync(logits_.get(), row.data(), row.size() * sizeof(float), cudaMemcpyHostToDevice, stream),
            cudaSuccess);
    }
    SampledToken sample(const std::vector<float>& row) {
        upload(row, nullptr);
        EXPECT_EQ(sampleToken(buffers(), path_, nullptr), cudaSuccess);
        return result();
    }
    SampledToken result() {
        EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess) << cudaGetErrorString(cudaPeekAtLastError());
        return slots_[++steps_ % kSlots];
    }
    SamplingPath path() const { return path_; }
    SamplerState state() const { return state_.download().front(); }
    std::vector<int> history() const { return history_.download(); }
    int token() const { return token_.download().front(); }

private:
    static std::vector<int> withRoom(const SamplingCase& from) {
        std::vector<int> history = from.history;
        history.resize(history.size() + from.rows.size(), -7);
        return history;
    }
    int vocab_;
    SamplingPath path_;
    DeviceVector<float> logits_;
    DeviceVector<std::uint32_t> producible_;
    DeviceVector<SamplerState> state_;
    DeviceVector<int> history_, token_;
    DeviceVector<std::uint8_t> scratch_;
    SampledToken* slots_ = nullptr;
    std::uint32_t steps_ = 0;
};

std::string describe(std::uint32_t seed, int n, const SamplingCase& one) {
    return "seed " + std::to_string(seed) + ", case " + std::to_string(n) + ", V " +
           std::to_string(one.rows.front().size()) + " " + samplingSettingsToJson(one.settings);
}

TEST(Sampling, sampling_drawsWhatTheCpuDraws) {
    REQUIRE_GPU();
    constexpr std::uint32_t seed = 20260302;
    SamplingCases cases(seed);
    int refusals = 0;
    for (int n = 0; n < 2400; ++n) {
        const SamplingCase one = cases.next(vocabOf(cases, n), n % 20 == 19 ? 8 : 10);
        SCOPED_TRACE(describe(seed, n, one));
        Sampler cpu(one.settings, one.seed, one.producible);
        DeviceSampler device(one);
        std::vector<TokenId> history = one.history;
        for (std::size_t draw = 0; draw < one.rows.size(); ++draw) {
            const auto expected = cpu.sample(one.rows[draw], history);
            const SampledToken found = device.sample(one.rows[draw]);
            ASSERT_EQ(found.step, draw + 1);
            if (!expected) {
                ++refusals;
                const bool numbers = expected.error().message.find("no token") == std::string::npos;
                ASSERT_EQ(found.token,
                          -static_cast<int>(numbers ? SamplerStatus::notNumbers : SamplerStatus::nothingFollows))
                    << "draw " << draw;
                continue;
            }
            ASSERT_EQ(found.token, *expected) << "draw " << draw;
            ASSERT_TRUE(std::binary_search(one.producible->begin(), one.producible->end(), found.token));
            ASSERT_EQ(device.token(), *expected);
            history.push_back(*expected);
        }
        ASSERT_EQ(device.state().historyLength, static_cast<int>(history.size()));
        std::vector<int> kept = device.history();
        kept.resize(history.size());
        ASSERT_EQ(kept, history);
    }
    EXPECT_GT(refusals, 100);
}

// A step captured once and replayed: the draw's number and the history move on without the host.
TEST(Sampling, sampling_replaysFromACapturedGraph) {
    REQUIRE_GPU();
    constexpr std::uint32_t seed = 20260303;
    SamplingCases cases(seed);
    for (int n = 0; n < 60; ++n) {
        SamplingCase one = cases.next(n % 2 == 0 ? 32768 : 3000, 1);
        one.rows.resize(40, one.rows.front());
        SCOPED_TRACE(describe(seed, n, one));
        DeviceSampler device(one);
        cudaStream_t stream = nullptr;
        cudaGraph_t graph = nullptr;
        cudaGraphExec_t replay = nullptr;
        ASSERT_EQ(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), cudaSuccess);
        ASSERT_EQ(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), cudaSuccess);
        ASSERT_EQ(sampleToken(device.buffers(), device.path(), stream), cudaSuccess);
        ASSERT_EQ(cudaStreamEndCapture(stream, &graph), cudaSuccess);
        ASSERT_EQ(cudaGraphInstantiate(&replay, graph, 0), cudaSuccess);
        Sampler cpu(one.settings, one.seed, one.producible);
        std::vector<TokenId> history = one.history;
        for (std::size_t draw = 0; draw < one.rows.size(); ++draw) {
            const auto expected = cpu.sample(one.rows[draw], history);
            ASSERT_EQ(cudaGraphLaunch(replay, stream), cudaSuccess);
            const SampledToken found = device.result();
            if (!expected) {
                ASSERT_LT(found.token, 0);
                continue;
            }
            ASSERT_EQ(found.token, *expected) << "draw " << draw;
            history.push_back(*expected);
        }
        cudaGraphExecDestroy(replay);
        cudaGraphDestroy(graph);
        cudaStreamDestroy(stream);
    }
}

TEST(Sampling, sampling_argmaxRowsTakesTheFirstOfEquals) {
    REQUIRE_GPU();
    constexpr std::uint32_t seed = 20260304;
    SamplingCases cases(seed);
    for (int n = 0; n < 100; ++n) {
        SCOPED_TRACE("seed " + std::to_string(seed) + ", case " + std::to_string(n));
        const int vocab = n % 10 == 9 ? 32768 : 5 + cases.upTo(3000);
        const SamplingCase one = cases.next(vocab, 1 + cases.upTo(16));
        SamplingSettings greedy;
        greedy.temperature = 0;
        Sampler cpu(greedy, 1, one.producible);
        std::vector<float> logits;
        std::vector<int> expected;
        for (const auto& row : one.rows) {
            logits.insert(logits.end(), row.begin(), row.end());
            const auto token = cpu.sample(row, {});
            const bool numbers = !token && token.error().message.find("no token") == std::string::npos;
            expected.push_back(
                token ? *token
                      : -static_cast<int>(numbers ? SamplerStatus::notNumbers : SamplerStatus::nothingFollows));
        }
        const DeviceVector<float> rows(logits);
        const DeviceVector<std::uint32_t> producible(producibleBits(*one.producible, vocab));
        const DeviceVector<int> tokens(expected.size());
        ASSERT_EQ(
            argmaxRows(rows.get(), static_cast<int>(expected.size()), vocab, producible.get(), tokens.get(), nullptr),
            cudaSuccess);
        ASSERT_EQ(tokens.download(), expected);
    }
}

} // namespace
} // namespace tramontane::testing
