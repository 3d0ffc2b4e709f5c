// What a warp does with matrices from compute capability 8.0 on: 16x8 products on the tensor cores, 8x8 loads plain
// and transposed, and copies into shared memory that run beside the arithmetic.
//
// Who holds what, with g = lane / 4 and t = lane % 4; every register but the f32 ones is a pair of f16, the lower first:
//   a (16 x 16)  a0 (g, 2t..) · a1 (g + 8, 2t..) · a2 (g, 2t + 8..) · a3 (g + 8, 2t + 8..)
//   b (16 x 8)   b0 (2t.., g) · b1 (2t + 8.., g)
//   c (16 x 8)   c0 c1 (g, 2t..) · c2 c3 (g + 8, 2t..), f32
#pragma once

#include <cstdint>

#include <cuda_bf16.h>
#include <cuda_fp16.h>

namespace tramontane::gpu {

// c += a · b
__device__ __forceinline__ void multiplyAdd(float (&c)[4], std::uint32_t a0, std::uint32_t a1, std::uint32_t a2,
                                            std::uint32_t a3, std::uint32_t b0, std::uint32_t b1) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
        "{%0, %1, %2, %3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
}

// The same with a and b of bf16.
__device__ __forceinline__ void multiplyAddBf16(float (&c)[4], const std::uint32_t (&a)[4], std::uint32_t b0,
                                                std::uint32_t b1) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
        "{%0, %1, %2, %3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// Four 8x8 matrices of f16: lane 8i + r gives the address of row r of matrix i; lane (g, t) gets row g, columns 2t and
// 2t + 1 of each or, transposed, column g, rows 2t and 2t + 1.
__device__ __forceinline__ void loadMatrices(std::uint32_t (&m)[4], std::uint32_t sharedAddress) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(m[0]), "=r"(m[1]), "=r"(m[2]), "=r"(m[3])
                 : "r"(sharedAddress)
                 : "memory");
}
__device__ __forceinline__ void loadTransposed(std::uint32_t (&m)[4], std::uint32_t sharedAddress) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(m[0]), "=r"(m[1]), "=r"(m[2]), "=r"(m[3])
                 : "r"(sharedAddress)
                 : "memory");
}

__device__ __forceinline__ std::uint32_t packHalves(float low, float high) {
    const __half2 pair = __floats2half2_rn(low, high);
    return reinterpret_cast<const std::uint32_t&>(pair);
}

__device__ __forceinline__ std::uint32_t packBf16(float low, float high) {
    const __nv_bfloat162 pair = __floats2bfloat162_rn(low, high);
    return reinterpret_cast<const std::uint32_t&>(pair);
}

// 2^x, relative error 2^-22; 2^-infinity is 0.
__device__ __forceinline__ float powerOfTwo(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

__device__ __forceinline__ std::uint32_t sharedAddress(const void* pointer) {
    return static_cast<std::uint32_t>(__cvta_generic_to_shared(pointer));
}

__device__ __forceinline__ void storeShared(std::uint32_t to, const uint4& v) {
    asm volatile("st.shared.v4.u32 [%0], {%1, %2, %3, %4};" ::"r"(to), "r"(v.x), "r"(v.y), "r"(v.z), "r"(v.w)
                 : "memory");
}

// Starts a copy of Bytes (4, 8 or 16) into shared memory; `wanted` false writes zeros and reads nothing.
template <int Bytes>
__device__ __forceinline__ void copyAsync(std::uint32_t to, const void* from, bool wanted = true) {
    const int read = wanted ? Bytes : 0;
    if constexpr (Bytes == 16)
        asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(read) : "memory");
    else
        asm volatile("cp.async.ca.shared.global [%0], [%1], %2, %3;" ::"r"(to), "l"(from), "n"(Bytes), "r"(read)
                     : "memory");
}
// Ends a group of copies; awaitCopies<N> waits until all but this thread's N latest groups are there.
__device__ __forceinline__ void closeCopies() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int Pending>
__device__ __forceinline__ void awaitCopies() {
    asm volatile("cp.async.wait_group %0;" ::"n"(Pending) : "memory");
}

} // namespace tramontane::gpu
