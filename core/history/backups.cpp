#include "core/history/backups.h"

#include <sqlite3.h>

#include "core/history/backup_files.h"
#include "core/history/copy_database.h"
#include "core/history/file_header.h"
#include "core/history/open_store.h"
#include "core/history/store_state.h"

namespace tramontane {

namespace {

// With SQLite's journal beside it.
void removeCopy(const std::filesystem::path& copy) {
    std::error_code ignored;
    for (const char* suffix : {"", "-journal"}) std::filesystem::remove(copy.string() + suffix, ignored);
}

Result<bool> copyIsWhole(const std::filesystem::path& copy, const HistoryOptions& options) {
    Result<Database> database =
        Database::open(copy.string(), Database::Mode::readOnly, options.vfsName, options.busyTimeoutMs);
    TRY_OK(database);
    return pagesAreWhole(*database);
}

// invalidInput: the copy, and so most likely what it is of, is damaged.
Result<void> finishCopy(Database& from, const std::filesystem::path& part, const std::filesystem::path& backup,
                        const HistoryOptions& options, const std::function<bool()>& proceed) {
    TRY_OK(copyDatabase(from, part, options, proceed));
    const Result<bool> whole = copyIsWhole(part, options);
    TRY_OK(whole);
    if (!*whole)
        return makeError(ErrorKind::invalidInput, backup.string() + ": no backup is made, for the history is damaged; "
                                                                    "opening it again saves what can be read");
    TRY_OK(syncFile(part));
    std::error_code error;
    std::filesystem::rename(part, backup, error);
    if (error) return makeError(ErrorKind::io, backup.string() + ": cannot be given its name: " + error.message());
    return syncFolderOf(backup);
}

// Returns its path. With an error nothing is left of it.
Result<std::filesystem::path> makeBackup(Database& from, const std::filesystem::path& folder, UnixMilliseconds now,
                                         const HistoryOptions& options, const std::function<bool()>& proceed = {}) {
    TRY_OK(makePrivateFolder(folder));
    const std::filesystem::path backup = freeBackupNameIn(folder, now);
    const std::filesystem::path part = partFileOf(backup);
    const Result<void> finished = finishCopy(from, part, backup, options, proceed);
    if (finished.ok()) return backup;
    removeCopy(part);
    removeCopy(backup);
    return finished.error();
}

struct Contents {
    std::int64_t conversations = 0;
    std::int64_t messages = 0;
};

// An error says why `file` cannot be restored.
Result<Contents> readBackup(const std::filesystem::path& file, const HistoryOptions& options) {
    const auto refused = [&](ErrorKind kind, const char* why) {
        return makeError(kind, file.string() + ": " + why + "; choose another backup. The history is unchanged");
    };
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(file, ignored)) return refused(ErrorKind::notFound, "there is no such file");
    const Result<FileHeader> header = readFileHeader(file.string(), options.vfsName);
    TRY_OK(header);
    if (!header->isDatabase || header->applicationId != historyApplicationId)
        return refused(ErrorKind::invalidInput, "is damaged, or is no history of Tramontane");
    const auto ours = std::int64_t(historyMigrations().size());
    if (header->schemaVersion > ours && header->schemaVersion <= ours + believableVersionLead)
        return refused(ErrorKind::unsupported, "was written by a newer Tramontane; update Tramontane");
    if (header->schemaVersion < 1 || header->schemaVersion > ours || !header->isAsWritten)
        return refused(ErrorKind::invalidInput, "is damaged");
    // What belongs to it lies in another file, and reading that would write here.
    if (header->hasJournal || header->usesWal)
        return refused(ErrorKind::invalidInput, "is not a finished backup: a program was writing it");
    Result<Database> database =
        Database::open(file.string(), Database::Mode::readOnly, options.vfsName, options.busyTimeoutMs);
    TRY_OK(database);
    TRY_OK(database->script("PRAGMA cell_size_check = ON"));
    const Result<bool> whole = pagesAreWhole(*database);
    TRY_OK(whole);
    if (!*whole) return refused(ErrorKind::invalidInput, "is damaged");
    if (header->schemaVersion == ours) {
        const Result<bool> complete = hasEveryTable(*database);
        TRY_OK(complete);
        if (!*complete) return refused(ErrorKind::invalidInput, "is damaged");
    }
    const Result<std::int64_t> conversations =
        database->number(0, "SELECT count(*) FROM conversations WHERE deleted_at IS NULL");
    TRY_OK(conversations);
    const Result<std::int64_t> messages =
        database->number(0, "SELECT count(*) FROM messages WHERE deleted_with IS NULL AND conversation_id IN"
                            " (SELECT id FROM conversations WHERE deleted_at IS NULL)");
    TRY_OK(messages);
    return Contents{*conversations, *messages};
}

// Where it is kept; empty: there is none. Afterwards nothing of it is in a journal alone.
Result<std::filesystem::path> keepPresent(const std::filesystem::path& file, const HistoryOptions& options,
                                          UnixMilliseconds now) {
    const Result<FileHeader> header = readFileHeader(file.string(), options.vfsName);
    TRY_OK(header);
    if (header->sizeBytes == 0 && !header->hasJournal) return std::filesystem::path();
    if (header->isDatabase) {
        Result<Database> present =
            Database::open(file.string(), Database::Mode::create, options.vfsName, options.busyTimeoutMs);
        TRY_OK(present);
        const auto backUp = [&]() -> Result<std::filesystem::path> {
            TRY_OK(configureConnection(*present)); // takes in a WAL
            return makeBackup(*present, backupFolderOf(file, options), now, options);
        };
        Result<std::filesystem::path> kept = backUp();
        const bool unreadable =
            !kept.ok() && (kept.error().kind == ErrorKind::invalidInput || kept.error().kind == ErrorKind::internal);
        if (!unreadable) return kept;
    }
    const std::filesystem::path setAside = freeSetAsideFileOf(file, now);
    std::error_code ignored;
    for (const char* suffix : {"", "-journal", "-wal"})
        if (std::filesystem::exists(file.string() + suffix, ignored))
            TRY_OK(keepUnderName(file.string() + suffix, setAside.string() + suffix));
    return setAside;
}

// Copied beside the history and read there as what it is about to be.
Result<void> prepare(const std::filesystem::path& backup, const std::filesystem::path& restoring,
                     const HistoryOptions& options) {
    Result<Database> from =
        Database::open(backup.string(), Database::Mode::readOnly, options.vfsName, options.busyTimeoutMs);
    TRY_OK(from);
    TRY_OK(copyDatabase(*from, restoring, options));
    TRY_OK(readBackup(restoring, options));
    return syncFile(restoring);
}

Result<void> replace(const std::filesystem::path& file, const std::filesystem::path& restoring) {
    std::error_code error;
    // They would be played back into the new file.
    for (const char* suffix : {"-journal", "-wal", "-shm"}) {
        std::filesystem::remove(file.string() + suffix, error);
        if (error) return makeError(ErrorKind::io, file.string() + suffix + ": cannot be removed: " + error.message());
    }
    TRY_OK(syncFolderOf(file));
    std::filesystem::rename(restoring, file, error);
    if (error) return makeError(ErrorKind::io, file.string() + ": cannot be replaced: " + error.message());
    std::filesystem::remove(damageMarkOf(file), error);
    return syncFolderOf(file);
}

} // namespace

