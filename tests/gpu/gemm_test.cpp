// gemm() on the device against sums in double on the host, for every kernel and tile that the device runs and either
// type of activations.
#include "gpu/marlin/gemm.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>

#include "tests/gpu/gemm_fixture.h"

namespace tramontane {
namespace {

using namespace testing;

class AnyGemmTest : public ::testing::Test {
protected:
    explicit AnyGemmTest(GemmElement element) : element_(element) {}
    void SetUp() override {
        REQUIRE_GPU();
        seed_ = std::random_device{}();
        random_.seed(seed_);
        const std::size_t bytes = gpu::gemmWorkspaceBytes(4096, 28672, multiprocessors());
        workspace_ = std::make_unique<DeviceVector<std::uint8_t>>(bytes, 0xff);
        ASSERT_EQ(cudaMemset(workspace_->get(), 0, bytes), cudaSuccess);
    }
    void TearDown() override {
        if (HasFailure()) std::printf("seed %u\n", seed_);
    }
    void check(const Case& c, bool everyTile = false, const RowSizes& sizes = {}) {
        const PackedFixture linear(c.chunks, c.tiles, c.groupRows, c.hasZeros, c.hasBias, random_);
        const DeviceVector<std::uint8_t> tiles(linear.bytes);
        const DeviceVector<float> bias(linear.bias);
        const Activations x(element_, c.rows, linear.shape.packedInputs(), random_, sizes);
        const gpu::DeviceLinear device = linearOf(c, linear.shape, tiles.get(), c.hasBias ? bias.get() : nullptr);
        for (const Kernel& kernel : kernels(element_, everyTile))
            expectMatch(kernel, c, linear, device, x, *workspace_, random_);
    }
    gpu::GemmArguments argumentsFor(const Activations& x, const gpu::DeviceLinear& linear, int columns) const {
        gpu::GemmArguments arguments;
        arguments.element = element_;
        arguments.x = x.device.get();
        arguments.rows = x.rows;
        arguments.xStride = x.stride;
        arguments.linear = linear;
        arguments.columns = arguments.outStride = columns;
        arguments.workspace = workspace_->get();
        return arguments;
    }
    void checkSomeOf(const Case& c, const RandomPacked& packed, const std::uint8_t* tiles);

