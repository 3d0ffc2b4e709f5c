// Plans a pass, enqueues its kernels, waits for its logits.
#include "gpu/step.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <thread>

#include "gpu/kernels/head.h"
#include "gpu/kernels/pointwise.h"
#include "gpu/marlin/decode_linear.h"
#include "gpu/marlin/gemm.h"
#include "gpu/model_fit.h"

namespace tramontane::gpu {
namespace {

constexpr int kLogitRows = 64; // rows of logits that are fetched at once
constexpr int kFirstTableSlots = 64;

template <class T>
Result<void> take(T& memory, std::size_t sizeBytes) {
    Result<T> taken = T::allocate(sizeBytes);
    if (!taken) return std::move(taken).error();
    memory = std::move(*taken);
    return {};
}

} // namespace

Result<void> Step::RowTable::allocate(int rows) {
    capacity = rows;
    TRY_OK(take(host, sizeof(int) * 3 * static_cast<std::size_t>(rows)));
    return take(device, sizeof(int) * 3 * static_cast<std::size_t>(rows));
}

cudaError_t Step::RowTable::upload(cudaStream_t stream) const {
    return cudaMemcpyAsync(device.as<int>(), host.as<int>(), host.sizeBytes(), cudaMemcpyHostToDevice, stream);
}

Step::Step(const MistralConfig& config, const GpuWeights& weights, const KvShape& kv, int pagesPerSequence, int maxRows,
           int multiprocessors)
    : config_(config), weights_(weights), kv_(kv), pagesPerSequence_(pagesPerSequence), maxRows_(maxRows),
      multiprocessors_(multiprocessors) {}

Step::~Step() {
    if (stream_.get() != nullptr) cudaStreamSynchronize(stream_.get());
}

Result<std::unique_ptr<Step>> Step::create(const MistralConfig& config, const GpuWeights& weights, const KvShape& kv,
                                           int pagesPerSequence, int maxRows, int multiprocessors) {
    std::unique_ptr<Step> step(new Step(config, weights, kv, pagesPerSequence, maxRows, multiprocessors));
    TRY_OK(step->allocate());
    return step;
}

Result<void> Step::allocate() {
    Result<Stream> stream = Stream::create();
    if (!stream) return std::move(stream).error();
    stream_ = std::move(*stream);
    for (int i = 0; i < kLayersAhead; ++i) {
        Result<Event> event = Event::create();
        if (!event) return std::move(event).error();
        layerEnds_.push_back(std::move(*event));
    }

    const auto rows = static_cast<std::size_t>(maxRows_);
    const auto heads = static_cast<std::size_t>(config_.headCount), dim = static_cast<std::size_t>(config_.headDim);
    const auto hidden = static_cast<std::size_t>(config_.hiddenSize),
               vocab = static_cast<std::size_t>(config_.vocabSize);
    int packedHidden = 0, packedHeads = 0, packedInner = 0, mostOutputs = 0;
    bool fused = true;
    for (const GpuLayer& layer : weights_.layers) {
        fused = fused && layer.queryKeyValue.size() == 1 && layer.gateUp.size() == 1;
        const auto see = [&](const DeviceLinear& linear, int& inputs) {
            inputs = std::max(inputs, linear.shape.packedInputs());
            mostOutputs = std::max(mostOutputs, linear.shape.packedOutputs());
        };
        for (const DeviceLinear& linear : layer.queryKeyValue) see(linear, packedHidden);
        for (const DeviceLinear& linear : layer.gateUp) see(linear, packedHidden);
        see(layer.output, packedHeads);
        see(layer.down, packedInner);
    }
    const auto fits = [&](int count) {
        return std::all_of(weights_.layers.begin(), weights_.layers.end(), [&](const GpuLayer& layer) {
            return decodeFits(layer.queryKeyValue[0].shape, count) && decodeFits(layer.gateUp[0].shape, count) &&
                   decodeFits(layer.output.shape, count) && decodeFits(layer.down.shape, count);
        });
    };
    if (fused) fusedRows_ = fits(kMostDecodeRows) ? kMostDecodeRows : fits(1) ? 1 : 0;

    TRY_OK(take(residual_, 4 * rows * hidden));
    if (weights_.embedding == nullptr) TRY_OK(take(hostResidual_, 4 * rows * hidden));
    TRY_OK(take(normed_, 2 * rows * packedHidden));
    TRY_OK(take(queryKeyValue_, 2 * rows * (heads + 2 * static_cast<std::size_t>(config_.kvHeadCount)) * dim));
    TRY_OK(take(queries_, 2 * rows * heads * dim));
    TRY_OK(take(attended_, 2 * rows * packedHeads));
    TRY_OK(take(activated_, 2 * rows * packedInner));
    if (!fused) TRY_OK(take(up_, 2 * rows * packedInner));
    int mostPartials = 0;
    for (int m = 1; m <= kMostSingles; ++m)
        mostPartials = std::max(
            mostPartials, static_cast<int>(decodePartials(m, config_.headCount, config_.headDim,
                                                          decodeSplits(m, config_.kvHeadCount, multiprocessors_))));
    TRY_OK(take(partials_, sizeof(float) * static_cast<std::size_t>(mostPartials)));
    TRY_OK(take(counters_, sizeof(unsigned) * kMostSingles * config_.kvHeadCount));
    TRY_OK(take(workspace_, gemmWorkspaceBytes(maxRows_, mostOutputs, multiprocessors_)));
    TRY_OK(take(tiles_, sizeof(QueryTile) * rows));
    TRY_OK(take(hostTiles_, sizeof(QueryTile) * rows));
    TRY_OK(take(sources_, sizeof(int) * kLogitRows));
    TRY_OK(take(hostSources_, sizeof(int) * kLogitRows));
    TRY_OK(take(logits_, sizeof(float) * kLogitRows * vocab));
    TRY_OK(take(hostLogits_, sizeof(float) * kLogitRows * vocab));
    TRY_OK(take(pageStaging_, sizeof(std::byte*) * static_cast<std::size_t>(pagesPerSequence_)));
    TRY_OK(singles_.allocate(kMostSingles));
    TRY_OK(rows_.allocate(maxRows_));
    TRY_OK(growPageTable(kFirstTableSlots));

    std::vector<float> frequencies;
    for (int i = 0; i < config_.headDim / 2; ++i)
        frequencies.push_back(
            1.0f / std::pow(config_.ropeTheta, static_cast<float>(2 * i) / static_cast<float>(config_.headDim)));
    TRY_OK(take(inverseFrequencies_, sizeof(float) * frequencies.size()));
    TRY_OK(checkCuda(cudaMemcpyAsync(inverseFrequencies_.as<float>(), frequencies.data(),
                                     sizeof(float) * frequencies.size(), cudaMemcpyHostToDevice, stream_.get()),
                     "the rotary table"));
    // Padding of activations is zero, and no kernel writes it.
    for (const DeviceMemory* memory : {&normed_, &attended_, &activated_, &up_, &counters_, &workspace_})
        if (memory->sizeBytes() > 0)
            TRY_OK(checkCuda(cudaMemsetAsync(memory->as<char>(), 0, memory->sizeBytes(), stream_.get()),
                             "clearing a buffer"));
    TRY_OK(makeSlots());
    return checkCuda(cudaStreamSynchronize(stream_.get()), "preparing a pass");
}

Result<void> Step::makeSlots() {
    if (fusedRows_ == 0) return {};
    const int hidden = config_.hiddenSize, mixed = config_.headCount * config_.headDim;
    const std::size_t perLayer = 2 * alignTo256(sizeof(int) * static_cast<std::size_t>(hidden)) +
                                 alignTo256(sizeof(int) * static_cast<std::size_t>(mixed));
    TRY_OK(take(slotTables_, perLayer * weights_.layers.size()));
    std::size_t at = 0;
    const auto make = [&](const DeviceLinear& linear, int count) -> Result<const int*> {
        int* slots = slotTables_.as<int>(at);
        at += alignTo256(sizeof(int) * static_cast<std::size_t>(count));
        TRY_OK(checkCuda(toFragmentSlots(linear.inputOrder, count, slots, stream_.get()), "an order of activations"));
        return static_cast<const int*>(slots);
    };
    for (const GpuLayer& layer : weights_.layers) {
        const auto queryKeyValue = make(layer.queryKeyValue[0], hidden), gateUp = make(layer.gateUp[0], hidden),
                   output = make(layer.output, mixed);
        for (const auto* slots : {&queryKeyValue, &gateUp, &output})
            if (!*slots) return slots->error();
        slots_.push_back({*queryKeyValue, *gateUp, *output});
    }
    return {};
}

Result<void> Step::growPageTable(int slots) {
    TRY_OK(checkCuda(cudaStreamSynchronize(stream_.get()), "a pass"));
    const std::size_t rowBytes = sizeof(std::byte*) * static_cast<std::size_t>(pagesPerSequence_);
    DeviceMemory larger;
    TRY_OK(take(larger, rowBytes * static_cast<std::size_t>(slots)));
    if (tableSlots_ > 0)
        TRY_OK(checkCuda(cudaMemcpy(larger.as<char>(), pageTable_.as<char>(),
                                    rowBytes * static_cast<std::size_t>(tableSlots_), cudaMemcpyDeviceToDevice),
                         "the page table"));
    pageTable_ = std::move(larger);
    tableSlots_ = slots;
    graphs_.clear(); // they hold the old address
    ++graphsAge_;
    return {};
}

Result<void> Step::setPages(int slot, std::span<std::byte* const> pages) {
    if (slot >= tableSlots_) TRY_OK(growPageTable(std::max(slot + 1, 2 * tableSlots_)));
    if (pages.empty()) return {};
    TRY_OK(checkCuda(cudaStreamSynchronize(stream_.get()), "a pass")); // the staging buffer is free then
    std::memcpy(pageStaging_.as<char>(), pages.data(), pages.size_bytes());
    return checkCuda(cudaMemcpyAsync(pageTable_.as<std::byte*>() + static_cast<std::size_t>(slot) * pagesPerSequence_,
                                     pageStaging_.as<char>(), pages.size_bytes(), cudaMemcpyHostToDevice,
                                     stream_.get()),
                     "the page table");
}

Result<void> Step::run(std::span<const StepPiece> pieces, float* logits, const std::stop_token& stop) {
    int rows = 0;
    bool singles = pieces.size() <= kMostSingles;
    const auto hidden = static_cast<std::size_t>(config_.hiddenSize);
    for (const StepPiece& piece : pieces) {
        if (weights_.embedding == nullptr)
            std::memcpy(hostResidual_.as<float>() + static_cast<std::size_t>(rows) * hidden, piece.residual,
                        sizeof(float) * piece.tokens.size() * hidden);
        rows += static_cast<int>(piece.tokens.size());
        singles = singles && piece.tokens.size() == 1;
    }
    if (rows == 0) return {};
    return singles ? runSingles(pieces, logits) : runRows(pieces, rows, logits, stop);
}

// --- one token of each sequence

void Step::fillSingles(std::span<const StepPiece> pieces) {
    for (std::size_t m = 0; m < pieces.size(); ++m) {
        singles_.tokens()[m] = pieces[m].tokens[0];
        singles_.positions()[m] = pieces[m].firstPosition;
        singles_.sequences()[m] = pieces[m].slot;
    }
}

Result<void> Step::runSingles(std::span<const StepPiece> pieces, float* logits) {
    const int rows = static_cast<int>(pieces.size());
    fillSingles(pieces);
    auto found = graphs_.find(rows);
    if (found == graphs_.end()) {
        Result<Graph> graph = capture([&] {
            TRY_CUDA(uploadSingles());
            TRY_CUDA(enqueueSingles(rows));
            return cudaMemcpyAsync(hostLogits_.as<float>(), logits_.as<float>(),
                                   sizeof(float) * rows * config_.vocabSize, cudaMemcpyDeviceToHost, stream_.get());
        });
        if (!graph) return std::move(graph).error();
        found = graphs_.emplace(rows, std::move(*graph)).first;
    }
    TRY_OK(checkCuda(cudaGraphLaunch(found->second.get(), stream_.get()), "a decode step"));
    TRY_OK(checkCuda(cudaStreamSynchronize(stream_.get()), "a decode step"));
    const auto vocab = static_cast<std::size_t>(config_.vocabSize);
    for (int m = 0; m < rows; ++m)
        if (pieces[static_cast<std::size_t>(m)].logitRows > 0) {
            std::memcpy(logits, hostLogits_.as<float>() + static_cast<std::size_t>(m) * vocab, sizeof(float) * vocab);
            logits += vocab;
        }
    return {};
}

Result<Step::Graph> Step::capture(const std::function<cudaError_t()>& enqueue) {
    cudaGraph_t graph = nullptr;
    TRY_OK(checkCuda(cudaStreamBeginCapture(stream_.get(), cudaStreamCaptureModeThreadLocal), "capturing a step"));
    const cudaError_t enqueued = enqueue();
    const cudaError_t ended = cudaStreamEndCapture(stream_.get(), &graph);
    cudaGraphExec_t executable = nullptr;
    cudaError_t made = enqueued != cudaSuccess ? enqueued : ended;
    if (made == cudaSuccess) made = cudaGraphInstantiate(&executable, graph, 0);
    if (graph != nullptr) cudaGraphDestroy(graph);
    TRY_OK(checkCuda(made, "capturing a step"));
    return Graph(executable);
}

cudaError_t Step::enqueueSingles(int rows) {
    TRY_CUDA(enqueueInputs(singles_, rows));
    for (int l = 0; l < config_.layerCount; ++l)
        TRY_CUDA(rows <= fusedRows_ ? enqueueFusedLayer(l, rows) : enqueueLayer(l, singles_, rows, 0));
    HeadArguments head;
    head.residual = residual_.as<float>();
    head.rows = rows;
    head.norm = weights_.finalNorm;
    head.eps = config_.rmsNormEps;
    head.head = weights_.head;
    head.hidden = config_.hiddenSize;
    head.vocab = config_.vocabSize;
    head.logits = logits_.as<float>();
    return headLogits(head, stream_.get());
}

// --- any rows

cudaError_t Step::enqueueInputs(const RowTable& table, int rows) {
    if (weights_.embedding != nullptr)
        return embed(table.deviceTokens(), rows, weights_.embedding, config_.hiddenSize, residual_.as<float>(),
                     stream_.get());
    return cudaMemcpyAsync(residual_.as<float>(), hostResidual_.as<float>(),
                           sizeof(float) * static_cast<std::size_t>(rows) *
                               static_cast<std::size_t>(config_.hiddenSize),
                           cudaMemcpyHostToDevice, stream_.get());
}

Result<int> Step::planTiles(std::span<const StepPiece> pieces) {
    int row = 0, count = 0;
    auto* tiles = hostTiles_.as<QueryTile>();
    for (const StepPiece& piece : pieces) {
        const int tokens = static_cast<int>(piece.tokens.size());
        for (int first = 0; first < tokens; first += kQueryTileRows)
            tiles[count++] = {row + first, std::min(kQueryTileRows, tokens - first), piece.firstPosition + first,
                              piece.slot};
        row += tokens;
    }
    // Long rows first: they take longest.
    std::stable_sort(tiles, tiles + count,
                     [](const QueryTile& a, const QueryTile& b) { return a.firstPosition > b.firstPosition; });
    TRY_OK(checkCuda(cudaMemcpyAsync(tiles_.as<QueryTile>(), tiles, sizeof(QueryTile) * static_cast<std::size_t>(count),
                                     cudaMemcpyHostToDevice, stream_.get()),
                     "the tiles of a prompt"));
    return count;
}

Result<void> Step::runRows(std::span<const StepPiece> pieces, int rows, float* logits, const std::stop_token& stop) {
    std::vector<int> sources;
    int m = 0;
    for (const StepPiece& piece : pieces) {
        const int count = static_cast<int>(piece.tokens.size());
        for (int i = 0; i < count; ++i, ++m) {
            rows_.tokens()[m] = piece.tokens[static_cast<std::size_t>(i)];
            rows_.positions()[m] = piece.firstPosition + i;
            rows_.sequences()[m] = piece.slot;
            if (i >= count - piece.logitRows) sources.push_back(m);
        }
    }
    TRY_OK(checkCuda(rows_.upload(stream_.get()), "the tokens of a prompt"));
    const Result<int> tileCount = planTiles(pieces);
    if (!tileCount) return tileCount.error();
    TRY_OK(checkCuda(enqueueInputs(rows_, rows), "the rows of a prompt"));
    for (int l = 0; l < config_.layerCount; ++l) {
        Event& end = layerEnds_[static_cast<std::size_t>(l % kLayersAhead)];
        while (l >= kLayersAhead && !stop.stop_requested() && cudaEventQuery(end.get()) == cudaErrorNotReady)
            std::this_thread::yield();
        if (stop.stop_requested()) {
            TRY_OK(checkCuda(cudaStreamSynchronize(stream_.get()), "a prompt"));
            return makeError(ErrorKind::cancelled, "cancelled");
        }
        TRY_OK(checkCuda(enqueueLayer(l, rows_, rows, *tileCount), "a layer"));
        TRY_OK(checkCuda(cudaEventRecord(end.get(), stream_.get()), "a layer"));
    }
    TRY_OK(fetchLogits(sources, logits));
    return checkCuda(cudaStreamSynchronize(stream_.get()), "a prompt");
}

Result<void> Step::fetchLogits(std::span<const int> sources, float* logits) {
    const auto vocab = static_cast<std::size_t>(config_.vocabSize);
    for (std::size_t first = 0; first < sources.size(); first += kLogitRows) {
        const auto now = sources.subspan(first, std::min<std::size_t>(kLogitRows, sources.size() - first));
        std::memcpy(hostSources_.as<int>(), now.data(), now.size_bytes());
        TRY_OK(checkCuda(cudaMemcpyAsync(sources_.as<int>(), hostSources_.as<int>(), now.size_bytes(),
                                         cudaMemcpyHostToDevice, stream_.get()),
                         "the rows of logits"));
        HeadArguments head;
        head.residual = residual_.as<float>();
        head.sources = sources_.as<int>();
        head.rows = static_cast<int>(now.size());
        head.norm = weights_.finalNorm;
        head.eps = config_.rmsNormEps;
        head.head = weights_.head;
        head.hidden = config_.hiddenSize;
        head.vocab = config_.vocabSize;
        head.logits = logits_.as<float>();
        TRY_OK(checkCuda(headLogits(head, stream_.get()), "the head"));
        TRY_OK(checkCuda(cudaMemcpyAsync(hostLogits_.as<float>(), logits_.as<float>(),
                                         sizeof(float) * now.size() * vocab, cudaMemcpyDeviceToHost, stream_.get()),
                         "the logits"));
        TRY_OK(checkCuda(cudaStreamSynchronize(stream_.get()), "the logits"));
        std::memcpy(logits, hostLogits_.as<float>(), sizeof(float) * now.size() * vocab);
        logits += now.size() * vocab;
    }
    return {};
}

} // namespace tramontane::gpu
