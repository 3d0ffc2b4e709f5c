// Any bytes as a safetensors file: refused with one line, or its tensors tile the file.
#include <algorithm>
#include <cstdlib>
#include <span>

#include "core/base/bytes.h"
#include "core/files/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace tramontane;
    const Result<SafetensorsHeader> header =
        parseSafetensorsHeader(std::as_bytes(std::span(data, size)), "model.safetensors");
    if (!header) {
        const std::string& message = header.error().message;
        if (!message.starts_with("model.safetensors: ") || message.find('\n') != std::string::npos) std::abort();
        return 0;
    }
    std::vector<TensorInfo> tensors = header->tensors;
    for (const TensorInfo& tensor : tensors) {
        if (header->find(tensor.name) == nullptr || header->find(tensor.name)->offset != tensor.offset) std::abort();
        std::uint64_t count = 1;
        for (const std::int64_t dimension : tensor.shape()) count *= std::uint64_t(dimension);
        if (count * dtypeSize(tensor.dtype) != tensor.sizeBytes) std::abort();
    }
    std::sort(tensors.begin(), tensors.end(),
              [](const TensorInfo& a, const TensorInfo& b) { return a.offset < b.offset; });
    std::uint64_t next = header->headerBytes;
    for (const TensorInfo& tensor : tensors) {
        if (tensor.offset != next) std::abort();
        next += tensor.sizeBytes;
    }
    if (next != size) std::abort();
    return 0;
}
