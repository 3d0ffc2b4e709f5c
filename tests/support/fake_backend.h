// A Backend without a model: its logits are a function of the tokens a sequence holds, so any two runs that
// read the same tokens must say the same. It fails and dawdles on request, counts what it is given, and
// writes down every breach of the interface's rules.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/engine/backend.h"
#include "core/engine/sampler.h"

namespace tramontane::testing {

class FakeBackend final : public Backend {
public:
    using Logits = std::function<void(std::span<const TokenId> history, std::span<float> row)>;
    using Failure = std::function<std::optional<Error>(std::span<const BatchPiece> pieces)>;

    using Samples = std::function<bool(std::span<const SampledPiece> pieces)>;

    struct Behaviour {
        int vocabSize = 300;
        int contextLength = 512;
        int preferredPrefillTokens = 16;
        double stopShare = 0;
        int cheapRows = 1;
        int guessMatch = 3;
        Logits logits = hashedLogits; // of the token after `history`
        Failure failure;              // asked before each pass
        std::chrono::microseconds delayPerToken{0};
        Samples samples;         // which pieces it samples; none where it is empty
        int maxSequences = 1000; // then createSequence and forkSequence are out of memory
    };

    explicit FakeBackend(Behaviour behaviour) : behaviour_(std::move(behaviour)), thread_(std::this_thread::get_id()) {
        info_.device = "Fake";
        info_.deviceKind = "cpu";
        info_.vocabSize = behaviour_.vocabSize;
        info_.contextLength = behaviour_.contextLength;
        info_.preferredPrefillTokens = behaviour_.preferredPrefillTokens;
        info_.stopShare = behaviour_.stopShare;
        info_.cheapRows = behaviour_.cheapRows;
        info_.guessMatch = behaviour_.guessMatch;
    }

    // Every row looks random and depends on every token before it.
    static void hashedLogits(std::span<const TokenId> history, std::span<float> row) {
        std::uint64_t hash = 0xCBF29CE484222325u;
        for (const TokenId id : history) hash = (hash ^ static_cast<std::uint64_t>(id + 1)) * 0x100000001B3u;
        for (std::size_t i = 0; i < row.size(); ++i) {
            std::uint64_t z = hash + (i + 1) * 0x9E3779B97F4A7C15u;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
            row[i] = static_cast<float>(static_cast<double>((z ^ (z >> 31)) >> 40) * 0x1p-24 * 8 - 4);
        }
    }
    // Says `answer` after a prompt of `promptLength` tokens, each token far ahead of the rest; then `last`
    // for ever.
    static Logits scripted(std::size_t promptLength, std::vector<TokenId> answer, TokenId last = 2) {
        return [=](std::span<const TokenId> history, std::span<float> row) {
            std::fill(row.begin(), row.end(), 0.f);
            const std::size_t at = history.size() - promptLength;
            row[static_cast<std::size_t>(at < answer.size() ? answer[at] : last)] = 50;
        };
    }

    // What the interface forbids and somebody did.
    const std::vector<std::string>& violations() const { return violations_; }
    std::int64_t forwardedTokens() const { return forwardedTokens_; }
    int passes() const { return passes_; }
    int sampledPasses() const { return sampledPasses_; } // of them
    int largestBatch() const { return largestBatch_; }   // in sequences
    std::size_t liveSequences() const { return sequences_.size(); }
    Behaviour& behaviour() { return behaviour_; }

    const BackendInfo& info() const override { return info_; }

    Result<SequenceId> createSequence() override { return add({}); }
    Result<SequenceId> forkSequence(SequenceId source) override {
        if (!known(source, "forkSequence")) return unknown();
        return add(sequences_[source]);
    }
    Result<void> truncateSequence(SequenceId sequence, int length) override {
        if (!known(sequence, "truncateSequence")) return unknown();
        auto& tokens = sequences_[sequence];
        if (length < 0 || static_cast<std::size_t>(length) > tokens.size()) {
            violations_.push_back("truncateSequence to " + std::to_string(length) + " of " +
                                  std::to_string(tokens.size()));
            return unknown();
        }
        tokens.resize(static_cast<std::size_t>(length));
        return {};
    }
    void releaseSequence(SequenceId sequence) override {
        if (known(sequence, "releaseSequence")) sequences_.erase(sequence);
    }
    int sequenceLength(SequenceId sequence) const override {
        const auto found = sequences_.find(sequence);
        return found == sequences_.end() ? -1 : static_cast<int>(found->second.size());
    }

