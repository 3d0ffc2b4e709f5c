// The kernels in AVX-512 with VNNI. Contracts: kernels.h. Test: tests/core/cpu/kernels_test.cpp.
// Rounding: dot products of 4 x 8 bits are exact in 32 bits; everything across blocks is f32.
#include "core/cpu/kernels.h"

#if defined(__x86_64__)
#include <algorithm>
#include <limits>

#include <immintrin.h>

#define TRAMONTANE_TARGET __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")))
#define TRAMONTANE_INLINE TRAMONTANE_TARGET __attribute__((always_inline)) inline

namespace tramontane {
namespace {

TRAMONTANE_INLINE __m512 loadHalves(const void* address) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(static_cast<const __m256i*>(address)));
}

TRAMONTANE_INLINE __m512i broadcast4(const std::int8_t* bytes) {
    std::int32_t word;
    __builtin_memcpy(&word, bytes, 4);
    return _mm512_set1_epi32(word);
}

// M rows of x times one column block, all of K in registers: M x 16 sums of integers, floats and totals.
template <int M>
TRAMONTANE_TARGET void linearTile(const PackedLinear& w, int columnBlock, const QuantizedRows& x, float* out,
                                  std::ptrdiff_t outStride, WriteMode mode) {
    const std::uint8_t *step = w.weights(columnBlock), *zeros = w.zeros(columnBlock);
    const std::uint16_t* scales = w.scales(columnBlock);
    // A few rows wait for memory alone: lines are asked for this far ahead, in the order of the whole stream. To the
    // second level, which keeps three times as many requests going (24 to 28 GB/s on two Sapphire Rapids cores).
    constexpr bool kPrefetch = M <= 4;
    const char* ahead = reinterpret_cast<const char*>(w.columnBlock(columnBlock)) + 12288;
    const std::int8_t* values = x.values;
    const std::ptrdiff_t valueStride = x.valueStride;
    const int blocksPerSegment = w.segmentRows / w.block, quadSteps = w.block / (4 * kStepRows);
    const __m512i lowBits = _mm512_set1_epi8(15);
    int block = 0;

    __m512 total[M];
    for (int m = 0; m < M; ++m) total[m] = _mm512_setzero_ps();
    for (int s = 0; s < w.segments; ++s) {
        __m512 part[M];
        for (int m = 0; m < M; ++m) part[m] = _mm512_setzero_ps();
        // 16-bit pairs (-zero, 0), to be multiplied by a block's total in the pair's lower half.
        __m512i minusZero = _mm512_set1_epi32(-w.uniformZero & 0xffff);
        if (zeros != nullptr)
            minusZero = _mm512_and_si512(
                _mm512_sub_epi32(
                    _mm512_setzero_si512(),
                    _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(zeros + s * kBlockColumns)))),
                _mm512_set1_epi32(0xffff));
        for (int b = 0; b < blocksPerSegment; ++b, ++block) {
            __m512i dot[M];
            for (int m = 0; m < M; ++m)
                dot[m] = _mm512_madd_epi16(minusZero, _mm512_set1_epi32(x.totals[m * x.blockStride + block]));
            for (int q = 0; q < quadSteps; ++q) {
#pragma GCC unroll 4
                for (int t = 0; t < 4; ++t, step += 64, values += kStepRows) {
                    const __m512i packed = _mm512_loadu_si512(step);
                    const __m512i low = _mm512_and_si512(packed, lowBits);
                    const __m512i high = _mm512_and_si512(_mm512_srli_epi16(packed, 4), lowBits);
                    if constexpr (kPrefetch) {
                        _mm_prefetch(ahead, _MM_HINT_T1);
                        ahead += 64;
                    }
#pragma GCC unroll 8
                    for (int m = 0; m < M; ++m)
                        dot[m] = _mm512_dpbusd_epi32(dot[m], low, broadcast4(values + m * valueStride));
#pragma GCC unroll 8
                    for (int m = 0; m < M; ++m)
                        dot[m] = _mm512_dpbusd_epi32(dot[m], high, broadcast4(values + m * valueStride + 4));
                }
            }
            for (int m = 0; m < M; ++m)
                part[m] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot[m]),
                                          _mm512_set1_ps(x.scales[m * x.blockStride + block]), part[m]);
        }
        const __m512 scale = loadHalves(scales + s * kBlockColumns);
        if (kPrefetch && s % 2 == 1) { // 32 bytes of scales go with a segment
            _mm_prefetch(ahead, _MM_HINT_T1);
            ahead += 64;
        }
        for (int m = 0; m < M; ++m) total[m] = _mm512_fmadd_ps(scale, part[m], total[m]);
    }
    for (int m = 0; m < M; ++m) {
        float* to = out + m * outStride;
        if (!w.bias.empty())
            total[m] = _mm512_add_ps(total[m], _mm512_loadu_ps(w.bias.data() + columnBlock * kBlockColumns));
        if (mode == WriteMode::add) total[m] = _mm512_add_ps(_mm512_loadu_ps(to), total[m]);
        _mm512_storeu_ps(to, total[m]);
    }
}

