// Linears of arm64 processors with 8-bit dot products (ARMv8.2 and up); everything else as NEON has it.
// Contracts: kernels.h. Test: tests/core/cpu/kernels_test.cpp.
#include "core/cpu/kernels.h"

#if defined(__aarch64__)
// From here on alone: what the headers above define inline is shared with code for every arm64.
#pragma GCC target("arch=armv8.2-a+dotprod")
#include "core/cpu/neon_linear.h"

namespace tramontane {
namespace {

void linear(const PackedLinear& w, const QuantizedRows& x, int rows, int firstBlock, int lastBlock, float* out,
            std::ptrdiff_t outStride, WriteMode mode) {
    linearByRows(w, x, rows, firstBlock, lastBlock, out, outStride, mode,
                 [](int32x4_t sum, int8x16_t a, int8x16_t b) { return vdotq_s32(sum, a, b); });
}

} // namespace

const Kernels& dotProductKernels() {
    static const Kernels table = [] {
        Kernels kernels = neonKernels();
        kernels.set = InstructionSet::dotProduct;
        kernels.linear = linear;
        return kernels;
    }();
    return table;
}

} // namespace tramontane
#endif
