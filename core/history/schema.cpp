#include "core/history/schema.h"

#include <sqlite3.h>

#include <array>

namespace tramontane {

namespace {

constexpr const char* firstVersion[] = {
    "PRAGMA application_id = 1416782189", // historyApplicationId
    R"(CREATE TABLE conversations(
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        title TEXT NOT NULL,
        title_is_manual INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        deleted_at INTEGER,
        current_leaf INTEGER REFERENCES messages(id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
        system_prompt TEXT,
        settings TEXT,
        draft TEXT NOT NULL DEFAULT ''
    ) STRICT)",
    // The text comes last: what a cut file loses first is its tail.
    R"(CREATE TABLE messages(
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        conversation_id INTEGER NOT NULL REFERENCES conversations(id) DEFERRABLE INITIALLY DEFERRED,
        parent_id INTEGER REFERENCES messages(id) DEFERRABLE INITIALLY DEFERRED,
        role TEXT NOT NULL CHECK(role IN ('system', 'user', 'assistant', 'tool')),
        status TEXT NOT NULL CHECK(status IN ('complete', 'partial', 'failed')),
        growing INTEGER NOT NULL DEFAULT 0,
        created_at INTEGER NOT NULL,
        deleted_at INTEGER,
        deleted_with INTEGER,
        error_text TEXT NOT NULL DEFAULT '',
        text TEXT NOT NULL
    ) STRICT)",
    "CREATE INDEX messages_by_place ON messages(conversation_id, parent_id)",
    "CREATE INDEX messages_by_parent ON messages(parent_id)",
    "CREATE INDEX messages_growing ON messages(id) WHERE growing = 1",
    "CREATE INDEX messages_deleted ON messages(deleted_with) WHERE deleted_with IS NOT NULL",
    "CREATE INDEX conversations_by_leaf ON conversations(current_leaf)",
    R"(CREATE TABLE answers(
        message_id INTEGER PRIMARY KEY REFERENCES messages(id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
        prompt_tokens INTEGER NOT NULL,
        new_tokens INTEGER NOT NULL,
        time_to_first_token_ms REAL NOT NULL,
        tokens_per_second REAL NOT NULL,
        finish_reason TEXT NOT NULL,
        device TEXT NOT NULL,
        model_name TEXT NOT NULL,
        model_fingerprint TEXT NOT NULL,
        seed INTEGER NOT NULL,
        sampling TEXT NOT NULL
    ) STRICT)",
    R"(CREATE TABLE presets(
        name TEXT NOT NULL UNIQUE,
        json TEXT NOT NULL,
        edited_at INTEGER NOT NULL
    ) STRICT)",
    "CREATE TABLE meta(key TEXT NOT NULL UNIQUE, value TEXT NOT NULL) STRICT",
    "INSERT INTO meta(key, value) VALUES('fold_version', '1')",
    "CREATE TABLE unindexed(message_id INTEGER PRIMARY KEY) STRICT",
    createSearchIndex,
};

constexpr const char* secondVersion[] = {
    "ALTER TABLE conversations ADD COLUMN pinned_at INTEGER",
    "ALTER TABLE conversations ADD COLUMN archived_at INTEGER",
};

constexpr std::array migrations = {Migration{firstVersion}, Migration{secondVersion}};

} // namespace

std::span<const Migration> historyMigrations() { return migrations; }

Result<std::int64_t> schemaVersion(Database& database) { return database.number(0, "PRAGMA user_version"); }

Result<void> migrate(Database& database, std::span<const Migration> steps) {
    Result<std::int64_t> version = schemaVersion(database);
    TRY_OK(version);
    for (auto next = std::size_t(*version); next < steps.size(); ++next) {
        Transaction transaction(database);
        TRY_OK(transaction.begin());
        for (const char* statement : steps[next].statements) TRY_OK(database.script(statement));
        TRY_OK(database.script(("PRAGMA user_version = " + std::to_string(next + 1)).c_str()));
        TRY_OK(transaction.commit());
    }
    return {};
}

Result<bool> hasEveryTable(Database& database) {
    for (const char* sql : {
             "SELECT id, title, title_is_manual, created_at, updated_at, deleted_at, current_leaf, system_prompt,"
             " settings, draft, pinned_at, archived_at FROM conversations LIMIT 1",
             "SELECT id, conversation_id, parent_id, role, status, growing, created_at, deleted_at, deleted_with,"
             " error_text, text FROM messages LIMIT 1",
             "SELECT message_id, prompt_tokens, new_tokens, time_to_first_token_ms, tokens_per_second,"
             " finish_reason, device, model_name, model_fingerprint, seed, sampling FROM answers LIMIT 1",
             "SELECT name, json, edited_at FROM presets LIMIT 1",
             "SELECT key, value FROM meta LIMIT 1",
             "SELECT message_id FROM unindexed LIMIT 1",
         }) {
        const Result<void> read = database.run(sql);
        if (!read.ok() && (database.lastErrorCode() & 0xff) == SQLITE_ERROR) return false;
        TRY_OK(read);
    }
    return true;
}

// A rollback journal, not WAL: SQLite before 3.51.3 can corrupt a WAL file when another program's connection
// checkpoints at the same time, and so the history is one file, to be copied as it lies. Truncating the journal and
// syncing that (FULL) is what makes a commit outlive a power cut; deleting the journal would need the folder synced.
Result<void> configureConnection(Database& database) {
    sqlite3_db_config(database.handle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(database.handle(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    return database.script("PRAGMA page_size = 4096;" // what salvage assumes where the header is gone
                           "PRAGMA journal_mode = TRUNCATE;"
                           "PRAGMA synchronous = FULL;"
                           "PRAGMA locking_mode = NORMAL;"
                           "PRAGMA foreign_keys = ON;"
                           "PRAGMA secure_delete = ON;"
                           "PRAGMA cell_size_check = ON;"
                           "PRAGMA temp_store = MEMORY;"
                           "PRAGMA mmap_size = 0;"
                           "PRAGMA cache_size = -16384");
}

} // namespace tramontane
