// Stop strings over text that comes in pieces of every size.
#include "core/engine/stop_rules.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>

namespace tramontane {
namespace {

struct Outcome {
    std::string text;
    bool stopped = false;
    bool operator==(const Outcome&) const = default;
};

// By the definition: the first byte at which a stop string is complete, and the longest one there.
Outcome expected(const std::string& text, const std::vector<std::string>& stops) {
    for (std::size_t end = 1; end <= text.size(); ++end) {
        std::size_t longest = 0;
        for (const auto& stop : stops)
            if (stop.size() <= end && text.compare(end - stop.size(), stop.size(), stop) == 0)
                longest = std::max(longest, stop.size());
        if (longest > 0) return {text.substr(0, end - longest), true};
    }
    return {text, false};
}

Outcome streamed(const std::vector<std::string>& pieces, const std::vector<std::string>& stops) {
    StopRules rules(stops);
    Outcome outcome;
    for (const auto& piece : pieces) outcome.text += rules.push(piece);
    outcome.stopped = rules.stopped();
    outcome.text += rules.finish();
    return outcome;
}

TEST(StopRules, stopRules_doNotDependOnWhereTheTextIsCut) {
    const std::pair<std::string, std::vector<std::string>> cases[] = {
        {"Hello world. END of it", {"END"}},
        {"Hello world", {"world!"}},
        {"aaaaab", {"aaab"}},
        {"abcabcabd", {"abcabd", "cabx"}},
        {"abcd", {"abcd", "bc"}},
        {"xxé€😀yy", {"€😀"}},
        {"xxé€😀yy", {"😁"}}, // shares three bytes with what is there
        {"line\n\nnext", {"\n\n"}},
        {"stop at once", {"stop"}},
        {"nothing", {}},
    };
    for (const auto& [text, stops] : cases) {
        const Outcome whole = expected(text, stops);
        EXPECT_EQ(streamed({text}, stops), whole) << text;
        std::vector<std::string> bytes;
        for (const char byte : text) bytes.emplace_back(1, byte);
        EXPECT_EQ(streamed(bytes, stops), whole) << text;
        for (std::size_t a = 0; a <= text.size(); ++a)
            for (std::size_t b = a; b <= text.size(); ++b)
                EXPECT_EQ(streamed({text.substr(0, a), text.substr(a, b - a), text.substr(b)}, stops), whole)
                    << text << a << b;
    }
}

TEST(StopRules, stopRules_equalTheDefinitionOnRandomTexts) {
    std::mt19937 random(31);
    const auto word = [&](int longest) {
        std::string text(std::uniform_int_distribution<int>(1, longest)(random), 'a');
        for (char& c : text) c = "ab"[random() % 2];
        return text;
    };
    for (int round = 0; round < 3000; ++round) {
        SCOPED_TRACE("seed 31, round " + std::to_string(round));
        const std::string text = word(40);
        std::vector<std::string> stops(random() % 4);
        for (auto& stop : stops) stop = word(7);
        std::vector<std::string> pieces;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t length = random() % 5;
            pieces.push_back(text.substr(at, length));
            at += length;
        }
        EXPECT_EQ(streamed(pieces, stops), expected(text, stops));
    }
}

TEST(StopRules, stopRules_holdBackOnlyWhatMayBecomeAStopString) {
    StopRules rules({"END"});
    EXPECT_EQ(rules.push("the E"), "the ");
    EXPECT_EQ(rules.push("N"), "");
    EXPECT_EQ(rules.push("E"), "EN"); // an E may begin again
    EXPECT_EQ(rules.push("."), "E.");
    EXPECT_EQ(rules.push("EN"), "");
    EXPECT_EQ(rules.push(""), "");
    EXPECT_EQ(rules.finish(), "EN");
    EXPECT_FALSE(rules.stopped());
}

TEST(StopRules, stopRules_sayNothingAfterTheEnd) {
    StopRules rules({"."});
    EXPECT_EQ(rules.push("a.b"), "a");
    EXPECT_TRUE(rules.stopped());
    EXPECT_EQ(rules.push("c"), "");
    EXPECT_EQ(rules.finish(), "");
}

} // namespace
} // namespace tramontane
