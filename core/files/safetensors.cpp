// The header of a safetensors file, believed in nothing.
#include "core/files/safetensors.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "core/base/bytes.h"
#include "core/files/json_scanner.h"

namespace tramontane {
namespace {

// Longest names of published models have some 70 bytes.
constexpr std::size_t maxNameBytes = 256;
constexpr std::size_t maxNameBytesInAll = std::size_t(16) << 20;
// Published files hold a handful ("format": "pt").
constexpr std::size_t maxMetadataEntries = 4096;

class HeaderParser {
public:
    HeaderParser(std::span<const std::byte> file, std::string_view fileName,
                 const std::function<void(std::size_t)>& onProgress)
        : file_(file), fileName_(fileName), onProgress_(onProgress) {}

    Result<SafetensorsHeader> parse() {
        TRY_OK(locate());
        const std::string_view text(reinterpret_cast<const char*>(file_.data()) + 8, header_.headerBytes - 8);
        if (text.front() != '{') return refuse("its header does not begin with an object");
        JsonScanner scanner(text, [this](std::size_t done) {
            if (onProgress_) onProgress_(done + 8);
        });
        scanner.beginObject();
        std::string name;
        while (scanner.nextKey(name, maxNameBytes)) {
            if (name == "__metadata__") {
                if (!readMetadata(scanner)) break;
                continue;
            }
            TRY_OK(readTensor(scanner, name));
        }
        if (!scanner.ok() || !scanner.atEnd())
            return refuse("its header is malformed: " + scanner.error() + " of the header");
        TRY_OK(checkLayout());
        TRY_OK(sortByName());
        return std::move(header_);
    }

private:
    Error refuse(const std::string& what) const {
        return makeError(ErrorKind::invalidInput, std::string(fileName_) + ": " + what);
    }
    Error refuse(std::string_view tensor, const std::string& what) const {
        return refuse("tensor " + printableText(tensor) + " " + what);
    }

    Result<void> locate() {
        if (file_.size() < 8)
            return refuse("is cut short: a safetensors file has at least 8 bytes, this one has " +
                          std::to_string(file_.size()));
        const auto length = loadUnaligned<std::uint64_t>(file_.data());
        if (length == 0) return refuse("its header length is 0");
        if (length > maxSafetensorsHeaderBytes)
            return refuse("its header length is " + std::to_string(length) + ", at most " +
                          std::to_string(maxSafetensorsHeaderBytes) + " is allowed");
        if (length > file_.size() - 8)
            return refuse("is cut short: its header has " + std::to_string(length) + " bytes, the file only " +
                          std::to_string(file_.size()) + "; fetch it again");
        header_.headerBytes = 8 + length;
        return {};
    }

    // An object of strings. The strings are not kept.
    bool readMetadata(JsonScanner& scanner) {
        if (std::exchange(sawMetadata_, true)) return scanner.fail("__metadata__ stands twice");
        scanner.beginObject();
        std::unordered_set<std::string> keys;
        std::string key;
        while (scanner.nextKey(key, maxNameBytes)) {
            if (!keys.insert(key).second) return scanner.fail("a key of __metadata__ stands twice");
            if (keys.size() > maxMetadataEntries) return scanner.fail("more than 4096 entries in __metadata__");
            if (!scanner.skipString()) return false;
        }
        return scanner.ok();
    }

    Result<void> readTensor(JsonScanner& scanner, const std::string& name) {
        if (header_.tensors.size() >= maxSafetensorsTensors)
            return refuse("has more than " + std::to_string(maxSafetensorsTensors) + " tensors");
        if (name.empty() || name.find('\0') != std::string::npos) return refuse("has a tensor without a proper name");
        nameBytes_ += name.size();
        if (nameBytes_ > maxNameBytesInAll) return refuse("has tensor names of more than 16 MiB");
        TensorInfo tensor;
        tensor.name = name;
        bool sawDtype = false, sawShape = false, sawOffsets = false, twice = false;
        std::uint64_t begin = 0, end = 0;
        std::string field, dtype;
        scanner.beginObject();
        while (scanner.nextKey(field, maxNameBytes)) {
            if (field == "dtype") {
                twice = std::exchange(sawDtype, true);
                scanner.readString(dtype, maxNameBytes);
            } else if (field == "shape") {
                twice = std::exchange(sawShape, true);
                TRY_OK(readShape(scanner, tensor));
            } else if (field == "data_offsets") {
                twice = std::exchange(sawOffsets, true);
                readOffsets(scanner, begin, end);
            } else {
                return refuse(name, "has an unknown field \"" + printableText(field) + "\"");
            }
            if (twice) return refuse(name, "has the field \"" + field + "\" twice");
        }
        if (!scanner.ok()) return refuse(name, "is malformed: " + scanner.error() + " of the header");
        if (!sawDtype || !sawShape || !sawOffsets)
            return refuse(name, std::string("has no ") + (!sawDtype ? "dtype" : !sawShape ? "shape" : "data_offsets"));
        const std::optional<DType> known = dtypeFromName(dtype);
        if (!known) return refuse(name, "has the unknown dtype \"" + printableText(dtype) + "\"");
        tensor.dtype = *known;
        TRY_OK(checkExtent(tensor, begin, end));
        header_.tensors.push_back(std::move(tensor));
        return {};
    }

