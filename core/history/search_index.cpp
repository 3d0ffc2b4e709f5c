#include "core/history/search_index.h"

#include <vector>

#include "core/history/schema.h"
#include "core/history/text_fold.h"

namespace tramontane {

// 128 KiB take about 50 ms to index; reading as much takes a thousandth of that.
constexpr std::size_t largestIndexedBytes = 128 * 1024;

namespace {

// Whatever is wrong with a write to the index that is neither the disk nor a lock is the index: it is derived from the
// messages and can be made anew.
Result<void> blameIndex(Database& database, Result<void> written) {
    if (written.ok()) return written;
    const ErrorKind kind = written.error().kind;
    if (kind == ErrorKind::internal || kind == ErrorKind::invalidInput) database.blameIndex();
    return written;
}

} // namespace

Result<void> listUnindexed(Database& database, MessageId id) {
    return database.run("INSERT OR IGNORE INTO unindexed(message_id) VALUES(?)", id);
}

Result<void> indexMessage(Database& database, MessageId id, std::string_view text) {
    if (text.size() > largestIndexedBytes) return listUnindexed(database, id);
    return blameIndex(database,
                      database.run("INSERT INTO message_search(rowid, folded) VALUES(?, ?)", id, searchForm(text)));
}

Result<bool> indexListed(Database& database, std::size_t maxBytes) {
    std::vector<MessageId> ids;
    std::size_t bytes = 0;
    Query rows = database.query("SELECT m.id, length(CAST(m.text AS BLOB)) FROM unindexed u"
                                " JOIN messages m ON m.id = u.message_id WHERE m.growing = 0");
    while (bytes < maxBytes && rows.next()) {
        const auto size = std::size_t(rows.integer(1));
        if (size > largestIndexedBytes) continue;
        bytes += size + 64; // a row costs something without any text
        ids.push_back(rows.integer(0));
    }
    TRY_OK(rows.status());
    for (const MessageId id : ids) {
        TRY_OK(database.run("DELETE FROM unindexed WHERE message_id = ?", id));
        Query row = database.query("SELECT text FROM messages WHERE id = ?", id);
        if (row.next()) TRY_OK(indexMessage(database, id, row.textView(0)));
        TRY_OK(row.status());
    }
    return !ids.empty();
}

Result<void> unindexMessage(Database& database, MessageId id) {
    TRY_OK(database.run("DELETE FROM unindexed WHERE message_id = ?", id));
    if (database.changedRows() > 0) return {};
    Query row = database.query("SELECT text FROM messages WHERE id = ?", id);
    if (!row.next()) return row.status();
    // The index holds no text of its own: to take a message out it is told what went in.
    return blameIndex(database,
                      database.run("INSERT INTO message_search(message_search, rowid, folded) VALUES('delete', ?, ?)",
                                   id, searchForm(row.textView(0))));
}

Result<bool> indexCoversMessages(Database& database) {
    const Result<std::int64_t> astray =
        database.number(0, "SELECT EXISTS (SELECT 1 FROM messages m WHERE"
                           "   EXISTS (SELECT 1 FROM message_search_docsize d WHERE d.id = m.id)"
                           "   + EXISTS (SELECT 1 FROM unindexed u WHERE u.message_id = m.id) <> 1)"
                           " OR EXISTS (SELECT 1 FROM message_search_docsize WHERE id NOT IN (SELECT id FROM messages))"
                           " OR EXISTS (SELECT 1 FROM unindexed WHERE message_id NOT IN (SELECT id FROM messages))");
    TRY_OK(astray);
    return *astray == 0;
}

Result<void> fillSearchIndex(Database& database) {
    TRY_OK(database.run("DROP TABLE IF EXISTS message_search"));
    TRY_OK(database.script(createSearchIndex));
    TRY_OK(database.run("DELETE FROM unindexed"));
    Query rows = database.query("SELECT id, growing, text FROM messages");
    while (rows.next()) {
        const MessageId id = rows.integer(0);
        if (rows.integer(1))
            TRY_OK(listUnindexed(database, id));
        else
            TRY_OK(indexMessage(database, id, rows.textView(2)));
    }
    TRY_OK(rows.status());
    return database.run("INSERT INTO meta(key, value) VALUES('fold_version', ?1)"
                        " ON CONFLICT(key) DO UPDATE SET value = ?1",
                        std::to_string(foldVersion));
}

Result<void> rebuildSearchIndex(Database& database) {
    Transaction transaction(database);
    TRY_OK(transaction.begin());
    TRY_OK(fillSearchIndex(database));
    return transaction.commit();
}

} // namespace tramontane
