// The parser and the values it knows. Our own, because the sampling options come from the engine's table.
#include "ui/terminal/arguments.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <utility>

#include "core/cpu/weights_cache.h"
#include "ui/terminal/console.h"

namespace tramontane::terminal {
namespace {

Error wrong(std::string message) { return makeError(ErrorKind::invalidInput, std::move(message)); }

void printHelp(const Command& command) {
    std::string text = "Usage: tramontane-cli " + command.name + (command.options.empty() ? "" : " [OPTION]...");
    if (!command.positional.empty()) text += " [" + command.positional + "]";
    text += "\n" + command.summary + "\n\nOptions:\n";
    std::size_t width = 0;
    const auto left = [](const Option& option) {
        return "  " + option.name + (option.value.empty() ? "" : " " + option.value);
    };
    for (const Option& option : command.options) width = std::max(width, left(option).size());
    for (const Option& option : command.options) {
        const std::string name = left(option);
        text += name + std::string(width - name.size() + 2, ' ') + option.help + "\n";
    }
    (void)writeOut(text);
}

template <class Number>
bool readWhole(const std::string& text, Number& number) {
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    return error == std::errc() && stopped == end && !text.empty();
}

std::string shortNumber(double number) {
    char text[40];
    std::snprintf(text, sizeof text, "%.10g", number);
    return text;
}

std::string range(double minimum, double maximum) { return shortNumber(minimum) + " to " + shortNumber(maximum); }

// What --help says of a sampling option before its range.
const char* explanation(const std::string& name) {
    static constexpr std::pair<const char*, const char*> lines[] = {
        {"temperature", "0 always takes the likeliest token, more is more varied"},
        {"top-k", "choose among the K likeliest tokens"},
        {"top-p", "choose among the likeliest tokens that together have this probability"},
        {"min-p", "leave out tokens less likely than this share of the likeliest"},
        {"typical-p", "choose among the tokens whose surprise is nearest to what is expected"},
        {"repeat-penalty", "above 1, makes tokens that were there less likely"},
        {"repeat-last-n", "how many tokens the penalties look back on (-1: all)"},
        {"presence-penalty", "taken off a token that was there"},
        {"frequency-penalty", "taken off a token for each time it was there"},
        {"max-tokens", "the longest answer (-1: until the context is full)"},
    };
    for (const auto& [known, text] : lines)
        if (name == known) return text;
    return "";
}

} // namespace

Result<Parsed> parseArguments(const Command& command, std::span<const std::string> words) {
    const std::string hint = "; see tramontane-cli " + command.name + " --help";
    bool positionalSeen = false;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        if (word == "--help" || word == "-h") {
            printHelp(command);
            return Parsed::helpShown;
        }
        if (word.size() < 2 || word.front() != '-') {
            if (command.positional.empty() || positionalSeen) return wrong("unexpected \"" + word + "\"" + hint);
            positionalSeen = true;
            TRY_OK(command.setPositional(word));
            continue;
        }
        const std::size_t equals = word.find('=');
        const std::string name = word.substr(0, equals);
        const auto option = std::find_if(command.options.begin(), command.options.end(),
                                         [&](const Option& known) { return known.name == name; });
        if (option == command.options.end()) return wrong("unknown option " + name + hint);
        std::string value;
        if (option->value.empty()) {
            if (equals != std::string::npos) return wrong(name + " takes no value" + hint);
        } else if (equals != std::string::npos) {
            value = word.substr(equals + 1);
        } else {
            if (i + 1 == words.size()) return wrong(name + " needs a value (" + option->value + ")" + hint);
            value = words[++i];
        }
        if (auto set = option->set(value); !set.ok())
            return wrong(name + " is \"" + value + "\", " + set.error().message);
    }
    return Parsed::run;
}

Result<int> parseInteger(const std::string& text, int minimum, int maximum) {
    int number = 0;
    if (!readWhole(text, number) || number < minimum || number > maximum)
        return wrong("expected a whole number, " + range(minimum, maximum));
    return number;
}

Result<double> parseNumber(const std::string& text) {
    double number = 0;
    if (!readWhole(text, number) || !std::isfinite(number)) return wrong("expected a number");
    return number;
}

Result<std::uint64_t> parseSeed(const std::string& text) {
    std::uint64_t number = 0;
    if (!readWhole(text, number)) return wrong("expected a whole number, 0 to 18446744073709551615");
    return number;
}

Result<std::vector<int>> parseIntegers(const std::string& text, int minimum, int maximum) {
    std::vector<int> numbers;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t comma = std::min(text.find(',', at), text.size());
        auto number = parseInteger(text.substr(at, comma - at), minimum, maximum);
        if (!number) return wrong("expected whole numbers, " + range(minimum, maximum) + ", with commas between");
        numbers.push_back(*number);
        at = comma + 1;
    }
    return numbers;
}

std::function<Result<void>(const std::string&)> setText(std::string& target) {
    return [&target](const std::string& value) -> Result<void> {
        target = value;
        return {};
    };
}

std::function<Result<void>(const std::string&)> setText(std::optional<std::string>& target) {
    return [&target](const std::string& value) -> Result<void> {
        target = value;
        return {};
    };
}

