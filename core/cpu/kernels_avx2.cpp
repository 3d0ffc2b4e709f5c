// The kernels in AVX2 with FMA and F16C. Contracts: kernels.h. Test: tests/core/cpu/kernels_test.cpp.
// Rounding: 32 products of 4 x 8 bits are summed exactly in 16 bits (15*127*2*8 < 2^15), a block in 32; across blocks f32.
#include "core/cpu/kernels.h"

#if defined(__x86_64__)
#include <algorithm>
#include <limits>

#include <immintrin.h>

#define TRAMONTANE_TARGET __attribute__((target("avx2,fma,f16c")))
#define TRAMONTANE_INLINE TRAMONTANE_TARGET __attribute__((always_inline)) inline

namespace tramontane {
namespace {

TRAMONTANE_INLINE __m256 loadHalves(const void* address) {
    return _mm256_cvtph_ps(_mm_loadu_si128(static_cast<const __m128i*>(address)));
}

TRAMONTANE_INLINE __m256i broadcast4(const std::int8_t* bytes) {
    std::int32_t word;
    __builtin_memcpy(&word, bytes, 4);
    return _mm256_set1_epi32(word);
}

TRAMONTANE_INLINE float sumLanes(__m256 v) {
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
}

TRAMONTANE_INLINE float maxLanes(__m256 v) {
    __m128 half = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    half = _mm_max_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_max_ss(half, _mm_movehdup_ps(half)));
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
    const __m256i lowBits = _mm256_set1_epi8(15), ones = _mm256_set1_epi16(1);
    // A few rows wait for memory alone: lines are asked for this far ahead, in the order of the whole stream.
    constexpr bool kPrefetch = H == 2;
    const char* ahead = reinterpret_cast<const char*>(w.columnBlock(columnBlock)) + 12288;
    int block = 0;

