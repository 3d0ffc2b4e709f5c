// The GPTQ layout, read the slow and certain way, and the checks of what it holds.
#include "core/model/gptq.h"

#include <algorithm>
#include <string>

#include "core/base/bytes.h"

namespace tramontane {

int gptqQuant(const GptqView& view, int k, int n) {
    const auto word = loadUnaligned<std::uint32_t>(view.qweight, std::size_t(k / 8) * view.outputs + n);
    return int((word >> (4 * (k % 8))) & 15u);
}

int gptqZero(const GptqView& view, int group, int n) {
    const auto word = loadUnaligned<std::uint32_t>(view.qzeros, std::size_t(group) * (view.outputs / 8) + n / 8);
    return int((word >> (4 * (n % 8))) & 15u) + view.zeroOffset;
}

float gptqScale(const GptqView& view, int group, int n) {
    return halfToFloat(loadUnaligned<std::uint16_t>(view.scales, std::size_t(group) * view.outputs + n));
}

int gptqGroup(const GptqView& view, int k) {
    if (view.groupIndex.empty()) return k / (view.inputs / view.groups);
    return loadUnaligned<std::int32_t>(view.groupIndex, std::size_t(k));
}

std::vector<float> dequantize(const GptqView& view) {
    std::vector<float> weights(std::size_t(view.inputs) * view.outputs);
    for (int k = 0; k < view.inputs; ++k) {
        const int group = gptqGroup(view, k);
        float* row = weights.data() + std::size_t(k) * view.outputs;
        for (int n = 0; n < view.outputs; ++n)
            row[n] = float(gptqQuant(view, k, n) - gptqZero(view, group, n)) * gptqScale(view, group, n);
    }
    return weights;
}

bool isStaircase(std::span<const std::int32_t> groupIndex, int groups) {
    const std::size_t rows = groupIndex.size() / std::size_t(groups);
    for (std::size_t k = 0; k < groupIndex.size(); ++k)
        if (groupIndex[k] != std::int32_t(k / rows)) return false;
    return true;
}

Result<std::vector<std::int32_t>> readGroupIndex(std::span<const std::byte> bytes, int groups,
                                                 std::string_view tensor) {
    const auto refuse = [&](const std::string& what) {
        return makeError(ErrorKind::invalidInput, std::string(tensor) + " " + what);
    };
    std::vector<std::int32_t> index(bytes.size() / 4);
    std::memcpy(index.data(), bytes.data(), index.size() * 4);
    std::vector<std::size_t> rows(std::size_t(groups), 0);
    for (std::size_t k = 0; k < index.size(); ++k) {
        if (index[k] < 0 || index[k] >= groups)
            return refuse("is " + std::to_string(index[k]) + " at row " + std::to_string(k) + ", expected 0 to " +
                          std::to_string(groups - 1));
        ++rows[std::size_t(index[k])];
    }
    for (std::size_t group = 0; group < rows.size(); ++group)
        if (rows[group] != index.size() / rows.size())
            return refuse("gives group " + std::to_string(group) + " " + std::to_string(rows[group]) +
                          " rows, expected " + std::to_string(index.size() / rows.size()));
    return index;
}

bool allFinite(std::span<const std::byte> bytes) {
    // An exponent of all ones. Blocks keep the inner loop free of branches, so that it is vectorized.
    constexpr std::size_t blockHalves = 4096;
    const std::size_t count = bytes.size() / 2;
    for (std::size_t begin = 0; begin < count; begin += blockHalves) {
        const std::byte* block = bytes.data() + begin * 2;
        const std::size_t end = std::min(blockHalves, count - begin);
        std::uint16_t infinite = 0;
        for (std::size_t i = 0; i < end; ++i)
            infinite |= std::uint16_t((loadUnaligned<std::uint16_t>(block + i * 2) & 0x7C00u) == 0x7C00u);
        if (infinite != 0) return false;
    }
    return true;
}

} // namespace tramontane
