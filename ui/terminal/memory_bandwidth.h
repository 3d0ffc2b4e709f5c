// How fast this machine's memory can be read: the measure a memory-bound program is held against.
#pragma once

#include <cstdint>

namespace tramontane::terminal {

struct MemoryBandwidth {
    double bytesPerSecond = 0;
    std::uint64_t bufferBytes = 0; // several times the caches, so that memory answered and not they
    std::uint64_t cacheBytes = 0;  // the largest cache of one core's chip; 0: unknown
};

// Every thread reads its own part over and over; the best pass of several counts. About a second.
MemoryBandwidth measureMemoryBandwidth(int threads);

} // namespace tramontane::terminal
