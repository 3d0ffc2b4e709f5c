// Packed words in, operands of mma.m16n8k16 out, without a conversion.
//
// A 4-bit value q in the low bits of a half is the subnormal q * 2^-24, and four bits higher q * 2^-20:
// tensor cores multiply both exactly. So a fragment costs one AND a register, and each of the two bit
// positions has an f32 sum of its own. q - zero and the scale come in when a group's sums are complete:
//   result += scale * (2^24 * low + 2^20 * high - zero * sum of x)
#pragma once

#include <cstdint>

#include <cuda_fp16.h>

#include "gpu/kernels/warp_matrix.cuh"

namespace tramontane::gpu {

constexpr std::uint32_t kOnes = 0x3c003c00u; // two halves of 1

// Sums of one tile over the inputs of a group.
struct GroupSums {
    float low[4] = {}, high[4] = {};
};

// 32 inputs: the words of tile rows g and g+8, and the lane's eight activations in fragment order.
__device__ __forceinline__ void multiplyAddPacked(GroupSums& sums, std::uint32_t row, std::uint32_t rowBelow,
                                                  const uint4& x) {
    constexpr std::uint32_t kLow = 0x000f000fu, kHigh = 0x00f000f0u;
    const std::uint32_t rowShifted = row >> 8, belowShifted = rowBelow >> 8;
    multiplyAdd(sums.low, row & kLow, rowBelow & kLow, rowShifted & kLow, belowShifted & kLow, x.x, x.y);
    multiplyAdd(sums.high, row & kHigh, rowBelow & kHigh, rowShifted & kHigh, belowShifted & kHigh, x.z, x.w);
}

// inputSums[i] is the sum of x for the token of total[i].
__device__ __forceinline__ void addGroup(float (&total)[4], const GroupSums& sums, const float (&inputSums)[4],
                                         float2 scales, float2 zeros) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        const float scale = i < 2 ? scales.x : scales.y, zero = i < 2 ? zeros.x : zeros.y;
        const float centred = fmaf(16777216.0f, sums.low[i], fmaf(1048576.0f, sums.high[i], -zero * inputSums[i]));
        total[i] = fmaf(scale, centred, total[i]);
    }
}

} // namespace tramontane::gpu
