// Conversions between file bytes, floats and text.
#include "core/base/bytes.h"

#include <array>
#include <cstdio>

namespace tramontane {

float halfToFloat(std::uint16_t bits) {
    const std::uint32_t sign = std::uint32_t(bits & 0x8000u) << 16;
    const std::uint32_t exponent = (bits >> 10) & 0x1Fu;
    std::uint32_t mantissa = bits & 0x3FFu;
    if (exponent == 0x1F) return std::bit_cast<float>(sign | 0x7F800000u | (mantissa << 13));
    if (exponent != 0) return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (mantissa << 13));
    // Subnormal halves are mantissa · 2^-24, a normal float.
    const float magnitude = float(mantissa) * 0x1p-24f;
    return std::bit_cast<float>(std::bit_cast<std::uint32_t>(magnitude) | sign);
}

std::uint16_t floatToHalf(float value) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
    const std::uint16_t sign = std::uint16_t((bits >> 16) & 0x8000u);
    const std::uint32_t magnitude = bits & 0x7FFFFFFFu;
    if (magnitude > 0x7F800000u) return sign | 0x7E00u;  // NaN
    if (magnitude >= 0x477FF000u) return sign | 0x7C00u; // 65520 and above round to infinity
    if (magnitude < 0x38800000u) {
        // Below 2^-14: adding 0.5 lets the float unit round at the subnormal half's last place, 2^-24.
        const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
        return sign | std::uint16_t(std::bit_cast<std::uint32_t>(shifted) - 0x3F000000u);
    }
    const std::uint32_t rounded = magnitude + 0xFFFu + ((magnitude >> 13) & 1u);
    return sign | std::uint16_t((rounded - 0x38000000u) >> 13);
}

std::uint16_t floatToBfloat16(float value) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
    if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return std::uint16_t((bits >> 16) | 0x40u);
    return std::uint16_t((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
}

std::string shapeText(std::span<const std::int64_t> shape) {
    if (shape.empty()) return "a single number";
    std::string text;
    for (const std::int64_t dimension : shape) {
        if (!text.empty()) text += "×";
        text += std::to_string(dimension);
    }
    return text;
}

std::string sizeText(std::uint64_t sizeBytes) {
    if (sizeBytes < 1000) return std::to_string(sizeBytes) + " bytes";
    static constexpr std::array units{"kB", "MB", "GB", "TB", "PB", "EB"};
    double size = double(sizeBytes) / 1000;
    std::size_t unit = 0;
    while (size >= 999.95 && unit + 1 < units.size()) {
        size /= 1000;
        ++unit;
    }
    char text[32];
    std::snprintf(text, sizeof text, "%.*f %s", size < 99.95 ? 1 : 0, size, units[unit]);
    return text;
}

std::string printableText(std::string_view text, std::size_t maxBytes) {
    std::string line(text.substr(0, maxBytes));
    if (line.size() < text.size()) {
        while (!line.empty() && (static_cast<unsigned char>(text[line.size()]) & 0xC0) == 0x80) line.pop_back();
        line += "...";
    }
    for (char& c : line)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
    return line;
}

std::uint64_t fnvHash(std::span<const std::byte> bytes, std::uint64_t state) {
    for (const std::byte byte : bytes) state = (state ^ std::uint64_t(byte)) * 1099511628211ULL;
    return state;
}

} // namespace tramontane
