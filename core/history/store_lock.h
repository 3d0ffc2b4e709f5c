// A path in; the right to be the only process with that history out. The system lets go when the process ends,
// however it ends, so a lock file that was left behind holds nobody up.
#pragma once

#include <filesystem>

#include "core/base/result.h"

namespace tramontane {

class StoreLock {
public:
    // busy: another store (of this or another process) holds it.
    static Result<StoreLock> take(const std::filesystem::path& lockFile);
    StoreLock(StoreLock&& other) noexcept;
    StoreLock& operator=(StoreLock&& other) noexcept;
    ~StoreLock();

private:
    explicit StoreLock(int descriptor) : descriptor_(descriptor) {}
    int descriptor_ = -1;
};

} // namespace tramontane
