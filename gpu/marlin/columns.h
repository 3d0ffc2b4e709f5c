// A row of a packed tile in, the column of the linear's natural output out: the inverse of ColumnOrder.
#pragma once

#include <cuda_runtime_api.h>

#include "gpu/marlin/device_linear.h"

namespace tramontane::gpu {

// What columnOf needs of a linear.
struct ColumnMap {
    ColumnOrder order = ColumnOrder::plain;
    int rotaryTiles = 0, headDim = 0, tiles = 0;
};

inline ColumnMap columnMap(const DeviceLinear& linear) {
    return {linear.columnOrder, linear.rotaryTiles, linear.headDim, linear.shape.tiles};
}

// The natural column of row `row` of tile `tile`. Rows 8i..8i+7 of a tile are eight columns in a row, the first a
// multiple of 8. With gateUp the columns of gate come first, those of up follow from column 8*tiles on.
__host__ __device__ constexpr int columnOf(const ColumnMap& map, int tile, int row) {
    const int half = row >> 3, inHalf = row & 7;
    if (map.order == ColumnOrder::gateUp) return 8 * (half * map.tiles + tile) + inHalf;
    if (map.order == ColumnOrder::rotary && tile < map.rotaryTiles) {
        const int tilesPerHead = map.headDim / kTileRows, head = tile / tilesPerHead, inHead = tile % tilesPerHead;
        return head * map.headDim + half * (map.headDim / 2) + 8 * inHead + inHalf;
    }
    return kTileRows * tile + row;
}

} // namespace tramontane::gpu
