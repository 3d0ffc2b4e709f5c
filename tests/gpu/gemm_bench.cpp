// Times gemm() on the four linears of Mistral-7B's layers, chained as a step chains them: qkv, o added to the residual,
// gate and up with SiLU, down added to the residual; of f16 and, by the portable kernel, of bf16.
//
//   gemm_bench [every]     `every`: each tile there is, not only the one gemm() takes
//
// Eight layers of different weights (0.9 GB), more than any cache holds; one CUDA graph of all; the median and the
// spread of its replays; beside them each linear alone, and what copying within device memory reaches in the same run.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <random>
#include <vector>

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime_api.h>

#include "gpu/marlin/gemm.h"
#include "gpu/marlin/gemm_kernels.h"

namespace {

using namespace tramontane::gpu;

constexpr int kLayers = 8, kHidden = 4096, kInner = 14336, kQueryKeyValue = 6144;
constexpr int kMostRows = 4096, kReplays = 31, kWarmUps = 3;

void require(cudaError_t error, const char* what) {
    if (error == cudaSuccess) return;
    std::fprintf(stderr, "%s: %s\n", what, cudaGetErrorString(error));
    std::exit(1);
}

template <class T>
T* allocate(std::size_t count) {
    void* memory = nullptr;
    require(cudaMalloc(&memory, count * sizeof(T)), "cudaMalloc");
    require(cudaMemset(memory, 0, count * sizeof(T)), "cudaMemset");
    return static_cast<T*>(memory);
}

// A linear with random values and scales that keep the size of what goes through it. Never given back.
DeviceLinear randomLinear(int inputs, int outputs, ColumnOrder order, std::mt19937_64& random) {
    DeviceLinear linear;
    linear.shape = {inputs / kChunkInputs * kChunkInputs, inputs / kChunkInputs, outputs / kTileRows, 128, false};
    linear.columnOrder = order;
    if (order == ColumnOrder::rotary) linear.rotaryTiles = 5120 / kTileRows, linear.headDim = 128;
    std::vector<std::uint64_t> words(linear.shape.sizeBytes() / 8);
    for (auto& word : words) word = random();
    auto* bytes = reinterpret_cast<std::uint8_t*>(words.data());
    const __half scale = __float2half(1.0f / (4.6f * std::sqrt(static_cast<float>(inputs))));
    for (std::size_t chunk = 0; chunk < linear.shape.sizeBytes();
         chunk += static_cast<std::size_t>(linear.shape.chunkBytes()))
        for (int i = 0; i < 16; ++i) std::memcpy(bytes + chunk + kChunkWeightBytes + 2 * i, &scale, 2);
    auto* tiles = allocate<std::uint8_t>(linear.shape.sizeBytes());
    require(cudaMemcpy(tiles, bytes, linear.shape.sizeBytes(), cudaMemcpyHostToDevice), "cudaMemcpy");
    linear.tiles = tiles;
    return linear;
}

struct Layer {
    DeviceLinear linears[4]; // qkv, o, gateUp, down
};

struct Buffers {
    __half *normed, *queryKeyValue, *gated; // or as many bytes of bf16
    float* residual;
    void* workspace;
};

struct Choice {
    GemmPath path;
    int tile; // -1: gemm()'s
    GemmElement element = GemmElement::f16;
};

void multiply(const Layer& layer, int which, const Buffers& buffers, int rows, const Choice& choice,
              cudaStream_t stream) {
    GemmArguments arguments;
    arguments.element = choice.element;
    arguments.rows = rows;
    arguments.linear = layer.linears[which];
    arguments.workspace = buffers.workspace;
    switch (which) {
    case 0:
        arguments.x = buffers.normed, arguments.xStride = kHidden;
        arguments.out = buffers.queryKeyValue, arguments.outStride = arguments.columns = kQueryKeyValue;
        break;
    case 2:
        arguments.x = buffers.normed, arguments.xStride = kHidden, arguments.output = GemmOutput::siluTimes;
        arguments.out = buffers.gated, arguments.outStride = arguments.columns = kInner;
        break;
    default: // o reads the first columns of qkv: a stand-in for attention's output
        arguments.x = which == 1 ? buffers.queryKeyValue : buffers.gated;
        arguments.xStride = which == 1 ? kQueryKeyValue : kInner;
        arguments.output = GemmOutput::addTo;
        arguments.residual = buffers.residual, arguments.outStride = arguments.columns = kHidden;
    }
    require(gemmBy(choice.path, choice.tile, arguments, stream), "gemm");
}

struct Time {
    double median = 0, least = 0, most = 0; // microseconds
};
Time timeGraph(cudaStream_t stream, const std::function<void()>& record) {
    cudaGraph_t graph;
    cudaGraphExec_t executable;
    require(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "capture");
    record();
    require(cudaStreamEndCapture(stream, &graph), "capture");
    require(cudaGraphInstantiate(&executable, graph, 0), "graph");
    cudaEvent_t begin, end;
    require(cudaEventCreate(&begin), "event");
    require(cudaEventCreate(&end), "event");
    std::vector<double> times;
    for (int i = -kWarmUps; i < kReplays; ++i) {
        require(cudaEventRecord(begin, stream), "event");
        require(cudaGraphLaunch(executable, stream), "graph");
        require(cudaEventRecord(end, stream), "event");
        require(cudaEventSynchronize(end), "replay");
        float milliseconds = 0;
        require(cudaEventElapsedTime(&milliseconds, begin, end), "event");
        if (i >= 0) times.push_back(1000.0 * milliseconds);
    }
    cudaEventDestroy(begin), cudaEventDestroy(end);
    cudaGraphExecDestroy(executable), cudaGraphDestroy(graph);
    std::sort(times.begin(), times.end());
    return {times[times.size() / 2], times.front(), times.back()};
}

// ‖a − b‖ / ‖b‖ of the residual that the chain leaves, after `rows` rows by two kernels.
double difference(const std::vector<float>& a, const std::vector<float>& b) {
    double error = 0, norm = 1e-30;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double d = static_cast<double>(a[i]) - b[i];
        error += d * d, norm += static_cast<double>(b[i]) * b[i];
    }
    return std::sqrt(error / norm);
}

} // namespace