TRAMONTANE_TARGET void linear(const PackedLinear& w, const QuantizedRows& x, int rows, int firstBlock, int lastBlock,
                              float* out, std::ptrdiff_t outStride, WriteMode mode) {
    for (int b = firstBlock; b < lastBlock; ++b) {
        float* column = out + b * w.outputStep;
        int m = 0;
        for (; m + 8 <= rows; m += 8) linearTile<8>(w, b, x.row(m), column + m * outStride, outStride, mode);
        if (m + 4 <= rows) {
            linearTile<4>(w, b, x.row(m), column + m * outStride, outStride, mode);
            m += 4;
        }
        if (m + 2 <= rows) {
            linearTile<2>(w, b, x.row(m), column + m * outStride, outStride, mode);
            m += 2;
        }
        if (m < rows) linearTile<1>(w, b, x.row(m), column + m * outStride, outStride, mode);
    }
}

TRAMONTANE_TARGET void quantize(const QuantizeJob& job) {
    const __m512 factor = _mm512_set1_ps(job.factor);
    const int vectors = job.block / 16;
    for (int s = job.firstSegment; s < job.lastSegment; ++s) {
        for (int row = s * job.segmentRows; row < (s + 1) * job.segmentRows; row += job.block) {
            __m512 scaled[kMaxSegmentRows / 16];
            __m512i largest = _mm512_setzero_si512(); // compared as bits, so that NaN is larger than every number
            for (int v = 0; v < vectors; ++v) {
                const int k = row + 16 * v;
                __m512 x = job.order != nullptr
                               ? _mm512_i32gather_ps(_mm512_loadu_si512(job.order + k), job.x, sizeof(float))
                               : _mm512_loadu_ps(job.x + k);
                if (job.weight != nullptr) x = _mm512_mul_ps(x, _mm512_loadu_ps(job.weight + k));
                scaled[v] = _mm512_mul_ps(x, factor);
                largest = _mm512_max_epu32(
                    largest, _mm512_and_si512(_mm512_castps_si512(scaled[v]), _mm512_set1_epi32(0x7fffffff)));
            }
            const std::uint32_t bits = _mm512_reduce_max_epu32(largest);
            const bool finite = bits < 0x7f800000u;
            float amax;
            __builtin_memcpy(&amax, &bits, 4);
            const float scale = finite ? amax / 127.0f : std::numeric_limits<float>::quiet_NaN();
            const __m512 inverse = _mm512_set1_ps(finite && amax > 1e-30f ? 127.0f / amax : 0.0f);
            __m512i total = _mm512_setzero_si512();
            for (int v = 0; v < vectors; ++v) {
                const __m512i value =
                    finite ? _mm512_cvtps_epi32(_mm512_mul_ps(scaled[v], inverse)) : _mm512_setzero_si512();
                total = _mm512_add_epi32(total, value);
                const int k = row + 16 * v;
                _mm_storeu_si128(
                    reinterpret_cast<__m128i*>(job.out.values +
                                               static_cast<std::ptrdiff_t>(k / 64) * job.out.chunkStride() + k % 64),
                    _mm512_cvtsepi32_epi8(value));
            }
            const int block = row / job.block * job.out.blockStep();
            job.out.scales[block] = scale;
            job.out.totals[block] = _mm512_reduce_add_epi32(total);
        }
    }
}