    __m256 total[M][H];
    for (int m = 0; m < M; ++m)
        for (int h = 0; h < H; ++h) total[m][h] = _mm256_setzero_ps();
    for (int s = 0; s < w.segments; ++s) {
        __m256 part[M][H];
        for (int m = 0; m < M; ++m)
            for (int h = 0; h < H; ++h) part[m][h] = _mm256_setzero_ps();
        // 16-bit pairs (-zero, 0), to be multiplied by a block's total in the pair's lower half.
        __m256i minusZero[H];
        for (int h = 0; h < H; ++h) {
            minusZero[h] = _mm256_set1_epi32(-w.uniformZero & 0xffff);
            if (zeros != nullptr)
                minusZero[h] = _mm256_and_si256(
                    _mm256_sub_epi32(_mm256_setzero_si256(),
                                     _mm256_cvtepu8_epi32(_mm_loadl_epi64(
                                         reinterpret_cast<const __m128i*>(zeros + s * kBlockColumns + 8 * h)))),
                    _mm256_set1_epi32(0xffff));
        }
        for (int b = 0; b < blocksPerSegment; ++b, ++block) {
            __m256i sum[M][H];
            for (int m = 0; m < M; ++m)
                for (int h = 0; h < H; ++h)
                    sum[m][h] = _mm256_madd_epi16(minusZero[h], _mm256_set1_epi32(x.totals[m * x.blockStride + block]));
            for (int q = 0; q < quadSteps; ++q) {
                __m256i dot[M][H];
                for (int m = 0; m < M; ++m)
                    for (int h = 0; h < H; ++h) dot[m][h] = _mm256_setzero_si256();
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
                            const __m256i first = _mm256_maddubs_epi16(low, broadcast4(at));
                            const __m256i second = _mm256_maddubs_epi16(high, broadcast4(at + 4));
                            dot[m][h] = _mm256_add_epi16(dot[m][h], _mm256_add_epi16(first, second));
                        }
                    }
                }
                for (int m = 0; m < M; ++m)
                    for (int h = 0; h < H; ++h)
                        sum[m][h] = _mm256_add_epi32(sum[m][h], _mm256_madd_epi16(dot[m][h], ones));
            }
            for (int m = 0; m < M; ++m)
                for (int h = 0; h < H; ++h)
                    part[m][h] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum[m][h]),
                                                 _mm256_set1_ps(x.scales[m * x.blockStride + block]), part[m][h]);
        }
        if (kPrefetch && s % 2 == 1) { // 32 bytes of scales go with a segment
            _mm_prefetch(ahead, _MM_HINT_T1);
            ahead += 64;
        }
        for (int h = 0; h < H; ++h) {
            const int at = s * kBlockColumns + 8 * h;
            const __m256 scale = loadHalves(scales + at);
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

TRAMONTANE_TARGET void quantize(const QuantizeJob& job) {
    const __m256 factor = _mm256_set1_ps(job.factor);
    const int vectors = job.block / 8;
    for (int s = job.firstSegment; s < job.lastSegment; ++s) {
        for (int row = s * job.segmentRows; row < (s + 1) * job.segmentRows; row += job.block) {
            __m256 scaled[kMaxSegmentRows / 8];
            __m256i largest = _mm256_setzero_si256(); // compared as bits, so that NaN is larger than every number
            for (int v = 0; v < vectors; ++v) {
                const int k = row + 8 * v;
                __m256 x = job.order != nullptr
                               ? _mm256_i32gather_ps(
                                     job.x, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(job.order + k)), 4)
                               : _mm256_loadu_ps(job.x + k);
                if (job.weight != nullptr) x = _mm256_mul_ps(x, _mm256_loadu_ps(job.weight + k));
                scaled[v] = _mm256_mul_ps(x, factor);
                largest = _mm256_max_epu32(
                    largest, _mm256_and_si256(_mm256_castps_si256(scaled[v]), _mm256_set1_epi32(0x7fffffff)));
            }
            alignas(32) std::uint32_t bits[8];
            _mm256_store_si256(reinterpret_cast<__m256i*>(bits), largest);
            const std::uint32_t most = *std::max_element(bits, bits + 8);
            const bool finite = most < 0x7f800000u;
            float amax;
            __builtin_memcpy(&amax, &most, 4);
            const float scale = finite ? amax / 127.0f : std::numeric_limits<float>::quiet_NaN();
            const __m256 inverse = _mm256_set1_ps(finite && amax > 1e-30f ? 127.0f / amax : 0.0f);
            __m256i total = _mm256_setzero_si256();
            for (int v = 0; v < vectors; ++v) {
                const __m256i value =
                    finite ? _mm256_cvtps_epi32(_mm256_mul_ps(scaled[v], inverse)) : _mm256_setzero_si256();
                total = _mm256_add_epi32(total, value);
                const __m128i words =
                    _mm_packs_epi32(_mm256_castsi256_si128(value), _mm256_extracti128_si256(value, 1));
                _mm_storel_epi64(reinterpret_cast<__m128i*>(job.out.values + row + 8 * v),
                                 _mm_packs_epi16(words, words));
            }
            alignas(32) std::int32_t totals[8];
            _mm256_store_si256(reinterpret_cast<__m256i*>(totals), total);
            std::int32_t all = 0;
            for (const std::int32_t lane : totals) all += lane;
            job.out.scales[row / job.block] = scale;
            job.out.totals[row / job.block] = all;
        }
    }
}