int main(int argumentCount, char** arguments) {
    const bool every = argumentCount > 1 && std::strcmp(arguments[1], "every") == 0;
    int device = 0, multiprocessors = 0;
    cudaDeviceProp properties{};
    require(cudaGetDevice(&device), "device");
    require(cudaGetDeviceProperties(&properties, device), "device");
    multiprocessors = properties.multiProcessorCount;
    cudaStream_t stream;
    require(cudaStreamCreate(&stream), "stream");

    std::mt19937_64 random(7);
    std::vector<Layer> layers;
    for (int i = 0; i < kLayers; ++i)
        layers.push_back({randomLinear(kHidden, kQueryKeyValue, ColumnOrder::rotary, random),
                          randomLinear(kHidden, kHidden, ColumnOrder::plain, random),
                          randomLinear(kHidden, 2 * kInner, ColumnOrder::gateUp, random),
                          randomLinear(kInner, kHidden, ColumnOrder::plain, random)});
    double layerBytes = 0, layerWeights = 0;
    for (const DeviceLinear& linear : layers[0].linears) {
        layerBytes += static_cast<double>(linear.shape.sizeBytes());
        layerWeights += static_cast<double>(linear.shape.packedInputs()) * linear.shape.packedOutputs();
    }
    Buffers buffers{
        allocate<__half>(std::size_t{kMostRows} * kHidden), allocate<__half>(std::size_t{kMostRows} * kQueryKeyValue),
        allocate<__half>(std::size_t{kMostRows} * kInner), allocate<float>(std::size_t{kMostRows} * kHidden),
        allocate<std::uint8_t>(gemmWorkspaceBytes(kMostRows, 2 * kInner, multiprocessors))};
    std::vector<float> x(std::size_t{kMostRows} * kHidden);
    std::normal_distribution<float> normal;
    for (auto& value : x) value = normal(random);
    const auto bringActivations = [&](GemmElement element) {
        std::vector<std::uint16_t> bits(x.size());
        std::transform(x.begin(), x.end(), bits.begin(), [&](float value) {
            return element == GemmElement::bf16 ? static_cast<__nv_bfloat16_raw>(__float2bfloat16(value)).x
                                                : static_cast<__half_raw>(__float2half(value)).x;
        });
        require(cudaMemcpy(buffers.normed, bits.data(), bits.size() * 2, cudaMemcpyHostToDevice), "cudaMemcpy");
    };

    // What moving bytes reaches here: a copy of 1 GB reads and writes each byte once.
    constexpr std::size_t kCopyBytes = std::size_t{1} << 30;
    auto *from = allocate<std::uint8_t>(kCopyBytes), *to = allocate<std::uint8_t>(kCopyBytes);
    const Time copy = timeGraph(
        stream, [&] { require(cudaMemcpyAsync(to, from, kCopyBytes, cudaMemcpyDeviceToDevice, stream), "copy"); });
    cudaFree(from), cudaFree(to);
    std::printf("%s, %d multiprocessors; copying moves %.0f GB/s\n", properties.name, multiprocessors,
                2e-3 * kCopyBytes / copy.median);
    std::printf("microseconds a layer (%.1f MB of weights); each linear alone\n", layerBytes * 1e-6);
    std::printf("kernel    tile      M   layer  (least, most)  TFLOP/s   GB/s |    qkv      o gateUp   down\n");

    const auto chain = [&](int rows, const Choice& choice) {
        for (const Layer& layer : layers)
            for (int which = 0; which < 4; ++which) multiply(layer, which, buffers, rows, choice, stream);
    };
    const auto residualAfter = [&](int rows, const Choice& choice) {
        bringActivations(choice.element);
        require(cudaMemsetAsync(buffers.residual, 0, std::size_t{kMostRows} * kHidden * sizeof(float), stream),
                "memset");
        for (int which = 0; which < 4; ++which) multiply(layers[0], which, buffers, rows, choice, stream);
        std::vector<float> values(static_cast<std::size_t>(rows) * kHidden);
        require(cudaStreamSynchronize(stream), "chain");
        require(cudaMemcpy(values.data(), buffers.residual, values.size() * sizeof(float), cudaMemcpyDeviceToHost),
                "read");
        return values;
    };
    bool sound = true;
    const struct {
        GemmPath path;
        GemmElement element;
        const char* name;
        double apart; // f16 between the linears allows about 1e-3, bf16 eight times as much
    } kernels[] = {{GemmPath::hopper, GemmElement::f16, "hopper", 3e-3},
                   {GemmPath::portable, GemmElement::f16, "portable", 3e-3},
                   {GemmPath::portable, GemmElement::bf16, "bf16", 2e-2}};
    for (const auto& [path, element, name, mostApart] : kernels) {
        if (!deviceRuns(path, element)) continue;
        const int tileCount =
            static_cast<int>(path == GemmPath::hopper ? std::size(kHopperTiles) : std::size(kPortableTiles));
        for (const int rows : {9, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096})
            for (int tile = every ? 0 : -1; tile < (every ? tileCount : 0); ++tile) {
                const Choice choice{path, tile, element};
                const GemmTile* tiles = path == GemmPath::hopper ? kHopperTiles : kPortableTiles;
                if (tile >= 0 && (!tiles[tile].suits(rows) || tiles[tile].tokens * 16 < rows)) continue;
                // Two kernels that agree, in different orders of summing.
                const std::vector<float> other = residualAfter(rows, {GemmPath::portable, -1});
                const double apart = difference(residualAfter(rows, choice), other);
                if (!(apart < mostApart)) sound = false, std::printf("WRONG: the kernels differ by %.2g\n", apart);
                const Time whole = timeGraph(stream, [&] { chain(rows, choice); });
                const double layer = whole.median / kLayers;
                std::printf("%-8s  %4d  %5d %7.1f (%.1f, %.1f) %8.0f %6.0f |", name, tile, rows, layer,
                            whole.least / kLayers, whole.most / kLayers, 2e-6 * layerWeights * rows / layer,
                            1e-3 * layerBytes / layer);
                for (int which = 0; which < 4; ++which) {
                    const Time alone = timeGraph(stream, [&] {
                        for (const Layer& each : layers) multiply(each, which, buffers, rows, choice, stream);
                    });
                    std::printf(" %6.1f", alone.median / kLayers);
                }
                std::printf("\n");
                std::fflush(stdout);
            }
    }
    return sound ? 0 : 1;
}
