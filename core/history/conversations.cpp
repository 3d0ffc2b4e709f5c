// The conversations of a store: list, make, change, bin; and the presets, which are as simple.
#include "core/history/store_state.h"

namespace tramontane {

namespace {

constexpr const char* columns = "id, title, title_is_manual, created_at, updated_at, system_prompt, settings,"
                                " current_leaf, draft, deleted_at, pinned_at, archived_at";

Conversation readConversation(const Query& row) {
    Conversation conversation;
    conversation.id = row.integer(0);
    conversation.title = row.text(1);
    conversation.titleIsManual = row.integer(2) != 0;
    conversation.createdAt = row.integer(3);
    conversation.updatedAt = row.integer(4);
    conversation.systemPrompt = row.optionalText(5);
    conversation.settingsJson = row.optionalText(6);
    conversation.currentLeaf = row.optionalInteger(7);
    conversation.draft = row.text(8);
    conversation.deletedAt = row.optionalInteger(9);
    conversation.pinnedAt = row.optionalInteger(10);
    conversation.archivedAt = row.optionalInteger(11);
    return conversation;
}

Result<std::vector<Conversation>> readConversations(Query rows) {
    std::vector<Conversation> list;
    while (rows.next()) list.push_back(readConversation(rows));
    TRY_OK(rows.status());
    return list;
}

Error noConversation(ConversationId id) {
    return makeError(ErrorKind::notFound, "there is no conversation " + std::to_string(id));
}

// An UPDATE of one conversation: it has to have met it.
Result<void> met(const Result<void>& updated, Database& database, ConversationId id) {
    TRY_OK(updated);
    if (database.changedRows() == 0) return noConversation(id);
    return {};
}

Result<void> purge(Database& database, ConversationId id) {
    std::vector<MessageId> messages;
    Query rows = database.query("SELECT id FROM messages WHERE conversation_id = ?", id);
    while (rows.next()) messages.push_back(rows.integer(0));
    TRY_OK(rows.status());
    for (const MessageId message : messages) TRY_OK(unindexMessage(database, message));
    TRY_OK(database.run("UPDATE conversations SET current_leaf = NULL WHERE id = ?", id));
    TRY_OK(database.run("DELETE FROM messages WHERE conversation_id = ?", id)); // their answers go with them
    return met(database.run("DELETE FROM conversations WHERE id = ?", id), database, id);
}

// What hangs below a message in the bin is in the bin too.
Result<void> purgeMessagesDeletedBefore(Database& database, UnixMilliseconds time) {
    std::vector<MessageId> ids;
    Query rows = database.query("WITH RECURSIVE gone(id) AS (SELECT id FROM messages"
                                "   WHERE deleted_with IS NOT NULL AND deleted_at < ?"
                                " UNION SELECT m.id FROM messages m JOIN gone ON m.parent_id = gone.id)"
                                " SELECT id FROM gone",
                                time);
    while (rows.next()) ids.push_back(rows.integer(0));
    TRY_OK(rows.status());
    for (const MessageId id : ids) TRY_OK(unindexMessage(database, id));
    for (const MessageId id : ids) TRY_OK(database.run("DELETE FROM messages WHERE id = ?", id));
    return {};
}

} // namespace

Result<std::vector<Conversation>> HistoryStore::conversations() {
    return state_->read([&] {
        return readConversations(state_->database.query(std::string("SELECT ") + columns +
                                                        " FROM conversations WHERE deleted_at IS NULL"
                                                        " ORDER BY updated_at DESC, id DESC"));
    });
}

Result<std::vector<Conversation>> HistoryStore::deletedConversations() {
    return state_->read([&] {
        return readConversations(state_->database.query(std::string("SELECT ") + columns +
                                                        " FROM conversations WHERE deleted_at IS NOT NULL"
                                                        " ORDER BY deleted_at DESC, id DESC"));
    });
}

Result<Conversation> HistoryStore::conversation(ConversationId id) {
    return state_->read([&]() -> Result<Conversation> {
        Query row = state_->database.query(std::string("SELECT ") + columns + " FROM conversations WHERE id = ?", id);
        if (row.next()) return readConversation(row);
        TRY_OK(row.status());
        return noConversation(id);
    });
}

Result<ConversationId> HistoryStore::createConversation(const NewConversation& conversation) {
    Database& database = state_->database;
    return state_->insert<ConversationId>(
        [&] { return "create " + conversation.title; },
        [&] { return insertConversation(database, conversation, state_->now()); },
        [&](ConversationId id) -> Result<bool> {
            const Result<std::int64_t> count =
                database.number(0,
                                "SELECT count(*) FROM conversations c WHERE id = ? AND title = ?"
                                " AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = c.id)",
                                id, conversation.title);
            TRY_OK(count);
            return *count > 0;
        });
}

Result<ConversationId> insertConversation(Database& database, const NewConversation& conversation,
                                          UnixMilliseconds now) {
    TRY_OK(database.run("INSERT INTO conversations(title, title_is_manual, created_at, updated_at, system_prompt,"
                        " settings) VALUES(?, ?, ?, ?, ?, ?)",
                        conversation.title, conversation.titleIsManual, now, now, conversation.systemPrompt,
                        conversation.settingsJson));
    return database.lastInsertId();
}

Result<void> HistoryStore::renameConversation(ConversationId id, const std::string& title, bool titleIsManual) {
    return state_->write([&] {
        Database& database = state_->database;
        return met(database.run("UPDATE conversations SET title = ?, title_is_manual = ? WHERE id = ?", title,
                                titleIsManual, id),
                   database, id);
    });
}

Result<void> HistoryStore::setSystemPrompt(ConversationId id, const std::optional<std::string>& systemPrompt) {
    return state_->write([&] {
        Database& database = state_->database;
        return met(database.run("UPDATE conversations SET system_prompt = ? WHERE id = ?", systemPrompt, id), database,
                   id);
    });
}

Result<void> HistoryStore::setSettings(ConversationId id, const std::optional<std::string>& settingsJson) {
    return state_->write([&] {
        Database& database = state_->database;
        return met(database.run("UPDATE conversations SET settings = ? WHERE id = ?", settingsJson, id), database, id);
    });
}

Result<void> HistoryStore::setDraft(ConversationId id, const std::string& text) {
    return state_->write([&]() -> Result<void> { return storeDraft(state_->database, id, text); });
}

Result<void> storeDraft(Database& database, ConversationId id, const std::string& text) {
    if (id != 0) return met(database.run("UPDATE conversations SET draft = ? WHERE id = ?", text, id), database, id);
    if (text.empty()) return database.run("DELETE FROM meta WHERE key = 'new_draft'");
    return database.run("INSERT INTO meta(key, value) VALUES('new_draft', ?1)"
                        " ON CONFLICT(key) DO UPDATE SET value = ?1",
                        text);
}

Result<std::string> HistoryStore::draft(ConversationId id) {
    return state_->read([&]() -> Result<std::string> {
        Query row = id != 0 ? state_->database.query("SELECT draft FROM conversations WHERE id = ?", id)
                            : state_->database.query("SELECT value FROM meta WHERE key = 'new_draft'");
        if (row.next()) return row.text(0);
        TRY_OK(row.status());
        if (id != 0) return noConversation(id);
        return std::string();
    });
}

Result<void> HistoryStore::deleteConversation(ConversationId id) {
    return state_->write([&] {
        Database& database = state_->database;
        return met(database.run("UPDATE conversations SET deleted_at = coalesce(deleted_at, ?) WHERE id = ?",
                                state_->now(), id),
                   database, id);
    });
}

Result<void> HistoryStore::undeleteConversation(ConversationId id) {
    return state_->write([&] {
        Database& database = state_->database;
        return met(database.run("UPDATE conversations SET deleted_at = NULL WHERE id = ?", id), database, id);
    });
}

Result<void> HistoryStore::purgeConversation(ConversationId id) {
    return state_->write([&] { return purge(state_->database, id); });
}

Result<int> HistoryStore::purgeDeletedBefore(UnixMilliseconds time) {
    return state_->write([&]() -> Result<int> {
        Database& database = state_->database;
        std::vector<ConversationId> ids;
        Query rows = database.query("SELECT id FROM conversations WHERE deleted_at < ?", time);
        while (rows.next()) ids.push_back(rows.integer(0));
        TRY_OK(rows.status());
        for (const ConversationId id : ids) TRY_OK(purge(database, id));
        TRY_OK(purgeMessagesDeletedBefore(database, time));
        return int(ids.size());
    });
}

Result<void> HistoryStore::setPinned(ConversationId id, bool pinned) {
    return state_->write([&] {
        Database& database = state_->database;
        return met(
            database.run("UPDATE conversations SET pinned_at = iif(?, coalesce(pinned_at, ?), NULL) WHERE id = ?",
                         pinned, state_->now(), id),
            database, id);
    });
}

Result<void> HistoryStore::setArchived(ConversationId id, bool archived) {
    return state_->write([&] {
        Database& database = state_->database;
        return met(
            database.run("UPDATE conversations SET archived_at = iif(?, coalesce(archived_at, ?), NULL) WHERE id = ?",
                         archived, state_->now(), id),
            database, id);
    });
}

Result<std::vector<Preset>> HistoryStore::presets() {
    return state_->read([&]() -> Result<std::vector<Preset>> {
        std::vector<Preset> list;
        Query rows = state_->database.query("SELECT name, json FROM presets ORDER BY name");
        while (rows.next()) list.push_back({rows.text(0), rows.text(1)});
        TRY_OK(rows.status());
        return list;
    });
}

Result<void> HistoryStore::savePreset(const std::string& name, const std::string& json) {
    return state_->write([&] {
        return state_->database.run("INSERT INTO presets(name, json, edited_at) VALUES(?1, ?2, ?3)"
                                    " ON CONFLICT(name) DO UPDATE SET json = ?2, edited_at = ?3",
                                    name, json, state_->now());
    });
}

Result<void> HistoryStore::deletePreset(const std::string& name) {
    return state_->write([&]() -> Result<void> {
        TRY_OK(state_->database.run("DELETE FROM presets WHERE name = ?", name));
        if (state_->database.changedRows() == 0)
            return makeError(ErrorKind::notFound, "there is no preset named " + name);
        return {};
    });
}

} // namespace tramontane