TRAMONTANE_TARGET float sumOfSquares(const float* x, int count) {
    __m256 sums[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
    int i = 0;
    for (; i + 32 <= count; i += 32)
        for (int j = 0; j < 4; ++j) {
            const __m256 v = _mm256_loadu_ps(x + i + 8 * j);
            sums[j] = _mm256_fmadd_ps(v, v, sums[j]);
        }
    float sum = sumLanes(_mm256_add_ps(_mm256_add_ps(sums[0], sums[1]), _mm256_add_ps(sums[2], sums[3])));
    for (; i < count; ++i) sum += x[i] * x[i];
    return sum;
}

// e^x to 2 units in the last place; 0 below -87, NaN stays NaN. x <= 88.
TRAMONTANE_INLINE __m256 exponential(__m256 x) {
    const __m256 counted = _mm256_cmp_ps(x, _mm256_set1_ps(-87.0f), _CMP_NLT_UQ); // true for NaN as well
    x = _mm256_max_ps(_mm256_set1_ps(-87.0f), x); // the second operand is returned where one is NaN
    const __m256 n =
        _mm256_round_ps(_mm256_mul_ps(x, _mm256_set1_ps(1.44269504f)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m256 r = _mm256_fnmadd_ps(n, _mm256_set1_ps(0.693359375f), x);
    r = _mm256_fnmadd_ps(n, _mm256_set1_ps(-2.12194440e-4f), r);
    __m256 p = _mm256_set1_ps(1.9875691500e-4f);
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.3981999507e-3f));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(8.3334519073e-3f));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(4.1665795894e-2f));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.6666665459e-1f));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(5.0000001201e-1f));
    p = _mm256_fmadd_ps(_mm256_mul_ps(p, r), r, _mm256_add_ps(r, _mm256_set1_ps(1.0f)));
    const __m256i power = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23);
    return _mm256_and_ps(counted, _mm256_mul_ps(p, _mm256_castsi256_ps(power)));
}

TRAMONTANE_TARGET void siluMultiply(const float* gateUp, int blocks, float* out) {
    const __m256 one = _mm256_set1_ps(1.0f);
    for (int b = 0; b < blocks; ++b, gateUp += 2 * kBlockColumns, out += kBlockColumns)
        for (int c = 0; c < kBlockColumns; c += 8) {
            const __m256 gate = _mm256_loadu_ps(gateUp + c), up = _mm256_loadu_ps(gateUp + kBlockColumns + c);
            const __m256 negative = _mm256_sub_ps(_mm256_setzero_ps(), gate);
            const __m256 decay = exponential(_mm256_min_ps(_mm256_set1_ps(88.0f), negative));
            _mm256_storeu_ps(out + c, _mm256_mul_ps(_mm256_div_ps(gate, _mm256_add_ps(one, decay)), up));
        }
}

