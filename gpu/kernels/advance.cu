// The kernel behind advance.h: a thread a row. Grid: one block. Test: tests/gpu/sampled_decode_test.cpp
#include "gpu/kernels/advance.h"
#include "gpu/kernels/launch.cuh"

namespace tramontane::gpu {
namespace {

__global__ void __launch_bounds__(kMostAdvancedRows) advanceKernel(AdvanceArguments a) {
    const int m = static_cast<int>(threadIdx.x);
    launchDependents();
    waitForPredecessor();
    if (m < a.rows) ++a.positions[m];
    if (a.drawn == nullptr) return;
    const std::uint32_t step = *a.steps + 1;
    __syncthreads(); // all have read the count before it grows
    if (m == 0) *a.steps = step;
    if (m >= a.rows) return;
    const int token = a.drawn[m];
    if (token >= 0) a.tokens[m] = token;
    // One store of 8 bytes: the host never sees half of it.
    const std::uint64_t bytes = static_cast<std::uint64_t>(step) << 32 | static_cast<std::uint32_t>(token);
    SampledToken* slot =
        a.hostSlots + static_cast<std::size_t>(step % static_cast<std::uint32_t>(a.hostSlotCount)) * kMostAdvancedRows +
        m;
    *reinterpret_cast<volatile std::uint64_t*>(slot) = bytes;
    __threadfence_system();
}

} // namespace

cudaError_t advanceRows(const AdvanceArguments& arguments, cudaStream_t stream) {
    if (arguments.rows < 1 || arguments.rows > kMostAdvancedRows) return cudaErrorInvalidValue;
    return launchChained(advanceKernel, dim3(1), dim3(kMostAdvancedRows), 0, stream, arguments);
}

} // namespace tramontane::gpu
