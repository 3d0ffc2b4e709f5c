// A packed linear for the few rows of a decode step, fused with what stands before and after it.
#pragma once

#include <cuda_fp16.h>
#include <cuda_runtime_api.h>

#include "gpu/kernels/kv_layout.h"
#include "gpu/marlin/device_linear.h"
#include "gpu/marlin/upcoming.h"

namespace tramontane::gpu {

constexpr int kMostDecodeRows = 16;

// Where an input stands in a row in fragment order: permuted within each 32, so that a lane's eight values of
// a matrix product lie together. Input 16c + 8h + 2t + b stands at 8t + 4c + 2h + b.
__host__ __device__ constexpr int fragmentSlot(int input) {
    return (input & ~31) + 8 * (input >> 1 & 3) + 4 * (input >> 4 & 1) + 2 * (input >> 3 & 1) + (input & 1);
}

// The one row before the linear: RMSNorm of the residual stream, put into the linear's input order.
struct NormedInput {
    const float* residual = nullptr; // (hidden)
    const float* weight = nullptr;   // (hidden)
    const int* slots = nullptr;      // (hidden): fragmentSlot(inputOrder[k])
    int hidden = 0;
    float eps = 0;
};

// Rotary embedding (rotate-half), keys and values to the cache, queries out.
struct RotaryOutput {
    __half* queries = nullptr; // (M, heads * D)
    int heads = 0;
    KvView kv;
    int layer = 0;
    BatchRows rows;
    const float* inverseFrequencies = nullptr; // (D/2): theta^(-2i/D)
};

// The rows before the linear as they are: f16 (M, stride) in fragment order, padding zero.
struct FragmentRows {
    const __half* x = nullptr;
    int stride = 0; // a multiple of 8
};

// Whether the kernels below take `rows` rows of the linear on this device: shared memory has limits, and
// several rows at once are for groups of 128 alone.
bool decodeFits(const PackedShape& shape, int rows);

constexpr std::size_t kUpcomingBytes = 5'000'000; // what the memory gives between two kernels
// The beginnings of what the kernels below stream of `linear` for `rows` rows, about `bytes` in all.
Upcoming upcomingOf(const DeviceLinear& linear, int rows, std::size_t bytes);

// Grid: about one block a multiprocessor. `upcoming`: what the stream's next linear reads. One row
// with a norm before it, or M = 1..kMostDecodeRows rows.
// queries, cache = rotary(linear(row)); the linear is in rotary order with columns q, k, v.
cudaError_t decodeQueryKeyValue(const DeviceLinear& linear, const NormedInput& input, const RotaryOutput& output,
                                const Upcoming& upcoming, cudaStream_t stream);
cudaError_t decodeQueryKeyValue(const DeviceLinear& linear, int rows, const FragmentRows& input,
                                const RotaryOutput& output, const Upcoming& upcoming, cudaStream_t stream);
// out[m][fragmentSlot(c)] = silu(gate) * up; the linear is in gateUp order. out (M, outStride).
cudaError_t decodeGateUp(const DeviceLinear& linear, const NormedInput& input, __half* out, int outStride,
                         const Upcoming& upcoming, cudaStream_t stream);
cudaError_t decodeGateUp(const DeviceLinear& linear, int rows, const FragmentRows& input, __half* out, int outStride,
                         const Upcoming& upcoming, cudaStream_t stream);
// residual[m][n] += linear(row m)[n] for n < columns; plain order. residual (M, columns).
cudaError_t decodeAddTo(const DeviceLinear& linear, int rows, const FragmentRows& input, float* residual, int columns,
                        const Upcoming& upcoming, cudaStream_t stream);

} // namespace tramontane::gpu
