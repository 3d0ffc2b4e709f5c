// The names of the files beside a history, and what is done to files without SQLite.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/history/history_types.h"

namespace tramontane {

std::filesystem::path lockFileOf(const std::filesystem::path& file);      // .lock
std::filesystem::path damageMarkOf(const std::filesystem::path& file);    // .check: look at every page when opening
std::filesystem::path salvageFileOf(const std::filesystem::path& file);   // .salvaging: not finished
std::filesystem::path restoringFileOf(const std::filesystem::path& file); // .restoring: not finished
std::filesystem::path backupFileOf(const std::filesystem::path& file, std::int64_t schemaVersion); // .backup-v1
// .damaged-20260131-235959, with -2, -3 … behind where there is one already.
std::filesystem::path freeSetAsideFileOf(const std::filesystem::path& file, UnixMilliseconds now);
// Every copy made before a migration, every file that was set aside, and what a restore left unfinished.
std::vector<std::filesystem::path> keptCopiesOf(const std::filesystem::path& file);

UnixMilliseconds systemTime();
// The folder is there; where it is made here, it is for its owner only. An empty path: the current folder.
Result<void> makePrivateFolder(const std::filesystem::path& folder);
// The file is there, readable by its owner only from its first moment. SQLite gives its journal the same rights.
Result<void> createPrivately(const std::filesystem::path& file);
// The file's bytes survive a power cut.
Result<void> syncFile(const std::filesystem::path& file);
// The folder's entries survive a power cut.
Result<void> syncFolderOf(const std::filesystem::path& file);
// `file` under another name, byte for byte, durable; a second name of the same bytes where the file system can.
Result<void> keepUnderName(const std::filesystem::path& file, const std::filesystem::path& name);

} // namespace tramontane
