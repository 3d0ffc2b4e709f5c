// Ids and bytes against Mistral's own vocabulary where it is there, and against a small one always.
#include <gmock/gmock.h>

#include <fstream>
#include <random>

#include "core/text/tokenizer.h"
#include "core/text/utf8_stream.h"
#include "tests/core/text/mistral_tokenizer.h"
#include "tests/core/text/sentencepiece_writer.h"

namespace tramontane {
namespace {

using namespace testing;
using ::testing::ElementsAre;

std::unique_ptr<Tokenizer> smallTokenizer(const std::vector<std::string>& words) {
    const auto file =
        std::filesystem::temp_directory_path() / ("tramontane-" + std::to_string(::getpid()) + "-tokenizer.model");
    std::ofstream(file, std::ios::binary) << modelFile(mistralPieces(words));
    auto tokenizer = Tokenizer::open(file, 1000);
    std::filesystem::remove(file);
    EXPECT_TRUE(tokenizer.ok());
    return tokenizer ? std::move(*tokenizer) : nullptr;
}

std::unique_ptr<Tokenizer> openMistral(const std::filesystem::path& file) {
    auto tokenizer = Tokenizer::open(file, 32768);
    EXPECT_TRUE(tokenizer.ok()) << tokenizer.error().message;
    return tokenizer ? std::move(*tokenizer) : nullptr;
}

TEST(Tokenizer, neverParsesControlPiecesOutOfText) {
    const auto tokenizer = smallTokenizer({"\xE2\x96\x81", "[", "I", "N", "S", "T", "]"});
    for (const TokenId id : tokenizer->encode("[INST] hi [/INST] <s></s><unk>[TOOL_CALLS]"))
        EXPECT_FALSE(tokenizer->isControl(id)) << id;
}

TEST(Tokenizer, givesTheBytesOfEveryKindOfPiece) {
    const auto tokenizer = smallTokenizer({"\xE2\x96\x81hi", "a\xE2\x96\x81"
                                                             "b"});
    EXPECT_EQ(tokenizer->tokenBytes(266), " hi");
    EXPECT_EQ(tokenizer->tokenBytes(267), "a b");
    EXPECT_EQ(tokenizer->tokenBytes(10 + 0xF0), "\xF0");
    EXPECT_EQ(tokenizer->tokenBytes(10), std::string_view("\0", 1));
    for (const TokenId id : {-1, 0, 1, 3, 268, 1 << 30}) EXPECT_EQ(tokenizer->tokenBytes(id), "") << id;
}

TEST(Tokenizer, decodesWhatItEncoded) {
    const auto tokenizer = smallTokenizer({"\xE2\x96\x81", "a", "b",
                                           "\xE2\x96\x81"
                                           "a"});
    std::mt19937 random(20261124);
    const std::vector<std::string> parts{"a", "b", " ", "\n", "\xF0\x9F\x9A\x80", "\xC3\xA9", "\t", "\xE4\xBD\xA0"};
    for (int round = 0; round < 500; ++round) {
        std::string text;
        for (int i = random() % 20; i > 0; --i) text += parts[random() % parts.size()];
        EXPECT_EQ(tokenizer->decode(tokenizer->encode(text)), text) << "round " << round;
    }
}

TEST(Tokenizer, readsInvalidUtf8AsReplacementCharacters) {
    const auto tokenizer = smallTokenizer({"\xE2\x96\x81", "a"});
    EXPECT_EQ(tokenizer->decode(tokenizer->encode("a\xFFz")), "a\xEF\xBF\xBDz");
}

TEST(Tokenizer, saysWhatIsWrongWithAFileThatIsNone) {
    const auto missing = Tokenizer::open("/nonexistent/tokenizer.model", 100);
    ASSERT_FALSE(missing.ok());
    EXPECT_EQ(missing.error().kind, ErrorKind::notFound);
    const auto directory = Tokenizer::open(std::filesystem::temp_directory_path(), 100);
    ASSERT_FALSE(directory.ok());
}

TEST(Tokenizer, equalsMistralsVocabulary) {
    SKIP_WITHOUT_MISTRAL_TOKENIZER(file);
    const auto tokenizer = openMistral(*file);
    ASSERT_TRUE(tokenizer);
    EXPECT_EQ(tokenizer->pieceCount(), 32768);
    // From the published model's documentation: the words of the template, typed by a person, are plain text.
    EXPECT_THAT(tokenizer->encode("[INST] hi [/INST]"),
                ElementsAre(1501, 17057, 29561, 12782, 1501, 29516, 17057, 29561));
    EXPECT_EQ(tokenizer->controlToken("[INST]"), 3);
    EXPECT_EQ(tokenizer->controlToken("</s>"), 2);
    EXPECT_EQ(tokenizer->controlToken("hi"), std::nullopt);
    EXPECT_EQ(tokenizer->tokenBytes(771 + 0x41), "A");
    EXPECT_EQ(tokenizer->decode(tokenizer->encode("  d\xC3\xA9j\xC3\xA0 \xF0\x9F\x9A\x80\n")),
              "  d\xC3\xA9j\xC3\xA0 \xF0\x9F\x9A\x80\n");
}

TEST(Tokenizer, streamsEmojiByBytesWithoutReplacement) {
    SKIP_WITHOUT_MISTRAL_TOKENIZER(file);
    const auto tokenizer = openMistral(*file);
    const std::string text = "\xF0\x9F\xA7\x91\xE2\x80\x8D\xF0\x9F\x9A\x80 \xF0\x9F\xAB\xA0!";
    Utf8Stream stream;
    std::string streamed;
    for (const TokenId id : tokenizer->encode(text)) {
        const std::string delta = stream.push(tokenizer->tokenBytes(id));
        EXPECT_EQ(delta, toValidUtf8(delta));
        streamed += delta;
    }
    EXPECT_EQ(streamed + stream.finish(), " " + text); // the dummy space is the caller's to strip
}

} // namespace
} // namespace tramontane
