// Many rows of activations times a packed linear, for prefill and batches; for a few rows see decode_linear.h.
#pragma once

#include <cuda_fp16.h>
#include <cuda_runtime_api.h>

#include "gpu/marlin/device_linear.h"

namespace tramontane::gpu {

enum class GemmOutput {
    store,     // half out[m][column(n)] = result, in the natural order of the columns (ColumnOrder undone)
    addTo,     // float residual[m][n] += result; needs ColumnOrder::plain
    siluTimes, // half out[m][8j + r] = silu(gate) * up of tile j's rows r and r + 8; needs ColumnOrder::gateUp
};

struct GemmArguments {
    const __half* x = nullptr; // (M, xStride), in the linear's input order; xStride >= packedInputs, a multiple of 8
    int rows = 0;              // M >= 1
    int xStride = 0;
    DeviceLinear linear;
    int columns = 0; // outputs to write: rows of the last tiles beyond it are padding
    GemmOutput output = GemmOutput::store;
    __half* out = nullptr;
    float* residual = nullptr;
    int outStride = 0;         // of out or residual, in elements
    void* workspace = nullptr; // gemmWorkspaceBytes, zeroed once before the first use, left zeroed where it must be
};

// For any GEMM of up to `rows` rows and `columns` packed outputs.
std::size_t gemmWorkspaceBytes(int rows, int columns, int multiprocessors);
cudaError_t gemm(const GemmArguments& arguments, cudaStream_t stream);

} // namespace tramontane::gpu
