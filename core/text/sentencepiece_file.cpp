// A reader for the few protobuf fields that matter, with its own bounds.
#include "core/text/sentencepiece_file.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <optional>
#include <unordered_set>

#include "core/text/utf8_stream.h"

namespace tramontane {

namespace {

Error refuse(std::string what) {
    return makeError(ErrorKind::invalidInput,
                     "tokenizer.model: " + std::move(what) + "; fetch the file again from the model's repository");
}

struct Field {
    std::uint32_t number = 0;
    enum Wire { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 } wire = varint;
    std::uint64_t value = 0;  // of varint and fixed fields
    std::string_view content; // of a bytes field
};

// Walks the fields of one message. After next() returned nothing, failed() tells the end from an error.
class MessageReader {
public:
    explicit MessageReader(std::string_view message) : rest_(message) {}

    std::optional<Field> next() {
        if (rest_.empty() || failed_) return {};
        Field field;
        const auto tag = varint();
        if (!tag || (*tag >> 3) == 0 || (*tag >> 3) > 0x1FFFFFFF) return fail();
        field.number = static_cast<std::uint32_t>(*tag >> 3);
        switch (*tag & 7) {
        case Field::varint: {
            const auto value = varint();
            if (!value) return fail();
            field.wire = Field::varint;
            field.value = *value;
            return field;
        }
        case Field::fixed64:
            return fixed(field, Field::fixed64, 8);
        case Field::fixed32:
            return fixed(field, Field::fixed32, 4);
        case Field::bytes: {
            const auto length = varint();
            if (!length || *length > rest_.size()) return fail();
            field.wire = Field::bytes;
            field.content = rest_.substr(0, *length);
            rest_.remove_prefix(*length);
            return field;
        }
        default:
            return fail(); // groups: not in this format
        }
    }
    bool failed() const { return failed_; }

private:
    std::optional<std::uint64_t> varint() {
        std::uint64_t value = 0;
        for (int shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
            const auto byte = static_cast<unsigned char>(rest_.front());
            rest_.remove_prefix(1);
            value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
            if (byte < 0x80) return value;
        }
        return {};
    }
    std::optional<Field> fixed(Field field, Field::Wire wire, std::size_t size) {
        if (rest_.size() < size) return fail();
        field.wire = wire;
        for (std::size_t i = 0; i < size; ++i)
            field.value |= static_cast<std::uint64_t>(static_cast<unsigned char>(rest_[i])) << (8 * i);
        rest_.remove_prefix(size);
        return field;
    }
    std::optional<Field> fail() {
        failed_ = true;
        return {};
    }