// H heads at once, so that a key or value is converted from f16 once.
template <int H>
TRAMONTANE_TARGET void attendHeads(const AttentionBlock& b, int firstHead) {
    constexpr int kVectors = kKvBlockPositions / 8;
    const float* queries = b.queries + static_cast<std::ptrdiff_t>(firstHead) * b.queryStride;
    float* output = b.output + static_cast<std::ptrdiff_t>(firstHead) * b.paddedDim;
    alignas(32) float weights[H][kKvBlockPositions];

    // Scores: lanes are positions, 16 of them at once.
    for (int v = 0; v < kVectors; v += 2) {
        __m256 score[H][2];
        for (int h = 0; h < H; ++h) score[h][0] = score[h][1] = _mm256_setzero_ps();
        const std::uint16_t* key = b.keys + 8 * v;
        for (int d = 0; d < b.headDim; ++d, key += kKvBlockPositions) {
            const __m256 first = loadHalves(key), second = loadHalves(key + 8);
            for (int h = 0; h < H; ++h) {
                const __m256 query = _mm256_set1_ps(queries[h * b.queryStride + d]);
                score[h][0] = _mm256_fmadd_ps(query, first, score[h][0]);
                score[h][1] = _mm256_fmadd_ps(query, second, score[h][1]);
            }
        }
        for (int h = 0; h < H; ++h) {
            _mm256_store_ps(weights[h] + 8 * v, score[h][0]);
            _mm256_store_ps(weights[h] + 8 * v + 8, score[h][1]);
        }
    }

    // Weights, and what was summed so far brought to the new maximum.
    constexpr float kNegativeInfinity = -std::numeric_limits<float>::infinity();
    for (int h = 0; h < H; ++h) {
        for (int p = 0; p < b.first; ++p) weights[h][p] = kNegativeInfinity;
        for (int p = b.last; p < kKvBlockPositions; ++p) weights[h][p] = kNegativeInfinity;
        __m256 highest = _mm256_set1_ps(kNegativeInfinity);
        for (int v = 0; v < kVectors; ++v) highest = _mm256_max_ps(highest, _mm256_load_ps(weights[h] + 8 * v));
        const float old = b.maximum[firstHead + h];
        const float maximum = std::max(old, maxLanes(highest));
        __m256 sum = _mm256_setzero_ps();
        for (int v = 0; v < kVectors; ++v) {
            const __m256 weight =
                exponential(_mm256_sub_ps(_mm256_load_ps(weights[h] + 8 * v), _mm256_set1_ps(maximum)));
            sum = _mm256_add_ps(sum, weight);
            _mm256_store_ps(weights[h] + 8 * v, weight);
        }
        const __m256 shrink = exponential(_mm256_set1_ps(old - maximum));
        b.maximum[firstHead + h] = maximum;
        b.sum[firstHead + h] = b.sum[firstHead + h] * _mm256_cvtss_f32(shrink) + sumLanes(sum);
        for (int d = 0; d < b.paddedDim; d += 8) {
            float* at = output + h * b.paddedDim + d;
            _mm256_storeu_ps(at, _mm256_mul_ps(_mm256_loadu_ps(at), shrink));
        }
    }

    // Weighted values: lanes are dimensions, 16 of them at once.
    for (int d = 0; d < b.paddedDim; d += 16) {
        __m256 mean[H][2];
        for (int h = 0; h < H; ++h) {
            mean[h][0] = _mm256_loadu_ps(output + h * b.paddedDim + d);
            mean[h][1] = _mm256_loadu_ps(output + h * b.paddedDim + d + 8);
        }
        const std::uint16_t* value = b.values + static_cast<std::ptrdiff_t>(b.first) * b.paddedDim + d;
        for (int p = b.first; p < b.last; ++p, value += b.paddedDim) {
            const __m256 first = loadHalves(value), second = loadHalves(value + 8);
            for (int h = 0; h < H; ++h) {
                const __m256 weight = _mm256_set1_ps(weights[h][p]);
                mean[h][0] = _mm256_fmadd_ps(weight, first, mean[h][0]);
                mean[h][1] = _mm256_fmadd_ps(weight, second, mean[h][1]);
            }
        }
        for (int h = 0; h < H; ++h) {
            _mm256_storeu_ps(output + h * b.paddedDim + d, mean[h][0]);
            _mm256_storeu_ps(output + h * b.paddedDim + d + 8, mean[h][1]);
        }
    }
}

TRAMONTANE_TARGET void attend(const AttentionBlock& b) {
    int h = 0;
    for (; h + 4 <= b.heads; h += 4) attendHeads<4>(b, h);
    if (h + 2 <= b.heads) {
        attendHeads<2>(b, h);
        h += 2;
    }
    if (h < b.heads) attendHeads<1>(b, h);
}

TRAMONTANE_INLINE __m256 loadBytes(const std::uint8_t* values) {
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(values))));
}

// R rows of the head against one row of x: each product has one chain of additions, the same for every batch.
template <int R>
TRAMONTANE_INLINE void headRows(const std::uint8_t* weights, int columns, const float* x, float* out) {
    const std::size_t rowBytes = headRowBytes(columns);
    __m256 sum[R];
    for (int j = 0; j < R; ++j) sum[j] = _mm256_setzero_ps();
    for (int k = 0; k < columns; k += kHeadBlock) {
        __m256 part[R];
        for (int j = 0; j < R; ++j) {
            part[j] = _mm256_setzero_ps();
            _mm_prefetch(reinterpret_cast<const char*>(weights + k) + (R + j) * rowBytes, _MM_HINT_T1);
        }
#pragma GCC unroll 8
        for (int v = 0; v < kHeadBlock; v += 8) {
            const __m256 row = _mm256_loadu_ps(x + k + v);
            for (int j = 0; j < R; ++j)
                part[j] = _mm256_fmadd_ps(loadBytes(weights + j * rowBytes + k + v), row, part[j]);
        }
        for (int j = 0; j < R; ++j) {
            float scale;
            __builtin_memcpy(&scale, weights + j * rowBytes + columns + k / kHeadBlock * static_cast<int>(sizeof scale),
                             sizeof scale);
            sum[j] = _mm256_fmadd_ps(part[j], _mm256_set1_ps(scale), sum[j]);
        }
    }
    for (int j = 0; j < R; ++j) out[j] = sumLanes(sum[j]);
}

