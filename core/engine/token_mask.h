// A tokenizer in, the ids an answer may be made of out.
#pragma once

#include <span>

#include "core/engine/backend.h"
#include "core/text/tokenizer.h"

namespace tramontane {

// Every piece with text, the stop tokens and [TOOL_CALLS]. Left out: the other control pieces, which only a
// template writes, and the rows of the embedding past the tokenizer's last piece, which mean nothing.
ProducibleTokens producibleTokens(const Tokenizer& tokenizer, int vocabSize, std::span<const TokenId> stopTokens);

} // namespace tramontane
