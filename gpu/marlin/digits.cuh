// The only row of a decode step in, three planes of signed bytes out: what mma.m16n8k32 multiplies with 4-bit weights, of
// which it takes twice as many as mma.m16n8k16 and which cost half the instructions to cut out.
//
// x = step * (65536 d2 + 256 d1 + d0), step = (largest |x|) / (2^22 - 1): 22 bits and a sign, where f16 has 11. The
// eight columns of a product, of which one row needs one, are d2, d1, d0, d0, and the same again. So lane t = 0 of a quad
// gets the sums of d2 and d1, lane t = 1 those of d0, twice: 256 times the first and the second are one integer
// (a run of 128 inputs stays below 2^26), and
//   result = step * (256 * that of lane 0 + that of lane 1 / 257).
// Inputs that are not finite make `step` NaN and so every result.
//
// A chunk of the row, `stride` bytes: 384 of digits, (2 units of 64 inputs, 3 planes, 4 lanes t, 16): the lane's inputs
// 32s + 16c + 8h + 2t + b of a unit at byte 8s + 4c + 2b + h, as layout.h has the weights; then int2 (scaleGroups, 4): the
// sums of a group's digits as lane t of a product has them, times -8 or, where the linear has zeros, times 1.
#pragma once

#include <cstdint>

#include <cuda_fp16.h>

#include "gpu/marlin/layout.h"

