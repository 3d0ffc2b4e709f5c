// The linears of a decode step against plain products on the host, with everything that is fused into them.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "core/cpu/reference.h"
#include "gpu/marlin/decode_linear.h"
#include "tests/gpu/fp8_reference.h"
#include "tests/gpu/packed_fixture.h"

namespace tramontane::gpu {
namespace {

using testing::DeviceVector;
using testing::fromFp8;
using testing::normError;
using testing::NormError;
using testing::PackedFixture;
using testing::toFloats;
using testing::toFp8;
using testing::toHalves;

// Activations and results are rounded to f16 (2^-11 of each number at most, half of that on average).
constexpr double kTolerance = 1e-3;

struct Case {
    int chunks, tiles, groupRows;
    bool hasZeros, hasBias;
};
std::ostream& operator<<(std::ostream& out, const Case& c) {
    return out << c.chunks << " chunks, " << c.tiles << " tiles, groups of " << c.groupRows
               << (c.hasZeros ? ", zeros" : "") << (c.hasBias ? ", bias" : "");
}

std::vector<float> normal(std::size_t count, std::mt19937& random) {
    std::normal_distribution<float> bell;
    std::vector<float> values(count);
    for (float& value : values) value = bell(random);
    return values;
}

// A row for each m, f16 values, natural packed order.
std::vector<float> halfValues(std::size_t count, std::mt19937& random) {
    return toFloats(toHalves(normal(count, random)));
}

std::vector<int> randomOrder(int inputs, int packedInputs, std::mt19937& random) {
    std::vector<int> order(static_cast<std::size_t>(packedInputs));
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), random);
    order.resize(static_cast<std::size_t>(inputs));
    return order;
}

struct Device {
    DeviceVector<std::uint8_t> tiles;
    DeviceVector<float> bias;
    DeviceLinear linear;
    explicit Device(const PackedFixture& fixture, ColumnOrder order = ColumnOrder::plain)
        : tiles(fixture.bytes), bias(fixture.bias) {
        linear.shape = fixture.shape;
        linear.columnOrder = order;
        linear.tiles = tiles.get();
        linear.bias = fixture.bias.empty() ? nullptr : bias.get();
    }
};

// A normed input for `packedInputs`, and what the linear then sees, (rows, packedInputs) in natural order.
struct Normed {
    std::vector<float> residual, weight, seen;
    std::vector<int> slots;
    std::vector<float> fragments; // what is seen, in fragment order
    Normed(int rows, int hidden, int packedInputs, float eps, std::mt19937& random)
        : residual(normal(static_cast<std::size_t>(rows) * hidden, random)), weight(normal(hidden, random)) {
        const std::vector<int> order = randomOrder(hidden, packedInputs, random);
        for (const int place : order) slots.push_back(fragmentSlot(place));
        seen.assign(static_cast<std::size_t>(rows) * packedInputs, 0.0f);
        std::vector<float> out(static_cast<std::size_t>(hidden));
        for (int m = 0; m < rows; ++m) {
            referenceRmsNorm(residual.data() + static_cast<std::size_t>(m) * hidden, weight.data(), hidden, eps,
                             out.data());
            for (int k = 0; k < hidden; ++k) seen[static_cast<std::size_t>(m) * packedInputs + order[k]] = out[k];
        }
        fragments.assign(seen.size(), 0.0f);
        for (int m = 0; m < rows; ++m)
            for (int k = 0; k < packedInputs; ++k)
                fragments[static_cast<std::size_t>(m) * packedInputs + fragmentSlot(k)] =
                    seen[static_cast<std::size_t>(m) * packedInputs + k];
    }
};

const std::vector<Case>& cases() {
    static const std::vector<Case> all = {
        {1, 1, 128, false, false},    {3, 5, 128, true, false},    {4, 64, 128, false, true},
        {12, 32, 64, true, true},     {9, 7, 32, true, false},     {32, 256, 128, false, false},
        {2, 3, 32, false, true},      {112, 40, 128, true, false}, {17, 384, 64, false, false},
        {32, 396, 128, false, false}, {5, 300, 128, true, true},
    };
    return all;
}

