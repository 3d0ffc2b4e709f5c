// Numbers of the cache from f32, and into the pairs of f16 that the tensor cores multiply: for each KvElement.
#pragma once

#include <cstdint>

#include <cuda_fp16.h>
#include <cuda_fp8.h>

#include "core/engine/kv_element.h"

namespace tramontane::gpu {

// The lower two, or the upper two, of four e4m3 as f16: exact. Before compute capability 8.9, which has an instruction
// for it, NaN becomes 480.
template <bool kUpper>
__device__ __forceinline__ std::uint32_t pairOfHalves(std::uint32_t four) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 890
    std::uint32_t pair;
    asm("cvt.rn.f16x2.e4m3x2 %0, %1;" : "=r"(pair) : "h"(static_cast<std::uint16_t>(kUpper ? four >> 16 : four)));
    return pair;
#else
    // Each byte to the upper half of 16 bits; all but the sign one place lower, it is an f16 that is 2^8 too small.
    const std::uint32_t bytes = __byte_perm(four, 0, kUpper ? 0x3424 : 0x1404);
    const std::uint32_t small = (bytes & 0x80008000) | (bytes >> 1 & 0x3f803f80);
    const __half2 pair = __hmul2(reinterpret_cast<const __half2&>(small), __float2half2_rn(256));
    return reinterpret_cast<const std::uint32_t&>(pair);
#endif
}

// Number: as it lies in a page; Four, Eight: so many of them side by side, and as f16.
template <KvElement>
struct Cached;

template <>
struct Cached<KvElement::f16> {
    using Number = __half;
    using Four = uint2;
    using Eight = uint4;
    static __device__ __forceinline__ Number from(float value) { return __float2half(value); }
    static __device__ __forceinline__ uint2 halves(Four four) { return four; }
    static __device__ __forceinline__ uint4 halves(Eight eight) { return eight; }
};

template <>
struct Cached<KvElement::fp8> {
    using Number = __nv_fp8_storage_t;
    using Four = std::uint32_t;
    using Eight = uint2;
    // To nearest, ties to even; what is beyond 448 becomes 448, NaN stays NaN.
    static __device__ __forceinline__ Number from(float value) {
        return __nv_cvt_float_to_fp8(value, __NV_SATFINITE, __NV_E4M3);
    }
    static __device__ __forceinline__ uint2 halves(Four four) {
        return {pairOfHalves<false>(four), pairOfHalves<true>(four)};
    }
    static __device__ __forceinline__ uint4 halves(Eight eight) {
        const uint2 first = halves(eight.x), second = halves(eight.y);
        return {first.x, first.y, second.x, second.y};
    }
};

static_assert(sizeof(Cached<KvElement::f16>::Number) == sizeBytes(KvElement::f16));
static_assert(sizeof(Cached<KvElement::fp8>::Number) == sizeBytes(KvElement::fp8));

// What lies at an address of the page table.
template <KvElement E>
__device__ __forceinline__ typename Cached<E>::Number* numbersOf(std::byte* page) {
    return reinterpret_cast<typename Cached<E>::Number*>(page);
}
template <KvElement E>
__device__ __forceinline__ const typename Cached<E>::Number* numbersOf(const std::byte* page) {
    return reinterpret_cast<const typename Cached<E>::Number*>(page);
}

// Dimensions i and j of a head: of f16 queries, or of the cache.
template <KvElement E>
__device__ __forceinline__ void storeTwo(void* head, bool isQuery, int i, int j, float first, float second) {
    const auto store = [&](auto cached) {
        auto* numbers = static_cast<typename decltype(cached)::Number*>(head);
        numbers[i] = cached.from(first);
        numbers[j] = cached.from(second);
    };
    if (E == KvElement::f16 || isQuery)
        store(Cached<KvElement::f16>());
    else
        store(Cached<E>());
}

} // namespace tramontane::gpu
