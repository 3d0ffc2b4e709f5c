// Random packed linears and activations for gemm(), and what it should make of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "gpu/marlin/gemm_kernels.h"
#include "tests/gpu/device_vector.h"
#include "tests/gpu/packed_fixture.h"

namespace tramontane::testing {

using gpu::ColumnOrder;
using gpu::GemmOutput;
using gpu::GemmPath;

constexpr double kTolerance = 1e-3; // issue 3; the f16 of weights and outputs make about 2e-4 of it
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

// Those that this device runs: both paths as gemm() chooses their tiles or, where `everyTile`, with each tile.
inline std::vector<Kernel> kernels(bool everyTile) {
    std::vector<Kernel> found;
    for (const GemmPath path : {GemmPath::portable, GemmPath::hopper}) {
        if (!gpu::deviceRuns(path)) continue;
        const auto count = path == GemmPath::hopper ? std::size(gpu::kHopperTiles) : std::size(gpu::kPortableTiles);
        if (everyTile)
            for (int tile = 0; tile < static_cast<int>(count); ++tile) found.push_back({path, tile});
        else
            found.push_back({path, -1});
    }
    return found;
}

// Activations in device memory, with garbage beyond the last row and between the rows.
struct Activations {
    int rows, stride;
    std::vector<float> values; // as f16 has them
    DeviceVector<__half> device;

    Activations(int rows, int inputs, std::mt19937& random)
        : rows(rows), stride(inputs + 24), values(random_(rows, inputs, stride, random)), device(toHalves(values)) {}

private:
    static std::vector<float> random_(int rows, int inputs, int stride, std::mt19937& random) {
        std::normal_distribution<float> normal;
        std::vector<float> values(static_cast<std::size_t>(rows + kSpareRows) * stride, NAN);
        for (int m = 0; m < rows; ++m)
            for (int k = 0; k < inputs; ++k)
                values[static_cast<std::size_t>(m) * stride + k] = __half2float(__float2half(normal(random)));
        return values;
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

// Runs a kernel into poisoned memory and compares all that it wrote and all that it must not write.
inline void expectMatch(const Kernel& kernel, const Case& c, const PackedFixture& linear,
                        const gpu::DeviceLinear& device, const Activations& x, DeviceVector<std::uint8_t>& workspace,
                        std::mt19937& random) {
    SCOPED_TRACE(kernel.name() + ", " + c.name());
    const int columns = c.columns(),
              stride = columns + kSpareColumns + (c.rows % 2 ? 0 : (24 - (columns + kSpareColumns) % 8) % 8);
    const std::size_t count = static_cast<std::size_t>(c.rows + kSpareRows) * stride;
    std::normal_distribution<float> normal;
    std::vector<float> before(count, NAN);
    if (c.output == GemmOutput::addTo)
        for (int m = 0; m < c.rows; ++m)
            for (int n = 0; n < columns; ++n) before[static_cast<std::size_t>(m) * stride + n] = normal(random);
    DeviceVector<float> residual(before);
    DeviceVector<__half> out(count);

    gpu::GemmArguments arguments;
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

    const std::vector<float> got = c.output == GemmOutput::addTo ? residual.download() : toFloats(out.download());
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
    const NormError error = normError(written, expectedOutput(c, linear, x, before, stride));
    EXPECT_LE(error.relative, kTolerance) << "worst element: row " << error.worstAt / columns << ", column "
                                          << error.worstAt % columns << ", off by " << error.worst;
}

// A linear of any size whose packed bytes are drawn at random, and single weights of it read back from the bytes.
struct RandomPacked {
    gpu::PackedShape shape;
    std::vector<std::uint8_t> bytes;

    RandomPacked(int inputs, int outputs, std::mt19937& random)
        : shape{inputs, inputs / 128, outputs / 16, 128, false}, bytes(shape.sizeBytes()) {
        std::uint64_t state = random();
        for (std::size_t chunk = 0; chunk < bytes.size(); chunk += shape.chunkBytes()) {
            for (int i = 0; i < gpu::kChunkWeightBytes; i += 4) {
                state = state * 6364136223846793005u + 1442695040888963407u;
                const auto word = static_cast<std::uint32_t>(state >> 32);
                std::memcpy(bytes.data() + chunk + i, &word, 4);
            }
            for (int i = 0; i < 16; ++i) {
                const __half scale = __float2half((0.5f + static_cast<float>(random() % 1024) / 1024) /
                                                  (4.6f * std::sqrt(static_cast<float>(inputs))));
                std::memcpy(bytes.data() + chunk + gpu::kChunkWeightBytes + 2 * i, &scale, 2);
            }
        }
    }
    float weight(int input, int tile, int row) const {
        const std::uint8_t* chunk =
            bytes.data() + tile * shape.tileBytes() + std::size_t(input / 128) * shape.chunkBytes();
        const int unit = input / 64 % 2, sub = input / 32 % 2, lane = row % 8 * 4 + gpu::nibbleOwner(input % 32);
        std::uint32_t word;
        std::memcpy(&word, chunk + unit * gpu::kUnitBytes + lane * 16 + (2 * sub + row / 8) * 4, 4);
        __half scale;
        std::memcpy(&scale, chunk + gpu::kChunkWeightBytes + row % 8 * 4 + row / 8 * 2, 2);
        return (static_cast<float>(word >> gpu::nibbleShift(input % 32) & 15) - 8) * __half2float(scale);
    }
};

} // namespace tramontane::testing
