// The backend alone is timed, with the likeliest token taken each time.
#include "ui/terminal/bench_measure.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <numeric>

#include "core/engine/sampler.h"
#include "core/text/tokenizer.h"

namespace tramontane::terminal {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::uint64_t tokenSeed = 20240501;
constexpr int checkedTokens = 12;

double secondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Sequences that are released however a measurement ends.
class Sequences {
public:
    explicit Sequences(Backend& backend) : backend_(backend) {}
    ~Sequences() {
        for (const SequenceId id : ids_) backend_.releaseSequence(id);
    }
    Sequences(const Sequences&) = delete;
    Sequences& operator=(const Sequences&) = delete;

    Result<SequenceId> create() { return keep(backend_.createSequence()); }
    Result<SequenceId> fork(SequenceId source) { return keep(backend_.forkSequence(source)); }

private:
    Result<SequenceId> keep(Result<SequenceId> id) {
        if (id) ids_.push_back(*id);
        return id;
    }
    Backend& backend_;
    std::vector<SequenceId> ids_;
};

class Bench {
public:
    Bench(ChatEngine& engine, const BenchSettings& settings, std::stop_token stop)
        : backend_(engine.backend()), settings_(settings), stop_(std::move(stop)) {
        const int pieces = std::min(engine.tokenizer().pieceCount(), backend_.info().vocabSize);
        for (TokenId id = 0; id < pieces; ++id)
            if (!engine.tokenizer().tokenBytes(id).empty()) ordinary_.push_back(id);
        if (ordinary_.empty()) ordinary_.push_back(0);
        std::vector<TokenId> every(static_cast<std::size_t>(backend_.info().vocabSize));
        std::iota(every.begin(), every.end(), 0);
        everyToken_ = std::make_shared<const std::vector<TokenId>>(std::move(every));
        greedy_.temperature = 0;
    }

    Result<void> check();
    Result<PrefillFigures> prefill(int promptTokens);
    Result<DecodeFigures> decode(int batch);

private:
    class Texts;
    std::vector<TokenId> text(int count, std::uint64_t from) const {
        std::vector<TokenId> ids;
        for (int i = 0; i < count; ++i)
            ids.push_back(ordinary_[static_cast<std::size_t>(
                uniformDraw(tokenSeed, from + static_cast<std::uint64_t>(i)) * static_cast<double>(ordinary_.size()))]);
        return ids;
    }
    // Reads `tokens` as a scheduler would, in pieces; the last row of logits.
    Result<std::span<const float>> read(SequenceId sequence, std::span<const TokenId> tokens) {
        const auto chunk = static_cast<std::size_t>(std::max(1, backend_.info().preferredPrefillTokens));
        for (;;) {
            const auto now = tokens.first(std::min(chunk, tokens.size()));
            tokens = tokens.subspan(now.size());
            const BatchPiece piece{sequence, now, tokens.empty() ? LogitsWanted::last : LogitsWanted::none};
            auto rows = backend_.forward(std::span(&piece, 1), stop_);
            if (!rows || tokens.empty()) return rows;
        }
    }
    static TokenId likeliest(std::span<const float> row) {
        return static_cast<TokenId>(std::max_element(row.begin(), row.end()) - row.begin());
    }

    Backend& backend_;
    const BenchSettings& settings_;
    std::stop_token stop_;
    std::vector<TokenId> ordinary_;
    ProducibleTokens everyToken_;
    SamplingSettings greedy_;
};

// Several texts that go on with the likeliest token, by the way that a scheduler would take.
class Bench::Texts {
public:
    Texts(Bench& bench, std::vector<SequenceId> ids) : bench_(bench), ids_(std::move(ids)), texts_(ids_.size()) {}

    // Each begins with the same, which its sequence holds, and one token of its own.
    void restart(std::span<const TokenId> beginning, std::span<const TokenId> next) {
        for (std::size_t i = 0; i < texts_.size(); ++i) {
            texts_[i].assign(beginning.begin(), beginning.end());
            texts_[i].push_back(next[i]);
        }
    }
    Result<void> step() {
        std::vector<SampledPiece> sampled;
        for (std::size_t i = 0; i < ids_.size(); ++i)
            sampled.push_back({ids_[i], texts_[i], &bench_.greedy_, tokenSeed, 0});
        sampled_ = bench_.backend_.samples(sampled);
        if (sampled_) {
            auto tokens = bench_.backend_.forwardSampled(sampled, bench_.everyToken_, bench_.stop_);
            if (!tokens) return std::move(tokens).error();
            for (std::size_t i = 0; i < ids_.size(); ++i) texts_[i].push_back((*tokens)[i]);
            return {};
        }
        std::vector<BatchPiece> pieces;
        for (const SampledPiece& piece : sampled)
            pieces.push_back({piece.sequence, piece.history.last(1), LogitsWanted::last});
        auto rows = bench_.backend_.forward(pieces, bench_.stop_);
        if (!rows) return std::move(rows).error();
        const auto width = static_cast<std::size_t>(bench_.backend_.info().vocabSize);
        for (std::size_t i = 0; i < ids_.size(); ++i) texts_[i].push_back(likeliest(rows->subspan(i * width, width)));
        return {};
    }
    bool sampled() const { return sampled_; }

private:
    Bench& bench_;
    std::vector<SequenceId> ids_;
    std::vector<std::vector<TokenId>> texts_;
    bool sampled_ = false;
};

Result<void> Bench::check() {
    Sequences sequences(backend_);
    auto together = sequences.create(), single = sequences.create();
    if (!together) return std::move(together).error();
    if (!single) return std::move(single).error();
    const auto ids = text(std::min(checkedTokens, backend_.info().contextLength), 0);
    auto rows = read(*together, ids);
    if (!rows) return std::move(rows).error();
    const std::vector<float> expected(rows->begin(), rows->end());
    for (const TokenId id : ids) {
        rows = read(*single, std::span(&id, 1));
        if (!rows) return std::move(rows).error();
    }
    double difference = 0, norm = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        difference += std::pow(static_cast<double>(expected[i]) - (*rows)[i], 2);
        norm += std::pow(expected[i], 2);
    }
    if (!(difference <= 2e-2 * 2e-2 * norm)) // false for NaN too
        return makeError(ErrorKind::internal,
                         "the same tokens read together and one by one give different logits; nothing was measured");
    return {};
}

