// Names of element types, both ways.
#include "core/base/dtype.h"

namespace tramontane {
namespace {

struct NamedDType {
    DType dtype;
    const char* name;
};

constexpr NamedDType names[] = {
    {DType::f16, "F16"}, {DType::bf16, "BF16"}, {DType::f32, "F32"},      {DType::f64, "F64"}, {DType::i8, "I8"},
    {DType::i16, "I16"}, {DType::i32, "I32"},   {DType::i64, "I64"},      {DType::u8, "U8"},   {DType::u16, "U16"},
    {DType::u32, "U32"}, {DType::u64, "U64"},   {DType::boolean, "BOOL"},
};

} // namespace

const char* dtypeName(DType dtype) {
    for (const NamedDType& entry : names)
        if (entry.dtype == dtype) return entry.name;
    return "?";
}

std::optional<DType> dtypeFromName(std::string_view name) {
    for (const NamedDType& entry : names)
        if (entry.name == name) return entry.dtype;
    return std::nullopt;
}

} // namespace tramontane
