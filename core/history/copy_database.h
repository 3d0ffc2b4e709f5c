// An open history in, one consistent state of it as another file out.
#pragma once

#include <filesystem>
#include <functional>

#include "core/base/result.h"
#include "core/history/database.h"
#include "core/history/history_store.h"

namespace tramontane {

// Copied page by page through SQLite into `to`, readable by its owner only; synced, though its name in the folder is
// not. `from` may be written meanwhile: through its own connection that goes into the copy too, through another the
// copy begins again. With `proceed` it is made in steps of 1 MB, none of them holding a lock for longer, and asked
// between them; false ends with `cancelled`. After an error what is at `to` is of no use.
Result<void> copyDatabase(Database& from, const std::filesystem::path& to, const HistoryOptions& options,
                          const std::function<bool()>& proceed = {});

} // namespace tramontane
