// A config in, what it takes in memory out, and whether this machine has it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "core/model/mistral_config.h"

namespace tramontane {

struct MemoryEstimate {
    std::uint64_t weightBytes = 0;     // of a backend: about the size of the checkpoint
    std::uint64_t kvBytesPerToken = 0; // fp16 keys and values of one token in all layers
    std::uint64_t workBytes = 0;       // activations, logits and the program itself, generously
    int maxPositions = 0;

    std::uint64_t totalBytes(int contextLength) const;
    // The most tokens that fit into `availableBytes`, at most maxPositions; 0 where not even the weights do.
    int longestContext(std::uint64_t availableBytes) const;
};
MemoryEstimate estimateMemory(const ModelConfig& config);

struct HostMemory {
    std::uint64_t totalBytes = 0;
    std::uint64_t availableBytes = 0; // without swapping, other programs left as they are
};
// This machine's, or the part of it that this process's control group may use. Zeros where the system does
// not say.
HostMemory hostMemory();
// The same from the text of /proc/meminfo and from /proc/self/cgroup with the root of the control groups'
// folder.
HostMemory parseMemInfo(std::string_view memInfo);
HostMemory limitByControlGroup(HostMemory memory, std::string_view controlGroup, const std::filesystem::path& root);

} // namespace tramontane