Result<PrefillFigures> Bench::prefill(int promptTokens) {
    Sequences sequences(backend_);
    auto base = sequences.create();
    if (!base) return std::move(base).error();
    if (settings_.depth > 0)
        if (auto rows = read(*base, text(settings_.depth, 1000)); !rows) return std::move(rows).error();
    const auto prompt = text(promptTokens, 500000);
    std::vector<double> speeds, times;
    for (int round = -1; round < settings_.repeat; ++round) { // the first one warms up
        auto cut = backend_.truncateSequence(*base, settings_.depth);
        if (!cut) return std::move(cut).error();
        const auto start = Clock::now();
        auto rows = read(*base, prompt);
        if (!rows) return std::move(rows).error();
        (void)likeliest(*rows);
        const double seconds = secondsSince(start);
        if (round < 0) continue;
        speeds.push_back(promptTokens / seconds);
        times.push_back(seconds * 1000);
    }
    return PrefillFigures{promptTokens, spreadOf(speeds), spreadOf(times)};
}

Result<DecodeFigures> Bench::decode(int batch) {
    Sequences sequences(backend_);
    auto base = sequences.create();
    if (!base) return std::move(base).error();
    const auto beginning = text(std::max(1, settings_.depth), 1000);
    const int depth = static_cast<int>(beginning.size());
    if (auto rows = read(*base, beginning); !rows) return std::move(rows).error();
    std::vector<SequenceId> ids;
    for (int i = 0; i < batch; ++i) {
        auto id = sequences.fork(*base);
        if (!id) return std::move(id).error();
        ids.push_back(*id);
    }
    Texts texts(*this, ids);
    std::vector<double> speeds;
    for (int round = -1; round < settings_.repeat; ++round) {
        for (const SequenceId id : ids) {
            auto cut = backend_.truncateSequence(id, depth);
            if (!cut) return std::move(cut).error();
        }
        texts.restart(beginning, text(batch, 900000)); // each sequence says something else
        const int steps = round < 0 ? std::min(settings_.newTokens, 8) : settings_.newTokens;
        const auto start = Clock::now();
        for (int step = 0; step < steps; ++step) TRY_OK(texts.step());
        if (round >= 0) speeds.push_back(static_cast<double>(steps) * batch / secondsSince(start));
    }
    DecodeFigures figures;
    figures.batch = batch;
    figures.sampled = texts.sampled();
    figures.tokensPerSecond = spreadOf(speeds);
    const double cachedTokens = depth + (settings_.newTokens + 1) / 2.0; // in the middle of the run
    figures.bytesPerStep = static_cast<double>(backend_.info().bytesReadPerToken) +
                           batch * cachedTokens * static_cast<double>(backend_.info().kvBytesPerToken);
    figures.bytesPerSecond = figures.bytesPerStep * figures.tokensPerSecond.median / batch;
    return figures;
}

} // namespace

int BenchSettings::contextNeeded() const {
    const int longestPrompt = promptTokens.empty() ? 0 : *std::max_element(promptTokens.begin(), promptTokens.end());
    return std::max({depth + longestPrompt, std::max(1, depth) + newTokens, checkedTokens});
}

Spread spreadOf(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    const double median = values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    return {median, values.front(), values.back()};
}

Result<BenchFigures> measure(ChatEngine& engine, const BenchSettings& settings,
                             const std::function<void(const std::string&)>& progress, std::stop_token stop) {
    Bench bench(engine, settings, std::move(stop));
    BenchFigures figures;
    progress("checking");
    TRY_OK(bench.check());
    for (const int tokens : settings.promptTokens) {
        progress("reading a prompt of " + std::to_string(tokens) + " tokens");
        auto measured = bench.prefill(tokens);
        if (!measured) return std::move(measured).error();
        figures.prefill.push_back(*measured);
    }
    for (const int batch : settings.batch) {
        progress("writing " + std::to_string(settings.newTokens) + " tokens, batch " + std::to_string(batch));
        auto measured = bench.decode(batch);
        if (!measured) return std::move(measured).error();
        figures.decode.push_back(*measured);
    }
    return figures;
}

} // namespace tramontane::terminal
