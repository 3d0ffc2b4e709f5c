// Which ids an answer may be made of, decided once a model.
#include "core/engine/token_mask.h"

#include <algorithm>

namespace tramontane {

ProducibleTokens producibleTokens(const Tokenizer& tokenizer, int vocabSize, std::span<const TokenId> stopTokens) {
    auto ids = std::make_shared<std::vector<TokenId>>();
    const auto toolCalls = tokenizer.controlToken("[TOOL_CALLS]");
    const int count = std::min(vocabSize, tokenizer.pieceCount());
    for (TokenId id = 0; id < count; ++id) {
        const bool hasText = !tokenizer.isControl(id) && !tokenizer.tokenBytes(id).empty();
        const bool stops = std::find(stopTokens.begin(), stopTokens.end(), id) != stopTokens.end();
        if (hasText || stops || id == toolCalls) ids->push_back(id);
    }
    return ids;
}

} // namespace tramontane
