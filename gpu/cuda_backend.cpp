// Batches of pieces in, passes run, rows of logits or tokens out; sequences live in pages on the device.
#include "gpu/cuda_backend.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/cpu/cpu_backend.h"
#include "core/model/model_files.h"
#include "gpu/device/discovery.h"
#include "gpu/device/memory_limit.h"
#include "gpu/kv_pages.h"
#include "gpu/model_fit.h"
#include "gpu/sampled_decode.h"
#include "gpu/step.h"

namespace tramontane::gpu {
namespace {

// Rows of a pass that reads a prompt: more give the matrix products more to do. Whoever stops it waits for two layers at
// most, and the scheduler's pace takes care of devices that take long for those.
int prefillRows(const GpuDevice& device) { return device.multiprocessors >= 60 ? 2048 : 512; }

class CudaBackend final : public ModelPart {
public:
    CudaBackend(ModelViews views, GpuDevice device, const CudaBackendOptions& options, int contextLength)
        : views_(std::move(views)), device_(std::move(device)), memoryLimitBytes_(options.memoryLimitBytes),
          pages_(KvShape{views_.config.mistral.layerCount, views_.config.mistral.kvHeadCount,
                         views_.config.mistral.headDim, options.kvElement},
                 contextLength, devicePageMemory(options.memoryLimitBytes)) {
        info_.device = device_.name;
        info_.deviceKind = "cuda";
        info_.vocabSize = views_.config.mistral.vocabSize;
        info_.contextLength = contextLength;
        info_.kvBytesPerToken = pages_.bytesPerToken();
        info_.kvElement = options.kvElement;
        const int prefill = options.prefillRows > 0 ? options.prefillRows : prefillRows(device_);
        info_.preferredPrefillTokens = std::min(prefill, contextLength);
        info_.stopShare =
            std::min(1.0, static_cast<double>(Step::kLayersAhead) / std::max(1, views_.config.mistral.layerCount));
    }

    Result<void> load(const LoadProgress& progress, const std::stop_token& stop) {
        Result<GpuWeights> weights = loadGpuWeights(views_, progress, stop, memoryLimitBytes_);
        if (!weights) return std::move(weights).error();
        weights_ = std::move(*weights);
        info_.weightBytes = weights_.sizeBytes;
        info_.bytesReadPerToken = weights_.bytesReadPerToken;
        // A call of several rows brings its logits to the host and throws away what had been enqueued: it costs as much as
        // three to four tokens of a 7B, and more of a small model. Long repetitions are nearly always right.
        constexpr std::uint64_t kLargeModel = std::uint64_t{1} << 30;
        info_.cheapRows = weights_.sizeBytes >= kLargeModel ? 8 : 1; // what the decode kernels take in one tile
        info_.guessMatch = 12;
        Result<std::unique_ptr<Step>> step =
            Step::create(views_.config.mistral, weights_, pages_.shape(), pages_.pagesPerSequence(),
                         std::max(64, info_.preferredPrefillTokens), device_.multiprocessors);
        if (!step) return std::move(step).error();
        step_ = std::move(*step);
        Result<std::unique_ptr<SampledDecode>> sampled =
            SampledDecode::create(*step_, info_.vocabSize, info_.contextLength);
        if (!sampled) return std::move(sampled).error();
        sampled_ = std::move(*sampled);
        return pages_.prepare();
    }

    const BackendInfo& info() const override { return info_; }
    Result<SequenceId> createSequence() override { return pages_.create(); }
    Result<SequenceId> forkSequence(SequenceId source) override { return pages_.fork(source); }
    Result<void> truncateSequence(SequenceId sequence, int length) override {
        return pages_.truncate(sequence, length);
    }
    void releaseSequence(SequenceId sequence) override { pages_.release(sequence); }
    int sequenceLength(SequenceId sequence) const override { return pages_.length(sequence); }

    Result<std::span<const float>> forwardFrom(std::span<const float> residual, std::span<const BatchPiece> pieces,
                                               std::stop_token stop) override {
        TRY_OK(checkPieces(pieces));
        TRY_OK(checkResidual(residual, pieces));
        TRY_OK(readyFor(stop));
        sampled_->settle();
        std::size_t wanted = 0;
        std::vector<KvPages::Growth> growths;
        for (const BatchPiece& piece : pieces) {
            wanted += static_cast<std::size_t>(rowsWanted(piece));
            growths.push_back({piece.sequence, static_cast<int>(piece.tokens.size())});
        }
        logits_.resize(wanted * static_cast<std::size_t>(info_.vocabSize));
        TRY_OK(pages_.reserve(growths, step_->stream()));
        if (Result<void> done = runSteps(residual, pieces, stop); !done) {
            pages_.rollBack(growths);
            return std::move(done).error();
        }
        pages_.commit(growths);
        return std::span<const float>(logits_);
    }