TRAMONTANE_TARGET float sumOfSquares(const float* x, int count) {
    __m512 sums[4] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps()};
    int i = 0;
    for (; i + 64 <= count; i += 64)
        for (int j = 0; j < 4; ++j) {
            const __m512 v = _mm512_loadu_ps(x + i + 16 * j);
            sums[j] = _mm512_fmadd_ps(v, v, sums[j]);
        }
    float sum = _mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(sums[0], sums[1]), _mm512_add_ps(sums[2], sums[3])));
    for (; i < count; ++i) sum += x[i] * x[i];
    return sum;
}

// e^x to 2 units in the last place; 0 below -87, NaN stays NaN. x <= 88.
TRAMONTANE_INLINE __m512 exponential(__m512 x) {
    x = _mm512_max_ps(_mm512_set1_ps(-104.0f), x); // the second operand is returned where one is NaN
    const __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(1.44269504f)), 0);
    __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693359375f), x);
    r = _mm512_fnmadd_ps(n, _mm512_set1_ps(-2.12194440e-4f), r);
    __m512 p = _mm512_set1_ps(1.9875691500e-4f);
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.3981999507e-3f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(8.3334519073e-3f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(4.1665795894e-2f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.6666665459e-1f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(5.0000001201e-1f));
    p = _mm512_fmadd_ps(_mm512_mul_ps(p, r), r, _mm512_add_ps(r, _mm512_set1_ps(1.0f)));
    return _mm512_scalef_ps(p, n);
}

TRAMONTANE_TARGET void siluMultiply(const float* gateUp, int blocks, float* out) {
    const __m512 one = _mm512_set1_ps(1.0f);
    for (int b = 0; b < blocks; ++b, gateUp += 2 * kBlockColumns, out += kBlockColumns) {
        const __m512 gate = _mm512_loadu_ps(gateUp), up = _mm512_loadu_ps(gateUp + kBlockColumns);
        const __m512 decay =
            exponential(_mm512_min_ps(_mm512_set1_ps(88.0f), _mm512_sub_ps(_mm512_setzero_ps(), gate)));
        _mm512_storeu_ps(out, _mm512_mul_ps(_mm512_div_ps(gate, _mm512_add_ps(one, decay)), up));
    }
}

