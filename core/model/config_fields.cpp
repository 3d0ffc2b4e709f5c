// Typed, ranged reading of configuration fields.
#include "core/model/config_fields.h"

#include <cmath>
#include <cstdio>
#include <utility>

#include "core/base/bytes.h"

namespace tramontane {
namespace {

std::string numberText(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", value);
    return text;
}

} // namespace

std::string shortJson(const nlohmann::json& value) {
    if (value.is_array() || value.is_object()) return value.is_array() ? "an array" : "an object";
    const std::string text = value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
    return printableText(text, 60);
}

ConfigFields::ConfigFields(const nlohmann::json& object, std::string file, std::string path)
    : object_(object), file_(std::move(file)), path_(std::move(path)) {}

const nlohmann::json* ConfigFields::value(const char* field) const {
    const auto found = object_.find(field);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
}

bool ConfigFields::has(const char* field) const { return value(field) != nullptr; }

void ConfigFields::refuse(const char* field, const std::string& what, ErrorKind kind) {
    if (!error_) error_ = makeError(kind, file_ + ": " + path_ + field + " " + what);
}

std::int64_t ConfigFields::integer(const char* field, std::int64_t minimum, std::int64_t maximum,
                                   std::optional<std::int64_t> fallback) {
    const nlohmann::json* found = value(field);
    const std::string range =
        ", expected a whole number from " + std::to_string(minimum) + " to " + std::to_string(maximum);
    if (found == nullptr) {
        if (!fallback) refuse(field, "is missing" + range);
        return fallback.value_or(minimum);
    }
    if (!found->is_number_integer() ||
        (found->is_number_unsigned() && found->get<std::uint64_t>() > std::uint64_t(INT64_MAX)) ||
        found->get<std::int64_t>() < minimum || found->get<std::int64_t>() > maximum) {
        refuse(field, "is " + shortJson(*found) + range);
        return minimum;
    }
    return found->get<std::int64_t>();
}

double ConfigFields::number(const char* field, double minimum, double maximum, std::optional<double> fallback) {
    const nlohmann::json* found = value(field);
    const std::string range = ", expected a number from " + numberText(minimum) + " to " + numberText(maximum);
    if (found == nullptr) {
        if (!fallback) refuse(field, "is missing" + range);
        return fallback.value_or(minimum);
    }
    const double read = found->is_number() ? found->get<double>() : std::nan("");
    if (!(read >= minimum && read <= maximum)) {
        refuse(field, "is " + shortJson(*found) + range);
        return minimum;
    }
    return read;
}

bool ConfigFields::boolean(const char* field, bool fallback) {
    const nlohmann::json* found = value(field);
    if (found == nullptr) return fallback;
    if (!found->is_boolean()) {
        refuse(field, "is " + shortJson(*found) + ", expected true or false");
        return fallback;
    }
    return found->get<bool>();
}

std::string ConfigFields::text(const char* field, std::string_view fallback) {
    const nlohmann::json* found = value(field);
    if (found == nullptr) return std::string(fallback);
    if (!found->is_string()) {
        refuse(field, "is " + shortJson(*found) + ", expected a text");
        return std::string(fallback);
    }
    return found->get<std::string>();
}

} // namespace tramontane
