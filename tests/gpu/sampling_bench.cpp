// Microseconds a token of the sampler on the device: graphs of 50 calls on 32,768 logits, the median and the spread.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "core/engine/sampler.h"
#include "gpu/kernels/sampling.h"

namespace {

using namespace tramontane;
using namespace tramontane::gpu;

constexpr int kVocab = 32768, kCalls = 50, kRounds = 41, kHistory = 1000;

void check(cudaError_t error, const char* what) {
    if (error == cudaSuccess) return;
    std::fprintf(stderr, "%s: %s\n", what, cudaGetErrorString(error));
    std::exit(1);
}

template <class T>
T* onDevice(const std::vector<T>& values) {
    void* data = nullptr;
    check(cudaMalloc(&data, values.size() * sizeof(T)), "cudaMalloc");
    check(cudaMemcpy(data, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice), "cudaMemcpy");
    return static_cast<T*>(data);
}

// A row as a model gives it: most logits about zero, some hundreds above.
std::vector<float> modelRow(std::mt19937& random) {
    std::normal_distribution<float> normal;
    std::vector<float> row(kVocab);
    for (float& logit : row) logit = 2 * normal(random);
    for (int i = 0; i < 200; ++i) row[random() % kVocab] += 8 + 4 * normal(random);
    return row;
}

void measure(const char* name, const char* rowName, const SamplingSettings& settings, const std::vector<float>& row) {
    auto ids = std::make_shared<std::vector<TokenId>>();
    for (int id = 0; id < kVocab; ++id)
        if (id == 2 || id >= 771) ids->push_back(id);
    std::vector<int> history(kHistory + kCalls * (kRounds + 3));
    for (int i = 0; i < kHistory; ++i) history[static_cast<std::size_t>(i)] = 771 + i * 31 % 30000;

    SamplingBuffers buffers;
    buffers.logits = onDevice(row);
    buffers.producible = onDevice(producibleBits(*ids, kVocab));
    buffers.vocabSize = kVocab;
    buffers.state = onDevice(std::vector<SamplerState>{newSamplerState(settings, 7, kHistory)});
    buffers.history = onDevice(history);
    buffers.historyRoom = static_cast<int>(history.size());
    buffers.token = onDevice(std::vector<int>{0});
    buffers.scratch = onDevice(std::vector<std::uint8_t>(samplingScratchBytes(kVocab)));
    void* slots = nullptr;
    check(cudaHostAlloc(&slots, sizeof(SampledToken), cudaHostAllocMapped), "cudaHostAlloc");
    buffers.hostSlots = static_cast<SampledToken*>(slots);
    buffers.hostSlotCount = 1;

    cudaStream_t stream = nullptr;
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t replay = nullptr;
    cudaEvent_t start = nullptr, end = nullptr;
    check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "stream");
    check(cudaEventCreate(&start), "event");
    check(cudaEventCreate(&end), "event");
    const SamplingPath path = samplingPath(settings, kVocab);
    check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "capture");
    for (int i = 0; i < kCalls; ++i) check(sampleToken(buffers, path, stream), "sampleToken");
    check(cudaStreamEndCapture(stream, &graph), "capture");
    check(cudaGraphInstantiate(&replay, graph, 0), "instantiate");

    // The result first: the tokens of one graph against the CPU's.
    check(cudaGraphLaunch(replay, stream), "launch");
    check(cudaStreamSynchronize(stream), "run");
    std::vector<int> found(history.size());
    check(cudaMemcpy(found.data(), buffers.history, found.size() * sizeof(int), cudaMemcpyDeviceToHost), "cudaMemcpy");
    Sampler cpu(settings, 7, ids);
    std::vector<TokenId> tokens(history.begin(), history.begin() + kHistory);
    for (int i = 0; i < kCalls; ++i) {
        const auto token = cpu.sample(row, tokens);
        if (!token || *token != found[tokens.size()]) {
            std::fprintf(stderr, "%s, %s: the device's token %d is not the CPU's\n", name, rowName, i);
            std::exit(1);
        }
        tokens.push_back(*token);
    }

    std::vector<float> times;
    for (int round = 0; round < kRounds + 2; ++round) {
        check(cudaEventRecord(start, stream), "event");
        check(cudaGraphLaunch(replay, stream), "launch");
        check(cudaEventRecord(end, stream), "event");
        check(cudaEventSynchronize(end), "run");
        float milliseconds = 0;
        check(cudaEventElapsedTime(&milliseconds, start, end), "event");
        if (round >= 2) times.push_back(milliseconds * 1000 / kCalls);
    }
    std::sort(times.begin(), times.end());
    std::printf("%-44s %-6s %7.2f us   (%.2f to %.2f)\n", name, rowName, times[times.size() / 2], times.front(),
                times.back());

    cudaGraphExecDestroy(replay);
    cudaGraphDestroy(graph);
    cudaEventDestroy(start);
    cudaEventDestroy(end);
    cudaStreamDestroy(stream);
    cudaFreeHost(slots);
    for (const void* data : {static_cast<const void*>(buffers.logits), static_cast<const void*>(buffers.producible),
                             static_cast<const void*>(buffers.state), static_cast<const void*>(buffers.history),
                             static_cast<const void*>(buffers.token), static_cast<const void*>(buffers.scratch)})
        cudaFree(const_cast<void*>(data));
}

} // namespace

int main() {
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    const std::vector<float> model = modelRow(random), flat(kVocab, 1.0f);
    std::vector<float> bell(kVocab);
    for (float& logit : bell) logit = 3 * normal(random);

    SamplingSettings greedy, usual, alone, typical;
    greedy.temperature = 0;
    usual.topK = 40;
    usual.minP = 0.05;
    usual.repeatPenalty = 1.1;
    SamplingSettings noTopK = usual, minP = usual;
    noTopK.topK = 0;
    minP.topK = 0;
    minP.topP = 1;
    alone.topP = 1;
    typical.topP = 1;
    typical.typicalP = 0.9;
    SamplingSettings greedyPenalized = greedy;
    greedyPenalized.repeatPenalty = 1.1;
    using Row = std::pair<const char*, const std::vector<float>*>;
    for (const auto& [rowName, row] : {Row{"model", &model}, Row{"bell", &bell}, Row{"flat", &flat}}) {
        measure("greedy", rowName, greedy, *row);
        measure("greedy, repeat 1.1", rowName, greedyPenalized, *row);
        measure("top-k 40, top-p .95, min-p .05, t .7, r 1.1", rowName, usual, *row);
        measure("top-p .95, min-p .05, t .7, r 1.1", rowName, noTopK, *row);
        measure("min-p .05, t .7, r 1.1", rowName, minP, *row);
        measure("top-p .95, t .7 (default)", rowName, SamplingSettings{}, *row);
        measure("t .7", rowName, alone, *row);
        measure("typical .9, t .7", rowName, typical, *row);
    }
}
