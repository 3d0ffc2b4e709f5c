// A path in; what the first bytes of a database file say out, without SQLite touching the file.
//
//   offset size meaning (SQLite file format 3)
//        0   16 "SQLite format 3\0"
//       16    2 page size, big-endian; 1 means 65536
//       18    2 write and read version; 2 means WAL
//       20    1 bytes reserved in each page: 0, as we write it
//       44    4 schema format, big-endian: 4, as we write it
//       56    4 text encoding, big-endian: 1, UTF-8
//       60    4 user_version, big-endian: the schema's version
//       68    4 application_id, big-endian
#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.h"

namespace tramontane {

struct FileHeader {
    std::int64_t sizeBytes = 0; // 0 also where there is no file
    bool isDatabase = false;    // the magic is right; what follows is only then set
    std::uint32_t pageSize = 0; // 0: none that can be
    bool usesWal = false;       // of its read or write version
    bool isAsWritten = false;   // the fields that no program has reason to change in a history
    std::int64_t schemaVersion = 0;
    std::int64_t applicationId = 0;
    bool hasJournal = false; // a rollback journal or WAL beside it that is not empty
};

// vfsName as in HistoryOptions.
Result<FileHeader> readFileHeader(const std::string& path, const std::string& vfsName);

} // namespace tramontane
