// Packed words in, A fragments of 16x16 f16 weights out: (q - zero) exactly, then times the scale, rounded once.
//
// A 4-bit value in the low bits of a half of exponent 2^10 is the number 1024 + q, and four bits higher 1024 + 16q.
#pragma once

#include <cstdint>

#include <cuda_fp16.h>

namespace tramontane::gpu {

// Scales and zeros of tile rows g (0) and g+8 (1) for one run of 32 inputs, each twice in a register.
template <bool kOneScale>
struct GroupNumbers {
    __half2 scale[2];
    __half2 minusZero[2], minusZeroHigh[2]; // -(1024 + zero) and -(64 + zero)
};
template <>
struct GroupNumbers<true> { // every zero is 8
    __half2 scale[2];
};

// `scales` and `zeros` are the pairs of rows g and g+8 (layout.h); `zeros` null: 8.
template <bool kOneScale>
__device__ __forceinline__ GroupNumbers<kOneScale> loadGroupNumbers(const void* scales, const void* zeros) {
    GroupNumbers<kOneScale> numbers;
    const __half2 pair = *static_cast<const __half2*>(scales);
    numbers.scale[0] = __low2half2(pair);
    numbers.scale[1] = __high2half2(pair);
    if constexpr (!kOneScale) {
        const __half2 zero = zeros ? *static_cast<const __half2*>(zeros) : __half2half2(__ushort_as_half(0x4800));
        const __half2 low = __hsub2(__half2half2(__ushort_as_half(0xe400)), zero);  // -1024 - zero
        const __half2 high = __hsub2(__half2half2(__ushort_as_half(0xd400)), zero); // -64 - zero
        numbers.minusZero[0] = __low2half2(low);
        numbers.minusZero[1] = __high2half2(low);
        numbers.minusZeroHigh[0] = __low2half2(high);
        numbers.minusZeroHigh[1] = __high2half2(high);
    }
    return numbers;
}

// (word & mask) | 0x64006400
template <std::uint32_t mask>
__device__ __forceinline__ __half2 nibblesWithExponent(std::uint32_t word) {
    std::uint32_t bits;
    asm("lop3.b32 %0, %1, %2, %3, 0xea;" : "=r"(bits) : "r"(word), "n"(mask), "n"(0x64006400));
    return reinterpret_cast<const __half2&>(bits);
}
__device__ __forceinline__ std::uint32_t asBits(__half2 pair) { return reinterpret_cast<const std::uint32_t&>(pair); }

// One word (of row g + 8 * row) of 32 inputs: register 2h + row of the fragments a[0] (inputs 0..15) and a[1] (16..31).
template <bool kOneScale>
__device__ __forceinline__ void dequantizeWord(std::uint32_t word, int row, const GroupNumbers<kOneScale>& numbers,
                                               std::uint32_t* a0, std::uint32_t* a1) {
    __half2 minusZero, minusZeroHigh;
    if constexpr (kOneScale) {
        minusZero = __half2half2(__ushort_as_half(0xe408));     // -1032
        minusZeroHigh = __half2half2(__ushort_as_half(0xd480)); // -72
    } else {
        minusZero = numbers.minusZero[row];
        minusZeroHigh = numbers.minusZeroHigh[row];
    }
    const __half2 sixteenth = __half2half2(__ushort_as_half(0x2c00));
#pragma unroll
    for (int h = 0; h < 2; ++h) {
        const std::uint32_t shifted = word >> (8 * h);
        const __half2 low = __hadd2(nibblesWithExponent<0x000f000f>(shifted), minusZero);
        const __half2 high = __hfma2(nibblesWithExponent<0x00f000f0>(shifted), sixteenth, minusZeroHigh);
        a0[2 * h + row] = asBits(__hmul2(low, numbers.scale[row]));
        a1[2 * h + row] = asBits(__hmul2(high, numbers.scale[row]));
    }
}

} // namespace tramontane::gpu
