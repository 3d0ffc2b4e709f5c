// The weights that the stream's next linear reads first: what a linear asks the second-level cache to bring while it
// finishes itself, so that the memory goes on reading from one kernel to the next.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tramontane::gpu {

// `count` runs of `bytes` each, `stride` apart: the beginnings of what the next linear's blocks stream.
struct Upcoming {
    const std::uint8_t* from = nullptr;
    std::size_t stride = 0;
    int count = 0;
    unsigned bytes = 0; // a multiple of 16
};

} // namespace tramontane::gpu
