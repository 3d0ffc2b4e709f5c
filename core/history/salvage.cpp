#include "core/history/salvage.h"

#include <algorithm>
#include <string_view>

#include "core/history/page_scan.h"
#include "core/history/search_index.h"
#include "core/history/store_files.h"
#include "core/history/text_fold.h"

namespace tramontane {

namespace {

// An id beyond this is damage; taking it over would leave no numbers for what comes.
constexpr std::int64_t largestBelievableId = std::int64_t{1} << 48;

bool isId(std::int64_t value) { return value >= 1 && value <= largestBelievableId; }

// What a column may hold, one letter each: n the row id's own (NULL), i integer, o integer or NULL, r number,
// t text, u text or NULL.
bool hasShape(const ScannedRow& row, std::string_view shape) {
    if (row.values.size() != shape.size() || row.hasBlob) return false;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        const CellValue& value = row.values[i];
        const bool none = std::holds_alternative<NoValue>(value);
        const bool integer = std::holds_alternative<std::int64_t>(value);
        const bool text = std::holds_alternative<std::string>(value);
        switch (shape[i]) {
        case 'n':
            if (!none) return false;
            break;
        case 'i':
            if (!integer) return false;
            break;
        case 'o':
            if (!integer && !none) return false;
            break;
        case 'r':
            if (none || text) return false;
            break;
        case 't':
            if (!text) return false;
            break;
        default:
            if (!text && !none) return false;
            break;
        }
    }
    return true;
}

class Salvager {
public:
    explicit Salvager(Database& database) : database_(database) {}

    Result<void> take(ScannedRow& row) {
        if (hasShape(row, "ntiiioouut") || hasShape(row, "ntiiioouutoo")) return takeConversation(row);
        if (hasShape(row, "niottiioott")) return takeMessage(row);
        if (hasShape(row, "niirrttttit")) return takeAnswer(row);
        if (hasShape(row, "tti")) return takePreset(row);
        if (hasShape(row, "ti")) return takeSequence(row);
        if (hasShape(row, "tt") && text(row, 0) == "new_draft")
            return database_.run("INSERT OR REPLACE INTO meta(key, value) VALUES('new_draft', ?)", text(row, 1));
        return {};
    }

