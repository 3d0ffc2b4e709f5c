// The table of parameters, the checks and the JSON form.
#include "core/engine/sampling_settings.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <set>

namespace tramontane {
namespace {

std::string errorOf(const Result<void>& result) { return result.ok() ? "" : result.error().message; }
std::string errorOf(const Result<SamplingSettings>& result) { return result.ok() ? "" : result.error().message; }

TEST(SamplingSettings, samplingSettings_tableReachesEveryFieldOnce) {
    std::set<std::string> names;
    for (const SamplingParameter& parameter : samplingParameters()) {
        names.insert(parameter.name);
        SamplingSettings settings;
        const double other = parameter.get(settings) == parameter.maximum ? parameter.minimum : parameter.maximum;
        parameter.set(settings, other);
        EXPECT_EQ(parameter.get(settings), other) << parameter.name;
        for (const SamplingParameter& untouched : samplingParameters()) {
            if (&untouched == &parameter) continue;
            EXPECT_EQ(untouched.get(settings), untouched.get(SamplingSettings{})) << untouched.name;
        }
        EXPECT_TRUE(std::isnan(parameter.off) ||
                    (parameter.off >= parameter.minimum && parameter.off <= parameter.maximum));
    }
    EXPECT_EQ(names, (std::set<std::string>{"temperature", "top-k", "top-p", "min-p", "typical-p", "repeat-penalty",
                                            "repeat-last-n", "presence-penalty", "frequency-penalty", "max-tokens"}));
}

TEST(SamplingSettings, samplingSettings_refusesWhatLiesOutsideARangeNamingTheField) {
    EXPECT_TRUE(checkSamplingSettings({}).ok());
    const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
    for (const SamplingParameter& parameter : samplingParameters()) {
        for (const double inside : {parameter.minimum, parameter.maximum}) {
            SamplingSettings settings;
            parameter.set(settings, inside);
            EXPECT_EQ(errorOf(checkSamplingSettings(settings)), "");
        }
        for (const double outside : {parameter.minimum - 1, parameter.maximum + 1, nan, inf, -inf, 1e300}) {
            SamplingSettings settings;
            parameter.set(settings, outside);
            EXPECT_EQ(errorOf(checkSamplingSettings(settings)).rfind(parameter.name, 0), 0u)
                << parameter.name << outside;
        }
    }
    SamplingSettings settings;
    settings.stop = {"end", ""};
    EXPECT_NE(errorOf(checkSamplingSettings(settings)).find("empty"), std::string::npos);
    settings.stop = {"\xFF"};
    EXPECT_NE(errorOf(checkSamplingSettings(settings)).find("UTF-8"), std::string::npos);
    settings.stop.assign(65, "x");
    EXPECT_NE(errorOf(checkSamplingSettings(settings)).find("65"), std::string::npos);
    settings.stop = {std::string(1025, 'x')};
    EXPECT_NE(errorOf(checkSamplingSettings(settings)).find("1025"), std::string::npos);
}

TEST(SamplingSettings, samplingSettings_comeBackFromJsonAsTheyWere) {
    SamplingSettings settings;
    settings.temperature = 0.1;
    settings.topK = 40;
    settings.minP = 0.05;
    settings.repeatLastN = -1;
    settings.maxTokens = 7;
    settings.seed = std::numeric_limits<std::uint64_t>::max();
    settings.stop = {"\n\n", "„Ende“", "\"\\"};
    auto back = samplingSettingsFromJson(samplingSettingsToJson(settings));
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_EQ(*back, settings);
    EXPECT_EQ(*samplingSettingsFromJson(samplingSettingsToJson({})), SamplingSettings{});
    EXPECT_EQ(*samplingSettingsFromJson("{}"), SamplingSettings{});
    EXPECT_EQ(samplingSettingsFromJson(R"({"top_k": 40.0})")->topK, 40);
}

TEST(SamplingSettings, samplingSettings_refusesJsonThatMeansSomethingElse) {
    const std::pair<const char*, const char*> cases[] = {
        {"", "not JSON"},
        {"[1]", "expected an object"},
        {"{\"temperature\":", "not JSON"},
        {R"({"temprature": 1})", "temprature"},
        {R"({"temperature": "1"})", "temperature"},
        {R"({"temperature": 3})", "temperature is 3"},
        {R"({"temperature": null})", "temperature"},
        {R"({"top_k": 1.5})", "whole number"},
        {R"({"top_k": 1e30})", "top-k"},
        {R"({"top-k": 1})", "top-k"},
        {R"({"seed": -1})", "seed"},
        {R"({"seed": 1.5})", "seed"},
        {R"({"seed": 18446744073709551616})", "seed"},
        {R"({"stop": "x"})", "stop"},
        {R"({"stop": [1]})", "stop"},
        {R"({"stop": [""]})", "stop"},
    };
    for (const auto& [text, part] : cases)
        EXPECT_NE(errorOf(samplingSettingsFromJson(text)).find(part), std::string::npos)
            << text << " -> " << errorOf(samplingSettingsFromJson(text));
    EXPECT_FALSE(samplingSettingsFromJson(std::string(100000, '[')).ok());
}

} // namespace
} // namespace tramontane
