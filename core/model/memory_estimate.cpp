// Bytes by the shapes of the model, and the machine's own figures.
#include "core/model/memory_estimate.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include "core/model/model_shapes.h"

namespace tramontane {
namespace {

// Tokens that a backend advances in one call while it reads a prompt, and the program with its libraries.
constexpr std::uint64_t prefillTokens = 512;
constexpr std::uint64_t programBytes = 100'000'000;

// /proc and /sys files have no size to map or to ask for.
std::string readPseudoFile(const std::filesystem::path& path) {
    const std::ifstream file(path);
    std::ostringstream text;
    if (file) text << file.rdbuf();
    return std::move(text).str();
}

// The number in front of `text`, after spaces; none where there is none ("max").
std::optional<std::uint64_t> leadingNumber(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return std::nullopt;
    return number;
}

std::optional<std::uint64_t> numberAfter(std::string_view text, std::string_view label) {
    const std::size_t found = text.find(label);
    if (found == std::string_view::npos) return std::nullopt;
    return leadingNumber(text.substr(found + label.size()));
}

} // namespace

MemoryEstimate estimateMemory(const ModelConfig& config) {
    const MistralConfig& mistral = config.mistral;
    const auto product = [](auto... factors) { return (std::uint64_t(factors) * ...); };
    MemoryEstimate estimate;
    std::uint64_t layer = product(2, mistral.hiddenSize, sizeof(float)); // the norms
    for (const LinearShape& linear : layerLinears(mistral)) {
        const int groups = groupCount(config.gptq, linear.inputs);
        layer += product(linear.inputs, linear.outputs) / 2;                               // qweight
        layer += product(groups, linear.outputs, 2) + product(groups, linear.outputs) / 2; // scales, zeros
        if (config.gptq.descAct) layer += product(linear.inputs, 4);
    }
    const std::uint64_t table = product(mistral.vocabSize, mistral.hiddenSize, 2);
    estimate.weightBytes = product(mistral.layerCount, layer) + table * (mistral.tiedHead ? 1 : 2);
    estimate.kvBytesPerToken = product(2, mistral.layerCount, mistral.kvHeadCount, mistral.headDim, 2);
    const std::uint64_t rowFloats = 6 * product(std::max(mistral.hiddenSize, mistral.headCount * mistral.headDim), 1) +
                                    2 * std::uint64_t(mistral.intermediateSize);
    estimate.workBytes = programBytes + product(prefillTokens, rowFloats, 4) + product(4, mistral.vocabSize, 4);
    estimate.maxPositions = mistral.maxPositions;
    return estimate;
}

std::uint64_t MemoryEstimate::totalBytes(int contextLength) const {
    return weightBytes + workBytes + kvBytesPerToken * std::uint64_t(std::max(contextLength, 0));
}

int MemoryEstimate::longestContext(std::uint64_t availableBytes) const {
    const std::uint64_t fixed = totalBytes(0);
    if (availableBytes < fixed || kvBytesPerToken == 0) return 0;
    return int(std::min((availableBytes - fixed) / kvBytesPerToken, std::uint64_t(maxPositions)));
}

HostMemory parseMemInfo(std::string_view memInfo) {
    // In units of 1024 bytes, for all that they are called kB.
    return {numberAfter(memInfo, "MemTotal:").value_or(0) * 1024,
            numberAfter(memInfo, "MemAvailable:").value_or(0) * 1024};
}

HostMemory limitByControlGroup(HostMemory memory, std::string_view controlGroup, const std::filesystem::path& root) {
    // Version 2 has one line, "0::/path"; each folder from there up to the root may set a limit.
    const std::size_t start = controlGroup.find("0::/");
    if (start == std::string_view::npos) return memory;
    const std::string_view line = controlGroup.substr(start + 4, controlGroup.substr(start).find('\n') - 4);
    for (std::filesystem::path group = (root / line).lexically_normal();; group = group.parent_path()) {
        if (const auto limit = leadingNumber(readPseudoFile(group / "memory.max"))) {
            // Pages of files that nobody uses now can be had again, and so are not counted as used.
            const std::uint64_t used = leadingNumber(readPseudoFile(group / "memory.current")).value_or(0);
            const std::uint64_t cached =
                numberAfter(readPseudoFile(group / "memory.stat"), "inactive_file ").value_or(0);
            const std::uint64_t kept = used - std::min(used, cached);
            memory.totalBytes = std::min(memory.totalBytes, *limit);
            memory.availableBytes = std::min(memory.availableBytes, *limit - std::min(*limit, kept));
        }
        if (group == root || !group.has_relative_path()) return memory;
    }
}

HostMemory hostMemory() {
    return limitByControlGroup(parseMemInfo(readPseudoFile("/proc/meminfo")), readPseudoFile("/proc/self/cgroup"),
                               "/sys/fs/cgroup");
}

} // namespace tramontane
