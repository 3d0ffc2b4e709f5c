// What blocks of a cluster do together (compute capability 9.0): meet, and write into each other's shared memory.
#pragma once

#include <cstdint>

namespace tramontane::gpu {

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900

__device__ __forceinline__ int clusterRank() {
    int rank;
    asm("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
    return rank;
}
__device__ __forceinline__ int clusterSize() {
    int size;
    asm("mov.u32 %0, %%cluster_nctarank;" : "=r"(size));
    return size;
}

// Orders: what the cluster's threads wrote before they arrive, to each other's shared memory too, before what any of
// them does behind its wait. By every thread of every block, in turns.
__device__ __forceinline__ void arriveAtCluster() { asm volatile("barrier.cluster.arrive.release;" ::: "memory"); }
__device__ __forceinline__ void awaitCluster() { asm volatile("barrier.cluster.wait.acquire;" ::: "memory"); }

// To where `local`, an address in this block's shared memory, lies in the block of that rank.
__device__ __forceinline__ void storeInCluster(const void* local, int rank, float2 value) {
    std::uint32_t address;
    asm("mapa.shared::cluster.u32 %0, %1, %2;"
        : "=r"(address)
        : "r"(static_cast<std::uint32_t>(__cvta_generic_to_shared(local))), "r"(rank));
    asm volatile("st.shared::cluster.v2.f32 [%0], {%1, %2};" ::"r"(address), "f"(value.x), "f"(value.y) : "memory");
}

#endif

} // namespace tramontane::gpu
