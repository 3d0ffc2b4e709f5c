// The messages of a store: appended, grown, finished, read.
#include "core/history/message_rows.h"
#include "core/history/store_state.h"

namespace tramontane {

namespace {

Result<MessageId> insertMessage(Database& database, ConversationId conversation, const std::optional<MessageId>& parent,
                                const NewMessage& message, UnixMilliseconds now) {
    const bool growing = message.role == Role::assistant && message.status == MessageStatus::partial;
    TRY_OK(database.run("INSERT INTO messages(conversation_id, parent_id, role, status, growing, created_at, text)"
                        " VALUES(?, ?, ?, ?, ?, ?, ?)",
                        conversation, parent, roleName(message.role), statusName(message.status), growing, now,
                        message.text));
    const MessageId id = database.lastInsertId();
    if (growing)
        TRY_OK(listUnindexed(database, id));
    else
        TRY_OK(indexMessage(database, id, message.text));
    TRY_OK(
        database.run("UPDATE conversations SET current_leaf = ?, updated_at = ? WHERE id = ?", id, now, conversation));
    return id;
}

// The place a new message is to have exists and is not in the bin.
Result<void> checkPlace(Database& database, const NewMessage& message) {
    Result<std::int64_t> found = database.number(
        0, "SELECT count(*) FROM conversations WHERE id = ? AND deleted_at IS NULL", message.conversationId);
    TRY_OK(found);
    if (!*found)
        return makeError(ErrorKind::notFound,
                         "there is no conversation " + std::to_string(message.conversationId) + " to write to");
    if (!message.parentId) return {};
    found = database.number(0,
                            "SELECT count(*) FROM messages WHERE id = ? AND conversation_id = ?"
                            " AND deleted_with IS NULL",
                            *message.parentId, message.conversationId);
    TRY_OK(found);
    if (!*found)
        return makeError(ErrorKind::notFound, "there is no message " + std::to_string(*message.parentId) +
                                                  " in conversation " + std::to_string(message.conversationId) +
                                                  " to follow");
    return {};
}

Result<bool> holdsMessage(Database& database, MessageId id, ConversationId conversation,
                          const std::optional<MessageId>& parent, const NewMessage& message) {
    const Result<std::int64_t> count =
        database.number(0,
                        "SELECT count(*) FROM messages WHERE id = ? AND conversation_id = ? AND parent_id IS ?"
                        " AND role = ? AND text = ?",
                        id, conversation, parent, roleName(message.role), message.text);
    TRY_OK(count);
    return *count > 0;
}

} // namespace

Result<HistoryStore::Started> HistoryStore::startConversation(const NewConversation& conversation,
                                                              const NewMessage& message) {
    Database& database = state_->database;
    return state_->insert<Started>(
        [&] { return "start " + conversation.title + '\0' + message.text; },
        [&]() -> Result<Started> {
            const Result<ConversationId> id = insertConversation(database, conversation, state_->now());
            TRY_OK(id);
            const Result<MessageId> first = insertMessage(database, *id, std::nullopt, message, state_->now());
            TRY_OK(first);
            if (message.clearsDraft) TRY_OK(storeDraft(database, 0, {}));
            return Started{*id, *first};
        },
        [&](const Started& made) {
            return holdsMessage(database, made.messageId, made.conversationId, std::nullopt, message);
        });
}

Result<MessageId> HistoryStore::appendMessage(const NewMessage& message) {
    Database& database = state_->database;
    return state_->insert<MessageId>(
        [&] {
            return "append " + std::to_string(message.conversationId) + ' ' +
                   std::to_string(message.parentId.value_or(0)) + ' ' + roleName(message.role) + ' ' + message.text;
        },
        [&]() -> Result<MessageId> {
            TRY_OK(checkPlace(database, message));
            const Result<MessageId> id =
                insertMessage(database, message.conversationId, message.parentId, message, state_->now());
            TRY_OK(id);
            if (message.clearsDraft) TRY_OK(storeDraft(database, message.conversationId, {}));
            return id;
        },
        [&](MessageId made) {
            return holdsMessage(database, made, message.conversationId, message.parentId, message);
        });
}

Result<void> HistoryStore::updateAnswer(MessageId id, const std::string& text) {
    return state_->write([&]() -> Result<void> {
        Database& database = state_->database;
        TRY_OK(database.run("UPDATE messages SET text = ? WHERE id = ? AND growing = 1", text, id));
        if (database.changedRows() > 0) return {};
        return makeError(ErrorKind::notFound, "message " + std::to_string(id) + " is not an answer that is growing");
    });
}

Result<void> HistoryStore::finishAnswer(MessageId id, const std::string& text, MessageStatus status,
                                        const std::optional<AnswerFigures>& figures, const std::string& errorText) {
    return state_->write([&]() -> Result<void> {
        Database& database = state_->database;
        TRY_OK(unindexMessage(database, id));
        TRY_OK(database.run("UPDATE messages SET text = ?, status = ?, growing = 0, error_text = ?"
                            " WHERE id = ? AND role = 'assistant'",
                            text, statusName(status), status == MessageStatus::failed ? errorText : std::string(), id));
        if (database.changedRows() == 0)
            return makeError(ErrorKind::notFound, "message " + std::to_string(id) + " is not an answer");
        TRY_OK(indexMessage(database, id, text));
        TRY_OK(storeFigures(database, id, figures));
        return database.run("UPDATE conversations SET updated_at = max(updated_at, ?)"
                            " WHERE id = (SELECT conversation_id FROM messages WHERE id = ?)",
                            state_->now(), id);
    });
}

Result<void> HistoryStore::resumeAnswer(MessageId id) {
    return state_->write([&]() -> Result<void> {
        Database& database = state_->database;
        TRY_OK(unindexMessage(database, id));
        TRY_OK(database.run("UPDATE messages SET growing = 1, status = 'partial', error_text = ''"
                            " WHERE id = ? AND role = 'assistant' AND deleted_with IS NULL",
                            id));
        if (database.changedRows() == 0)
            return makeError(ErrorKind::notFound, "message " + std::to_string(id) + " is not an answer");
        return listUnindexed(database, id);
    });
}

Result<Message> HistoryStore::message(MessageId id) {
    return state_->read([&] { return loadMessage(state_->database, id); });
}

} // namespace tramontane
