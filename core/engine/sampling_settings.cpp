// The one table of sampling parameters, and the settings' way to JSON and back through it.
#include "core/engine/sampling_settings.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/text/utf8_stream.h"

namespace tramontane {
namespace {

constexpr double noOff = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t maxStopStrings = 64;
constexpr std::size_t maxStopBytes = 1024;

template <auto Member>
double getField(const SamplingSettings& settings) {
    return static_cast<double>(settings.*Member);
}

// Numbers that no int holds go to its ends, where the check of the range finds them.
int toInt(double value) {
    if (!(value >= std::numeric_limits<int>::min())) return std::numeric_limits<int>::min();
    if (value > std::numeric_limits<int>::max()) return std::numeric_limits<int>::max();
    return static_cast<int>(value);
}

template <auto Member>
void setField(SamplingSettings& settings, double value) {
    if constexpr (std::is_same_v<std::remove_reference_t<decltype(settings.*Member)>, int>)
        settings.*Member = toInt(value);
    else
        settings.*Member = value;
}

template <auto Member>
constexpr SamplingParameter parameter(const char* name, double minimum, double maximum, double step, double off) {
    constexpr bool integer = std::is_same_v<std::remove_cvref_t<decltype(SamplingSettings{}.*Member)>, int>;
    return {name, minimum, maximum, step, off, integer, getField<Member>, setField<Member>};
}

using S = SamplingSettings;
// clang-format off
constexpr std::array parameters{
    //                               name                 min  max     step  off
    parameter<&S::temperature>      ("temperature",       0,   2,      0.05, noOff),
    parameter<&S::topK>             ("top-k",             0,   1000,   1,    0),
    parameter<&S::topP>             ("top-p",             0,   1,      0.01, 1),
    parameter<&S::minP>             ("min-p",             0,   1,      0.01, 0),
    parameter<&S::typicalP>         ("typical-p",         0,   1,      0.01, 1),
    parameter<&S::repeatPenalty>    ("repeat-penalty",    0.5, 2,      0.01, 1),
    parameter<&S::repeatLastN>      ("repeat-last-n",     -1,  32768,  1,    0),
    parameter<&S::presencePenalty>  ("presence-penalty",  -2,  2,      0.05, 0),
    parameter<&S::frequencyPenalty> ("frequency-penalty", -2,  2,      0.05, 0),
    parameter<&S::maxTokens>        ("max-tokens",        -1,  131072, 1,    -1),
};
// clang-format on

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.10g", value);
    return text;
}

// "top-p" is stored as "top_p".
std::string keyOf(const SamplingParameter& parameter) {
    std::string key = parameter.name;
    std::replace(key.begin(), key.end(), '-', '_');
    return key;
}

Error wrongType(const std::string& key, const char* expected, const nlohmann::json& found) {
    return makeError(ErrorKind::invalidInput,
                     "sampling settings: " + key + " is " + std::string(found.type_name()) + ", expected " + expected);
}

Result<void> readStop(const nlohmann::json& value, SamplingSettings& settings) {
    if (!value.is_array()) return wrongType("stop", "an array of strings", value);
    for (const auto& entry : value) {
        if (!entry.is_string()) return wrongType("an entry of stop", "a string", entry);
        settings.stop.push_back(entry.get<std::string>());
    }
    return {};
}

Result<void> readField(const std::string& key, const nlohmann::json& value, SamplingSettings& settings) {
    if (key == "stop") return readStop(value, settings);
    if (key == "seed") {
        if (value.is_null()) return {};
        if (!value.is_number_integer() || (!value.is_number_unsigned() && value.get<std::int64_t>() < 0))
            return wrongType(key, "a whole number from 0 to 18446744073709551615, or null", value);
        settings.seed = value.get<std::uint64_t>();
        return {};
    }
    for (const SamplingParameter& parameter : parameters) {
        if (key != keyOf(parameter)) continue;
        if (!value.is_number()) return wrongType(key, "a number", value);
        const double wanted = value.get<double>();
        if (parameter.integer && wanted != std::floor(wanted))
            return makeError(ErrorKind::invalidInput,
                             "sampling settings: " + key + " is " + number(wanted) + ", expected a whole number");
        parameter.set(settings, wanted);
        return {};
    }
    return makeError(ErrorKind::invalidInput, "sampling settings: unknown key \"" + toValidUtf8(key) + "\"");
}

} // namespace

std::span<const SamplingParameter> samplingParameters() { return parameters; }

Result<void> checkSamplingSettings(const SamplingSettings& settings) {
    for (const SamplingParameter& parameter : parameters) {
        const double value = parameter.get(settings);
        if (!(value >= parameter.minimum && value <= parameter.maximum)) // also refuses NaN
            return makeError(ErrorKind::invalidInput, std::string(parameter.name) + " is " + number(value) +
                                                          ", expected " + number(parameter.minimum) + " to " +
                                                          number(parameter.maximum));
    }
    if (settings.stop.size() > maxStopStrings)
        return makeError(ErrorKind::invalidInput, "stop has " + std::to_string(settings.stop.size()) +
                                                      " strings, expected at most " + std::to_string(maxStopStrings));
    for (const std::string& text : settings.stop) {
        if (text.empty())
            return makeError(ErrorKind::invalidInput, "stop has an empty string: it would end every answer");
        if (text.size() > maxStopBytes)
            return makeError(ErrorKind::invalidInput, "stop has a string of " + std::to_string(text.size()) +
                                                          " bytes, expected at most " + std::to_string(maxStopBytes));
        if (toValidUtf8(text) != text) return makeError(ErrorKind::invalidInput, "stop has a string that is not UTF-8");
    }
    return {};
}

std::string samplingSettingsToJson(const SamplingSettings& settings) {
    nlohmann::ordered_json json;
    for (const SamplingParameter& parameter : parameters) {
        if (parameter.integer)
            json[keyOf(parameter)] = static_cast<int>(parameter.get(settings));
        else
            json[keyOf(parameter)] = parameter.get(settings);
    }
    if (settings.seed)
        json["seed"] = *settings.seed;
    else
        json["seed"] = nullptr;
    json["stop"] = settings.stop;
    return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Result<SamplingSettings> samplingSettingsFromJson(const std::string& text) {
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object())
        return makeError(ErrorKind::invalidInput,
                         json.is_discarded()
                             ? std::string("sampling settings: the text is not JSON")
                             : "sampling settings: found " + std::string(json.type_name()) + ", expected an object");
    SamplingSettings settings;
    for (const auto& [key, value] : json.items()) TRY_OK(readField(key, value, settings));
    TRY_OK(checkSamplingSettings(settings));
    return settings;
}

} // namespace tramontane
