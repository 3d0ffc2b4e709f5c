// The oracle of the layout, against matrices packed here from plain numbers.
#include "core/model/gptq.h"

#include <algorithm>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/bytes.h"

namespace tramontane {
namespace {

using ::testing::HasSubstr;

// Plain numbers, one each, and the same packed by the format's table.
struct PackedLinear {
    int inputs, outputs, groups;
    std::vector<int> quants, zeros, index; // (K,N), (groups,N), (K)
    std::vector<std::uint16_t> scales;
    std::vector<std::uint32_t> qweight, qzeros;

    PackedLinear(int k, int n, int g, bool actOrder, int zeroOffset, std::uint32_t seed)
        : inputs(k), outputs(n), groups(g), qweight(std::size_t(k / 8 * n)), qzeros(std::size_t(g * n / 8)) {
        std::mt19937 random(seed);
        for (int i = 0; i < k * n; ++i) quants.push_back(int(random() % 16));
        for (int i = 0; i < g * n; ++i) {
            zeros.push_back(int(random() % 16) + zeroOffset);
            scales.push_back(floatToHalf(float(random() % 1000 + 1) / 65536));
        }
        for (int i = 0; i < k; ++i) index.push_back(i / (k / g));
        for (int i = k - 1; actOrder && i > 0; --i) std::swap(index[std::size_t(i)], index[random() % (i + 1)]);
        for (int row = 0; row < k; ++row)
            for (int column = 0; column < n; ++column)
                qweight[std::size_t(row / 8 * n + column)] |= std::uint32_t(quants[std::size_t(row * n + column)])
                                                              << (row % 8 * 4);
        for (int group = 0; group < g; ++group)
            for (int column = 0; column < n; ++column)
                qzeros[std::size_t((group * n + column) / 8)] |=
                    std::uint32_t(zeros[std::size_t(group * n + column)] - zeroOffset) << (column % 8 * 4);
    }

    GptqView view(bool withIndex, int zeroOffset) const {
        GptqView view;
        view.inputs = inputs;
        view.outputs = outputs;
        view.groups = groups;
        view.zeroOffset = zeroOffset;
        view.qweight = std::as_bytes(std::span(qweight));
        view.qzeros = std::as_bytes(std::span(qzeros));
        view.scales = std::as_bytes(std::span(scales));
        if (withIndex) view.groupIndex = std::as_bytes(std::span(index));
        return view;
    }

    float weight(int k, int n) const {
        const int group = index[std::size_t(k)];
        return float(quants[std::size_t(k * outputs + n)] - zeros[std::size_t(group * outputs + n)]) *
               halfToFloat(scales[std::size_t(group * outputs + n)]);
    }
};

TEST(Gptq, dequantizesEveryVariantToTheNumbersThatWerePacked) {
    std::uint32_t seed = 100;
    for (const int groups : {1, 2, 4})
        for (const bool actOrder : {false, true})
            for (const int zeroOffset : {0, 1}) {
                const PackedLinear packed(128, 24, groups, actOrder, zeroOffset, ++seed);
                SCOPED_TRACE("seed " + std::to_string(seed));
                const std::vector<float> weights = dequantize(packed.view(actOrder, zeroOffset));
                for (int k = 0; k < packed.inputs; ++k)
                    for (int n = 0; n < packed.outputs; ++n)
                        ASSERT_EQ(weights[std::size_t(k * packed.outputs + n)], packed.weight(k, n)) << k << ", " << n;
            }
}

TEST(Gptq, symmetricWordsOfBothFormatsMeanZeroEight) {
    const std::vector<std::uint32_t> v1{0x77777777u}, v2{0x88888888u};
    GptqView view;
    view.outputs = 8;
    view.qzeros = std::as_bytes(std::span(v1));
    view.zeroOffset = 1;
    for (int n = 0; n < 8; ++n) EXPECT_EQ(gptqZero(view, 0, n), 8);
    view.qzeros = std::as_bytes(std::span(v2));
    view.zeroOffset = 0;
    for (int n = 0; n < 8; ++n) EXPECT_EQ(gptqZero(view, 0, n), 8);
}

TEST(Gptq, viewsMayLieAtAnyAlignment) {
    const PackedLinear packed(32, 8, 1, false, 1, 5);
    const auto shifted = [](const auto& values) {
        std::vector<std::byte> bytes(1);
        const auto source = std::as_bytes(std::span(values));
        bytes.insert(bytes.end(), source.begin(), source.end());
        return bytes;
    };
    const auto qweight = shifted(packed.qweight), qzeros = shifted(packed.qzeros), scales = shifted(packed.scales);
    GptqView view = packed.view(false, 1);
    const std::vector<float> expected = dequantize(view);
    view.qweight = std::span(qweight).subspan(1);
    view.qzeros = std::span(qzeros).subspan(1);
    view.scales = std::span(scales).subspan(1);
    EXPECT_EQ(dequantize(view), expected);
}

TEST(Gptq, staircasesAreToldFromScatteredGroups) {
    EXPECT_TRUE(isStaircase(std::vector{0, 0, 1, 1, 2, 2}, 3));
    EXPECT_TRUE(isStaircase(std::vector{0, 0, 0, 0}, 1));
    EXPECT_FALSE(isStaircase(std::vector{0, 1, 0, 1, 2, 2}, 3));
    EXPECT_FALSE(isStaircase(std::vector{1, 1, 0, 0}, 2));
}

// Hostile cases 7, at the check itself.
TEST(Gptq, groupIndicesThatNoKernelMaySeeAreRefused) {
    const auto refusal = [](std::vector<std::int32_t> index, int groups) {
        const auto read = readGroupIndex(std::as_bytes(std::span(index)), groups, "g_idx");
        return read.ok() ? "read" : read.error().message;
    };
    EXPECT_EQ(refusal({1, 0, 0, 1}, 2), "read");
    EXPECT_THAT(refusal({1, 0, 0, 2}, 2), HasSubstr("g_idx is 2 at row 3, expected 0 to 1"));
    EXPECT_THAT(refusal({-1, 0, 0, 1}, 2), HasSubstr("g_idx is -1 at row 0"));
    EXPECT_THAT(refusal({0, 0, 0, 1}, 2), HasSubstr("gives group 0 3 rows, expected 2"));
    EXPECT_THAT(refusal({0, 0, 0, 0}, 2), HasSubstr("gives group 0 4 rows"));
}

TEST(Gptq, finitenessIsSeenInEveryPlaceOfEveryLength) {
    for (const std::size_t length : {0, 1, 15, 4096, 4097, 10000}) {
        std::vector<std::uint16_t> halves(length);
        std::mt19937 random(3);
        for (std::uint16_t& half : halves) half = std::uint16_t(random() % 0x7C00) | std::uint16_t(random() & 0x8000);
        EXPECT_TRUE(allFinite(std::as_bytes(std::span(halves))));
        for (std::size_t place = 0; place < length; place += std::max<std::size_t>(1, length / 50)) {
            const std::uint16_t kept = std::exchange(halves[place], std::uint16_t(place % 2 == 0 ? 0x7C00 : 0xFE01));
            EXPECT_FALSE(allFinite(std::as_bytes(std::span(halves)))) << place << " of " << length;
            halves[place] = kept;
        }
    }
}

} // namespace
} // namespace tramontane
