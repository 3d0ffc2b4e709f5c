#include "core/exchange/field_reader.h"

#include "core/base/bytes.h"

namespace tramontane {

namespace {

using nlohmann::json;

constexpr UnixMilliseconds endOfYear9999 = 253'402'300'799'999;
const json nothing, emptyObject = json::object(), emptyArray = json::array();

} // namespace

std::string foundText(const json& value) {
    switch (value.type()) {
    case json::value_t::object:
        return "an object";
    case json::value_t::array:
        return "a list";
    case json::value_t::string:
        return '"' + printableText(value.get_ref<const std::string&>(), 60) + '"';
    case json::value_t::boolean:
    case json::value_t::number_integer:
    case json::value_t::number_unsigned:
    case json::value_t::number_float:
        return value.dump();
    default:
        return "null";
    }
}

FieldReader::FieldReader(const json& value, std::string path, std::string& fault)
    : value_(value), path_(std::move(path)), fault_(fault) {
    if (ok() && !value_.is_object()) fault_ = path_ + " is " + foundText(value_) + ", expected an object";
}

void FieldReader::refuse(const std::string& key, const std::string& what) {
    if (ok()) fault_ = pathOf(key) + ' ' + what;
}

void FieldReader::refuseType(const char* key, const char* expected, const json& found) {
    refuse(key, "is " + foundText(found) + ", expected " + expected);
}

const json* FieldReader::optionalAny(const char* key) const {
    if (!ok()) return nullptr;
    const auto found = value_.find(key);
    return found == value_.end() || found->is_null() ? nullptr : &*found;
}

const json& FieldReader::required(const char* key, const char* expected) {
    if (!ok()) return nothing;
    const auto found = value_.find(key);
    if (found != value_.end()) return *found;
    refuse(key, std::string("is missing, expected ") + expected);
    return nothing;
}

std::string FieldReader::textOf(const char* key, const json& value, std::size_t maxBytes) {
    if (!ok()) return {};
    if (!value.is_string()) {
        refuseType(key, "a string", value);
        return {};
    }
    const std::string& text = value.get_ref<const std::string&>();
    if (text.size() <= maxBytes) return text;
    refuse(key, "has " + sizeText(text.size()) + ", at most " + sizeText(maxBytes) + " is expected");
    return {};
}

std::int64_t FieldReader::integerOf(const char* key, const json& value, std::int64_t minimum, std::int64_t maximum) {
    if (!ok()) return minimum;
    const bool whole = value.is_number_integer() &&
                       (!value.is_number_unsigned() ||
                        value.get<std::uint64_t>() <= std::uint64_t(std::numeric_limits<std::int64_t>::max()));
    const std::int64_t number = whole ? value.get<std::int64_t>() : 0;
    if (whole && number >= minimum && number <= maximum) return number;
    refuse(key, "is " + foundText(value) + ", expected a whole number from " + std::to_string(minimum) + " to " +
                    std::to_string(maximum));
    return minimum;
}

std::string FieldReader::text(const char* key, std::size_t maxBytes) {
    return textOf(key, required(key, "a string"), maxBytes);
}

std::int64_t FieldReader::integer(const char* key, std::int64_t minimum, std::int64_t maximum) {
    return integerOf(key, required(key, "a whole number"), minimum, maximum);
}

std::uint64_t FieldReader::unsignedInteger(const char* key) {
    const json& value = required(key, "a whole number");
    if (ok() && !value.is_number_unsigned()) refuseType(key, "a whole number from 0 to 18446744073709551615", value);
    return ok() ? value.get<std::uint64_t>() : 0;
}

double FieldReader::number(const char* key) {
    const json& value = required(key, "a number");
    if (ok() && !value.is_number()) refuseType(key, "a number", value);
    return ok() ? value.get<double>() : 0;
}

bool FieldReader::boolean(const char* key) {
    const json& value = required(key, "true or false");
    if (ok() && !value.is_boolean()) refuseType(key, "true or false", value);
    return ok() && value.get<bool>();
}

UnixMilliseconds FieldReader::date(const char* key) { return integer(key, 0, endOfYear9999); }

const json& FieldReader::object(const char* key) {
    const json& value = required(key, "an object");
    if (ok() && !value.is_object()) refuseType(key, "an object", value);
    return ok() ? value : emptyObject;
}

const json& FieldReader::array(const char* key) {
    const json& value = required(key, "a list");
    if (ok() && !value.is_array()) refuseType(key, "a list", value);
    return ok() ? value : emptyArray;
}

std::optional<std::string> FieldReader::optionalText(const char* key, std::size_t maxBytes) {
    const json* value = optionalAny(key);
    if (!value) return std::nullopt;
    return textOf(key, *value, maxBytes);
}

std::optional<std::int64_t> FieldReader::optionalInteger(const char* key, std::int64_t minimum, std::int64_t maximum) {
    const json* value = optionalAny(key);
    if (!value) return std::nullopt;
    return integerOf(key, *value, minimum, maximum);
}

std::optional<UnixMilliseconds> FieldReader::optionalDate(const char* key) {
    return optionalInteger(key, 0, endOfYear9999);
}

std::optional<double> FieldReader::optionalNumber(const char* key) {
    const json* value = optionalAny(key);
    if (!value) return std::nullopt;
    if (!value->is_number()) {
        refuseType(key, "a number", *value);
        return std::nullopt;
    }
    return value->get<double>();
}

bool FieldReader::optionalBoolean(const char* key) {
    const json* value = optionalAny(key);
    if (value && !value->is_boolean()) refuseType(key, "true or false", *value);
    return value && value->is_boolean() && value->get<bool>();
}

const json* FieldReader::optionalObject(const char* key) {
    const json* value = optionalAny(key);
    if (value && !value->is_object()) refuseType(key, "an object", *value);
    return value && value->is_object() ? value : nullptr;
}

const json* FieldReader::optionalArray(const char* key) {
    const json* value = optionalAny(key);
    if (value && !value->is_array()) refuseType(key, "a list", *value);
    return value && value->is_array() ? value : nullptr;
}

} // namespace tramontane
