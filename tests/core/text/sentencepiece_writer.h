// Writes sentencepiece files, well formed or not, byte by byte.
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "core/text/sentencepiece_file.h"

namespace tramontane::testing {

inline std::string varint(std::uint64_t value) {
    std::string bytes;
    for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
    return bytes += static_cast<char>(value);
}
inline std::string numberField(int number, std::uint64_t value) { return varint(number << 3) + varint(value); }
inline std::string bytesField(int number, const std::string& content) {
    return varint(number << 3 | 2) + varint(content.size()) + content;
}
inline std::string floatField(int number, float value) {
    std::string bytes(4, '\0');
    std::memcpy(bytes.data(), &value, 4);
    return varint(number << 3 | 5) + bytes;
}
inline std::string pieceMessage(const Piece& piece) {
    return bytesField(1, bytesField(1, piece.text) + floatField(2, piece.score) +
                             numberField(3, static_cast<int>(piece.type)));
}
inline std::string settingsMessages(bool byteFallback = true, int modelType = 2) {
    return bytesField(2, numberField(3, modelType) + numberField(35, byteFallback)) +
           bytesField(3, bytesField(1, "identity") + numberField(3, 1) + numberField(4, 0));
}

// Control ids 0..9 in Mistral's places, 256 byte pieces, then `words`.
inline std::vector<Piece> mistralPieces(const std::vector<std::string>& words) {
    std::vector<Piece> pieces{{"<unk>", 0, PieceType::unknown}};
    for (const char* name : {"<s>", "</s>", "[INST]", "[/INST]", "[TOOL_CALLS]", "[AVAILABLE_TOOLS]",
                             "[/AVAILABLE_TOOLS]", "[TOOL_RESULTS]", "[/TOOL_RESULTS]"})
        pieces.push_back({name, 0, PieceType::control});
    for (int byte = 0; byte < 256; ++byte) {
        char name[8];
        std::snprintf(name, sizeof name, "<0x%02X>", byte);
        pieces.push_back({name, 0, PieceType::byte});
    }
    float score = 0;
    for (const auto& word : words) pieces.push_back({word, score -= 1, PieceType::normal});
    return pieces;
}
inline std::string modelFile(const std::vector<Piece>& pieces) {
    std::string bytes;
    for (const Piece& piece : pieces) bytes += pieceMessage(piece);
    return bytes + settingsMessages();
}

} // namespace tramontane::testing
