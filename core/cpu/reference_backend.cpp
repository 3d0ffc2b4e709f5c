// The oracle as a backend: batches of tokens in, rows of logits out, one token after the other.
#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "core/cpu/cpu_backend.h"
#include "core/cpu/half.h"
#include "core/cpu/pages.h"
#include "core/cpu/reference.h"
#include "core/model/gptq.h"

namespace tramontane {
namespace {

struct DenseLinear {
    std::vector<float> weights, bias; // (K, N), (N) or empty
    int inputs = 0, outputs = 0;

    explicit DenseLinear(const GptqView& view) : weights(dequantize(view)), inputs(view.inputs), outputs(view.outputs) {
        for (std::size_t n = 0; n < view.bias.size() / 2; ++n)
            bias.push_back(halfToFloat(loadAt<std::uint16_t>(view.bias.data(), n)));
    }
    std::vector<float> operator()(const std::vector<float>& x) const {
        std::vector<float> out(static_cast<std::size_t>(outputs));
        referenceLinear(x.data(), weights.data(), bias.empty() ? nullptr : bias.data(), inputs, outputs, out.data());
        return out;
    }
};

struct DenseLayer {
    std::vector<float> inputNorm, postAttentionNorm;
    DenseLinear query, key, value, output, gate, up, down;
};

struct ReferenceSequence {
    std::vector<std::vector<float>> keys, values; // of each layer: (T, kvHeads * D)
    int length = 0;
};

class ReferenceBackend final : public Backend {
public:
    ReferenceBackend(ModelViews views, int contextLength) : views_(std::move(views)), config_(views_.config.mistral) {
        info_.device = "reference";
        info_.deviceKind = "cpu";
        info_.vocabSize = config_.vocabSize;
        info_.contextLength = contextLengthFor(config_, contextLength);
        info_.preferredPrefillTokens = 16;
        info_.kvBytesPerToken = std::uint64_t{8} * config_.layerCount * config_.kvHeadCount * config_.headDim;
    }

    Result<void> load(const LoadProgress& progress, const std::stop_token& stop) {
        std::uint64_t needed = 4ull * config_.vocabSize * config_.hiddenSize;
        for (const LayerViews& layer : views_.layers)
            for (const GptqView* view :
                 {&layer.query, &layer.key, &layer.value, &layer.output, &layer.gate, &layer.up, &layer.down})
                needed += 4ull * view->inputs * view->outputs;
        if (needed > availableMemoryBytes())
            return makeError(ErrorKind::outOfMemory, "the reference needs " + std::to_string(needed >> 20) +
                                                         " MB for dequantized weights: use the cpu device");
        for (const LayerViews& layer : views_.layers) {
            if (stop.stop_requested()) return makeError(ErrorKind::cancelled, "loading was cancelled");
            if (progress)
                progress(static_cast<double>(layers_.size()) / static_cast<double>(views_.layers.size()),
                         "dequantizing");
            layers_.push_back({referenceDense(layer.inputNorm), referenceDense(layer.postAttentionNorm),
                               DenseLinear(layer.query), DenseLinear(layer.key), DenseLinear(layer.value),
                               DenseLinear(layer.output), DenseLinear(layer.gate), DenseLinear(layer.up),
                               DenseLinear(layer.down)});
        }
        finalNorm_ = referenceDense(views_.finalNorm);
        head_ = referenceDense(views_.head);
        info_.weightBytes = info_.bytesReadPerToken = needed;
        return views_.checkUnchanged();
    }

    const BackendInfo& info() const override { return info_; }

    Result<SequenceId> createSequence() override { return add({}); }

    Result<SequenceId> forkSequence(SequenceId source) override {
        const auto found = sequences_.find(source);
        if (found == sequences_.end()) return unknownSequence();
        return add(found->second);
    }

