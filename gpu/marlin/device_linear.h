// A packed linear as kernels see it: pointers into device memory, owned by the weights.
#pragma once

#include "gpu/marlin/layout.h"

namespace tramontane::gpu {

struct DeviceLinear {
    PackedShape shape;
    ColumnOrder columnOrder = ColumnOrder::plain;
    int rotaryTiles = 0, headDim = 0;    // of ColumnOrder::rotary
    const std::uint8_t* tiles = nullptr; // marlin/layout.h
    const float* bias = nullptr;         // (packed outputs), in the order of the tile rows; null: none
    // For whoever writes this linear's input row, f16 (packedInputs): element k of the source goes to
    // inputOrder[k]. Null: as it lies. Positions that no k goes to are padding and hold zero.
    const int* inputOrder = nullptr; // (inputs)
};

} // namespace tramontane::gpu
