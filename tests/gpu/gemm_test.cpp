// gemm() on the device against sums in double on the host, for every kernel and tile that the device runs.
#include "gpu/marlin/gemm.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>

#include "tests/gpu/gemm_fixture.h"

namespace tramontane {
namespace {

using namespace testing;

class GemmTest : public ::testing::Test {
protected:
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
    void check(const Case& c, bool everyTile = false) {
        const PackedFixture linear(c.chunks, c.tiles, c.groupRows, c.hasZeros, c.hasBias, random_);
        const DeviceVector<std::uint8_t> tiles(linear.bytes);
        const DeviceVector<float> bias(linear.bias);
        const Activations x(c.rows, linear.shape.packedInputs(), random_);
        const gpu::DeviceLinear device = linearOf(c, linear.shape, tiles.get(), c.hasBias ? bias.get() : nullptr);
        for (const Kernel& kernel : kernels(everyTile)) expectMatch(kernel, c, linear, device, x, *workspace_, random_);
    }

    unsigned seed_ = 0;
    std::mt19937 random_;
    std::unique_ptr<DeviceVector<std::uint8_t>> workspace_;
};

TEST_F(GemmTest, matchesOracleAtEveryRowCount) {
    std::vector<int> counts;
    for (int rows = 1; rows <= 17; ++rows) counts.push_back(rows);
    for (const int rows : {31, 32, 33, 63, 64, 65, 127, 128, 129, 300, 512, 2048}) counts.push_back(rows);
    for (const int rows : counts) check({.rows = rows});
}

TEST_F(GemmTest, matchesOracleWithEveryTile) {
    for (const int rows : {1, 20, 130, 257}) check({.rows = rows, .chunks = 5, .tiles = 19, .hasBias = true}, true);
    check({.rows = 40, .chunks = 5, .tiles = 19, .groupRows = 64, .hasZeros = true, .missing = 3}, true);
}

TEST_F(GemmTest, matchesOracleForEveryGrouping) {
    for (const int groupRows : {32, 64, 128})
        for (const bool hasZeros : {false, true})
            for (const bool hasBias : {false, true})
                for (const int rows : {9, 33, 129})
                    check(
                        {.rows = rows, .tiles = 17, .groupRows = groupRows, .hasZeros = hasZeros, .hasBias = hasBias});
}

TEST_F(GemmTest, matchesOracleForEveryOutputAndOrder) {
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

TEST_F(GemmTest, matchesOracleForRaggedShapes) {
    for (const int chunks : {1, 3, 32, 112})
        for (const int tiles : {1, 3, 5, 24})
            for (const int rows : {12, 70}) check({.rows = rows, .chunks = chunks, .tiles = tiles});
}

TEST_F(GemmTest, matchesOracleWhereTilesAreSplit) {
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

TEST_F(GemmTest, matchesOracleAtTheShapesOfMistral) {
    const struct {
        int inputs, outputs;
        ColumnOrder order;
        GemmOutput output;
    } linears[] = {{4096, 6144, ColumnOrder::rotary, GemmOutput::store},
                   {4096, 4096, ColumnOrder::plain, GemmOutput::addTo},
                   {4096, 28672, ColumnOrder::gateUp, GemmOutput::siluTimes},
                   {14336, 4096, ColumnOrder::plain, GemmOutput::addTo}};
    constexpr int kTilesChecked = 6, kRowsChecked = 24;
    for (const auto& [inputs, outputs, order, output] : linears) {
        const RandomPacked packed(inputs, outputs, random_);
        const DeviceVector<std::uint8_t> tiles(packed.bytes);
        for (const int rows : {9, 16, 64, 512, 2048}) {
            Case c{.rows = rows, .chunks = inputs / 128, .tiles = outputs / 16, .order = order, .output = output};
            if (order == ColumnOrder::rotary) c.rotaryTiles = 320, c.headDim = 128;
            const std::vector<int> natural = naturalColumns(c);
            const Activations x(rows, inputs, random_);
            const int columns = c.columns();
            for (const Kernel& kernel : kernels(false)) {
                SCOPED_TRACE(kernel.name() + ", " + c.name());
                const std::size_t count = static_cast<std::size_t>(rows) * columns;
                DeviceVector<__half> out(count);
                DeviceVector<float> residual(count, 0);
                gpu::GemmArguments arguments;
                arguments.x = x.device.get();
                arguments.rows = rows;
                arguments.xStride = x.stride;
                arguments.linear = linearOf(c, packed.shape, tiles.get(), nullptr);
                arguments.columns = columns;
                arguments.output = output;
                arguments.out = out.get();
                arguments.residual = residual.get();
                arguments.outStride = columns;
                arguments.workspace = workspace_->get();
                ASSERT_EQ(gpu::gemmBy(kernel.path, kernel.tile, arguments, nullptr), cudaSuccess);
                const std::vector<float> all =
                    output == GemmOutput::addTo ? residual.download() : testing::toFloats(out.download());
                std::vector<float> got;
                std::vector<double> expected;
                std::vector<std::string> places;
                for (int i = 0; i < kTilesChecked; ++i) {
                    const int tile = i == 0 ? c.tiles - 1 : static_cast<int>(random_() % c.tiles);
                    std::vector<float> w(16 * static_cast<std::size_t>(inputs));
                    for (int k = 0; k < inputs; ++k)
                        for (int r = 0; r < 16; ++r)
                            w[16 * static_cast<std::size_t>(k) + r] = packed.weight(k, tile, r);
                    for (int j = 0; j < std::min(rows, kRowsChecked); ++j) {
                        const int m = j == 0 ? rows - 1 : static_cast<int>(random_() % rows);
                        double sums[16] = {};
                        for (int k = 0; k < inputs; ++k)
                            for (int r = 0; r < 16; ++r)
                                sums[r] += static_cast<double>(x.values[static_cast<std::size_t>(m) * x.stride + k]) *
                                           w[16 * static_cast<std::size_t>(k) + r];
                        const bool gated = output == GemmOutput::siluTimes;
                        for (int r = 0; r < (gated ? 8 : 16); ++r) {
                            const int column = gated ? 8 * tile + r : natural[16 * tile + r];
                            expected.push_back(gated ? sums[r] / (1 + std::exp(-sums[r])) * sums[r + 8] : sums[r]);
                            got.push_back(all[static_cast<std::size_t>(m) * columns + column]);
                            places.push_back(text("row ", m, ", column ", column));
                        }
                    }
                }
                const testing::NormError error = testing::normError(got, expected);
                EXPECT_LE(error.relative, kTolerance)
                    << "worst: " << places[error.worstAt] << ", off by " << error.worst;
                EXPECT_TRUE(std::none_of(all.begin(), all.end(), [](float v) { return std::isnan(v); }))
                    << "a part of the result was not written";
            }
        }
    }
}

TEST_F(GemmTest, givesTheSameBitsEveryTimeAndLeavesTheWorkspaceReady) {
    const Case c{.rows = 48, .chunks = 45, .tiles = 33};
    const PackedFixture linear(c.chunks, c.tiles, c.groupRows, c.hasZeros, c.hasBias, random_);
    const DeviceVector<std::uint8_t> tiles(linear.bytes);
    const Activations x(c.rows, linear.shape.packedInputs(), random_);
    constexpr int kRuns = 20;
    for (const Kernel& kernel : kernels(true)) {
        SCOPED_TRACE(kernel.name());
        const std::size_t count = static_cast<std::size_t>(c.rows) * c.columns();
        DeviceVector<__half> out(count * kRuns);
        for (int run = 0; run < kRuns; ++run) { // back to back: each may start while the one before runs
            gpu::GemmArguments arguments;
            arguments.x = x.device.get();
            arguments.rows = c.rows;
            arguments.xStride = x.stride;
            arguments.linear = linearOf(c, linear.shape, tiles.get(), nullptr);
            arguments.columns = c.columns();
            arguments.out = out.get() + run * count;
            arguments.outStride = c.columns();
            arguments.workspace = workspace_->get();
            ASSERT_EQ(gpu::gemmBy(kernel.path, kernel.tile, arguments, nullptr), cudaSuccess);
        }
        const std::vector<__half> got = out.download();
        for (int run = 1; run < kRuns; ++run)
            EXPECT_EQ(std::memcmp(got.data(), got.data() + run * count, count * sizeof(__half)), 0) << "run " << run;
    }
    const std::vector<std::uint8_t> after = workspace_->download();
    const std::size_t counters = static_cast<std::size_t>(multiprocessors()) * gpu::kWarpGroups * sizeof(unsigned);
    EXPECT_TRUE(std::all_of(after.begin(), after.begin() + static_cast<std::ptrdiff_t>(counters),
                            [](std::uint8_t byte) { return byte == 0; }));
}

TEST_F(GemmTest, readsWhatTheKernelBeforeWrote) {
    // A chain: the output of one product is the input of the next, launched without a pause.
    const Case first{.rows = 16, .chunks = 40, .tiles = 80}, second{.rows = 16, .chunks = 10, .tiles = 24};
    const PackedFixture one(first.chunks, first.tiles, 128, false, false, random_),
        two(second.chunks, second.tiles, 128, false, false, random_);
    const DeviceVector<std::uint8_t> oneTiles(one.bytes), twoTiles(two.bytes);
    const Activations x(first.rows, one.shape.packedInputs(), random_);
    for (const Kernel& kernel : kernels(false)) {
        SCOPED_TRACE(kernel.name());
        DeviceVector<__half> middle(static_cast<std::size_t>(first.rows) * first.columns());
        DeviceVector<__half> out(static_cast<std::size_t>(second.rows) * second.columns());
        for (int round = 0; round < 10; ++round) {
            ASSERT_EQ(cudaMemsetAsync(middle.get(), 0xff, middle.count() * sizeof(__half)), cudaSuccess);
            gpu::GemmArguments arguments;
            arguments.x = x.device.get();
            arguments.rows = first.rows;
            arguments.xStride = x.stride;
            arguments.linear = linearOf(first, one.shape, oneTiles.get(), nullptr);
            arguments.columns = first.columns();
            arguments.out = middle.get();
            arguments.outStride = first.columns();
            arguments.workspace = workspace_->get();
            ASSERT_EQ(gpu::gemmBy(kernel.path, kernel.tile, arguments, nullptr), cudaSuccess);
            arguments.x = middle.get();
            arguments.xStride = first.columns();
            arguments.linear = linearOf(second, two.shape, twoTiles.get(), nullptr);
            arguments.columns = second.columns();
            arguments.out = out.get();
            arguments.outStride = second.columns();
            ASSERT_EQ(gpu::gemmBy(kernel.path, kernel.tile, arguments, nullptr), cudaSuccess);
            const std::vector<float> between = testing::toFloats(middle.download());
            const testing::NormError error = testing::normError(testing::toFloats(out.download()),
                                                                two.multiply(between, second.rows, first.columns()));
            EXPECT_LE(error.relative, kTolerance) << "worst element " << error.worstAt << ", off by " << error.worst;
        }
    }
}

TEST_F(GemmTest, refusesWhatItCannotMultiply) {
    gpu::GemmArguments arguments;
    EXPECT_EQ(gpu::gemm(arguments, nullptr), cudaErrorInvalidValue);
}

} // namespace
} // namespace tramontane
