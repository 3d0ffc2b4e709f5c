// Conversions between bytes, floats and text, against their definitions.
#include "core/base/bytes.h"

#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "core/base/dtype.h"

namespace tramontane {
namespace {

// The definition of a half, by arithmetic.
double halfByDefinition(unsigned bits) {
    const double sign = (bits & 0x8000) != 0 ? -1 : 1;
    const int exponent = int(bits >> 10) & 31, mantissa = int(bits & 1023);
    if (exponent == 31) return mantissa != 0 ? std::nan("") : sign * std::numeric_limits<double>::infinity();
    if (exponent == 0) return sign * std::ldexp(mantissa, -24);
    return sign * std::ldexp(1024 + mantissa, exponent - 25);
}

TEST(Bytes, everyHalfIsItsFloatAndComesBack) {
    for (unsigned bits = 0; bits < 65536; ++bits) {
        const double expected = halfByDefinition(bits);
        const float found = halfToFloat(std::uint16_t(bits));
        if (std::isnan(expected)) {
            EXPECT_TRUE(std::isnan(found)) << bits;
            EXPECT_TRUE(std::isnan(halfToFloat(floatToHalf(found)))) << bits;
        } else {
            EXPECT_EQ(double(found), expected) << bits;
            EXPECT_EQ(floatToHalf(found), bits);
        }
    }
}

TEST(Bytes, floatsBecomeTheNearestHalfTiesToEven) {
    // Between every two neighbours: the middle goes to the even one, a little less down, a little more up.
    for (unsigned bits = 0; bits < 0x7BFF; ++bits) {
        const double low = halfByDefinition(bits), high = halfByDefinition(bits + 1);
        const auto middle = float((low + high) / 2);
        EXPECT_EQ(floatToHalf(middle), bits + (bits & 1)) << bits;
        EXPECT_EQ(floatToHalf(std::nextafter(middle, 0.0f)), bits);
        EXPECT_EQ(floatToHalf(std::nextafter(middle, 1e9f)), bits + 1);
        EXPECT_EQ(floatToHalf(-std::nextafter(middle, 1e9f)), (bits + 1) | 0x8000);
    }
    EXPECT_EQ(floatToHalf(65519.99f), 0x7BFF);
    EXPECT_EQ(floatToHalf(65520.0f), 0x7C00);
    EXPECT_EQ(floatToHalf(std::numeric_limits<float>::infinity()), 0x7C00);
    EXPECT_EQ(floatToHalf(std::numeric_limits<float>::denorm_min()), 0);
}

TEST(Bytes, floatsBecomeTheNearestBfloat16) {
    std::mt19937 random(7);
    for (int i = 0; i < 100000; ++i) {
        const float value = std::bit_cast<float>(std::uint32_t(random()));
        if (!std::isfinite(value)) continue;
        const float found = bfloat16ToFloat(floatToBfloat16(value));
        if (!std::isfinite(found)) continue; // rounded beyond the range
        EXPECT_LE(std::abs(double(found) - value),
                  std::abs(std::ldexp(std::max(std::abs(double(value)), 0x1p-126), -8)));
    }
    EXPECT_EQ(floatToBfloat16(1.00390625f), 0x3F80) << "a tie goes to the even one";
    EXPECT_EQ(floatToBfloat16(1.01171875f), 0x3F82);
    EXPECT_TRUE(std::isnan(bfloat16ToFloat(floatToBfloat16(std::nanf("")))));
}

TEST(Bytes, loadsAtAnyAlignment) {
    const std::array<std::byte, 6> bytes{std::byte{9}, std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}};
    EXPECT_EQ(loadUnaligned<std::uint32_t>(bytes.data() + 1), 0x04030201u);
}

TEST(Bytes, arithmeticBeyond64BitsIsNoticed) {
    EXPECT_EQ(checkedMultiply(1ull << 32, 1ull << 31), 1ull << 63);
    EXPECT_FALSE(checkedMultiply(1ull << 32, 1ull << 32).has_value());
    EXPECT_FALSE(checkedAdd(~0ull, 1).has_value());
}

TEST(Bytes, textsArePlain) {
    EXPECT_EQ(shapeText(std::vector<std::int64_t>{32, 4096}), "32×4096");
    EXPECT_EQ(shapeText({}), "a single number");
    EXPECT_EQ(sizeText(999), "999 bytes");
    EXPECT_EQ(sizeText(4'168'468'232), "4.2 GB");
    EXPECT_EQ(sizeText(134'217'728), "134 MB");
    EXPECT_EQ(sizeText(999'960), "1.0 MB");
    EXPECT_EQ(printableText("a\nb\x7f"), "a?b?");
    EXPECT_EQ(printableText(std::string(200, 'x'), 5), "xxxxx...");
    EXPECT_EQ(printableText("ab€€", 4), "ab...") << "never through a character";
    EXPECT_EQ(printableText("ab€€", 5), "ab€...");
}

TEST(DType, namesGoBothWays) {
    for (int i = 0; i <= int(DType::u64); ++i) EXPECT_EQ(dtypeFromName(dtypeName(DType(i))), DType(i));
    EXPECT_FALSE(dtypeFromName("F8_E4M3").has_value());
    EXPECT_EQ(dtypeSize(DType::bf16), 2u);
}

} // namespace
} // namespace tramontane