    std::string_view rest_;
    bool failed_ = false;
};

// "<0x41>" -> true. Exactly two upper-case hexadecimal digits.
bool isBytePiece(std::string_view text) {
    const auto hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'); };
    return text.size() == 6 && text.substr(0, 3) == "<0x" && hex(text[3]) && hex(text[4]) && text[5] == '>';
}

Result<Piece> parsePiece(std::string_view message, std::size_t index) {
    const std::string name = "piece " + std::to_string(index);
    Piece piece;
    MessageReader reader(message);
    while (auto field = reader.next()) {
        if (field->number == 1) {
            if (field->wire != Field::bytes) return refuse(name + " has a text that is no string");
            piece.text = std::string(field->content);
        } else if (field->number == 2) {
            if (field->wire != Field::fixed32) return refuse(name + " has a score that is no float");
            piece.score = std::bit_cast<float>(static_cast<std::uint32_t>(field->value));
        } else if (field->number == 3) {
            if (field->wire != Field::varint || field->value < 1 || field->value > 6)
                return refuse(name + " has an unknown type");
            piece.type = static_cast<PieceType>(field->value);
        }
    }
    if (reader.failed()) return refuse(name + " is cut short or malformed");
    if (piece.text.empty()) return refuse(name + " is empty");
    if (toValidUtf8(piece.text) != piece.text) return refuse(name + " is not UTF-8");
    if (piece.text.find('\0') != std::string::npos) return refuse(name + " contains a NUL byte");
    if (!std::isfinite(piece.score)) return refuse(name + " has a score that is not finite");
    if (piece.type == PieceType::byte && !isBytePiece(piece.text))
        return refuse(name + " is a byte piece, expected \"<0xHH>\", found \"" + piece.text + "\"");
    return piece;
}

Result<void> parseTrainer(std::string_view message, SentencepieceFile& file) {
    constexpr std::uint64_t kBpe = 2;
    std::uint64_t modelType = 1; // the format's default: unigram
    MessageReader reader(message);
    while (auto field = reader.next()) {
        if (field->number == 3 && field->wire == Field::varint) modelType = field->value;
        if (field->number == 24 && field->wire == Field::varint && field->value != 0)
            return refuse("spaces are written behind words, expected in front of them");
        if (field->number == 35 && field->wire == Field::varint) file.byteFallback = field->value != 0;
    }
    if (reader.failed()) return refuse("the trainer settings are cut short or malformed");
    if (modelType != kBpe)
        return refuse("the model type is " + std::to_string(modelType) + ", expected 2 (BPE), as every Mistral has");
    return {};
}

Result<void> parseNormalizer(std::string_view message, bool& addDummyPrefix) {
    MessageReader reader(message);
    while (auto field = reader.next()) {
        if (field->number == 2 && (field->wire != Field::bytes || !field->content.empty()))
            return refuse("it carries a table of character replacements, expected none, as every Mistral has");
        if (field->number == 3 && field->wire == Field::varint) addDummyPrefix = field->value != 0;
        if (field->number == 5 && field->wire == Field::varint && field->value == 0)
            return refuse("spaces are not escaped, expected U+2581 for them");
    }
    if (reader.failed()) return refuse("the normalizer settings are cut short or malformed");
    return {};
}

Result<void> checkPieces(const SentencepieceFile& file) {
    std::unordered_set<std::string_view> seen;
    seen.reserve(file.pieces.size());
    std::size_t unknown = 0, bytes = 0;
    for (const Piece& piece : file.pieces) {
        if (!seen.insert(piece.text).second) return refuse("the piece \"" + piece.text + "\" is there twice");
        unknown += piece.type == PieceType::unknown;
        bytes += piece.type == PieceType::byte;
    }
    if (unknown != 1) return refuse("expected one unknown piece, found " + std::to_string(unknown));
    if (file.byteFallback ? bytes != 256 : bytes != 0)
        return refuse("expected " + std::string(file.byteFallback ? "256" : "no") + " byte pieces, found " +
                      std::to_string(bytes));
    return {};
}

} // namespace

Result<SentencepieceFile> parseSentencepieceFile(std::string_view bytes, int maxPieces) {
    SentencepieceFile file;
    bool sawTrainer = false;
    bool denormalizerPrefix = false; // read only to check the message
    MessageReader reader(bytes);
    while (auto field = reader.next()) {
        if (field->number < 1 || field->number > 5) continue;
        if (field->wire != Field::bytes) return refuse("field " + std::to_string(field->number) + " is no message");
        if (field->number == 1) {
            if (file.pieces.size() == static_cast<std::size_t>(maxPieces))
                return refuse("it has more than " + std::to_string(maxPieces) +
                              " pieces, the rows of the model's embedding");
            auto piece = parsePiece(field->content, file.pieces.size());
            if (!piece) return std::move(piece).error();
            file.pieces.push_back(std::move(*piece));
        } else if (field->number == 2) {
            sawTrainer = true;
            TRY_OK(parseTrainer(field->content, file));
        } else if (field->number == 3) {
            TRY_OK(parseNormalizer(field->content, file.addDummyPrefix));
        } else if (field->number == 5) {
            TRY_OK(parseNormalizer(field->content, denormalizerPrefix));
        }
    }
    if (reader.failed()) return refuse("it is cut short or no sentencepiece model");
    if (file.pieces.empty()) return refuse("it has no pieces");
    if (!sawTrainer) return refuse("it has no trainer settings");
    TRY_OK(checkPieces(file));
    return file;
}

} // namespace tramontane
