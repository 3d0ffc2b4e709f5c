#include "core/history/store_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>

namespace tramontane {

namespace {

Error fileError(const std::filesystem::path& file, const char* what) {
    return makeError(ErrorKind::io, file.string() + ": " + what + ": " + std::strerror(errno) +
                                        "; check the folder, the space on the disk and who may write there");
}

Result<void> syncPath(const std::filesystem::path& path, int flags) {
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC);
    if (descriptor < 0) return fileError(path, "cannot be opened");
    // Some file systems cannot sync a folder and say EINVAL: there it is not needed.
    const bool done = ::fsync(descriptor) == 0 || errno == EINVAL;
    const int error = errno;
    ::close(descriptor);
    errno = error;
    if (!done) return fileError(path, "cannot be made durable");
    return {};
}

} // namespace

UnixMilliseconds systemTime() {
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

Result<void> makePrivateFolder(const std::filesystem::path& folder) {
    std::error_code error;
    if (folder.empty() || std::filesystem::is_directory(folder, error)) return {};
    const bool made = std::filesystem::create_directories(folder, error);
    if (error)
        return makeError(ErrorKind::io, folder.string() + ": cannot be created: " + error.message() +
                                            "; check who may write there, or choose another folder");
    if (made) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
    return {};
}

std::filesystem::path lockFileOf(const std::filesystem::path& file) { return file.string() + ".lock"; }
std::filesystem::path damageMarkOf(const std::filesystem::path& file) { return file.string() + ".check"; }
std::filesystem::path salvageFileOf(const std::filesystem::path& file) { return file.string() + ".salvaging"; }

std::filesystem::path restoringFileOf(const std::filesystem::path& file) { return file.string() + ".restoring"; }

std::filesystem::path backupFileOf(const std::filesystem::path& file, std::int64_t schemaVersion) {
    return file.string() + ".backup-v" + std::to_string(schemaVersion);
}

std::filesystem::path freeSetAsideFileOf(const std::filesystem::path& file, UnixMilliseconds now) {
    const std::time_t seconds = std::time_t(now / 1000);
    std::tm date{};
    ::gmtime_r(&seconds, &date);
    char stamp[32] = "";
    std::strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &date);
    const std::string base = file.string() + ".damaged-" + stamp;
    std::filesystem::path name = base;
    std::error_code ignored;
    for (int number = 2; std::filesystem::exists(std::filesystem::symlink_status(name, ignored)); ++number)
        name = base + "-" + std::to_string(number);
    return name;
}

std::vector<std::filesystem::path> keptCopiesOf(const std::filesystem::path& file) {
    std::vector<std::filesystem::path> found;
    std::error_code error;
    std::filesystem::directory_iterator entry(file.has_parent_path() ? file.parent_path() : ".", error), end;
    for (; !error && entry != end; entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        for (const char* suffix : {".backup-v", ".damaged-", ".restoring"})
            if (name.starts_with(file.filename().string() + suffix)) found.push_back(entry->path());
    }
    return found;
}

Result<void> createPrivately(const std::filesystem::path& file) {
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) return fileError(file, "cannot be opened for writing");
    ::close(descriptor);
    return {};
}

Result<void> syncFile(const std::filesystem::path& file) { return syncPath(file, O_RDONLY); }

Result<void> syncFolderOf(const std::filesystem::path& file) {
    return syncPath(file.has_parent_path() ? file.parent_path() : ".", O_RDONLY | O_DIRECTORY);
}

Result<void> keepUnderName(const std::filesystem::path& file, const std::filesystem::path& name) {
    if (::link(file.c_str(), name.c_str()) != 0) {
        std::error_code error;
        std::filesystem::copy_file(file, name, error);
        if (error) {
            errno = error.value();
            return fileError(name, "the damaged history cannot be kept");
        }
        TRY_OK(syncPath(name, O_RDONLY));
    }
    return syncFolderOf(name);
}

} // namespace tramontane
