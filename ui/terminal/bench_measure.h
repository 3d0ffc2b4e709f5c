// An open engine and what to measure in, medians and spreads out.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/engine/chat_engine.h"

namespace tramontane::terminal {

struct BenchSettings {
    std::vector<int> promptTokens{128, 512};
    int newTokens = 64;
    int depth = 0; // tokens that lie in the cache before anything is measured
    std::vector<int> batch{1};
    int repeat = 3;
    int contextNeeded() const;
};

struct Spread {
    double median = 0, minimum = 0, maximum = 0;
};
Spread spreadOf(std::vector<double> values); // not empty

struct PrefillFigures {
    int promptTokens = 0;
    Spread tokensPerSecond;
    Spread timeToFirstTokenMs; // prompt and first token
};
struct DecodeFigures {
    int batch = 0;
    bool sampled = false;      // the backend took the likeliest tokens; else they were taken from its logits
    Spread tokensPerSecond;    // of all sequences together
    double bytesPerStep = 0;   // weights and cached keys and values that one step reads
    double bytesPerSecond = 0; // at the median
};
struct BenchFigures {
    std::vector<PrefillFigures> prefill;
    std::vector<DecodeFigures> decode;
};

// Checks first that tokens read together and one by one give the same logits, within 2 % of their norm, and
// warms up.
Result<BenchFigures> measure(ChatEngine& engine, const BenchSettings& settings,
                             const std::function<void(const std::string&)>& progress, std::stop_token stop);

} // namespace tramontane::terminal
