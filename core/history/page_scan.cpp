#include "core/history/page_scan.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <optional>

namespace tramontane {

namespace {

using Bytes = std::string_view;

std::uint64_t bigEndian(Bytes bytes) {
    std::uint64_t value = 0;
    for (const char byte : bytes) value = value << 8 | std::uint8_t(byte);
    return value;
}

// Takes up to nine bytes off the front, seven bits each, of the ninth all eight.
std::optional<std::uint64_t> takeVarint(Bytes& bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 9 && i < bytes.size(); ++i) {
        const std::uint8_t byte = std::uint8_t(bytes[i]);
        value = i == 8 ? value << 8 | byte : value << 7 | (byte & 0x7f);
        if (i == 8 || byte < 0x80) {
            bytes.remove_prefix(i + 1);
            return value;
        }
    }
    return std::nullopt;
}

class PageFile {
public:
    PageFile(const std::string& path, std::uint32_t pageSize) : pageSize_(pageSize) {
        descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        struct stat status {};
        if (descriptor_ >= 0 && ::fstat(descriptor_, &status) == 0)
            pageCount_ = (std::uint64_t(status.st_size) + pageSize - 1) / pageSize;
        followed_.resize(pageCount_ + 1);
    }
    ~PageFile() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    PageFile(const PageFile&) = delete;
    PageFile& operator=(const PageFile&) = delete;

    bool isOpen() const { return descriptor_ >= 0; }
    std::uint64_t pageCount() const { return pageCount_; }

    // The page, with zeros where the file ends within it or the disk cannot read it; how many bytes were read.
    std::size_t read(std::uint64_t page, std::string& into) const {
        into.assign(pageSize_, '\0');
        if (page < 1 || page > pageCount_) return 0;
        std::size_t done = 0;
        while (done < pageSize_) {
            const ssize_t count =
                ::pread(descriptor_, into.data() + done, pageSize_ - done, off_t((page - 1) * pageSize_ + done));
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) break;
            done += std::size_t(count);
        }
        return done;
    }

    // An overflow page belongs to one row: one that was followed before is not followed again, so a scan ends.
    bool claim(std::uint64_t page) {
        if (page < 1 || page > pageCount_ || followed_[page]) return false;
        followed_[page] = true;
        return true;
    }

private:
    std::uint32_t pageSize_;
    int descriptor_ = -1;
    std::uint64_t pageCount_ = 0;
    std::vector<bool> followed_;
};

// The whole payload, or its beginning as far as it can be read.
std::string gatherPayload(PageFile& file, std::uint32_t pageSize, Bytes local, std::uint64_t size) {
    const std::uint64_t usable = pageSize; // no reserved bytes: we never set any
    const std::uint64_t largestLocal = usable - 35;
    if (size <= largestLocal) return std::string(local.substr(0, size));
    const std::uint64_t least = (usable - 12) * 32 / 255 - 23;
    const std::uint64_t wanted = least + (size - least) % (usable - 4);
    const std::uint64_t localSize = wanted <= largestLocal ? wanted : least;
    std::string payload(local.substr(0, localSize));
    if (local.size() < localSize + 4) return payload;
    std::uint64_t next = bigEndian(local.substr(localSize, 4));
    std::string page;
    while (payload.size() < size && file.claim(next)) {
        const std::size_t got = file.read(next, page);
        if (got <= 4) break;
        payload.append(page, 4, std::min<std::uint64_t>(size - payload.size(), got - 4));
        if (got < pageSize) break;
        next = bigEndian(Bytes(page).substr(0, 4));
    }
    return payload;
}

// Serial types: 0 NULL, 1-6 integers of 1, 2, 3, 4, 6, 8 bytes, 7 a double, 8 and 9 the integers 0 and 1, from 12
// upwards even: blob of (n-12)/2 bytes, odd: text of (n-13)/2.
bool parseRecord(const std::string& payload, std::uint64_t claimedSize, ScannedRow& row) {
    Bytes header(payload);
    const auto headerSize = takeVarint(header);
    if (!headerSize || *headerSize > payload.size()) return false;
    const std::size_t taken = payload.size() - header.size();
    if (*headerSize < taken) return false;
    header = header.substr(0, *headerSize - taken);
    Bytes body = Bytes(payload).substr(*headerSize);
    std::uint64_t bodySize = 0;
    constexpr std::size_t mostColumns = 64;
    row.values.clear();
    row.hasBlob = row.lastIsCut = false;
    while (!header.empty()) {
        const auto type = takeVarint(header);
        if (!type || *type == 10 || *type == 11 || row.values.size() == mostColumns) return false;
        constexpr std::uint64_t sizes[] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0};
        const std::uint64_t size = *type < 10 ? sizes[*type] : (*type - 12) / 2;
        bodySize += size;
        if (size > claimedSize || bodySize > claimedSize) return false;
        if (size > body.size()) {
            // Only a text at the end may be cut.
            if (*type < 12 || !header.empty()) return false;
            row.lastIsCut = true;
        }
        const Bytes value = body.substr(0, size);
        body.remove_prefix(value.size());
        if (*type == 0) {
            row.values.emplace_back(NoValue{});
        } else if (*type <= 6) {
            const std::uint64_t raw = bigEndian(value);
            const int unused = 64 - 8 * int(size);
            row.values.emplace_back(std::int64_t(raw << unused) >> unused);
        } else if (*type == 7) {
            row.values.emplace_back(std::bit_cast<double>(bigEndian(value)));
        } else if (*type <= 9) {
            row.values.emplace_back(std::int64_t(*type - 8));
        } else {
            row.hasBlob = row.hasBlob || *type % 2 == 0;
            row.values.emplace_back(std::string(value));
        }
    }
    return bodySize + *headerSize == claimedSize;
}

} // namespace

Result<void> scanPages(const std::string& path, std::uint32_t pageSize,
                       const std::function<Result<void>(ScannedRow&)>& take) {
    PageFile file(path, pageSize);
    if (!file.isOpen()) return makeError(ErrorKind::io, path + ": cannot be read: " + std::strerror(errno));
    constexpr char tableLeaf = 13;
    constexpr std::uint64_t largestPayload = 1'100'000'000; // SQLite's limit, and some
    std::string page;
    ScannedRow row;
    for (std::uint64_t number = 1; number <= file.pageCount(); ++number) {
        const std::size_t got = file.read(number, page);
        const Bytes there = Bytes(page).substr(0, got); // a cut file may end within a page
        const std::size_t head = number == 1 ? 100 : 0;
        if (there.size() < head + 8 || there[head] != tableLeaf) continue;
        const std::uint64_t cells =
            std::min<std::uint64_t>(bigEndian(Bytes(page).substr(head + 3, 2)), (pageSize - head - 8) / 2);
        for (std::uint64_t i = 0; i < cells; ++i) {
            const std::uint64_t at = bigEndian(Bytes(page).substr(head + 8 + 2 * i, 2));
            if (at < head + 8 || at >= there.size()) continue;
            Bytes cell = there.substr(at);
            const auto size = takeVarint(cell);
            const auto id = takeVarint(cell);
            if (!size || !id || *size < 2 || *size > largestPayload) continue;
            // What cannot begin a record is not worth following.
            if (cell.empty() || std::uint8_t(cell[0]) < 2) continue;
            row.id = std::int64_t(*id);
            const std::string payload = gatherPayload(file, pageSize, cell, *size);
            if (parseRecord(payload, *size, row)) TRY_OK(take(row));
        }
    }
    return {};
}

} // namespace tramontane
