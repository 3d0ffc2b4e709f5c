// Which vector instructions the processor and the operating system offer.
#pragma once

#include <vector>

namespace tramontane {

enum class InstructionSet {
    scalar, // plain C++, any processor
    avx2,   // AVX2, FMA, F16C
    avx512, // AVX-512 F, BW, DQ, VL and VNNI
};

const char* instructionSetName(InstructionSet set); // "AVX-512 VNNI"
std::vector<InstructionSet> usableInstructionSets(); // slowest first; never empty
InstructionSet bestInstructionSet();

} // namespace tramontane
