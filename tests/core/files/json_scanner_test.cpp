// The scanner takes JSON and nothing else.
#include "core/files/json_scanner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/files/json_file.h"

namespace tramontane {
namespace {

using ::testing::HasSubstr;

bool isJson(std::string_view text) {
    JsonScanner scanner(text);
    return scanner.skipValue() && scanner.atEnd();
}

TEST(JsonScanner, agreesWithAnotherParserOnWhatIsJson) {
    const std::string pieces[] = {"{",           "}",   "[",       "]",           ",",  ":",     "\"a\"",
                                  "\"\\u00e9\"", "1",   "-0.5",    "01",          "1.", "true",  "nul",
                                  "null",        " \n", "\"\\x\"", "\"\\ud800\"", "é",  "\"é\"", "\"",
                                  "false",       "-",   "1E",      "\"\x01\""};
    std::uint32_t state = 12345;
    int accepted = 0;
    for (int round = 0; round < 200000; ++round) {
        std::string text;
        const int count = 1 + int(state >> 29);
        for (int i = 0; i < count; ++i) {
            state = state * 1664525 + 1013904223;
            text += pieces[(state >> 16) % std::size(pieces)];
        }
        state = state * 1664525 + 1013904223;
        const bool expected = nlohmann::json::accept(text);
        accepted += expected;
        ASSERT_EQ(isJson(text), expected) << text;
    }
    EXPECT_GT(accepted, 1000) << "the texts must not all be wrong";
}

TEST(JsonScanner, readsKeysStringsAndNumbers) {
    JsonScanner scanner(R"( {"a\n\u00e9\ud83d\ude00" : [1, 18446744073709551615], "b":"x\/y"} )");
    std::string text;
    std::uint64_t number = 0;
    ASSERT_TRUE(scanner.beginObject());
    ASSERT_TRUE(scanner.nextKey(text, 100));
    EXPECT_EQ(text, "a\né😀");
    ASSERT_TRUE(scanner.beginArray());
    ASSERT_TRUE(scanner.nextElement());
    ASSERT_TRUE(scanner.readUnsigned(number));
    EXPECT_EQ(number, 1u);
    ASSERT_TRUE(scanner.nextElement());
    ASSERT_TRUE(scanner.readUnsigned(number));
    EXPECT_EQ(number, ~0ull);
    EXPECT_FALSE(scanner.nextElement());
    ASSERT_TRUE(scanner.nextKey(text, 100));
    ASSERT_TRUE(scanner.readString(text, 100));
    EXPECT_EQ(text, "x/y");
    EXPECT_FALSE(scanner.nextKey(text, 100));
    EXPECT_TRUE(scanner.atEnd()) << scanner.error();
}

TEST(JsonScanner, refusesNumbersThatAreNotWholeAndPositive) {
    for (const char* text : {"-1", "1.0", "1e3", "18446744073709551616", "007", "x", "", "0x10", "1E2"}) {
        JsonScanner scanner(text);
        std::uint64_t number = 0;
        EXPECT_FALSE(scanner.readUnsigned(number) && scanner.atEnd()) << text;
        EXPECT_FALSE(scanner.ok());
    }
}

TEST(JsonScanner, refusesWhatIsNotUtf8) {
    for (const char* text : {"\"\xff\"", "\"\xc0\xaf\"", "\"\xe0\x80\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"",
                             "\"\xf8\x88\x80\x80\x80\"", "\"\xc3\"", "\"\xe2\x82\""})
        EXPECT_FALSE(isJson(text));
    EXPECT_TRUE(isJson("\"\xf4\x8f\xbf\xbf \xed\x9f\xbf \xee\x80\x80\""));
}

TEST(JsonScanner, nestsSixtyFourDeepAndNoDeeper) {
    EXPECT_TRUE(isJson(std::string(64, '[') + std::string(64, ']')));
    const std::string deep = std::string(65, '[') + std::string(65, ']');
    JsonScanner scanner(deep);
    EXPECT_FALSE(scanner.skipValue());
    EXPECT_THAT(scanner.error(), HasSubstr("64 deep"));
    EXPECT_FALSE(isJson(std::string(1000000, '[')));
}

TEST(JsonScanner, readsExponentsAsTheGrammarHasThem) {
    for (const char* text : {"1e5", "1E+5", "-0e-0", "0.5e007"}) EXPECT_TRUE(isJson(text)) << text;
    for (const char* text : {"1e", "1e+", "e5", "1.e5", "+1", ".5", "1e5.0"}) EXPECT_FALSE(isJson(text)) << text;
}

TEST(JsonScanner, keepsTheFirstError) {
    JsonScanner scanner("[1,]");
    EXPECT_FALSE(scanner.skipValue());
    const std::string first = scanner.error();
    EXPECT_THAT(first, HasSubstr("at byte 3"));
    EXPECT_FALSE(scanner.beginObject());
    EXPECT_EQ(scanner.error(), first);
}

TEST(JsonScanner, reportsProgressThroughLongStringsAndSpaces) {
    const std::string text = "[\"" + std::string(5u << 20, 'a') + "\"," + std::string(5u << 20, ' ') + "1]";
    std::vector<std::size_t> reports;
    JsonScanner scanner(text, [&](std::size_t done) { reports.push_back(done); });
    EXPECT_TRUE(scanner.skipValue());
    ASSERT_GE(reports.size(), 9u);
    for (std::size_t i = 1; i < reports.size(); ++i) EXPECT_LE(reports[i] - reports[i - 1], 2u << 20);
}

TEST(JsonFile, namesTheFieldWhereTheTextGoesWrong) {
    const auto error = [](std::string_view text) {
        const Result<nlohmann::json> parsed = parseJsonObject(text, "config.json");
        return parsed.ok() ? "parsed" : parsed.error().message;
    };
    EXPECT_EQ(error("{\"a\": {\"b\": [1, true]}}"), "parsed");
    EXPECT_THAT(error("{\"a\": 1, \"rope_theta\": NaN}"), HasSubstr("\"rope_theta\""));
    EXPECT_THAT(error("{\"rope_theta\": 1e999}"), HasSubstr("\"rope_theta\""));
    EXPECT_THAT(error("{\"a\": 1, \"a\": 2}"), HasSubstr("the name \"a\" twice"));
    EXPECT_THAT(error("{\"x\": {\"a\": 1, \"b\": 0, \"a\": 2}}"), HasSubstr("the name \"a\" twice"));
    EXPECT_THAT(error("[1]"), HasSubstr("not a JSON object"));
    EXPECT_THAT(error(""), HasSubstr("not valid JSON"));
    EXPECT_THAT(error("{} x"), HasSubstr("not valid JSON"));
    EXPECT_THAT(error("{\"a\": \"\xff\"}"), HasSubstr("not valid JSON"));
    EXPECT_THAT(error("{\"a\":" + std::string(100000, '[')), HasSubstr("64 deep"));
    EXPECT_EQ(error("{\"a\":\"[[[[\\\"[[[[" + std::string(100, '[') + "\"}"), "parsed")
        << "brackets in strings do not nest";
}

} // namespace
} // namespace tramontane
