#include "core/history/open_store.h"

#include <sqlite3.h>

#include <cstdlib>

#include "core/history/copy_database.h"
#include "core/history/file_header.h"
#include "core/history/salvage.h"
#include "core/history/search_index.h"
#include "core/history/store_files.h"
#include "core/history/text_fold.h"

namespace tramontane {

namespace {

// Up to this size every page is checked at each start (a tenth of a second); a larger file where a check is asked for.
constexpr std::int64_t checkedAtStartBytes = 16'000'000;

enum class Verdict { whole, empty, damaged };

Error newerError(const std::filesystem::path& file, std::int64_t version, std::size_t ours) {
    return makeError(ErrorKind::unsupported,
                     file.string() + " was written by a newer Tramontane (its format is " + std::to_string(version) +
                         ", this program knows up to " + std::to_string(ours) +
                         "); update Tramontane, or choose another folder with --data. The file is unchanged");
}

bool isNewer(const FileHeader& header, std::size_t ours) {
    return header.isDatabase && header.applicationId == historyApplicationId &&
           header.schemaVersion > std::int64_t(ours) &&
           header.schemaVersion <= std::int64_t(ours) + believableVersionLead;
}

// Damage is a verdict; everything else that goes wrong is an error.
template <class T>
Result<bool> damageOr(Database& database, const Result<T>& result) {
    if (result.ok()) return false;
    if (database.foundDamage() || database.foundIndexDamage()) return true;
    return result.error();
}

Result<bool> checkPages(Database& database) {
    Query check = database.query("PRAGMA integrity_check(1)");
    const bool whole = check.next() && check.textView(0) == "ok";
    // A page that the disk did not give is not a damaged page, though the check reports it like one.
    if (!whole && check.status().ok()) {
        const std::string report = check.text(0);
        const std::size_t at = report.find("error code=");
        const int code = at == std::string::npos ? SQLITE_CORRUPT : std::atoi(report.c_str() + at + 11);
        if ((code & 0xff) != SQLITE_CORRUPT && (code & 0xff) != SQLITE_NOTADB) return database.errorOf(code);
    }
    const Result<bool> damaged = damageOr(database, check.status());
    TRY_OK(damaged);
    return whole && !*damaged;
}

} // namespace

// Asked twice before a file is called damaged: a disk that fails once shows in some reports without its code.
Result<bool> pagesAreWhole(Database& database) {
    const Result<bool> whole = checkPages(database);
    TRY_OK(whole);
    return *whole ? whole : checkPages(database);
}

namespace {

Result<Verdict> examine(Database& database, const FileHeader& header, bool checkAll,
                        std::span<const Migration> migrations) {
    if (header.sizeBytes == 0) return Verdict::empty;
    if (!header.isDatabase) return Verdict::damaged;
    if (header.applicationId == historyApplicationId && !header.isAsWritten) return Verdict::damaged;
    database.forgetError();
    const Result<std::int64_t> tables = database.number(0, "SELECT count(*) FROM sqlite_schema");
    if (!tables.ok() && tables.error().kind == ErrorKind::internal) return Verdict::damaged; // of an unknown format
    Result<bool> damaged = damageOr(database, tables);
    TRY_OK(damaged);
    if (*damaged) return Verdict::damaged;
    if (*tables == 0 && header.applicationId == 0 && header.schemaVersion == 0) return Verdict::empty;
    if (header.applicationId != historyApplicationId || header.schemaVersion < 1 ||
        header.schemaVersion > std::int64_t(migrations.size()))
        return Verdict::damaged;

    TRY_OK(database.script("PRAGMA cell_size_check = ON"));
    if (checkAll || header.sizeBytes <= checkedAtStartBytes) {
        const Result<bool> whole = pagesAreWhole(database);
        TRY_OK(whole);
        if (!*whole) return Verdict::damaged;
    }
    if (header.schemaVersion == std::int64_t(migrations.size())) {
        const Result<bool> complete = hasEveryTable(database);
        damaged = damageOr(database, complete);
        TRY_OK(damaged);
        if (*damaged || !*complete) return Verdict::damaged;
    }
    return Verdict::whole;
}

// The index is there, of today's fold and, where `checkAll`, whole; what is not is made anew. False: it cannot be, the
// file itself is damaged.
Result<bool> settleSearchIndex(Database& database, bool checkAll) {
    database.forgetError();
    const Result<std::int64_t> fold =
        database.number(0, "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'fold_version'");
    TRY_OK(fold);
    bool whole = *fold == foldVersion;
    if (whole) {
        const Result<void> checked =
            database.run(checkAll ? "INSERT INTO message_search(message_search) VALUES('integrity-check')"
                                  : "SELECT rowid FROM message_search LIMIT 1");
        // What is missing or unreadable shows as SQLITE_ERROR or as damage; a disk or a lock as itself.
        whole = checked.ok();
        if (whole && checkAll) {
            const Result<bool> covered = indexCoversMessages(database);
            TRY_OK(covered);
            whole = *covered;
        }
        if (!checked.ok() && checked.error().kind != ErrorKind::internal && !database.foundDamage() &&
            !database.foundIndexDamage())
            return checked.error();
    }
    if (whole) return true;
    database.forgetError();
    const Result<void> rebuilt = rebuildSearchIndex(database);
    if (rebuilt.ok()) return true;
    const ErrorKind kind = rebuilt.error().kind;
    if (kind == ErrorKind::internal || kind == ErrorKind::invalidInput) return false;
    return rebuilt.error();
}

Result<void> backUpBeforeUpdate(Database& database, const std::filesystem::path& to, const HistoryOptions& options) {
    const Result<void> copied = copyDatabase(database, to, options);
    if (copied.ok() || copied.error().kind == ErrorKind::busy) return copied;
    return makeError(ErrorKind::io, to.string() + ": the backup before the update of the history cannot be written;"
                                                  " free some space, then start again");
}

Result<OpenedDatabase> bringUpToDate(Database database, const FileHeader& header, Verdict verdict,
                                     const std::filesystem::path& file, const HistoryOptions& options,
                                     std::span<const Migration> migrations) {
    TRY_OK(configureConnection(database));
    OpenedDatabase opened;
    opened.report.schemaBefore = verdict == Verdict::empty ? 0 : int(header.schemaVersion);
    opened.report.schemaNow = int(migrations.size());
    if (verdict == Verdict::empty) {
        opened.report.outcome = OpenOutcome::created;
    } else if (header.schemaVersion < std::int64_t(migrations.size())) {
        opened.report.outcome = OpenOutcome::migrated;
        opened.report.backupFile = backupFileOf(file, header.schemaVersion);
        TRY_OK(backUpBeforeUpdate(database, opened.report.backupFile, options));
        opened.report.summary =
            "The history was updated for this version of Tramontane. A copy of it as it was lies in " +
            opened.report.backupFile.string() + ".";
    }
    TRY_OK(migrate(database, migrations));
    opened.database = std::move(database);
    return opened;
}

std::string counted(std::int64_t count, const char* one, const char* many) {
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

void tellOfSalvage(OpenReport& report, const SalvageReport& salvage) {
    report.outcome = OpenOutcome::salvaged;
    report.setAsideFile = salvage.setAsideFile;
    report.salvagedConversations = salvage.conversations;
    report.salvagedMessages = salvage.messages;
    report.cutMessages = salvage.cutMessages;
    report.schemaBefore = 0;
    report.summary = "The history file was damaged. " + counted(salvage.messages, "message", "messages") + " in " +
                     counted(salvage.conversations, "conversation", "conversations") + " could be saved" +
                     (salvage.cutMessages ? ", " + std::to_string(salvage.cutMessages) + " of them not whole" : "") +
                     ". The damaged file is kept as " + salvage.setAsideFile.string() + ".";
}

} // namespace

Result<OpenedDatabase> openDatabase(const std::filesystem::path& file, const HistoryOptions& options,
                                    std::span<const Migration> migrations) {
    const auto connect = [&]() -> Result<Database> {
        TRY_OK(createPrivately(file));
        return Database::open(file.string(), Database::Mode::create, options.vfsName, options.busyTimeoutMs);
    };
    std::optional<SalvageReport> salvaged;
    for (;;) {
        Result<FileHeader> header = readFileHeader(file.string(), options.vfsName);
        TRY_OK(header);
        if (isNewer(*header, migrations.size())) return newerError(file, header->schemaVersion, migrations.size());
        if (header->hasJournal) {
            // An interrupted transaction: SQLite undoes it (or, of a WAL, takes it in) at the first query.
            Result<Database> recovering = connect();
            TRY_OK(recovering);
            const Result<std::int64_t> version = schemaVersion(*recovering);
            TRY_OK(damageOr(*recovering, version));
            recovering->close();
            header = readFileHeader(file.string(), options.vfsName);
            TRY_OK(header);
            if (isNewer(*header, migrations.size())) return newerError(file, header->schemaVersion, migrations.size());
        }
        Result<Database> database = connect();
        TRY_OK(database);
        std::error_code ignored;
        const bool checkAsked = std::filesystem::exists(damageMarkOf(file), ignored);
        Result<Verdict> verdict = examine(*database, *header, checkAsked, migrations);
        TRY_OK(verdict);
        OpenedDatabase opened;
        if (*verdict != Verdict::damaged) {
            Result<OpenedDatabase> current =
                bringUpToDate(std::move(*database), *header, *verdict, file, options, migrations);
            TRY_OK(current);
            opened = std::move(*current);
            const Result<bool> settled =
                settleSearchIndex(opened.database, checkAsked || header->sizeBytes <= checkedAtStartBytes);
            TRY_OK(settled);
            if (!*settled) verdict = Verdict::damaged;
        }
        if (*verdict == Verdict::damaged) {
            database->close();
            opened.database.close();
            if (salvaged)
                return makeError(ErrorKind::io, file.string() + ": was damaged, and what was saved from it cannot be "
                                                                "read back; check the disk");
            Result<SalvageReport> report = salvage(file, *header, options, migrations);
            TRY_OK(report);
            salvaged = std::move(*report);
            continue;
        }
        if (salvaged) tellOfSalvage(opened.report, *salvaged);
        std::filesystem::remove(damageMarkOf(file), ignored);
        return opened;
    }
}

} // namespace tramontane
