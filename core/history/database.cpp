#include "core/history/database.h"

#include <sqlite3.h>

#include <cerrno>
#include <cstring>

namespace tramontane {

// ---------------------------------------------------------------------------------------------------- Query

Query::Query(Database& database, std::string_view sql) : database_(&database), key_(sql) {
    const auto cached = database.idle_.find(sql);
    if (cached != database.idle_.end()) {
        statement_ = cached->second;
        database.idle_.erase(cached);
        return;
    }
    const int code = sqlite3_prepare_v3(database.handle_, sql.data(), int(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                        &statement_, nullptr);
    if (code != SQLITE_OK) fail(code);
}

Query::Query(Query&& other) noexcept
    : database_(other.database_), statement_(std::exchange(other.statement_, nullptr)), key_(std::move(other.key_)),
      error_(std::move(other.error_)), done_(other.done_) {}

Query::~Query() {
    if (!statement_) return;
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
    database_->idle_.emplace(std::move(key_), statement_);
}

void Query::fail(int code) {
    if (!error_) error_ = database_->errorOf(code);
}

void Query::bind(int index, std::int64_t value) {
    if (error_) return;
    if (const int code = sqlite3_bind_int64(statement_, index, value); code != SQLITE_OK) fail(code);
}

void Query::bind(int index, double value) {
    if (error_) return;
    if (const int code = sqlite3_bind_double(statement_, index, value); code != SQLITE_OK) fail(code);
}

void Query::bind(int index, std::string_view value) {
    if (error_) return;
    const char* data = value.data() ? value.data() : "";
    const int code = sqlite3_bind_text64(statement_, index, data, value.size(), SQLITE_STATIC, SQLITE_UTF8);
    if (code != SQLITE_OK) fail(code);
}

void Query::bind(int index, std::nullopt_t) {
    if (error_) return;
    if (const int code = sqlite3_bind_null(statement_, index); code != SQLITE_OK) fail(code);
}

bool Query::next() {
    if (error_ || done_) return false;
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    done_ = true;
    if (code != SQLITE_DONE) fail(sqlite3_extended_errcode(database_->handle_));
    return false;
}

Result<void> Query::status() const {
    if (error_) return *error_;
    return {};
}

std::int64_t Query::integer(int column) const { return sqlite3_column_int64(statement_, column); }
double Query::real(int column) const { return sqlite3_column_double(statement_, column); }
bool Query::isNull(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::string_view Query::textView(int column) const {
    const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    if (!data) return {};
    return {data, std::size_t(sqlite3_column_bytes(statement_, column))};
}

std::string Query::text(int column) const { return std::string(textView(column)); }

std::optional<std::int64_t> Query::optionalInteger(int column) const {
    if (isNull(column)) return std::nullopt;
    return integer(column);
}

std::optional<std::string> Query::optionalText(int column) const {
    if (isNull(column)) return std::nullopt;
    return text(column);
}

// ------------------------------------------------------------------------------------------------- Database

Result<Database> Database::open(const std::string& path, Mode mode, const std::string& vfsName, int busyTimeoutMs) {
    Database database;
    database.path_ = path;
    const int flags = (mode == Mode::readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) |
                      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const int code =
        sqlite3_open_v2(path.c_str(), &database.handle_, flags, vfsName.empty() ? nullptr : vfsName.c_str());
    if (code != SQLITE_OK) return database.errorOf(code);
    sqlite3_busy_timeout(database.handle_, busyTimeoutMs);
    return database;
}

Database::Database(Database&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), path_(std::move(other.path_)), idle_(std::move(other.idle_)),
      lastErrorCode_(other.lastErrorCode_) {
    other.idle_.clear();
}

Database& Database::operator=(Database&& other) noexcept {
    if (this != &other) {
        close();
        handle_ = std::exchange(other.handle_, nullptr);
        path_ = std::move(other.path_);
        idle_ = std::exchange(other.idle_, {});
        lastErrorCode_ = other.lastErrorCode_;
    }
    return *this;
}

Database::~Database() { close(); }

void Database::close() {
    for (auto& [sql, statement] : idle_) sqlite3_finalize(statement);
    idle_.clear();
    sqlite3_close_v2(std::exchange(handle_, nullptr));
}

Result<void> Database::script(const char* sql) {
    const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return errorOf(code);
    return {};
}

std::int64_t Database::lastInsertId() const { return sqlite3_last_insert_rowid(handle_); }
std::int64_t Database::changedRows() const { return sqlite3_changes64(handle_); }
bool Database::inTransaction() const { return sqlite3_get_autocommit(handle_) == 0; }

void Database::blameIndex() { lastErrorCode_ = SQLITE_CORRUPT_VTAB; }
// A key that is taken is the index's too: our own tables are written so that none can be.
bool Database::foundIndexDamage() const {
    return lastErrorCode_ == SQLITE_CORRUPT_VTAB ||
           ((lastErrorCode_ & 0xff) == SQLITE_CONSTRAINT && lastErrorCode_ != SQLITE_CONSTRAINT_FOREIGNKEY &&
            lastErrorCode_ != SQLITE_CONSTRAINT_CHECK);
}

bool Database::foundDamage() const {
    const int primary = lastErrorCode_ & 0xff;
    return !foundIndexDamage() && (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB);
}

Error Database::errorOf(int code) {
    const int extended = handle_ ? sqlite3_extended_errcode(handle_) : code;
    lastErrorCode_ = (extended & 0xff) == (code & 0xff) ? extended : code;
    const int systemError = handle_ ? sqlite3_system_errno(handle_) : 0;
    const std::string detail = handle_ ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
    const auto error = [&](ErrorKind kind, const std::string& what) { return makeError(kind, path_ + ": " + what); };
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
        return error(ErrorKind::busy, "another program holds this file; it is tried again when that lets go");
    case SQLITE_FULL:
        return error(ErrorKind::io, "the disk is full; free some space, then it can be saved");
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return error(ErrorKind::io, "cannot be written: the file or its folder is read-only (" + detail + ")");
    case SQLITE_CANTOPEN:
        return error(ErrorKind::io, "cannot be opened" +
                                        (systemError ? std::string(": ") + std::strerror(systemError) : std::string()) +
                                        "; check the folder and who may write there");
    case SQLITE_IOERR:
        if (systemError == ENOSPC || systemError == EDQUOT)
            return error(ErrorKind::io, "the disk is full; free some space, then it can be saved");
        return error(ErrorKind::io, "the disk reports an error" +
                                        (systemError ? std::string(": ") + std::strerror(systemError) : std::string()));
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return error(ErrorKind::invalidInput, "is damaged; opening it again saves what can be read");
    case SQLITE_NOMEM:
        return error(ErrorKind::outOfMemory, "not enough memory");
    case SQLITE_INTERRUPT:
        return error(ErrorKind::cancelled, "stopped");
    case SQLITE_TOOBIG:
        return error(ErrorKind::invalidInput, "a text of over 1 GB cannot be kept");
    default:
        return error(ErrorKind::internal, detail);
    }
}

// ---------------------------------------------------------------------------------------------- Transaction

Transaction::~Transaction() { rollback(); }

Result<void> Transaction::begin() { return database_.run("BEGIN IMMEDIATE"); }

Result<void> Transaction::commit() { return database_.run("COMMIT"); }

void Transaction::rollback() {
    if (!database_.inTransaction()) return;
    const int code = database_.lastErrorCode();
    const Result<void> rolledBack = database_.run("ROLLBACK");
    (void)rolledBack; // where even this fails, the journal stays and the next access plays it back
    if (code) database_.restoreError(code);
}

} // namespace tramontane
