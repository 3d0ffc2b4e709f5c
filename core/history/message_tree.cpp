// The tree the messages of a conversation form: branches, siblings, which branch is on show, cutting and mending.
#include <algorithm>

#include "core/history/message_rows.h"
#include "core/history/store_state.h"

namespace tramontane {

namespace {

// A message's place in its tree.
struct Place {
    ConversationId conversationId = 0;
    std::optional<MessageId> parentId;
    std::optional<MessageId> deletedWith;
};

Result<Place> placeOf(Database& database, MessageId id) {
    Query row = database.query("SELECT conversation_id, parent_id, deleted_with FROM messages WHERE id = ?", id);
    if (row.next()) return Place{row.integer(0), row.optionalInteger(1), row.optionalInteger(2)};
    TRY_OK(row.status());
    return noMessage(id);
}

Result<std::vector<MessageId>> readIds(Query rows) {
    std::vector<MessageId> ids;
    while (rows.next()) ids.push_back(rows.integer(0));
    TRY_OK(rows.status());
    return ids;
}

Result<std::vector<MessageId>> liveChildren(Database& database, ConversationId conversation,
                                            const std::optional<MessageId>& parent) {
    return readIds(database.query("SELECT id FROM messages WHERE conversation_id = ? AND parent_id IS ?"
                                  " AND deleted_with IS NULL ORDER BY id",
                                  conversation, parent));
}

// Along newest children to the end.
Result<MessageId> newestEnd(Database& database, MessageId id) {
    for (;;) {
        const Result<std::int64_t> child =
            database.number(0, "SELECT max(id) FROM messages WHERE parent_id = ? AND deleted_with IS NULL", id);
        TRY_OK(child);
        if (*child == 0) return id;
        id = *child;
    }
}

Result<void> setLeaf(Database& database, ConversationId conversation, const std::optional<MessageId>& leaf) {
    return database.run("UPDATE conversations SET current_leaf = ? WHERE id = ?", leaf, conversation);
}

Result<std::vector<BranchMessage>> loadBranch(Database& database, MessageId leaf) {
    std::vector<BranchMessage> branch;
    const std::string sql =
        std::string("SELECT ") + messageColumns +
        ", (SELECT count(*) FROM messages s WHERE s.conversation_id = m.conversation_id AND s.parent_id IS m.parent_id"
        "   AND s.deleted_with IS NULL AND s.id < m.id)"
        ", (SELECT count(*) FROM messages s WHERE s.conversation_id = m.conversation_id AND s.parent_id IS m.parent_id"
        "   AND s.deleted_with IS NULL)"
        " FROM messages m LEFT JOIN answers a ON a.message_id = m.id WHERE m.id = ?";
    bool more = true;
    for (MessageId id = leaf; more;) {
        Query row = database.query(sql, id);
        if (!row.next()) {
            TRY_OK(row.status());
            return noMessage(id);
        }
        BranchMessage entry{readMessage(row), int(row.integer(messageColumnCount)),
                            std::max(1, int(row.integer(messageColumnCount + 1)))};
        // A parent is older than its child, so this ends.
        const std::optional<MessageId> parent = entry.message.parentId;
        more = parent.has_value() && *parent < id;
        id = parent.value_or(id);
        branch.push_back(std::move(entry));
    }
    std::reverse(branch.begin(), branch.end());
    return branch;
}

// Whether `leaf` is `id` or comes after it.
Result<bool> leadsThrough(Database& database, std::optional<MessageId> leaf, MessageId id) {
    while (leaf && *leaf > id) {
        const Result<Place> place = placeOf(database, *leaf);
        TRY_OK(place);
        leaf = place->parentId;
    }
    return leaf == id;
}

} // namespace

Result<std::vector<BranchMessage>> HistoryStore::currentBranch(ConversationId id) {
    return state_->read([&]() -> Result<std::vector<BranchMessage>> {
        Database& database = state_->database;
        std::optional<MessageId> leaf;
        {
            Query row = database.query("SELECT current_leaf FROM conversations WHERE id = ?", id);
            const bool found = row.next();
            TRY_OK(row.status());
            if (!found) return makeError(ErrorKind::notFound, "there is no conversation " + std::to_string(id));
            leaf = row.optionalInteger(0);
        }
        if (!leaf) return std::vector<BranchMessage>();
        return loadBranch(database, *leaf);
    });
}

Result<std::vector<BranchMessage>> HistoryStore::branchTo(MessageId leaf) {
    return state_->read([&] { return loadBranch(state_->database, leaf); });
}

Result<std::vector<MessageId>> HistoryStore::siblings(MessageId id) {
    return state_->read([&]() -> Result<std::vector<MessageId>> {
        const Result<Place> place = placeOf(state_->database, id);
        TRY_OK(place);
        return liveChildren(state_->database, place->conversationId, place->parentId);
    });
}

Result<std::vector<MessageId>> HistoryStore::children(MessageId id) {
    return state_->read([&]() -> Result<std::vector<MessageId>> {
        const Result<Place> place = placeOf(state_->database, id);
        TRY_OK(place);
        return liveChildren(state_->database, place->conversationId, id);
    });
}

Result<MessageId> HistoryStore::showBranch(MessageId id) {
    return state_->write([&]() -> Result<MessageId> {
        Database& database = state_->database;
        const Result<Place> place = placeOf(database, id);
        TRY_OK(place);
        if (place->deletedWith) return noMessage(id);
        const Result<MessageId> end = newestEnd(database, id);
        TRY_OK(end);
        TRY_OK(setLeaf(database, place->conversationId, *end));
        return *end;
    });
}

Result<void> HistoryStore::setCurrentLeaf(ConversationId conversation, const std::optional<MessageId>& id) {
    return state_->write([&]() -> Result<void> {
        Database& database = state_->database;
        if (id) {
            const Result<Place> place = placeOf(database, *id);
            TRY_OK(place);
            if (place->deletedWith || place->conversationId != conversation) return noMessage(*id);
        }
        TRY_OK(setLeaf(database, conversation, id));
        if (database.changedRows() > 0) return {};
        return makeError(ErrorKind::notFound, "there is no conversation " + std::to_string(conversation));
    });
}

Result<std::optional<MessageId>> HistoryStore::deleteMessage(MessageId id) {
    return state_->write([&]() -> Result<std::optional<MessageId>> {
        Database& database = state_->database;
        const Result<Place> place = placeOf(database, id);
        TRY_OK(place);
        if (place->deletedWith && place->deletedWith != id) return noMessage(id);
        std::optional<MessageId> leaf;
        {
            Query row = database.query("SELECT current_leaf FROM conversations WHERE id = ?", place->conversationId);
            if (row.next()) leaf = row.optionalInteger(0);
            TRY_OK(row.status());
        }
        if (place->deletedWith) return leaf;
        const Result<bool> onShow = leadsThrough(database, leaf, id);
        TRY_OK(onShow);
        TRY_OK(database.run("WITH RECURSIVE below(id) AS (VALUES(?1)"
                            " UNION SELECT m.id FROM messages m JOIN below ON m.parent_id = below.id"
                            "   WHERE m.deleted_with IS NULL)"
                            " UPDATE messages SET deleted_with = ?1, deleted_at = ?2 WHERE id IN below",
                            id, state_->now()));
        if (!*onShow) return leaf;
        const Result<std::vector<MessageId>> others = liveChildren(database, place->conversationId, place->parentId);
        TRY_OK(others);
        leaf = place->parentId;
        if (!others->empty()) {
            const Result<MessageId> end = newestEnd(database, others->back());
            TRY_OK(end);
            leaf = *end;
        }
        TRY_OK(setLeaf(database, place->conversationId, leaf));
        return leaf;
    });
}

Result<void> HistoryStore::undeleteMessage(MessageId id) {
    return state_->write([&]() -> Result<void> {
        Database& database = state_->database;
        const Result<Place> place = placeOf(database, id);
        TRY_OK(place);
        if (!place->deletedWith) return {};
        if (*place->deletedWith != id)
            return makeError(ErrorKind::invalidInput, "message " + std::to_string(id) + " went into the bin with " +
                                                          std::to_string(*place->deletedWith) + ": undo that");
        if (place->parentId) {
            const Result<Place> above = placeOf(database, *place->parentId);
            TRY_OK(above);
            if (above->deletedWith)
                return makeError(ErrorKind::invalidInput,
                                 "message " + std::to_string(id) + " follows one that is in the bin: undo that first");
        }
        TRY_OK(database.run("UPDATE messages SET deleted_with = NULL, deleted_at = NULL WHERE deleted_with = ?", id));
        const Result<MessageId> end = newestEnd(database, id);
        TRY_OK(end);
        return setLeaf(database, place->conversationId, *end);
    });
}

} // namespace tramontane