    Result<SalvageReport> finish() {
        // Known by their messages only.
        TRY_OK(database_.run(
            "INSERT INTO conversations(id, title, title_is_manual, created_at, updated_at)"
            " SELECT conversation_id, 'Recovered conversation', 0, min(created_at), max(created_at) FROM messages"
            " WHERE conversation_id NOT IN (SELECT id FROM conversations) GROUP BY conversation_id"));
        // In the bin with a message that is gone: with itself then.
        TRY_OK(database_.run("UPDATE messages SET deleted_with = id WHERE deleted_with IS NOT NULL"
                             " AND deleted_with NOT IN (SELECT id FROM messages)"));
        TRY_OK(database_.run("UPDATE messages SET deleted_at = created_at"
                             " WHERE deleted_with IS NOT NULL AND deleted_at IS NULL"));
        // Where the parent is gone, the message before takes its place.
        TRY_OK(database_.run(
            "UPDATE messages SET parent_id = (SELECT max(p.id) FROM messages p"
            "   WHERE p.conversation_id = messages.conversation_id AND p.id < messages.id"
            "   AND (p.deleted_with IS NULL OR messages.deleted_with IS NOT NULL))"
            " WHERE parent_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM messages p WHERE p.id = messages.parent_id"
            "   AND p.id < messages.id AND p.conversation_id = messages.conversation_id)"));
        TRY_OK(database_.run("UPDATE conversations SET current_leaf = (SELECT max(m.id) FROM messages m"
                             "   WHERE m.conversation_id = conversations.id AND m.deleted_with IS NULL)"
                             " WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.id = conversations.current_leaf"
                             "   AND m.conversation_id = conversations.id AND m.deleted_with IS NULL)"));
        TRY_OK(database_.run("DELETE FROM answers WHERE message_id NOT IN (SELECT id FROM messages)"));
        for (const auto& [table, last] : sequences_)
            TRY_OK(database_.run("UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1", table, last));
        TRY_OK(fillSearchIndex(database_));

        SalvageReport report;
        report.cutMessages = cutMessages_;
        Result<std::int64_t> count = database_.number(0, "SELECT count(*) FROM conversations");
        TRY_OK(count);
        report.conversations = *count;
        count = database_.number(0, "SELECT count(*) FROM messages");
        TRY_OK(count);
        report.messages = *count;
        return report;
    }

private:
    static std::int64_t integer(const ScannedRow& row, int column) {
        return std::get<std::int64_t>(row.values[std::size_t(column)]);
    }
    static const std::string& text(const ScannedRow& row, int column) {
        return std::get<std::string>(row.values[std::size_t(column)]);
    }
    // None also where the row was written before the column was.
    static std::optional<std::int64_t> optionalInteger(const ScannedRow& row, int column) {
        if (std::size_t(column) >= row.values.size()) return std::nullopt;
        const auto* value = std::get_if<std::int64_t>(&row.values[std::size_t(column)]);
        return value ? std::optional(*value) : std::nullopt;
    }
    static std::optional<std::string> optionalText(const ScannedRow& row, int column) {
        const auto* value = std::get_if<std::string>(&row.values[std::size_t(column)]);
        return value ? std::optional(*value) : std::nullopt;
    }
    static double real(const ScannedRow& row, int column) {
        const CellValue& value = row.values[std::size_t(column)];
        if (const auto* whole = std::get_if<std::int64_t>(&value)) return double(*whole); // SQLite stores 2.0 as 2
        return std::get<double>(value);
    }
    // Not through the middle of a character.
    static void endAtCharacter(std::string& body) {
        std::size_t start = body.size();
        for (int back = 0; back < 3 && start > 0; ++back)
            if ((std::uint8_t(body[--start]) & 0xc0) != 0x80) break;
        if (start < body.size() && decodeCharacter(body, start).codePoint == 0xfffd) body.resize(start);
    }

    Result<void> takeConversation(const ScannedRow& row) {
        if (!isId(row.id)) return {};
        return database_.run(
            "INSERT OR IGNORE INTO conversations(id, title, title_is_manual, created_at, updated_at, deleted_at,"
            " current_leaf, system_prompt, settings, draft, pinned_at, archived_at)"
            " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row.id, text(row, 1), integer(row, 2) != 0, integer(row, 3), integer(row, 4), optionalInteger(row, 5),
            optionalInteger(row, 6), optionalText(row, 7), optionalText(row, 8), text(row, 9), optionalInteger(row, 10),
            optionalInteger(row, 11));
    }

    Result<void> takeMessage(ScannedRow& row) {
        if (!isId(row.id) || !isId(integer(row, 1))) return {};
        std::string& body = std::get<std::string>(row.values[10]);
        const bool answers = text(row, 3) == "assistant";
        if (row.lastIsCut) endAtCharacter(body);
        const std::string status = row.lastIsCut ? "partial" : text(row, 4);
        TRY_OK(database_.run(
            "INSERT OR IGNORE INTO messages(id, conversation_id, parent_id, role, status, growing, created_at,"
            " deleted_at, deleted_with, error_text, text) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row.id, integer(row, 1), optionalInteger(row, 2), text(row, 3), status,
            answers && status == "partial" && integer(row, 5) != 0, integer(row, 6), optionalInteger(row, 7),
            optionalInteger(row, 8), text(row, 9), body));
        if (row.lastIsCut && database_.changedRows() > 0) ++cutMessages_;
        return {};
    }

