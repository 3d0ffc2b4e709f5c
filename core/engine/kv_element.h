// What a number of a cached key or value is kept as, its name and its size.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace tramontane {

// fp8: e4m3 (OCP 8-bit floating point specification 1.0) without scales: 1 sign, 4 exponent and 3 mantissa bits, up to
// 448, in steps of 1/512 below 1/64. What is larger is kept as 448.
enum class KvElement { f16, fp8 };

constexpr std::size_t sizeBytes(KvElement element) { return element == KvElement::fp8 ? 1 : 2; }
constexpr const char* nameOf(KvElement element) { return element == KvElement::fp8 ? "fp8" : "f16"; }
constexpr std::optional<KvElement> kvElementNamed(std::string_view name) {
    for (const KvElement element : {KvElement::f16, KvElement::fp8})
        if (name == nameOf(element)) return element;
    return std::nullopt;
}

} // namespace tramontane
