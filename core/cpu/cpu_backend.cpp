// Batches of pieces in, steps of rows run, rows of logits out; sequences live in the KV cache.
#include "core/cpu/cpu_backend.h"

#include <algorithm>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "core/base/processor_cores.h"
#include "core/base/thread_pool.h"
#include "core/cpu/kv_cache.h"
#include "core/cpu/step.h"
#include "core/cpu/weights.h"
#include "core/model/model_files.h"

namespace tramontane {
namespace {

constexpr int kMostThreads = 256; // a larger wish is a mistake, and threads cost memory

// Answers come first.
void lowerPriorityOfThisThread() {
#if defined(__linux__)
    setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), 19);
#endif
}

class CpuBackend final : public ModelPart {
public:
    CpuBackend(ModelViews views, const CpuBackendOptions& options, int contextLength)
        : views_(std::move(views)), kernels_(kernelsFor(options.instructionSet)),
          pool_(options.threads > 0 ? std::min(options.threads, kMostThreads) : usableCoreCount()),
          cache_(KvShape::of(views_.config.mistral.layerCount, views_.config.mistral.kvHeadCount,
                             views_.config.mistral.headDim),
                 contextLength, options.availableMemory) {
        info_.device = std::string("CPU (") + instructionSetName(options.instructionSet) + ", " +
                       std::to_string(pool_.threadCount()) + (pool_.threadCount() == 1 ? " thread)" : " threads)");
        info_.deviceKind = "cpu";
        info_.vocabSize = views_.config.mistral.vocabSize;
        info_.contextLength = contextLength;
        info_.preferredPrefillTokens = options.maxRows;
        info_.kvBytesPerToken = cache_.shape().bytesPerToken();
    }

    Result<void> load(const CpuBackendOptions& options, const LoadProgress& progress, std::stop_token stop) {
        TRY_OK(loadWeights(options.weightsCache, progress, std::move(stop)));
        info_.weightBytes = weights_.sizeBytes;
        info_.bytesReadPerToken = info_.cpuBytesReadPerToken = weights_.bytesReadPerToken;
        // Weights that no cache holds are waited for, and serve several rows in that time.
        constexpr std::uint64_t kBeyondCaches = std::uint64_t{256} << 20;
        info_.cheapRows = weights_.sizeBytes > kBeyondCaches ? 8 : 2;
        step_ = std::make_unique<Step>(views_, weights_, cache_.shape(), kernels_, pool_, options.maxRows);
        return step_->allocate();
    }

    ~CpuBackend() override {
        if (finishesWriting_ && storing_.joinable()) storing_.join();
    }

    const BackendInfo& info() const override { return info_; }
    Result<SequenceId> createSequence() override { return cache_.create(); }
    Result<SequenceId> forkSequence(SequenceId source) override { return cache_.fork(source); }
    Result<void> truncateSequence(SequenceId sequence, int length) override {
        return cache_.truncate(sequence, length);
    }
    void releaseSequence(SequenceId sequence) override { cache_.release(sequence); }
    int sequenceLength(SequenceId sequence) const override { return cache_.length(sequence); }

