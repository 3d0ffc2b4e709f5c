// A conversation in the OpenAI form in, ChatMessages out; every refusal names the message and the field.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/text/chat_template.h"
#include "core/text/json_text.h"

namespace tramontane {

namespace {

constexpr int kMaxDepth = 64;
constexpr std::size_t kMaxMessages = 100000;

Error refuse(const std::string& where, const std::string& what) {
    return makeError(ErrorKind::invalidInput, where + " " + what);
}

Result<Role> parseRole(const OrderedJson& message, const std::string& where) {
    const auto role = message.find("role");
    if (role == message.end() || !role->is_string()) return refuse(where + ".role", "is missing or no string");
    const auto& name = role->get_ref<const std::string&>();
    if (name == "system" || name == "developer") return Role::system;
    if (name == "user") return Role::user;
    if (name == "assistant") return Role::assistant;
    if (name == "tool") return Role::tool;
    return refuse(where + ".role", "is \"" + name + "\", expected system, user, assistant or tool");
}

// A string, null, or a list of {"type":"text","text":…} parts, which are joined as paragraphs.
Result<std::string> parseContent(const OrderedJson& message, const std::string& where) {
    const auto content = message.find("content");
    if (content == message.end() || content->is_null()) return std::string();
    if (content->is_string()) return content->get<std::string>();
    if (!content->is_array()) return refuse(where + ".content", "is neither a string nor a list of parts");
    std::string text;
    for (const auto& part : *content) {
        if (!part.is_object() || part.value("type", OrderedJson()) != "text" || !part.contains("text") ||
            !part["text"].is_string())
            return refuse(where + ".content", "has a part that is no text; this model reads text only");
        const auto& piece = part["text"].get_ref<const std::string&>();
        if (!text.empty() && !piece.empty()) text += "\n\n";
        text += piece;
    }
    return text;
}

Result<ToolCall> parseCall(const OrderedJson& call, const std::string& where) {
    if (!call.is_object() || !call.contains("function") || !call["function"].is_object())
        return refuse(where, "has no function");
    const auto& function = call["function"];
    ToolCall parsed;
    if (!function.contains("name") || !function["name"].is_string())
        return refuse(where + ".function.name", "is missing or no string");
    parsed.name = function["name"].get<std::string>();
    if (function.contains("arguments")) {
        const auto& arguments = function["arguments"];
        if (!arguments.is_string() && !arguments.is_object())
            return refuse(where + ".function.arguments", "is neither a string nor an object");
        parsed.argumentsJson = arguments.is_string() ? arguments.get<std::string>() : jsonText(arguments);
    }
    if (call.contains("id")) {
        if (!call["id"].is_string()) return refuse(where + ".id", "is no string");
        parsed.id = call["id"].get<std::string>();
    }
    return parsed;
}

Result<ChatMessage> parseMessage(const OrderedJson& json, const std::string& where) {
    if (!json.is_object()) return refuse(where, "is no object");
    ChatMessage message;
    auto role = parseRole(json, where);
    if (!role) return std::move(role).error();
    message.role = *role;
    auto content = parseContent(json, where);
    if (!content) return std::move(content).error();
    message.content = std::move(*content);
    if (const auto calls = json.find("tool_calls"); calls != json.end() && !calls->is_null()) {
        if (!calls->is_array()) return refuse(where + ".tool_calls", "is no list");
        for (std::size_t i = 0; i < calls->size(); ++i) {
            auto call = parseCall((*calls)[i], where + ".tool_calls[" + std::to_string(i) + "]");
            if (!call) return std::move(call).error();
            message.toolCalls.push_back(std::move(*call));
        }
    }
    if (const auto id = json.find("tool_call_id"); id != json.end() && !id->is_null()) {
        if (!id->is_string()) return refuse(where + ".tool_call_id", "is no string");
        message.toolCallId = id->get<std::string>();
    }
    if (message.role == Role::tool && message.toolCallId.empty())
        return refuse(where + ".tool_call_id", "is missing: a tool's result names the call it answers");
    return message;
}

} // namespace

Result<ParsedChat> parseOpenAiChat(const std::string& json) {
    auto root = parseJson(json, kMaxDepth);
    if (!root) return refuse("The conversation", std::move(root).error().message);
    ParsedChat chat;
    const OrderedJson* messages = &*root;
    if (root->is_object()) {
        if (!root->contains("messages")) return refuse("messages", "is missing");
        messages = &(*root)["messages"];
        if (const auto tools = root->find("tools"); tools != root->end() && !tools->is_null()) {
            if (!tools->is_array()) return refuse("tools", "is no list");
            if (!tools->empty()) chat.toolsJson = jsonText(*tools);
        }
    }
    if (!messages->is_array()) return refuse("messages", "is no list");
    if (messages->empty() || messages->size() > kMaxMessages)
        return refuse("messages", "holds " + std::to_string(messages->size()) + " messages, expected 1 to 100000");
    for (std::size_t i = 0; i < messages->size(); ++i) {
        auto message = parseMessage((*messages)[i], "messages[" + std::to_string(i) + "]");
        if (!message) return std::move(message).error();
        chat.messages.push_back(std::move(*message));
    }
    return chat;
}

} // namespace tramontane
