// The steps of opening a history that tests look into as well.
#pragma once

#include <span>

#include "core/history/history_store.h"
#include "core/history/schema.h"

namespace tramontane {

struct OpenedDatabase {
    Database database;
    OpenReport report;
};
// The caller holds the lock. Afterwards the schema is the newest of `migrations` and the file is whole: a damaged or
// foreign one was salvaged, a newer one refused. The search index is whole and of today's fold.
Result<OpenedDatabase> openDatabase(const std::filesystem::path& file, const HistoryOptions& options,
                                    std::span<const Migration> migrations);

// SQLite's check of every page and row. False: damaged; an error: it could not be read.
Result<bool> pagesAreWhole(Database& database);

} // namespace tramontane