TRAMONTANE_TARGET void head(const std::uint8_t* weights, int columns, int vocab, const float* x, int rows,
                            std::ptrdiff_t xStride, float* out, std::ptrdiff_t outStride) {
    const std::size_t rowBytes = headRowBytes(columns);
    int n = 0;
    for (; n + 4 <= vocab; n += 4, weights += 4 * rowBytes)
        for (int m = 0; m < rows; ++m) headRows<4>(weights, columns, x + m * xStride, out + m * outStride + n);
    for (; n < vocab; ++n, weights += rowBytes)
        for (int m = 0; m < rows; ++m) headRows<1>(weights, columns, x + m * xStride, out + m * outStride + n);
}

TRAMONTANE_TARGET void halvesToFloats(const void* halves, float* out, int count) {
    const char* from = static_cast<const char*>(halves);
    int i = 0;
    for (; i + 8 <= count; i += 8) _mm256_storeu_ps(out + i, loadHalves(from + 2 * static_cast<std::ptrdiff_t>(i)));
    for (; i < count; ++i) {
        std::uint16_t half;
        __builtin_memcpy(&half, from + 2 * static_cast<std::ptrdiff_t>(i), 2);
        out[i] = _cvtsh_ss(half);
    }
}

TRAMONTANE_TARGET void floatsToHalves(const float* x, std::uint16_t* out, int count) {
    int i = 0;
    for (; i + 8 <= count; i += 8)
        _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i),
                         _mm256_cvtps_ph(_mm256_loadu_ps(x + i), _MM_FROUND_TO_NEAREST_INT));
    for (; i < count; ++i) out[i] = static_cast<std::uint16_t>(_cvtss_sh(x[i], _MM_FROUND_TO_NEAREST_INT));
}

TRAMONTANE_TARGET void repack(const std::byte* words, std::size_t stride, const std::int32_t* order, int inputs,
                              int count, std::uint8_t* out) {
    const __m256i lowBits = _mm256_set1_epi32(15);
    for (int t = 0; t < count; t += kStepRows, order += kStepRows, out += 64) {
        __m256i packed[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
        for (int j = 0; j < kStepRows; ++j) {
            const int row = order[j];
            if (row >= inputs) continue;
            const std::byte* source = words + static_cast<std::size_t>(row / 8) * stride * 4;
            const __m128i right = _mm_cvtsi32_si128(4 * (row % 8)), left = _mm_cvtsi32_si128(j % 4 * 8 + j / 4 * 4);
            for (int half = 0; half < 2; ++half) {
                const __m256i word = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(source + 32 * half));
                const __m256i nibble = _mm256_and_si256(_mm256_srl_epi32(word, right), lowBits);
                packed[half] = _mm256_or_si256(packed[half], _mm256_sll_epi32(nibble, left));
            }
        }
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), packed[0]);
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 32), packed[1]);
    }
}

TRAMONTANE_TARGET void permuteWords(const std::byte* words, const std::int32_t* order, int source, int count,
                                    std::uint32_t* out) {
    for (int c = 0; c < count; ++c) {
        out[c] = 0;
        if (order[c] < source) __builtin_memcpy(out + c, words + 4 * static_cast<std::size_t>(order[c]), 4);
    }
}

} // namespace

const Kernels& avx2Kernels() {
    static const Kernels table{
        InstructionSet::avx2, 0,      linear,      quantize, sumOfSquares, siluMultiply, attend, head, halvesToFloats,
        floatsToHalves,       repack, permuteWords};
    return table;
}

} // namespace tramontane
#endif
