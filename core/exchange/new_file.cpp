#include "core/exchange/new_file.h"

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "core/history/store_files.h"

namespace tramontane {

namespace {

std::filesystem::path whereItLeads(const std::filesystem::path& file) {
    std::error_code error;
    if (!std::filesystem::is_symlink(file, error)) return file;
    const std::filesystem::path target = std::filesystem::canonical(file, error);
    return error ? file : target;
}

} // namespace

NewFile::NewFile(std::filesystem::path file, std::filesystem::path part, int descriptor)
    : file_(std::move(file)), part_(std::move(part)), descriptor_(descriptor) {}

NewFile::NewFile(NewFile&& other) noexcept
    : file_(std::move(other.file_)), part_(std::exchange(other.part_, {})),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

NewFile::~NewFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
    std::error_code ignored;
    if (!part_.empty()) std::filesystem::remove(part_, ignored);
}

Error NewFile::failed(const char* what, int code) const {
    return makeError(ErrorKind::io,
                     file_.string() + " cannot be " + what + ": " + std::generic_category().message(code));
}

Result<NewFile> NewFile::create(const std::filesystem::path& file) {
    const std::filesystem::path target = whereItLeads(file);
    const auto refused = [&](const std::string& why) {
        return makeError(ErrorKind::io, target.string() + " cannot be written: " + why);
    };
    std::error_code ignored;
    if (target.filename().empty() || std::filesystem::is_directory(target, ignored)) return refused("it is a folder");
    // A name of its own, short enough whatever the file is called.
    std::string part = (target.parent_path() / ".tramontane-export-XXXXXX").string();
    const int descriptor = ::mkostemp(part.data(), O_CLOEXEC);
    if (descriptor < 0) return refused(std::generic_category().message(errno));
    return NewFile(target, part, descriptor);
}

Result<void> NewFile::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return failed("written", errno);
        bytes.remove_prefix(std::size_t(count));
    }
    return {};
}

Result<void> NewFile::commit() {
    if (::fsync(descriptor_) != 0 && errno != EINVAL) return failed("written", errno);
    if (::close(std::exchange(descriptor_, -1)) != 0) return failed("written", errno);
    std::error_code error;
    std::filesystem::rename(part_, file_, error);
    if (error) return failed("given its name", error.value());
    part_.clear();
    (void)syncFolderOf(file_); // the file is whole; not every file system knows how to sync a folder
    return {};
}

Result<void> writeNewFile(const std::filesystem::path& file, std::string_view bytes) {
    Result<NewFile> created = NewFile::create(file);
    TRY_OK(created);
    TRY_OK(created->write(bytes));
    return created->commit();
}

} // namespace tramontane
