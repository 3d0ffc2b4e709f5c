// The kernels in NEON, which every arm64 has. What is not here the compiler makes of the plain loops.
// Contracts: kernels.h. Test: tests/core/cpu/kernels_test.cpp.
#include "core/cpu/kernels.h"

#if defined(__aarch64__)
#include <algorithm>
#include <limits>

#include "core/cpu/neon_linear.h"

namespace tramontane {
namespace {

void linear(const PackedLinear& w, const QuantizedRows& x, int rows, int firstBlock, int lastBlock, float* out,
            std::ptrdiff_t outStride, WriteMode mode) {
    linearByRows(w, x, rows, firstBlock, lastBlock, out, outStride, mode, [](int32x4_t sum, int8x16_t a, int8x16_t b) {
        const int16x8_t first = vmull_s8(vget_low_s8(a), vget_low_s8(b)), second = vmull_high_s8(a, b);
        return vaddq_s32(sum, vpaddq_s32(vpaddlq_s16(first), vpaddlq_s16(second)));
    });
}

float32x4_t loadHalves(const std::uint16_t* halves) { return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(halves))); }

void quantize(const QuantizeJob& job) {
    float scaled[kMaxSegmentRows];
    for (int row = job.firstSegment * job.segmentRows; row < job.lastSegment * job.segmentRows; row += job.block) {
        uint32x4_t largest = vdupq_n_u32(0); // compared as bits, so that NaN is larger than every number
        for (int i = 0; i < job.block; i += 4) {
            const int k = row + i;
            float gathered[4];
            for (int j = 0; j < 4; ++j) gathered[j] = job.x[job.order != nullptr ? job.order[k + j] : k + j];
            float32x4_t x = vld1q_f32(gathered);
            if (job.weight != nullptr) x = vmulq_f32(x, vld1q_f32(job.weight + k));
            x = vmulq_n_f32(x, job.factor);
            vst1q_f32(scaled + i, x);
            largest = vmaxq_u32(largest, vandq_u32(vreinterpretq_u32_f32(x), vdupq_n_u32(0x7fffffff)));
        }
        const std::uint32_t bits = vmaxvq_u32(largest);
        const bool finite = bits < 0x7f800000u;
        float amax;
        __builtin_memcpy(&amax, &bits, 4);
        const float inverse = finite && amax > 1e-30f ? 127.0f / amax : 0.0f;
        std::int32_t total = 0;
        for (int i = 0; i < job.block; i += 4) {
            const int32x4_t value =
                finite ? vcvtnq_s32_f32(vmulq_n_f32(vld1q_f32(scaled + i), inverse)) : vdupq_n_s32(0);
            total += vaddvq_s32(value);
            for (int j = 0; j < 4; ++j) job.out.values[row + i + j] = static_cast<std::int8_t>(value[j]);
        }
        job.out.scales[row / job.block] = finite ? amax / 127.0f : std::numeric_limits<float>::quiet_NaN();
        job.out.totals[row / job.block] = total;
    }
}

// e^x to 2 units in the last place; 0 below -87, NaN stays NaN. x <= 88.
float32x4_t exponential(float32x4_t x) {
    const uint32x4_t tiny = vcltq_f32(x, vdupq_n_f32(-87.0f)); // false for NaN
    x = vbslq_f32(tiny, vdupq_n_f32(-87.0f), x);
    const float32x4_t n = vrndnq_f32(vmulq_n_f32(x, 1.44269504f));
    float32x4_t r = vfmsq_n_f32(x, n, 0.693359375f);
    r = vfmsq_n_f32(r, n, -2.12194440e-4f);
    float32x4_t p = vdupq_n_f32(1.9875691500e-4f);
    for (const float next : {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f})
        p = vfmaq_f32(vdupq_n_f32(next), p, r);
    p = vfmaq_f32(vaddq_f32(r, vdupq_n_f32(1.0f)), vmulq_f32(p, r), r);
    const int32x4_t power = vshlq_n_s32(vaddq_s32(vcvtq_s32_f32(n), vdupq_n_s32(127)), 23);
    return vbslq_f32(tiny, vdupq_n_f32(0), vmulq_f32(p, vreinterpretq_f32_s32(power)));
}

