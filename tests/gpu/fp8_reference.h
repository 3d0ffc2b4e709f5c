// e4m3 from its definition (OCP 8-bit floating point specification 1.0, section 5), for tests: every code's number, and a
// number's code by looking for the nearest.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

namespace tramontane::testing {

constexpr std::uint8_t kLargestFp8 = 0x7e; // 448; 0x7f is NaN

inline float fromFp8(std::uint8_t code) {
    const int exponent = code >> 3 & 15, mantissa = code & 7;
    if ((code & 0x7f) > kLargestFp8) return std::numeric_limits<float>::quiet_NaN();
    const float size = exponent == 0 ? std::ldexp(static_cast<float>(mantissa), -9)
                                     : std::ldexp(static_cast<float>(8 + mantissa), exponent - 10);
    return code & 0x80 ? -size : size;
}

// The nearest, of two the even one; 448 for what is larger.
inline std::uint8_t toFp8(float value) {
    static const std::array<float, kLargestFp8 + 1> sizes = [] {
        std::array<float, kLargestFp8 + 1> all{};
        for (std::size_t code = 0; code < all.size(); ++code) all[code] = fromFp8(static_cast<std::uint8_t>(code));
        return all;
    }();
    const std::uint8_t sign = std::signbit(value) ? 0x80 : 0;
    if (std::isnan(value)) return sign | 0x7f;
    const double size = std::abs(static_cast<double>(value));
    const auto above = std::lower_bound(sizes.begin(), sizes.end(), size);
    if (above == sizes.end()) return sign | kLargestFp8;
    auto code = static_cast<std::uint8_t>(above - sizes.begin());
    if (code > 0) {
        const double up = *above - size, down = size - *(above - 1);
        if (down < up || (down == up && code % 2 != 0)) --code;
    }
    return sign | code;
}

} // namespace tramontane::testing
