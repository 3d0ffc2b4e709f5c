// The rolling backups of a history: listed, and put back in its place. HistoryStore::backUpIfDue makes them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/history/history_store.h"

namespace tramontane {

struct Backup {
    std::filesystem::path file;
    UnixMilliseconds time = 0; // when it was made, by its name
    std::int64_t sizeBytes = 0;
    std::string problem;            // why it cannot be restored, in plain words; empty: it is sound
    std::int64_t conversations = 0; // without the bin, like messages; both 0 where there is a problem
    std::int64_t messages = 0;      // of all branches
};

// Those of the history `file`, newest first. Reads every page of every backup, and writes nothing; the history may be
// open. io: the folder cannot be read.
Result<std::vector<Backup>> listBackups(const std::filesystem::path& file, const HistoryOptions& options = {});

// Puts a backup in the place of the history `file`, which no store has open; the next open brings an older schema up to
// date. First the present history is kept: as one more backup, or, where it is damaged, set aside byte for byte.
// Returns where (empty: there was none); restoring that undoes this. A kill at any moment leaves the one history or the
// other, whole. With an error the present history is what it was:
//   busy         a store, here or elsewhere, has the history open
//   notFound     no such backup
//   invalidInput the backup is damaged, unfinished, or no history of Tramontane
//   unsupported  a newer Tramontane made it
//   io           disk full, read-only, device error
Result<std::filesystem::path> restoreBackup(const std::filesystem::path& file, const std::filesystem::path& backup,
                                            const HistoryOptions& options = {});

} // namespace tramontane
