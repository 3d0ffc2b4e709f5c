#include "core/history/backup_files.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

namespace tramontane {

namespace {

constexpr const char* stampFormat = "history-%Y-%m-%dT%H%M%SZ";
constexpr const char* extension = ".sqlite";
constexpr const char* unfinished = ".part";

std::string stampOf(UnixMilliseconds time) {
    const std::time_t seconds = std::time_t(time / 1000);
    std::tm date{};
    ::gmtime_r(&seconds, &date);
    char stamp[64] = "";
    std::strftime(stamp, sizeof stamp, stampFormat, &date);
    return stamp;
}

struct ParsedName {
    UnixMilliseconds time = 0;
    int number = 1;
    std::string rest; // behind ".sqlite"
};

std::optional<ParsedName> parse(const std::string& name) {
    std::tm date{};
    const char* end = ::strptime(name.c_str(), stampFormat, &date);
    if (!end) return std::nullopt;
    ParsedName parsed;
    parsed.time = UnixMilliseconds(::timegm(&date)) * 1000;
    const std::string stamp = stampOf(parsed.time);
    if (!name.starts_with(stamp)) return std::nullopt; // a date that is none, or written otherwise
    parsed.rest = name.substr(stamp.size());
    if (parsed.rest.starts_with("-")) {
        const char* digits = parsed.rest.c_str() + 1;
        char* behind = nullptr;
        parsed.number = int(std::strtol(digits, &behind, 10));
        if (parsed.number < 2 || *digits < '1' || *digits > '9') return std::nullopt;
        parsed.rest.erase(0, std::size_t(behind - parsed.rest.c_str()));
    }
    if (!parsed.rest.starts_with(extension)) return std::nullopt;
    parsed.rest.erase(0, std::string_view(extension).size());
    return parsed;
}

} // namespace

std::filesystem::path backupFolderOf(const std::filesystem::path& file, const HistoryOptions& options) {
    return options.backupFolder.empty() ? file.parent_path() / "backups" : options.backupFolder;
}

Result<std::vector<BackupFile>> findBackups(const std::filesystem::path& folder) {
    std::vector<BackupFile> found;
    std::error_code error;
    std::filesystem::directory_iterator entry(folder, error), end;
    if (error == std::errc::no_such_file_or_directory) return found;
    for (; !error && entry != end; entry.increment(error)) {
        const std::optional<ParsedName> name = parse(entry->path().filename().string());
        std::error_code ignored;
        if (name && name->rest.empty() && entry->is_regular_file(ignored))
            found.push_back({entry->path(), name->time, name->number});
    }
    if (error)
        return makeError(ErrorKind::io, folder.string() + ": the folder of the backups cannot be read: " +
                                            error.message() + "; check who may read there");
    std::ranges::sort(found, {}, [](const BackupFile& backup) { return std::tuple(backup.time, backup.number); });
    return found;
}

std::filesystem::path freeBackupNameIn(const std::filesystem::path& folder, UnixMilliseconds now) {
    const std::string stamp = stampOf(now);
    std::filesystem::path name = folder / (stamp + extension);
    std::error_code ignored;
    for (int number = 2; std::filesystem::exists(std::filesystem::symlink_status(name, ignored)); ++number)
        name = folder / (stamp + "-" + std::to_string(number) + extension);
    return name;
}

std::filesystem::path partFileOf(const std::filesystem::path& backup) { return backup.string() + unfinished; }

void removeOldBackups(const std::filesystem::path& folder, int keep, UnixMilliseconds now) {
    const Result<std::vector<BackupFile>> backups = findBackups(folder);
    if (!backups.ok()) return; // the next backup tries again
    const auto future = std::ranges::find_if(*backups, [&](const BackupFile& backup) { return backup.time > now; });
    const auto removeAllBut = [&](auto begin, auto end) {
        std::error_code ignored;
        for (; end - begin > std::max(keep, 1); ++begin) std::filesystem::remove(begin->path, ignored);
    };
    removeAllBut(backups->begin(), future);
    removeAllBut(future, backups->end());
}

void removeUnfinishedBackups(const std::filesystem::path& folder) {
    std::error_code error, ignored;
    std::vector<std::filesystem::path> leftovers;
    std::filesystem::directory_iterator entry(folder, error), end;
    for (; !error && entry != end; entry.increment(error)) {
        const std::optional<ParsedName> name = parse(entry->path().filename().string());
        if (name && (name->rest == unfinished || name->rest == std::string(unfinished) + "-journal"))
            leftovers.push_back(entry->path());
    }
    for (const std::filesystem::path& leftover : leftovers) std::filesystem::remove(leftover, ignored);
}

void removeAllBackups(const std::filesystem::path& folder) {
    removeUnfinishedBackups(folder);
    std::error_code ignored;
    if (const Result<std::vector<BackupFile>> backups = findBackups(folder); backups.ok())
        for (const BackupFile& backup : *backups) std::filesystem::remove(backup.path, ignored);
}

} // namespace tramontane