    Result<void> truncateSequence(SequenceId sequence, int length) override {
        const auto found = sequences_.find(sequence);
        if (found == sequences_.end()) return unknownSequence();
        if (length < 0 || length > found->second.length)
            return makeError(ErrorKind::invalidInput, "a sequence cannot be cut to more than it holds");
        cut(found->second, length);
        return {};
    }

    void releaseSequence(SequenceId sequence) override { sequences_.erase(sequence); }

    int sequenceLength(SequenceId sequence) const override {
        const auto found = sequences_.find(sequence);
        return found == sequences_.end() ? 0 : found->second.length;
    }

    Result<std::span<const float>> forward(std::span<const BatchPiece> pieces, std::stop_token stop) override {
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            const auto found = sequences_.find(pieces[i].sequence);
            if (found == sequences_.end()) return unknownSequence();
            for (std::size_t j = 0; j < i; ++j)
                if (pieces[j].sequence == pieces[i].sequence)
                    return makeError(ErrorKind::invalidInput, "a sequence stands twice in one batch");
            for (const TokenId token : pieces[i].tokens)
                if (token < 0 || token >= config_.vocabSize)
                    return makeError(ErrorKind::invalidInput,
                                     "token " + std::to_string(token) + " is outside the vocabulary");
            if (static_cast<int>(pieces[i].tokens.size()) > info_.contextLength - found->second.length)
                return makeError(ErrorKind::contextFull,
                                 "the context holds " + std::to_string(info_.contextLength) + " tokens");
        }
        logits_.clear();
        std::vector<int> lengths;
        for (const BatchPiece& piece : pieces) lengths.push_back(sequences_[piece.sequence].length);
        Result<void> done = appendAll(pieces, stop);
        if (!done) {
            for (std::size_t i = 0; i < pieces.size(); ++i) cut(sequences_[pieces[i].sequence], lengths[i]);
            return std::move(done).error();
        }
        return std::span<const float>(logits_);
    }

private:
    static Error unknownSequence() { return makeError(ErrorKind::invalidInput, "no such sequence"); }

    SequenceId add(ReferenceSequence sequence) {
        sequence.keys.resize(views_.layers.size());
        sequence.values.resize(views_.layers.size());
        const SequenceId id{nextId_++};
        sequences_.emplace(id, std::move(sequence));
        return id;
    }

    void cut(ReferenceSequence& sequence, int length) const {
        const std::size_t size = static_cast<std::size_t>(length) * config_.kvHeadCount * config_.headDim;
        for (auto& keys : sequence.keys) keys.resize(size);
        for (auto& values : sequence.values) values.resize(size);
        sequence.length = length;
    }

    Result<void> appendAll(std::span<const BatchPiece> pieces, const std::stop_token& stop) {
        for (const BatchPiece& piece : pieces)
            for (std::size_t i = 0; i < piece.tokens.size(); ++i) {
                const bool last = i + 1 == piece.tokens.size();
                const bool wanted = piece.logits == LogitsWanted::all || (piece.logits == LogitsWanted::last && last);
                TRY_OK(append(sequences_[piece.sequence], piece.tokens[i], wanted, stop));
            }
        return views_.checkUnchanged();
    }

    Result<void> append(ReferenceSequence& sequence, TokenId token, bool wanted, const std::stop_token& stop) {
        const std::size_t hidden = static_cast<std::size_t>(config_.hiddenSize);
        DenseView row = views_.embedding;
        const std::size_t rowBytes = row.bytes.size() / static_cast<std::size_t>(row.rows);
        row.bytes = row.bytes.subspan(static_cast<std::size_t>(token) * rowBytes, rowBytes);
        row.rows = 1;
        std::vector<float> x = referenceDense(row), normed(hidden);
        for (std::size_t l = 0; l < layers_.size(); ++l) {
            if (stop.stop_requested()) return makeError(ErrorKind::cancelled, "cancelled");
            const DenseLayer& layer = layers_[l];
            referenceRmsNorm(x.data(), layer.inputNorm.data(), config_.hiddenSize, config_.rmsNormEps, normed.data());
            const std::vector<float> mixed =
                attention(layer, normed, sequence.keys[l], sequence.values[l], sequence.length);
            const std::vector<float> attended = layer.output(mixed);
            for (std::size_t i = 0; i < hidden; ++i) x[i] += attended[i];

            referenceRmsNorm(x.data(), layer.postAttentionNorm.data(), config_.hiddenSize, config_.rmsNormEps,
                             normed.data());
            std::vector<float> gate = layer.gate(normed);
            const std::vector<float> up = layer.up(normed);
            for (std::size_t i = 0; i < gate.size(); ++i) gate[i] = referenceSilu(gate[i]) * up[i];
            const std::vector<float> fed = layer.down(gate);
            for (std::size_t i = 0; i < hidden; ++i) x[i] += fed[i];
        }
        ++sequence.length;
        return wanted ? appendLogits(x) : Result<void>();
    }

