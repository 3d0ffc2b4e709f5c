// Words of a command line in, settings out, by a table of options.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/engine/chat_engine.h"

namespace tramontane::terminal {

struct Option {
    std::string name;  // "--prompt"
    std::string value; // what the help calls its value; empty: a switch
    std::string help;
    std::function<Result<void>(const std::string& value)> set;
};

struct Command {
    std::string name, summary;
    std::vector<Option> options;
    std::string positional; // what the help calls the one word without a name; empty: none
    std::function<Result<void>(const std::string& value)> setPositional;
};

enum class Parsed { run, helpShown };

// `--name value` or `--name=value`; a value may begin with dashes. Errors (invalidInput) are wrong usage.
Result<Parsed> parseArguments(const Command& command, std::span<const std::string> words);

// Values of options, each refusing what it cannot mean.
Result<int> parseInteger(const std::string& text, int minimum, int maximum);
Result<double> parseNumber(const std::string& text);
Result<std::uint64_t> parseSeed(const std::string& text);
Result<std::vector<int>> parseIntegers(const std::string& text, int minimum, int maximum); // "1,2,4"

// Setters for the commonest kinds of option.
std::function<Result<void>(const std::string&)> setText(std::string& target);
std::function<Result<void>(const std::string&)> setText(std::optional<std::string>& target);
std::function<Result<void>(const std::string&)> setSwitch(bool& target);
std::function<Result<void>(const std::string&)> setInteger(int& target, int minimum, int maximum);
std::function<Result<void>(const std::string&)> setIntegers(std::vector<int>& target, int minimum, int maximum);

// --model, --device, --gpu-layers, --threads, --context, --kv-cache, --weights-cache, --speculation: every command has
// them.
std::vector<Option> modelOptions(ModelOptions& options);
// The sampling options, each checked against its range; `apply` receives the numbers that were given.
struct SamplingChoice {
    std::vector<std::pair<const SamplingParameter*, double>> numbers;
    std::optional<std::uint64_t> seed;
    std::vector<std::string> stop;
    void apply(SamplingSettings& settings) const;
};
std::vector<Option> samplingOptions(SamplingChoice& choice);

} // namespace tramontane::terminal
