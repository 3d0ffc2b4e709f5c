// Walks the weights in one order for writing and reading; checks every byte that comes back.
#include "core/cpu/weights_cache.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/bytes.h"
#include "core/cpu/weights_archive.h"

namespace tramontane {
namespace {

constexpr std::uint32_t kVersion = 1; // of the layout here, in packed_linear.h and of the head in kernels.h
constexpr std::uint64_t kPieceBytes = std::uint64_t{4} << 20;
constexpr std::uint64_t kMostTableBytes = std::uint64_t{256} << 20;
constexpr char kMagic[8] = {'T', 'R', 'M', 'W', 'G', 'H', 'T', 'S'};

struct Header {
    char magic[8];
    std::uint32_t version, zero;
    std::uint64_t key, tableBytes, tableChecksum, dataOffset, dataBytes, zeroToo;
};
static_assert(sizeof(Header) == 64);

// Finds what a disk or a cut does, not what somebody does on purpose. Four chains, so that it keeps up with memory.
std::uint64_t checksum(const std::byte* bytes, std::uint64_t count) {
    std::uint64_t chains[4] = {1, 2, 3, 4};
    std::uint64_t i = 0;
    for (; i + 32 <= count; i += 32)
        for (std::uint64_t j = 0; j < 4; ++j)
            chains[j] = (chains[j] ^ loadUnaligned<std::uint64_t>(bytes + i + 8 * j)) * 0x9E3779B97F4A7C15u;
    std::uint64_t sum = fnvHash({bytes + i, count - i}) ^ count;
    for (const std::uint64_t chain : chains) sum = (sum ^ chain ^ chain >> 29) * 0xBF58476D1CE4E5B9u;
    return sum;
}

struct Descriptor {
    int fd = -1;
    explicit Descriptor(int opened) : fd(opened) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (fd >= 0) close(fd);
    }
};

bool readAll(int fd, std::byte* to, std::uint64_t count, std::uint64_t offset) {
    while (count > 0) {
        const ssize_t got = pread(fd, to, count, static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        to += got;
        count -= static_cast<std::uint64_t>(got);
        offset += static_cast<std::uint64_t>(got);
    }
    return true;
}

bool writeAll(int fd, const std::byte* from, std::uint64_t count, std::uint64_t offset) {
    while (count > 0) {
        const ssize_t put = pwrite(fd, from, count, static_cast<off_t>(offset));
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return false;
        from += put;
        count -= static_cast<std::uint64_t>(put);
        offset += static_cast<std::uint64_t>(put);
    }
    return true;
}

struct Piece {
    std::byte* bytes = nullptr;
    std::uint64_t size = 0, offset = 0;
};

std::vector<Piece> piecesOf(const std::vector<Section>& sections) {
    std::vector<Piece> pieces;
    for (const Section& section : sections)
        for (std::uint64_t first = 0; first < section.size; first += kPieceBytes)
            pieces.push_back(
                {section.bytes + first, std::min(kPieceBytes, section.size - first), section.offset + first});
    return pieces;
}

std::uint64_t keyOf(const ModelViews& views) {
    std::uint64_t key = views.edition;
    const auto add = [&](std::uint64_t number) { key = fnvHash(std::as_bytes(std::span(&number, 1)), key); };
    add(kVersion);
    add(static_cast<std::uint64_t>(views.firstLayer));
    add(views.layers.size());
    add(views.hasHead() ? 1 : 0);
    const MistralConfig& mistral = views.config.mistral; // what the tensors alone do not say
    for (const int number : {mistral.headCount, mistral.kvHeadCount, mistral.headDim, views.config.gptq.groupSize,
                             views.config.gptq.zeroOffset, int(views.config.gptq.oneGroup)})
        add(static_cast<std::uint64_t>(number));
    return key;
}

Error writeError(const std::filesystem::path& path, int code) {
    return makeError(ErrorKind::io, path.string() + " cannot be written: " + std::generic_category().message(code));
}

constexpr const char* kSuffix = ".weights";
constexpr const char* kPartSuffix = ".part";

// Whether `path` still leads to what `fd` is open on.
bool leadsTo(const std::filesystem::path& path, int fd) {
    struct ::stat there, here;
    return ::stat(path.c_str(), &there) == 0 && fstat(fd, &here) == 0 && there.st_dev == here.st_dev &&
           there.st_ino == here.st_ino;
}

// A part whose writer is gone, which held a lock for as long as it lived. Whoever holds the lock of the file that a
// path leads to may rename or remove it, nobody else.
void removeAbandonedParts(const std::filesystem::path& directory) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
        if (entry.path().extension() != kPartSuffix) continue;
        const Descriptor part(open(entry.path().c_str(), O_RDWR | O_CLOEXEC));
        if (part.fd >= 0 && flock(part.fd, LOCK_EX | LOCK_NB) == 0 && leadsTo(entry.path(), part.fd))
            std::filesystem::remove(entry.path(), ignored);
    }
}

