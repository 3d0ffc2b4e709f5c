// Every linear that the format allows, repacked on the device, is the bytes that the layout's own description gives.
#include "gpu/marlin/repack.h"

#include <algorithm>
#include <numeric>
#include <random>

#include "core/base/bytes.h"
#include "tests/gpu/packed_fixture.h"

namespace tramontane::gpu {
namespace {

using testing::DeviceVector;
using testing::PackedFixture;

// Random bytes in the shape of a GPTQ linear, and a view of them.
struct RandomLinear {
    std::vector<std::uint32_t> qweight, qzeros;
    std::vector<std::uint16_t> scales;
    std::vector<std::int32_t> groupIndex;
    GptqView view;

    RandomLinear(int inputs, int outputs, int groups, int zeroOffset, bool actOrder, std::mt19937& random) {
        qweight.resize(static_cast<std::size_t>(inputs / 8) * outputs);
        qzeros.resize(static_cast<std::size_t>(groups) * (outputs / 8));
        scales.resize(static_cast<std::size_t>(groups) * outputs);
        for (auto& word : qweight) word = random();
        for (auto& word : qzeros) word = random();
        for (auto& scale : scales) scale = static_cast<std::uint16_t>(0x1000 + random() % 0x1000);
        view = {inputs,
                outputs,
                groups,
                zeroOffset,
                std::as_bytes(std::span(qweight)),
                std::as_bytes(std::span(qzeros)),
                std::as_bytes(std::span(scales)),
                {},
                {}};
        if (!actOrder) return;
        for (int k = 0; k < inputs; ++k) groupIndex.push_back(k / (inputs / groups));
        std::shuffle(groupIndex.begin(), groupIndex.end(), random);
        view.groupIndex = std::as_bytes(std::span(groupIndex));
    }
    std::vector<std::int32_t> rowsByGroup() const {
        std::vector<std::int32_t> rows(static_cast<std::size_t>(view.inputs));
        std::iota(rows.begin(), rows.end(), 0);
        std::stable_sort(rows.begin(), rows.end(),
                         [&](int a, int b) { return gptqGroup(view, a) < gptqGroup(view, b); });
        return rows;
    }
};

// What a device makes of the linears, and what the description makes of them.
std::vector<std::uint8_t> onDevice(const PackedShape& shape, std::span<const RandomLinear* const> linears,
                                   const InputOrder& order, const std::vector<TileRowSource>& tileRows) {
    std::vector<std::unique_ptr<DeviceVector<std::uint32_t>>> words;
    std::vector<std::unique_ptr<DeviceVector<std::uint16_t>>> halves;
    const DeviceVector<std::int32_t> sources(order.sources), groups(order.groups);
    const DeviceVector<TileRowSource> rows(tileRows);
    const DeviceVector<std::uint8_t> tiles(shape.sizeBytes());
    RepackArguments arguments;
    arguments.shape = shape;
    for (std::size_t i = 0; i < linears.size(); ++i) {
        RepackPart& part = arguments.parts[i];
        words.push_back(std::make_unique<DeviceVector<std::uint32_t>>(linears[i]->qweight));
        part.qweight = words.back()->get();
        words.push_back(std::make_unique<DeviceVector<std::uint32_t>>(linears[i]->qzeros));
        part.qzeros = words.back()->get();
        halves.push_back(std::make_unique<DeviceVector<std::uint16_t>>(linears[i]->scales));
        part.scales = reinterpret_cast<const __half*>(halves.back()->get());
        part.outputs = linears[i]->view.outputs;
        part.zeroOffset = linears[i]->view.zeroOffset;
    }
    arguments.sources = sources.get();
    arguments.groups = groups.get();
    arguments.tileRows = rows.get();
    arguments.tiles = tiles.get();
    EXPECT_EQ(repack(arguments, nullptr), cudaSuccess);
    return tiles.download();
}

// `column(n)` is the view and the column that packed output n holds; no view for padding.
template <class Column>
std::vector<std::uint8_t> byDescription(const PackedShape& shape, const std::vector<std::int32_t>& rows,
                                        Column column) {
    const auto inputs = static_cast<int>(rows.size());
    return PackedFixture::pack(
        shape,
        [&](int k, int n) {
            const auto [view, c] = column(n);
            return view == nullptr || k >= inputs ? 8 : gptqQuant(*view, rows[static_cast<std::size_t>(k)], c);
        },
        [&](int k, int n) {
            const auto [view, c] = column(n);
            return view == nullptr || k >= inputs
                       ? 0.0f
                       : gptqScale(*view, gptqGroup(*view, rows[static_cast<std::size_t>(k)]), c);
        },
        [&](int k, int n) {
            const auto [view, c] = column(n);
            return view == nullptr || k >= inputs
                       ? 8
                       : gptqZero(*view, gptqGroup(*view, rows[static_cast<std::size_t>(k)]), c);
        });
}

using Place = std::pair<const GptqView*, int>;

std::size_t firstDifference(const std::vector<std::uint8_t>& a, const std::vector<std::uint8_t>& b) {
    return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

TEST(Repack, matchesTheDescriptionAtEveryGroupSizeZeroFormatAndOrder) {
    REQUIRE_GPU();
    std::mt19937 random(31);
    struct Case {
        int inputs, outputs, groups;
    };
    // Groups of 32, 64, 128, 256 and all rows; inputs and outputs that fill no chunk and no tile.
    for (const Case& c : {Case{96, 40, 3},
                          {4096, 256, 128},
                          {192, 16, 3},
                          {1024, 64, 16},
                          {640, 24, 5},
                          {1024, 128, 8},
                          {512, 48, 2},
                          {1000, 56, 1},
                          {128, 8, 1},
                          {8, 8, 1}})
        for (const int zeroOffset : {0, 1})
            for (const bool hasZeros : {false, true})
                for (const bool actOrder : {false, true}) {
                    SCOPED_TRACE(::testing::Message()
                                 << c.inputs << "x" << c.outputs << " in " << c.groups << " groups, zeros +"
                                 << zeroOffset << (hasZeros ? " kept" : " left out")
                                 << (actOrder ? ", act-order" : ""));
                    const RandomLinear linear(c.inputs, c.outputs, c.groups, zeroOffset, actOrder && c.groups > 1,
                                              random);
                    std::vector<TileRowSource> rows;
                    appendPlain(rows, 0, c.outputs);
                    const PackedShape shape =
                        packedShapeOf(c.inputs, c.groups, static_cast<int>(rows.size()), hasZeros);
                    const RandomLinear* const parts[] = {&linear};
                    const auto got = onDevice(shape, parts, inputOrderOf(linear.view), rows);
                    const auto expected = byDescription(shape, linear.rowsByGroup(), [&](int n) {
                        return n < c.outputs ? Place{&linear.view, n} : Place{nullptr, 0};
                    });
                    ASSERT_EQ(got.size(), expected.size());
                    ASSERT_EQ(firstDifference(got, expected), got.size());
                }
}

TEST(Repack, putsRotaryPairsIntoTheSameThreadAndPartsBehindEachOther) {
    REQUIRE_GPU();
    std::mt19937 random(32);
    for (const int headDim : {32, 64, 96, 128}) {
        SCOPED_TRACE(headDim);
        const RandomLinear query(256, 4 * headDim, 4, 1, false, random), key(256, 2 * headDim, 4, 1, false, random),
            value(256, 2 * headDim, 4, 0, false, random);
        std::vector<TileRowSource> rows;
        appendRotary(rows, 0, query.view.outputs, headDim);
        appendRotary(rows, 1, key.view.outputs, headDim);
        appendPlain(rows, 2, value.view.outputs);
        const PackedShape shape = packedShapeOf(256, 4, static_cast<int>(rows.size()), true);
        const RandomLinear* const parts[] = {&query, &key, &value};
        const auto got = onDevice(shape, parts, inputOrderOf(query.view), rows);
        const auto expected = byDescription(shape, query.rowsByGroup(), [&](int n) {
            int column = n;
            if (n < 6 * headDim) { // rotary: row 0..7 dimensions 8j.., rows 8..15 dimensions D/2 + 8j..
                const int head = n / headDim, tile = n % headDim / 16, row = n % 16;
                column = head * headDim + 8 * tile + row % 8 + (row < 8 ? 0 : headDim / 2);
            }
            if (column < 4 * headDim) return Place{&query.view, column};
            if (column < 6 * headDim) return Place{&key.view, column - 4 * headDim};
            return Place{&value.view, column - 6 * headDim};
        });
        ASSERT_EQ(firstDifference(got, expected), got.size());
        ASSERT_EQ(got.size(), expected.size());
    }
}

TEST(Repack, laysGateBesideUpInTheOrderThatDownReads) {
    REQUIRE_GPU();
    std::mt19937 random(33);
    const RandomLinear gate(256, 320, 8, 1, true, random), down(320, 256, 10, 1, true, random);
    RandomLinear up(256, 320, 8, 1, false, random);
    up.groupIndex = gate.groupIndex;
    up.view.groupIndex = std::as_bytes(std::span(up.groupIndex));
    const std::vector<TileRowSource> rows = gateUpRows(inputOrderOf(down.view).sources);
    const PackedShape shape = packedShapeOf(256, 8, static_cast<int>(rows.size()), false);
    EXPECT_EQ(shape.tiles, 2 * 384 / 16);
    const RandomLinear* const parts[] = {&gate, &up};
    const auto got = onDevice(shape, parts, inputOrderOf(gate.view), rows);
    const std::vector<std::int32_t> downRows = down.rowsByGroup();
    const auto expected = byDescription(shape, gate.rowsByGroup(), [&](int n) {
        const int packed = n / 16 * 8 + n % 8;
        const GptqView* view = n % 16 < 8 ? &gate.view : &up.view;
        return packed < 320 ? Place{view, downRows[static_cast<std::size_t>(packed)]} : Place{nullptr, 0};
    });
    ASSERT_EQ(got.size(), expected.size());
    ASSERT_EQ(firstDifference(got, expected), got.size());
}

TEST(PackOrder, sortsByGroupKeepsTheOrderWithinAndPadsTheEnd) {
    std::mt19937 random(34);
    const RandomLinear linear(320, 8, 10, 1, true, random);
    const InputOrder order = inputOrderOf(linear.view);
    std::vector<std::int32_t> expected = linear.rowsByGroup();
    expected.resize(384, -1);
    EXPECT_EQ(order.sources, expected);
    EXPECT_EQ(order.groups, (std::vector<std::int32_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, -1, -1}));
    EXPECT_FALSE(order.identity);
    const std::vector<std::int32_t> positions = order.inverse();
    for (int k = 0; k < 320; ++k)
        EXPECT_EQ(order.sources[static_cast<std::size_t>(positions[static_cast<std::size_t>(k)])], k);
}

TEST(PackOrder, rowsThatLieSortedNeedNoOrder) {
    std::mt19937 random(35);
    for (const int groups : {1, 5, 10}) {
        const RandomLinear linear(320, 8, groups, 1, false, random);
        const InputOrder order = inputOrderOf(linear.view);
        EXPECT_TRUE(order.identity);
        EXPECT_EQ(order.sources.size(), 384u);
        EXPECT_EQ(order.sources[319], 319);
        EXPECT_EQ(order.sources[320], -1);
    }
}

TEST(PackOrder, longGroupsRepeatTheirScaleInEachChunk) {
    EXPECT_EQ(packedShapeOf(1024, 4, 16, false).groupRows, 128);
    EXPECT_EQ(packedShapeOf(960, 10, 16, false).groupRows, 32); // groups of 96
    EXPECT_EQ(packedShapeOf(1000, 1, 16, false).groupRows, 128);
    std::mt19937 random(36);
    EXPECT_EQ(inputOrderOf(RandomLinear(512, 8, 2, 1, false, random).view).groups,
              (std::vector<std::int32_t>{0, 0, 1, 1}));
    EXPECT_EQ(inputOrderOf(RandomLinear(192, 8, 2, 1, false, random).view).groups,
              (std::vector<std::int32_t>{0, 0, 0, 1, 1, 1, -1, -1}));
}

} // namespace
} // namespace tramontane::gpu
