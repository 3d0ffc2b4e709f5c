// The kernels in plain C++: for processors without the vector instructions of the other files.
// Contracts: kernels.h. Test: tests/core/cpu/kernels_test.cpp.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "core/cpu/half.h"
#include "core/cpu/kernels.h"

namespace tramontane {
namespace {

void linearBlock(const PackedLinear& w, int columnBlock, const QuantizedRows& x, float* out, WriteMode mode) {
    const std::uint8_t *step = w.weights(columnBlock), *zeros = w.zeros(columnBlock);
    const std::uint16_t* scales = w.scales(columnBlock);
    const std::int8_t* values = x.values;
    int block = 0;
    float total[kBlockColumns] = {};
    for (int s = 0; s < w.segments; ++s) {
        float part[kBlockColumns] = {};
        const int at = s * kBlockColumns;
        for (int row = 0; row < w.segmentRows; row += w.block, ++block) {
            std::int32_t dot[kBlockColumns] = {};
            for (int k = 0; k < w.block; k += kStepRows, step += 64, values += kStepRows)
                for (int c = 0; c < kBlockColumns; ++c)
                    for (int j = 0; j < 4; ++j)
                        dot[c] += (step[c * 4 + j] & 15) * values[j] + (step[c * 4 + j] >> 4) * values[4 + j];
            for (int c = 0; c < kBlockColumns; ++c) {
                const int zero = zeros != nullptr ? zeros[at + c] : w.uniformZero;
                part[c] += static_cast<float>(dot[c] - zero * x.totals[block]) * x.scales[block];
            }
        }
        for (int c = 0; c < kBlockColumns; ++c) total[c] += halfToFloat(scales[at + c]) * part[c];
    }
    for (int c = 0; c < kBlockColumns; ++c) {
        if (!w.bias.empty()) total[c] += w.bias[static_cast<std::size_t>(columnBlock * kBlockColumns + c)];
        out[c] = mode == WriteMode::add ? out[c] + total[c] : total[c];
    }
}

void linear(const PackedLinear& w, const QuantizedRows& x, int rows, int firstBlock, int lastBlock, float* out,
            std::ptrdiff_t outStride, WriteMode mode) {
    for (int b = firstBlock; b < lastBlock; ++b)
        for (int m = 0; m < rows; ++m) linearBlock(w, b, x.row(m), out + m * outStride + b * w.outputStep, mode);
}

void quantize(const QuantizeJob& job) {
    float scaled[kMaxSegmentRows];
    for (int s = job.firstSegment; s < job.lastSegment; ++s) {
        for (int row = s * job.segmentRows; row < (s + 1) * job.segmentRows; row += job.block) {
            std::uint32_t largest = 0; // compared as bits, so that NaN is larger than every number
            for (int i = 0; i < job.block; ++i) {
                const int k = row + i;
                const float weight = job.weight != nullptr ? job.weight[k] : 1.0f;
                scaled[i] = job.x[job.order != nullptr ? job.order[k] : k] * weight * job.factor;
                largest = std::max(largest, std::bit_cast<std::uint32_t>(scaled[i]) & 0x7fffffffu);
            }
            const float amax = std::bit_cast<float>(largest);
            const bool finite = std::isfinite(amax);
            const float scale = finite ? amax / 127.0f : std::numeric_limits<float>::quiet_NaN();
            const float inverse = finite && amax > 1e-30f ? 127.0f / amax : 0.0f;
            int total = 0;
            for (int i = 0; i < job.block; ++i) {
                const int value = finite ? static_cast<int>(std::nearbyint(scaled[i] * inverse)) : 0;
                job.out.values[row + i] = static_cast<std::int8_t>(value);
                total += value;
            }
            job.out.scales[row / job.block] = scale;
            job.out.totals[row / job.block] = total;
        }
    }
}

float sumOfSquares(const float* x, int count) {
    float lanes[16] = {};
    int i = 0;
    for (; i + 16 <= count; i += 16)
        for (int j = 0; j < 16; ++j) lanes[j] += x[i + j] * x[i + j];
    float sum = 0;
    for (; i < count; ++i) sum += x[i] * x[i];
    for (const float lane : lanes) sum += lane;
    return sum;
}

void siluMultiply(const float* gateUp, int blocks, float* out) {
    for (int b = 0; b < blocks; ++b, gateUp += 2 * kBlockColumns, out += kBlockColumns)
        for (int c = 0; c < kBlockColumns; ++c)
            out[c] = gateUp[c] / (1.0f + std::exp(-gateUp[c])) * gateUp[kBlockColumns + c];
}

void attend(const AttentionBlock& b) {
    for (int h = 0; h < b.heads; ++h) {
        const float* query = b.queries + static_cast<std::ptrdiff_t>(h) * b.queryStride;
        float* output = b.output + static_cast<std::ptrdiff_t>(h) * b.paddedDim;
        float scores[kKvBlockPositions] = {};
        for (int d = 0; d < b.headDim; ++d)
            for (int p = b.first; p < b.last; ++p)
                scores[p] += query[d] * halfToFloat(b.keys[d * kKvBlockPositions + p]);
        float maximum = b.maximum[h];
        for (int p = b.first; p < b.last; ++p) maximum = std::max(maximum, scores[p]);
        const float shrink = std::exp(b.maximum[h] - maximum);
        for (int d = 0; d < b.paddedDim; ++d) output[d] *= shrink;
        float sum = b.sum[h] * shrink;
        for (int p = b.first; p < b.last; ++p) {
            const float weight = std::exp(scores[p] - maximum);
            sum += weight;
            for (int d = 0; d < b.paddedDim; ++d) output[d] += weight * halfToFloat(b.values[p * b.paddedDim + d]);
        }
        b.maximum[h] = maximum;
        b.sum[h] = sum;
    }
}

void head(const std::uint8_t* weights, int columns, int vocab, const float* x, int rows, std::ptrdiff_t xStride,
          float* out, std::ptrdiff_t outStride) {
    for (int n = 0; n < vocab; ++n, weights += headRowBytes(columns))
        for (int m = 0; m < rows; ++m) {
            float sum = 0;
            for (int k = 0; k < columns; k += kHeadBlock) {
                float lanes[16] = {};
                for (int j = 0; j < kHeadBlock; ++j)
                    lanes[j % 16] +=
                        static_cast<float>(static_cast<std::int8_t>(weights[k + j])) * x[m * xStride + k + j];
                float part = 0;
                for (const float lane : lanes) part += lane;
                sum += loadAt<float>(weights + columns, static_cast<std::size_t>(k / kHeadBlock)) * part;
            }
            out[m * outStride + n] = sum;
        }
}

void halvesToFloats(const void* halves, float* out, int count) {
    for (int i = 0; i < count; ++i) out[i] = halfToFloat(loadAt<std::uint16_t>(halves, i));
}

void floatsToHalves(const float* x, std::uint16_t* out, int count) {
    for (int i = 0; i < count; ++i) out[i] = floatToHalf(x[i]);
}

void repack(const std::byte* words, std::size_t stride, const std::int32_t* order, int inputs, int count,
            std::uint8_t* out) {
    for (int t = 0; t < count; t += kStepRows, order += kStepRows, out += 64)
        for (int c = 0; c < kBlockColumns; ++c) {
            std::uint32_t packed = 0;
            for (int j = 0; j < kStepRows; ++j) {
                const int row = order[j];
                if (row >= inputs) continue;
                const std::uint32_t word = loadAt<std::uint32_t>(words, static_cast<std::size_t>(row / 8) * stride + c);
                packed |= (word >> 4 * (row % 8) & 15u) << (j % 4 * 8 + j / 4 * 4);
            }
            for (int j = 0; j < 4; ++j) out[c * 4 + j] = static_cast<std::uint8_t>(packed >> 8 * j);
        }
}

void permuteWords(const std::byte* words, const std::int32_t* order, int source, int count, std::uint32_t* out) {
    for (int c = 0; c < count; ++c)
        out[c] = order[c] < source ? loadAt<std::uint32_t>(words, static_cast<std::size_t>(order[c])) : 0;
}

} // namespace

const Kernels& scalarKernels() {
    static const Kernels table{
        InstructionSet::scalar, 0,      linear,      quantize, sumOfSquares, siluMultiply, attend, head, halvesToFloats,
        floatsToHalves,         repack, permuteWords};
    return table;
}

} // namespace tramontane