TEST(DecodeLinear, addToMatchesTheProductAtEveryRowCountAndShape) {
    REQUIRE_GPU();
    std::mt19937 random(7);
    for (const Case& c : cases()) {
        const PackedFixture fixture(c.chunks, c.tiles, c.groupRows, c.hasZeros, c.hasBias, random);
        const Device device(fixture);
        const int inputs = fixture.shape.packedInputs(), outputs = fixture.shape.packedOutputs(), stride = inputs + 64;
        for (int rows = 1; rows <= kMostDecodeRows; ++rows) {
            SCOPED_TRACE(::testing::Message() << c << ", " << rows << " rows");
            if (!decodeFits(fixture.shape, rows)) {
                EXPECT_TRUE(rows > 1 && c.groupRows != 128);
                continue;
            }
            const std::vector<float> x = halfValues(static_cast<std::size_t>(rows) * stride, random);
            std::vector<float> fragments(x.size(), NAN);
            for (int m = 0; m < rows; ++m)
                for (int k = 0; k < inputs; ++k)
                    fragments[static_cast<std::size_t>(m) * stride + fragmentSlot(k)] =
                        x[static_cast<std::size_t>(m) * stride + k];
            const DeviceVector<__half> deviceX(toHalves(fragments));
            const int columns = outputs - (rows % 2 ? 0 : 3);
            const std::vector<float> before = normal(static_cast<std::size_t>(rows) * columns, random);
            const DeviceVector<float> residual(before);
            ASSERT_EQ(decodeAddTo(device.linear, rows, {deviceX.get(), stride}, residual.get(), columns, {}, nullptr),
                      cudaSuccess);
            const std::vector<double> product = fixture.multiply(x, rows, stride);
            std::vector<double> expected;
            for (int m = 0; m < rows; ++m)
                for (int n = 0; n < columns; ++n)
                    expected.push_back(before[static_cast<std::size_t>(m) * columns + n] +
                                       product[static_cast<std::size_t>(m) * outputs + n]);
            const NormError error = normError(residual.download(), expected);
            ASSERT_LE(error.relative, kTolerance) << "worst " << error.worst << " at " << error.worstAt;
        }
    }
}

TEST(DecodeLinear, gateUpMatchesNormAndSiluAtEveryRowCountAndShape) {
    REQUIRE_GPU();
    std::mt19937 random(8);
    for (const Case& c : cases()) {
        const PackedFixture fixture(c.chunks, c.tiles, c.groupRows, c.hasZeros, c.hasBias, random);
        const Device device(fixture, ColumnOrder::gateUp);
        const int inputs = fixture.shape.packedInputs(), outputs = fixture.shape.packedOutputs(),
                  hidden = inputs - 4 * (c.chunks % 3);
        const int stride = (outputs / 2 + 127) / 128 * 128;
        for (const int rows : {1, 2, 5, 8, 9, 13, 16}) {
            if (!decodeFits(fixture.shape, rows)) continue;
            SCOPED_TRACE(::testing::Message() << c << ", " << rows << " rows");
            const Normed input(rows, hidden, inputs, 1e-5f, random);
            const DeviceVector<float> residual(input.residual), weight(input.weight);
            const DeviceVector<int> slots(input.slots);
            const DeviceVector<__half> out(static_cast<std::size_t>(rows) * stride);
            const DeviceVector<__half> fragments(toHalves(input.fragments));
            if (rows == 1)
                ASSERT_EQ(decodeGateUp(device.linear, {residual.get(), weight.get(), slots.get(), hidden, 1e-5f},
                                       out.get(), stride, {}, nullptr),
                          cudaSuccess);
            else
                ASSERT_EQ(decodeGateUp(device.linear, rows, {fragments.get(), inputs}, out.get(), stride, {}, nullptr),
                          cudaSuccess);
            const std::vector<double> product = fixture.multiply(input.seen, rows, inputs);
            const std::vector<float> got = toFloats(out.download());
            std::vector<double> expected;
            std::vector<float> gathered;
            for (int m = 0; m < rows; ++m)
                for (int c2 = 0; c2 < outputs / 2; ++c2) {
                    const std::size_t at = static_cast<std::size_t>(m) * outputs + c2 / 8 * 16 + c2 % 8;
                    expected.push_back(product[at] / (1 + std::exp(-product[at])) * product[at + 8]);
                    gathered.push_back(got[static_cast<std::size_t>(m) * stride + fragmentSlot(c2)]);
                }
            const NormError error = normError(gathered, expected);
            ASSERT_LE(error.relative, 2 * kTolerance) << "worst " << error.worst << " at " << error.worstAt;
        }
    }
}

