// An instruction set in, its table of kernels out.
#include "core/cpu/kernels.h"

namespace tramontane {

const Kernels& kernelsFor(InstructionSet set) {
#if defined(__x86_64__)
    if (set == InstructionSet::avx2) return avx2Kernels();
    if (set == InstructionSet::avx512) return avx512Kernels();
    if (set == InstructionSet::amx) return amxKernels();
#endif
    static_cast<void>(set);
    return scalarKernels();
}

} // namespace tramontane
