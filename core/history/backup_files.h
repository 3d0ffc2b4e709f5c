// A folder in; the rolling backups that lie in it out. Names and files only, no SQLite.
//
//   history-2026-01-31T235959Z.sqlite         a backup; -2, -3 … before .sqlite where the second is taken
//   history-2026-01-31T235959Z.sqlite.part    one that is being made; with SQLite's journal beside it
//
// Whatever has another name is somebody else's and stays.
#pragma once

#include <filesystem>
#include <vector>

#include "core/base/result.h"
#include "core/history/history_store.h"

namespace tramontane {

struct BackupFile {
    std::filesystem::path path;
    UnixMilliseconds time = 0; // whole seconds
    int number = 1;            // of those in that second
};

std::filesystem::path backupFolderOf(const std::filesystem::path& file, const HistoryOptions& options);
// Oldest first; none where there is no such folder.
Result<std::vector<BackupFile>> findBackups(const std::filesystem::path& folder);
std::filesystem::path freeBackupNameIn(const std::filesystem::path& folder, UnixMilliseconds now);
std::filesystem::path partFileOf(const std::filesystem::path& backup);

// Keeps the newest `keep`. Which clock was wrong nobody knows where names lie in the future, so those neither crowd out
// the others nor are crowded out by them: of them the newest `keep` stay as well.
void removeOldBackups(const std::filesystem::path& folder, int keep, UnixMilliseconds now);
void removeUnfinishedBackups(const std::filesystem::path& folder);
void removeAllBackups(const std::filesystem::path& folder); // unfinished ones too

} // namespace tramontane