    Result<std::span<const float>> forwardFrom(std::span<const float> residual, std::span<const BatchPiece> pieces,
                                               std::stop_token stop) override {
        TRY_OK(checkPieces(residual, pieces));
        if (stop.stop_requested()) return makeError(ErrorKind::cancelled, "cancelled");
        TRY_OK(takeOutputs(pieces));
        std::vector<KvCache::Growth> growths;
        for (const BatchPiece& piece : pieces)
            growths.push_back({piece.sequence, static_cast<int>(piece.tokens.size())});
        TRY_OK(cache_.reserve(growths));
        if (Result<void> done = runSteps(residual, pieces, stop); !done) {
            cache_.rollBack(growths);
            return std::move(done).error();
        }
        cache_.commit(growths);
        return std::span<const float>(outputs_.as<float>(), outputCount_);
    }

private:
    Result<void> checkPieces(std::span<const float> residual, std::span<const BatchPiece> pieces) const {
        std::size_t tokens = 0;
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            if (!cache_.contains(pieces[i].sequence))
                return makeError(ErrorKind::invalidInput, "no such sequence: it was released or never made");
            for (std::size_t j = 0; j < i; ++j)
                if (pieces[j].sequence == pieces[i].sequence)
                    return makeError(ErrorKind::invalidInput, "a sequence stands twice in one batch");
            tokens += pieces[i].tokens.size();
            for (const TokenId token : pieces[i].tokens)
                if (token < 0 || token >= info_.vocabSize)
                    return makeError(ErrorKind::invalidInput, "token " + std::to_string(token) +
                                                                  " is outside the vocabulary of " +
                                                                  std::to_string(info_.vocabSize));
        }
        const std::size_t expected = views_.hasEmbedding() ? 0 : tokens * hidden();
        if (residual.size() != expected)
            return makeError(ErrorKind::invalidInput, "the rows of the layers before are " +
                                                          std::to_string(residual.size()) + " numbers, expected " +
                                                          std::to_string(expected));
        return {};
    }

    Result<void> loadWeights(const WeightsCacheOptions& options, const LoadProgress& progress, std::stop_token stop) {
        const WeightsCache cache(options, views_);
        Result<std::optional<CpuWeights>> cached = cache.load(pool_, progress, stop);
        if (!cached) return std::move(cached).error();
        if (*cached) {
            weights_ = std::move(**cached);
            return views_.checkUnchanged();
        }
        Result<CpuWeights> packed = loadCpuWeights(views_, kernels_, pool_, progress, std::move(stop));
        if (!packed) return std::move(packed).error();
        weights_ = std::move(*packed);
        if (!cache.wants(weights_)) return {};
        finishesWriting_ = options.finishesWriting;
        storing_ = std::jthread([this, cache](std::stop_token ends) {
            lowerPriorityOfThisThread();
            static_cast<void>(cache.store(weights_, std::move(ends))); // without a file the next start takes longer
        });
        return {};
    }

    std::size_t hidden() const { return static_cast<std::size_t>(views_.config.mistral.hiddenSize); }
    // Of a row that is given out: of logits, or of the residual stream where the layers after have the head.
    std::size_t outputWidth() const { return views_.hasHead() ? static_cast<std::size_t>(info_.vocabSize) : hidden(); }

    std::size_t rowsWanted(const BatchPiece& piece) const {
        if (!views_.hasHead()) return piece.tokens.size();
        if (piece.logits == LogitsWanted::none) return 0;
        return piece.logits == LogitsWanted::all ? piece.tokens.size() : std::min<std::size_t>(1, piece.tokens.size());
    }

    Result<void> takeOutputs(std::span<const BatchPiece> pieces) {
        std::size_t rows = 0;
        for (const BatchPiece& piece : pieces) rows += rowsWanted(piece);
        outputCount_ = rows * outputWidth();
        const std::size_t bytes = outputCount_ * sizeof(float);
        constexpr std::size_t kKeep = std::size_t{16} << 20; // more than that goes back after the next call
        if (bytes <= outputs_.sizeBytes() && outputs_.sizeBytes() <= std::max(bytes, kKeep)) return {};
        outputs_ = Pages();
        Result<Pages> pages = Pages::allocate(bytes);
        if (!pages) return std::move(pages).error();
        outputs_ = std::move(*pages);
        return {};
    }

    Result<void> runSteps(std::span<const float> residual, std::span<const BatchPiece> pieces,
                          const std::stop_token& stop) {
        std::vector<std::vector<std::uint16_t*>> tables;
        for (const BatchPiece& piece : pieces) tables.push_back(cache_.blockTable(piece.sequence));
        std::vector<StepRow> rows;
        float* output = outputs_.as<float>();
        for (std::size_t p = 0; p < pieces.size(); ++p) {
            const BatchPiece& piece = pieces[p];
            const std::size_t count = piece.tokens.size(), firstWanted = count - rowsWanted(piece);
            const int length = cache_.length(piece.sequence);
            for (std::size_t i = 0; i < count; ++i) {
                StepRow row{piece.tokens[i], length + static_cast<int>(i), tables[p].data()};
                if (!residual.empty()) row.residualIn = residual.data() + rows.size() * hidden();
                if (i >= firstWanted) {
                    (views_.hasHead() ? row.logits : row.residualOut) = output;
                    output += outputWidth();
                }
                rows.push_back(row);
            }
        }
        const std::size_t perStep = static_cast<std::size_t>(step_->maxRows());
        for (std::size_t first = 0; first < rows.size(); first += perStep)
            TRY_OK(step_->run(std::span(rows).subspan(first, std::min(perStep, rows.size() - first)), stop));
        return {};
    }

    ModelViews views_;
    const Kernels& kernels_;
    ThreadPool pool_;
    KvCache cache_;
    CpuWeights weights_;
    std::unique_ptr<Step> step_;
    BackendInfo info_;
    Pages outputs_; // of the last call: rows of logits, or of the residual stream
    std::size_t outputCount_ = 0;
    bool finishesWriting_ = false;
    std::jthread storing_; // reads weights_, so it ends first
};

} // namespace

int contextLengthFor(const MistralConfig& config, int wanted) {
    constexpr int kDefaultMost = 8192;
    return wanted > 0 ? std::min(wanted, config.maxPositions) : std::min(config.maxPositions, kDefaultMost);
}

Result<std::unique_ptr<ModelPart>> makeCpuPart(ModelViews views, const CpuBackendOptions& options,
                                               const LoadProgress& progress, std::stop_token stop) {
    const int contextLength = contextLengthFor(views.config.mistral, options.contextLength);
    auto backend = std::make_unique<CpuBackend>(std::move(views), options, contextLength);
    TRY_OK(backend->load(options, progress, std::move(stop)));
    return std::unique_ptr<ModelPart>(std::move(backend));
}

Result<std::unique_ptr<Backend>> makeCpuBackend(ModelViews views, const CpuBackendOptions& options,
                                                const LoadProgress& progress, std::stop_token stop) {
    Result<std::unique_ptr<ModelPart>> whole = makeCpuPart(std::move(views), options, progress, std::move(stop));
    if (!whole) return std::move(whole).error();
    return std::unique_ptr<Backend>(std::move(*whole));
}

WeightsCacheOptions weightsCacheOf(const ModelOptions& options) {
    WeightsCacheOptions cache;
    cache.directory = options.weightsCache;
    cache.finishesWriting = options.finishesWeightsCache;
    return cache;
}

Result<std::unique_ptr<Backend>> makeCpuBackend(const ModelFiles& files, const ModelOptions& options,
                                                const LoadProgress& progress, std::stop_token stop) {
    CpuBackendOptions chosen;
    chosen.threads = options.threads;
    chosen.contextLength = options.contextLength;
    chosen.weightsCache = weightsCacheOf(options);
    return makeCpuBackend(viewsOf(files), chosen, progress, std::move(stop));
}

} // namespace tramontane
