// A damaged or foreign file in; a new history with every row that can still be read in its place, and the damaged
// file under another name, out.
#pragma once

#include <filesystem>
#include <span>

#include "core/base/result.h"
#include "core/history/file_header.h"
#include "core/history/history_store.h"
#include "core/history/schema.h"

namespace tramontane {

struct SalvageReport {
    std::filesystem::path setAsideFile;
    std::int64_t conversations = 0; // with those that are known only by their messages
    std::int64_t messages = 0;
    std::int64_t cutMessages = 0;
};

// Nobody has the file open, and its journal was played back where that was possible. The file stays as and where it is
// until the new one is complete and durable; a kill at any moment leaves the one or the other under its name.
Result<SalvageReport> salvage(const std::filesystem::path& file, const FileHeader& header,
                              const HistoryOptions& options, std::span<const Migration> migrations);

} // namespace tramontane
