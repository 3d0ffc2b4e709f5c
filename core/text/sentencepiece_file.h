// A tokenizer.model's bytes in, its pieces and settings out, checked field by field. The library that encodes
// trusts its file; this does not.
//
// The format is sentencepiece's ModelProto (sentencepiece_model.proto), protobuf wire format:
//   field 1  pieces           repeated { 1 piece: string, 2 score: float, 3 type: enum }
//   field 2  trainer_spec     { 3 model_type, 24 treat_whitespace_as_suffix, 35 byte_fallback, … }
//   field 3  normalizer_spec  { 2 precompiled_charsmap: bytes, 3 add_dummy_prefix, 4 remove_extra_whitespaces,
//                               5 escape_whitespaces }
//   field 5  denormalizer_spec (the same message)
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace tramontane {

enum class PieceType { normal = 1, unknown = 2, control = 3, userDefined = 4, unused = 5, byte = 6 };

struct Piece {
    std::string text; // valid UTF-8, not empty
    float score = 0;
    PieceType type = PieceType::normal;
};

struct SentencepieceFile {
    std::vector<Piece> pieces;
    bool addDummyPrefix = true;
    bool byteFallback = false;
};

// Refuses what is cut short, lies about lengths, has duplicate, empty or malformed pieces, no unknown piece or two,
// bad byte pieces, a model type other than BPE, a normalization table, or more than `maxPieces` pieces.
Result<SentencepieceFile> parseSentencepieceFile(std::string_view bytes, int maxPieces);

} // namespace tramontane
