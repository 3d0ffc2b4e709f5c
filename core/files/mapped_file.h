// A path in, the file's bytes as read-only memory out, and word of whether they are still what was opened.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "core/base/result.h"
#include "core/files/fault_guard.h"

struct stat;

namespace tramontane {

class MappedFile {
public:
    // A regular file that can be read; an empty one gives no bytes.
    static Result<MappedFile> open(const std::filesystem::path& path);
    MappedFile() = default;
    MappedFile(MappedFile&& other) noexcept;
    MappedFile& operator=(MappedFile&& other) noexcept;
    ~MappedFile();

    // Stays at one address for as long as the file is mapped, also when this object moves.
    std::span<const std::byte> bytes() const { return {base_, sizeBytes_}; }
    const std::filesystem::path& path() const { return path_; } // absolute
    std::string name() const { return path_.filename().string(); }
    // When it was opened: nanoseconds since 1970.
    std::int64_t modifiedNanoseconds() const {
        return identity_.modifiedSeconds * 1'000'000'000 + identity_.modifiedNanoseconds;
    }

    // changedOnDisk when the path leads to another file now (replaced, removed), or its size or time of
    // modification is not what it was, or a page could not be read.
    Result<void> checkUnchanged() const;
    // Hints for ranges of bytes(); what lies outside is ignored. Contents never change by them.
    void willRead(std::span<const std::byte> range) const; // brings the pages in, in one call
    void release(std::span<const std::byte> range) const;  // lets the pages leave resident memory

private:
    struct Identity {
        std::uint64_t device = 0, inode = 0, sizeBytes = 0;
        std::int64_t modifiedSeconds = 0, modifiedNanoseconds = 0;
        bool operator==(const Identity&) const = default;
    };
    static Identity identityOf(const struct ::stat& status);

    std::filesystem::path path_;
    Identity identity_;
    const std::byte* base_ = nullptr;
    std::size_t sizeBytes_ = 0;
    FaultGuard guard_;
};

} // namespace tramontane