    const GemmElement element_;
    unsigned seed_ = 0;
    std::mt19937 random_;
    std::unique_ptr<DeviceVector<std::uint8_t>> workspace_;
};

class GemmTest : public AnyGemmTest, public ::testing::WithParamInterface<GemmElement> {
protected:
    GemmTest() : AnyGemmTest(GetParam()) {}
};
INSTANTIATE_TEST_SUITE_P(Activations, GemmTest, ::testing::Values(GemmElement::f16, GemmElement::bf16),
                         [](const auto& each) { return nameOf(each.param); });

class GemmOfBf16Test : public AnyGemmTest {
protected:
    GemmOfBf16Test() : AnyGemmTest(GemmElement::bf16) {}
};

TEST_P(GemmTest, matchesOracleAtEveryRowCount) {
    std::vector<int> counts;
    for (int rows = 1; rows <= 17; ++rows) counts.push_back(rows);
    for (const int rows : {31, 32, 33, 63, 64, 65, 127, 128, 129, 300, 512, 2048}) counts.push_back(rows);
    for (const int rows : counts) check({.rows = rows});
}

TEST_P(GemmTest, matchesOracleWithEveryTile) {
    for (const int rows : {1, 20, 130, 257}) check({.rows = rows, .chunks = 5, .tiles = 19, .hasBias = true}, true);
    check({.rows = 40, .chunks = 5, .tiles = 19, .groupRows = 64, .hasZeros = true, .missing = 3}, true);
}

TEST_P(GemmTest, matchesOracleForEveryGrouping) {
    for (const int groupRows : {32, 64, 128})
        for (const bool hasZeros : {false, true})
            for (const bool hasBias : {false, true})
                for (const int rows : {9, 33, 129})
                    check(
                        {.rows = rows, .tiles = 17, .groupRows = groupRows, .hasZeros = hasZeros, .hasBias = hasBias});
}

TEST_P(GemmTest, matchesOracleForEveryOutputAndOrder) {
    for (const int rows : {9, 16, 65})
        for (const bool hasBias : {false, true})
            for (const int missing : {0, 5, 8}) {
                const Case base{.rows = rows, .tiles = 24, .hasBias = hasBias, .missing = missing};
                Case c = base;
                check(c);
                c.output = GemmOutput::addTo;
                check(c);
                c = base;
                c.order = ColumnOrder::gateUp;
                check(c);
                c.output = GemmOutput::siluTimes;
                check(c);
                for (const int headDim : {16, 32, 64, 128}) {
                    c = base;
                    c.order = ColumnOrder::rotary;
                    c.headDim = headDim;
                    c.rotaryTiles = 16;
                    check(c);
                }
            }
}

TEST_P(GemmTest, matchesOracleForRaggedShapes) {
    for (const int chunks : {1, 3, 32, 112})
        for (const int tiles : {1, 3, 5, 24})
            for (const int rows : {12, 70}) check({.rows = rows, .chunks = chunks, .tiles = tiles});
}

TEST_P(GemmTest, matchesOracleWhereTilesAreSplit) {
    for (const GemmOutput output : {GemmOutput::store, GemmOutput::addTo})
        for (const int rows : {16, 48, 200})
            check({.rows = rows, .chunks = 45, .tiles = 33, .hasBias = true, .output = output, .missing = 1}, true);
    check({.rows = 24,
           .chunks = 45,
           .tiles = 33,
           .groupRows = 32,
           .hasZeros = true,
           .order = ColumnOrder::gateUp,
           .output = GemmOutput::siluTimes},
          true);
}

// A result too large to compute on the host: all of it must be written, and some rows of some tiles must be right, the
// last ones among them.
void AnyGemmTest::checkSomeOf(const Case& c, const RandomPacked& packed, const std::uint8_t* tiles) {
    constexpr int kTilesChecked = 6, kRowsChecked = 24;
    const std::vector<int> natural = naturalColumns(c);
    const int inputs = packed.shape.packedInputs(), columns = c.columns();
    const Activations x(element_, c.rows, inputs, random_);
    for (const Kernel& kernel : kernels(element_, false)) {
        SCOPED_TRACE(text(nameOf(element_), ", ", kernel.name(), ", ", c.name()));
        const std::size_t count = static_cast<std::size_t>(c.rows) * columns;
        DeviceVector<std::uint16_t> out(count);
        DeviceVector<float> residual(count, 0);
        gpu::GemmArguments arguments = argumentsFor(x, linearOf(c, packed.shape, tiles, nullptr), columns);
        arguments.output = c.output;
        arguments.out = out.get();
        arguments.residual = residual.get();
        ASSERT_EQ(gpu::gemmBy(kernel.path, kernel.tile, arguments, nullptr), cudaSuccess);
        const std::vector<float> all =
            c.output == GemmOutput::addTo ? residual.download() : decoded(element_, out.download());
        std::vector<float> got;
        std::vector<double> expected;
        std::vector<std::string> places;
        for (int i = 0; i < kTilesChecked; ++i) {
            const int tile = i == 0 ? c.tiles - 1 : static_cast<int>(random_() % c.tiles);
            std::vector<float> w(16 * static_cast<std::size_t>(inputs));
            for (int k = 0; k < inputs; ++k)
                for (int r = 0; r < 16; ++r) w[16 * static_cast<std::size_t>(k) + r] = packed.weight(k, tile, r);
            for (int j = 0; j < std::min(c.rows, kRowsChecked); ++j) {
                const int m = j == 0 ? c.rows - 1 : static_cast<int>(random_() % c.rows);
                double sums[16] = {};
                for (int k = 0; k < inputs; ++k)
                    for (int r = 0; r < 16; ++r)
                        sums[r] += static_cast<double>(x.values[static_cast<std::size_t>(m) * x.stride + k]) *
                                   w[16 * static_cast<std::size_t>(k) + r];
                const bool gated = c.output == GemmOutput::siluTimes;
                for (int r = 0; r < (gated ? 8 : 16); ++r) {
                    const int column = gated ? 8 * tile + r : natural[16 * tile + r];
                    expected.push_back(gated ? sums[r] / (1 + std::exp(-sums[r])) * sums[r + 8] : sums[r]);
                    got.push_back(all[static_cast<std::size_t>(m) * columns + column]);
                    places.push_back(text("row ", m, ", column ", column));
                }
            }
        }
        expectClose(element_, c.output, std::span<const float>(got), expected,
                    [&](std::size_t at) { return places[at]; });
        EXPECT_TRUE(std::none_of(all.begin(), all.end(), [](float v) { return std::isnan(v); }))
            << "a part of the result was not written";
    }
}

// The four linears of a layer, as the engine packs them.
struct LayerLinear {
    int inputs, outputs;
    ColumnOrder order;
    GemmOutput output;
};
std::vector<LayerLinear> linearsOf(int hidden, int inner, int queries, int keys) {
    return {{hidden, queries + 2 * keys, ColumnOrder::rotary, GemmOutput::store},
            {queries, hidden, ColumnOrder::plain, GemmOutput::addTo},
            {hidden, 2 * inner, ColumnOrder::gateUp, GemmOutput::siluTimes},
            {inner, hidden, ColumnOrder::plain, GemmOutput::addTo}};
}
Case caseOf(const LayerLinear& linear, const RandomPacked& packed, int rows, int rotaryColumns, int headDim) {
    Case c{.rows = rows,
           .chunks = packed.shape.chunks,
           .tiles = packed.shape.tiles,
           .groupRows = packed.shape.groupRows,
           .hasZeros = packed.shape.hasZeros,
           .order = linear.order,
           .output = linear.output};
    if (linear.order == ColumnOrder::rotary) c.rotaryTiles = rotaryColumns / 16, c.headDim = headDim;
    return c;
}

// Groups longer than 128 are packed as 128 (layout.h), one group a linear included.
TEST_P(GemmTest, matchesOracleAtTheShapesOfMistral) {
    const struct {
        int groupRows;
        bool hasZeros;
        std::vector<int> rows;
    } groupings[] = {{128, false, {1, 9, 16, 17, 33, 64, 65, 129, 512, 2048}},
                     {128, true, {16, 512}},
                     {64, true, {16, 512}},
                     {64, false, {33}},
                     {32, true, {16, 512}},
                     {32, false, {33}}};
    for (const LayerLinear& linear : linearsOf(4096, 14336, 4096, 1024))
        for (const auto& [groupRows, hasZeros, rowCounts] : groupings) {
            const RandomPacked packed(linear.inputs, linear.outputs, groupRows, hasZeros, random_);
            const DeviceVector<std::uint8_t> tiles(packed.bytes);
            for (const int rows : rowCounts) checkSomeOf(caseOf(linear, packed, rows, 5120, 128), packed, tiles.get());
        }
}

TEST_P(GemmTest, matchesOracleAtTheShapesOfTheBuiltInModel) {
    std::vector<int> counts;
    for (int rows = 1; rows <= 17; ++rows) counts.push_back(rows);
    for (const int rows : {31, 32, 33, 63, 64, 65, 127, 128, 129, 512, 2048}) counts.push_back(rows);
    for (const LayerLinear& linear : linearsOf(512, 1536, 512, 128)) {
        const RandomPacked packed(linear.inputs, linear.outputs, 128, false, random_);
        const DeviceVector<std::uint8_t> tiles(packed.bytes);
        for (const int rows : counts) checkSomeOf(caseOf(linear, packed, rows, 640, 64), packed, tiles.get());
    }
}

// f16 ends at 65504; each row is held to the tolerance by itself.
TEST_F(GemmOfBf16Test, matchesOracleFarBeyondWhatF16Holds) {
    for (const int rows : {1, 7, 16, 70, 200})
        for (const bool zeros : {false, true}) {
            Case c{.rows = rows, .chunks = 12, .tiles = 24, .groupRows = zeros ? 32 : 128, .hasZeros = zeros};
            const RowSizes sizes{1e6, 1e9};
            check(c, true, sizes);
            c.output = GemmOutput::addTo;
            check(c, true, sizes);
            c.order = ColumnOrder::gateUp, c.output = GemmOutput::siluTimes;
            check(c, true, sizes);
        }
}

TEST_F(GemmOfBf16Test, runsOnThePortableKernelAlone) {
    const RandomPacked packed(128, 16, 128, false, random_);
    const DeviceVector<std::uint8_t> tiles(packed.bytes);
    const Case c{.rows = 5, .chunks = 1, .tiles = 1};
    const Activations x(element_, c.rows, 128, random_);
    DeviceVector<std::uint16_t> direct(80), chosen(80);
    gpu::GemmArguments arguments = argumentsFor(x, linearOf(c, packed.shape, tiles.get(), nullptr), c.columns());
    arguments.out = direct.get();
    EXPECT_EQ(gpu::gemmBy(GemmPath::hopper, -1, arguments, nullptr), cudaErrorInvalidValue);
    ASSERT_EQ(gpu::gemmBy(GemmPath::portable, -1, arguments, nullptr), cudaSuccess);
    arguments.out = chosen.get();
    ASSERT_EQ(gpu::gemm(arguments, nullptr), cudaSuccess);
    EXPECT_EQ(direct.download(), chosen.download());
}

TEST_P(GemmTest, givesTheSameBitsEveryTimeAndLeavesTheWorkspaceReady) {
    const Case c{.rows = 48, .chunks = 45, .tiles = 33};
    const PackedFixture linear(c.chunks, c.tiles, c.groupRows, c.hasZeros, c.hasBias, random_);
    const DeviceVector<std::uint8_t> tiles(linear.bytes);
    const Activations x(element_, c.rows, linear.shape.packedInputs(), random_);
    constexpr int kRuns = 20;
    for (const Kernel& kernel : kernels(element_, true)) {
        SCOPED_TRACE(kernel.name());
        const std::size_t count = static_cast<std::size_t>(c.rows) * c.columns();
        DeviceVector<std::uint16_t> out(count * kRuns);
        for (int run = 0; run < kRuns; ++run) { // back to back: each may start while the one before runs
            gpu::GemmArguments arguments =
                argumentsFor(x, linearOf(c, linear.shape, tiles.get(), nullptr), c.columns());
            arguments.out = out.get() + run * count;
            ASSERT_EQ(gpu::gemmBy(kernel.path, kernel.tile, arguments, nullptr), cudaSuccess);
        }
        const std::vector<std::uint16_t> got = out.download();
        for (int run = 1; run < kRuns; ++run)
            EXPECT_EQ(std::memcmp(got.data(), got.data() + run * count, count * sizeof(std::uint16_t)), 0)
                << "run " << run;
    }
    const std::vector<std::uint8_t> after = workspace_->download();
    const std::size_t counters = static_cast<std::size_t>(multiprocessors()) * gpu::kWarpGroups * sizeof(unsigned);
    EXPECT_TRUE(std::all_of(after.begin(), after.begin() + static_cast<std::ptrdiff_t>(counters),
                            [](std::uint8_t byte) { return byte == 0; }));
}

TEST_P(GemmTest, readsWhatTheKernelBeforeWrote) {
    // A chain: the output of one product is the input of the next, launched without a pause.
    const Case first{.rows = 16, .chunks = 40, .tiles = 80}, second{.rows = 16, .chunks = 10, .tiles = 24};
    const PackedFixture one(first.chunks, first.tiles, 128, false, false, random_),
        two(second.chunks, second.tiles, 128, false, false, random_);
    const DeviceVector<std::uint8_t> oneTiles(one.bytes), twoTiles(two.bytes);
    const Activations x(element_, first.rows, one.shape.packedInputs(), random_);
    for (const Kernel& kernel : kernels(element_, false)) {
        SCOPED_TRACE(kernel.name());
        DeviceVector<std::uint16_t> middle(static_cast<std::size_t>(first.rows) * first.columns());
        DeviceVector<std::uint16_t> out(static_cast<std::size_t>(second.rows) * second.columns());
        for (int round = 0; round < 10; ++round) {
            ASSERT_EQ(cudaMemsetAsync(middle.get(), 0xff, middle.count() * sizeof(std::uint16_t)), cudaSuccess);
            gpu::GemmArguments arguments =
                argumentsFor(x, linearOf(first, one.shape, oneTiles.get(), nullptr), first.columns());
            arguments.out = middle.get();
            ASSERT_EQ(gpu::gemmBy(kernel.path, kernel.tile, arguments, nullptr), cudaSuccess);
            arguments.x = middle.get();
            arguments.xStride = first.columns();
            arguments.linear = linearOf(second, two.shape, twoTiles.get(), nullptr);
            arguments.columns = second.columns();
            arguments.out = out.get();
            arguments.outStride = second.columns();
            ASSERT_EQ(gpu::gemmBy(kernel.path, kernel.tile, arguments, nullptr), cudaSuccess);
            const std::vector<float> between = decoded(element_, middle.download()),
                                     got = decoded(element_, out.download());
            expectClose(element_, GemmOutput::store, std::span<const float>(got),
                        two.multiply(between, second.rows, first.columns()), [](std::size_t at) { return text(at); });
        }
    }
}

TEST_P(GemmTest, refusesWhatItCannotMultiply) {
    gpu::GemmArguments arguments;
    arguments.element = element_;
    EXPECT_EQ(gpu::gemm(arguments, nullptr), cudaErrorInvalidValue);
}

} // namespace
} // namespace tramontane
