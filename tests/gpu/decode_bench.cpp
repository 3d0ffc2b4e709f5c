// Times the four linears of Mistral-7B's layers, chained as in a decode step, against the device's read
// bandwidth. 32 layers of weights, so that no cache helps; a graph of all of them; the median of its replays.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "gpu/kernels/head.h"
#include "gpu/kernels/pointwise.h"
#include "gpu/marlin/decode_linear.h"
#include "tests/gpu/device_vector.h"

using namespace tramontane::gpu;
using tramontane::testing::DeviceVector;

namespace {

constexpr int kMostRows = 16, kLayers = 32, kHidden = 4096, kInner = 14336, kHeads = 32, kKvHeads = 8, kDim = 128;

// Any bytes are weights; scales must be small numbers.
DeviceVector<std::uint8_t> randomTiles(const PackedShape& shape, std::mt19937& random) {
    std::vector<std::uint8_t> bytes(shape.sizeBytes() * kLayers);
    for (std::size_t i = 0; i + 4 <= bytes.size(); i += 4) {
        const std::uint32_t word = static_cast<std::uint32_t>(random());
        std::copy_n(reinterpret_cast<const std::uint8_t*>(&word), 4, bytes.data() + i);
    }
    const __half2 scale = __float2half2_rn(0.003f);
    for (std::size_t chunk = 0; chunk < bytes.size(); chunk += static_cast<std::size_t>(shape.chunkBytes()))
        for (int i = 0; i < 8; ++i)
            std::copy_n(reinterpret_cast<const std::uint8_t*>(&scale), 4,
                        bytes.data() + chunk + kChunkWeightBytes + 4 * i);
    return DeviceVector<std::uint8_t>(bytes);
}

PackedShape shapeOf(int inputs, int outputs) { return {inputs, inputs / 128, outputs / 16, 128, false}; }

float medianMicroseconds(cudaGraphExec_t graph, cudaStream_t stream) {
    std::vector<float> times;
    cudaEvent_t start, end;
    cudaEventCreate(&start), cudaEventCreate(&end);
    for (int i = 0; i < 25; ++i) {
        cudaEventRecord(start, stream);
        cudaGraphLaunch(graph, stream);
        cudaEventRecord(end, stream);
        cudaEventSynchronize(end);
        float ms = 0;
        cudaEventElapsedTime(&ms, start, end);
        if (i >= 5) times.push_back(ms * 1000);
    }
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
}

template <class Body>
float graphMicroseconds(Body body) {
    cudaStream_t stream;
    cudaStreamCreate(&stream);
    cudaGraph_t graph;
    cudaGraphExec_t executable;
    cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal);
    body(stream);
    cudaStreamEndCapture(stream, &graph);
    if (cudaGraphInstantiate(&executable, graph, 0) != cudaSuccess)
        std::printf("graph: %s\n", cudaGetErrorString(cudaGetLastError()));
    const float time = medianMicroseconds(executable, stream);
    if (const cudaError_t error = cudaDeviceSynchronize(); error != cudaSuccess)
        std::printf("failed: %s\n", cudaGetErrorString(error));
    return time;
}

} // namespace