    Result<void> readShape(JsonScanner& scanner, TensorInfo& tensor) {
        scanner.beginArray();
        while (scanner.nextElement()) {
            if (tensor.dimensionCount == TensorInfo::maxDimensions)
                return refuse(tensor.name, "has more than 8 dimensions");
            std::uint64_t dimension = 0;
            if (!scanner.readUnsigned(dimension)) break;
            if (dimension > std::uint64_t(INT64_MAX)) return refuse(tensor.name, "has a dimension beyond 2^63");
            tensor.dimensions[tensor.dimensionCount++] = std::int64_t(dimension);
        }
        return {};
    }

    static void readOffsets(JsonScanner& scanner, std::uint64_t& begin, std::uint64_t& end) {
        scanner.beginArray();
        if (!scanner.nextElement() || !scanner.readUnsigned(begin) || !scanner.nextElement() ||
            !scanner.readUnsigned(end) || scanner.nextElement())
            scanner.fail("expected two data_offsets");
    }

    Result<void> checkExtent(TensorInfo& tensor, std::uint64_t begin, std::uint64_t end) const {
        const std::uint64_t dataBytes = file_.size() - header_.headerBytes;
        if (end < begin)
            return refuse(tensor.name,
                          "ends before it begins: data_offsets " + std::to_string(begin) + ", " + std::to_string(end));
        if (end > dataBytes)
            return refuse(tensor.name, "ends at byte " + std::to_string(end) + " of " + std::to_string(dataBytes) +
                                           ": the file is cut short; fetch it again");
        std::uint64_t sizeBytes = dtypeSize(tensor.dtype);
        // A zero among huge dimensions must not hide an overflow, so the product runs over what is not zero
        // first.
        bool empty = false;
        for (const std::int64_t dimension : tensor.shape()) {
            empty = empty || dimension == 0;
            const auto product = checkedMultiply(sizeBytes, dimension == 0 ? 1 : std::uint64_t(dimension));
            if (!product) return refuse(tensor.name, "has a shape beyond 64 bits: " + shapeText(tensor.shape()));
            sizeBytes = *product;
        }
        if (empty) sizeBytes = 0;
        if (end - begin != sizeBytes)
            return refuse(tensor.name, "is " + shapeText(tensor.shape()) + " " + dtypeName(tensor.dtype) +
                                           ", which is " + std::to_string(sizeBytes) + " bytes, but has " +
                                           std::to_string(end - begin));
        tensor.offset = header_.headerBytes + begin;
        tensor.sizeBytes = sizeBytes;
        return {};
    }

    // Back to back from the header to the end of the file, each tensor beginning where no other does.
    Result<void> checkLayout() {
        std::vector<TensorInfo>& tensors = header_.tensors;
        std::sort(tensors.begin(), tensors.end(), [](const TensorInfo& a, const TensorInfo& b) {
            return std::pair(a.offset, a.sizeBytes) < std::pair(b.offset, b.sizeBytes);
        });
        std::uint64_t next = header_.headerBytes;
        for (std::size_t i = 0; i < tensors.size(); ++i) {
            const TensorInfo& tensor = tensors[i];
            if (i > 0 && tensors[i - 1].offset == tensor.offset && tensors[i - 1].sizeBytes == 0)
                return refuse(tensors[i - 1].name,
                              "is empty and takes the place of tensor " + printableText(tensor.name));
            if (tensor.offset < next)
                return refuse(tensor.name, "overlaps tensor " + printableText(tensors[i - 1].name));
            if (tensor.offset > next)
                return refuse(tensor.name,
                              "leaves a hole of " + std::to_string(tensor.offset - next) + " bytes in front of it");
            next = tensor.offset + tensor.sizeBytes;
        }
        if (next != file_.size())
            return refuse("has " + std::to_string(file_.size() - next) + " bytes after its last tensor");
        return {};
    }

    Result<void> sortByName() {
        std::vector<TensorInfo>& tensors = header_.tensors;
        std::sort(tensors.begin(), tensors.end(),
                  [](const TensorInfo& a, const TensorInfo& b) { return a.name < b.name; });
        for (std::size_t i = 1; i < tensors.size(); ++i)
            if (tensors[i - 1].name == tensors[i].name) return refuse(tensors[i].name, "stands twice");
        return {};
    }

    std::span<const std::byte> file_;
    std::string_view fileName_;
    const std::function<void(std::size_t)>& onProgress_;
    SafetensorsHeader header_;
    std::size_t nameBytes_ = 0;
    bool sawMetadata_ = false;
};

} // namespace

const TensorInfo* SafetensorsHeader::find(std::string_view name) const {
    const auto place = std::lower_bound(tensors.begin(), tensors.end(), name,
                                        [](const TensorInfo& tensor, std::string_view n) { return tensor.name < n; });
    return place != tensors.end() && place->name == name ? &*place : nullptr;
}

Result<SafetensorsHeader> parseSafetensorsHeader(std::span<const std::byte> file, std::string_view fileName,
                                                 const std::function<void(std::size_t)>& onProgress) {
    return HeaderParser(file, fileName, onProgress).parse();
}

Result<SafetensorsFile> SafetensorsFile::open(const std::filesystem::path& path) {
    Result<MappedFile> file = MappedFile::open(path);
    if (!file) return std::move(file).error();
    const MappedFile& mapped = *file;
    // A header of 100 MB passes through without staying in memory.
    std::size_t released = 0;
    Result<SafetensorsHeader> header = parseSafetensorsHeader(mapped.bytes(), mapped.name(), [&](std::size_t done) {
        mapped.release(mapped.bytes().subspan(released, done - released));
        released = done;
    });
    if (!header) {
        TRY_OK(mapped.checkUnchanged());
        return std::move(header).error();
    }
    return SafetensorsFile{std::move(file).value(), std::move(header).value()};
}

} // namespace tramontane