    std::vector<float> attention(const DenseLayer& layer, const std::vector<float>& normed, std::vector<float>& keys,
                                 std::vector<float>& values, int position) const {
        const int headDim = config_.headDim, kvWidth = config_.kvHeadCount * headDim;
        std::vector<float> query = layer.query(normed), key = layer.key(normed);
        const std::vector<float> value = layer.value(normed);
        for (int h = 0; h < config_.headCount; ++h)
            referenceRotary(query.data() + h * headDim, headDim, position, config_.ropeTheta);
        for (int h = 0; h < config_.kvHeadCount; ++h)
            referenceRotary(key.data() + h * headDim, headDim, position, config_.ropeTheta);
        keys.insert(keys.end(), key.begin(), key.end());
        values.insert(values.end(), value.begin(), value.end());
        const int first = config_.slidingWindow ? std::max(0, position + 1 - *config_.slidingWindow) : 0;
        const int share = config_.headCount / config_.kvHeadCount;
        std::vector<float> mixed(query.size());
        for (int h = 0; h < config_.headCount; ++h) {
            const int column = h / share * headDim;
            referenceAttention(query.data() + h * headDim, keys.data() + column, values.data() + column, headDim,
                               kvWidth, first, position + 1, mixed.data() + h * headDim);
        }
        return mixed;
    }

    Result<void> appendLogits(const std::vector<float>& x) {
        const std::size_t hidden = x.size();
        std::vector<float> normed(hidden);
        referenceRmsNorm(x.data(), finalNorm_.data(), config_.hiddenSize, config_.rmsNormEps, normed.data());
        for (std::size_t n = 0; n < static_cast<std::size_t>(config_.vocabSize); ++n) {
            float logit = 0;
            for (std::size_t k = 0; k < hidden; ++k) logit += normed[k] * head_[n * hidden + k];
            if (!std::isfinite(logit))
                return makeError(ErrorKind::numeric, "the model computed a number that is none (NaN or infinity)");
            logits_.push_back(logit);
        }
        return {};
    }

    ModelViews views_;
    const MistralConfig& config_;
    BackendInfo info_;
    std::vector<DenseLayer> layers_;
    std::vector<float> finalNorm_, head_; // head (vocab, hidden)
    std::map<SequenceId, ReferenceSequence> sequences_;
    std::uint32_t nextId_ = 1;
    std::vector<float> logits_;
};

} // namespace

Result<std::unique_ptr<Backend>> makeReferenceBackend(ModelViews views, int contextLength, const LoadProgress& progress,
                                                      std::stop_token stop) {
    auto backend = std::make_unique<ReferenceBackend>(std::move(views), contextLength);
    TRY_OK(backend->load(progress, stop));
    return std::unique_ptr<Backend>(std::move(backend));
}

Result<std::unique_ptr<Backend>> makeReferenceBackend(const ModelFiles& files, const ModelOptions& options,
                                                      const LoadProgress& progress, std::stop_token stop) {
    return makeReferenceBackend(viewsOf(files), options.contextLength, progress, std::move(stop));
}

} // namespace tramontane
