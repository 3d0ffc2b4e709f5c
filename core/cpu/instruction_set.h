// Which vector instructions the processor and the operating system offer.
#pragma once

#include <vector>

namespace tramontane {

enum class InstructionSet {
    scalar,     // plain C++, any processor
    avx2,       // AVX2, FMA, F16C
    avxVnni,    // the same, and 8-bit dot products of 256 bits
    avx512,     // AVX-512 F, BW, DQ, VL and VNNI
    amx,        // the same, and AMX tiles of 8 bits
    neon,       // every arm64
    dotProduct, // the same, and 8-bit dot products
};

const char* instructionSetName(InstructionSet set);  // "AVX-512 VNNI"
std::vector<InstructionSet> usableInstructionSets(); // slowest first; never empty
// As TRAMONTANE_INSTRUCTION_SET spells it: scalar, avx2, avx-vnni, avx512, amx, neon, dot-product.
const char* instructionSetOption(InstructionSet set);
// The fastest one; where TRAMONTANE_INSTRUCTION_SET in the environment names a usable one, that, for comparisons.
InstructionSet bestInstructionSet();

} // namespace tramontane
