// The arithmetic of sampling that the CPU's and the GPU's sampler share: plain functions that give the same
// bits wherever they are compiled.
//
// Probabilities are summed as whole numbers: a weight exp(logit - largest) in [0, 1] is rounded once to a
// multiple of 2^-weightBits, and from there on sums are exact. Whoever adds in whatever order finds the same
// total, the same shortest prefix and the same draw.
//
// Every product and sum of doubles is rounded by itself: nvcc fuses neither of exactProduct and exactSum, and
// host sources that include this compile with -ffp-contract=off where the target has fused instructions.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#ifdef __CUDACC__
#define TRAMONTANE_ANYWHERE __host__ __device__ inline
#else
#define TRAMONTANE_ANYWHERE inline
#endif

namespace tramontane::sampling {

constexpr float kImpossible = -__builtin_huge_valf(); // the logit of what cannot follow
constexpr float kInfinity = __builtin_huge_valf();
constexpr float kLargestFloat = 0x1.fffffep127f;

TRAMONTANE_ANYWHERE double exactProduct(double a, double b) {
#ifdef __CUDA_ARCH__
    return __dmul_rn(a, b);
#else
    return a * b;
#endif
}

TRAMONTANE_ANYWHERE double exactSum(double a, double b) {
#ifdef __CUDA_ARCH__
    return __dadd_rn(a, b);
#else
    return a + b;
#endif
}

// exp(-distance), distance >= 0, by 2^k · P(r), |r| <= ln2/2; from 708 on it stays at exp(-708). Relative
// error under 2^-51.
TRAMONTANE_ANYWHERE double expOfMinus(double distance) {
    constexpr double roundToInteger = 0x1.8p52;
    constexpr double ln2High = 0x1.62e42fefa0000p-1, ln2Low = 0x1.cf79abc9e3b3ap-40;
    const double x = distance < 708.0 ? -distance : -708.0;
    const double shifted = exactSum(exactProduct(x, 1.4426950408889634), roundToInteger);
    const double k = exactSum(shifted, -roundToInteger);
    const double r = exactSum(exactSum(x, -exactProduct(k, ln2High)), -exactProduct(k, ln2Low));
    // The series to r^13, its even and its odd powers side by side: two short chains instead of a long one.
    const double square = exactProduct(r, r);
    double even = 1.0 / 479001600.0, odd = 1.0 / 6227020800.0;
    odd = exactSum(exactProduct(odd, square), 1.0 / 39916800.0);
    even = exactSum(exactProduct(even, square), 1.0 / 3628800.0);
    odd = exactSum(exactProduct(odd, square), 1.0 / 362880.0);
    even = exactSum(exactProduct(even, square), 1.0 / 40320.0);
    odd = exactSum(exactProduct(odd, square), 1.0 / 5040.0);
    even = exactSum(exactProduct(even, square), 1.0 / 720.0);
    odd = exactSum(exactProduct(odd, square), 1.0 / 120.0);
    even = exactSum(exactProduct(even, square), 1.0 / 24.0);
    odd = exactSum(exactProduct(odd, square), 1.0 / 6.0);
    even = exactSum(exactProduct(even, square), 0.5);
    odd = exactSum(exactProduct(odd, square), 1.0);
    even = exactSum(exactProduct(even, square), 1.0);
    const double p = exactSum(even, exactProduct(odd, r));
    // The integer k stands in the low bits of `shifted`; moved to the exponent it is the power of two.
    const std::uint64_t exponent = (__builtin_bit_cast(std::uint64_t, shifted) + 1023) << 52;
    return exactProduct(p, __builtin_bit_cast(double, exponent));
}

// Fraction bits of a weight: as many as leave a sum over the vocabulary below 2^63; 47 for 32,768 tokens.
TRAMONTANE_ANYWHERE int weightBits(std::uint64_t vocabSize) {
    int bits = 51;
    while (bits > 0 && (vocabSize >> (63 - bits)) != 0) --bits;
    return bits;
}
TRAMONTANE_ANYWHERE double weightScale(int bits) {
    return __builtin_bit_cast(double, static_cast<std::uint64_t>(bits + 1023) << 52);
}

// value · scale, rounded to the nearest whole number, ties to even; 0 <= value <= 1, scale <= 2^51.
TRAMONTANE_ANYWHERE std::uint64_t toFixed(double value, double scale) {
    constexpr std::uint64_t mantissa = (std::uint64_t{1} << 52) - 1;
    return __builtin_bit_cast(std::uint64_t, exactSum(exactProduct(value, scale), 0x1p52)) & mantissa;
}

TRAMONTANE_ANYWHERE double distanceOf(float logit, float largest) {
    return exactSum(static_cast<double>(largest), -static_cast<double>(logit));
}

// What a filter weighs a token by (inverseTemperature 1), or the draw.
TRAMONTANE_ANYWHERE std::uint64_t fixedWeight(double distance, double inverseTemperature, double scale) {
    return toFixed(expOfMinus(exactProduct(distance, inverseTemperature)), scale);
}
TRAMONTANE_ANYWHERE double inverseOf(double temperature) {
    const double inverse = 1.0 / temperature;
    return inverse < 0x1p1000 ? inverse : 0x1p1000; // 0 · inverse stays 0
}

// weight · distance, at most 1/e: the sum over all is the mean distance times the total weight.
TRAMONTANE_ANYWHERE std::uint64_t fixedSurprise(double distance, double scale) {
    const double bounded = distance < 708.0 ? distance : 708.0;
    return toFixed(exactProduct(expOfMinus(bounded), bounded), scale);
}
// |surprise - entropy| (Meister et al. 2022): the logarithm of the sum stands in both and falls out, which
// leaves how far a token's distance lies from the mean distance.
TRAMONTANE_ANYWHERE double meanDistance(std::uint64_t surprise, std::uint64_t weight) {
    return static_cast<double>(surprise) / static_cast<double>(weight);
}
TRAMONTANE_ANYWHERE double typicalKey(double distance, double mean) {
    const double difference = exactSum(distance, -mean);
    return difference < 0 ? -difference : difference;
}

// The weight that a share of `total` comes to, at most all of it; 0 <= share < 1.
TRAMONTANE_ANYWHERE std::uint64_t shareOf(double share, std::uint64_t total) {
    const auto wanted = static_cast<std::uint64_t>(ceil(exactProduct(share, static_cast<double>(total))));
    return wanted < total ? wanted : total;
}
// min-p: the least weight that stays beside the heaviest.
TRAMONTANE_ANYWHERE std::uint64_t leastWeight(double minP, std::uint64_t heaviest) {
    return static_cast<std::uint64_t>(ceil(exactProduct(minP, static_cast<double>(heaviest))));
}

// repeat: a logit above 0 is divided, one below multiplied (CTRL, Keskar et al. 2019), once however often the
// token stands there; then frequency times its count and presence once are taken off. What is impossible
// stays so.
TRAMONTANE_ANYWHERE float penalized(float logit, int count, double repeat, double frequency, double presence) {
    if (!(logit > kImpossible)) return logit;
    const double before = logit;
    double after = before > 0 ? before / repeat : exactProduct(before, repeat);
    after = exactSum(after, -exactSum(exactProduct(frequency, static_cast<double>(count)), presence));
    if (after > kLargestFloat) return kLargestFloat;
    if (after < -kLargestFloat) return -kLargestFloat;
    return static_cast<float>(after);
}

// The n-th number of a seed's sequence (SplitMix64, read at any place).
TRAMONTANE_ANYWHERE std::uint64_t uniformBits(std::uint64_t seed, std::uint64_t n) {
    std::uint64_t z = seed + (n + 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

// 1..total: the token at which the weights, summed by ascending id, first reach it is the one drawn. `bits`
// is read as a fraction of 64 bits.
TRAMONTANE_ANYWHERE std::uint64_t drawnWeight(std::uint64_t bits, std::uint64_t total) {
#ifdef __CUDA_ARCH__
    return __umul64hi(bits, total) + 1;
#else
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(bits) * total) >> 64) + 1;
#endif
}

// Floats as numbers that sort as they do, the zeros alike. No float gives 0 but one kind of NaN.
TRAMONTANE_ANYWHERE std::uint32_t sortable(float value) {
    const std::uint32_t bits = __builtin_bit_cast(std::uint32_t, value == 0 ? 0.0f : value);
    return (bits >> 31) != 0 ? ~bits : bits | 0x80000000u;
}
TRAMONTANE_ANYWHERE float fromSortable(std::uint32_t key) {
    return __builtin_bit_cast(float, (key >> 31) != 0 ? key & 0x7fffffffu : ~key);
}

} // namespace tramontane::sampling
