#include "hooked_vfs.h"

#include <algorithm>

namespace tramontane {

// Laid out as SQLite wants it: its own header first, the wrapped file behind.
struct HookedFile {
    sqlite3_file header;
    HookedVfs* vfs;
    sqlite3_file* base() { return reinterpret_cast<sqlite3_file*>(this + 1); }
    static HookedFile& of(sqlite3_file* file) { return *reinterpret_cast<HookedFile*>(file); }
    int ask(FileOperation operation) const { return vfs->ask(operation); }

    static int close(sqlite3_file* file) {
        HookedFile& self = of(file);
        self.ask(FileOperation::close); // cannot fail, can kill
        return self.base()->pMethods ? self.base()->pMethods->xClose(self.base()) : SQLITE_OK;
    }
    static int read(sqlite3_file* file, void* into, int count, sqlite3_int64 at) {
        if (const int code = of(file).ask(FileOperation::read)) return code;
        return of(file).base()->pMethods->xRead(of(file).base(), into, count, at);
    }
    static int write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 at) {
        HookedFile& self = of(file);
        const int code = self.ask(FileOperation::write);
        if (code == SQLITE_FULL) self.base()->pMethods->xWrite(self.base(), bytes, count / 2, at);
        return code ? code : self.base()->pMethods->xWrite(self.base(), bytes, count, at);
    }
    static int truncate(sqlite3_file* file, sqlite3_int64 size) {
        if (const int code = of(file).ask(FileOperation::truncate)) return code;
        return of(file).base()->pMethods->xTruncate(of(file).base(), size);
    }
    static int sync(sqlite3_file* file, int flags) {
        if (const int code = of(file).ask(FileOperation::sync)) return code;
        return of(file).vfs->syncs_ ? of(file).base()->pMethods->xSync(of(file).base(), flags) : SQLITE_OK;
    }
    static int size(sqlite3_file* file, sqlite3_int64* size) {
        if (const int code = of(file).ask(FileOperation::size)) return code;
        return of(file).base()->pMethods->xFileSize(of(file).base(), size);
    }
    static int lock(sqlite3_file* file, int level) {
        if (const int code = of(file).ask(FileOperation::lock)) return code;
        return of(file).base()->pMethods->xLock(of(file).base(), level);
    }
    static int unlock(sqlite3_file* file, int level) {
        return of(file).base()->pMethods->xUnlock(of(file).base(), level);
    }
    static int isReserved(sqlite3_file* file, int* result) {
        return of(file).base()->pMethods->xCheckReservedLock(of(file).base(), result);
    }
    static int control(sqlite3_file* file, int operation, void* argument) {
        return of(file).base()->pMethods->xFileControl(of(file).base(), operation, argument);
    }
    static int sectorSize(sqlite3_file* file) { return of(file).base()->pMethods->xSectorSize(of(file).base()); }
    static int traits(sqlite3_file* file) { return of(file).base()->pMethods->xDeviceCharacteristics(of(file).base()); }
    static const sqlite3_io_methods methods;
};

const sqlite3_io_methods HookedFile::methods = [] {
    sqlite3_io_methods table{};
    table.iVersion = 1;
    table.xClose = close;
    table.xRead = read;
    table.xWrite = write;
    table.xTruncate = truncate;
    table.xSync = sync;
    table.xFileSize = size;
    table.xLock = lock;
    table.xUnlock = unlock;
    table.xCheckReservedLock = isReserved;
    table.xFileControl = control;
    table.xSectorSize = sectorSize;
    table.xDeviceCharacteristics = traits;
    return table;
}();

int HookedVfs::open(sqlite3_vfs* vfs, sqlite3_filename path, sqlite3_file* file, int flags, int* outFlags) {
    auto* self = static_cast<HookedVfs*>(vfs->pAppData);
    HookedFile& opened = HookedFile::of(file);
    opened.header.pMethods = nullptr;
    opened.vfs = self;
    if (self->ask(FileOperation::open)) return SQLITE_CANTOPEN;
    opened.base()->pMethods = nullptr;
    const int code = self->base_->xOpen(self->base_, path, opened.base(), flags, outFlags);
    if (opened.base()->pMethods) opened.header.pMethods = &HookedFile::methods;
    return code;
}

HookedVfs::HookedVfs(bool syncs, Hook hook) : syncs_(syncs), hook_(std::move(hook)), base_(sqlite3_vfs_find(nullptr)) {
    static int made = 0;
    name_ = "hooked-" + std::to_string(++made);
    vfs_ = *base_; // what is not replaced needs nothing of the wrapped one but its address
    vfs_.iVersion = 1;
    vfs_.pNext = nullptr;
    vfs_.szOsFile = int(sizeof(HookedFile)) + base_->szOsFile;
    vfs_.zName = name_.c_str();
    vfs_.pAppData = this;
    vfs_.xOpen = open;
    vfs_.xDelete = [](sqlite3_vfs* vfs, const char* path, int syncFolder) {
        auto* self = static_cast<HookedVfs*>(vfs->pAppData);
        if (self->ask(FileOperation::remove)) return SQLITE_IOERR_DELETE;
        return self->base_->xDelete(self->base_, path, syncFolder && self->syncs_);
    };
    vfs_.xAccess = [](sqlite3_vfs* vfs, const char* path, int flags, int* result) {
        auto* self = static_cast<HookedVfs*>(vfs->pAppData);
        if (self->ask(FileOperation::access)) return SQLITE_IOERR_ACCESS;
        return self->base_->xAccess(self->base_, path, flags, result);
    };
    vfs_.xFullPathname = [](sqlite3_vfs* vfs, const char* path, int size, char* out) {
        auto* self = static_cast<HookedVfs*>(vfs->pAppData);
        return self->base_->xFullPathname(self->base_, path, size, out);
    };
    sqlite3_vfs_register(&vfs_, 0);
}

HookedVfs::~HookedVfs() { sqlite3_vfs_unregister(&vfs_); }

} // namespace tramontane
