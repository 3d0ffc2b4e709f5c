// Opening and closing of the store, and what concerns all of it.
#include "core/history/history_store.h"

#include <fcntl.h>
#include <unistd.h>

#include "core/history/backup_files.h"
#include "core/history/open_store.h"
#include "core/history/store_state.h"

namespace tramontane {

namespace {

// Answers that were growing when the program ended.
Result<std::vector<MessageId>> endInterruptedAnswers(Database& database) {
    std::vector<MessageId> ids;
    Query growing = database.query("SELECT id FROM messages WHERE growing = 1 ORDER BY id");
    while (growing.next()) ids.push_back(growing.integer(0));
    TRY_OK(growing.status());
    if (ids.empty()) return ids;
    Transaction transaction(database);
    TRY_OK(transaction.begin());
    for (const MessageId id : ids) {
        std::string text;
        {
            Query row = database.query("SELECT text FROM messages WHERE id = ?", id);
            if (row.next()) text = row.text(0);
            TRY_OK(row.status());
        }
        TRY_OK(database.run("UPDATE messages SET growing = 0, status = 'partial' WHERE id = ?", id));
        TRY_OK(database.run("DELETE FROM unindexed WHERE message_id = ?", id));
        TRY_OK(indexMessage(database, id, text));
    }
    TRY_OK(transaction.commit());
    return ids;
}

} // namespace

Result<HistoryStore> HistoryStore::open(const std::filesystem::path& file, HistoryOptions options) {
    if (!options.clock) options.clock = systemTime;
    TRY_OK(makePrivateFolder(file.parent_path()));
    Result<StoreLock> lock = StoreLock::take(lockFileOf(file));
    TRY_OK(lock);
    Result<OpenedDatabase> opened = openDatabase(file, options, historyMigrations());
    TRY_OK(opened);
    Result<std::vector<MessageId>> interrupted = endInterruptedAnswers(opened->database);
    TRY_OK(interrupted);
    opened->report.interruptedAnswers = std::move(*interrupted);
    auto state = std::make_unique<State>(
        State{file, std::move(options), std::move(*lock), std::move(opened->database), std::move(opened->report)});
    return HistoryStore(std::move(state));
}

HistoryStore::HistoryStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
HistoryStore::HistoryStore(HistoryStore&&) noexcept = default;
HistoryStore& HistoryStore::operator=(HistoryStore&&) noexcept = default;
HistoryStore::~HistoryStore() = default;

const OpenReport& HistoryStore::openReport() const { return state_->report; }
const std::filesystem::path& HistoryStore::file() const { return state_->file; }

void HistoryStore::State::noteDamage() {
    if (!database.foundDamage() && !database.foundIndexDamage()) return;
    const int mark = ::open(damageMarkOf(file).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (mark >= 0) ::close(mark);
}

Result<void> HistoryStore::State::touch() {
    const Result<std::int64_t> version = schemaVersion(database);
    TRY_OK(version);
    Transaction transaction(database);
    TRY_OK(transaction.begin());
    TRY_OK(database.script(("PRAGMA user_version = " + std::to_string(*version)).c_str()));
    return transaction.commit();
}

Result<void> HistoryStore::deleteEverything() {
    Database& database = state_->database;
    const Result<void> deleted = state_->write([&]() -> Result<void> {
        for (const char* sql : {
                 "DELETE FROM answers",
                 "UPDATE conversations SET current_leaf = NULL",
                 "DELETE FROM messages",
                 "DELETE FROM conversations",
                 "DELETE FROM unindexed",
                 "DELETE FROM meta WHERE key = 'new_draft'",
                 "INSERT INTO message_search(message_search) VALUES('delete-all')",
             })
            TRY_OK(database.run(sql));
        return {};
    });
    TRY_OK(deleted);
    std::error_code ignored;
    for (const std::filesystem::path& copy : keptCopiesOf(state_->file)) std::filesystem::remove(copy, ignored);
    removeAllBackups(backupFolderOf(state_->file, state_->options));
    // secure_delete has overwritten it all. This only gives the space back, so where it cannot, all is still well.
    (void)database.run("VACUUM").ok();
    return {};
}

Result<void> HistoryStore::checkIntegrity() {
    return state_->read([&]() -> Result<void> {
        Database& database = state_->database;
        Query check = database.query("PRAGMA integrity_check");
        while (check.next())
            if (check.textView(0) != "ok")
                return makeError(ErrorKind::invalidInput, state_->file.string() + ": " + check.text(0));
        TRY_OK(check.status());
        Query keys = database.query("PRAGMA foreign_key_check");
        if (keys.next())
            return makeError(ErrorKind::invalidInput, state_->file.string() + ": a row of " + keys.text(0) +
                                                          " refers to a row of " + keys.text(2) + " that is not there");
        TRY_OK(keys.status());
        TRY_OK(database.run("INSERT INTO message_search(message_search) VALUES('integrity-check')"));
        const Result<bool> covered = indexCoversMessages(database);
        TRY_OK(covered);
        if (!*covered)
            return makeError(ErrorKind::invalidInput, state_->file.string() + ": search knows other messages");
        return {};
    });
}

} // namespace tramontane
