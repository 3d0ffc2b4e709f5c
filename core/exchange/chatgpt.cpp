// The shape of ChatGPT's export is not documented; this follows files it wrote from 2023 to 2025.
#include "core/base/bytes.h"
#include "core/exchange/field_reader.h"
#include "core/exchange/foreign_formats.h"
#include "core/exchange/foreign_tree.h"

namespace tramontane {

namespace {

using nlohmann::json;

std::string fenced(const std::string& code, const std::string& language) {
    std::string fence = "```";
    while (code.find(fence) != std::string::npos) fence += '`';
    return fence + language + '\n' + code + '\n' + fence;
}

std::string placeholderOf(const json& part) {
    const auto type = part.is_object() ? part.find("content_type") : part.end();
    if (!part.is_object() || type == part.end() || !type->is_string()) return "[attachment]";
    const std::string& name = type->get_ref<const std::string&>();
    for (const char* kind : {"image", "video", "audio"})
        if (name.find(kind) != std::string::npos) return '[' + std::string(kind) + ']';
    return "[attachment]";
}

std::string partText(const json& part) {
    if (part.is_string()) return part.get<std::string>();
    if (!part.is_object()) return part.is_null() ? std::string() : placeholderOf(part);
    const auto text = part.find("text"); // a transcription
    return text != part.end() && text->is_string() ? text->get<std::string>() : placeholderOf(part);
}

// What a person reads of a message: its parts one below the other, or its text.
std::string contentText(FieldReader content) {
    std::string text;
    if (const json* parts = content.optionalArray("parts")) {
        for (const json& part : *parts) {
            const std::string piece = partText(part);
            if (piece.empty()) continue;
            if (!text.empty()) text += "\n\n";
            text += piece;
        }
        return text;
    }
    text = content.optionalText("text").value_or(std::string());
    const std::string type = content.optionalText("content_type").value_or(std::string());
    if (text.empty() || (type != "code" && type != "execution_output")) return text;
    const std::string language = content.optionalText("language").value_or(std::string());
    return fenced(text, type == "code" && language != "unknown" ? language : std::string());
}

bool isHidden(FieldReader& message) {
    const json* metadata = message.optionalObject("metadata");
    if (!metadata) return false;
    const auto hidden = metadata->find("is_visually_hidden_from_conversation");
    return hidden != metadata->end() && hidden->is_boolean() && hidden->get<bool>();
}

Role roleOf(FieldReader author) {
    const std::string role = author.text("role");
    if (role == "user") return Role::user;
    if (role == "assistant") return Role::assistant;
    if (role == "system") return Role::system;
    if (role == "tool") return Role::tool;
    author.refuse("role", "is \"" + printableText(role, 60) + "\", expected system, user, assistant or tool");
    return Role::user;
}

void readMessage(FieldReader fields, std::string& fault, ForeignNode& node) {
    const Role role = roleOf(FieldReader(fields.object("author"), fields.pathOf("author"), fault));
    node.createdAt = foreignDate(fields.optionalNumber("create_time"));
    const json* content = fields.optionalObject("content");
    if (!content || isHidden(fields)) return;
    std::string text = contentText(FieldReader(*content, fields.pathOf("content"), fault));
    if (text.empty()) return;
    node.message = Message();
    node.message->role = role;
    node.message->text = std::move(text);
}

ForeignNode readNode(const std::string& key, FieldReader fields, std::string& fault) {
    ForeignNode node;
    node.key = key;
    node.parent = fields.optionalText("parent");
    if (const json* children = fields.optionalArray("children"))
        for (const json& child : *children)
            if (child.is_string()) node.children.push_back(child.get<std::string>());
    if (const json* message = fields.optionalObject("message"))
        readMessage(FieldReader(*message, fields.pathOf("message"), fault), fault, node);
    return node;
}

} // namespace

Result<WholeConversation> conversationFromChatGpt(const json& entry, const std::string& path, UnixMilliseconds now) {
    std::string fault;
    FieldReader fields(entry, path, fault);
    WholeConversation whole;
    whole.conversation.title = foreignTitle(fields.optionalText("title").value_or(std::string()));
    whole.conversation.titleIsManual = true; // none of ours replaces it
    const auto createdAt = foreignDate(fields.optionalNumber("create_time"));
    const auto updatedAt = foreignDate(fields.optionalNumber("update_time"));
    const auto shown = fields.optionalText("current_node");
    if (fields.optionalBoolean("is_archived")) whole.conversation.archivedAt = now;
    const std::string place = fields.pathOf("mapping");
    std::vector<ForeignNode> nodes;
    for (const auto& [key, node] : fields.object("mapping").items()) {
        nodes.push_back(readNode(key, FieldReader(node, place + "[\"" + printableText(key, 60) + "\"]", fault), fault));
        if (!fault.empty()) break;
    }
    if (!fault.empty()) return makeError(ErrorKind::invalidInput, fault);
    TRY_OK(growTree(std::move(nodes), shown, place, whole));
    completeDates(createdAt, updatedAt, now, whole);
    return whole;
}

} // namespace tramontane
