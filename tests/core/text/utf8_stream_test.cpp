// Whatever bytes come, in whatever pieces, what leaves is valid UTF-8.
#include <gtest/gtest.h>

#include <random>

#include "core/text/utf8_stream.h"

namespace tramontane {
namespace {

const std::string kReplacement = "\xEF\xBF\xBD";
const std::string kSamples[] = {"plain",
                                "d\xC3\xA9j\xC3\xA0",
                                "\xE4\xBD\xA0\xE5\xA5\xBD",
                                "\xF0\x9F\x9A\x80\xF0\x9F\xA7\x91\xE2\x80\x8D\xF0\x9F\x9A\x80",
                                std::string("nul\0inside", 10),
                                "\xF4\x8F\xBF\xBF",
                                "\xED\x9F\xBF\xEE\x80\x80"};

TEST(Utf8Stream, givesTheSameTextHoweverItIsCut) {
    for (const auto& text : kSamples)
        for (std::size_t first = 0; first <= text.size(); ++first)
            for (std::size_t second = first; second <= text.size(); ++second) {
                Utf8Stream stream;
                std::string out = stream.push(text.substr(0, first));
                out += stream.push(text.substr(first, second - first));
                out += stream.push(text.substr(second));
                EXPECT_EQ(out, text);
                EXPECT_EQ(stream.finish(), "");
            }
}

TEST(Utf8Stream, marksAnUnfinishedEndOnce) {
    Utf8Stream stream;
    EXPECT_EQ(stream.push("a\xF0\x9F\x9A"), "a");
    EXPECT_EQ(stream.finish(), kReplacement);
    EXPECT_EQ(stream.finish(), "");
    EXPECT_EQ(stream.push("b"), "b");
}

TEST(Utf8Stream, leavesOutWhatIsInvalidAndSaysSoOnceAtTheEnd) {
    for (const std::string bad :
         {"\xFF", "\xC0\xAF", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xE2\x28", "\x80\x80", "\xF4\x90\x80\x80"}) {
        Utf8Stream stream;
        const std::string out = stream.push("x" + bad + "y" + bad + "z");
        EXPECT_EQ(out, toValidUtf8(out));
        EXPECT_EQ(out.find(kReplacement), std::string::npos);
        EXPECT_EQ(out.front(), 'x');
        EXPECT_EQ(out.back(), 'z');
        EXPECT_EQ(stream.finish(), kReplacement);
    }
}

TEST(Utf8Stream, isValidOnRandomBytes) {
    std::mt19937 random(20261124);
    for (int round = 0; round < 2000; ++round) {
        Utf8Stream stream;
        std::string bytes;
        for (int i = random() % 24; i > 0; --i)
            bytes += static_cast<char>(random() % 4 ? 0x80 + random() % 128 : random());
        for (const char byte : bytes) {
            const std::string delta = stream.push(std::string_view(&byte, 1));
            ASSERT_EQ(delta, toValidUtf8(delta)) << "round " << round;
        }
        const std::string end = stream.finish();
        ASSERT_TRUE(end.empty() || end == kReplacement);
    }
}

TEST(ToValidUtf8, replacesEachMaximalPart) {
    EXPECT_EQ(toValidUtf8("a\xF0\x9F"
                          "b"),
              "a" + kReplacement + "b");
    EXPECT_EQ(toValidUtf8("\xFF\xFE"), kReplacement + kReplacement);
    EXPECT_EQ(toValidUtf8("\xED\xA0\x80"), kReplacement + kReplacement + kReplacement);
    for (const auto& text : kSamples) EXPECT_EQ(toValidUtf8(text), text);
}

} // namespace
} // namespace tramontane
