// Which vector instructions the processor and the operating system offer.
#pragma once

#include <vector>

namespace tramontane {

enum class InstructionSet {
    scalar, // plain C++, any processor
    avx2,   // AVX2, FMA, F16C
    avx512, // AVX-512 F, BW, DQ, VL and VNNI
    amx,    // the same, and AMX tiles of 8 bits
};

const char* instructionSetName(InstructionSet set); // "AVX-512 VNNI"
std::vector<InstructionSet> usableInstructionSets(); // slowest first; never empty
// The fastest one; where TRAMONTANE_INSTRUCTION_SET in the environment names a usable one (scalar, avx2, avx512, amx),
// that, for comparisons.
InstructionSet bestInstructionSet();

} // namespace tramontane
