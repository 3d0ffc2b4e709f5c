// A disk in memory that loses its power: what was not synced is then there, or not, or only in part, in any order.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace tramontane {

class PowerCutDisk {
public:
    PowerCutDisk();
    ~PowerCutDisk();
    PowerCutDisk(const PowerCutDisk&) = delete;
    PowerCutDisk& operator=(const PowerCutDisk&) = delete;

    const std::string& vfsName() const { return name_; } // SQLite's file layer that reads and writes this disk

    // From now on the power goes at the n-th operation that changes something; every operation after fails. 0: never.
    void cutPowerAt(int operation) { operations_ = 0, cutAt_ = operation, off_ = false; }
    int operations() const { return operations_; }
    bool isOff() const { return off_; }
    // The power is back: of what was not synced, each 512 bytes of each write, each truncation, creation and removal
    // took place or did not; of a write some pieces may hold rubbish.
    void powerOn(std::mt19937_64& random);

    // A disk that says "synced" and is not: to see a test fail.
    void lieAboutSyncs() { lies_ = true; }

    // What is on the disk once everything is synced.
    using Image = std::map<std::string, std::string>;
    Image image() const;
    void restore(const Image& image);

    struct Change {
        bool isTruncation = false;
        std::uint64_t offset = 0; // or the new size
        std::string bytes;
    };
    struct Entry {
        std::string now, durable;
        std::vector<Change> pending;
        bool exists = true;         // now
        bool durablyExists = false; // after a power cut, for sure
    };

private:
    friend struct PowerCutFile;
    bool act(); // counts an operation that changes something; false: the power is off
    std::string name_;
    std::map<std::string, std::shared_ptr<Entry>> entries_;
    int operations_ = 0, cutAt_ = 0;
    bool off_ = false, lies_ = false;
    sqlite3_vfs vfs_{};
};

} // namespace tramontane