// Arguments: megabytes of the next linear's weights that each linear asks for; none: what a step does.
int main(int argumentCount, char** arguments) {
    std::vector<std::size_t> budgets;
    for (int i = 1; i < argumentCount; ++i) budgets.push_back(static_cast<std::size_t>(std::atof(arguments[i]) * 1e6));
    if (budgets.empty()) budgets.push_back(kUpcomingBytes);
    std::mt19937 random(1);
    cudaDeviceProp properties;
    cudaGetDeviceProperties(&properties, 0);
    std::printf("%s, %d multiprocessors\n", properties.name, properties.multiProcessorCount);
    const PackedShape qkv = shapeOf(kHidden, (kHeads + 2 * kKvHeads) * kDim), o = shapeOf(kHidden, kHidden),
                      gateUp = shapeOf(kHidden, 2 * kInner), down = shapeOf(kInner, kHidden);
    const auto qkvTiles = randomTiles(qkv, random), oTiles = randomTiles(o, random),
               gateUpTiles = randomTiles(gateUp, random), downTiles = randomTiles(down, random);
    const DeviceVector<float> residual(std::vector<float>(kMostRows * kHidden, 0.5f)),
        weight(std::vector<float>(kHidden, 1.0f)), inverse(std::vector<float>(kDim / 2, 0.1f));
    std::vector<int> order;
    for (int k = 0; k < kHidden; ++k) order.push_back(fragmentSlot(k));
    std::shuffle(order.begin(), order.end(), random);
    const DeviceVector<int> slots(order), zeros(std::vector<int>(kMostRows, 0));
    const DeviceVector<__half> queries(std::size_t{kMostRows} * kHidden, 0),
        normed(std::size_t{kMostRows} * kHidden, 0), inner(std::size_t{kMostRows} * kInner, 0);
    const KvShape kv{kLayers, kKvHeads, kDim};
    const DeviceVector<std::byte> page(kv.pageBytes(), 0);
    const DeviceVector<std::byte*> table(std::vector<std::byte*>(8, page.get()));
    const auto linear = [&](const DeviceVector<std::uint8_t>& tiles, const PackedShape& shape, int layer,
                            ColumnOrder columnOrder) {
        DeviceLinear l;
        l.shape = shape;
        l.columnOrder = columnOrder;
        l.tiles = tiles.get() + layer * shape.sizeBytes();
        l.headDim = kDim;
        l.rotaryTiles = columnOrder == ColumnOrder::rotary ? (kHeads + kKvHeads) * kDim / 16 : 0;
        return l;
    };
    const double layerBytes =
        static_cast<double>(qkv.sizeBytes() + o.sizeBytes() + gateUp.sizeBytes() + down.sizeBytes());
    const auto report = [](const char* name, int rows, float us, double bytes) {
        std::printf("%-10s M=%d  %7.2f us a layer  %6.0f GB/s\n", name, rows, us / kLayers, bytes * kLayers / us / 1e3);
    };
    // The head of 32,768 words, larger than the caches.
    constexpr int kVocab = 32768;
    std::vector<std::uint8_t> headBytes(packedHeadBytes(kVocab, kHidden));
    for (std::size_t i = 0; i < headBytes.size(); i += 2) {
        const __half value = __float2half(static_cast<float>(random() % 2048) * 1e-5f - 0.01f);
        std::copy_n(reinterpret_cast<const std::uint8_t*>(&value), 2, headBytes.data() + i);
    }
    const DeviceVector<std::uint8_t> headTiles(headBytes);
    const DeviceVector<float> logits(std::size_t{kMostRows} * kVocab, 0);
    for (const int rows : {1, 8, 16}) {
        HeadArguments head;
        head.residual = residual.get();
        head.rows = rows;
        head.norm = weight.get();
        head.eps = 1e-5f;
        head.head = reinterpret_cast<const __half*>(headTiles.get());
        head.hidden = kHidden;
        head.vocab = kVocab;
        head.logits = logits.get();
        const float us = graphMicroseconds([&](cudaStream_t s) {
            for (int i = 0; i < 8; ++i) (void)headLogits(head, s);
        });
        std::printf("head       M=%d  %7.2f us  %6.0f GB/s\n", rows, us / 8,
                    8e-3 * static_cast<double>(headBytes.size()) / us);
    }
    for (const int rows : {1, 2, 4, 8, 9, 16}) {
        const NormedInput input{residual.get(), weight.get(), slots.get(), kHidden, 1e-5f};
        NormArguments norm;
        norm.residual = residual.get();
        norm.weight = weight.get();
        norm.order = slots.get();
        norm.rows = rows;
        norm.hidden = kHidden;
        norm.eps = 1e-5f;
        norm.out = normed.get();
        norm.outStride = kHidden;
        const FragmentRows several{normed.get(), kHidden};
        std::size_t budget = 0;
        const auto queryKeyValue = [&](int layer) { return linear(qkvTiles, qkv, layer, ColumnOrder::rotary); };
        const auto output = [&](int layer) { return linear(oTiles, o, layer, ColumnOrder::plain); };
        const auto gateAndUp = [&](int layer) { return linear(gateUpTiles, gateUp, layer, ColumnOrder::gateUp); };
        const auto downward = [&](int layer) { return linear(downTiles, down, layer, ColumnOrder::plain); };
        const auto runQkv = [&](int layer, cudaStream_t s) {
            const DeviceLinear l = queryKeyValue(layer);
            const Upcoming next = upcomingOf(output(layer), rows, budget);
            const RotaryOutput out{queries.get(), kHeads, {kv, table.get(), 1}, layer, {rows, zeros.get(), zeros.get()},
                                   inverse.get()};
            if (rows == 1) return decodeQueryKeyValue(l, input, out, next, s);
            normalize(norm, s);
            return decodeQueryKeyValue(l, rows, several, out, next, s);
        };
        const auto runO = [&](int layer, cudaStream_t s) {
            return decodeAddTo(output(layer), rows, {queries.get(), kHidden}, residual.get(), kHidden,
                               upcomingOf(gateAndUp(layer), rows, budget), s);
        };
        const auto runGateUp = [&](int layer, cudaStream_t s) {
            const DeviceLinear l = gateAndUp(layer);
            const Upcoming next = upcomingOf(downward(layer), rows, budget);
            if (rows == 1) return decodeGateUp(l, input, inner.get(), kInner, next, s);
            normalize(norm, s);
            return decodeGateUp(l, rows, several, inner.get(), kInner, next, s);
        };
        const auto runDown = [&](int layer, cudaStream_t s) {
            return decodeAddTo(downward(layer), rows, {inner.get(), kInner}, residual.get(), kHidden,
                               upcomingOf(queryKeyValue((layer + 1) % kLayers), rows, budget), s);
        };
        const auto all = [](auto body) {
            return [body](cudaStream_t s) {
                for (int l = 0; l < kLayers; ++l) (void)body(l, s);
            };
        };
        report("qkv", rows, graphMicroseconds(all(runQkv)), static_cast<double>(qkv.sizeBytes()));
        report("o", rows, graphMicroseconds(all(runO)), static_cast<double>(o.sizeBytes()));
        report("gate+up", rows, graphMicroseconds(all(runGateUp)), static_cast<double>(gateUp.sizeBytes()));
        report("down", rows, graphMicroseconds(all(runDown)), static_cast<double>(down.sizeBytes()));
        for (const std::size_t each : budgets) {
            budget = each;
            std::printf("%4.0f MB ahead ", static_cast<double>(budget) * 1e-6);
            report("layer", rows, graphMicroseconds(all([&](int l, cudaStream_t s) {
                       return runQkv(l, s), runO(l, s), runGateUp(l, s), runDown(l, s);
                   })),
                   layerBytes);
        }
    }
}
