// SQLite's file layer with a hook before every operation: a test counts, fails or kills there. Syncs can be left out,
// for tests that are not about power cuts: what a killed process wrote is in the system's memory anyway.
#pragma once

#include <sqlite3.h>

#include <functional>
#include <string>

namespace tramontane {

enum class FileOperation { open, close, read, write, truncate, sync, size, remove, access, lock };

class HookedVfs {
public:
    // Returns an SQLite error code to fail the operation with, SQLITE_OK to do it. A write that fails with
    // SQLITE_FULL has half of its bytes written, as on a disk that is full.
    using Hook = std::function<int(FileOperation)>;

    explicit HookedVfs(bool syncs = false, Hook hook = {});
    ~HookedVfs();
    HookedVfs(const HookedVfs&) = delete;
    HookedVfs& operator=(const HookedVfs&) = delete;

    const std::string& name() const { return name_; }
    void setHook(Hook hook) { hook_ = std::move(hook); }

private:
    friend struct HookedFile;
    static int open(sqlite3_vfs* vfs, sqlite3_filename path, sqlite3_file* file, int flags, int* outFlags);
    int ask(FileOperation operation) const { return hook_ ? hook_(operation) : SQLITE_OK; }

    std::string name_;
    bool syncs_;
    Hook hook_;
    sqlite3_vfs* base_;
    sqlite3_vfs vfs_{};
};

} // namespace tramontane