namespace tramontane::gpu {

constexpr int kDigitBytes = 3 * kChunkInputs, kUnitDigitBytes = kDigitBytes / 2, kPlaneBytes = kUnitDigitBytes / 3;
constexpr int kDigitSumBytes = 32; // of a group
constexpr float kMostSteps = 4194303.0f;

// c += a · b over int8 (16x32 by 32x8), with lanes as warp_matrix.cuh has them: a0 (g, 4t..) · a1 (g + 8, 4t..) ·
// a2 (g, 4t + 16..) · a3 (g + 8, 4t + 16..), b0 (4t.., g) · b1 (4t + 16.., g), four bytes each.
__device__ __forceinline__ void multiplyAddBytes(int (&c)[4], std::uint32_t a0, std::uint32_t a1, std::uint32_t a2,
                                                 std::uint32_t a3, std::uint32_t b0, std::uint32_t b1) {
    asm("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
        "{%0, %1, %2, %3};"
        : "+r"(c[0]), "+r"(c[1]), "+r"(c[2]), "+r"(c[3])
        : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
}

// What 1 / step is, for the largest magnitude.
__device__ __forceinline__ float stepsPerOne(float largest) { return largest > 0 ? kMostSteps / largest : 0.0f; }

constexpr std::uint32_t kZeroDigits = 0x808080u;
// The three digits of round(x * stepsPerOne), each plus 128, lowest first.
__device__ __forceinline__ std::uint32_t biasedDigits(float x, float stepsPerOne) {
    // 1.5 * 2^23: what is added to it in f32 stands in the low bits, rounded.
    return __float_as_uint(fmaf(x, stepsPerOne, 12582912.0f)) - 0x4b400000u + kZeroDigits;
}

// The digits of four inputs that stand side by side in a plane (h + 2b = 0..3) to their words of the planes; `to`: of
// the highest plane.
__device__ __forceinline__ void storeDigits(std::uint8_t* to, const uint4& biased) {
    const std::uint32_t lowPair = __byte_perm(biased.x, biased.y, 0x5140),
                        highPair = __byte_perm(biased.z, biased.w, 0x5140);
    const std::uint32_t top =
        __byte_perm(__byte_perm(biased.x, biased.y, 0x0062), __byte_perm(biased.z, biased.w, 0x0062), 0x5410);
    constexpr std::uint32_t kSigned = 0x80808080u;
    *reinterpret_cast<std::uint32_t*>(to) = top ^ kSigned;
    *reinterpret_cast<std::uint32_t*>(to + kPlaneBytes) = __byte_perm(lowPair, highPair, 0x7632) ^ kSigned;
    *reinterpret_cast<std::uint32_t*>(to + 2 * kPlaneBytes) = __byte_perm(lowPair, highPair, 0x5410) ^ kSigned;
}

// Where in a chunk's highest plane the word of a quad stands; quad: (input of the chunk in fragment order) / 4.
__device__ __forceinline__ int quadOffset(int quad) {
    const int subUnit = quad >> 3, t = quad >> 1 & 3, c = quad & 1;
    return (subUnit >> 1) * kUnitDigitBytes + 16 * t + 8 * (subUnit & 1) + 4 * c;
}

// The lane's digits of a chunk: of both units, the plane of its column.
__device__ __forceinline__ void loadDigits(uint4 (&x)[2], const std::uint8_t* chunk, int g, int t) {
    const std::uint8_t* from = chunk + min(g % 4, 2) * kPlaneBytes + 16 * t;
    x[0] = *reinterpret_cast<const uint4*>(from);
    x[1] = *reinterpret_cast<const uint4*>(from + kUnitDigitBytes);
}

// The sums of a chunk's digits, behind them; by one warp.
template <int kGroups>
__device__ __forceinline__ void sumDigits(std::uint8_t* chunk, bool hasZeros, int lane) {
    const std::uint32_t factor = hasZeros ? 0x01010101u : 0xf8f8f8f8u; // 1 or -8
    uint4 x[2];
    loadDigits(x, chunk, lane / 4, lane % 4);
#pragma unroll
    for (int group = 0; group < kGroups; ++group) {
        int sums[4] = {};
#pragma unroll
        for (int j = group * 4 / kGroups; j < (group + 1) * 4 / kGroups; ++j) {
            const uint4& unit = x[j / 2];
            multiplyAddBytes(sums, factor, factor, factor, factor, j % 2 ? unit.z : unit.x, j % 2 ? unit.w : unit.y);
        }
        if (lane < 4)
            reinterpret_cast<int2*>(chunk + kDigitBytes + kDigitSumBytes * group)[lane] = make_int2(sums[0], sums[1]);
    }
}

// One chunk of kTiles tiles, `tileBytes` apart, added to the lane's results of tile rows g and g + 8.
template <int kGroups, int kTiles>
__device__ __forceinline__ void multiplyDigits(float (&total)[kTiles][2], const std::uint8_t* stage, int tileBytes,
                                               bool hasZeros, const std::uint8_t* row, int lane) {
    constexpr std::uint32_t kNibbles = 0x0f0f0f0fu;
    uint4 x[2];
    loadDigits(x, row, lane / 4, lane % 4);
    int2 inputSums[kGroups];
#pragma unroll
    for (int group = 0; group < kGroups; ++group)
        inputSums[group] = reinterpret_cast<const int2*>(row + kDigitBytes + kDigitSumBytes * group)[lane % 4];
#pragma unroll
    for (int i = 0; i < kTiles; ++i) {
        const auto* units = reinterpret_cast<const uint4*>(stage + i * tileBytes);
        const uint4 words[2] = {units[lane], units[32 + lane]};
        const std::uint8_t* scales = stage + i * tileBytes + kChunkWeightBytes;
#pragma unroll
        for (int group = 0; group < kGroups; ++group) {
            const int2 first = hasZeros ? make_int2(0, 0) : inputSums[group];
            int sums[4] = {first.x, first.y, first.x, first.y};
#pragma unroll
            for (int j = group * 4 / kGroups; j < (group + 1) * 4 / kGroups; ++j) {
                const std::uint32_t upper = j % 2 ? words[j / 2].z : words[j / 2].x,
                                    lower = j % 2 ? words[j / 2].w : words[j / 2].y;
                multiplyAddBytes(sums, upper & kNibbles, lower & kNibbles, upper >> 4 & kNibbles, lower >> 4 & kNibbles,
                                 j % 2 ? x[j / 2].z : x[j / 2].x, j % 2 ? x[j / 2].w : x[j / 2].y);
            }
            int both[2] = {sums[0] * 256 + sums[1], sums[2] * 256 + sums[3]};
            const auto numbers = [&](const std::uint8_t* of) {
                return __half22float2(reinterpret_cast<const __half2*>(of + 32 * group)[lane / 4]);
            };
            if (hasZeros) {
                const float2 zero = numbers(scales + 32 * kGroups);
                const int inputs = inputSums[group].x * 256 + inputSums[group].y;
                both[0] -= static_cast<int>(zero.x) * inputs;
                both[1] -= static_cast<int>(zero.y) * inputs;
            }
            const float2 scale = numbers(scales);
            total[i][0] = fmaf(scale.x, static_cast<float>(both[0]), total[i][0]);
            total[i][1] = fmaf(scale.y, static_cast<float>(both[1]), total[i][1]);
        }
    }
}

// The two lanes' parts of a result together, in the lane t = 0 of each quad.
__device__ __forceinline__ float joinDigits(float total, float step, int t) {
    const float part = total * (t == 0 ? 256.0f * step : step * (1.0f / 257.0f));
    return part + __shfl_down_sync(~0u, part, 1);
}

} // namespace tramontane::gpu
