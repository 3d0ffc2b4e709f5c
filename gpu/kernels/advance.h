// The end of a step whose next one needs no host: the row table moves on to the tokens that were drawn.
#pragma once

#include <cstdint>

#include <cuda_runtime_api.h>

#include "gpu/kernels/sampling_state.h"

namespace tramontane::gpu {

constexpr int kMostAdvancedRows = 64;

struct AdvanceArguments {
    int rows = 0;             // M <= kMostAdvancedRows
    int* positions = nullptr; // (M): each one more
    // Of a batch, whose tokens argmaxRows left; null where sampleToken has written the token and told the host.
    const int* drawn = nullptr;     // (M): a token, or -SamplerStatus, which leaves the row's token as it was
    int* tokens = nullptr;          // (M)
    std::uint32_t* steps = nullptr; // counts the steps
    SampledToken* hostSlots =
        nullptr; // (hostSlotCount, kMostAdvancedRows) mapped host memory: step n's go to n % count
    int hostSlotCount = 0;
};
cudaError_t advanceRows(const AdvanceArguments& arguments, cudaStream_t stream);

} // namespace tramontane::gpu
