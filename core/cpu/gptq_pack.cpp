// Sorts, permutes and packs the words of GPTQ linears, on all threads of a pool.
#include "core/cpu/gptq_pack.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include "core/cpu/half.h"

namespace tramontane {
namespace {

int roundUp(int value, int multiple) { return (value + multiple - 1) / multiple * multiple; }

int zeroAt(const GptqView& view, int group, int column) {
    const auto word =
        loadAt<std::uint32_t>(view.qzeros.data(), static_cast<std::size_t>(group) * (view.outputs / 8) + column / 8);
    return static_cast<int>(word >> 4 * (column % 8) & 15u) + view.zeroOffset;
}

// The zero that every column of every group has, if there is one.
std::optional<int> uniformZeroOf(std::span<const PackPart> parts) {
    const std::uint32_t first = loadAt<std::uint32_t>(parts[0].view->qzeros.data(), 0);
    if (first != (first & 15u) * 0x11111111u) return std::nullopt;
    for (const PackPart& part : parts) {
        if (part.view->zeroOffset != parts[0].view->zeroOffset) return std::nullopt;
        for (std::size_t i = 0; i < part.view->qzeros.size() / 4; ++i)
            if (loadAt<std::uint32_t>(part.view->qzeros.data(), i) != first) return std::nullopt;
    }
    return static_cast<int>(first & 15u) + parts[0].view->zeroOffset;
}

bool hasBias(std::span<const PackPart> parts) {
    for (const PackPart& part : parts)
        for (std::size_t i = 0; i < part.view->bias.size() / 2; ++i)
            if ((loadAt<std::uint16_t>(part.view->bias.data(), i) & 0x7fffu) != 0) return true;
    return false;
}

bool isNatural(const PackPart& part) {
    if (static_cast<int>(part.columns.size()) != part.view->outputs) return false;
    for (std::size_t c = 0; c < part.columns.size(); ++c)
        if (part.columns[c] != static_cast<std::int32_t>(c)) return false;
    return true;
}

void packScales(const PackPart& part, const RowOrder& order, int packedBlock, int partBlock, PackedLinear& linear) {
    const GptqView& view = *part.view;
    const std::int32_t* columns = part.columns.data() + static_cast<std::ptrdiff_t>(partBlock) * kBlockColumns;
    std::uint16_t* scales = linear.scales(packedBlock);
    std::uint8_t* zeros = linear.zeros(packedBlock);
    for (int s = 0; s < linear.segments; ++s) {
        const int group = order.groups[s], at = s * kBlockColumns;
        for (int c = 0; c < kBlockColumns; ++c) {
            if (columns[c] >= view.outputs) continue; // the storage is zeroed: a scale of 0 makes an output of 0
            scales[at + c] =
                loadAt<std::uint16_t>(view.scales.data(), static_cast<std::size_t>(group) * view.outputs + columns[c]);
            if (zeros != nullptr) zeros[at + c] = static_cast<std::uint8_t>(zeroAt(view, group, columns[c]));
        }
    }
    if (linear.bias.empty() || view.bias.empty()) return;
    for (int c = 0; c < kBlockColumns; ++c)
        if (columns[c] < view.outputs)
            linear.bias[static_cast<std::size_t>(packedBlock * kBlockColumns + c)] =
                halfToFloat(loadAt<std::uint16_t>(view.bias.data(), columns[c]));
}

Result<PackedLinear> allocateLinear(std::span<const PackPart> parts, const RowOrder& order, int block) {
    PackedLinear linear;
    linear.inputs = order.inputs;
    linear.segmentRows = order.segmentRows;
    linear.segments = static_cast<int>(order.groups.size());
    linear.paddedInputs = linear.segments * linear.segmentRows;
    linear.block = block;
    while (linear.segmentRows % linear.block != 0) linear.block /= 2;
    for (const PackPart& part : parts) linear.columnBlocks += static_cast<int>(part.columns.size()) / kBlockColumns;
    if (!order.isIdentity()) linear.order = order.rows;
    const std::optional<int> uniform = uniformZeroOf(parts);
    linear.uniformZero = uniform.value_or(0);
    linear.hasZeros = !uniform.has_value();
    if (hasBias(parts)) linear.bias.assign(static_cast<std::size_t>(linear.outputs()), 0.0f);
    linear.layOut();
    Result<Pages> pages = Pages::allocate(linear.columnBlocks * linear.columnBlockBytes);
    if (!pages) return std::move(pages).error();
    linear.storage = std::move(*pages);
    return linear;
}

} // namespace

bool RowOrder::isIdentity() const {
    if (static_cast<int>(rows.size()) != inputs) return false;
    for (int k = 0; k < inputs; ++k)
        if (rows[k] != k) return false;
    return true;
}

RowOrder rowOrderOf(const GptqView& view) {
    const int groupRows = view.inputs / view.groups;
    std::vector<std::vector<std::int32_t>> members(view.groups);
    for (int k = 0; k < view.inputs; ++k)
        members[view.groupIndex.empty() ? std::min(k / groupRows, view.groups - 1)
                                        : loadAt<std::int32_t>(view.groupIndex.data(), k)]
            .push_back(k);
    RowOrder order;
    order.inputs = view.inputs;
    order.segmentRows = std::min(roundUp(groupRows, 32), kMaxSegmentRows);
    for (int g = 0; g < view.groups; ++g) {
        for (std::size_t first = 0; first < members[g].size(); first += order.segmentRows) {
            const std::size_t last = std::min(members[g].size(), first + order.segmentRows);
            order.rows.insert(order.rows.end(), members[g].begin() + static_cast<std::ptrdiff_t>(first),
                              members[g].begin() + static_cast<std::ptrdiff_t>(last));
            order.groups.push_back(g);
            order.rows.resize(order.groups.size() * order.segmentRows, view.inputs);
        }
    }
    return order;
}

std::vector<std::int32_t> naturalColumns(int count) {
    std::vector<std::int32_t> columns(static_cast<std::size_t>(roundUp(count, kBlockColumns)), count);
    std::iota(columns.begin(), columns.begin() + count, 0);
    return columns;
}

Result<PackedLinear> packLinear(std::span<const PackPart> parts, const RowOrder& order, int block,
                                const Kernels& kernels, ThreadPool& pool, std::stop_token stop) {
    Result<PackedLinear> linear = allocateLinear(parts, order, block);
    if (!linear) return linear;

    for (const PackPart& part : parts) {
        const GptqView& view = *part.view;
        const int wordRows = view.inputs / 8, blocks = static_cast<int>(part.columns.size()) / kBlockColumns;
        const std::byte* words = view.qweight.data();
        std::size_t stride = static_cast<std::size_t>(view.outputs);
        Pages permuted; // the words with their columns in the order wanted
        const bool natural = isNatural(part);
        if (!natural) {
            stride = part.columns.size();
            Result<Pages> pages = Pages::allocate(stride * wordRows * 4);
            if (!pages) return std::move(pages).error();
            permuted = std::move(*pages);
            words = permuted.as<std::byte>();
        }
        pool.run([&] {
            if (!natural)
                pool.forEach((wordRows + 7) / 8, [&](int task) {
                    for (int row = task * 8; row < std::min(wordRows, task * 8 + 8) && !stop.stop_requested(); ++row)
                        kernels.permuteWords(view.qweight.data() + static_cast<std::size_t>(row) * view.outputs * 4,
                                             part.columns.data(), view.outputs, static_cast<int>(stride),
                                             permuted.as<std::uint32_t>() + row * stride);
                });
            // Four column blocks together use each cache line of words at once.
            pool.forEach((blocks + 3) / 4, [&](int task) {
                for (int b = task * 4; b < std::min(blocks, task * 4 + 4) && !stop.stop_requested(); ++b) {
                    const int packedBlock = part.firstBlock + b * part.blockStep;
                    kernels.repack(words + static_cast<std::size_t>(b) * kBlockColumns * 4, stride, order.rows.data(),
                                   view.inputs, linear->paddedInputs, linear->weights(packedBlock));
                    packScales(part, order, packedBlock, b, *linear);
                }
            });
        });
        if (stop.stop_requested()) return makeError(ErrorKind::cancelled, "loading was cancelled");
    }
    return linear;
}

} // namespace tramontane
