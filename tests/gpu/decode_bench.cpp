// Times the four linears of Mistral-7B's layers, chained as in a decode step, against the device's read
// bandwidth. 32 layers of weights, so that no cache helps; a graph of all of them; the median of its replays.
#include <algorithm>
#include <cstdio>
#include <random>
#include <vector>

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

int main() {
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
    const DeviceVector<__half> page(kv.pageElements(), 0);
    const DeviceVector<__half*> table(std::vector<__half*>(8, page.get()));
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
    for (const int rows : {1, 2, 8, 16}) {
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
        const auto runQkv = [&](int layer, cudaStream_t s) {
            const DeviceLinear l = linear(qkvTiles, qkv, layer, ColumnOrder::rotary);
            const RotaryOutput out{queries.get(), kHeads, {kv, table.get(), 1}, layer, {rows, zeros.get(), zeros.get()},
                                   inverse.get()};
            if (rows == 1) return decodeQueryKeyValue(l, input, out, s);
            normalize(norm, s);
            return decodeQueryKeyValue(l, rows, several, out, s);
        };
        const auto runO = [&](int layer, cudaStream_t s) {
            return decodeAddTo(linear(oTiles, o, layer, ColumnOrder::plain), rows, {queries.get(), kHidden},
                               residual.get(), kHidden, s);
        };
        const auto runGateUp = [&](int layer, cudaStream_t s) {
            const DeviceLinear l = linear(gateUpTiles, gateUp, layer, ColumnOrder::gateUp);
            if (rows == 1) return decodeGateUp(l, input, inner.get(), kInner, s);
            normalize(norm, s);
            return decodeGateUp(l, rows, several, inner.get(), kInner, s);
        };
        const auto runDown = [&](int layer, cudaStream_t s) {
            return decodeAddTo(linear(downTiles, down, layer, ColumnOrder::plain), rows, {inner.get(), kInner},
                               residual.get(), kHidden, s);
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
        report("layer", rows, graphMicroseconds(all([&](int l, cudaStream_t s) {
                   return runQkv(l, s), runO(l, s), runGateUp(l, s), runDown(l, s);
               })),
               layerBytes);
    }
}
