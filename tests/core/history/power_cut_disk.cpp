#include "power_cut_disk.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace tramontane {

namespace {

void writeInto(std::string& content, std::uint64_t offset, const char* bytes, std::size_t count) {
    if (content.size() < offset + count) content.resize(offset + count, '\0');
    std::memcpy(content.data() + offset, bytes, count);
}

} // namespace

struct PowerCutFile {
    sqlite3_file header;
    PowerCutDisk* disk;
    std::shared_ptr<PowerCutDisk::Entry> entry;
    bool temporary;

    static PowerCutFile& of(sqlite3_file* file) { return *reinterpret_cast<PowerCutFile*>(file); }

    static int close(sqlite3_file* file) {
        of(file).entry.reset();
        return SQLITE_OK;
    }
    static int read(sqlite3_file* file, void* into, int count, sqlite3_int64 at) {
        if (of(file).disk->off_) return SQLITE_IOERR_READ;
        const std::string& content = of(file).entry->now;
        std::memset(into, 0, std::size_t(count));
        if (std::uint64_t(at) >= content.size()) return SQLITE_IOERR_SHORT_READ;
        const std::size_t there = std::min<std::size_t>(std::size_t(count), content.size() - std::size_t(at));
        std::memcpy(into, content.data() + at, there);
        return there == std::size_t(count) ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
    }
    static int write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 at) {
        PowerCutFile& self = of(file);
        const bool done = self.disk->act();
        if (!done && self.disk->operations_ != self.disk->cutAt_) return SQLITE_IOERR_WRITE;
        // The write that the power failed in may still be on its way.
        const auto* data = static_cast<const char*>(bytes);
        writeInto(self.entry->now, std::uint64_t(at), data, std::size_t(count));
        self.entry->pending.push_back({false, std::uint64_t(at), std::string(data, std::size_t(count))});
        return done ? SQLITE_OK : SQLITE_IOERR_WRITE;
    }
    static int truncate(sqlite3_file* file, sqlite3_int64 size) {
        PowerCutFile& self = of(file);
        if (!self.disk->act()) return SQLITE_IOERR_TRUNCATE;
        self.entry->now.resize(std::size_t(size));
        self.entry->pending.push_back({true, std::uint64_t(size), {}});
        return SQLITE_OK;
    }
    static int sync(sqlite3_file* file, int) {
        PowerCutFile& self = of(file);
        if (!self.disk->act()) return SQLITE_IOERR_FSYNC;
        if (self.disk->lies_) return SQLITE_OK;
        self.entry->durable = self.entry->now;
        self.entry->pending.clear();
        self.entry->durablyExists = self.entry->exists; // SQLite syncs the folder with a new file's first sync
        return SQLITE_OK;
    }
    static int size(sqlite3_file* file, sqlite3_int64* size) {
        if (of(file).disk->off_) return SQLITE_IOERR_FSTAT;
        *size = sqlite3_int64(of(file).entry->now.size());
        return SQLITE_OK;
    }
    static int lock(sqlite3_file* file, int) { return of(file).disk->off_ ? SQLITE_IOERR_LOCK : SQLITE_OK; }
    static int unlock(sqlite3_file*, int) { return SQLITE_OK; }
    static int isReserved(sqlite3_file*, int* result) {
        *result = 0;
        return SQLITE_OK;
    }
    static int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
    static int sectorSize(sqlite3_file*) { return 4096; }                         // as the system's layer
    static int traits(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; } // says of every disk
    static const sqlite3_io_methods methods;
};

