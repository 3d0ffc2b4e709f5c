// Paths in, mapped bytes out.
#include "core/files/mapped_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tramontane {
namespace {

struct Descriptor {
    int fd = -1;
    ~Descriptor() {
        if (fd >= 0) close(fd);
    }
};

Error systemError(const std::filesystem::path& path, const char* what, int code) {
    const ErrorKind kind = code == ENOENT || code == ENOTDIR ? ErrorKind::notFound
                           : code == ENOMEM                  ? ErrorKind::outOfMemory
                                                             : ErrorKind::io;
    return makeError(kind, path.string() + " cannot be " + what + ": " + std::generic_category().message(code));
}

// The range cut to what is mapped and rounded outward to whole pages; empty when nothing is left.
std::pair<std::byte*, std::size_t> pagesOf(std::span<const std::byte> all, std::span<const std::byte> range) {
    const std::uintptr_t pageMask = std::uintptr_t(sysconf(_SC_PAGESIZE)) - 1;
    const auto allBegin = reinterpret_cast<std::uintptr_t>(all.data());
    const auto wantedBegin = reinterpret_cast<std::uintptr_t>(range.data());
    const std::uintptr_t begin = std::max(wantedBegin, allBegin) & ~pageMask;
    const std::uintptr_t end = std::min(wantedBegin + range.size(), allBegin + all.size());
    if (range.empty() || end <= begin) return {nullptr, 0};
    return {reinterpret_cast<std::byte*>(begin), end - begin};
}

} // namespace

MappedFile::Identity MappedFile::identityOf(const struct ::stat& status) {
    return {std::uint64_t(status.st_dev), std::uint64_t(status.st_ino), std::uint64_t(status.st_size),
            std::int64_t(status.st_mtim.tv_sec), std::int64_t(status.st_mtim.tv_nsec)};
}

Result<MappedFile> MappedFile::open(const std::filesystem::path& path) {
    // O_NONBLOCK: a named pipe in a model's folder must not hang the program.
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (file.fd < 0) return systemError(path, "opened", errno);
    struct ::stat status {};
    if (fstat(file.fd, &status) != 0) return systemError(path, "examined", errno);
    if (!S_ISREG(status.st_mode)) return makeError(ErrorKind::invalidInput, path.string() + " is not a regular file");

    MappedFile mapped;
    std::error_code ignored; // without an absolute path, the given one does until the working directory changes
    mapped.path_ = std::filesystem::absolute(path, ignored);
    if (mapped.path_.empty()) mapped.path_ = path;
    mapped.identity_ = identityOf(status);
    mapped.sizeBytes_ = std::size_t(status.st_size);
    if (mapped.sizeBytes_ == 0) return mapped;
    void* base = mmap(nullptr, mapped.sizeBytes_, PROT_READ, MAP_PRIVATE, file.fd, 0);
    if (base == MAP_FAILED) return systemError(path, "mapped", errno);
    mapped.base_ = static_cast<const std::byte*>(base);
    const std::size_t pageMask = std::size_t(sysconf(_SC_PAGESIZE)) - 1;
    mapped.guard_ = FaultGuard(base, (mapped.sizeBytes_ + pageMask) & ~pageMask);
    if (!mapped.guard_.active())
        return makeError(ErrorKind::busy, path.string() + " cannot be mapped: too many model files are open");
    return mapped;
}

MappedFile::MappedFile(MappedFile&& other) noexcept { *this = std::move(other); }

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(identity_, other.identity_);
    std::swap(base_, other.base_);
    std::swap(sizeBytes_, other.sizeBytes_);
    std::swap(guard_, other.guard_);
    return *this;
}

MappedFile::~MappedFile() {
    if (base_ == nullptr) return;
    guard_ = FaultGuard(); // swaps; the range must leave the table before its addresses can be given to others
    munmap(const_cast<std::byte*>(base_), sizeBytes_);
}

Result<void> MappedFile::checkUnchanged() const {
    struct ::stat status {};
    if (guard_.faulted() || stat(path_.c_str(), &status) != 0 || !(identityOf(status) == identity_))
        return makeError(ErrorKind::changedOnDisk, "the model changed on disk: " + path_.string() +
                                                       " is no longer the file that was opened; open the model again");
    return {};
}

void MappedFile::willRead(std::span<const std::byte> range) const {
    const auto [begin, sizeBytes] = pagesOf(bytes(), range);
    if (sizeBytes == 0) return;
#ifdef MADV_POPULATE_READ
    if (madvise(begin, sizeBytes, MADV_POPULATE_READ) == 0) return;
#endif
    madvise(begin, sizeBytes, MADV_WILLNEED);
}

void MappedFile::release(std::span<const std::byte> range) const {
    const auto [begin, sizeBytes] = pagesOf(bytes(), range);
    if (sizeBytes != 0) madvise(begin, sizeBytes, MADV_DONTNEED);
}

} // namespace tramontane