void attendHead(const AttentionBlock& b, int head) {
    constexpr int kVectors = kKvBlockPositions / 4;
    const float* query = b.queries + static_cast<std::ptrdiff_t>(head) * b.queryStride;
    float* output = b.output + static_cast<std::ptrdiff_t>(head) * b.paddedDim;
    // Scores: lanes are positions.
    float32x4_t score[kVectors];
    for (float32x4_t& lanes : score) lanes = vdupq_n_f32(0);
    const std::uint16_t* key = b.keys;
    for (int d = 0; d < b.headDim; ++d, key += kKvBlockPositions)
        for (int v = 0; v < kVectors; ++v) score[v] = vfmaq_n_f32(score[v], loadHalves(key + 4 * v), query[d]);

    // Weights, and what was summed so far brought to the new maximum.
    alignas(16) float weights[kKvBlockPositions];
    const float infinity = std::numeric_limits<float>::infinity();
    for (int v = 0; v < kVectors; ++v) vst1q_f32(weights + 4 * v, score[v]);
    std::fill(weights, weights + b.first, -infinity);
    std::fill(weights + b.last, weights + kKvBlockPositions, -infinity);
    float32x4_t highest = vdupq_n_f32(-infinity);
    for (int v = 0; v < kVectors; ++v) highest = vmaxq_f32(highest, vld1q_f32(weights + 4 * v));
    const float old = b.maximum[head], maximum = std::max(old, vmaxvq_f32(highest));
    float32x4_t sum = vdupq_n_f32(0);
    for (int v = 0; v < kVectors; ++v) {
        const float32x4_t weight = exponential(vsubq_f32(vld1q_f32(weights + 4 * v), vdupq_n_f32(maximum)));
        sum = vaddq_f32(sum, weight);
        vst1q_f32(weights + 4 * v, weight);
    }
    const float shrink = vgetq_lane_f32(exponential(vdupq_n_f32(old - maximum)), 0);
    b.maximum[head] = maximum;
    b.sum[head] = b.sum[head] * shrink + vaddvq_f32(sum);

    // Weighted values: lanes are dimensions, 16 of them at once.
    for (int d = 0; d < b.paddedDim; d += 16) {
        float32x4_t mean[4];
        for (int v = 0; v < 4; ++v) mean[v] = vmulq_n_f32(vld1q_f32(output + d + 4 * v), shrink);
        const std::uint16_t* value = b.values + static_cast<std::ptrdiff_t>(b.first) * b.paddedDim + d;
        for (int p = b.first; p < b.last; ++p, value += b.paddedDim)
            for (int v = 0; v < 4; ++v) mean[v] = vfmaq_n_f32(mean[v], loadHalves(value + 4 * v), weights[p]);
        for (int v = 0; v < 4; ++v) vst1q_f32(output + d + 4 * v, mean[v]);
    }
}

void attend(const AttentionBlock& b) {
    for (int head = 0; head < b.heads; ++head) attendHead(b, head);
}

void head(const std::uint8_t* weights, int columns, int vocab, const float* x, int rows, std::ptrdiff_t xStride,
          float* out, std::ptrdiff_t outStride) {
    for (int n = 0; n < vocab; ++n, weights += headRowBytes(columns))
        for (int m = 0; m < rows; ++m) {
            const float* row = x + m * xStride;
            float32x4_t sum = vdupq_n_f32(0);
            for (int k = 0; k < columns; k += kHeadBlock) {
                float32x4_t part[4];
                for (float32x4_t& lanes : part) lanes = vdupq_n_f32(0);
                for (int j = 0; j < kHeadBlock; j += 16) {
                    const int8x16_t bytes = vld1q_s8(reinterpret_cast<const std::int8_t*>(weights) + k + j);
                    const int16x8_t low = vmovl_s8(vget_low_s8(bytes)), high = vmovl_high_s8(bytes);
                    const int32x4_t wide[4] = {vmovl_s16(vget_low_s16(low)), vmovl_high_s16(low),
                                               vmovl_s16(vget_low_s16(high)), vmovl_high_s16(high)};
                    for (int v = 0; v < 4; ++v)
                        part[v] = vfmaq_f32(part[v], vcvtq_f32_s32(wide[v]), vld1q_f32(row + k + j + 4 * v));
                }
                float scale;
                __builtin_memcpy(&scale, weights + columns + k / kHeadBlock * static_cast<int>(sizeof scale),
                                 sizeof scale);
                sum = vfmaq_n_f32(sum, vaddq_f32(vaddq_f32(part[0], part[1]), vaddq_f32(part[2], part[3])), scale);
            }
            out[m * outStride + n] = vaddvq_f32(sum);
        }
}

void siluMultiply(const float* gateUp, int blocks, float* out) {
    for (int b = 0; b < blocks; ++b, gateUp += 2 * kBlockColumns, out += kBlockColumns)
        for (int c = 0; c < kBlockColumns; c += 4) {
            const float32x4_t gate = vld1q_f32(gateUp + c), up = vld1q_f32(gateUp + kBlockColumns + c);
            const float32x4_t decay = exponential(vminq_f32(vdupq_n_f32(88.0f), vnegq_f32(gate)));
            vst1q_f32(out + c, vmulq_f32(vdivq_f32(gate, vaddq_f32(vdupq_n_f32(1.0f), decay)), up));
        }
}

} // namespace

const Kernels& neonKernels() {
    static const Kernels table = [] {
        Kernels kernels = scalarKernels();
        kernels.set = InstructionSet::neon;
        kernels.linear = linear;
        kernels.quantize = quantize;
        kernels.siluMultiply = siluMultiply;
        kernels.attend = attend;
        kernels.head = head;
        return kernels;
    }();
    return table;
}

} // namespace tramontane
#endif
