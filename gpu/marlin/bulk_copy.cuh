// Copies that the memory system makes on its own (compute capability 9.0) and the barriers that tell their arrival.
//
// A barrier counts arrivals and bytes; when both are complete its phase ends, and the parity of its phase flips.
#pragma once

#include <cstdint>

#include <cuda.h>

namespace tramontane::gpu {

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)

__device__ __forceinline__ void initBarrier(std::uint32_t barrier, int arrivals) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(arrivals) : "memory");
}
// Orders: barriers initialized by this thread are so for copies too; other threads see it after a __syncthreads.
__device__ __forceinline__ void publishBarriers() { asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory"); }
__device__ __forceinline__ void arrive(std::uint32_t barrier) {
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(barrier) : "memory");
}
__device__ __forceinline__ void arriveExpecting(std::uint32_t barrier, int bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes) : "memory");
}
// Returns once the phase of that parity has ended.
__device__ __forceinline__ void awaitPhase(std::uint32_t barrier, std::uint32_t parity) {
    std::uint32_t ended = 0;
    while (!ended)
        asm volatile("{\n"
                     ".reg .pred ended;\n"
                     "mbarrier.try_wait.parity.shared::cta.b64 ended, [%1], %2;\n"
                     "selp.u32 %0, 1, 0, ended;\n"
                     "}"
                     : "=r"(ended)
                     : "r"(barrier), "r"(parity)
                     : "memory");
}

// `bytes` and both ends are multiples of 16.
__device__ __forceinline__ void copyBulk(std::uint32_t to, const void* from, int bytes, std::uint32_t barrier) {
    asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(to),
                 "l"(from), "r"(bytes), "r"(barrier)
                 : "memory");
}
// The map's box whose corner is element `column` of row `row`; what lies outside of the matrix arrives as zeros.
__device__ __forceinline__ void copyBox(std::uint32_t to, const CUtensorMap& map, int column, int row,
                                        std::uint32_t barrier) {
    asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%2, "
                 "%3}], [%4];" ::"r"(to),
                 "l"(&map), "r"(column), "r"(row), "r"(barrier)
                 : "memory");
}
__device__ __forceinline__ void prefetchMap(const CUtensorMap& map) {
    asm volatile("prefetch.tensormap [%0];" ::"l"(&map) : "memory");
}
// Orders: what ordinary stores wrote to global memory, and this thread may see, before copies that this thread starts.
__device__ __forceinline__ void orderStoresBeforeCopies() { asm volatile("fence.proxy.async.global;" ::: "memory"); }

#endif

} // namespace tramontane::gpu