std::function<Result<void>(const std::string&)> setSwitch(bool& target) {
    return [&target](const std::string&) -> Result<void> {
        target = true;
        return {};
    };
}

std::function<Result<void>(const std::string&)> setInteger(int& target, int minimum, int maximum) {
    return [=, &target](const std::string& value) -> Result<void> {
        auto number = parseInteger(value, minimum, maximum);
        if (!number) return std::move(number).error();
        target = *number;
        return {};
    };
}

std::function<Result<void>(const std::string&)> setIntegers(std::vector<int>& target, int minimum, int maximum) {
    return [=, &target](const std::string& value) -> Result<void> {
        auto numbers = parseIntegers(value, minimum, maximum);
        if (!numbers) return std::move(numbers).error();
        target = std::move(*numbers);
        return {};
    };
}

std::vector<Option> modelOptions(ModelOptions& options) {
    constexpr int mostLayers = 1000; // more than any model has, which then means all
    options.weightsCache = defaultWeightsCacheDirectory();
    options.finishesWeightsCache = true;
    return {
        {"--model", "DIR", "the folder of the model (without it: the built-in one)",
         [&options](const std::string& value) -> Result<void> {
             if (value.empty()) return wrong("expected a folder");
             options.directory = value;
             return {};
         }},
        {"--device", "auto|cpu|cuda", "what computes (auto: the best there is)",
         [&options](const std::string& value) -> Result<void> {
             if (value != "auto" && value != "cpu" && value != "cuda") return wrong("expected auto, cpu or cuda");
             options.device = value;
             return {};
         }},
        {"--gpu-layers", "N|auto", "layers on the GPU, the others on the CPU (auto: as many as fit there)",
         [&options](const std::string& value) -> Result<void> {
             options.gpuLayers = -1;
             if (value == "auto") return {};
             auto number = parseInteger(value, 0, mostLayers);
             if (!number) return wrong("expected auto or a whole number, " + range(0, mostLayers));
             options.gpuLayers = *number;
             return {};
         }},
        {"--threads", "N", "threads of the CPU (0: as many as suit this machine)",
         setInteger(options.threads, 0, 1024)},
        {"--context", "N", "tokens the model can look at (0: what it was made for, at most 8192)",
         setInteger(options.contextLength, 0, 1 << 24)},
        {"--kv-cache", "f16|fp8", "what the GPU keeps the context as (fp8: half the memory, less exact; the CPU: f16)",
         [&options](const std::string& value) -> Result<void> {
             const auto element = kvElementNamed(value);
             if (!element) return wrong("expected f16 or fp8");
             options.kvElement = *element;
             return {};
         }},
        {"--weights-cache", "DIR|off", "where packed weights are kept for the next time (off: nowhere)",
         [&options](const std::string& value) -> Result<void> {
             if (value.empty()) return wrong("expected a folder or off");
             options.weightsCache = value == "off" ? std::string() : value;
             return {};
         }},
        {"--speculation", "on|off", "guess words that the text repeats and check several at once (on)",
         [&options](const std::string& value) -> Result<void> {
             if (value != "on" && value != "off") return wrong("expected on or off");
             options.speculation = value == "on";
             return {};
         }},
    };
}

void SamplingChoice::apply(SamplingSettings& settings) const {
    for (const auto& [parameter, value] : numbers) parameter->set(settings, value);
    if (seed) settings.seed = seed;
    if (!stop.empty()) settings.stop = stop;
}

std::vector<Option> samplingOptions(SamplingChoice& choice) {
    std::vector<Option> options;
    for (const SamplingParameter& parameter : samplingParameters()) {
        const std::string help = std::string(explanation(parameter.name)) + "; " +
                                 range(parameter.minimum, parameter.maximum) +
                                 (std::isnan(parameter.off) ? "" : "; off: " + shortNumber(parameter.off));
        options.push_back({std::string("--") + parameter.name, parameter.integer ? "N" : "X", help,
                           [&choice, &parameter](const std::string& value) -> Result<void> {
                               auto number = parseNumber(value);
                               const bool fits = number.ok() && *number >= parameter.minimum &&
                                                 *number <= parameter.maximum &&
                                                 (!parameter.integer || *number == std::floor(*number));
                               if (!fits)
                                   return wrong(std::string("expected a ") + (parameter.integer ? "whole " : "") +
                                                "number, " + range(parameter.minimum, parameter.maximum));
                               choice.numbers.emplace_back(&parameter, *number);
                               return {};
                           }});
    }
    options.push_back({"--seed", "N", "the same seed and settings give the same answer (without it: drawn anew)",
                       [&choice](const std::string& value) -> Result<void> {
                           auto seed = parseSeed(value);
                           if (!seed) return std::move(seed).error();
                           choice.seed = *seed;
                           return {};
                       }});
    options.push_back({"--stop", "TEXT", "the answer ends before this text; may be given several times",
                       [&choice](const std::string& value) -> Result<void> {
                           SamplingSettings probe;
                           probe.stop = choice.stop;
                           probe.stop.push_back(value);
                           TRY_OK(checkSamplingSettings(probe));
                           choice.stop.push_back(value);
                           return {};
                       }});
    return options;
}

} // namespace tramontane::terminal
