// Every kernel of every instruction set that this machine has, against the scalar oracle.
#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/cpu/half.h"
#include "core/cpu/kernels.h"
#include "core/cpu/reference.h"

namespace tramontane {
namespace {

constexpr double kEpsilon = 0x1p-24; // half the distance from 1 to the next float

class KernelsTest : public ::testing::TestWithParam<InstructionSet> {
protected:
    const Kernels& kernels = kernelsFor(GetParam());
    std::mt19937 random{20240501};

    float gaussian() { return std::normal_distribution<float>()(random); }
    std::vector<float> gaussians(std::size_t count) {
        std::vector<float> values(count);
        for (float& value : values) value = gaussian();
        return values;
    }
};

std::string nameOf(const ::testing::TestParamInfo<InstructionSet>& info) {
    std::string name = instructionSetOption(info.param);
    std::erase(name, '-');
    return name;
}

// A packed linear of random bytes; how GPTQ becomes one is gptq_pack_test's business.
struct RandomLinear {
    PackedLinear linear;

    RandomLinear(int inputs, int outputs, int segmentRows, int block, bool zerosGiven, bool biasGiven,
                 std::mt19937& random) {
        linear.inputs = linear.paddedInputs = inputs;
        linear.segmentRows = segmentRows;
        linear.segments = inputs / segmentRows;
        linear.block = block;
        linear.columnBlocks = outputs / kBlockColumns;
        linear.hasZeros = zerosGiven;
        linear.layOut();
        Result<Pages> pages = Pages::allocate(linear.columnBlocks * linear.columnBlockBytes);
        EXPECT_TRUE(pages.ok());
        linear.storage = std::move(*pages);
        for (int b = 0; b < linear.columnBlocks; ++b) {
            for (int i = 0; i < linear.segments * kBlockColumns; ++i) {
                linear.scales(b)[i] = floatToHalf(0.002f + 0.00001f * static_cast<float>(random() % 1000));
                if (zerosGiven) linear.zeros(b)[i] = static_cast<std::uint8_t>(random() % 17);
            }
            for (int i = 0; i < inputs * kBlockColumns / 2; ++i)
                linear.weights(b)[i] = static_cast<std::uint8_t>(random());
        }
        for (int n = 0; biasGiven && n < outputs; ++n)
            linear.bias.push_back(static_cast<float>(random() % 100) * 0.01f);
    }

    int quant(int row, int column) const {
        const int byte = linear.weights(column / 16)[row / 8 * 64 + column % 16 * 4 + row % 4];
        return row % 8 < 4 ? byte & 15 : byte >> 4;
    }
    int zero(int segment, int column) const {
        return linear.hasZeros ? linear.zeros(column / 16)[segment * 16 + column % 16] : linear.uniformZero;
    }
    double scale(int segment, int column) const {
        return halfToFloat(linear.scales(column / 16)[segment * 16 + column % 16]);
    }
};

struct RandomRows {
    std::vector<std::int8_t> values;
    std::vector<float> scales;
    std::vector<std::int32_t> totals;
    QuantizedRows rows;

    RandomRows(const PackedLinear& linear, int count, std::mt19937& random) {
        for (int block = 0; block < count * linear.blocks(); ++block) {
            int total = 0;
            for (int k = 0; k < linear.block; ++k) {
                values.push_back(static_cast<std::int8_t>(static_cast<int>(random() % 255) - 127));
                total += values.back();
            }
            scales.push_back(0.001f * static_cast<float>(1 + random() % 20));
            totals.push_back(total);
        }
        rows = {values.data(), scales.data(), totals.data(), linear.paddedInputs, linear.blocks()};
    }
};

// The same rows in tiles; what lies in the rows that fill the last tile must not matter.
struct TiledRows {
    Pages values;
    std::vector<float> scales;
    std::vector<std::int32_t> totals;
    QuantizedRows rows;

