// A random quantized linear as marlin/layout.h packs it, made on the host, beside its plain float weights.
#pragma once

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "gpu/marlin/device_linear.h"
#include "tests/gpu/device_vector.h"

namespace tramontane::testing {

struct PackedFixture {
    gpu::PackedShape shape;
    std::vector<std::uint8_t> bytes;
    std::vector<float> weights; // (packed inputs, packed outputs) by tile row: column 16*tile + row of tile
    std::vector<float> bias;    // (packed outputs) or empty

    // The packed bytes of any linear: `quant`, `scale` and `zero` tell a packed input's and tile row's
    // numbers.
    template <class Quant, class Scale, class Zero>
    static std::vector<std::uint8_t> pack(const gpu::PackedShape& shape, Quant quant, Scale scale, Zero zero) {
        std::vector<std::uint8_t> bytes(shape.sizeBytes());
        for (int tile = 0; tile < shape.tiles; ++tile)
            for (int chunk = 0; chunk < shape.chunks; ++chunk) {
                std::uint8_t* at =
                    bytes.data() + tile * shape.tileBytes() + static_cast<std::size_t>(chunk) * shape.chunkBytes();
                for (int input = 0; input < gpu::kChunkInputs; ++input)
                    for (int row = 0; row < gpu::kTileRows; ++row) {
                        const int unit = input / 64, sub = input / 32 % 2, inSub = input % 32;
                        const int lane = row % 8 * 4 + gpu::nibbleOwner(inSub);
                        std::uint8_t* word = at + unit * gpu::kUnitBytes + lane * 16 + (2 * sub + row / 8) * 4;
                        std::uint32_t bits;
                        std::memcpy(&bits, word, 4);
                        bits |= static_cast<std::uint32_t>(quant(chunk * gpu::kChunkInputs + input, tile * 16 + row))
                                << gpu::nibbleShift(inSub);
                        std::memcpy(word, &bits, 4);
                    }
                for (int group = 0; group < shape.scaleGroups(); ++group)
                    for (int row = 0; row < gpu::kTileRows; ++row) {
                        const int input = chunk * gpu::kChunkInputs + group * shape.groupRows;
                        const std::size_t place = gpu::kChunkWeightBytes + group * 32 + row % 8 * 4 + row / 8 * 2;
                        const __half s = __float2half(scale(input, tile * 16 + row));
                        std::memcpy(at + place, &s, 2);
                        if (!shape.hasZeros) continue;
                        const __half z = __float2half(static_cast<float>(zero(input, tile * 16 + row)));
                        std::memcpy(at + place + shape.scaleBytes(), &z, 2);
                    }
            }
        return bytes;
    }

    // Fresh random numbers of a bell shape; the last `padding` inputs have scale 0.
    PackedFixture(int chunks, int tiles, int groupRows, bool hasZeros, bool hasBias, std::mt19937& random) {
        shape = {chunks * gpu::kChunkInputs, chunks, tiles, groupRows, hasZeros};
        const int inputs = shape.packedInputs(), outputs = shape.packedOutputs();
        const int groups = inputs / groupRows;
        std::normal_distribution<float> bell(8.0f, 2.6f), normal;
        std::vector<std::uint8_t> quants(static_cast<std::size_t>(inputs) * outputs);
        for (auto& q : quants) q = static_cast<std::uint8_t>(std::clamp(std::lround(bell(random)), 0l, 15l));
        std::vector<float> scales(static_cast<std::size_t>(groups) * outputs);
        std::vector<int> zeros(scales.size(), 8);
        for (auto& s : scales)
            s = __half2float(
                __float2half(std::exp(0.3f * normal(random)) / (2.6f * std::sqrt(static_cast<float>(inputs)))));
        if (hasZeros)
            for (auto& z : zeros) z = static_cast<int>(random() % 17);
        const auto groupAt = [&](int input, int column) {
            return static_cast<std::size_t>(input / groupRows) * outputs + column;
        };
        bytes = pack(
            shape, [&](int k, int n) { return quants[static_cast<std::size_t>(k) * outputs + n]; },
            [&](int k, int n) { return scales[groupAt(k, n)]; }, [&](int k, int n) { return zeros[groupAt(k, n)]; });
        weights.resize(quants.size());
        for (int k = 0; k < inputs; ++k)
            for (int n = 0; n < outputs; ++n)
                weights[static_cast<std::size_t>(k) * outputs + n] =
                    (quants[static_cast<std::size_t>(k) * outputs + n] - zeros[groupAt(k, n)]) * scales[groupAt(k, n)];
        if (hasBias)
            for (int n = 0; n < outputs; ++n) bias.push_back(normal(random));
    }

    // (rows, packed outputs) by tile row, in double; x (rows, stride).
    std::vector<double> multiply(const std::vector<float>& x, int rows, int stride) const {
        const int inputs = shape.packedInputs(), outputs = shape.packedOutputs();
        std::vector<double> out(static_cast<std::size_t>(rows) * outputs);
        for (int m = 0; m < rows; ++m) {
            double* row = out.data() + static_cast<std::size_t>(m) * outputs;
            for (int n = 0; n < outputs && !bias.empty(); ++n) row[n] = bias[static_cast<std::size_t>(n)];
            for (int k = 0; k < inputs; ++k) {
                const double value = x[static_cast<std::size_t>(m) * stride + k];
                const float* w = weights.data() + static_cast<std::size_t>(k) * outputs;
                for (int n = 0; n < outputs; ++n) row[n] += value * w[n];
            }
        }
        return out;
    }
};

// ‖got − expected‖ / ‖expected‖ and the worst element; NaN anywhere gives infinity.
struct NormError {
    double relative = 0, worst = 0;
    std::size_t worstAt = 0;
};
template <class Got, class Expected>
NormError normError(const std::vector<Got>& got, const std::vector<Expected>& expected) {
    NormError error;
    double difference = 0, norm = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const double d = std::abs(static_cast<double>(got[i]) - static_cast<double>(expected[i]));
        if (!(d <= error.worst)) error.worst = std::isnan(d) ? INFINITY : d, error.worstAt = i;
        difference += std::isnan(d) ? INFINITY : d * d;
        norm += static_cast<double>(expected[i]) * static_cast<double>(expected[i]);
    }
    error.relative = got.size() == expected.size() ? std::sqrt(difference / std::max(norm, 1e-300)) : INFINITY;
    return error;
}

} // namespace tramontane::testing