    bool samples(std::span<const SampledPiece> pieces) const override {
        return weights_.embedding != nullptr && sampled_->takes(pieces);
    }

    Result<std::span<const TokenId>> forwardSampled(std::span<const SampledPiece> pieces,
                                                    const ProducibleTokens& producible, std::stop_token stop) override {
        TRY_OK(checkSampled(pieces));
        TRY_OK(readyFor(stop));
        std::vector<KvPages::Growth> growths;
        for (const SampledPiece& piece : pieces) growths.push_back({piece.sequence, 1});
        TRY_OK(pages_.reserve(growths, step_->stream()));
        Result<std::span<const TokenId>> tokens = runSampled(pieces, producible, stop);
        if (tokens)
            pages_.commit(growths);
        else
            pages_.rollBack(growths);
        return tokens;
    }

private:
    Result<void> readyFor(const std::stop_token& stop) {
        if (stop.stop_requested()) return makeError(ErrorKind::cancelled, "cancelled");
        TRY_OK(views_.checkUnchanged());
        return checkCuda(cudaSetDevice(device_.ordinal),
                         "choosing the GPU"); // the caller may be another thread now
    }

    Result<void> checkSampled(std::span<const SampledPiece> pieces) const {
        if (!samples(pieces)) return makeError(ErrorKind::unsupported, "these settings are not sampled on the GPU");
        std::vector<BatchPiece> batch;
        for (const SampledPiece& piece : pieces) {
            const int length = pages_.length(piece.sequence);
            if (static_cast<int>(piece.history.size()) != length + 1)
                return makeError(ErrorKind::invalidInput, "a history of " + std::to_string(piece.history.size()) +
                                                              " tokens for a sequence of " + std::to_string(length) +
                                                              ": expected one more");
            batch.push_back({piece.sequence, piece.history.last(1)});
        }
        return checkPieces(batch);
    }

    Result<std::span<const TokenId>> runSampled(std::span<const SampledPiece> pieces,
                                                const ProducibleTokens& producible, const std::stop_token& stop) {
        std::vector<StepPiece> rows;
        for (const SampledPiece& piece : pieces) {
            TRY_OK(tellPages(piece.sequence));
            rows.push_back({pages_.slot(piece.sequence), pages_.length(piece.sequence), piece.history.last(1), 0});
        }
        return sampled_->next(pieces, rows, producible, stop);
    }

    Result<void> checkPieces(std::span<const BatchPiece> pieces) const {
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            if (!pages_.contains(pieces[i].sequence))
                return makeError(ErrorKind::invalidInput, "no such sequence: it was released or never made");
            for (std::size_t j = 0; j < i; ++j)
                if (pieces[j].sequence == pieces[i].sequence)
                    return makeError(ErrorKind::invalidInput, "a sequence stands twice in one batch");
            for (const TokenId token : pieces[i].tokens)
                if (token < 0 || token >= info_.vocabSize)
                    return makeError(ErrorKind::invalidInput, "token " + std::to_string(token) +
                                                                  " is outside the vocabulary of " +
                                                                  std::to_string(info_.vocabSize));
        }
        return {};
    }

    Result<void> checkResidual(std::span<const float> residual, std::span<const BatchPiece> pieces) const {
        std::size_t expected = 0;
        for (const BatchPiece& piece : pieces) expected += piece.tokens.size() * hidden();
        if (views_.hasEmbedding()) expected = 0;
        if (residual.size() == expected) return {};
        return makeError(ErrorKind::invalidInput, "the rows of the layers before are " +
                                                      std::to_string(residual.size()) + " numbers, expected " +
                                                      std::to_string(expected));
    }

    std::size_t hidden() const { return static_cast<std::size_t>(views_.config.mistral.hiddenSize); }

    static int rowsWanted(const BatchPiece& piece) {
        if (piece.logits == LogitsWanted::none) return 0;
        const int count = static_cast<int>(piece.tokens.size());
        return piece.logits == LogitsWanted::all ? count : std::min(1, count);
    }