// H heads at once, so that a key or value is converted from f16 once.
template <int H>
TRAMONTANE_TARGET void attendHeads(const AttentionBlock& b, int firstHead) {
    constexpr int kVectors = kKvBlockPositions / 16;
    const float* queries = b.queries + static_cast<std::ptrdiff_t>(firstHead) * b.queryStride;
    float* output = b.output + static_cast<std::ptrdiff_t>(firstHead) * b.paddedDim;
    alignas(64) float weights[H][kKvBlockPositions];

    // Scores: lanes are positions.
    __m512 score[H][kVectors];
    for (int h = 0; h < H; ++h)
        for (int v = 0; v < kVectors; ++v) score[h][v] = _mm512_setzero_ps();
    const std::uint16_t* key = b.keys;
    for (int d = 0; d < b.headDim; ++d, key += kKvBlockPositions) {
        __m512 keys[kVectors];
        for (int v = 0; v < kVectors; ++v) keys[v] = loadHalves(key + 16 * v);
        for (int h = 0; h < H; ++h) {
            const __m512 query = _mm512_set1_ps(queries[h * b.queryStride + d]);
            for (int v = 0; v < kVectors; ++v) score[h][v] = _mm512_fmadd_ps(query, keys[v], score[h][v]);
        }
    }

    // Weights, and what was summed so far brought to the new maximum.
    const __m512 negativeInfinity = _mm512_set1_ps(-std::numeric_limits<float>::infinity());
    const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    for (int h = 0; h < H; ++h) {
        __m512 highest = negativeInfinity;
        for (int v = 0; v < kVectors; ++v) {
            const __m512i position = _mm512_add_epi32(lanes, _mm512_set1_epi32(16 * v));
            const __mmask16 seen = _mm512_cmpge_epi32_mask(position, _mm512_set1_epi32(b.first)) &
                                   _mm512_cmplt_epi32_mask(position, _mm512_set1_epi32(b.last));
            score[h][v] = _mm512_mask_mov_ps(negativeInfinity, seen, score[h][v]);
            highest = _mm512_max_ps(highest, score[h][v]);
        }
        const float old = b.maximum[firstHead + h];
        const float maximum = std::max(old, _mm512_reduce_max_ps(highest));
        __m512 sum = _mm512_setzero_ps();
        for (int v = 0; v < kVectors; ++v) {
            const __m512 weight = exponential(_mm512_sub_ps(score[h][v], _mm512_set1_ps(maximum)));
            sum = _mm512_add_ps(sum, weight);
            _mm512_store_ps(weights[h] + 16 * v, weight);
        }
        const float shrink = _mm512_cvtss_f32(exponential(_mm512_set1_ps(old - maximum)));
        b.maximum[firstHead + h] = maximum;
        b.sum[firstHead + h] = b.sum[firstHead + h] * shrink + _mm512_reduce_add_ps(sum);
        for (int d = 0; d < b.paddedDim; d += 16) {
            float* at = output + h * b.paddedDim + d;
            _mm512_storeu_ps(at, _mm512_mul_ps(_mm512_loadu_ps(at), _mm512_set1_ps(shrink)));
        }
    }

    // Weighted values: lanes are dimensions, up to 64 of them at once.
    for (int d = 0; d < b.paddedDim; d += 64) {
        const int count = std::min(4, (b.paddedDim - d) / 16);
        __m512 mean[H][4];
        for (int h = 0; h < H; ++h)
            for (int v = 0; v < 4; ++v)
                mean[h][v] = v < count ? _mm512_loadu_ps(output + h * b.paddedDim + d + 16 * v) : _mm512_setzero_ps();
        const std::uint16_t* value = b.values + static_cast<std::ptrdiff_t>(b.first) * b.paddedDim + d;
        if (count == 4) {
            for (int p = b.first; p < b.last; ++p, value += b.paddedDim)
                for (int v = 0; v < 4; ++v) {
                    const __m512 row = loadHalves(value + 16 * v);
                    for (int h = 0; h < H; ++h)
                        mean[h][v] = _mm512_fmadd_ps(_mm512_set1_ps(weights[h][p]), row, mean[h][v]);
                }
        } else {
            for (int p = b.first; p < b.last; ++p, value += b.paddedDim)
                for (int v = 0; v < count; ++v) {
                    const __m512 row = loadHalves(value + 16 * v);
                    for (int h = 0; h < H; ++h)
                        mean[h][v] = _mm512_fmadd_ps(_mm512_set1_ps(weights[h][p]), row, mean[h][v]);
                }
        }
        for (int h = 0; h < H; ++h)
            for (int v = 0; v < count; ++v) _mm512_storeu_ps(output + h * b.paddedDim + d + 16 * v, mean[h][v]);
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

TRAMONTANE_INLINE __m512 loadBytes(const std::uint8_t* values) {
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_load_si128(reinterpret_cast<const __m128i*>(values))));
}

