#include "core/history/copy_database.h"

#include <sqlite3.h>

#include <memory>

#include "core/history/store_files.h"

namespace tramontane {

Result<void> copyDatabase(Database& from, const std::filesystem::path& to, const HistoryOptions& options,
                          const std::function<bool()>& proceed) {
    constexpr std::int64_t pagesPerStep = 256;
    // So often an interrupting writer may make it begin again; then the rest comes in one step, which locks him out.
    constexpr std::int64_t patience = 4;
    TRY_OK(createPrivately(to));
    Result<Database> copy = Database::open(to.string(), Database::Mode::create, options.vfsName, options.busyTimeoutMs);
    TRY_OK(copy);
    // DELETE, the default, would leave the folder unsynced after the journal goes.
    TRY_OK(copy->script("PRAGMA synchronous = EXTRA"));
    const std::unique_ptr<sqlite3_backup, int (*)(sqlite3_backup*)> backup(
        sqlite3_backup_init(copy->handle(), "main", from.handle(), "main"), sqlite3_backup_finish);
    if (!backup) return copy->errorOf(sqlite3_errcode(copy->handle()));
    int code = SQLITE_OK;
    for (std::int64_t pages = 0; code == SQLITE_OK; pages += pagesPerStep) {
        const bool inSteps = proceed && pages <= patience * sqlite3_backup_pagecount(backup.get());
        code = sqlite3_backup_step(backup.get(), inSteps ? int(pagesPerStep) : -1);
        if (code == SQLITE_OK && !proceed()) return makeError(ErrorKind::cancelled, to.string() + ": not finished");
    }
    if ((code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED)
        return makeError(ErrorKind::busy, to.string() + ": another program holds the history; it is tried again");
    if (code != SQLITE_DONE) return copy->errorOf(code);
    return {};
}

} // namespace tramontane