    Result<void> takeAnswer(const ScannedRow& row) {
        if (!isId(row.id)) return {};
        return database_.run(
            "INSERT OR IGNORE INTO answers(message_id, prompt_tokens, new_tokens, time_to_first_token_ms,"
            " tokens_per_second, finish_reason, device, model_name, model_fingerprint, seed, sampling)"
            " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row.id, integer(row, 1), integer(row, 2), real(row, 3), real(row, 4), text(row, 5), text(row, 6),
            text(row, 7), text(row, 8), integer(row, 9), text(row, 10));
    }

    Result<void> takePreset(const ScannedRow& row) {
        return database_.run("INSERT OR IGNORE INTO presets(name, json, edited_at) VALUES(?, ?, ?)", text(row, 0),
                             text(row, 1), integer(row, 2));
    }

    Result<void> takeSequence(const ScannedRow& row) {
        for (const char* table : {"conversations", "messages"})
            if (text(row, 0) == table && isId(integer(row, 1))) sequences_.emplace_back(table, integer(row, 1));
        return {};
    }

    Database& database_;
    std::vector<std::pair<std::string, std::int64_t>> sequences_;
    std::int64_t cutMessages_ = 0;
};

// Everything readable in `file`, read as pages of `pageSize`, as a whole new history under `target`.
Result<SalvageReport> salvageInto(const std::filesystem::path& target, const std::filesystem::path& file,
                                  std::uint32_t pageSize, const HistoryOptions& options,
                                  std::span<const Migration> migrations) {
    std::error_code ignored;
    std::filesystem::remove(target, ignored);
    std::filesystem::remove(target.string() + "-journal", ignored);
    TRY_OK(createPrivately(target));
    Result<Database> database =
        Database::open(target.string(), Database::Mode::create, options.vfsName, options.busyTimeoutMs);
    TRY_OK(database);
    TRY_OK(configureConnection(*database));
    TRY_OK(migrate(*database, migrations));
    // Rows come in the order of the pages, some of them without what they refer to.
    TRY_OK(database->script("PRAGMA foreign_keys = OFF"));
    Transaction transaction(*database);
    TRY_OK(transaction.begin());
    Salvager salvager(*database);
    TRY_OK(scanPages(file.string(), pageSize, [&](ScannedRow& row) { return salvager.take(row); }));
    Result<SalvageReport> report = salvager.finish();
    TRY_OK(report);
    TRY_OK(transaction.commit());
    return report;
}

} // namespace

Result<SalvageReport> salvage(const std::filesystem::path& file, const FileHeader& header,
                              const HistoryOptions& options, std::span<const Migration> migrations) {
    constexpr std::uint32_t ourPageSize = 4096;
    const std::filesystem::path target = salvageFileOf(file);
    const std::uint32_t claimed = header.pageSize ? header.pageSize : ourPageSize;
    Result<SalvageReport> report = salvageInto(target, file, claimed, options, migrations);
    TRY_OK(report);
    if (report->messages == 0 && claimed != ourPageSize) {
        report = salvageInto(target, file, ourPageSize, options, migrations);
        TRY_OK(report);
    }

    report->setAsideFile = freeSetAsideFileOf(file, options.clock());
    TRY_OK(keepUnderName(file, report->setAsideFile));
    // A journal that is left would be played back into the new file.
    std::error_code error;
    for (const char* suffix : {"-journal", "-wal", "-shm"}) {
        if (!std::filesystem::exists(file.string() + suffix, error)) continue;
        std::filesystem::rename(file.string() + suffix, report->setAsideFile.string() + suffix, error);
        if (error)
            return makeError(ErrorKind::io, file.string() + suffix + ": cannot be set aside: " + error.message());
    }
    TRY_OK(syncFolderOf(file));
    std::filesystem::rename(target, file, error);
    if (error) return makeError(ErrorKind::io, file.string() + ": cannot be replaced: " + error.message());
    TRY_OK(syncFolderOf(file));
    return report;
}

} // namespace tramontane
