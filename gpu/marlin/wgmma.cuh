// Products of 64 x 16 weights in the registers of a warpgroup and 16 x N activations in shared memory (compute
// capability 9.0a), running beside the warps that start them.
//
// Warp w of the group holds rows 16w..16w+15 of a, as warp_matrix.cuh tells of mma.m16n8k16, and gets the same rows of
// the sums, as that tells of c, for each eight columns in turn.
#pragma once

#include <cstdint>

namespace tramontane::gpu {

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)

// Orders: registers written before it, and products started before it, precede the products started after it.
__device__ __forceinline__ void fenceProducts() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
__device__ __forceinline__ void closeProducts() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
// Waits until all but the newest `pending` groups of products are complete.
template <int pending>
__device__ __forceinline__ void awaitProducts() {
    asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(pending) : "memory");
}
// Keeps the compiler from reading a sum before the wait that stands above.
__device__ __forceinline__ void pinSum(float& sum) { asm volatile("" : "+f"(sum)::"memory"); }

// All four warps of a warpgroup change how many registers a thread of theirs has; what is taken waits to be released.
template <int registers>
__device__ __forceinline__ void releaseRegisters() {
    asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(registers));
}
template <int registers>
__device__ __forceinline__ void takeRegisters() {
    asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(registers));
}

// Operand b, rows of N tokens of 64 f16 each: 128 bytes a row, its eight 16-byte pieces in the order piece ^ (row & 7),
// the first row aligned to 1024 bytes. Bits 0..13: address / 16; 16..29: unused with this swizzle, 1; 32..45: bytes
// from eight rows to the next eight / 16; 62..63: 1, the 128-byte swizzle.
// The next 16 of the 64 inputs lie at `offset` 32, 64 and 96.
__device__ __forceinline__ std::uint64_t operandAt(std::uint32_t address, std::uint32_t offset) {
    constexpr std::uint64_t kHigh = std::uint64_t{1} << 62 | std::uint64_t{1024 / 16} << 32;
    return kHigh | (1u << 16 | address >> 4) + offset / 16; // addresses of shared memory stay below 2^18
}

// sums (64 x N, N / 2 registers) += a (64 x 16) * b (16 x N)
template <int N>
struct WarpgroupProduct;

template <>
struct WarpgroupProduct<16> {
    static __device__ __forceinline__ void add(float* d, const std::uint32_t (&a)[4], std::uint64_t b) {
        asm volatile("{\n"
                     ".reg .pred accumulate;\n"
                     "setp.eq.b32 accumulate, 0, 0;\n"
                     "wgmma.mma_async.sync.aligned.m64n16k16.f32.f16.f16 {"
                     "%0, %1, %2, %3, %4, %5, %6, %7"
                     "}, {%8, %9, %10, %11}, %12, accumulate, 1, 1, 0;\n"
                     "}"
                     : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]), "+f"(d[7])
                     : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b)
                     : "memory");
    }
};
template <>
struct WarpgroupProduct<32> {
    static __device__ __forceinline__ void add(float* d, const std::uint32_t (&a)[4], std::uint64_t b) {
        asm volatile("{\n"
                     ".reg .pred accumulate;\n"
                     "setp.eq.b32 accumulate, 0, 0;\n"
                     "wgmma.mma_async.sync.aligned.m64n32k16.f32.f16.f16 {"
                     "%0, %1, %2, %3, %4, %5, %6, %7, "
                     "%8, %9, %10, %11, %12, %13, %14, %15"
                     "}, {%16, %17, %18, %19}, %20, accumulate, 1, 1, 0;\n"
                     "}"
                     : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]), "+f"(d[7]),
                       "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]), "+f"(d[14]),
                       "+f"(d[15])
                     : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b)
                     : "memory");
    }
};
template <>
struct WarpgroupProduct<64> {
    static __device__ __forceinline__ void add(float* d, const std::uint32_t (&a)[4], std::uint64_t b) {
        asm volatile("{\n"
                     ".reg .pred accumulate;\n"
                     "setp.eq.b32 accumulate, 0, 0;\n"
                     "wgmma.mma_async.sync.aligned.m64n64k16.f32.f16.f16 {"
                     "%0, %1, %2, %3, %4, %5, %6, %7, "
                     "%8, %9, %10, %11, %12, %13, %14, %15, "
                     "%16, %17, %18, %19, %20, %21, %22, %23, "
                     "%24, %25, %26, %27, %28, %29, %30, %31"
                     "}, {%32, %33, %34, %35}, %36, accumulate, 1, 1, 0;\n"
                     "}"
                     : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]), "+f"(d[7]),
                       "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]), "+f"(d[14]),
                       "+f"(d[15]), "+f"(d[16]), "+f"(d[17]), "+f"(d[18]), "+f"(d[19]), "+f"(d[20]), "+f"(d[21]),
                       "+f"(d[22]), "+f"(d[23]), "+f"(d[24]), "+f"(d[25]), "+f"(d[26]), "+f"(d[27]), "+f"(d[28]),
                       "+f"(d[29]), "+f"(d[30]), "+f"(d[31])
                     : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b)
                     : "memory");
    }
};
template <>
struct WarpgroupProduct<128> {
    static __device__ __forceinline__ void add(float* d, const std::uint32_t (&a)[4], std::uint64_t b) {
        asm volatile("{\n"
                     ".reg .pred accumulate;\n"
                     "setp.eq.b32 accumulate, 0, 0;\n"
                     "wgmma.mma_async.sync.aligned.m64n128k16.f32.f16.f16 {"
                     "%0, %1, %2, %3, %4, %5, %6, %7, "
                     "%8, %9, %10, %11, %12, %13, %14, %15, "
                     "%16, %17, %18, %19, %20, %21, %22, %23, "
                     "%24, %25, %26, %27, %28, %29, %30, %31, "
                     "%32, %33, %34, %35, %36, %37, %38, %39, "
                     "%40, %41, %42, %43, %44, %45, %46, %47, "
                     "%48, %49, %50, %51, %52, %53, %54, %55, "
                     "%56, %57, %58, %59, %60, %61, %62, %63"
                     "}, {%64, %65, %66, %67}, %68, accumulate, 1, 1, 0;\n"
                     "}"
                     : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]), "+f"(d[7]),
                       "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]), "+f"(d[14]),
                       "+f"(d[15]), "+f"(d[16]), "+f"(d[17]), "+f"(d[18]), "+f"(d[19]), "+f"(d[20]), "+f"(d[21]),
                       "+f"(d[22]), "+f"(d[23]), "+f"(d[24]), "+f"(d[25]), "+f"(d[26]), "+f"(d[27]), "+f"(d[28]),
                       "+f"(d[29]), "+f"(d[30]), "+f"(d[31]), "+f"(d[32]), "+f"(d[33]), "+f"(d[34]), "+f"(d[35]),
                       "+f"(d[36]), "+f"(d[37]), "+f"(d[38]), "+f"(d[39]), "+f"(d[40]), "+f"(d[41]), "+f"(d[42]),
                       "+f"(d[43]), "+f"(d[44]), "+f"(d[45]), "+f"(d[46]), "+f"(d[47]), "+f"(d[48]), "+f"(d[49]),
                       "+f"(d[50]), "+f"(d[51]), "+f"(d[52]), "+f"(d[53]), "+f"(d[54]), "+f"(d[55]), "+f"(d[56]),
                       "+f"(d[57]), "+f"(d[58]), "+f"(d[59]), "+f"(d[60]), "+f"(d[61]), "+f"(d[62]), "+f"(d[63])
                     : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b)
                     : "memory");
    }
};

#endif

} // namespace tramontane::gpu
