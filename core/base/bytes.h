// Bytes of a file in, numbers out; numbers in, text for people out. Files are little-endian, and so are the
// machines this program is built for.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace tramontane {

static_assert(std::endian::native == std::endian::little, "views into model files are read in place");

// Any alignment.
template <class T>
requires std::is_trivially_copyable_v<T> T loadUnaligned(const std::byte* bytes) {
    T value;
    std::memcpy(&value, bytes, sizeof value);
    return value;
}

template <class T>
requires std::is_trivially_copyable_v<T> T loadUnaligned(std::span<const std::byte> bytes, std::size_t index) {
    return loadUnaligned<T>(bytes.data() + index * sizeof(T));
}

// Exact: every half is a float.
float halfToFloat(std::uint16_t bits);
// To the nearest, ties to even; beyond the range becomes infinity.
std::uint16_t floatToHalf(float value);

inline float bfloat16ToFloat(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t(bits) << 16); }
// To the nearest, ties to even.
std::uint16_t floatToBfloat16(float value);

// None where the product or sum does not fit.
inline std::optional<std::uint64_t> checkedMultiply(std::uint64_t a, std::uint64_t b) {
    std::uint64_t product = 0;
    if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
    return product;
}
inline std::optional<std::uint64_t> checkedAdd(std::uint64_t a, std::uint64_t b) {
    std::uint64_t sum = 0;
    if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
    return sum;
}

// "32×4096"; "a single number" for no dimensions.
std::string shapeText(std::span<const std::int64_t> shape);
// "512 bytes", "4.2 GB": decimal units, as file managers show them.
std::string sizeText(std::uint64_t sizeBytes);

// UTF-8 from a file as part of a line that a person reads: control characters become '?', and what is longer
// than `maxBytes` is cut, between characters.
std::string printableText(std::string_view text, std::size_t maxBytes = 120);

// 64-bit FNV-1a, for fingerprints; not for anything an attacker gains by.
constexpr std::uint64_t fnvStart = 14695981039346656037ULL;
std::uint64_t fnvHash(std::span<const std::byte> bytes, std::uint64_t state = fnvStart);

} // namespace tramontane