    Result<std::span<const float>> forward(std::span<const BatchPiece> pieces, std::stop_token stop) override {
        if (std::this_thread::get_id() != thread_) violations_.push_back("forward on another thread");
        if (pieces.empty()) violations_.push_back("forward of nothing");
        std::set<SequenceId> seen;
        for (const BatchPiece& piece : pieces) {
            if (!known(piece.sequence, "forward")) return unknown();
            if (!seen.insert(piece.sequence).second) violations_.push_back("a sequence twice in one batch");
            if (piece.tokens.empty()) violations_.push_back("a piece without tokens");
            for (const TokenId id : piece.tokens)
                if (id < 0 || id >= info_.vocabSize) {
                    violations_.push_back("token " + std::to_string(id));
                    return unknown();
                }
            if (sequences_[piece.sequence].size() + piece.tokens.size() >
                static_cast<std::size_t>(info_.contextLength)) {
                violations_.push_back("a sequence longer than the context");
                return makeError(ErrorKind::contextFull, "the context is full");
            }
        }
        if (behaviour_.failure)
            if (auto error = behaviour_.failure(pieces)) return std::move(*error);
        for (const BatchPiece& piece : pieces)
            for (std::size_t i = 0; i < piece.tokens.size(); ++i) {
                if (stop.stop_requested()) return makeError(ErrorKind::cancelled, "cancelled");
                if (behaviour_.delayPerToken.count() > 0) std::this_thread::sleep_for(behaviour_.delayPerToken);
            }
        if (stop.stop_requested()) return makeError(ErrorKind::cancelled, "cancelled");

        ++passes_;
        largestBatch_ = std::max(largestBatch_, static_cast<int>(pieces.size()));
        rows_.clear();
        const auto width = static_cast<std::size_t>(info_.vocabSize);
        for (const BatchPiece& piece : pieces) {
            auto& tokens = sequences_[piece.sequence];
            for (std::size_t i = 0; i < piece.tokens.size(); ++i) {
                tokens.push_back(piece.tokens[i]);
                ++forwardedTokens_;
                const bool last = i + 1 == piece.tokens.size();
                if (piece.logits == LogitsWanted::all || (piece.logits == LogitsWanted::last && last)) {
                    rows_.resize(rows_.size() + width);
                    behaviour_.logits(tokens, std::span(rows_).last(width));
                }
            }
        }
        return std::span<const float>(rows_);
    }

    bool samples(std::span<const SampledPiece> pieces) const override {
        return saidToSample_ = behaviour_.samples && behaviour_.samples(pieces);
    }
    Result<std::span<const TokenId>> forwardSampled(std::span<const SampledPiece> pieces,
                                                    const ProducibleTokens& producible, std::stop_token stop) override {
        if (!saidToSample_) violations_.push_back("forwardSampled of what is not sampled");
        std::vector<BatchPiece> batch;
        for (const SampledPiece& piece : pieces) {
            if (!known(piece.sequence, "forwardSampled")) return unknown();
            const auto& held = sequences_[piece.sequence];
            if (piece.history.size() != held.size() + 1 || !std::equal(held.begin(), held.end(), piece.history.begin()))
                violations_.push_back("a history that is not the sequence's and one token more");
            batch.push_back({piece.sequence, piece.history.last(1), LogitsWanted::last});
        }
        auto rows = forward(batch, std::move(stop));
        if (!rows) return std::move(rows).error();
        ++sampledPasses_;
        drawn_.clear();
        for (const SampledPiece& piece : pieces) {
            Sampler sampler(*piece.settings, piece.seed, producible);
            while (sampler.draws() < piece.draws && piece.settings->temperature != 0) sampler.countDrawMadeElsewhere();
            const auto width = static_cast<std::size_t>(info_.vocabSize);
            auto token = sampler.sample(rows->subspan(drawn_.size() * width, width), piece.history);
            if (!token) {
                for (const BatchPiece& taken : batch) sequences_[taken.sequence].pop_back();
                return std::move(token).error();
            }
            drawn_.push_back(*token);
        }
        return std::span<const TokenId>(drawn_);
    }

private:
    Result<SequenceId> add(std::vector<TokenId> tokens) {
        if (static_cast<int>(sequences_.size()) >= behaviour_.maxSequences)
            return makeError(ErrorKind::outOfMemory, "no memory for another sequence");
        const SequenceId id{++lastSequence_};
        sequences_[id] = std::move(tokens);
        return id;
    }
    bool known(SequenceId sequence, const char* who) {
        if (sequences_.count(sequence)) return true;
        violations_.push_back(std::string(who) + " of an unknown sequence");
        return false;
    }
    static Error unknown() { return makeError(ErrorKind::invalidInput, "unknown sequence or token"); }

    Behaviour behaviour_;
    std::thread::id thread_;
    BackendInfo info_;
    std::map<SequenceId, std::vector<TokenId>> sequences_;
    std::uint32_t lastSequence_ = 0;
    std::vector<float> rows_;
    std::vector<TokenId> drawn_;
    std::vector<std::string> violations_;
    std::int64_t forwardedTokens_ = 0;
    int passes_ = 0;
    int sampledPasses_ = 0;
    mutable bool saidToSample_ = false; // when last asked
    int largestBatch_ = 0;
};

} // namespace tramontane::testing
