// A chat engine from parts that are already there: what ChatEngine::open ends with, and what tests begin
// with.
#pragma once

#include <memory>
#include <vector>

#include "core/engine/chat_engine.h"
#include "core/text/tokenizer.h"

namespace tramontane {

struct ChatEngineParts {
    ModelDescription description; // `backend` is filled in
    std::shared_ptr<const Tokenizer> tokenizer;
    std::unique_ptr<Backend> backend;
    std::vector<TokenId> stopTokens; // the model's ends of text
    bool speculation = true;
};

std::unique_ptr<ChatEngine> makeChatEngine(ChatEngineParts parts);

} // namespace tramontane