    // Cuts the batch into passes of at most maxRows rows.
    Result<void> runSteps(std::span<const float> residual, std::span<const BatchPiece> pieces,
                          const std::stop_token& stop) {
        std::vector<StepPiece> now;
        int rows = 0, logitRows = 0;
        float* logits = logits_.data();
        const auto flush = [&]() -> Result<void> {
            TRY_OK(step_->run(now, logits, stop));
            const auto count = static_cast<std::size_t>(logitRows) * static_cast<std::size_t>(info_.vocabSize);
            if (!std::all_of(logits, logits + count, [](float value) { return std::isfinite(value); }))
                return makeError(ErrorKind::numeric, "the model computed a number that is none (NaN or infinity)");
            logits += count;
            now.clear();
            rows = logitRows = 0;
            return {};
        };
        for (const BatchPiece& piece : pieces) {
            TRY_OK(tellPages(piece.sequence));
            const int slot = pages_.slot(piece.sequence), count = static_cast<int>(piece.tokens.size());
            const int length = pages_.length(piece.sequence), firstWanted = count - rowsWanted(piece);
            for (int first = 0; first < count;) {
                const int part = std::min(count - first, step_->maxRows() - rows);
                const int wanted = std::max(0, first + part - std::max(first, firstWanted));
                now.push_back({slot, length + first,
                               piece.tokens.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(part)),
                               wanted});
                if (!residual.empty()) {
                    now.back().residual = residual.data();
                    residual = residual.subspan(static_cast<std::size_t>(part) * hidden());
                }
                rows += part;
                logitRows += wanted;
                first += part;
                if (rows == step_->maxRows()) TRY_OK(flush());
            }
        }
        return now.empty() ? Result<void>() : flush();
    }

    // The device's page table knows the sequence's pages.
    Result<void> tellPages(SequenceId sequence) {
        const auto slot = static_cast<std::size_t>(pages_.slot(sequence));
        if (slot >= told_.size()) told_.resize(slot + 1, 0);
        const std::uint64_t generation = pages_.generation(sequence);
        if (told_[slot] == generation) return {};
        TRY_OK(step_->setPages(static_cast<int>(slot), pages_.pages(sequence)));
        told_[slot] = generation;
        return {};
    }

    ModelViews views_;
    GpuDevice device_;
    std::uint64_t memoryLimitBytes_;
    GpuWeights weights_;
    KvPages pages_;
    std::unique_ptr<Step> step_;             // ends its stream's work before pages and weights go
    std::unique_ptr<SampledDecode> sampled_; // over step_
    BackendInfo info_;
    std::vector<std::uint64_t> told_; // the generation that each row of the device's page table holds; 0: none
    std::vector<float> logits_;
};

} // namespace

Result<std::unique_ptr<ModelPart>> makeCudaPart(ModelViews views, const CudaBackendOptions& options,
                                                const LoadProgress& progress, std::stop_token stop) {
    const GpuDiscovery found = discoverGpus();
    const auto device = std::find_if(found.devices.begin(), found.devices.end(),
                                     [&](const GpuDevice& d) { return d.ordinal == options.deviceOrdinal; });
    if (device == found.devices.end())
        return makeError(ErrorKind::notFound,
                         found.devices.empty() ? found.explanation : "there is no GPU of this number");
    if (const char* reason = unsupportedShape(views.config)) return makeError(ErrorKind::unsupported, reason);
    if (!views.hasHead())
        return makeError(ErrorKind::unsupported, "the GPU runs the last of a model's layers, with the head");
    TRY_OK(checkCuda(cudaSetDevice(device->ordinal), "choosing the GPU"));
    const int contextLength = contextLengthFor(views.config.mistral, options.contextLength);
    CudaBackendOptions chosen = options;
    if (chosen.memoryLimitBytes == 0) chosen.memoryLimitBytes = memoryLimitFromEnvironment();
    auto backend = std::make_unique<CudaBackend>(std::move(views), *device, chosen, contextLength);
    TRY_OK(backend->load(progress, stop));
    return std::unique_ptr<ModelPart>(std::move(backend));
}

Result<std::unique_ptr<Backend>> makeCudaBackend(ModelViews views, const CudaBackendOptions& options,
                                                 const LoadProgress& progress, std::stop_token stop) {
    Result<std::unique_ptr<ModelPart>> whole = makeCudaPart(std::move(views), options, progress, std::move(stop));
    if (!whole) return std::move(whole).error();
    return std::unique_ptr<Backend>(std::move(*whole));
}

Result<std::unique_ptr<Backend>> makeCudaBackend(const ModelFiles& files, const ModelOptions& options,
                                                 const LoadProgress& progress, std::stop_token stop) {
    const GpuDiscovery found = discoverGpus();
    if (found.devices.empty()) return makeError(ErrorKind::notFound, found.explanation);
    const CudaBackendOptions chosen{.deviceOrdinal = found.devices.front().ordinal,
                                    .contextLength = options.contextLength,
                                    .kvElement = options.kvElement};
    return makeCudaBackend(viewsOf(files), chosen, progress, std::move(stop));
}

} // namespace tramontane::gpu
