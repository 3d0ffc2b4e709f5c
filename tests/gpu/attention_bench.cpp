// Times of decodeAttention and prefillAttention on the first GPU, at the shape of Mistral-7B (32 heads of 128, 8 of keys
// and values), beside the bandwidth of a copy measured in the same run.
//
// A graph holds 32 calls, one for each layer of the cache, and more memory than L2 holds is written before every replay:
// no call finds its keys and values in L2. A call's time is the graph's by 32, so a launch of the graph (some
// microseconds) is in it by 1/32. Median and spread of the replays.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <vector>

#include <cuda_runtime_api.h>

#include "gpu/kernels/attention.h"

using namespace tramontane::gpu;

namespace {

constexpr int kLayers = 32, kHeads = 32, kKvHeads = 8, kHeadDim = 128, kReplays = 21;
constexpr std::size_t kWidth = static_cast<std::size_t>(kHeads) * kHeadDim;

void require(cudaError_t error, const char* what) {
    if (error == cudaSuccess) return;
    std::fprintf(stderr, "%s: %s\n", what, cudaGetErrorString(error));
    std::exit(1);
}

class Buffer {
public:
    explicit Buffer(std::size_t sizeBytes, int fill = 0) : sizeBytes_(sizeBytes) {
        require(cudaMalloc(&data_, sizeBytes), "cudaMalloc");
        require(cudaMemset(data_, fill, sizeBytes), "cudaMemset");
    }
    template <class T>
    explicit Buffer(const std::vector<T>& values) : Buffer(values.size() * sizeof(T)) {
        require(cudaMemcpy(data_, values.data(), sizeBytes_, cudaMemcpyHostToDevice), "cudaMemcpy");
    }
    ~Buffer() { cudaFree(data_); }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    template <class T>
    T* as() const {
        return static_cast<T*>(data_);
    }
    std::size_t sizeBytes() const { return sizeBytes_; }

private:
    void* data_ = nullptr;
    std::size_t sizeBytes_ = 0;
};

// Small finite numbers everywhere: each f16 is random in sign and mantissa, between 2^-3 and 2^1 in size.
std::vector<std::uint16_t> randomBits(std::size_t count) {
    std::vector<std::uint16_t> bits(count);
    std::uint32_t state = 12345;
    for (auto& value : bits) {
        state = state * 1664525u + 1013904223u;
        value = static_cast<std::uint16_t>((state >> 16 & 0x83ff) | (12 + (state >> 8) % 4) << 10);
    }
    return bits;
}

// Sequences of `depth` positions in pages of their own, each with all layers.
struct Cache {
    KvShape shape;
    int pagesPerSequence;
    Buffer pages, table;

