// A safetensors file's bytes in, its tensors by name out, after every claim of the header was checked.
//
//   offset  size  meaning
//   0       8     n: length of the header, u64 little-endian, 1..100,000,000
//   8       n     a JSON object: name -> {"dtype", "shape", "data_offsets": [begin, end)}, relative to 8+n;
//                 and "__metadata__" -> an object of strings
//   8+n     …     the tensors, back to back, without holes, to the end of the file
//
// https://github.com/huggingface/safetensors#format
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/dtype.h"
#include "core/base/result.h"
#include "core/files/mapped_file.h"

namespace tramontane {

struct TensorInfo {
    static constexpr std::size_t maxDimensions = 8;

    std::string name;
    DType dtype = DType::f16;
    std::uint8_t dimensionCount = 0;
    std::array<std::int64_t, maxDimensions> dimensions{};
    std::uint64_t offset = 0;    // from the start of the file
    std::uint64_t sizeBytes = 0; // dtype × shape

    std::span<const std::int64_t> shape() const { return {dimensions.data(), dimensionCount}; }
};

struct SafetensorsHeader {
    std::vector<TensorInfo> tensors; // sorted by name
    std::uint64_t headerBytes = 0;   // 8+n

    const TensorInfo* find(std::string_view name) const;
};

constexpr std::uint64_t maxSafetensorsHeaderBytes = 100'000'000;
constexpr std::size_t maxSafetensorsTensors = 100'000;

// `fileName` begins every error. `onProgress` hears how far into `file` the parser is done, about every
// megabyte. Takes at most some 50 MB while it works, whatever the file claims.
Result<SafetensorsHeader> parseSafetensorsHeader(std::span<const std::byte> file, std::string_view fileName,
                                                 const std::function<void(std::size_t)>& onProgress = {});

// A mapped file with its header.
struct SafetensorsFile {
    MappedFile file;
    SafetensorsHeader header;

    static Result<SafetensorsFile> open(const std::filesystem::path& path);
    std::span<const std::byte> bytesOf(const TensorInfo& tensor) const {
        return file.bytes().subspan(tensor.offset, tensor.sizeBytes);
    }
};

} // namespace tramontane
