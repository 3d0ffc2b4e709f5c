// The element types a tensor file can hold: their names in the file, their sizes in bytes.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace tramontane {

enum class DType { f16, bf16, f32, i32, i64, u8, i8, boolean, f64, i16, u16, u32, u64 };

constexpr std::size_t dtypeSize(DType dtype) {
    switch (dtype) {
    case DType::u8:
    case DType::i8:
    case DType::boolean:
        return 1;
    case DType::f16:
    case DType::bf16:
    case DType::i16:
    case DType::u16:
        return 2;
    case DType::f32:
    case DType::i32:
    case DType::u32:
        return 4;
    case DType::f64:
    case DType::i64:
    case DType::u64:
        return 8;
    }
    return 0;
}

// As safetensors spells them ("F16", "BF16", "BOOL").
const char* dtypeName(DType dtype);
std::optional<DType> dtypeFromName(std::string_view name);

} // namespace tramontane
