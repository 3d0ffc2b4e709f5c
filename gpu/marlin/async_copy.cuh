// Copies from global into shared memory that run beside the program: cp.async, and from compute
// capability 9.0 on bulk copies that one thread starts and a barrier in shared memory counts.
#pragma once

#include <cstdint>

#include <cuda_runtime.h>

#include "gpu/marlin/upcoming.h"

// Whether this architecture's kernels stream weights by bulk copies.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
#define TRAMONTANE_BULK_COPIES 1
#else
#define TRAMONTANE_BULK_COPIES 0
#endif

namespace tramontane::gpu {

// 16 bytes, both ends aligned to 16; not kept in the first-level cache.
__device__ __forceinline__ void copyAsync16(void* shared, const void* global) {
    asm volatile(
        "cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(static_cast<unsigned>(__cvta_generic_to_shared(shared))),
        "l"(global)
        : "memory");
}
__device__ __forceinline__ void commitCopies() { asm volatile("cp.async.commit_group;" ::: "memory"); }
// All but the newest `pending` groups of this thread have arrived.
template <int pending>
__device__ __forceinline__ void waitForCopies() {
    asm volatile("cp.async.wait_group %0;" ::"n"(pending) : "memory");
}

// True in one lane of a warp whose lanes are all here.
__device__ __forceinline__ bool electOne() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    unsigned elected = 0;
    asm volatile("{\n"
                 ".reg .pred one;\n"
                 "elect.sync _|one, 0xffffffff;\n"
                 "selp.u32 %0, 1, 0, one;\n"
                 "}\n"
                 : "=r"(elected));
    return elected != 0;
#else
    return threadIdx.x % 32 == 0;
#endif
}

// A barrier in shared memory that completes a phase when the bytes expected have arrived.
struct CopyBarrier {
    std::uint64_t state;

    __device__ void initialize() { asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(address()) : "memory"); }
    // By one thread: opens the phase, to be completed by `bytes` of bulk copies.
    __device__ void expect(unsigned bytes) {
#if __CUDA_ARCH__ >= 900
        asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(address()), "r"(bytes) : "memory");
#endif
    }
    // Waits for the end of the phase of this parity; what was copied is visible then.
    __device__ void wait(unsigned parity) {
#if __CUDA_ARCH__ >= 900
        asm volatile("{\n"
                     ".reg .pred done;\n"
                     "again:\n"
                     "mbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;\n"
                     "@!done bra again;\n"
                     "}\n" ::"r"(address()),
                     "r"(parity)
                     : "memory");
#endif
    }
    // `bytes` (a multiple of 16) into shared memory, counted by this barrier.
    __device__ void copy(void* shared, const void* global, unsigned bytes) {
#if __CUDA_ARCH__ >= 900
        asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(
                         static_cast<unsigned>(__cvta_generic_to_shared(shared))),
                     "l"(global), "r"(bytes), "r"(address())
                     : "memory");
#endif
    }

private:
    __device__ unsigned address() { return static_cast<unsigned>(__cvta_generic_to_shared(&state)); }
};

// Barriers that were initialized become visible to the copy engine.
__device__ __forceinline__ void publishBarriers() {
#if __CUDA_ARCH__ >= 900
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
#endif
}

// Asks for part `part` of `parts` of every run that falls to this block, by one thread a part of a grid of one
// dimension. Nothing on devices before 9.0.
__device__ __forceinline__ void bringUpcoming(const Upcoming& upcoming, int part, int parts) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    const unsigned share = (upcoming.bytes / static_cast<unsigned>(parts) + 127u) & ~127u;
    const unsigned begin = share * static_cast<unsigned>(part);
    if (begin >= upcoming.bytes) return;
    const unsigned bytes = min(share, upcoming.bytes - begin);
    // Volatile, so that a loop around the call does not read it each time.
    int block, blocks;
    asm volatile("mov.u32 %0, %%ctaid.x;" : "=r"(block));
    asm volatile("mov.u32 %0, %%nctaid.x;" : "=r"(blocks));
    for (int run = block; run < upcoming.count; run += blocks)
        asm volatile("cp.async.bulk.prefetch.L2.global [%0], %1;" ::"l"(
                         upcoming.from + static_cast<std::size_t>(run) * upcoming.stride + begin),
                     "r"(bytes)
                     : "memory");
#endif
}

} // namespace tramontane::gpu
