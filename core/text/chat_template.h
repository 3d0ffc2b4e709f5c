// A conversation in, the prompt's token ids out, as mistral-common defines v1 and v3. Control ids are inserted here
// and nowhere else; what people and documents wrote is always encoded as plain text.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/text/chat_message.h"
#include "core/text/tokenizer.h"

namespace tramontane {

enum class TemplateVersion { v1, v3 }; // v1: "[INST]" spelled as text; v3: control tokens
TemplateVersion templateVersionOf(const Tokenizer& tokenizer);

struct TemplateOptions {
    std::string toolsJson;                  // a JSON array of OpenAI tool definitions; empty: none
    bool continueLast = false;              // the last message is an assistant's partial answer: no </s> after it
    std::optional<TemplateVersion> version; // none: as the tokenizer's control pieces tell
};

Result<std::vector<TokenId>> applyTemplate(const Tokenizer& tokenizer, const std::vector<ChatMessage>& messages,
                                           const TemplateOptions& options = {});

// [{"role":"user","content":"…"}, …] or {"messages":[…],"tools":[…]}: the OpenAI form.
struct ParsedChat {
    std::vector<ChatMessage> messages;
    std::string toolsJson;
};
Result<ParsedChat> parseOpenAiChat(const std::string& json);

} // namespace tramontane