// R rows of the head against one row of x: each product has one chain of additions, the same for every batch.
template <int R>
TRAMONTANE_INLINE void headRows(const std::uint8_t* weights, int columns, const float* x, float* out) {
    const std::size_t rowBytes = headRowBytes(columns);
    __m512 sum[R];
    for (int j = 0; j < R; ++j) sum[j] = _mm512_setzero_ps();
    for (int k = 0; k < columns; k += kHeadBlock) {
        const __m512 first = _mm512_loadu_ps(x + k), second = _mm512_loadu_ps(x + k + 16);
        const __m512 third = _mm512_loadu_ps(x + k + 32), fourth = _mm512_loadu_ps(x + k + 48);
#pragma GCC unroll 4
        for (int j = 0; j < R; ++j) {
            const std::uint8_t* row = weights + static_cast<std::size_t>(j) * rowBytes;
            _mm_prefetch(reinterpret_cast<const char*>(row + k) + R * rowBytes, _MM_HINT_T1);
            __m512 part = _mm512_mul_ps(loadBytes(row + k), first);
            part = _mm512_fmadd_ps(loadBytes(row + k + 16), second, part);
            part = _mm512_fmadd_ps(loadBytes(row + k + 32), third, part);
            part = _mm512_fmadd_ps(loadBytes(row + k + 48), fourth, part);
            float scale;
            __builtin_memcpy(&scale, row + columns + k / kHeadBlock * static_cast<int>(sizeof scale), sizeof scale);
            sum[j] = _mm512_fmadd_ps(part, _mm512_set1_ps(scale), sum[j]);
        }
    }
    for (int j = 0; j < R; ++j) out[j] = _mm512_reduce_add_ps(sum[j]);
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
    for (; i + 16 <= count; i += 16) _mm512_storeu_ps(out + i, loadHalves(from + 2 * static_cast<std::ptrdiff_t>(i)));
    if (i == count) return;
    const __mmask16 rest = static_cast<__mmask16>((1u << (count - i)) - 1);
    _mm512_mask_storeu_ps(out + i, rest,
                          _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(rest, from + 2 * static_cast<std::ptrdiff_t>(i))));
}

TRAMONTANE_TARGET void floatsToHalves(const float* x, std::uint16_t* out, int count) {
    for (int i = 0; i < count; i += 16) {
        const __mmask16 here = static_cast<__mmask16>(count - i >= 16 ? 0xffffu : (1u << (count - i)) - 1);
        const __m256i halves = _mm512_cvtps_ph(_mm512_maskz_loadu_ps(here, x + i), _MM_FROUND_TO_NEAREST_INT);
        _mm256_mask_storeu_epi16(out + i, here, halves);
    }
}

TRAMONTANE_TARGET void repack(const std::byte* words, std::size_t stride, const std::int32_t* order, int inputs,
                              int count, std::uint8_t* out) {
    const __m512i lowBits = _mm512_set1_epi32(15);
    for (int t = 0; t < count; t += kStepRows, order += kStepRows, out += 64) {
        __m512i packed = _mm512_setzero_si512();
        for (int j = 0; j < kStepRows; ++j) {
            const int row = order[j];
            if (row >= inputs) continue;
            const __m512i source = _mm512_loadu_si512(words + static_cast<std::size_t>(row / 8) * stride * 4);
            const __m512i nibble =
                _mm512_and_si512(_mm512_srl_epi32(source, _mm_cvtsi32_si128(4 * (row % 8))), lowBits);
            packed = _mm512_or_si512(packed, _mm512_sll_epi32(nibble, _mm_cvtsi32_si128(j % 4 * 8 + j / 4 * 4)));
        }
        _mm512_storeu_si512(out, packed);
    }
}

TRAMONTANE_TARGET void permuteWords(const std::byte* words, const std::int32_t* order, int source, int count,
                                    std::uint32_t* out) {
    int c = 0;
    for (; c + 16 <= count; c += 16) {
        const __m512i index = _mm512_loadu_si512(order + c);
        const __mmask16 there = _mm512_cmplt_epi32_mask(index, _mm512_set1_epi32(source));
        _mm512_storeu_si512(out + c, _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), there, index, words, 4));
    }
    for (; c < count; ++c) {
        out[c] = 0;
        if (order[c] < source) __builtin_memcpy(out + c, words + 4 * static_cast<std::size_t>(order[c]), 4);
    }
}

} // namespace

const Kernels& avx512Kernels() {
    static const Kernels table{
        InstructionSet::avx512, 0,      linear,      quantize, sumOfSquares, siluMultiply, attend, head, halvesToFloats,
        floatsToHalves,         repack, permuteWords};
    return table;
}

} // namespace tramontane
#endif