const sqlite3_io_methods PowerCutFile::methods = [] {
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

PowerCutDisk::PowerCutDisk() {
    static int made = 0;
    name_ = "power-cut-" + std::to_string(++made);
    vfs_ = *sqlite3_vfs_find(nullptr); // time and randomness
    vfs_.iVersion = 1;
    vfs_.pNext = nullptr;
    vfs_.szOsFile = sizeof(PowerCutFile);
    vfs_.zName = name_.c_str();
    vfs_.pAppData = this;
    vfs_.xOpen = [](sqlite3_vfs* vfs, sqlite3_filename path, sqlite3_file* file, int flags, int* outFlags) {
        auto* disk = static_cast<PowerCutDisk*>(vfs->pAppData);
        file->pMethods = nullptr;
        if (disk->off_) return SQLITE_CANTOPEN;
        std::shared_ptr<Entry> entry;
        if (path) {
            auto& known = disk->entries_[path];
            if (!known || !known->exists) {
                if (!(flags & SQLITE_OPEN_CREATE)) return SQLITE_CANTOPEN;
                if (!known) known = std::make_shared<Entry>();
                known->exists = true;
                known->now.clear();
                known->pending.push_back({true, 0, {}});
            }
            entry = known;
        } else {
            entry = std::make_shared<Entry>();
        }
        new (file) PowerCutFile{{&PowerCutFile::methods}, disk, entry, !path};
        if (outFlags) *outFlags = flags;
        return SQLITE_OK;
    };
    vfs_.xDelete = [](sqlite3_vfs* vfs, const char* path, int syncFolder) {
        auto* disk = static_cast<PowerCutDisk*>(vfs->pAppData);
        const auto found = disk->entries_.find(path);
        if (found == disk->entries_.end() || !found->second || !found->second->exists) return SQLITE_IOERR_DELETE_NOENT;
        if (!disk->act()) return SQLITE_IOERR_DELETE;
        found->second->exists = false;
        if (syncFolder && !disk->lies_) found->second->durablyExists = false, found->second->durable.clear();
        return SQLITE_OK;
    };
    vfs_.xAccess = [](sqlite3_vfs* vfs, const char* path, int, int* result) {
        auto* disk = static_cast<PowerCutDisk*>(vfs->pAppData);
        if (disk->off_) return SQLITE_IOERR_ACCESS;
        const auto found = disk->entries_.find(path);
        *result = found != disk->entries_.end() && found->second && found->second->exists;
        return SQLITE_OK;
    };
    vfs_.xFullPathname = [](sqlite3_vfs*, const char* path, int size, char* out) {
        sqlite3_snprintf(size, out, "%s", path);
        return SQLITE_OK;
    };
    sqlite3_vfs_register(&vfs_, 0);
}

PowerCutDisk::~PowerCutDisk() { sqlite3_vfs_unregister(&vfs_); }

bool PowerCutDisk::act() {
    if (off_) return false;
    ++operations_;
    if (operations_ == cutAt_) off_ = true;
    return !off_;
}

void PowerCutDisk::powerOn(std::mt19937_64& random) {
    constexpr std::size_t sector = 512;
    const auto chance = [&](double probability) { return double(random() >> 11) * 0x1.0p-53 < probability; };
    // From "nothing of it" over "some" to "all of it".
    constexpr double shares[] = {0, 0.05, 0.5, 0.5, 0.95, 1};
    const double share = shares[random() % std::size(shares)];
    const bool rubbish = chance(0.3);
    for (auto entry = entries_.begin(); entry != entries_.end();) {
        if (!entry->second) {
            entry = entries_.erase(entry);
            continue;
        }
        Entry& state = *entry->second;
        const bool there = state.exists == state.durablyExists ? state.exists : chance(0.5);
        if (!there) {
            entry = entries_.erase(entry);
            continue;
        }
        for (const Change& change : state.pending) {
            if (change.isTruncation) {
                if (chance(share) && change.offset < state.durable.size()) state.durable.resize(change.offset);
                continue;
            }
            for (std::size_t at = 0; at < change.bytes.size();) {
                const std::size_t count = std::min(sector - (change.offset + at) % sector, change.bytes.size() - at);
                if (rubbish && chance(0.1)) {
                    std::string noise(count, '\0');
                    for (char& byte : noise) byte = char(random());
                    writeInto(state.durable, change.offset + at, noise.data(), count);
                } else if (chance(share)) {
                    writeInto(state.durable, change.offset + at, change.bytes.data() + at, count);
                }
                at += count;
            }
        }
        state.pending.clear();
        state.now = state.durable;
        state.exists = state.durablyExists = true;
        ++entry;
    }
    off_ = false;
    cutAt_ = 0;
}

PowerCutDisk::Image PowerCutDisk::image() const {
    Image image;
    for (const auto& [path, entry] : entries_)
        if (entry && entry->exists) image[path] = entry->now;
    return image;
}

void PowerCutDisk::restore(const Image& image) {
    entries_.clear();
    off_ = false;
    cutAt_ = 0;
    for (const auto& [path, content] : image) {
        auto entry = std::make_shared<Entry>();
        entry->now = entry->durable = content;
        entry->durablyExists = true;
        entries_[path] = entry;
    }
}

} // namespace tramontane
