#include "core/history/message_rows.h"

#include <bit>

namespace tramontane {

const char* const messageColumns =
    "m.id, m.conversation_id, m.parent_id, m.role, m.status, m.growing, m.created_at, m.error_text, m.text,"
    " a.prompt_tokens, a.new_tokens, a.time_to_first_token_ms, a.tokens_per_second, a.finish_reason, a.device,"
    " a.model_name, a.model_fingerprint, a.seed, a.sampling";

namespace {

Role roleFromName(std::string_view name) {
    for (const Role role : {Role::system, Role::assistant, Role::tool})
        if (name == roleName(role)) return role;
    return Role::user;
}

MessageStatus statusFromName(std::string_view name) {
    for (const MessageStatus status : {MessageStatus::complete, MessageStatus::failed})
        if (name == statusName(status)) return status;
    return MessageStatus::partial;
}

} // namespace

const char* roleName(Role role) {
    switch (role) {
    case Role::system:
        return "system";
    case Role::user:
        return "user";
    case Role::assistant:
        return "assistant";
    case Role::tool:
        return "tool";
    }
    return "user";
}

const char* statusName(MessageStatus status) {
    switch (status) {
    case MessageStatus::complete:
        return "complete";
    case MessageStatus::partial:
        return "partial";
    case MessageStatus::failed:
        return "failed";
    }
    return "partial";
}

Message readMessage(const Query& row) {
    Message message;
    message.id = row.integer(0);
    message.conversationId = row.integer(1);
    message.parentId = row.optionalInteger(2);
    message.role = roleFromName(row.textView(3));
    message.status = statusFromName(row.textView(4));
    message.growing = row.integer(5) != 0;
    message.createdAt = row.integer(6);
    message.errorText = row.text(7);
    message.text = row.text(8);
    if (!row.isNull(9)) {
        AnswerFigures figures;
        figures.promptTokens = row.integer(9);
        figures.newTokens = row.integer(10);
        figures.timeToFirstTokenMs = row.real(11);
        figures.tokensPerSecond = row.real(12);
        figures.finishReason = row.text(13);
        figures.device = row.text(14);
        figures.modelName = row.text(15);
        figures.modelFingerprint = row.text(16);
        figures.seed = std::bit_cast<std::uint64_t>(row.integer(17));
        figures.samplingJson = row.text(18);
        message.figures = std::move(figures);
    }
    return message;
}

Error noMessage(MessageId id) { return makeError(ErrorKind::notFound, "there is no message " + std::to_string(id)); }

Result<Message> loadMessage(Database& database, MessageId id) {
    Query row = database.query(std::string("SELECT ") + messageColumns +
                                   " FROM messages m LEFT JOIN answers a ON a.message_id = m.id WHERE m.id = ?",
                               id);
    if (row.next()) return readMessage(row);
    TRY_OK(row.status());
    return noMessage(id);
}

Result<void> storeFigures(Database& database, MessageId id, const std::optional<AnswerFigures>& figures) {
    TRY_OK(database.run("DELETE FROM answers WHERE message_id = ?", id));
    if (!figures) return {};
    // SQLite knows no NaN and would call it NULL.
    const auto finite = [](double value) { return value - value == 0 ? value : 0.0; };
    return database.run(
        "INSERT INTO answers(message_id, prompt_tokens, new_tokens, time_to_first_token_ms, tokens_per_second,"
        " finish_reason, device, model_name, model_fingerprint, seed, sampling)"
        " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        id, figures->promptTokens, figures->newTokens, finite(figures->timeToFirstTokenMs),
        finite(figures->tokensPerSecond), figures->finishReason, figures->device, figures->modelName,
        figures->modelFingerprint, std::bit_cast<std::int64_t>(figures->seed), figures->samplingJson);
}

} // namespace tramontane
