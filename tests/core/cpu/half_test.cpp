// f16 and bf16 to float and back.
#include "core/cpu/half.h"

#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace tramontane {
namespace {

TEST(Half, everyFiniteHalfComesBack) {
    for (std::uint32_t bits = 0; bits < 65536; ++bits) {
        const auto half = static_cast<std::uint16_t>(bits);
        const float value = halfToFloat(half);
        if (std::isnan(value)) {
            EXPECT_TRUE(std::isnan(halfToFloat(floatToHalf(value))));
        } else {
            ASSERT_EQ(floatToHalf(value), half);
        }
    }
    EXPECT_EQ(halfToFloat(0x3c00), 1.0f);
    EXPECT_EQ(halfToFloat(0xc000), -2.0f);
    EXPECT_EQ(halfToFloat(0x0001), 0x1p-24f);
    EXPECT_EQ(halfToFloat(0x7bff), 65504.0f);
}

TEST(Half, roundsToTheNearestAndTiesToEven) {
    std::mt19937 random(7);
    for (int i = 0; i < 200000; ++i) {
        const float value =
            std::ldexp(static_cast<float>(random()) * 0x1p-32f + 0.5f, static_cast<int>(random() % 44) - 28);
        const std::uint16_t half = floatToHalf(value);
        const double below = halfToFloat(static_cast<std::uint16_t>(half - (half > 0 ? 1 : 0)));
        const double here = halfToFloat(half), above = halfToFloat(static_cast<std::uint16_t>(half + 1));
        if (std::isinf(here)) {
            ASSERT_GE(value, 65520.0f);
            continue;
        }
        ASSERT_LE(std::abs(here - value), std::abs(below - value)) << value;
        ASSERT_LE(std::abs(here - value), std::abs(above - value)) << value;
    }
    EXPECT_EQ(floatToHalf(1.0f + 0x1p-11f), 0x3c00);     // halfway, down to even
    EXPECT_EQ(floatToHalf(1.0f + 3 * 0x1p-11f), 0x3c02); // halfway, up to even
    EXPECT_EQ(floatToHalf(65519.9f), 0x7bff);
    EXPECT_EQ(floatToHalf(65520.0f), 0x7c00);
    EXPECT_EQ(floatToHalf(0x1p-25f), 0x0000);
    EXPECT_EQ(floatToHalf(-std::numeric_limits<float>::infinity()), 0xfc00);
}

TEST(Half, bfloatIsTheUpperHalfOfAFloat) {
    EXPECT_EQ(bfloatToFloat(0x3f80), 1.0f);
    EXPECT_EQ(bfloatToFloat(0xc040), -3.0f);
}

} // namespace
} // namespace tramontane