    TiledRows(const QuantizedRows& x, const PackedLinear& linear, int count) {
        const int padded = (count + 2 * kTileRows - 1) / (2 * kTileRows) * 2 * kTileRows,
                  stride = (x.valueStride + 63) / 64 * 64;
        Result<Pages> pages = Pages::allocate(static_cast<std::size_t>(padded * stride));
        EXPECT_TRUE(pages.ok());
        values = std::move(*pages);
        std::fill_n(values.as<std::int8_t>(), padded * stride, std::int8_t{-77});
        scales.assign(static_cast<std::size_t>(padded * x.blockStride), std::numeric_limits<float>::quiet_NaN());
        totals.assign(scales.size(), 1'000'000);
        rows = {values.as<std::int8_t>(), scales.data(), totals.data(), stride, x.blockStride, true};
        for (int m = 0; m < count; ++m) {
            const QuantizedRows from = x.row(m), to = rows.row(m);
            for (int k = 0; k < linear.paddedInputs; ++k)
                to.values[k / 64 * to.chunkStride() + k % 64] = from.values[k];
            for (int b = 0; b < linear.blocks(); ++b) {
                to.scales[b * to.blockStep()] = from.scales[b];
                to.totals[b * to.blockStep()] = from.totals[b];
            }
        }
    }
};

// The exact result and the size of what is summed, for the rounding bound.
struct Exact {
    double value = 0, magnitude = 0;
};

Exact exactProduct(const RandomLinear& random, const QuantizedRows& x, int m, int n) {
    const PackedLinear& linear = random.linear;
    const QuantizedRows row = x.row(m);
    Exact result;
    for (int s = 0; s < linear.segments; ++s) {
        double part = 0, size = 0;
        for (int k = s * linear.segmentRows; k < (s + 1) * linear.segmentRows; k += linear.block) {
            int dot = 0;
            for (int i = k; i < k + linear.block; ++i) dot += (random.quant(i, n) - random.zero(s, n)) * row.values[i];
            part += static_cast<double>(row.scales[k / linear.block]) * dot;
            size += static_cast<double>(row.scales[k / linear.block]) * std::abs(dot);
        }
        result.value += random.scale(s, n) * part;
        result.magnitude += random.scale(s, n) * size;
    }
    if (!linear.bias.empty()) {
        result.value += linear.bias[static_cast<std::size_t>(n)];
        result.magnitude += std::abs(linear.bias[static_cast<std::size_t>(n)]);
    }
    return result;
}

struct Shape {
    int inputs, outputs, segmentRows, block;
    bool zeros, bias;
};

void checkLinear(const Kernels& kernels, const Shape& shape, int rows, WriteMode mode, std::mt19937& random) {
    const RandomLinear linear(shape.inputs, shape.outputs, shape.segmentRows, shape.block, shape.zeros, shape.bias,
                              random);
    const RandomRows x(linear.linear, rows, random);
    const std::ptrdiff_t stride = shape.outputs + 32;
    std::vector<float> out(static_cast<std::size_t>(rows * stride), 0.25f);
    const int blocks = linear.linear.columnBlocks, half = blocks / 2;
    const TiledRows tiled(x.rows, linear.linear, rows);
    const bool takesTiles = kernels.tiledFrom > 0 && rows >= kernels.tiledFrom;
    const QuantizedRows& taken = takesTiles ? tiled.rows : x.rows;
    kernels.linear(linear.linear, taken, rows, 0, half, out.data(), stride, mode);
    kernels.linear(linear.linear, taken, rows, half, blocks, out.data(), stride, mode);

    const double operations = linear.linear.blocks() + linear.linear.segments + 8;
    double worst = 0;
    for (int check = 0; check < 400; ++check) {
        const int m = static_cast<int>(random() % static_cast<unsigned>(rows));
        const int n = static_cast<int>(random() % static_cast<unsigned>(shape.outputs));
        const Exact exact = exactProduct(linear, x.rows, m, n);
        const double before = mode == WriteMode::add ? 0.25 : 0.0;
        const double error = std::abs(out[m * stride + n] - exact.value - before);
        worst = std::max(worst, error / (operations * kEpsilon * (exact.magnitude + 0.25)));
    }
    EXPECT_LE(worst, 1.0) << shape.inputs << "x" << shape.outputs << " segments of " << shape.segmentRows << ", M "
                          << rows << ": error in units of the rounding bound";
    for (int m = 0; m < rows; ++m)
        for (int pad = 0; pad < 32; ++pad)
            ASSERT_EQ(out[m * stride + shape.outputs + pad], 0.25f) << "written beyond the columns";
}

TEST_P(KernelsTest, linear_matchesTheExactProductAtEveryShapeOfMistral7B) {
    const Shape shapes[] = {{4096, 6144, 128, 128, false, false},
                            {4096, 4096, 128, 64, true, false},
                            {4096, 28672, 128, 128, false, false},
                            {14336, 4096, 128, 64, false, true}};
    for (const Shape& shape : shapes) checkLinear(kernels, shape, 3, WriteMode::store, random);
    checkLinear(kernels, shapes[1], 1, WriteMode::add, random);
}

TEST_P(KernelsTest, linear_matchesTheExactProductAtRaggedRowsAndEveryGroupSize) {
    const Shape shapes[] = {{512, 768, 128, 64, false, false}, {512, 512, 64, 64, true, true},
                            {512, 3072, 32, 32, true, false},  {1536, 512, 128, 32, false, true},
                            {1536, 512, 96, 32, true, true},   {96, 16, 96, 32, false, false},
                            {512, 272, 128, 128, true, false}, {256, 48, 64, 32, false, false}};
    for (const Shape& shape : shapes)
        for (const int rows : {1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 17, 31, 33, 64, 127, 257})
            checkLinear(kernels, shape, rows, rows % 2 == 0 ? WriteMode::add : WriteMode::store, random);
}

TEST_P(KernelsTest, linear_givesARowTheSameBitsInEveryBatch) {
    for (const int block : {32, 64, 128}) {
        const RandomLinear linear(1536, 64, 128, block, true, true, random);
        constexpr int kRows = 21;
        const RandomRows x(linear.linear, kRows, random);
        std::vector<float> alone(kRows * 64), together(kRows * 64);
        for (int m = 0; m < kRows; ++m)
            kernels.linear(linear.linear, x.rows.row(m), 1, 0, 4, alone.data() + m * 64, 64, WriteMode::store);
        for (int rows = 2; rows <= kRows; ++rows) {
            const TiledRows tiled(x.rows, linear.linear, rows);
            const bool takesTiles = kernels.tiledFrom > 0 && rows >= kernels.tiledFrom;
            kernels.linear(linear.linear, takesTiles ? tiled.rows : x.rows, rows, 0, 4, together.data(), 64,
                           WriteMode::store);
            for (int i = 0; i < rows * 64; ++i) ASSERT_EQ(alone[i], together[i]) << "M " << rows << ", element " << i;
        }
    }
}

TEST_P(KernelsTest, linear_takesTheLargestValuesWithoutSaturating) {
    RandomLinear linear(1024, 16, 128, 64, true, false, random);
    std::fill_n(linear.linear.weights(0), 1024 * kBlockColumns / 2, 0xff);
    RandomRows x(linear.linear, 2, random);
    for (std::size_t i = 0; i < x.values.size(); ++i) x.values[i] = i < 1024 ? 127 : -127;
    for (std::size_t b = 0; b < x.totals.size(); ++b) x.totals[b] = (b < 1024 / 64 ? 127 : -127) * 64;
    std::vector<float> out(32);
    kernels.linear(linear.linear, x.rows, 2, 0, 1, out.data(), 16, WriteMode::store);
    for (int m = 0; m < 2; ++m)
        for (int n = 0; n < 16; ++n) {
            const Exact exact = exactProduct(linear, x.rows, m, n);
            EXPECT_NEAR(out[m * 16 + n], exact.value, 32 * kEpsilon * exact.magnitude);
        }
}

// `inputs` that fill the packed rows only in part leave padding, scattered as by an act-order.
void checkQuantize(const Kernels& kernels, int inputs, int segmentRows, int block, bool fromTheMiddle,
                   std::mt19937& random) {
    std::normal_distribution<float> gaussian;
    const int segments = (inputs + segmentRows - 1) / segmentRows, padded = segments * segmentRows;
    std::vector<float> x(static_cast<std::size_t>(inputs) + 1), weight(static_cast<std::size_t>(padded));
    for (float& value : x) value = gaussian(random);
    for (float& value : weight) value = gaussian(random);
    x.back() = 0;
    std::vector<std::int32_t> order(static_cast<std::size_t>(padded), inputs);
    for (int i = 0; i < inputs; ++i) order[static_cast<std::size_t>(i)] = i;
    std::shuffle(order.begin(), order.end(), random);

    std::vector<std::int8_t> values(static_cast<std::size_t>(padded), 99);
    std::vector<float> scales(static_cast<std::size_t>(padded / block));
    std::vector<std::int32_t> totals(scales.size());
    QuantizeJob job;
    job.x = x.data();
    job.order = order.data();
    job.weight = weight.data();
    job.factor = 0.7f;
    job.block = block;
    job.segmentRows = segmentRows;
    job.out = {values.data(), scales.data(), totals.data(), padded, padded / block};
    job.firstSegment = fromTheMiddle ? segments / 2 : 0;
    job.lastSegment = segments;
    kernels.quantize(job);
    for (int s = job.firstSegment; s < segments; ++s) {
        std::vector<int> sums(static_cast<std::size_t>(segmentRows / block));
        for (int k = s * segmentRows; k < (s + 1) * segmentRows; ++k) {
            const float scale = scales[static_cast<std::size_t>(k / block)];
            const double exact = x[order[k]] * weight[k] * 0.7f;
            ASSERT_LE(std::abs(exact - values[k] * scale), scale * 0.5001) << "K " << inputs << ", row " << k;
            sums[static_cast<std::size_t>(k / block - s * segmentRows / block)] += values[k];
        }
        for (std::size_t b = 0; b < sums.size(); ++b)
            ASSERT_EQ(totals[static_cast<std::size_t>(s * segmentRows / block) + b], sums[b])
                << "K " << inputs << ", segment " << s;
    }
    if (job.firstSegment > 0) {
        EXPECT_EQ(values[0], 99) << "another range was written";
    }
}

TEST_P(KernelsTest, quantize_isWithinHalfAStepAndSumsWhatItWrote) {
    for (const int inputs : {500, 512, 1536, 4096, 14336})
        for (const int segmentRows : {32, 64, 96, 128})
            for (const int block : {32, 64, 128})
                for (const bool fromTheMiddle : {false, true})
                    if (segmentRows % block == 0)
                        checkQuantize(kernels, inputs, segmentRows, block, fromTheMiddle, random);
}

TEST_P(KernelsTest, quantize_writesTheSameInTiles) {
    if (kernels.tiledFrom == 0) return; // takes no tiles
    for (const int block : {32, 64, 128}) {
        constexpr int kRows = 21, kInputs = 640, kSegmentRows = 128, kPadded = 32;
        const int blocks = kInputs / block;
        const std::vector<float> x = gaussians(kRows * kInputs);
        std::vector<std::int8_t> values(kRows * kInputs);
        std::vector<float> scales(static_cast<std::size_t>(kRows * blocks));
        std::vector<std::int32_t> totals(scales.size());
        const QuantizedRows plain{values.data(), scales.data(), totals.data(), kInputs, blocks};
        std::vector<std::int8_t> tileValues(kPadded * kInputs);
        std::vector<float> tileScales(static_cast<std::size_t>(kPadded * blocks));
        std::vector<std::int32_t> tileTotals(tileScales.size());
        const QuantizedRows tiled{tileValues.data(), tileScales.data(), tileTotals.data(), kInputs, blocks, true};
        for (int m = 0; m < kRows; ++m)
            for (const QuantizedRows& rows : {plain, tiled}) {
                QuantizeJob job;
                job.x = x.data() + m * kInputs;
                job.block = block;
                job.segmentRows = kSegmentRows;
                job.lastSegment = kInputs / kSegmentRows;
                job.out = rows.row(m);
                kernels.quantize(job);
            }
        for (int m = 0; m < kRows; ++m) {
            const QuantizedRows one = plain.row(m), other = tiled.row(m);
            for (int k = 0; k < kInputs; ++k)
                ASSERT_EQ(one.values[k], other.values[k / 64 * other.chunkStride() + k % 64]) << m << ", " << k;
            for (int b = 0; b < blocks; ++b) {
                ASSERT_EQ(one.scales[b], other.scales[b * other.blockStep()]);
                ASSERT_EQ(one.totals[b], other.totals[b * other.blockStep()]);
            }
        }
    }
}

TEST_P(KernelsTest, quantize_marksInfiniteAndNotANumber) {
    for (const float poison : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
        std::vector<float> x(128, 1.0f);
        x[70] = -poison;
        std::vector<std::int8_t> values(128);
        std::vector<float> scales(2);
        std::vector<std::int32_t> totals(2);
        QuantizeJob job;
        job.x = x.data();
        job.lastSegment = 1;
        job.out = {values.data(), scales.data(), totals.data(), 128, 2};
        kernels.quantize(job);
        EXPECT_TRUE(std::isfinite(scales[0]));
        EXPECT_TRUE(std::isnan(scales[1]));
    }
}

TEST_P(KernelsTest, quantize_ofZerosIsZero) {
    std::vector<float> x(128, 0.0f);
    x[3] = 1e-42f; // too small for a scale
    std::vector<std::int8_t> values(128, 1);
    std::vector<float> scales(2);
    std::vector<std::int32_t> totals(2, 1);
    QuantizeJob job;
    job.x = x.data();
    job.lastSegment = 1;
    job.out = {values.data(), scales.data(), totals.data(), 128, 2};
    kernels.quantize(job);
    for (const std::int8_t value : values) EXPECT_EQ(value, 0);
    EXPECT_EQ(totals[0], 0);
}

TEST_P(KernelsTest, sumOfSquares_matchesTheExactSum) {
    for (const int count : {1, 15, 64, 100, 512, 4096}) {
        const std::vector<float> x = gaussians(static_cast<std::size_t>(count));
        double exact = 0;
        for (const float value : x) exact += static_cast<double>(value) * value;
        EXPECT_NEAR(kernels.sumOfSquares(x.data(), count), exact, (count + 8) * kEpsilon * exact) << count;
    }
}

TEST_P(KernelsTest, siluMultiply_matchesTheOracleFromOneTailToTheOther) {
    constexpr int kBlocks = 14336 / 16;
    std::vector<float> gateUp(kBlocks * 32), out(kBlocks * 16);
    for (int i = 0; i < kBlocks * 16; ++i) {
        gateUp[i / 16 * 32 + i % 16] = (static_cast<float>(i) - 7168.0f) / 64.0f; // -112 to 112
        gateUp[i / 16 * 32 + 16 + i % 16] = gaussian();
    }
    kernels.siluMultiply(gateUp.data(), kBlocks, out.data());
    for (int i = 0; i < kBlocks * 16; ++i) {
        const float gate = gateUp[i / 16 * 32 + i % 16], up = gateUp[i / 16 * 32 + 16 + i % 16];
        const double exact = gate / (1.0 + std::exp(-static_cast<double>(gate))) * up;
        // Below -87 the exact value is under 1e-35: any tiny number will do.
        EXPECT_NEAR(out[i], exact, 16 * kEpsilon * std::abs(exact) + 1e-34) << "gate " << gate;
    }
    gateUp[0] = std::numeric_limits<float>::quiet_NaN();
    kernels.siluMultiply(gateUp.data(), 1, out.data());
    EXPECT_TRUE(std::isnan(out[0]));
}

struct Heads {
    int heads, headDim, positions, first;
};

void checkAttention(const Kernels& kernels, const Heads& shape, std::mt19937& random) {
    std::normal_distribution<float> gaussian;
    const int dim = shape.headDim, padded = (dim + 15) / 16 * 16;
    const int blocks = (shape.positions + kKvBlockPositions - 1) / kKvBlockPositions;
    std::vector<float> queries(static_cast<std::size_t>(shape.heads * dim));
    for (float& value : queries) value = gaussian(random);
    std::vector<float> keys(static_cast<std::size_t>(shape.positions * dim)), values(keys.size());
    // What lies past the last position is garbage and must not be looked at.
    std::vector<std::uint16_t> keyBlocks(static_cast<std::size_t>(blocks * dim * kKvBlockPositions), 0x7e00);
    std::vector<std::uint16_t> valueBlocks(static_cast<std::size_t>(blocks * padded * kKvBlockPositions), 0x7e00);
    double largest = 0;
    for (int p = 0; p < shape.positions; ++p)
        for (int d = 0; d < padded; ++d) {
            const int block = p / kKvBlockPositions, slot = p % kKvBlockPositions;
            std::uint16_t& value = valueBlocks[(block * kKvBlockPositions + slot) * padded + d];
            value = 0;
            if (d >= dim) continue;
            const std::uint16_t key = floatToHalf(gaussian(random));
            keyBlocks[(block * dim + d) * kKvBlockPositions + slot] = key;
            keys[p * dim + d] = halfToFloat(key);
            value = floatToHalf(gaussian(random));
            values[p * dim + d] = halfToFloat(value);
            largest = std::max(largest, std::abs(static_cast<double>(values[p * dim + d])));
        }

    std::vector<float> scaled = queries, output(static_cast<std::size_t>(shape.heads * padded), 0.0f);
    for (float& value : scaled) value *= 1.0f / std::sqrt(static_cast<float>(dim));
    std::vector<float> maximum(static_cast<std::size_t>(shape.heads), -std::numeric_limits<float>::infinity());
    std::vector<float> sum(static_cast<std::size_t>(shape.heads), 0.0f);
    for (int b = shape.first / kKvBlockPositions; b < blocks; ++b) {
        AttentionBlock block;
        block.queries = scaled.data();
        block.queryStride = dim;
        block.keys = keyBlocks.data() + b * dim * kKvBlockPositions;
        block.values = valueBlocks.data() + b * padded * kKvBlockPositions;
        block.headDim = dim;
        block.paddedDim = padded;
        block.heads = shape.heads;
        block.first = std::max(0, shape.first - b * kKvBlockPositions);
        block.last = std::min(kKvBlockPositions, shape.positions - b * kKvBlockPositions);
        block.maximum = maximum.data();
        block.sum = sum.data();
        block.output = output.data();
        kernels.attend(block);
    }
    std::vector<float> expected(static_cast<std::size_t>(dim));
    for (int h = 0; h < shape.heads; ++h) {
        referenceAttention(queries.data() + h * dim, keys.data(), values.data(), dim, dim, shape.first, shape.positions,
                           expected.data());
        // A score of size s is off by at most D*eps*s on either side, and moves its weight by as much; s < 6 sqrt(D)
        // for these numbers, divided by sqrt(D).
        const double bound = (4 * 6.0 * dim + 2 * shape.positions + 64) * kEpsilon * largest;
        for (int d = 0; d < dim; ++d)
            ASSERT_NEAR(output[h * padded + d] / sum[h], expected[d], bound)
                << "head " << h << ", dimension " << d << ", D " << dim << ", T " << shape.positions;
    }
}

TEST_P(KernelsTest, attend_matchesTheOracleForEveryShareOfHeads) {
    for (const Heads& shape : {Heads{4, 128, 1, 0}, Heads{4, 128, 63, 0}, Heads{4, 128, 64, 0}, Heads{4, 128, 65, 0},
                               Heads{4, 128, 1000, 0}, Heads{4, 64, 200, 0}, Heads{1, 64, 70, 0}, Heads{2, 96, 130, 0},
                               Heads{3, 80, 130, 0}, Heads{6, 128, 90, 0}, Heads{7, 40, 90, 0}, Heads{8, 256, 90, 0}})
        checkAttention(kernels, shape, random);
}

TEST_P(KernelsTest, attend_looksAtTheSlidingWindowAlone) {
    for (const Heads& shape :
         {Heads{4, 128, 300, 40}, Heads{4, 64, 300, 64}, Heads{2, 64, 300, 299}, Heads{4, 64, 300, 130}})
        checkAttention(kernels, shape, random);
}

TEST_P(KernelsTest, head_matchesTheExactProductAndIsTheSameInEveryBatch) {
    for (const int columns : {64, 512, 4096})
        for (const int vocab : {1, 3, 4, 67}) {
            constexpr int kRows = 5;
            const std::size_t rowBytes = headRowBytes(columns);
            const Result<Pages> pages = Pages::allocate(static_cast<std::size_t>(vocab) * rowBytes);
            ASSERT_TRUE(pages.ok());
            const auto scaleAt = [&](int n, int k) {
                return pages->as<std::uint8_t>() + n * rowBytes + columns + k / kHeadBlock * 4;
            };
            for (int n = 0; n < vocab; ++n) {
                for (int k = 0; k < columns; ++k)
                    pages->as<std::int8_t>()[n * rowBytes + k] =
                        static_cast<std::int8_t>(static_cast<int>(random() % 255) - 127);
                for (int k = 0; k < columns; k += kHeadBlock) {
                    const float scale = std::abs(gaussian());
                    std::memcpy(scaleAt(n, k), &scale, sizeof scale);
                }
            }
            const std::vector<float> x = gaussians(static_cast<std::size_t>(kRows * columns));
            std::vector<float> out(static_cast<std::size_t>(kRows * vocab)), alone(static_cast<std::size_t>(vocab));
            kernels.head(pages->as<std::uint8_t>(), columns, vocab, x.data(), kRows, columns, out.data(), vocab);
            for (int m = 0; m < kRows; ++m) {
                kernels.head(pages->as<std::uint8_t>(), columns, vocab, x.data() + m * columns, 1, columns,
                             alone.data(), vocab);
                for (int n = 0; n < vocab; ++n) {
                    double exact = 0, size = 0;
                    for (int k = 0; k < columns; ++k) {
                        float scale;
                        std::memcpy(&scale, scaleAt(n, k), sizeof scale);
                        const double product = static_cast<double>(scale) * pages->as<std::int8_t>()[n * rowBytes + k] *
                                               x[m * columns + k];
                        exact += product;
                        size += std::abs(product);
                    }
                    ASSERT_NEAR(out[m * vocab + n], exact, (columns / 16 + 24) * kEpsilon * size);
                    ASSERT_EQ(out[m * vocab + n], alone[n]);
                }
            }
        }
}

TEST_P(KernelsTest, halves_convertExactlyBothWays) {
    std::vector<std::uint16_t> halves;
    for (int bits = 0; bits < 65536; ++bits)
        if ((bits & 0x7c00) != 0x7c00 || (bits & 0x3ff) == 0) halves.push_back(static_cast<std::uint16_t>(bits));
    std::vector<char> shifted(halves.size() * 2 + 1); // at an odd address, as in a file
    std::memcpy(shifted.data() + 1, halves.data(), halves.size() * 2);
    std::vector<float> floats(halves.size());
    kernels.halfToFloat(shifted.data() + 1, floats.data(), static_cast<int>(halves.size()));
    for (std::size_t i = 0; i < halves.size(); ++i) ASSERT_EQ(floats[i], halfToFloat(halves[i])) << halves[i];
    std::vector<std::uint16_t> back(halves.size() + 1, 77);
    kernels.floatToHalf(floats.data(), back.data(), static_cast<int>(halves.size()));
    EXPECT_EQ(back.back(), 77);
    back.pop_back();
    EXPECT_EQ(back, halves);

    std::vector<float> odd;
    for (int i = 0; i < 20001; ++i) odd.push_back(std::ldexp(gaussian(), static_cast<int>(random() % 60) - 40));
    std::vector<std::uint16_t> rounded(odd.size());
    kernels.floatToHalf(odd.data(), rounded.data(), static_cast<int>(odd.size()));
    for (std::size_t i = 0; i < odd.size(); ++i) ASSERT_EQ(rounded[i], floatToHalf(odd[i])) << odd[i];
}

INSTANTIATE_TEST_SUITE_P(EverySet, KernelsTest, ::testing::ValuesIn(usableInstructionSets()), nameOf);

} // namespace
} // namespace tramontane