// A new file under its lock. Another program may take it for abandoned before it is locked: then once more.
int createLocked(const std::filesystem::path& path) {
    for (;;) {
        const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0) return fd;
        while (flock(fd, LOCK_EX) != 0 && errno == EINTR) continue;
        if (leadsTo(path, fd)) return fd;
        close(fd);
    }
}

} // namespace

std::filesystem::path defaultWeightsCacheDirectory() {
    const auto absolute = [](const char* name) {
        const char* value = std::getenv(name);
        const std::filesystem::path path = value != nullptr ? value : "";
        return path.is_absolute() ? path : std::filesystem::path(); // the specification has relative ones ignored
    };
    std::filesystem::path cache = absolute("XDG_CACHE_HOME");
    if (const std::filesystem::path home = absolute("HOME"); cache.empty() && !home.empty()) cache = home / ".cache";
    return cache.empty() ? cache : cache / "tramontane" / "weights";
}

WeightsCache::WeightsCache(const WeightsCacheOptions& options, const ModelViews& views) : options_(options) {
    if (options.directory.empty() || views.edition == 0) return;
    key_ = keyOf(views);
    expectedLayers_ = views.layers.size();
    char name[17];
    std::snprintf(name, sizeof name, "%016llx", static_cast<unsigned long long>(key_));
    file_ = options.directory / (std::string(name) + kSuffix);
}

Result<std::optional<CpuWeights>> WeightsCache::load(ThreadPool& pool, const LoadProgress& progress,
                                                     std::stop_token stop) const {
    if (file_.empty()) return std::optional<CpuWeights>();
    const Descriptor file(open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
    if (file.fd < 0) return std::optional<CpuWeights>();
    const auto refuse = [&] {
        std::error_code ignored;
        std::filesystem::remove(file_, ignored);
        return std::optional<CpuWeights>();
    };
    struct ::stat status {};
    Header header;
    if (fstat(file.fd, &status) != 0 || !S_ISREG(status.st_mode)) return refuse();
    if (!readAll(file.fd, reinterpret_cast<std::byte*>(&header), sizeof header, 0)) return refuse();
    const std::uint64_t fileBytes = static_cast<std::uint64_t>(status.st_size);
    const bool sound = std::memcmp(header.magic, kMagic, sizeof kMagic) == 0 && header.version == kVersion &&
                       header.zero == 0 && header.zeroToo == 0 && header.key == key_ &&
                       header.tableBytes <= std::min(kMostTableBytes, fileBytes) &&
                       header.dataOffset == alignedSection(sizeof header + header.tableBytes) &&
                       header.dataBytes <= fileBytes && header.dataOffset + header.dataBytes == fileBytes;
    if (!sound) return refuse();
    std::vector<std::byte> table(header.tableBytes);
    if (!readAll(file.fd, table.data(), table.size(), sizeof header) ||
        checksum(table.data(), table.size()) != header.tableChecksum)
        return refuse();
    if (header.dataBytes > availableMemoryBytes())
        return makeError(ErrorKind::outOfMemory,
                         "the model needs " + sizeText(header.dataBytes) +
                             " of memory, more than is free: close other programs or take a smaller model");

    CpuWeights weights;
    WeightsReader reader(table);
    visit(reader, weights);
    const std::vector<Piece> pieces = piecesOf(reader.sections);
    std::vector<std::uint64_t> checksums(pieces.size());
    for (std::uint64_t& sum : checksums) sum = reader.take();
    if (reader.noMemory)
        return makeError(ErrorKind::outOfMemory, "the system gave no memory for the model: close other programs");
    if (reader.bad || !reader.atEnd() || reader.dataBytes != header.dataBytes ||
        weights.layers.size() != expectedLayers_)
        return refuse();

    if (progress) progress(0, "reading packed weights");
    std::atomic<bool> damaged{false};
    const std::size_t perReport = std::max<std::size_t>(1, pieces.size() / 50);
    for (std::size_t first = 0; first < pieces.size() && !damaged && !stop.stop_requested(); first += perReport) {
        const std::size_t count = std::min(perReport, pieces.size() - first);
        pool.run([&] {
            pool.forEach(static_cast<int>(count), [&](int task) {
                if (stop.stop_requested()) return;
                const Piece& piece = pieces[first + static_cast<std::size_t>(task)];
                if (!readAll(file.fd, piece.bytes, piece.size, header.dataOffset + piece.offset) ||
                    checksum(piece.bytes, piece.size) != checksums[first + static_cast<std::size_t>(task)])
                    damaged = true;
            });
        });
        if (progress)
            progress(static_cast<double>(first + count) / static_cast<double>(pieces.size()), "reading packed weights");
    }
    if (stop.stop_requested()) return makeError(ErrorKind::cancelled, "loading was cancelled");
    if (damaged) return refuse();
    utimensat(AT_FDCWD, file_.c_str(), nullptr, 0); // used now
    return std::optional<CpuWeights>(std::move(weights));
}

bool WeightsCache::wants(const CpuWeights& weights) const {
    if (file_.empty() || weights.sizeBytes < options_.leastBytes || weights.sizeBytes > options_.mostBytes)
        return false;
    std::error_code error;
    std::filesystem::create_directories(options_.directory, error);
    if (error) return false;
    const std::filesystem::space_info space = std::filesystem::space(options_.directory, error);
    return !error && space.available >= weights.sizeBytes + options_.spareDiskBytes;
}

// Leaves room for one file more of `bytes`.
void WeightsCache::makeRoom(std::uint64_t bytes) const {
    struct Kept {
        std::filesystem::file_time_type used;
        std::filesystem::path path;
        std::uint64_t size;
    };
    std::vector<Kept> all;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(options_.directory, ignored))
        if (entry.path().extension() == kSuffix && entry.path() != file_)
            all.push_back({entry.last_write_time(ignored), entry.path(), entry.file_size(ignored)});
    std::sort(all.begin(), all.end(), [](const Kept& a, const Kept& b) { return a.used > b.used; });
    std::uint64_t total = bytes;
    int files = 1;
    for (const Kept& kept : all)
        if (++files > options_.mostFiles || (total += kept.size) > options_.mostBytes)
            std::filesystem::remove(kept.path, ignored);
}

