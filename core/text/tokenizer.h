// Text in, token ids out, and back. A sentencepiece model that was checked before the library sees it.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/engine/backend.h"

namespace tramontane {

class Tokenizer {
public:
    // Refuses a file that is cut short, lies about lengths, has duplicate or malformed pieces or more than `maxPieces`
    // pieces (the rows of the embedding).
    static Result<std::unique_ptr<Tokenizer>> open(const std::filesystem::path& file, int maxPieces);
    ~Tokenizer();

    int pieceCount() const;
    // Plain text, without bos or eos; control pieces never come of it. Invalid UTF-8 is read as U+FFFD.
    std::vector<TokenId> encode(std::string_view text) const;
    // A control piece by its exact name ("[INST]"); none where this vocabulary has no such control piece.
    std::optional<TokenId> controlToken(std::string_view name) const;
    bool isControl(TokenId id) const;
    // The raw bytes a token stands for: a byte piece's byte, otherwise its text with U+2581 as a space; empty for
    // control pieces, unknown ids and ids past the vocabulary.
    std::string_view tokenBytes(TokenId id) const;
    // Text of a whole sequence; the dummy space in front is stripped, invalid UTF-8 becomes U+FFFD.
    std::string decode(const std::vector<TokenId>& ids) const;

private:
    struct State;
    std::unique_ptr<State> state_;
    explicit Tokenizer(std::unique_ptr<State> state);
};

} // namespace tramontane
