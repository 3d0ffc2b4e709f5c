// Conversations with all their branches out of a store, and into one.
#include <map>

#include "core/history/message_rows.h"
#include "core/history/store_state.h"

namespace tramontane {

namespace {

// So much text is indexed within the call, in less than a second; what is more waits for indexMore.
constexpr std::size_t indexedAtOnceBytes = 2 * 1024 * 1024, indexedMoreBytes = 512 * 1024;

Error doesNotFit(const WholeConversation& whole, const std::string& what) {
    return makeError(ErrorKind::invalidInput, "conversation \"" + whole.conversation.title + "\": " + what);
}

Result<void> addMessages(Database& database, const WholeConversation& whole, ConversationId to,
                         std::size_t& indexedBytes) {
    std::map<MessageId, MessageId> added;
    for (const Message& message : whole.messages) {
        std::optional<MessageId> parent;
        if (message.parentId) {
            const auto found = added.find(*message.parentId);
            if (found == added.end())
                return doesNotFit(whole, "message " + std::to_string(message.id) + " follows " +
                                             std::to_string(*message.parentId) + ", which is not before it");
            parent = found->second;
        }
        const MessageStatus status = message.growing ? MessageStatus::partial : message.status;
        TRY_OK(database.run("INSERT INTO messages(conversation_id, parent_id, role, status, growing, created_at,"
                            " error_text, text) VALUES(?, ?, ?, ?, 0, ?, ?, ?)",
                            to, parent, roleName(message.role), statusName(status), message.createdAt,
                            message.errorText, message.text));
        const MessageId id = database.lastInsertId();
        if (indexedBytes + message.text.size() <= indexedAtOnceBytes) {
            TRY_OK(indexMessage(database, id, message.text));
            indexedBytes += message.text.size();
        } else {
            TRY_OK(listUnindexed(database, id));
        }
        TRY_OK(storeFigures(database, id, message.figures));
        if (!added.emplace(message.id, id).second)
            return doesNotFit(whole, "message " + std::to_string(message.id) + " is there twice");
    }
    if (!whole.conversation.currentLeaf) return {};
    const auto leaf = added.find(*whole.conversation.currentLeaf);
    if (leaf == added.end())
        return doesNotFit(whole, "the branch on show ends at message " +
                                     std::to_string(*whole.conversation.currentLeaf) + ", which is not there");
    return database.run("UPDATE conversations SET current_leaf = ? WHERE id = ?", leaf->second, to);
}

Result<ConversationId> addConversation(Database& database, const WholeConversation& whole, std::size_t& indexedBytes) {
    const Conversation& from = whole.conversation;
    TRY_OK(database.run("INSERT INTO conversations(title, title_is_manual, created_at, updated_at, system_prompt,"
                        " settings, draft, pinned_at, archived_at) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
                        from.title, from.titleIsManual, from.createdAt, from.updatedAt, from.systemPrompt,
                        from.settingsJson, from.draft, from.pinnedAt, from.archivedAt));
    const ConversationId id = database.lastInsertId();
    TRY_OK(addMessages(database, whole, id, indexedBytes));
    return id;
}

} // namespace

Result<WholeConversation> HistoryStore::wholeConversation(ConversationId id) {
    Result<Conversation> found = conversation(id);
    TRY_OK(found);
    return state_->read([&]() -> Result<WholeConversation> {
        WholeConversation whole;
        whole.conversation = std::move(*found);
        Query rows = state_->database.query(std::string("SELECT ") + messageColumns +
                                                " FROM messages m LEFT JOIN answers a ON a.message_id = m.id"
                                                " WHERE m.conversation_id = ? AND m.deleted_with IS NULL ORDER BY m.id",
                                            id);
        while (rows.next()) {
            whole.messages.push_back(readMessage(rows));
            whole.messages.back().growing = false; // it is partial by its status
        }
        TRY_OK(rows.status());
        return whole;
    });
}

Result<HistoryStore::Added> HistoryStore::addConversations(const std::vector<WholeConversation>& whole) {
    Database& database = state_->database;
    return state_->insert<Added>(
        [&] {
            std::string key = "add";
            for (const WholeConversation& each : whole)
                key += ' ' + std::to_string(each.messages.size()) + ' ' + each.conversation.title;
            return key;
        },
        [&]() -> Result<Added> {
            Added added;
            std::size_t indexedBytes = 0;
            for (const WholeConversation& each : whole) {
                const Result<ConversationId> id = addConversation(database, each, indexedBytes);
                TRY_OK(id);
                if (added.conversations++ == 0) added.first = *id;
                added.last = *id;
                added.messages += std::int64_t(each.messages.size());
            }
            return added;
        },
        [&](const Added& made) -> Result<bool> {
            const Result<std::int64_t> count = database.number(
                0, "SELECT count(*) FROM conversations WHERE id BETWEEN ? AND ?", made.first, made.last);
            TRY_OK(count);
            return *count == made.conversations;
        });
}

Result<bool> HistoryStore::indexMore() {
    return state_->write([&] { return indexListed(state_->database, indexedMoreBytes); });
}

} // namespace tramontane
