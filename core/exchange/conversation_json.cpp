#include "core/exchange/conversation_json.h"

#include <limits>
#include <unordered_set>

#include "core/base/bytes.h"
#include "core/exchange/field_reader.h"
#include "core/history/message_rows.h"

namespace tramontane {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t longestTitleBytes = 1024 * 1024;
constexpr std::int64_t anyCount = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t anyId = std::numeric_limits<std::int64_t>::max();

template <class T>
Json orNull(const std::optional<T>& value) {
    return value ? Json(*value) : Json(nullptr);
}

Json figuresJson(const AnswerFigures& figures) {
    return {{"prompt_tokens", figures.promptTokens},
            {"new_tokens", figures.newTokens},
            {"time_to_first_token_ms", figures.timeToFirstTokenMs},
            {"tokens_per_second", figures.tokensPerSecond},
            {"finish_reason", figures.finishReason},
            {"device", figures.device},
            {"model", figures.modelName},
            {"model_fingerprint", figures.modelFingerprint},
            {"seed", figures.seed},
            {"sampling", figures.samplingJson}};
}

Json messageJson(const Message& message) {
    const MessageStatus status = message.growing ? MessageStatus::partial : message.status;
    return {{"id", message.id},
            {"parent", orNull(message.parentId)},
            {"role", roleName(message.role)},
            {"status", statusName(status)},
            {"created_at", message.createdAt},
            {"text", message.text},
            {"error", message.errorText},
            {"figures", message.figures ? figuresJson(*message.figures) : Json(nullptr)}};
}

AnswerFigures readFigures(FieldReader fields) {
    AnswerFigures figures;
    figures.promptTokens = fields.integer("prompt_tokens", 0, anyCount);
    figures.newTokens = fields.integer("new_tokens", 0, anyCount);
    figures.timeToFirstTokenMs = fields.number("time_to_first_token_ms");
    figures.tokensPerSecond = fields.number("tokens_per_second");
    figures.finishReason = fields.text("finish_reason");
    figures.device = fields.text("device");
    figures.modelName = fields.text("model");
    figures.modelFingerprint = fields.text("model_fingerprint");
    figures.seed = fields.unsignedInteger("seed");
    figures.samplingJson = fields.text("sampling");
    return figures;
}

// The value that `name` gives the text of the field.
template <class T>
T readNamed(FieldReader& fields, const char* key, std::initializer_list<T> values, const char* (*name)(T),
            const char* expected) {
    const std::string text = fields.text(key);
    for (const T value : values)
        if (text == name(value)) return value;
    fields.refuse(key, "is \"" + printableText(text, 60) + "\", expected " + expected);
    return *values.begin();
}

Message readMessage(FieldReader fields, const nlohmann::json& entry, std::string& fault) {
    Message message;
    message.id = fields.integer("id", 1, anyId);
    message.parentId = fields.optionalInteger("parent", 1, anyId);
    message.role = readNamed(fields, "role", {Role::system, Role::user, Role::assistant, Role::tool}, roleName,
                             "system, user, assistant or tool");
    message.status =
        readNamed(fields, "status", {MessageStatus::complete, MessageStatus::partial, MessageStatus::failed},
                  statusName, "complete, partial or failed");
    message.createdAt = fields.date("created_at");
    message.text = fields.text("text");
    message.errorText = fields.optionalText("error").value_or(std::string());
    if (fields.optionalObject("figures"))
        message.figures = readFigures(FieldReader(entry["figures"], fields.pathOf("figures"), fault));
    return message;
}

} // namespace

std::string jsonExportStart() {
    return "{\n\"format\": \"" + std::string(conversationFormat) +
           "\",\n\"version\": " + std::to_string(conversationFormatVersion) + ",\n\"conversations\": [";
}

std::string jsonExportEntry(const WholeConversation& whole, bool isFirst) {
    const Conversation& from = whole.conversation;
    Json messages = Json::array();
    for (const Message& message : whole.messages) messages.push_back(messageJson(message));
    const Json entry = {{"title", from.title},
                        {"title_is_manual", from.titleIsManual},
                        {"created_at", from.createdAt},
                        {"updated_at", from.updatedAt},
                        {"pinned_at", orNull(from.pinnedAt)},
                        {"archived_at", orNull(from.archivedAt)},
                        {"system_prompt", orNull(from.systemPrompt)},
                        {"settings", orNull(from.settingsJson)},
                        {"draft", from.draft},
                        {"shown", orNull(from.currentLeaf)},
                        {"messages", std::move(messages)}};
    return (isFirst ? "\n" : ",\n") + entry.dump(1, ' ', false, Json::error_handler_t::replace);
}

std::string jsonExportEnd() { return "\n]\n}\n"; }

Result<WholeConversation> conversationFromJson(const nlohmann::json& entry, const std::string& path) {
    std::string fault;
    FieldReader fields(entry, path, fault);
    WholeConversation whole;
    Conversation& into = whole.conversation;
    into.title = fields.text("title", longestTitleBytes);
    into.titleIsManual = fields.optionalBoolean("title_is_manual");
    into.createdAt = fields.date("created_at");
    into.updatedAt = fields.date("updated_at");
    into.pinnedAt = fields.optionalDate("pinned_at");
    into.archivedAt = fields.optionalDate("archived_at");
    into.systemPrompt = fields.optionalText("system_prompt");
    into.settingsJson = fields.optionalText("settings");
    into.draft = fields.optionalText("draft").value_or(std::string());
    into.currentLeaf = fields.optionalInteger("shown", 1, anyId);
    std::unordered_set<MessageId> seen;
    const nlohmann::json& messages = fields.array("messages");
    for (std::size_t i = 0; i < messages.size() && fault.empty(); ++i) {
        const std::string place = fields.pathOf("messages[" + std::to_string(i) + "]");
        FieldReader reader(messages[i], place, fault);
        Message message = readMessage(reader, messages[i], fault);
        if (message.parentId && !seen.contains(*message.parentId))
            reader.refuse("parent", "is " + std::to_string(*message.parentId) + ", which is no message before it");
        if (!seen.insert(message.id).second)
            reader.refuse("id", "is " + std::to_string(message.id) + ", which another message has");
        whole.messages.push_back(std::move(message));
    }
    if (into.currentLeaf && !seen.contains(*into.currentLeaf))
        fields.refuse("shown", "is " + std::to_string(*into.currentLeaf) + ", which is no message");
    if (!fault.empty()) return makeError(ErrorKind::invalidInput, fault);
    return whole;
}

} // namespace tramontane
