// A database file in whatever state in; every table row that can still be read from its pages out. Reads the pages
// themselves, not the trees above them, so neither a lost root nor a lost schema hides what lies in the others.
//
// A table leaf page (SQLite file format 3, section 1.6), all numbers big-endian:
//   offset size meaning (on page 1 everything begins 100 bytes later)
//        0    1 13
//        3    2 number of cells
//        8   2n offset of each cell in the page
// A cell: varint payload size, varint row id, payload; what does not fit goes to a chain of overflow pages, each
// a 4-byte number of the next and then payload.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/result.h"

namespace tramontane {

struct NoValue {};                                                          // NULL, or the row id in its own column
using CellValue = std::variant<NoValue, std::int64_t, double, std::string>; // blobs come as strings

struct ScannedRow {
    std::int64_t id = 0;
    std::vector<CellValue> values;
    bool hasBlob = false;
    bool lastIsCut = false; // the last value's end lay beyond what could be read
};

// Calls `take` for every row, in the order of the pages; an error from it ends the scan. Reads at most a few times the
// file's size, whatever the pages claim.
Result<void> scanPages(const std::string& path, std::uint32_t pageSize,
                       const std::function<Result<void>(ScannedRow&)>& take);

} // namespace tramontane
