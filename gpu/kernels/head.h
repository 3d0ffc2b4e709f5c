// The last norm and the head: rows of the residual stream in, rows of logits out.
#pragma once

#include <cuda_fp16.h>
#include <cuda_runtime_api.h>

namespace tramontane::gpu {

struct HeadArguments {
    const float* residual = nullptr; // (any, hidden)
    const int* sources = nullptr;    // (M): which row of residual is wanted; null: row m
    int rows = 0;                    // M >= 1
    const float* norm = nullptr;     // (hidden)
    float eps = 0;
    const __half* head = nullptr; // (vocab, hidden) row-major
    int hidden = 0, vocab = 0;    // hidden % 32 == 0
    float* logits = nullptr;      // (M, vocab)
};
cudaError_t headLogits(const HeadArguments& arguments, cudaStream_t stream);

} // namespace tramontane::gpu
