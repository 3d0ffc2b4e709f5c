// An instruction set in, its table of kernels out.
#include "core/cpu/kernels.h"

namespace tramontane {

const Kernels& kernelsFor(InstructionSet set) {
#if defined(__x86_64__)
    if (set == InstructionSet::avx2) return avx2Kernels();
    if (set == InstructionSet::avxVnni) return avxVnniKernels();
    if (set == InstructionSet::avx512) return avx512Kernels();
    if (set == InstructionSet::amx) return amxKernels();
#endif
#if defined(__aarch64__)
    if (set == InstructionSet::neon) return neonKernels();
    if (set == InstructionSet::dotProduct) return dotProductKernels();
#endif
    static_cast<void>(set);
    return scalarKernels();
}

} // namespace tramontane
