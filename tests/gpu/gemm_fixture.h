// Random packed linears and activations for gemm(), and what it should make of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <random>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include <cuda_bf16.h>
#include <gtest/gtest.h>

#include "gpu/marlin/gemm_kernels.h"
#include "tests/gpu/device_vector.h"
#include "tests/gpu/packed_fixture.h"

namespace tramontane::testing {

using gpu::ColumnOrder;
using gpu::GemmElement;
using gpu::GemmOutput;
using gpu::GemmPath;

constexpr double kTolerance = 1e-3; // issue 3; the f16 of weights and outputs make about 2e-4 of it
// Of bf16 added in f32, where nothing is rounded but f32 sums: K/32 times by 2^-24, 3e-5 at K = 14336. Weights that were
// rounded to bf16 would make 8e-4.
constexpr double kSumsTolerance = 1e-4;
constexpr int kSpareRows = 3, kSpareColumns = 11;

template <class... Parts>
std::string text(const Parts&... parts) {
    std::ostringstream all;
    (all << ... << parts);
    return all.str();
}

inline int multiprocessors() {
    int device = 0, count = 0;
    cudaGetDevice(&device);
    cudaDeviceGetAttribute(&count, cudaDevAttrMultiProcessorCount, device);
    return count;
}

struct Kernel {
    GemmPath path;
    int tile; // -1: as gemm() would choose
    std::string name() const { return text(path == GemmPath::hopper ? "Hopper" : "portable", " kernel, tile ", tile); }
};

inline const char* nameOf(GemmElement element) { return element == GemmElement::bf16 ? "bf16" : "f16"; }

// Those that this device runs: both paths as gemm() chooses their tiles or, where `everyTile`, with each tile.
inline std::vector<Kernel> kernels(GemmElement element, bool everyTile) {
    std::vector<Kernel> found;
    for (const GemmPath path : {GemmPath::portable, GemmPath::hopper}) {
        if (!gpu::deviceRuns(path, element)) continue;
        const auto count = path == GemmPath::hopper ? std::size(gpu::kHopperTiles) : std::size(gpu::kPortableTiles);
        if (everyTile)
            for (int tile = 0; tile < static_cast<int>(count); ++tile) found.push_back({path, tile});
        else
            found.push_back({path, -1});
    }
    return found;
}

inline std::uint16_t encoded(GemmElement element, float value) {
    if (element == GemmElement::bf16) return static_cast<__nv_bfloat16_raw>(__float2bfloat16(value)).x;
    return static_cast<__half_raw>(__float2half(value)).x;
}
inline float decoded(GemmElement element, std::uint16_t bits) {
    if (element == GemmElement::bf16) return __bfloat162float(__nv_bfloat16(__nv_bfloat16_raw{bits}));
    return __half2float(__half(__half_raw{bits}));
}
inline std::vector<std::uint16_t> encoded(GemmElement element, const std::vector<float>& values) {
    std::vector<std::uint16_t> bits(values.size());
    std::transform(values.begin(), values.end(), bits.begin(), [&](float v) { return encoded(element, v); });
    return bits;
}
inline std::vector<float> decoded(GemmElement element, const std::vector<std::uint16_t>& bits) {
    std::vector<float> values(bits.size());
    std::transform(bits.begin(), bits.end(), values.begin(), [&](std::uint16_t b) { return decoded(element, b); });
    return values;
}

// The size of the numbers in the first row and in the last; in between it grows by the same factor from row to row.
struct RowSizes {
    double first = 1, last = 1;
    bool differ() const { return first != last; }
};

// Activations in device memory, with garbage beyond the last row and between the rows.
struct Activations {
    GemmElement element;
    RowSizes sizes;
    int rows, stride;
    std::vector<float> values; // as the element has them
    DeviceVector<std::uint16_t> device;

    Activations(GemmElement type, int rowCount, int inputs, std::mt19937& random, const RowSizes& rowSizes = {})
        : element(type), sizes(rowSizes), rows(rowCount), stride(inputs + 24), values(draw(inputs, random)),
          device(encoded(element, values)) {}

private:
    std::vector<float> draw(int inputs, std::mt19937& random) const {
        std::normal_distribution<float> normal;
        std::vector<float> drawn(static_cast<std::size_t>(rows + kSpareRows) * stride, NAN);
        for (int m = 0; m < rows; ++m) {
            const auto size = static_cast<float>(
                sizes.first * std::pow(sizes.last / sizes.first, static_cast<double>(m) / std::max(1, rows - 1)));
            for (int k = 0; k < inputs; ++k)
                drawn[static_cast<std::size_t>(m) * stride + k] =
                    decoded(element, encoded(element, size * normal(random)));
        }
        return drawn;
    }
};

struct Case {
    int rows = 16, chunks = 3, tiles = 5, groupRows = 128;
    bool hasZeros = false, hasBias = false;
    ColumnOrder order = ColumnOrder::plain;
    GemmOutput output = GemmOutput::store;
    int rotaryTiles = 0, headDim = 0;
    int missing = 0; // columns of the last tile that are padding