Result<void> WeightsCache::store(const CpuWeights& weights, std::stop_token stop) const {
    removeAbandonedParts(options_.directory);
    std::error_code ignored;
    std::filesystem::permissions(options_.directory, std::filesystem::perms::owner_all, ignored);
    const std::filesystem::path part = file_.string() + "." + std::to_string(getpid()) + kPartSuffix;
    const Descriptor file(createLocked(part));
    if (file.fd < 0) return writeError(part, errno);
    const auto give = [&](Error error) {
        std::filesystem::remove(part, ignored);
        return error;
    };

    WeightsWriter writer;
    visit(writer, weights);
    const std::vector<Piece> pieces = piecesOf(writer.sections);
    Header header{};
    std::memcpy(header.magic, kMagic, sizeof kMagic);
    header.version = kVersion;
    header.key = key_;
    header.tableBytes = writer.table.size() + pieces.size() * sizeof(std::uint64_t);
    header.dataOffset = alignedSection(sizeof header + header.tableBytes);
    header.dataBytes = writer.dataBytes;
    for (const Piece& piece : pieces) {
        if (stop.stop_requested()) return give(makeError(ErrorKind::cancelled, "cancelled"));
        if (!writeAll(file.fd, piece.bytes, piece.size, header.dataOffset + piece.offset))
            return give(writeError(part, errno));
        writer.append(checksum(piece.bytes, piece.size));
    }
    header.tableChecksum = checksum(writer.table.data(), writer.table.size());
    if (ftruncate(file.fd, static_cast<off_t>(header.dataOffset + header.dataBytes)) != 0 ||
        !writeAll(file.fd, writer.table.data(), writer.table.size(), sizeof header) ||
        !writeAll(file.fd, reinterpret_cast<const std::byte*>(&header), sizeof header, 0))
        return give(writeError(part, errno));
    makeRoom(header.dataOffset + header.dataBytes);
    if (std::rename(part.c_str(), file_.c_str()) != 0) return give(writeError(part, errno));
    return {};
}

} // namespace tramontane
