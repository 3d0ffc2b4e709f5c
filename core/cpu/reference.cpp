// The operations of the model, one loop each.
#include "core/cpu/reference.h"

#include <algorithm>
#include <cmath>

#include "core/cpu/half.h"

namespace tramontane {

std::vector<float> referenceDense(const DenseView& view) {
    std::vector<float> values(static_cast<std::size_t>(view.rows) * view.columns);
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (view.dtype == DType::f16)
            values[i] = halfToFloat(loadAt<std::uint16_t>(view.bytes.data(), i));
        else if (view.dtype == DType::bf16)
            values[i] = bfloatToFloat(loadAt<std::uint16_t>(view.bytes.data(), i));
        else
            values[i] = loadAt<float>(view.bytes.data(), i);
    }
    return values;
}

void referenceRmsNorm(const float* x, const float* weight, int count, float eps, float* out) {
    float squares = 0;
    for (int i = 0; i < count; ++i) squares += x[i] * x[i];
    const float factor = 1.0f / std::sqrt(squares / static_cast<float>(count) + eps);
    for (int i = 0; i < count; ++i) out[i] = weight[i] * (x[i] * factor);
}

void referenceLinear(const float* x, const float* weights, const float* bias, int inputs, int outputs, float* out) {
    if (bias != nullptr)
        std::copy_n(bias, outputs, out);
    else
        std::fill_n(out, outputs, 0.0f);
    for (int k = 0; k < inputs; ++k) {
        const float* row = weights + static_cast<std::size_t>(k) * static_cast<std::size_t>(outputs);
        for (int n = 0; n < outputs; ++n) out[n] += x[k] * row[n];
    }
}

void referenceRotary(float* head, int headDim, int position, float theta) {
    const int half = headDim / 2;
    for (int i = 0; i < half; ++i) {
        const float frequency = 1.0f / std::pow(theta, static_cast<float>(2 * i) / static_cast<float>(headDim));
        const float angle = static_cast<float>(position) * frequency;
        const float cosine = std::cos(angle), sine = std::sin(angle);
        const float first = head[i], second = head[i + half];
        head[i] = first * cosine - second * sine;
        head[i + half] = second * cosine + first * sine;
    }
}

float referenceSilu(float x) { return x / (1.0f + std::exp(-x)); }

void referenceAttention(const float* query, const float* keys, const float* values, int headDim, std::ptrdiff_t stride,
                        int first, int last, float* out) {
    const float scale = 1.0f / std::sqrt(static_cast<float>(headDim));
    std::vector<float> weights;
    for (int p = first; p < last; ++p) {
        float score = 0;
        for (int d = 0; d < headDim; ++d) score += query[d] * keys[p * stride + d];
        weights.push_back(score * scale);
    }
    const float highest = *std::max_element(weights.begin(), weights.end());
    float sum = 0;
    for (float& weight : weights) sum += weight = std::exp(weight - highest);
    std::fill_n(out, headDim, 0.0f);
    for (int p = first; p < last; ++p)
        for (int d = 0; d < headDim; ++d)
            out[d] += weights[static_cast<std::size_t>(p - first)] / sum * values[p * stride + d];
}

} // namespace tramontane