    std::string name() const {
        return text("M ", rows, " K ", chunks * 128, " N ", tiles * 16, " group ", groupRows, " zeros ", hasZeros,
                    " bias ", hasBias, " order ", static_cast<int>(order), " output ", static_cast<int>(output),
                    " missing ", missing);
    }
    int columns() const { return tiles * (output == GemmOutput::siluTimes ? 8 : 16) - missing; }
};

// Natural column of every packed row, written out from the description in layout.h.
inline std::vector<int> naturalColumns(const Case& c) {
    std::vector<int> columns(static_cast<std::size_t>(c.tiles) * 16);
    for (int i = 0; i < static_cast<int>(columns.size()); ++i) columns[i] = i;
    if (c.order == ColumnOrder::rotary)
        for (int head = 0, tile = 0; tile < c.rotaryTiles; ++head)
            for (int j = 0; j < c.headDim / 16; ++j, ++tile)
                for (int r = 0; r < 8; ++r) {
                    columns[tile * 16 + r] = head * c.headDim + 8 * j + r;
                    columns[tile * 16 + 8 + r] = head * c.headDim + c.headDim / 2 + 8 * j + r;
                }
    if (c.order == ColumnOrder::gateUp)
        for (int tile = 0; tile < c.tiles; ++tile)
            for (int r = 0; r < 8; ++r) {
                columns[tile * 16 + r] = 8 * tile + r;
                columns[tile * 16 + 8 + r] = 8 * c.tiles + 8 * tile + r;
            }
    return columns;
}

// (rows, columns) of what gemm should leave in out or residual, which held `before`.
inline std::vector<double> expectedOutput(const Case& c, const PackedFixture& linear, const Activations& x,
                                          const std::vector<float>& before, int stride) {
    const std::vector<double> sums = linear.multiply(x.values, c.rows, x.stride);
    const std::vector<int> natural = naturalColumns(c);
    const int packed = c.tiles * 16, columns = c.columns();
    std::vector<double> expected(static_cast<std::size_t>(c.rows) * columns);
    for (int m = 0; m < c.rows; ++m) {
        const double* from = sums.data() + static_cast<std::size_t>(m) * packed;
        double* to = expected.data() + static_cast<std::size_t>(m) * columns;
        if (c.output == GemmOutput::siluTimes) {
            for (int n = 0; n < columns; ++n) {
                const double gate = from[n / 8 * 16 + n % 8], up = from[n / 8 * 16 + 8 + n % 8];
                to[n] = gate / (1 + std::exp(-gate)) * up;
            }
            continue;
        }
        for (int i = 0; i < packed; ++i)
            if (natural[i] < columns) to[natural[i]] = from[i];
        if (c.output == GemmOutput::addTo)
            for (int n = 0; n < columns; ++n) to[n] += before[static_cast<std::size_t>(m) * stride + n];
    }
    return expected;
}

inline gpu::DeviceLinear linearOf(const Case& c, const gpu::PackedShape& shape, const std::uint8_t* tiles,
                                  const float* bias) {
    gpu::DeviceLinear linear;
    linear.shape = shape;
    linear.columnOrder = c.order;
    linear.rotaryTiles = c.rotaryTiles;
    linear.headDim = c.headDim;
    linear.tiles = tiles;
    linear.bias = bias;
    return linear;
}

// The rounding of a bf16 output itself is not an error: what is expected is rounded, too.
template <class Got>
void expectClose(GemmElement element, GemmOutput output, std::span<const Got> got, std::span<const double> expected,
                 const std::function<std::string(std::size_t)>& placeOf) {
    const bool sums = output == GemmOutput::addTo, bf16 = element == GemmElement::bf16;
    std::vector<double> wanted(expected.begin(), expected.end());
    if (bf16 && !sums)
        for (double& value : wanted) value = decoded(element, encoded(element, static_cast<float>(value)));
    const NormError error = normError(std::vector<Got>(got.begin(), got.end()), wanted);
    EXPECT_LE(error.relative, bf16 && sums ? kSumsTolerance : kTolerance)
        << "worst element: " << placeOf(error.worstAt) << ", off by " << error.worst;
}

// Runs a kernel into poisoned memory and compares all that it wrote and all that it must not write.
inline void expectMatch(const Kernel& kernel, const Case& c, const PackedFixture& linear,
                        const gpu::DeviceLinear& device, const Activations& x, DeviceVector<std::uint8_t>& workspace,
                        std::mt19937& random) {
    SCOPED_TRACE(text(nameOf(x.element), ", ", kernel.name(), ", ", c.name()));
    const int columns = c.columns(),
              stride = columns + kSpareColumns + (c.rows % 2 ? 0 : (24 - (columns + kSpareColumns) % 8) % 8);
    const std::size_t count = static_cast<std::size_t>(c.rows + kSpareRows) * stride;
    std::normal_distribution<float> normal;
    std::vector<float> before(count, NAN);
    if (c.output == GemmOutput::addTo)
        for (int m = 0; m < c.rows; ++m)
            for (int n = 0; n < columns; ++n) before[static_cast<std::size_t>(m) * stride + n] = normal(random);
    DeviceVector<float> residual(before);
    DeviceVector<std::uint16_t> out(count);

    gpu::GemmArguments arguments;
    arguments.element = x.element;
    arguments.x = x.device.get();
    arguments.rows = c.rows;
    arguments.xStride = x.stride;
    arguments.linear = device;
    arguments.columns = columns;
    arguments.output = c.output;
    arguments.out = out.get();
    arguments.residual = residual.get();
    arguments.outStride = stride;
    arguments.workspace = workspace.get();
    ASSERT_EQ(gpu::gemmBy(kernel.path, kernel.tile, arguments, nullptr), cudaSuccess);

    const std::vector<float> got =
        c.output == GemmOutput::addTo ? residual.download() : decoded(x.element, out.download());
    std::vector<float> written;
    std::size_t strays = 0;
    for (int m = 0; m < c.rows + kSpareRows; ++m)
        for (int n = 0; n < stride; ++n) {
            const float value = got[static_cast<std::size_t>(m) * stride + n];
            if (m < c.rows && n < columns)
                written.push_back(value);
            else if (!std::isnan(value))
                ++strays;
        }
    EXPECT_EQ(strays, 0u) << "written outside of the result";
    const std::vector<double> expected = expectedOutput(c, linear, x, before, stride);
    const auto width = static_cast<std::size_t>(columns);
    const std::size_t perNorm = x.sizes.differ() ? width : expected.size(); // large rows would hide small ones
    for (std::size_t from = 0; from < expected.size(); from += perNorm)
        expectClose(x.element, c.output, std::span<const float>(written).subspan(from, perNorm),
                    std::span<const double>(expected).subspan(from, perNorm), [&](std::size_t at) {
                        return text("row ", (from + at) / width, ", column ", (from + at) % width);
                    });
}

// A linear of any size whose packed bytes are drawn at random, and single weights of it read back from the bytes.
struct RandomPacked {
    gpu::PackedShape shape;
    std::vector<std::uint8_t> bytes;