TEST(DecodeLinear, queriesAreTurnedAndKeysAndValuesGoToTheirPages) {
    REQUIRE_GPU();
    std::mt19937 random(9);
    struct Heads {
        int heads, kvHeads, dim;
    };
    for (const Heads& h : {Heads{8, 2, 64}, Heads{32, 8, 128}, Heads{4, 1, 32}, Heads{4, 4, 96}})
        for (const int rows : {1, 3, 8, 14}) {
            SCOPED_TRACE(::testing::Message() << h.heads << " heads of " << h.dim << ", " << rows << " rows");
            const int hidden = 512, columns = (h.heads + 2 * h.kvHeads) * h.dim, half = h.dim / 2;
            const PackedFixture fixture(hidden / 128, columns / 16, 128, false, h.dim == 64, random);
            Device device(fixture, ColumnOrder::rotary);
            device.linear.headDim = h.dim;
            device.linear.rotaryTiles = (h.heads + h.kvHeads) * h.dim / 16;
            const Normed input(rows, hidden, hidden, 1e-5f, random);
            const DeviceVector<float> residual(input.residual), weight(input.weight);
            const DeviceVector<int> slots(input.slots);
            std::vector<float> inverse;
            for (int i = 0; i < half; ++i) inverse.push_back(static_cast<float>(std::pow(1e6, -2.0 * i / h.dim)));
            const DeviceVector<float> inverseFrequencies(inverse);
            constexpr int kLayer = 1, kPages = 40;
            std::vector<int> positions, sequences;
            for (int m = 0; m < rows; ++m) {
                positions.push_back(static_cast<int>(random() % (kPages * kPagePositions)));
                sequences.push_back((m + 1) % rows);
            }
            const DeviceVector<int> devicePositions(positions), deviceSequences(sequences);
            const DeviceVector<__half> queries(static_cast<std::size_t>(rows) * h.heads * h.dim);
            const DeviceVector<__half> fragments(toHalves(input.fragments));
            // The pages, 0xff wherever nothing was written: NaN in both.
            const auto run = [&](const KvShape& shape) {
                const DeviceVector<std::byte> pages(shape.pageBytes() * rows);
                std::vector<std::byte*> table(static_cast<std::size_t>(rows) * kPages, nullptr);
                for (int m = 0; m < rows; ++m)
                    table[static_cast<std::size_t>(sequences[m]) * kPages + positions[m] / kPagePositions] =
                        pages.get() + shape.pageBytes() * m;
                const DeviceVector<std::byte*> deviceTable(table);
                const RotaryOutput output{queries.get(),
                                          h.heads,
                                          {shape, deviceTable.get(), kPages},
                                          kLayer,
                                          {rows, devicePositions.get(), deviceSequences.get()},
                                          inverseFrequencies.get()};
                const NormedInput normed{residual.get(), weight.get(), slots.get(), hidden, 1e-5f};
                const FragmentRows several{fragments.get(), hidden};
                EXPECT_EQ(rows == 1 ? decodeQueryKeyValue(device.linear, normed, output, {}, nullptr)
                                    : decodeQueryKeyValue(device.linear, rows, several, output, {}, nullptr),
                          cudaSuccess);
                return pages.download();
            };
            const KvShape shape{3, h.kvHeads, h.dim}, fp8{3, h.kvHeads, h.dim, KvElement::fp8};
            const std::vector<std::byte> fp8Pages = run(fp8), f16Pages = run(shape);
            std::vector<float> gotPages(shape.pageElements() * rows);
            for (std::size_t i = 0; i < gotPages.size(); ++i) {
                __half number;
                std::memcpy(&number, &f16Pages[i * sizeof number], sizeof number);
                gotPages[i] = __half2float(number);
            }
            const std::vector<double> product = fixture.multiply(input.seen, rows, hidden);
            const std::vector<float> gotQueries = toFloats(queries.download());
            std::vector<double> expected;
            std::vector<float> got;
            for (int m = 0; m < rows; ++m)
                for (int head = 0; head < h.heads + 2 * h.kvHeads; ++head) {
                    const double* tileRows = product.data() + static_cast<std::size_t>(m) * columns + head * h.dim;
                    std::vector<double> values(static_cast<std::size_t>(h.dim));
                    const bool rotary = head < h.heads + h.kvHeads;
                    for (int d = 0; d < h.dim; ++d) {
                        // Dimension d of a rotary head stands in tile (d % half) / 8, row d % 8 or 8 + d % 8.
                        const int at = rotary ? d % half / 8 * 16 + d % 8 + (d >= half ? 8 : 0) : d;
                        values[static_cast<std::size_t>(d)] = tileRows[at];
                    }
                    for (int i = 0; i < half && rotary; ++i) {
                        const double angle = static_cast<double>(static_cast<float>(positions[m]) * inverse[i]);
                        const double a = values[i], b = values[i + half];
                        values[i] = a * std::cos(angle) - b * std::sin(angle);
                        values[i + half] = b * std::cos(angle) + a * std::sin(angle);
                    }
                    const int kv = head - h.heads;
                    for (int d = 0; d < h.dim; ++d) {
                        expected.push_back(values[static_cast<std::size_t>(d)]);
                        if (kv < 0)
                            got.push_back(gotQueries[(static_cast<std::size_t>(m) * h.heads + head) * h.dim + d]);
                        else
                            got.push_back(gotPages[shape.pageElements() * m +
                                                   shape.offset(kLayer, kv >= h.kvHeads, kv % h.kvHeads) +
                                                   positions[m] % kPagePositions * h.dim + d]);
                    }
                }
            const NormError error = normError(got, expected);
            EXPECT_LE(error.relative, kTolerance) << "worst " << error.worst << " at " << error.worstAt;
            // Nothing else of the pages was written.
            const auto written = static_cast<std::size_t>(
                std::count_if(gotPages.begin(), gotPages.end(), [](float v) { return !std::isnan(v); }));
            EXPECT_EQ(written, static_cast<std::size_t>(rows) * 2 * h.kvHeads * h.dim);
            // In fp8 each is the one nearest to a number that is at most 2^-11 of itself from its f16: as near to that
            // f16 as can be, but for twice that.
            int further = 0;
            for (std::size_t i = 0; i < gotPages.size(); ++i) {
                const float wide = gotPages[i], narrow = fromFp8(std::to_integer<std::uint8_t>(fp8Pages[i]));
                const float nearest = std::abs(fromFp8(toFp8(wide)) - wide);
                further += std::isnan(wide) != std::isnan(narrow) ||
                           std::abs(narrow - wide) > nearest + std::abs(wide) / 1024 + 1e-7f;
            }
            EXPECT_EQ(further, 0);
        }
}

TEST(DecodeLinear, givesTheSameBitsEachTimeAtEveryWayOfRunningIt) {
    REQUIRE_GPU();
    std::mt19937 random(10);
    const PackedFixture fixture(32, 256, 128, false, false, random);
    const Device device(fixture);
    for (const int rows : {1, 8, 16}) {
        const auto numbers = static_cast<std::size_t>(rows) * 4096;
        const DeviceVector<__half> x(toHalves(normal(numbers, random)));
        std::vector<float> first;
        for (int run = 0; run < 20; ++run) {
            const DeviceVector<float> residual{std::vector<float>(numbers)};
            ASSERT_EQ(decodeAddTo(device.linear, rows, {x.get(), 4096}, residual.get(), 4096, {}, nullptr),
                      cudaSuccess);
            const std::vector<float> got = residual.download();
            if (first.empty()) first = got;
            ASSERT_EQ(got, first) << rows << " rows";
        }
    }
}

} // namespace
} // namespace tramontane::gpu
