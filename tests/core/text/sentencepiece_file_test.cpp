// Every way a tokenizer.model can lie is refused, and says how.
#include <gmock/gmock.h>

#include <cmath>

#include "tests/core/text/sentencepiece_writer.h"

namespace tramontane {
namespace {

using namespace testing;
using ::testing::HasSubstr;

void expectRefused(const std::string& bytes, const std::string& because, int maxPieces = 1000) {
    const auto parsed = parseSentencepieceFile(bytes, maxPieces);
    ASSERT_FALSE(parsed.ok());
    EXPECT_THAT(parsed.error().message, HasSubstr(because));
    EXPECT_EQ(parsed.error().kind, ErrorKind::invalidInput);
}

TEST(SentencepieceFile, readsPiecesAndSettings) {
    const auto parsed = parseSentencepieceFile(modelFile(mistralPieces({"\xE2\x96\x81hi"})), 267);
    ASSERT_TRUE(parsed.ok()) << parsed.error().message;
    EXPECT_EQ(parsed->pieces.size(), 267u);
    EXPECT_EQ(parsed->pieces[266].text, "\xE2\x96\x81hi");
    EXPECT_EQ(parsed->pieces[3].type, PieceType::control);
    EXPECT_TRUE(parsed->byteFallback);
    EXPECT_TRUE(parsed->addDummyPrefix);
}

TEST(SentencepieceFile, isRefusedCutAtAnyByte) {
    const std::string whole = modelFile(mistralPieces({"a", "b"}));
    ASSERT_TRUE(parseSentencepieceFile(whole, 1000).ok());
    int accepted = 0;
    for (std::size_t length = 0; length < whole.size(); ++length)
        accepted += parseSentencepieceFile(std::string_view(whole).substr(0, length), 1000).ok();
    // Only the cut right before the normalizer, which the format lets be absent, leaves a whole file.
    EXPECT_LE(accepted, 1);
}

TEST(SentencepieceFile, refusesLengthsBeyondItsEnd) {
    for (const std::uint64_t length :
         {std::uint64_t{1} << 31, std::uint64_t{1} << 32, std::uint64_t{1} << 63, ~std::uint64_t{0}})
        expectRefused(varint(1 << 3 | 2) + varint(length) + "abc", "cut short");
}

TEST(SentencepieceFile, refusesDuplicatePieces) {
    expectRefused(modelFile(mistralPieces({"a", "b", "a"})), "\"a\" is there twice");
}

TEST(SentencepieceFile, refusesBadBytePieces) {
    for (const char* name : {"<0xG1>", "<0x1>", "0x41", "<0x0041>", "<0xff>"}) {
        auto pieces = mistralPieces({"a"});
        pieces[10 + 0x41].text = name;
        expectRefused(modelFile(pieces), "byte piece");
    }
    auto pieces = mistralPieces({"a"});
    pieces[10 + 0x41].type = PieceType::normal;
    expectRefused(modelFile(pieces), "expected 256 byte pieces, found 255");
}

TEST(SentencepieceFile, refusesMorePiecesThanTheEmbeddingHasRows) {
    expectRefused(modelFile(mistralPieces({"a"})), "more than 266 pieces", 266);
}

TEST(SentencepieceFile, refusesMalformedPieces) {
    auto with = [](Piece piece) {
        auto pieces = mistralPieces({});
        pieces.push_back(std::move(piece));
        return modelFile(pieces);
    };
    expectRefused(with({"", 0, PieceType::normal}), "is empty");
    expectRefused(with({"\xC3", 0, PieceType::normal}), "not UTF-8");
    expectRefused(with({std::string("a\0b", 3), 0, PieceType::normal}), "NUL");
    expectRefused(with({"a", NAN, PieceType::normal}), "not finite");
    expectRefused(with({"a", 0, PieceType::unknown}), "one unknown piece, found 2");
    expectRefused(with({"a", 0, static_cast<PieceType>(9)}), "unknown type");
}

TEST(SentencepieceFile, refusesOtherModelTypesAndNormalizationTables) {
    std::string pieces;
    for (const auto& piece : mistralPieces({})) pieces += pieceMessage(piece);
    expectRefused(pieces + settingsMessages(true, 1), "model type is 1");
    expectRefused(pieces, "no trainer settings");
    expectRefused(pieces + settingsMessages() + bytesField(3, bytesField(2, "table")), "table of character");
    expectRefused(pieces + settingsMessages() + bytesField(5, bytesField(2, "table")), "table of character");
}

} // namespace
} // namespace tramontane
