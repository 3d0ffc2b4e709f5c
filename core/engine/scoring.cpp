// The log-softmax of every row of a text, read in pieces.
#include "core/engine/scoring.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace tramontane {
namespace {

// Rows of logits that a pass returns at most: 64 rows of 32768 are 8 MiB.
constexpr std::size_t rowsAPass = 64;

Result<double> logOfSum(std::span<const float> row) {
    float largest = -std::numeric_limits<float>::infinity();
    bool usable = true;
    for (const float logit : row) {
        usable &= logit < std::numeric_limits<float>::infinity(); // false for NaN too
        largest = std::max(largest, logit);
    }
    if (!usable || !(largest > -std::numeric_limits<float>::infinity()))
        return makeError(ErrorKind::numeric, "the model computed a NaN or an infinity: its weights may be damaged");
    double sum = 0;
    for (const float logit : row) sum += std::exp(static_cast<double>(logit) - static_cast<double>(largest));
    return static_cast<double>(largest) + std::log(sum);
}

std::vector<std::pair<TokenId, double>> likeliest(std::span<const float> row, int count, double logSum) {
    std::vector<TokenId> ids(row.size());
    std::iota(ids.begin(), ids.end(), 0);
    const auto kept = std::min<std::size_t>(static_cast<std::size_t>(count), ids.size());
    std::partial_sort(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(kept), ids.end(),
                      [&](TokenId a, TokenId b) {
                          const float left = row[static_cast<std::size_t>(a)], right = row[static_cast<std::size_t>(b)];
                          return left != right ? left > right : a < b;
                      });
    std::vector<std::pair<TokenId, double>> top;
    for (std::size_t i = 0; i < kept; ++i) top.emplace_back(ids[i], row[static_cast<std::size_t>(ids[i])] - logSum);
    return top;
}

} // namespace

double Score::perplexity() const {
    if (logProbability.empty()) return 1;
    const double sum = std::accumulate(logProbability.begin(), logProbability.end(), 0.0);
    return std::exp(-sum / static_cast<double>(logProbability.size()));
}

Result<Score> scoreIds(Backend& backend, std::span<const TokenId> ids, int topCount,
                       const std::function<void(int done, int total)>& progress, std::stop_token stop) {
    const auto width = static_cast<std::size_t>(backend.info().vocabSize);
    if (ids.empty()) return makeError(ErrorKind::invalidInput, "there are no ids to score, expected one at least");
    for (std::size_t i = 0; i < ids.size(); ++i)
        if (ids[i] < 0 || static_cast<std::size_t>(ids[i]) >= width)
            return makeError(ErrorKind::invalidInput, "ids[" + std::to_string(i) + "] is " + std::to_string(ids[i]) +
                                                          ", expected 0 to " + std::to_string(width - 1));
    if (ids.size() > static_cast<std::size_t>(backend.info().contextLength))
        return makeError(ErrorKind::contextFull, "there are " + std::to_string(ids.size()) +
                                                     " ids, the context holds " +
                                                     std::to_string(backend.info().contextLength));
    auto sequence = backend.createSequence();
    if (!sequence) return std::move(sequence).error();
    struct Release {
        Backend& backend;
        SequenceId id;
        ~Release() { backend.releaseSequence(id); }
    } release{backend, *sequence};

    Score score;
    const auto chunk =
        std::min(rowsAPass, static_cast<std::size_t>(std::max(1, backend.info().preferredPrefillTokens)));
    for (std::size_t at = 0; at < ids.size(); at += chunk) {
        const BatchPiece piece{*sequence, ids.subspan(at, std::min(chunk, ids.size() - at)), LogitsWanted::all};
        auto rows = backend.forward(std::span(&piece, 1), stop);
        if (!rows) return std::move(rows).error();
        for (std::size_t i = 0; i < piece.tokens.size(); ++i) {
            const auto row = rows->subspan(i * width, width);
            auto logSum = logOfSum(row);
            if (!logSum) return std::move(logSum).error();
            score.top.push_back(likeliest(row, topCount, *logSum));
            if (at + i + 1 < ids.size())
                score.logProbability.push_back(row[static_cast<std::size_t>(ids[at + i + 1])] - *logSum);
        }
        if (progress) progress(static_cast<int>(at + piece.tokens.size()), static_cast<int>(ids.size()));
    }
    return score;
}

} // namespace tramontane
