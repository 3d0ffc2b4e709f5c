// Sorts inputs by group and lists the outputs of tiles.
#include "gpu/marlin/pack_order.h"

#include "core/base/bytes.h"

namespace tramontane::gpu {

std::vector<std::int32_t> InputOrder::inverse() const {
    std::vector<std::int32_t> positions(static_cast<std::size_t>(inputs));
    for (std::size_t p = 0; p < sources.size(); ++p)
        if (sources[p] >= 0) positions[static_cast<std::size_t>(sources[p])] = static_cast<std::int32_t>(p);
    return positions;
}

InputOrder inputOrderOf(const GptqView& view) {
    const PackedShape shape = packedShapeOf(view.inputs, view.groups, kTileRows, false);
    const int groupSize = view.inputs / view.groups;
    InputOrder order;
    order.inputs = view.inputs;
    order.sources.assign(static_cast<std::size_t>(shape.packedInputs()), -1);
    // Groups are of equal size: each has its place before its rows are known.
    std::vector<int> next(static_cast<std::size_t>(view.groups));
    for (int g = 0; g < view.groups; ++g) next[static_cast<std::size_t>(g)] = g * groupSize;
    for (int k = 0; k < view.inputs; ++k) {
        const int group = view.groupIndex.empty()
                              ? k / groupSize
                              : loadUnaligned<std::int32_t>(view.groupIndex, static_cast<std::size_t>(k));
        const int position = next[static_cast<std::size_t>(group)]++;
        order.sources[static_cast<std::size_t>(position)] = k;
        order.identity = order.identity && position == k;
    }
    for (int input = 0; input < shape.packedInputs(); input += shape.groupRows)
        order.groups.push_back(input < view.inputs ? input / groupSize : -1);
    return order;
}

void appendPlain(std::vector<TileRowSource>& rows, int part, int columns) {
    for (int c = 0; c < columns; ++c) rows.push_back({part, c});
    while (rows.size() % kTileRows != 0) rows.push_back({part, -1});
}

void appendRotary(std::vector<TileRowSource>& rows, int part, int columns, int headDim) {
    for (int head = 0; head < columns; head += headDim)
        for (int first = 0; first < headDim / 2; first += kTileRows / 2)
            for (const int half : {0, headDim / 2})
                for (int r = 0; r < kTileRows / 2; ++r) rows.push_back({part, head + half + first + r});
}

void appendPermuted(std::vector<TileRowSource>& rows, int part, std::span<const std::int32_t> order) {
    for (const std::int32_t column : order) rows.push_back({part, column});
}

std::vector<TileRowSource> gateUpRows(std::span<const std::int32_t> order) {
    std::vector<TileRowSource> rows;
    rows.reserve(2 * order.size());
    for (std::size_t first = 0; first < order.size(); first += kTileRows / 2)
        for (const int part : {0, 1}) appendPermuted(rows, part, order.subspan(first, kTileRows / 2));
    return rows;
}

} // namespace tramontane::gpu
