// Encoding is the library's; ids, control pieces and detokenizing come from the checked file itself.
#include "core/text/tokenizer.h"

#include <fstream>
#include <unordered_map>

#include <sentencepiece_processor.h>

#include "core/text/sentencepiece_file.h"
#include "core/text/utf8_stream.h"

namespace tramontane {

namespace {

constexpr std::uintmax_t kMaxFileBytes = 64u << 20;
constexpr std::string_view kSpaceMark = "\xE2\x96\x81"; // U+2581

Result<std::string> readWhole(const std::filesystem::path& file) {
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored))
        return makeError(ErrorKind::notFound,
                         file.string() + ": not found; a model's folder holds its tokenizer.model");
    std::error_code failure;
    const std::uintmax_t size = std::filesystem::file_size(file, failure);
    if (failure) return makeError(ErrorKind::io, file.string() + ": " + failure.message());
    if (size > kMaxFileBytes)
        return makeError(ErrorKind::invalidInput, file.string() + ": " + std::to_string(size) +
                                                      " bytes, expected a sentencepiece model of at most 64 MiB");
    std::string bytes(size, '\0');
    std::ifstream stream(file, std::ios::binary);
    if (!stream.read(bytes.data(), static_cast<std::streamsize>(size)))
        return makeError(ErrorKind::io, file.string() + ": could not be read");
    return bytes;
}

std::string bytesOf(const Piece& piece) {
    switch (piece.type) {
    case PieceType::control:
    case PieceType::unknown:
        return {};
    case PieceType::byte:
        return std::string(1, static_cast<char>(std::stoi(piece.text.substr(3, 2), nullptr, 16)));
    default:
        break;
    }
    std::string bytes;
    std::string_view rest = piece.text;
    for (std::size_t mark; (mark = rest.find(kSpaceMark)) != std::string_view::npos;) {
        bytes.append(rest.substr(0, mark)).push_back(' ');
        rest.remove_prefix(mark + kSpaceMark.size());
    }
    return bytes.append(rest);
}

} // namespace

struct Tokenizer::State {
    sentencepiece::SentencePieceProcessor processor;
    std::vector<std::string> bytes; // by id
    std::vector<bool> control;      // by id
    std::unordered_map<std::string, TokenId> controlIds;
    bool addDummyPrefix = true;
};

Tokenizer::Tokenizer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Tokenizer::~Tokenizer() = default;

Result<std::unique_ptr<Tokenizer>> Tokenizer::open(const std::filesystem::path& file, int maxPieces) {
    auto bytes = readWhole(file);
    if (!bytes) return std::move(bytes).error();
    auto parsed = parseSentencepieceFile(*bytes, maxPieces);
    if (!parsed) {
        Error error = std::move(parsed).error();
        error.message = file.parent_path().string() + "/" + error.message;
        return error;
    }

    auto state = std::make_unique<State>();
    if (const auto status = state->processor.LoadFromSerializedProto(*bytes); !status.ok())
        return makeError(ErrorKind::invalidInput, file.string() + ": " + status.ToString());
    state->addDummyPrefix = parsed->addDummyPrefix;
    for (const Piece& piece : parsed->pieces) {
        const bool control = piece.type == PieceType::control || piece.type == PieceType::unknown;
        if (piece.type == PieceType::control)
            state->controlIds.emplace(piece.text, static_cast<TokenId>(state->bytes.size()));
        state->bytes.push_back(bytesOf(piece));
        state->control.push_back(control);
    }
    return std::unique_ptr<Tokenizer>(new Tokenizer(std::move(state)));
}

int Tokenizer::pieceCount() const { return static_cast<int>(state_->bytes.size()); }

std::vector<TokenId> Tokenizer::encode(std::string_view text) const {
    std::vector<TokenId> ids;
    const std::string valid = toValidUtf8(text);
    // A failed encode leaves no ids behind; the library fails only on what the checked file rules out.
    if (!state_->processor.Encode(valid, &ids).ok()) ids.clear();
    return ids;
}

std::optional<TokenId> Tokenizer::controlToken(std::string_view name) const {
    const auto found = state_->controlIds.find(std::string(name));
    if (found == state_->controlIds.end()) return {};
    return found->second;
}

bool Tokenizer::isControl(TokenId id) const { return id >= 0 && id < pieceCount() && state_->control[id]; }

std::string_view Tokenizer::tokenBytes(TokenId id) const {
    return id >= 0 && id < pieceCount() ? std::string_view(state_->bytes[id]) : std::string_view();
}

std::string Tokenizer::decode(const std::vector<TokenId>& ids) const {
    std::string text;
    for (const TokenId id : ids) text.append(tokenBytes(id));
    if (state_->addDummyPrefix && !text.empty() && text.front() == ' ') text.erase(0, 1);
    return toValidUtf8(text);
}

} // namespace tramontane