    RandomPacked(int inputs, int outputs, int groupRows, bool hasZeros, std::mt19937& random)
        : shape{inputs, inputs / 128, outputs / 16, groupRows, hasZeros}, bytes(shape.sizeBytes()) {
        std::uint64_t state = random();
        for (std::size_t chunk = 0; chunk < bytes.size(); chunk += shape.chunkBytes()) {
            for (int i = 0; i < gpu::kChunkWeightBytes; i += 4) {
                state = state * 6364136223846793005u + 1442695040888963407u;
                const auto word = static_cast<std::uint32_t>(state >> 32);
                std::memcpy(bytes.data() + chunk + i, &word, 4);
            }
            std::uint8_t* numbers = bytes.data() + chunk + gpu::kChunkWeightBytes;
            for (int i = 0; i < 16 * shape.scaleGroups(); ++i) {
                const __half scale = __float2half((0.5f + static_cast<float>(random() % 1024) / 1024) /
                                                  (4.6f * std::sqrt(static_cast<float>(inputs))));
                std::memcpy(numbers + 2 * i, &scale, 2);
                const __half zero = __float2half(static_cast<float>(random() % 17));
                if (hasZeros) std::memcpy(numbers + shape.scaleBytes() + 2 * i, &zero, 2);
            }
        }
    }
    float weight(int input, int tile, int row) const {
        const std::uint8_t* chunk =
            bytes.data() + tile * shape.tileBytes() + std::size_t(input / 128) * shape.chunkBytes();
        const int unit = input / 64 % 2, sub = input / 32 % 2, lane = row % 8 * 4 + gpu::nibbleOwner(input % 32);
        std::uint32_t word;
        std::memcpy(&word, chunk + unit * gpu::kUnitBytes + lane * 16 + (2 * sub + row / 8) * 4, 4);
        const std::uint8_t* numbers =
            chunk + gpu::kChunkWeightBytes + input % 128 / shape.groupRows * 32 + row % 8 * 4 + row / 8 * 2;
        __half scale, zero = __float2half(8);
        std::memcpy(&scale, numbers, 2);
        if (shape.hasZeros) std::memcpy(&zero, numbers + shape.scaleBytes(), 2);
        return (static_cast<float>(word >> gpu::nibbleShift(input % 32) & 15) - __half2float(zero)) *
               __half2float(scale);
    }
};

} // namespace tramontane::testing
