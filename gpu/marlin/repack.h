// GPTQ tensors on the device, as they lie in the file, in; a packed linear (layout.h) out.
#pragma once

#include <cstdint>

#include <cuda_fp16.h>
#include <cuda_runtime_api.h>

#include "gpu/marlin/layout.h"
#include "gpu/marlin/pack_order.h"

namespace tramontane::gpu {

constexpr int kMostRepackParts = 3;

// One GPTQ linear of K inputs and N outputs; core/model/gptq.h tells its bytes.
struct RepackPart {
    const std::uint32_t* qweight = nullptr; // (K/8, N)
    const std::uint32_t* qzeros = nullptr;  // (groups, N/8)
    const __half* scales = nullptr;         // (groups, N)
    int outputs = 0;                        // N
    int zeroOffset = 1;                     // added to every stored zero
};

// Everything in device memory. Padding, of inputs or outputs, gets the value 8, the zero 8 and the scale 0; only in
// a scale group that padding merely ends the scale stays, and the input there is 0.
struct RepackArguments {
    PackedShape shape;
    RepackPart parts[kMostRepackParts];
    const std::int32_t* sources = nullptr;   // (packed inputs): InputOrder::sources
    const std::int32_t* groups = nullptr;    // (chunks * scaleGroups): InputOrder::groups
    const TileRowSource* tileRows = nullptr; // (packed outputs)
    std::uint8_t* tiles = nullptr;           // out: shape.sizeBytes()
};
cudaError_t repack(const RepackArguments& arguments, cudaStream_t stream);

} // namespace tramontane::gpu
