// A history with backups beside it.
#pragma once

#include <algorithm>
#include <map>

#include "core/history/backups.h"
#include "store_fixture.h"

namespace tramontane {

class BackupTest : public StoreTest {
protected:
    static constexpr UnixMilliseconds day = 24 * 60 * 60 * 1000;

    std::filesystem::path backups() const { return folder() / "backups"; }
    std::vector<Backup> list() { return valueOf(listBackups(file(), options())); }
    std::vector<std::string> names() const { return namesIn(backups()); }
    static std::vector<std::string> namesIn(const std::filesystem::path& folder) {
        std::vector<std::string> found;
        std::error_code none;
        for (const auto& entry : std::filesystem::directory_iterator(folder, none))
            found.push_back(entry.path().filename());
        std::sort(found.begin(), found.end());
        return found;
    }
    // Every file below the folder but locks.
    std::map<std::string, std::string> everything() const {
        std::map<std::string, std::string> found;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(folder()))
            if (entry.is_regular_file() && entry.path().extension() != ".lock")
                found[entry.path().string()] = fileBytes(entry.path());
        return found;
    }
    // Another program's doing.
    static void runSql(const std::filesystem::path& database, const char* sql) {
        sqlite3* handle = nullptr;
        ASSERT_EQ(sqlite3_open(database.c_str(), &handle), SQLITE_OK);
        EXPECT_EQ(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sql;
        sqlite3_close(handle);
    }
    static std::size_t hits(HistoryStore& store, const std::string& word) {
        return valueOf(store.search(patiently({word}))).hits.size();
    }
    // Page 3 and those behind it, while SQLite believes them changed by somebody else.
    static void damage(const std::filesystem::path& database) {
        runSql(database, "UPDATE conversations SET title = title || '.'");
        std::string bytes = fileBytes(database);
        ASSERT_GT(bytes.size(), 5u * 4096);
        for (std::size_t at = 2 * 4096; at < bytes.size(); at += 4096) bytes.replace(at, 64, 64, '\x5a');
        writeBytes(database, bytes);
    }
};

} // namespace tramontane
