#include "core/history/store_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace tramontane {

Result<StoreLock> StoreLock::take(const std::filesystem::path& lockFile) {
    const int descriptor = ::open(lockFile.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0)
        return makeError(ErrorKind::io, lockFile.string() + ": cannot be created: " + std::strerror(errno) +
                                            "; check the folder and who may write there");
    StoreLock lock(descriptor);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            return makeError(ErrorKind::busy,
                             lockFile.string() + ": another Tramontane has this history open; close it first");
        // A file system without such locks: SQLite's own still keep every transaction whole.
        if (errno != ENOLCK && errno != EOPNOTSUPP && errno != ENOSYS)
            return makeError(ErrorKind::io, lockFile.string() + ": cannot be locked: " + std::strerror(errno));
    }
    return lock;
}

StoreLock::StoreLock(StoreLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

StoreLock& StoreLock::operator=(StoreLock&& other) noexcept {
    if (this != &other) {
        if (descriptor_ >= 0) ::close(descriptor_);
        descriptor_ = std::exchange(other.descriptor_, -1);
    }
    return *this;
}

StoreLock::~StoreLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

} // namespace tramontane
