#include "core/history/file_header.h"

#include <sqlite3.h>

#include <stddef.h>

#include <bit>
#include <cstring>
#include <memory>
#include <vector>

namespace tramontane {

namespace {

constexpr std::size_t headerSize = 100;

std::uint32_t bigEndian(const unsigned char* bytes, int count) {
    std::uint32_t value = 0;
    for (int i = 0; i < count; ++i) value = value << 8 | bytes[i];
    return value;
}

// The size of a file, and its first bytes into `head` as far as there are that many. 0 where there is none.
Result<std::int64_t> peek(sqlite3_vfs* vfs, const std::string& path, unsigned char (&head)[headerSize]) {
    const auto failed = [&](const char* what) {
        return makeError(ErrorKind::io, path + ": " + what + "; check the folder and who may read it");
    };
    int exists = 0;
    if (vfs->xAccess(vfs, path.c_str(), SQLITE_ACCESS_EXISTS, &exists) != SQLITE_OK)
        return failed("cannot be looked at");
    if (!exists) return 0;
    // SQLite wants names as its own opening makes them, with parameters behind; a plain database needs none.
    const std::unique_ptr<char, void (*)(const char*)> name(
        const_cast<char*>(sqlite3_create_filename(path.c_str(), "", "", 0, nullptr)),
        [](const char* text) { sqlite3_free_filename(const_cast<char*>(text)); });
    if (!name) return makeError(ErrorKind::outOfMemory, path + ": not enough memory");
    std::vector<max_align_t> storage(std::size_t(vfs->szOsFile) / sizeof(max_align_t) + 1);
    auto* file = reinterpret_cast<sqlite3_file*>(storage.data());
    int flags = 0;
    if (vfs->xOpen(vfs, name.get(), file, SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB, &flags) != SQLITE_OK) {
        if (file->pMethods) file->pMethods->xClose(file);
        return failed("cannot be read");
    }
    sqlite3_int64 size = 0;
    int code = file->pMethods->xFileSize(file, &size);
    if (code == SQLITE_OK && size >= sqlite3_int64(headerSize))
        code = file->pMethods->xRead(file, head, int(headerSize), 0);
    file->pMethods->xClose(file);
    if (code != SQLITE_OK) return failed("cannot be read");
    return size;
}

} // namespace

Result<FileHeader> readFileHeader(const std::string& path, const std::string& vfsName) {
    sqlite3_initialize();
    sqlite3_vfs* vfs = sqlite3_vfs_find(vfsName.empty() ? nullptr : vfsName.c_str());
    if (!vfs) return makeError(ErrorKind::internal, "no file layer named " + vfsName);
    unsigned char head[headerSize] = {};
    FileHeader header;
    const Result<std::int64_t> size = peek(vfs, path, head);
    TRY_OK(size);
    header.sizeBytes = *size;
    header.isDatabase = *size >= std::int64_t(headerSize) && std::memcmp(head, "SQLite format 3", 16) == 0;
    if (header.isDatabase) {
        const std::uint32_t pageSize = bigEndian(head + 16, 2) == 1 ? 65536 : bigEndian(head + 16, 2);
        if (std::has_single_bit(pageSize) && pageSize >= 512) header.pageSize = pageSize;
        const auto isVersion = [](unsigned char version) { return version == 1 || version == 2; };
        header.isAsWritten = isVersion(head[18]) && isVersion(head[19]) && head[20] == 0 &&
                             bigEndian(head + 44, 4) == 4 && bigEndian(head + 56, 4) == 1;
        header.usesWal = head[18] == 2 || head[19] == 2;
        header.schemaVersion = bigEndian(head + 60, 4);
        header.applicationId = bigEndian(head + 68, 4);
    }
    for (const char* suffix : {"-journal", "-wal"}) {
        unsigned char ignored[headerSize] = {};
        const Result<std::int64_t> journal = peek(vfs, path + suffix, ignored);
        TRY_OK(journal);
        if (*journal > 0) header.hasJournal = true;
    }
    return header;
}

} // namespace tramontane
