// Reads the limit on the GPU's memory.
#include "gpu/device/memory_limit.h"

#include <charconv>
#include <cstdlib>
#include <string_view>

namespace tramontane::gpu {

std::uint64_t memoryLimitFromEnvironment() {
    const char* text = std::getenv(kMemoryLimitVariable);
    if (text == nullptr) return 0;
    const std::string_view value(text);
    std::uint64_t megabytes = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), megabytes);
    if (error != std::errc() || end != value.data() + value.size() || megabytes >= std::uint64_t{1} << 40) return 0;
    return megabytes << 20;
}

} // namespace tramontane::gpu