Result<bool> HistoryStore::backUpIfDue(const BackupPolicy& policy, const std::function<bool()>& proceed) {
    const std::filesystem::path folder = backupFolderOf(state_->file, state_->options);
    const UnixMilliseconds now = state_->now();
    const Result<std::vector<BackupFile>> backups = findBackups(folder);
    TRY_OK(backups);
    for (const BackupFile& backup : *backups)
        if (backup.time <= now && now - backup.time < policy.every) return false;
    removeUnfinishedBackups(folder);
    const Result<std::filesystem::path> made = makeBackup(state_->database, folder, now, state_->options, proceed);
    if (!made.ok() && made.error().kind == ErrorKind::invalidInput) {
        state_->database.restoreError(SQLITE_CORRUPT);
        state_->noteDamage();
    }
    TRY_OK(made);
    removeOldBackups(folder, policy.keep, now);
    return true;
}

Result<std::vector<Backup>> listBackups(const std::filesystem::path& file, const HistoryOptions& options) {
    const Result<std::vector<BackupFile>> found = findBackups(backupFolderOf(file, options));
    TRY_OK(found);
    std::vector<Backup> list;
    for (auto entry = found->rbegin(); entry != found->rend(); ++entry) {
        Backup backup;
        backup.file = entry->path;
        backup.time = entry->time;
        std::error_code error;
        const std::uintmax_t size = std::filesystem::file_size(entry->path, error);
        if (!error) backup.sizeBytes = std::int64_t(size);
        const Result<Contents> contents = readBackup(entry->path, options);
        if (contents.ok()) {
            backup.conversations = contents->conversations;
            backup.messages = contents->messages;
        } else {
            backup.problem = contents.error().message;
        }
        list.push_back(std::move(backup));
    }
    return list;
}

Result<std::filesystem::path> restoreBackup(const std::filesystem::path& file, const std::filesystem::path& backup,
                                            const HistoryOptions& options) {
    TRY_OK(makePrivateFolder(file.parent_path()));
    const Result<StoreLock> lock = StoreLock::take(lockFileOf(file));
    TRY_OK(lock);
    TRY_OK(readBackup(backup, options));
    const std::filesystem::path restoring = restoringFileOf(file);
    removeCopy(restoring); // of a restore that was cut short
    const auto restore = [&]() -> Result<std::filesystem::path> {
        TRY_OK(prepare(backup, restoring, options));
        Result<std::filesystem::path> kept = keepPresent(file, options, options.clock ? options.clock() : systemTime());
        TRY_OK(kept);
        TRY_OK(replace(file, restoring));
        return kept;
    };
    Result<std::filesystem::path> restored = restore();
    if (!restored.ok()) removeCopy(restoring);
    return restored;
}

} // namespace tramontane
