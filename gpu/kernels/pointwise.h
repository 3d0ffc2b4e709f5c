// The small operations of a step with many rows: what the decode linears fuse, each by itself.
#pragma once

#include <cuda_runtime_api.h>

#include "gpu/kernels/kv_layout.h"

namespace tramontane::gpu {

// residual[m] = embedding[tokens[m]]; residual f32 (M, hidden), embedding f16 (vocab, hidden). hidden % 4 ==
// 0.
cudaError_t embed(const int* tokens, int rows, const __half* embedding, int hidden, float* residual,
                  cudaStream_t stream);

// out[m][order[k]] = RMSNorm(residual[m])[k] * weight[k]; order null: as it lies. What order leaves out of a row
// becomes zero. `sources`, where given, names the row of `residual` that goes to row m. hidden % 4 == 0,
// outStride % 8 == 0, out aligned to 16 bytes.
struct NormArguments {
    const float* residual = nullptr; // (rows, hidden)
    const float* weight = nullptr;   // (hidden)
    const int* order = nullptr;      // (hidden)
    const int* sources = nullptr;    // (M)
    int rows = 0, hidden = 0;
    float eps = 0;
    __half* out = nullptr; // (M, outStride)
    int outStride = 0;
};
cudaError_t normalize(const NormArguments& arguments, cudaStream_t stream);

// Rows of q, k and v as a linear stores them: queries turned into `queries` (M, heads*D), keys turned and
// values into the cache.
struct RotateArguments {
    const __half* queryKeyValue = nullptr; // (M, (heads + 2*kvHeads) * D)
    int heads = 0;
    KvView kv;
    int layer = 0;
    BatchRows rows;
    const float* inverseFrequencies = nullptr; // (D/2)
    __half* queries = nullptr;
};
cudaError_t rotateAndCache(const RotateArguments& arguments, cudaStream_t stream);

// gate[m][c] = silu(gate[m][c]) * up[m][c], both (M, stride) f16.
cudaError_t siluTimes(__half* gate, const __half* up, int rows, int columns, int stride, cudaStream_t stream);

// slots[k] = fragmentSlot(order[k]), or fragmentSlot(k) where order is null.
cudaError_t toFragmentSlots(const int* order, int count, int* slots, cudaStream_t stream);

} // namespace tramontane::gpu
