// The last norm and the head: rows of the residual stream in, rows of logits out.
#pragma once

#include <cstddef>

#include <cuda_fp16.h>
#include <cuda_runtime_api.h>

#include "core/base/dtype.h"

namespace tramontane::gpu {

// The head lies in tiles of 16 rows, so that a warp reads one stream: (tiles, hidden/32, 2, 32, 8) f16. Of each 32 inputs
// lane 4g + t has inputs 8t..8t+7 of the tile's row g and, 512 bytes further, of row g + 8. What lies behind the last row is not used.
constexpr std::size_t packedHeadBytes(std::size_t vocab, std::size_t hidden) {
    return (vocab + 15) / 16 * 16 * hidden * sizeof(__half);
}
// Rows firstRow.. of the head, row-major at `from` (aligned to 16 bytes; f16, bf16 or f32), to their places in `head`.
cudaError_t packHead(const void* from, DType dtype, int firstRow, int rows, int hidden, __half* head,
                     cudaStream_t stream);

struct HeadArguments {
    const float* residual = nullptr; // (any, hidden)
    const int* sources = nullptr;    // (M): which row of residual is wanted; null: row m
    int rows = 0;                    // M >= 1
    const float* norm = nullptr;     // (hidden)
    float eps = 0;
    const __half* head = nullptr; // as packHead lays it out
    int hidden = 0, vocab = 0;    // hidden % 32 == 0
    float* logits = nullptr;      // (M, vocab)
};
cudaError_t headLogits(const HeadArguments& arguments, cudaStream_t stream);

} // namespace tramontane::gpu
