// Batches in, through the first part and on through the second a chunk at a time, rows of logits out.
#include "gpu/hybrid_backend.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tramontane::gpu {
namespace {

Error unknownSequence() {
    return makeError(ErrorKind::invalidInput, "no such sequence: it was released or never made");
}

class HybridBackend final : public Backend {
public:
    HybridBackend(std::unique_ptr<ModelPart> front, std::unique_ptr<ModelPart> back, std::string device)
        : front_(std::move(front)), back_(std::move(back)) {
        const BackendInfo &first = front_->info(), &second = back_->info();
        info_ = second;
        info_.device = std::move(device);
        info_.contextLength = std::min(first.contextLength, second.contextLength);
        info_.cheapRows = std::min(first.cheapRows, second.cheapRows);
        info_.guessMatch = std::max(first.guessMatch, second.guessMatch);
        info_.preferredPrefillTokens = std::min(first.preferredPrefillTokens, second.preferredPrefillTokens);
        info_.stopShare = 0; // the second part's, of pieces as short as the first one likes and of a part of their time
        info_.weightBytes += first.weightBytes;
        info_.bytesReadPerToken += first.bytesReadPerToken;
        info_.cpuBytesReadPerToken += first.cpuBytesReadPerToken;
        info_.kvBytesPerToken += first.kvBytesPerToken;
    }

    const BackendInfo& info() const override { return info_; }

    Result<SequenceId> createSequence() override {
        return join(front_->createSequence(), [&] { return back_->createSequence(); });
    }

    Result<SequenceId> forkSequence(SequenceId source) override {
        const auto found = sequences_.find(source);
        if (found == sequences_.end()) return unknownSequence();
        const Pair pair = found->second;
        return join(front_->forkSequence(pair.front), [&] { return back_->forkSequence(pair.back); });
    }

    Result<void> truncateSequence(SequenceId sequence, int length) override {
        const auto found = sequences_.find(sequence);
        if (found == sequences_.end()) return unknownSequence();
        TRY_OK(
            front_->truncateSequence(found->second.front, length)); // both have the same length: the other does it too
        return back_->truncateSequence(found->second.back, length);
    }

    void releaseSequence(SequenceId sequence) override {
        const auto found = sequences_.find(sequence);
        if (found == sequences_.end()) return;
        front_->releaseSequence(found->second.front);
        back_->releaseSequence(found->second.back);
        sequences_.erase(found);
    }

    int sequenceLength(SequenceId sequence) const override {
        const auto found = sequences_.find(sequence);
        return found == sequences_.end() ? 0 : back_->sequenceLength(found->second.back);
    }

    Result<std::span<const float>> forward(std::span<const BatchPiece> pieces, std::stop_token stop) override {
        TRY_OK(checkPieces(pieces));
        if (stop.stop_requested()) return makeError(ErrorKind::cancelled, "cancelled");
        std::vector<int> lengths;
        for (const BatchPiece& piece : pieces) lengths.push_back(sequenceLength(piece.sequence));
        logits_.clear();
        if (Result<void> done = runChunks(pieces, stop); !done) {
            for (std::size_t i = 0; i < pieces.size(); ++i) bringBack(pieces[i].sequence, lengths[i]);
            return std::move(done).error();
        }
        return std::span<const float>(logits_);
    }

private:
    struct Pair {
        SequenceId front{}, back{};
    };
    struct IdHash {
        std::size_t operator()(SequenceId id) const { return static_cast<std::size_t>(id); }
    };
    // Of one pass through both parts: the same tokens, each part's own sequences.
    struct Chunk {
        std::vector<BatchPiece> front, back;
        std::size_t tokens = 0;
    };

    Result<SequenceId> join(Result<SequenceId> front, auto makeBack) {
        if (!front) return front;
        Result<SequenceId> back = makeBack();
        if (!back) {
            front_->releaseSequence(*front);
            return back;
        }
        const SequenceId id{nextId_++};
        sequences_.emplace(id, Pair{*front, *back});
        return id;
    }

    // What the parts would only see when a part of the batch is done.
    Result<void> checkPieces(std::span<const BatchPiece> pieces) const {
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            if (!sequences_.contains(pieces[i].sequence)) return unknownSequence();
            for (std::size_t j = 0; j < i; ++j)
                if (pieces[j].sequence == pieces[i].sequence)
                    return makeError(ErrorKind::invalidInput, "a sequence stands twice in one batch");
            const int length = sequenceLength(pieces[i].sequence);
            if (pieces[i].tokens.size() > static_cast<std::size_t>(info_.contextLength - length))
                return makeError(ErrorKind::contextFull, "the context holds " + std::to_string(info_.contextLength) +
                                                             " tokens, and " + std::to_string(length) + " + " +
                                                             std::to_string(pieces[i].tokens.size()) + " are wanted");
        }
        return {};
    }

