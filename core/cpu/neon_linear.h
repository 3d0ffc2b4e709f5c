// The packed linear in NEON over a dot product of 4 x 8 bits, which not every arm64 has as an instruction: included by
// the sources that have it one way or the other. Contracts: kernels.h. Rounding: as kernels_avx2.cpp.
#pragma once

#include <arm_neon.h>

#include "core/cpu/kernels.h"

namespace tramontane {
namespace {

inline int8x16_t broadcast4(const std::int8_t* bytes) {
    std::int32_t word;
    __builtin_memcpy(&word, bytes, 4);
    return vreinterpretq_s8_s32(vdupq_n_s32(word));
}

// M rows of x times a column block, four columns a vector. Dot(sum, a, b): sum[i] + a[4i..4i+3] . b[4i..4i+3].
template <int M, class Dot>
void linearTile(const PackedLinear& w, int columnBlock, const QuantizedRows& x, float* out, std::ptrdiff_t outStride,
                WriteMode mode, Dot dot) {
    constexpr int kVectors = kBlockColumns / 4;
    const std::uint8_t *step = w.weights(columnBlock), *zeros = w.zeros(columnBlock);
    const std::uint16_t* scales = w.scales(columnBlock);
    const std::int8_t* values = x.values;
    const uint8x16_t lowBits = vdupq_n_u8(15);
    int block = 0;
    float32x4_t total[M][kVectors];
    for (int m = 0; m < M; ++m)
        for (int v = 0; v < kVectors; ++v) total[m][v] = vdupq_n_f32(0);
    for (int s = 0; s < w.segments; ++s, scales += kBlockColumns) {
        float32x4_t part[M][kVectors];
        int32x4_t zero[kVectors];
        for (int v = 0; v < kVectors; ++v) {
            std::int32_t lanes[4];
            for (int j = 0; j < 4; ++j)
                lanes[j] = zeros != nullptr ? zeros[s * kBlockColumns + 4 * v + j] : w.uniformZero;
            zero[v] = vld1q_s32(lanes);
            for (int m = 0; m < M; ++m) part[m][v] = vdupq_n_f32(0);
        }
        for (int first = 0; first < w.segmentRows; first += w.block, ++block) {
            int32x4_t sum[M][kVectors];
            for (int m = 0; m < M; ++m)
                for (int v = 0; v < kVectors; ++v)
                    sum[m][v] = vnegq_s32(vmulq_n_s32(zero[v], x.totals[m * x.blockStride + block]));
            for (int k = 0; k < w.block; k += kStepRows, step += 64, values += kStepRows) {
                __builtin_prefetch(step + 4096);
                for (int v = 0; v < kVectors; ++v) {
                    const uint8x16_t both = vld1q_u8(step + 16 * v);
                    const int8x16_t low = vreinterpretq_s8_u8(vandq_u8(both, lowBits));
                    const int8x16_t high = vreinterpretq_s8_u8(vshrq_n_u8(both, 4));
                    for (int m = 0; m < M; ++m) {
                        const std::int8_t* at = values + static_cast<std::ptrdiff_t>(m) * x.valueStride;
                        sum[m][v] = dot(dot(sum[m][v], low, broadcast4(at)), high, broadcast4(at + 4));
                    }
                }
            }
            for (int m = 0; m < M; ++m)
                for (int v = 0; v < kVectors; ++v)
                    part[m][v] = vfmaq_n_f32(part[m][v], vcvtq_f32_s32(sum[m][v]), x.scales[m * x.blockStride + block]);
        }
        for (int v = 0; v < kVectors; ++v) {
            const float32x4_t scale = vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(scales + 4 * v)));
            for (int m = 0; m < M; ++m) total[m][v] = vfmaq_f32(total[m][v], scale, part[m][v]);
        }
    }
    for (int m = 0; m < M; ++m)
        for (int v = 0; v < kVectors; ++v) {
            float* to = out + m * outStride + 4 * v;
            if (!w.bias.empty())
                total[m][v] = vaddq_f32(total[m][v], vld1q_f32(w.bias.data() + columnBlock * kBlockColumns + 4 * v));
            if (mode == WriteMode::add) total[m][v] = vaddq_f32(vld1q_f32(to), total[m][v]);
            vst1q_f32(to, total[m][v]);
        }
}

template <class Dot>
void linearByRows(const PackedLinear& w, const QuantizedRows& x, int rows, int firstBlock, int lastBlock, float* out,
                  std::ptrdiff_t outStride, WriteMode mode, Dot dot) {
    for (int b = firstBlock; b < lastBlock; ++b) {
        float* column = out + b * w.outputStep;
        int m = 0;
        for (; m + 4 <= rows; m += 4) linearTile<4>(w, b, x.row(m), column + m * outStride, outStride, mode, dot);
        for (; m < rows; ++m) linearTile<1>(w, b, x.row(m), column + m * outStride, outStride, mode, dot);
    }
}

} // namespace
} // namespace tramontane
