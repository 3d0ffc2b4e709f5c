// A conversation in, another with the same tree of messages out.
#include <map>

#include "core/history/message_rows.h"
#include "core/history/store_state.h"

namespace tramontane {

namespace {

// Parents are older than their children, so a copy in the order of ids finds each parent copied. What hangs below a
// message in the bin has none and stays behind.
Result<void> copyMessages(Database& database, ConversationId from, ConversationId to) {
    std::vector<MessageId> ids;
    Query rows = database.query("SELECT id FROM messages WHERE conversation_id = ? AND deleted_with IS NULL"
                                " ORDER BY id",
                                from);
    while (rows.next()) ids.push_back(rows.integer(0));
    TRY_OK(rows.status());
    std::map<MessageId, MessageId> copies;
    for (const MessageId id : ids) {
        const Result<Message> message = loadMessage(database, id);
        TRY_OK(message);
        std::optional<MessageId> parent;
        if (message->parentId) {
            const auto copied = copies.find(*message->parentId);
            if (copied == copies.end()) continue;
            parent = copied->second;
        }
        TRY_OK(database.run("INSERT INTO messages(conversation_id, parent_id, role, status, growing, created_at,"
                            " error_text, text) VALUES(?, ?, ?, ?, 0, ?, ?, ?)",
                            to, parent, roleName(message->role), statusName(message->status), message->createdAt,
                            message->errorText, message->text));
        const MessageId copy = database.lastInsertId();
        TRY_OK(indexMessage(database, copy, message->text));
        TRY_OK(storeFigures(database, copy, message->figures));
        copies.emplace(id, copy);
    }
    const Result<std::int64_t> leaf =
        database.number(0, "SELECT coalesce(current_leaf, 0) FROM conversations WHERE id = ?", from);
    TRY_OK(leaf);
    const auto shown = copies.find(*leaf);
    if (shown == copies.end()) return {};
    return database.run("UPDATE conversations SET current_leaf = ? WHERE id = ?", shown->second, to);
}

} // namespace

Result<ConversationId> HistoryStore::duplicateConversation(ConversationId id, const std::string& title) {
    Database& database = state_->database;
    const Result<Conversation> original = conversation(id);
    TRY_OK(original);
    return state_->insert<ConversationId>(
        [&] { return "duplicate " + std::to_string(id) + ' ' + title; },
        [&]() -> Result<ConversationId> {
            const NewConversation copy{title, original->titleIsManual, original->systemPrompt, original->settingsJson};
            const Result<ConversationId> made = insertConversation(database, copy, state_->now());
            TRY_OK(made);
            TRY_OK(copyMessages(database, id, *made));
            return made;
        },
        [&](ConversationId made) -> Result<bool> {
            const Result<std::int64_t> count =
                database.number(0, "SELECT count(*) FROM conversations WHERE id = ? AND title = ?", made, title);
            TRY_OK(count);
            return *count > 0;
        });
}

} // namespace tramontane
