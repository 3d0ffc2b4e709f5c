// A conversation of any length in, a prompt that leaves room for an answer out: the oldest turns stay behind.
#pragma once

#include <vector>

#include "core/base/result.h"
#include "core/text/chat_template.h"

namespace tramontane {

struct FittedPrompt {
    std::vector<TokenId> ids;
    int droppedMessages = 0;
};

struct PromptLimits {
    int contextLength = 0;
    int maxTokens = -1;         // of the answer, as the settings say it
    int longestPieceBytes = 48; // of the vocabulary: so a text is known to be too long without reading it
};

// A turn is a person's message with what followed it. System texts and the last turn always stay; where those
// alone are too long, the error (contextFull) says by how much.
Result<FittedPrompt> fitPrompt(const Tokenizer& tokenizer, const std::vector<ChatMessage>& messages,
                               const TemplateOptions& options, const PromptLimits& limits);

int longestPieceBytes(const Tokenizer& tokenizer);
// No text has fewer tokens than its bytes over the longest piece.
std::size_t fewestTokens(const std::vector<ChatMessage>& messages, int longestPieceBytes);

} // namespace tramontane
