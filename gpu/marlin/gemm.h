// Many rows of activations times a packed linear, for prefill and batches; for a few rows see decode_linear.h.
#pragma once

#include <cstddef>

#include <cuda_runtime_api.h>

#include "gpu/marlin/device_linear.h"

namespace tramontane::gpu {

// bf16 holds activations beyond f16's 65504, each with an eighth of its precision; on Hopper, too, the portable kernel
// multiplies them, at the speed of mma.sync.
enum class GemmElement { f16, bf16 };

enum class GemmOutput {
    store,     // out[m][column(n)] = result, in the natural order of the columns (ColumnOrder undone)
    addTo,     // float residual[m][n] += result; needs ColumnOrder::plain
    siluTimes, // out[m][8j + r] = silu(gate) * up of tile j's rows r and r + 8; needs ColumnOrder::gateUp
};

struct GemmArguments {
    GemmElement element = GemmElement::f16; // of x and out
    const void* x = nullptr; // (M, xStride), in the linear's input order; xStride >= packedInputs, a multiple of 8
    int rows = 0;            // M >= 1
    int xStride = 0;
    DeviceLinear linear;
    int columns = 0; // outputs to write: rows of the last tiles beyond it are padding
    GemmOutput output = GemmOutput::store;
    void* out = nullptr;
    float* residual = nullptr;
    int outStride = 0;         // of out or residual, in elements
    void* workspace = nullptr; // gemmWorkspaceBytes, zeroed once before the first use, left zeroed where it must be
};

// For any GEMM of up to `rows` rows and `columns` packed outputs.
std::size_t gemmWorkspaceBytes(int rows, int columns, int multiprocessors);
cudaError_t gemm(const GemmArguments& arguments, cudaStream_t stream);

} // namespace tramontane::gpu
