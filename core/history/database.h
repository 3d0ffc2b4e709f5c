// SQL and values in, rows out: SQLite behind errors as values. One connection, one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace tramontane {

class Database;

// One run of one statement. A failed prepare or bind shows at next() (no row) and status(), so a caller reads rows
// in a plain loop and asks once at the end.
class Query {
public:
    ~Query(); // resets the statement; it goes back to the connection's cache
    Query(Query&& other) noexcept;
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;

    bool next(); // true: there is a row to read
    Result<void> status() const;

    std::int64_t integer(int column) const;
    double real(int column) const;
    bool isNull(int column) const;
    std::string text(int column) const;          // empty where it is NULL
    std::string_view textView(int column) const; // until the next next()
    std::optional<std::int64_t> optionalInteger(int column) const;
    std::optional<std::string> optionalText(int column) const;

private:
    friend class Database;
    Query(Database& database, std::string_view sql);
    void bind(int index, std::int64_t value);
    void bind(int index, int value) { bind(index, std::int64_t{value}); }
    void bind(int index, bool value) { bind(index, std::int64_t{value}); }
    void bind(int index, double value);
    void bind(int index, std::string_view value);
    void bind(int index, const std::string& value) { bind(index, std::string_view(value)); }
    void bind(int index, const char* value) { bind(index, std::string_view(value)); }
    void bind(int index, std::nullopt_t);
    template <class T>
    void bind(int index, const std::optional<T>& value) {
        if (value)
            bind(index, *value);
        else
            bind(index, std::nullopt);
    }
    void fail(int code);

    Database* database_ = nullptr;
    sqlite3_stmt* statement_ = nullptr;
    std::string key_;
    std::optional<Error> error_;
    bool done_ = false;
};

class Database {
public:
    enum class Mode { readOnly, create };
    // Opens lazily, as SQLite does: a file that is not a database shows at the first query.
    static Result<Database> open(const std::string& path, Mode mode, const std::string& vfsName, int busyTimeoutMs);
    Database() = default;
    Database(Database&& other) noexcept;
    Database& operator=(Database&& other) noexcept;
    ~Database();
    void close();

    // Text values are borrowed until the query ends.
    template <class... Values>
    Query query(std::string_view sql, const Values&... values) {
        Query query(*this, sql);
        [[maybe_unused]] int index = 0;
        (query.bind(++index, values), ...);
        return query;
    }
    // For statements whose rows do not matter.
    template <class... Values>
    Result<void> run(std::string_view sql, const Values&... values) {
        Query query(*this, sql);
        [[maybe_unused]] int index = 0;
        (query.bind(++index, values), ...);
        while (query.next()) {
        }
        return query.status();
    }
    // The first column of the first row; `otherwise` where there is no row.
    template <class... Values>
    Result<std::int64_t> number(std::int64_t otherwise, std::string_view sql, const Values&... values) {
        Query row = query(sql, values...);
        const std::int64_t found = row.next() ? row.integer(0) : otherwise;
        TRY_OK(row.status());
        return found;
    }
    Result<void> script(const char* sql); // several statements, no values

    std::int64_t lastInsertId() const;
    std::int64_t changedRows() const; // by the last statement

    bool inTransaction() const;

    // SQLite's extended code of the last error since forgetError(), 0 for none.
    int lastErrorCode() const { return lastErrorCode_; }
    void forgetError() { lastErrorCode_ = 0; }
    void restoreError(int code) { lastErrorCode_ = code; }
    bool foundDamage() const;      // of the file
    bool foundIndexDamage() const; // of the search index alone
    void blameIndex();             // the last error was that
    // What a result code of SQLite means, in plain words; remembered as the last error.
    Error errorOf(int code);

    sqlite3* handle() const { return handle_; }

private:
    friend class Query;
    sqlite3* handle_ = nullptr;
    std::string path_;
    std::multimap<std::string, sqlite3_stmt*, std::less<>> idle_; // prepared and not in use
    int lastErrorCode_ = 0;
};

// BEGIN IMMEDIATE … COMMIT; rolls back unless committed.
class Transaction {
public:
    explicit Transaction(Database& database) : database_(database) {}
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    Result<void> begin();
    Result<void> commit();
    void rollback();

private:
    Database& database_;
};

} // namespace tramontane
