// Packed words in, A fragments of 16x16 bf16 numbers q - zero out: exact, as |q - zero| <= 16 needs five bits of eight.
// The scale is left to whoever has the sums: times it, a weight would be rounded to 2^-9.
//
// A 4-bit value in the low bits of a bf16 number of exponent 2^7 is the number 128 + q.
#pragma once

#include <cstdint>

#include <cuda_bf16.h>
#include <cuda_fp16.h>

namespace tramontane::gpu {

// -(128 + zero) of tile rows g (0) and g+8 (1) for one run of 32 inputs, each twice in a register.
struct MinusZeros {
    __nv_bfloat162 of[2];
};

// `zeros` is the pair of rows g and g+8 (layout.h); null or kOneScale: 8.
template <bool kOneScale>
__device__ __forceinline__ MinusZeros loadMinusZeros(const void* zeros) {
    const __nv_bfloat162 eight = __bfloat162bfloat162(__ushort_as_bfloat16(0xc308)); // -136
    if constexpr (kOneScale) return {eight, eight};
    if (zeros == nullptr) return {eight, eight};
    const float2 pair = __half22float2(*static_cast<const __half2*>(zeros));
    return {__float2bfloat162_rn(-128.0f - pair.x), __float2bfloat162_rn(-128.0f - pair.y)};
}

// One word (of row g + 8 * row) of 32 inputs: register 2h + row of the fragments a0 (inputs 0..15) and a1 (16..31).
__device__ __forceinline__ void centreWord(std::uint32_t word, int row, const MinusZeros& minusZeros,
                                           std::uint32_t (&a0)[4], std::uint32_t (&a1)[4]) {
    const auto centred = [&](std::uint32_t shifted) {
        std::uint32_t bits; // (shifted & mask) | exponents
        asm("lop3.b32 %0, %1, %2, %3, 0xea;" : "=r"(bits) : "r"(shifted), "n"(0x000f000f), "n"(0x43004300));
        const __nv_bfloat162 number = __hadd2(reinterpret_cast<const __nv_bfloat162&>(bits), minusZeros.of[row]);
        return reinterpret_cast<const std::uint32_t&>(number);
    };
#pragma unroll
    for (int h = 0; h < 2; ++h) {
        a0[2 * h + row] = centred(word >> (8 * h));
        a1[2 * h + row] = centred(word >> (8 * h + 4));
    }
}

} // namespace tramontane::gpu
