// The settings that turn logits into text, spelled as the field spells them. One list,
// `samplingParameters()`, gives names, ranges and defaults to the command line, the preferences and the
// checks.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace tramontane {

struct SamplingSettings {
    double temperature = 0.7;          // 0: greedy
    int topK = 0;                      // 0: off
    double topP = 0.95;                // 1: off
    double minP = 0.0;                 // 0: off
    double typicalP = 1.0;             // 1: off
    double repeatPenalty = 1.0;        // 1: off
    int repeatLastN = 64;              // tokens the penalties look back on; -1: the whole context, 0: none
    double presencePenalty = 0.0;      // 0: off
    double frequencyPenalty = 0.0;     // 0: off
    int maxTokens = 2048;              // new tokens at most; -1: until the context is full
    std::optional<std::uint64_t> seed; // none: drawn anew for each answer, and reported with it
    std::vector<std::string> stop;     // the answer ends before the first of these

    bool operator==(const SamplingSettings&) const = default;

    // Whether the tokens so far count.
    bool penalizes() const {
        return repeatLastN != 0 && !(repeatPenalty == 1 && presencePenalty == 0 && frequencyPenalty == 0);
    }
};

// One numeric setting, for whoever shows, stores or parses it.
struct SamplingParameter {
    const char* name;                   // "top-p": the option is --top-p, the stored key "top_p"
    double minimum, maximum, step, off; // `off`: the value that switches it off; NaN where there is none
    bool integer;
    double (*get)(const SamplingSettings&);
    void (*set)(SamplingSettings&, double);
};
std::span<const SamplingParameter> samplingParameters();

// Refuses what lies outside the ranges or is NaN, naming the field.
Result<void> checkSamplingSettings(const SamplingSettings& settings);

// {"temperature":0.7,"top_k":0,...}: every key optional on the way in, unknown keys and wrong types refused.
std::string samplingSettingsToJson(const SamplingSettings& settings);
Result<SamplingSettings> samplingSettingsFromJson(const std::string& text);

} // namespace tramontane
