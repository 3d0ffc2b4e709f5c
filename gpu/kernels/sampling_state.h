// What the sampler on the device is told before an answer, and what it keeps from token to token. Plain data.
#pragma once

#include <cstdint>

#include "core/engine/sampling_settings.h"

namespace tramontane::gpu {

// The settings of core/engine/sampling_settings.h that decide a token.
struct SamplerNumbers {
    double temperature = 0, topP = 1, minP = 0, typicalP = 1;
    double repeatPenalty = 1, presencePenalty = 0, frequencyPenalty = 0;
    int topK = 0, repeatLastN = 0;

    bool operator==(const SamplerNumbers&) const = default;
};

inline SamplerNumbers samplerNumbers(const SamplingSettings& settings) {
    return {settings.temperature,      settings.topP,          settings.minP,
            settings.typicalP,         settings.repeatPenalty, settings.presencePenalty,
            settings.frequencyPenalty, settings.topK,          settings.repeatLastN};
}

enum class SamplerStatus : int {
    ok = 0,
    notNumbers = 1,     // a NaN or +infinity in the row
    nothingFollows = 2, // every producible token is impossible
};

// Device memory: uploaded before the first token of an answer, the kernels' from then on.
struct SamplerState {
    SamplerNumbers numbers;
    std::uint64_t seed = 0;
    std::uint64_t draws = 0;      // tokens drawn so far: the n of the next draw
    int historyLength = 0;        // prompt and answer so far
    int token = -1;               // the last one; -1 if there is none
    SamplerStatus status{};       // of the last row
    std::uint32_t steps = 0;      // rows since the upload, those without a token too
    std::uint64_t best = 0;       // zero between rows: the likeliest so far
    std::uint32_t blocksDone = 0; // zero between rows
};

// What the host reads, written at once: offset 0, 4 bytes: the token, or -SamplerStatus; offset 4, 4 bytes: steps.
struct alignas(8) SampledToken {
    std::int32_t token = 0;
    std::uint32_t step = 0; // counts from 1
};
static_assert(sizeof(SampledToken) == 8);

} // namespace tramontane::gpu
