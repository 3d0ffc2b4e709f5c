// A text's ids in, how likely the model finds each of them out.
#pragma once

#include <functional>
#include <span>
#include <stop_token>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/engine/backend.h"

namespace tramontane {

struct Score {
    std::vector<double> logProbability; // N-1: of ids[i+1] after ids[0..i]; natural logarithms
    // N lists, after ids[0..i]: the likeliest tokens and their logarithms, likeliest first, the lower id of
    // equals.
    std::vector<std::vector<std::pair<TokenId, double>>> top;
    double perplexity() const; // exp of the mean surprise; 1 for a single id
};

// Over all rows of the head, no token left out. Errors as Backend::forward, and invalidInput for no ids at
// all.
Result<Score> scoreIds(Backend& backend, std::span<const TokenId> ids, int topCount,
                       const std::function<void(int done, int total)>& progress, std::stop_token stop);

} // namespace tramontane
