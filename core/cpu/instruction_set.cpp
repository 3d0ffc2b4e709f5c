// Asks cpuid, and xgetbv for the registers that the operating system saves; on arm64 the system itself.
#include "core/cpu/instruction_set.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif
#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace tramontane {
namespace {

#if defined(__x86_64__)
struct Features {
    bool avx2 = false, avxVnni = false, avx512 = false, amx = false;
};

bool bit(unsigned word, int index) { return (word >> index & 1u) != 0; }

// The system saves the tiles of a process that has asked for them.
bool mayUseTiles() {
#if defined(__linux__)
    constexpr int kRequestPermission = 0x1023, kTileData = 18; // ARCH_REQ_XCOMP_PERM, the state's number
    return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
    return false;
#endif
}

Features detect() {
    Features found;
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (__get_cpuid(1, &a, &b, &c, &d) == 0) return found;
    const bool fma = bit(c, 12), osxsave = bit(c, 27), avx = bit(c, 28), f16c = bit(c, 29);
    if (!osxsave || !avx || !fma || !f16c) return found;

    unsigned low = 0, high = 0;
    asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    constexpr unsigned kYmm = 0x6, kZmm = 0xe6; // saved state: xmm+ymm; and opmask, upper zmm, zmm16-31
    if ((low & kYmm) != kYmm) return found;

    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return found;
    found.avx2 = bit(b, 5);
    const bool foundation = bit(b, 16), dq = bit(b, 17), bw = bit(b, 30), vl = bit(b, 31), vnni = bit(c, 11);
    found.avx512 = found.avx2 && (low & kZmm) == kZmm && foundation && dq && bw && vl && vnni;
    unsigned moreA = 0, unused = 0;
    if (__get_cpuid_count(7, 1, &moreA, &unused, &unused, &unused) != 0) found.avxVnni = found.avx2 && bit(moreA, 4);
    constexpr unsigned kTiles = 0x60000; // tile configuration and data
    const bool amxTile = bit(d, 24), amxInt8 = bit(d, 25);
    found.amx = found.avx512 && (low & kTiles) == kTiles && amxTile && amxInt8 && mayUseTiles();
    return found;
}
#endif

} // namespace

const char* instructionSetName(InstructionSet set) {
    switch (set) {
    case InstructionSet::avx2:
        return "AVX2";
    case InstructionSet::avxVnni:
        return "AVX-VNNI";
    case InstructionSet::avx512:
        return "AVX-512 VNNI";
    case InstructionSet::amx:
        return "AVX-512 VNNI, AMX";
    case InstructionSet::neon:
        return "NEON";
    case InstructionSet::dotProduct:
        return "NEON, dot product";
    case InstructionSet::scalar:
        break;
    }
    return "scalar";
}

const char* instructionSetOption(InstructionSet set) {
    switch (set) {
    case InstructionSet::avx2:
        return "avx2";
    case InstructionSet::avxVnni:
        return "avx-vnni";
    case InstructionSet::avx512:
        return "avx512";
    case InstructionSet::amx:
        return "amx";
    case InstructionSet::neon:
        return "neon";
    case InstructionSet::dotProduct:
        return "dot-product";
    case InstructionSet::scalar:
        break;
    }
    return "scalar";
}

std::vector<InstructionSet> usableInstructionSets() {
    std::vector<InstructionSet> sets{InstructionSet::scalar};
#if defined(__x86_64__)
    static const Features features = detect();
    if (features.avx2) sets.push_back(InstructionSet::avx2);
    if (features.avxVnni) sets.push_back(InstructionSet::avxVnni);
    if (features.avx512) sets.push_back(InstructionSet::avx512);
    if (features.amx) sets.push_back(InstructionSet::amx);
#endif
#if defined(__aarch64__)
    sets.push_back(InstructionSet::neon);
#if defined(__linux__)
    if ((getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0) sets.push_back(InstructionSet::dotProduct);
#endif
#endif
    return sets;
}

InstructionSet bestInstructionSet() {
    const std::vector<InstructionSet> usable = usableInstructionSets();
    if (const char* wanted = std::getenv("TRAMONTANE_INSTRUCTION_SET"); wanted != nullptr)
        for (const InstructionSet set : usable)
            if (wanted == std::string_view(instructionSetOption(set))) return set;
    return usable.back();
}

} // namespace tramontane
