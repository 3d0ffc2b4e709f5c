// A limit of bytes in, what is free of a device that counts as one of that size out: how a small GPU is tried
// on a large one. Needs no CUDA.
#pragma once

#include <algorithm>
#include <cstdint>

namespace tramontane::gpu {

// In megabytes; what is no number counts as none.
inline constexpr const char* kMemoryLimitVariable = "TRAMONTANE_GPU_MEMORY_LIMIT";
std::uint64_t memoryLimitFromEnvironment(); // in bytes; 0: none

// What others and this program itself have taken counts against the limit too. 0: no limit.
constexpr std::uint64_t freeWithin(std::uint64_t limitBytes, std::uint64_t freeBytes, std::uint64_t totalBytes) {
    if (limitBytes == 0 || limitBytes >= totalBytes) return freeBytes;
    const std::uint64_t taken = totalBytes - freeBytes;
    return limitBytes > taken ? limitBytes - taken : 0;
}

} // namespace tramontane::gpu
