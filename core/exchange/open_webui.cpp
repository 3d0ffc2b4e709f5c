#include "core/base/bytes.h"
#include "core/exchange/field_reader.h"
#include "core/exchange/foreign_formats.h"
#include "core/exchange/foreign_tree.h"

namespace tramontane {

namespace {

using nlohmann::json;

// A text, or a list of parts as the OpenAI interface has them.
std::string contentText(FieldReader& fields) {
    const json* content = fields.optionalAny("content");
    if (!content || content->is_string()) return content ? content->get<std::string>() : std::string();
    std::string text;
    for (const json& part : fields.array("content")) {
        const auto words = part.is_object() ? part.find("text") : part.end();
        const bool isText = part.is_object() && words != part.end() && words->is_string();
        if (!text.empty()) text += "\n\n";
        text += isText ? words->get<std::string>() : part.is_string() ? part.get<std::string>() : "[image]";
    }
    return text;
}

// A name for each file that was sent with the message.
void nameFiles(FieldReader& fields, std::string& text) {
    const json* files = fields.optionalArray("files");
    if (!files) return;
    for (const json& file : *files) {
        const auto field = [&](const char* key) {
            const auto found = file.is_object() ? file.find(key) : file.end();
            return file.is_object() && found != file.end() && found->is_string() ? found->get<std::string>()
                                                                                 : std::string();
        };
        const std::string name = printableText(field("name"), 120);
        if (!text.empty()) text += "\n\n";
        text += field("type") == "image" ? "[image]" : name.empty() ? "[attachment]" : "[attachment: " + name + "]";
    }
}

Role roleOf(FieldReader& fields) {
    const std::string role = fields.text("role");
    if (role == "user") return Role::user;
    if (role == "assistant") return Role::assistant;
    if (role == "system") return Role::system;
    if (role == "tool") return Role::tool;
    fields.refuse("role", "is \"" + printableText(role, 60) + "\", expected system, user, assistant or tool");
    return Role::user;
}

void readMessage(FieldReader& fields, ForeignNode& node) {
    const Role role = roleOf(fields);
    node.createdAt = foreignDate(fields.optionalNumber("timestamp"));
    std::string text = contentText(fields);
    nameFiles(fields, text);
    if (text.empty()) return;
    node.message = Message();
    node.message->role = role;
    node.message->text = std::move(text);
}

ForeignNode readNode(const std::string& key, FieldReader fields) {
    ForeignNode node;
    node.key = key;
    node.parent = fields.optionalText("parentId");
    if (const json* children = fields.optionalArray("childrenIds"))
        for (const json& child : *children)
            if (child.is_string()) node.children.push_back(child.get<std::string>());
    readMessage(fields, node);
    return node;
}

struct Nodes {
    std::string path;
    std::vector<ForeignNode> list;
    std::optional<std::string> shown;
};

Nodes readHistory(FieldReader history, std::string& fault) {
    Nodes nodes;
    nodes.path = history.pathOf("messages");
    nodes.shown = history.optionalText("currentId");
    for (const auto& [key, node] : history.object("messages").items()) {
        nodes.list.push_back(
            readNode(key, FieldReader(node, nodes.path + "[\"" + printableText(key, 60) + "\"]", fault)));
        if (!fault.empty()) break;
    }
    return nodes;
}

// One after the other.
Nodes readList(FieldReader& chat, std::string& fault) {
    Nodes nodes;
    nodes.path = chat.pathOf("messages");
    const json* messages = chat.optionalArray("messages");
    if (!messages) {
        chat.refuse("history", "is missing, expected an object");
        return nodes;
    }
    for (std::size_t i = 0; i < messages->size() && fault.empty(); ++i) {
        FieldReader fields((*messages)[i], nodes.path + '[' + std::to_string(i) + ']', fault);
        ForeignNode node;
        node.key = std::to_string(i);
        if (i > 0) node.parent = std::to_string(i - 1);
        readMessage(fields, node);
        nodes.list.push_back(std::move(node));
    }
    return nodes;
}

} // namespace

Result<WholeConversation> conversationFromOpenWebUi(const json& entry, const std::string& path, UnixMilliseconds now) {
    std::string fault;
    FieldReader fields(entry, path, fault);
    FieldReader chat(fields.object("chat"), fields.pathOf("chat"), fault);
    WholeConversation whole;
    auto title = fields.optionalText("title");
    if (!title) title = chat.optionalText("title");
    whole.conversation.title = foreignTitle(title.value_or(std::string()));
    whole.conversation.titleIsManual = true; // none of ours replaces it
    const auto createdAt = foreignDate(fields.optionalNumber("created_at"));
    const auto updatedAt = foreignDate(fields.optionalNumber("updated_at"));
    if (fields.optionalBoolean("archived")) whole.conversation.archivedAt = now;
    if (fields.optionalBoolean("pinned")) whole.conversation.pinnedAt = now;
    const json* history = chat.optionalObject("history");
    Nodes nodes = history && history->contains("messages")
                      ? readHistory(FieldReader(*history, chat.pathOf("history"), fault), fault)
                      : readList(chat, fault);
    if (!fault.empty()) return makeError(ErrorKind::invalidInput, fault);
    TRY_OK(growTree(std::move(nodes.list), nodes.shown, nodes.path, whole));
    completeDates(createdAt, updatedAt, now, whole);
    return whole;
}

} // namespace tramontane