    Result<void> runChunks(std::span<const BatchPiece> pieces, const std::stop_token& stop) {
        const auto most = static_cast<std::size_t>(info_.preferredPrefillTokens);
        Chunk chunk;
        for (const BatchPiece& piece : pieces) {
            const Pair pair = sequences_.find(piece.sequence)->second;
            const std::size_t count = piece.tokens.size();
            for (std::size_t first = 0; first < count;) {
                const std::size_t part = std::min(count - first, most - chunk.tokens);
                const bool ends = first + part == count;
                const LogitsWanted wanted =
                    piece.logits == LogitsWanted::last && !ends ? LogitsWanted::none : piece.logits;
                const std::span<const TokenId> tokens = piece.tokens.subspan(first, part);
                chunk.front.push_back({pair.front, tokens, LogitsWanted::none});
                chunk.back.push_back({pair.back, tokens, wanted});
                chunk.tokens += part;
                first += part;
                if (chunk.tokens == most) TRY_OK(run(std::exchange(chunk, {}), stop));
            }
        }
        return chunk.tokens > 0 ? run(chunk, stop) : Result<void>();
    }

    Result<void> run(const Chunk& chunk, const std::stop_token& stop) {
        const Result<std::span<const float>> residual = front_->forward(chunk.front, stop);
        if (!residual) return residual.error();
        const Result<std::span<const float>> logits = back_->forwardFrom(*residual, chunk.back, stop);
        if (!logits) return logits.error();
        logits_.insert(logits_.end(), logits->begin(), logits->end());
        return {};
    }

    // Cutting what was appended cannot fail.
    void bringBack(SequenceId sequence, int length) {
        const Pair pair = sequences_.find(sequence)->second;
        (void)front_->truncateSequence(pair.front, length);
        (void)back_->truncateSequence(pair.back, length);
    }

    std::unique_ptr<ModelPart> front_, back_;
    BackendInfo info_;
    std::unordered_map<SequenceId, Pair, IdHash> sequences_;
    std::uint32_t nextId_ = 1;
    std::vector<float> logits_;
};

// A part of a load as a part of the way.
LoadProgress between(const LoadProgress& progress, double from, double to) {
    if (!progress) return {};
    return [&progress, from, to](double fraction, std::string_view stage) {
        progress(from + (to - from) * fraction, stage);
    };
}

} // namespace

std::unique_ptr<Backend> joinParts(std::unique_ptr<ModelPart> front, std::unique_ptr<ModelPart> back,
                                   std::string device) {
    return std::make_unique<HybridBackend>(std::move(front), std::move(back), std::move(device));
}

Result<std::unique_ptr<Backend>> makeHybridBackend(ModelViews views, const HybridBackendOptions& options,
                                                   const LoadProgress& progress, std::stop_token stop) {
    const int layers = views.config.mistral.layerCount, cpuLayers = layers - options.gpuLayers;
    if (cpuLayers <= 0 || options.gpuLayers <= 0)
        return makeError(ErrorKind::invalidInput, "of " + std::to_string(layers) + " layers " +
                                                      std::to_string(options.gpuLayers) +
                                                      " cannot be on the GPU beside some on the CPU");
    const double share = static_cast<double>(options.gpuLayers) / layers;
    // The GPU first: its memory is the scarcer.
    CudaBackendOptions cuda = options.cuda;
    if (cuda.prefillRows == 0) cuda.prefillRows = options.cpu.maxRows; // it is handed no more at once
    Result<std::unique_ptr<ModelPart>> back =
        makeCudaPart(partOf(views, cpuLayers, layers), cuda, between(progress, 0, share), stop);
    if (!back) return std::move(back).error();
    CpuBackendOptions cpu = options.cpu;
    cpu.contextLength = (*back)->info().contextLength;
    Result<std::unique_ptr<ModelPart>> front =
        makeCpuPart(partOf(views, 0, cpuLayers), cpu, between(progress, share, 1), std::move(stop));
    if (!front) return std::move(front).error();
    std::string device = (*back)->info().device + " (" + std::to_string(options.gpuLayers) + " of " +
                         std::to_string(layers) + " layers), " + (*front)->info().device;
    return joinParts(std::move(*front), std::move(*back), std::move(device));
}

} // namespace tramontane::gpu