    Cache(int sequences, int depth, tramontane::KvElement element)
        : shape{kLayers, kKvHeads, kHeadDim, element}, pagesPerSequence((depth + kPagePositions - 1) / kPagePositions),
          pages(shape.pageBytes() * sequences * pagesPerSequence), table(addresses(sequences)) {
        std::vector<std::uint16_t> page = randomBits(shape.pageBytes() / 2);
        if (element == tramontane::KvElement::fp8)
            for (std::uint16_t& two : page) two &= 0xbfbf; // below 2 in size
        for (std::size_t at = 0; at < pages.sizeBytes(); at += page.size() * 2)
            require(cudaMemcpy(pages.as<char>() + at, page.data(), page.size() * 2, cudaMemcpyHostToDevice),
                    "cudaMemcpy");
    }
    KvView view() const { return {shape, table.as<std::byte*>(), pagesPerSequence}; }

private:
    std::vector<std::byte*> addresses(int sequences) const {
        std::vector<std::byte*> result;
        for (int i = 0; i < sequences * pagesPerSequence; ++i)
            result.push_back(pages.as<std::byte>() + i * shape.pageBytes());
        return result;
    }
};

struct Times {
    double median, least, most; // microseconds a call
};

// `call(layer, stream)` for every layer, captured once and replayed.
Times timeLayers(const std::function<cudaError_t(int, cudaStream_t)>& call, const Buffer& flush) {
    cudaStream_t stream;
    cudaGraph_t graph;
    cudaGraphExec_t exec;
    cudaEvent_t begin, end;
    require(cudaStreamCreate(&stream), "cudaStreamCreate");
    require(cudaEventCreate(&begin), "cudaEventCreate");
    require(cudaEventCreate(&end), "cudaEventCreate");
    require(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "capture");
    for (int layer = 0; layer < kLayers; ++layer) require(call(layer, stream), "launch");
    require(cudaStreamEndCapture(stream, &graph), "capture");
    require(cudaGraphInstantiate(&exec, graph, 0), "instantiate");
    std::vector<double> times;
    for (int replay = -3; replay < kReplays; ++replay) {
        require(cudaMemsetAsync(flush.as<char>(), 0, flush.sizeBytes(), stream), "flush");
        require(cudaEventRecord(begin, stream), "record");
        require(cudaGraphLaunch(exec, stream), "replay");
        require(cudaEventRecord(end, stream), "record");
        require(cudaStreamSynchronize(stream), "replay");
        float milliseconds = 0;
        require(cudaEventElapsedTime(&milliseconds, begin, end), "elapsed");
        if (replay >= 0) times.push_back(milliseconds * 1e3 / kLayers);
    }
    cudaGraphExecDestroy(exec), cudaGraphDestroy(graph);
    cudaEventDestroy(begin), cudaEventDestroy(end), cudaStreamDestroy(stream);
    std::sort(times.begin(), times.end());
    return {times[times.size() / 2], times.front(), times.back()};
}

// Whether the first row of the outputs is finite: a bench of a wrong answer would be worth nothing.
bool isFinite(const Buffer& out) {
    std::vector<__half> row(kWidth);
    require(cudaMemcpy(row.data(), out.as<__half>(), kWidth * 2, cudaMemcpyDeviceToHost), "cudaMemcpy");
    return std::all_of(row.begin(), row.end(), [](__half value) { return std::abs(__half2float(value)) < 100.0f; });
}

std::vector<int> shuffledOrder() {
    std::vector<int> order(kWidth);
    std::iota(order.begin(), order.end(), 0);
    std::uint32_t state = 777;
    for (std::size_t i = kWidth - 1; i > 0; --i) {
        state = state * 1664525u + 1013904223u;
        std::swap(order[i], order[(state >> 8) % (i + 1)]);
    }
    return order;
}

void benchDecode(tramontane::KvElement element, int batch, int depth, int multiprocessors, const Buffer& flush) {
    const Cache cache(batch, depth, element);
    std::vector<int> sequences(batch);
    std::iota(sequences.begin(), sequences.end(), 0);
    const Buffer positions(std::vector<int>(batch, depth - 1)), sequence(sequences), order(shuffledOrder());
    const Buffer queries(randomBits(batch * kWidth)), out(batch * kWidth * 2, 0xff);
    for (const int divisor : {1, 2}) { // the splits as chosen, and half of them
        const int splits = std::max(1, decodeSplits(batch, kKvHeads, multiprocessors) / divisor);
        const Buffer partials(decodePartials(batch, kHeads, kHeadDim, splits) * 4), counters(batch * kKvHeads * 4);
        const Times times = timeLayers(
            [&](int layer, cudaStream_t stream) {
                AttentionArguments arguments{.queries = queries.as<__half>(),
                                             .queryStride = kWidth,
                                             .heads = kHeads,
                                             .kv = cache.view(),
                                             .layer = layer,
                                             .rows = {batch, positions.as<int>(), sequence.as<int>()},
                                             .out = out.as<__half>(),
                                             .outStride = kWidth,
                                             .outOrder = order.as<int>()};
                return decodeAttention(arguments, {partials.as<float>(), counters.as<unsigned>()}, splits, stream);
            },
            flush);
        const double bytes = static_cast<double>(batch) * depth * kKvHeads * kHeadDim * 2 * sizeBytes(element);
        std::printf("decode  %s batch %2d depth %5d splits %2d  %8.2f us (%.2f to %.2f)  %7.1f GB/s%s\n",
                    nameOf(element), batch, depth, splits, times.median, times.least, times.most,
                    bytes / times.median / 1e3, isFinite(out) ? "" : "  NOT FINITE");
    }
}

void benchPrefill(tramontane::KvElement element, int count, const Buffer& flush) {
    const Cache cache(1, count, element);
    std::vector<QueryTile> tiles;
    for (int first = 0; first < count; first += kQueryTileRows)
        tiles.push_back({first, std::min(kQueryTileRows, count - first), first, 0});
    const Buffer deviceTiles(tiles), order(shuffledOrder()), queries(randomBits(count * kWidth)),
        out(count * kWidth * 2, 0xff);
    const Times times = timeLayers(
        [&](int layer, cudaStream_t stream) {
            AttentionArguments arguments{.queries = queries.as<__half>(),
                                         .queryStride = kWidth,
                                         .heads = kHeads,
                                         .kv = cache.view(),
                                         .layer = layer,
                                         .rows = {count},
                                         .out = out.as<__half>(),
                                         .outStride = kWidth,
                                         .outOrder = order.as<int>()};
            return prefillAttention(arguments, deviceTiles.as<QueryTile>(), static_cast<int>(tiles.size()), stream);
        },
        flush);
    const double flops = 4.0 * kWidth * count * (count + 1) / 2; // a row and the positions it sees
    std::printf("prefill %s %5d rows  %9.2f us (%.2f to %.2f)  %6.1f TFLOP/s%s\n", nameOf(element), count, times.median,
                times.least, times.most, flops / times.median / 1e6, isFinite(out) ? "" : "  NOT FINITE");
}

} // namespace

int main() {
    int devices = 0, multiprocessors = 0, cacheBytes = 0;
    if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
        std::puts("no CUDA device here");
        return 0;
    }
    require(cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, 0), "attribute");
    require(cudaDeviceGetAttribute(&cacheBytes, cudaDevAttrL2CacheSize, 0), "attribute");
    cudaDeviceProp properties{};
    require(cudaGetDeviceProperties(&properties, 0), "properties");
    std::printf("%s, %d multiprocessors, %d MiB of L2\n", properties.name, multiprocessors, cacheBytes >> 20);

    const Buffer flush(4 * static_cast<std::size_t>(cacheBytes));
    const Buffer from(1u << 30), to(1u << 30);
    const Times copy = timeLayers(
        [&](int, cudaStream_t stream) {
            return cudaMemcpyAsync(to.as<char>(), from.as<char>(), from.sizeBytes(), cudaMemcpyDeviceToDevice, stream);
        },
        flush);
    std::printf("copying memory  %.0f GB/s, read and written\n", 2.0 * from.sizeBytes() / copy.median / 1e3);
    for (const tramontane::KvElement element : {tramontane::KvElement::f16, tramontane::KvElement::fp8}) {
        for (const int depth : {128, 512, 4096, 16384}) benchDecode(element, 1, depth, multiprocessors, flush);
        benchDecode(element, 16, 512, multiprocessors, flush);
        for (const int count : {512, 4096}) benchPrefill(element, count, flush);
    }
    return 0;
}
