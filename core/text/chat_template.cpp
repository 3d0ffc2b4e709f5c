// Mistral's instruct formats v1 and v3, as the package mistral-common defines them; the goldens are its output.
#include "core/text/chat_template.h"

#include <algorithm>

#include "core/text/json_text.h"

namespace tramontane {

namespace {

constexpr int kMaxJsonDepth = 64;
constexpr const char* kParagraph = "\n\n";

struct ControlIds {
    TokenId bos, eos, inst, endInst;
    std::optional<TokenId> toolCalls, availableTools, endAvailableTools, toolResults, endToolResults;
};

// Consecutive messages of one role are one message, as paragraphs; system texts leave the sequence.
struct NormalizedChat {
    std::string system;
    std::vector<ChatMessage> messages; // user, assistant, tool
    std::size_t lastUser = 0;
};

void appendParagraph(std::string& text, const std::string& more) {
    if (more.empty()) return;
    if (!text.empty()) text += kParagraph;
    text += more;
}

Result<NormalizedChat> normalize(const std::vector<ChatMessage>& messages) {
    NormalizedChat chat;
    bool sameRun = false; // no message of another role, not even a system text, since the last one
    for (const ChatMessage& message : messages) {
        if (message.role == Role::system) {
            appendParagraph(chat.system, message.content);
            sameRun = false;
            continue;
        }
        if (message.role == Role::assistant && !message.content.empty() && !message.toolCalls.empty())
            return makeError(ErrorKind::invalidInput,
                             "An assistant's message has both text and tool calls, expected one of them");
        if (message.role == Role::assistant && message.content.empty() && message.toolCalls.empty()) continue;
        const bool joins = sameRun && message.role != Role::tool && chat.messages.back().role == message.role;
        if (joins) {
            appendParagraph(chat.messages.back().content, message.content);
            auto& calls = chat.messages.back().toolCalls;
            calls.insert(calls.end(), message.toolCalls.begin(), message.toolCalls.end());
            if (!calls.empty() && !chat.messages.back().content.empty())
                return makeError(ErrorKind::invalidInput,
                                 "An assistant's messages in a row mix text and tool calls, expected one kind");
        } else {
            chat.messages.push_back(message);
        }
        sameRun = true;
    }
    // The format begins with a person's turn.
    if (chat.messages.empty() || chat.messages.front().role != Role::user)
        chat.messages.insert(chat.messages.begin(), ChatMessage{Role::user, {}, {}, {}});
    for (std::size_t i = 0; i < chat.messages.size(); ++i)
        if (chat.messages[i].role == Role::user) chat.lastUser = i;
    return chat;
}

std::string withoutTrailingSpaces(std::string text) {
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
}

void append(std::vector<TokenId>& ids, const std::vector<TokenId>& more) {
    ids.insert(ids.end(), more.begin(), more.end());
}

// What a tool was given or gave: JSON where it is JSON, otherwise the text as a JSON string.
OrderedJson jsonOrText(const std::string& text) {
    if (text.empty()) return OrderedJson::object();
    auto parsed = parseJson(text, kMaxJsonDepth);
    return parsed ? std::move(*parsed) : OrderedJson(text);
}

std::string toolCallsText(const std::vector<ToolCall>& calls) {
    OrderedJson list = OrderedJson::array();
    for (const ToolCall& call : calls) {
        OrderedJson item{{"name", call.name}, {"arguments", jsonOrText(call.argumentsJson)}};
        if (!call.id.empty() && call.id != "null") item["id"] = call.id;
        list.push_back(std::move(item));
    }
    return jsonText(list);
}

std::string toolResultText(const ChatMessage& message) {
    return jsonText({{"content", jsonOrText(message.content)}, {"call_id", message.toolCallId}});
}

// [{"type": "function", "function": {"name": …, "description": …, "parameters": …}}]: the keys the models know.
Result<std::string> availableToolsText(const std::string& toolsJson) {
    auto tools = parseJson(toolsJson, kMaxJsonDepth);
    if (!tools) return makeError(ErrorKind::invalidInput, "tools " + tools.error().message);
    if (!tools->is_array()) return makeError(ErrorKind::invalidInput, "tools is no list");
    OrderedJson list = OrderedJson::array();
    for (const auto& tool : *tools) {
        if (!tool.is_object() || !tool.contains("function") || !tool["function"].is_object() ||
            !tool["function"].contains("name") || !tool["function"]["name"].is_string())
            return makeError(ErrorKind::invalidInput,
                             "tools: expected {\"type\":\"function\",\"function\":{\"name\":…}}, found " +
                                 jsonText(tool).substr(0, 80));
        const auto& function = tool["function"];
        const auto orDefault = [&](const char* key, OrderedJson fallback) {
            return function.contains(key) && !function[key].is_null() ? function[key] : fallback;
        };
        list.push_back({{"type", "function"},
                        {"function",
                         {{"name", function["name"]},
                          {"description", orDefault("description", "")},
                          {"parameters", orDefault("parameters", OrderedJson::object())}}}});
    }
    return jsonText(list);
}

Result<std::vector<TokenId>> applyV1(const Tokenizer& tokenizer, const NormalizedChat& chat,
                                     const TemplateOptions& options, TokenId bos, TokenId eos) {
    if (!options.toolsJson.empty())
        return makeError(ErrorKind::unsupported, "This model's prompt format (v1) has no tools");
    std::vector<TokenId> ids{bos};
    for (std::size_t i = 0; i < chat.messages.size(); ++i) {
        const ChatMessage& message = chat.messages[i];
        if (message.role == Role::tool || !message.toolCalls.empty())
            return makeError(ErrorKind::unsupported, "This model's prompt format (v1) has no tools");
        if (message.role == Role::user) {
            std::string text = i == 0 ? chat.system : std::string();
            if (!text.empty()) text += kParagraph;
            append(ids, tokenizer.encode("[INST] " + text + message.content + " [/INST]"));
        } else {
            append(ids, tokenizer.encode(message.content));
            if (!(options.continueLast && i + 1 == chat.messages.size())) ids.push_back(eos);
        }
    }
    return ids;
}

Result<std::vector<TokenId>> applyV3(const Tokenizer& tokenizer, const NormalizedChat& chat,
                                     const TemplateOptions& options, const ControlIds& control) {
    std::vector<TokenId> ids{control.bos};
    for (std::size_t i = 0; i < chat.messages.size(); ++i) {
        const ChatMessage& message = chat.messages[i];
        const bool last = i + 1 == chat.messages.size();
        if (message.role == Role::user) {
            std::string text = message.content;
            if (i == chat.lastUser) {
                if (!options.toolsJson.empty()) {
                    auto tools = availableToolsText(options.toolsJson);
                    if (!tools) return std::move(tools).error();
                    ids.push_back(*control.availableTools);
                    append(ids, tokenizer.encode(*tools));
                    ids.push_back(*control.endAvailableTools);
                }
                if (!chat.system.empty()) text = chat.system + kParagraph + text;
            }
            ids.push_back(control.inst);
            append(ids, tokenizer.encode(text));
            ids.push_back(control.endInst);
        } else if (message.role == Role::tool) {
            ids.push_back(*control.toolResults);
            append(ids, tokenizer.encode(toolResultText(message)));
            ids.push_back(*control.endToolResults);
        } else {
            if (!message.toolCalls.empty()) {
                ids.push_back(*control.toolCalls);
                append(ids, tokenizer.encode(toolCallsText(message.toolCalls)));
            } else {
                append(ids, tokenizer.encode(withoutTrailingSpaces(message.content)));
            }
            if (!(options.continueLast && last)) ids.push_back(control.eos);
        }
    }
    return ids;
}

bool usesTools(const NormalizedChat& chat, const TemplateOptions& options) {
    return !options.toolsJson.empty() ||
           std::any_of(chat.messages.begin(), chat.messages.end(), [](const ChatMessage& message) {
               return message.role == Role::tool || !message.toolCalls.empty();
           });
}

} // namespace

TemplateVersion templateVersionOf(const Tokenizer& tokenizer) {
    return tokenizer.controlToken("[INST]") && tokenizer.controlToken("[/INST]") ? TemplateVersion::v3
                                                                                 : TemplateVersion::v1;
}

Result<std::vector<TokenId>> applyTemplate(const Tokenizer& tokenizer, const std::vector<ChatMessage>& messages,
                                           const TemplateOptions& options) {
    const auto bos = tokenizer.controlToken("<s>"), eos = tokenizer.controlToken("</s>");
    if (!bos || !eos)
        return makeError(ErrorKind::invalidInput,
                         "tokenizer.model: expected control pieces <s> and </s>, found none of that name");
    const auto inst = tokenizer.controlToken("[INST]"), endInst = tokenizer.controlToken("[/INST]");
    auto chat = normalize(messages);
    if (!chat) return std::move(chat).error();
    const TemplateVersion version = options.version.value_or(templateVersionOf(tokenizer));
    if (version == TemplateVersion::v1) return applyV1(tokenizer, *chat, options, *bos, *eos);

    if (!inst || !endInst)
        return makeError(ErrorKind::invalidInput,
                         "tokenizer.model: expected control pieces [INST] and [/INST], found none of that name");
    const ControlIds control{*bos,
                             *eos,
                             *inst,
                             *endInst,
                             tokenizer.controlToken("[TOOL_CALLS]"),
                             tokenizer.controlToken("[AVAILABLE_TOOLS]"),
                             tokenizer.controlToken("[/AVAILABLE_TOOLS]"),
                             tokenizer.controlToken("[TOOL_RESULTS]"),
                             tokenizer.controlToken("[/TOOL_RESULTS]")};
    if (usesTools(*chat, options) && !(control.toolCalls && control.availableTools && control.endAvailableTools &&
                                       control.toolResults && control.endToolResults))
        return makeError(ErrorKind::unsupported, "This model's vocabulary has no control pieces for tools");
    return applyV3(tokenizer, *chat, options, control);
}

} // namespace tramontane
