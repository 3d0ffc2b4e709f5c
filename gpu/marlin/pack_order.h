// Where the numbers of GPTQ linears go in the packed order (layout.h): tables that repack and the step read.
#pragma once

#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "core/model/gptq.h"
#include "gpu/marlin/layout.h"

namespace tramontane::gpu {

// The shape of `packedOutputs` columns (a multiple of 16) over K inputs in `groups` equal groups.
// Needs groups == 1 or K / groups a multiple of 32.
inline PackedShape packedShapeOf(int inputs, int groups, int packedOutputs, bool hasZeros) {
    PackedShape shape;
    shape.inputs = inputs;
    shape.chunks = (inputs + kChunkInputs - 1) / kChunkInputs;
    shape.tiles = packedOutputs / kTileRows;
    shape.groupRows = groups == 1 ? kChunkInputs : std::gcd(inputs / groups, kChunkInputs);
    shape.hasZeros = hasZeros;
    return shape;
}

// Inputs sorted by group, the rows of a group in their own order; padding at the end alone.
struct InputOrder {
    int inputs = 0;
    std::vector<std::int32_t> sources; // (packed inputs): source row, -1 for padding
    std::vector<std::int32_t> groups;  // (chunks * scaleGroups): source group, -1 where all its inputs are padding
    bool identity = true;              // source row k is packed input k

    bool operator==(const InputOrder&) const = default;
    std::vector<std::int32_t> inverse() const; // (inputs): the packed input of each source row
};
InputOrder inputOrderOf(const GptqView& view);

// The output that a row of a tile holds: a column of one of the linears that were fused. column -1: padding.
struct TileRowSource {
    std::int32_t part = 0, column = -1;
    bool operator==(const TileRowSource&) const = default;
};

// Appends the rows of `columns` outputs of a part, padded to whole tiles.
void appendPlain(std::vector<TileRowSource>& rows, int part, int columns);
// The same of heads of `headDim` columns (ColumnOrder::rotary); needs headDim % 16 == 0.
void appendRotary(std::vector<TileRowSource>& rows, int part, int columns, int headDim);
// The same of a part whose packed column c is source column order[c], -1 for padding; a multiple of 16.
void appendPermuted(std::vector<TileRowSource>& rows, int part, std::span<const std::int32_t> order);
// Parts 0 and 1, gate and up, in turns by 8 of those columns (ColumnOrder::gateUp).
std::vector<TileRowSource> gateUpRows(std::span<const std::int32_t> order);

} // namespace tramontane::gpu
