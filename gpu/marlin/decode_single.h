// One row against a packed linear: what decode_linear.h does for a batch of one, over the row's digits (digits.cuh).
#pragma once

#include <cstddef>

#include "gpu/marlin/decode_linear.h"

namespace tramontane::gpu {

// What the current device grants the kernels of 16 warps with a ring each.
struct DecodeDevice {
    int multiprocessors = 1, sharedBytes = 0; // of a block, dynamic
};
DecodeDevice decodeDevice();

// How a linear is run on this device.
struct SinglePlan {
    int tilesPerBlock = 0, tilesPerPass = 0, stages = 0;
    std::size_t sharedBytes = 0;
};

// False where not even two stages fit into shared memory. Input: NormedInput or FragmentRows.
template <class Input>
bool planSingle(SinglePlan& plan, const PackedShape& shape);

// Output: one of decode_parts.cuh.
template <class Input, class Output>
cudaError_t decodeSingle(const SinglePlan& plan, const DeviceLinear& linear, const Input& input, const Output& output,
                         const Upcoming& upcoming, cudaStream_t stream);

} // namespace tramontane::gpu
