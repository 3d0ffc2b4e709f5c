// Linears in AVX-VNNI, for processors with 8-bit dot products and without AVX-512; everything else as AVX2 has it.
// Contracts: kernels.h. Test: tests/core/cpu/kernels_test.cpp.
// Rounding: dot products of 4 x 8 bits are exact in 32 bits; everything across blocks is f32.
#include "core/cpu/kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TRAMONTANE_TARGET __attribute__((target("avx2,fma,f16c,avxvnni")))
#define TRAMONTANE_INLINE TRAMONTANE_TARGET __attribute__((always_inline)) inline

namespace tramontane {
namespace {

TRAMONTANE_INLINE __m256i broadcast4(const std::int8_t* bytes) {
    std::int32_t word;
    __builtin_memcpy(&word, bytes, 4);
    return _mm256_set1_epi32(word);
}

// 16-bit pairs (-zero, 0) of 8 columns, to be multiplied by a block's total in the pair's lower half.
TRAMONTANE_INLINE __m256i minusZeros(const PackedLinear& w, const std::uint8_t* zeros) {
    if (zeros == nullptr) return _mm256_set1_epi32(-w.uniformZero & 0xffff);
    const __m256i zero = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(zeros)));
    return _mm256_and_si256(_mm256_sub_epi32(_mm256_setzero_si256(), zero), _mm256_set1_epi32(0xffff));
}

// M rows of x times H halves of a column block (8 columns each), from half `firstHalf` on.
template <int M, int H>
TRAMONTANE_TARGET void linearTile(const PackedLinear& w, int columnBlock, int firstHalf, const QuantizedRows& x,
                                  float* out, std::ptrdiff_t outStride, WriteMode mode) {
    const int firstColumn = firstHalf * 8;
    const std::uint8_t* step = w.weights(columnBlock) + firstHalf * 32;
    const std::uint16_t* scales = w.scales(columnBlock) + firstColumn;
    const std::uint8_t* zeros = w.hasZeros ? w.zeros(columnBlock) + firstColumn : nullptr;
    const std::int8_t* values = x.values;
    const int blocksPerSegment = w.segmentRows / w.block, quadSteps = w.block / (4 * kStepRows);
    const __m256i lowBits = _mm256_set1_epi8(15);
    // A few rows wait for memory alone: lines are asked for this far ahead, in the order of the whole stream.
    constexpr bool kPrefetch = H == 2;
    const char* ahead = reinterpret_cast<const char*>(w.columnBlock(columnBlock)) + 12288;
    int block = 0;

    __m256 total[M][H];
    for (int m = 0; m < M; ++m)
        for (int h = 0; h < H; ++h) total[m][h] = _mm256_setzero_ps();
    for (int s = 0; s < w.segments; ++s) {
        __m256 part[M][H];
        __m256i minusZero[H];
        for (int h = 0; h < H; ++h) {
            minusZero[h] = minusZeros(w, zeros == nullptr ? nullptr : zeros + s * kBlockColumns + 8 * h);
            for (int m = 0; m < M; ++m) part[m][h] = _mm256_setzero_ps();
        }
        for (int b = 0; b < blocksPerSegment; ++b, ++block) {
            __m256i dot[M][H];
            for (int m = 0; m < M; ++m)
                for (int h = 0; h < H; ++h)
                    dot[m][h] = _mm256_madd_epi16(minusZero[h], _mm256_set1_epi32(x.totals[m * x.blockStride + block]));
            for (int q = 0; q < quadSteps; ++q) {
#pragma GCC unroll 4
                for (int t = 0; t < 4; ++t, step += 64, values += kStepRows) {
                    if constexpr (kPrefetch) {
                        _mm_prefetch(ahead, _MM_HINT_T1);
                        ahead += 64;
                    }
#pragma GCC unroll 2
                    for (int h = 0; h < H; ++h) {
                        const __m256i packed = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(step + 32 * h));
                        const __m256i low = _mm256_and_si256(packed, lowBits);
                        const __m256i high = _mm256_and_si256(_mm256_srli_epi16(packed, 4), lowBits);
#pragma GCC unroll 4
                        for (int m = 0; m < M; ++m) {
                            const std::int8_t* at = values + static_cast<std::ptrdiff_t>(m) * x.valueStride;
                            dot[m][h] = _mm256_dpbusd_avx_epi32(dot[m][h], low, broadcast4(at));
                            dot[m][h] = _mm256_dpbusd_avx_epi32(dot[m][h], high, broadcast4(at + 4));
                        }
                    }
                }
            }
            for (int m = 0; m < M; ++m)
                for (int h = 0; h < H; ++h)
                    part[m][h] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot[m][h]),
                                                 _mm256_set1_ps(x.scales[m * x.blockStride + block]), part[m][h]);
        }
        if (kPrefetch && s % 2 == 1) { // 32 bytes of scales go with a segment
            _mm_prefetch(ahead, _MM_HINT_T1);
            ahead += 64;
        }
        for (int h = 0; h < H; ++h) {
            const void* at = scales + s * kBlockColumns + 8 * h;
            const __m256 scale = _mm256_cvtph_ps(_mm_loadu_si128(static_cast<const __m128i*>(at)));
            for (int m = 0; m < M; ++m) total[m][h] = _mm256_fmadd_ps(scale, part[m][h], total[m][h]);
        }
    }
    for (int m = 0; m < M; ++m)
        for (int h = 0; h < H; ++h) {
            float* to = out + m * outStride + firstColumn + 8 * h;
            if (!w.bias.empty())
                total[m][h] = _mm256_add_ps(
                    total[m][h], _mm256_loadu_ps(w.bias.data() + columnBlock * kBlockColumns + firstColumn + 8 * h));
            if (mode == WriteMode::add) total[m][h] = _mm256_add_ps(_mm256_loadu_ps(to), total[m][h]);
            _mm256_storeu_ps(to, total[m][h]);
        }
}

TRAMONTANE_TARGET void linear(const PackedLinear& w, const QuantizedRows& x, int rows, int firstBlock, int lastBlock,
                              float* out, std::ptrdiff_t outStride, WriteMode mode) {
    for (int b = firstBlock; b < lastBlock; ++b) {
        float* column = out + b * w.outputStep;
        int m = 0;
        for (; m + 4 <= rows; m += 4)
            for (int half = 0; half < 2; ++half)
                linearTile<4, 1>(w, b, half, x.row(m), column + m * outStride, outStride, mode);
        for (; m < rows; ++m) linearTile<1, 2>(w, b, 0, x.row(m), column + m * outStride, outStride, mode);
    }
}

} // namespace

const Kernels& avxVnniKernels() {
    static const Kernels table = [] {
        Kernels kernels = avx2Kernels();
        kernels.set = InstructionSet::avxVnni;
        kernels.linear = linear;
        return kernels;
    }();
    return table;
}

} // namespace tramontane
#endif
