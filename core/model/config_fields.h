// A JSON object from a file in, its fields out, each with its range; errors name the file and the field.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/base/result.h"

namespace tramontane {

// The first fault stays; later reads give their fallbacks, so that a reader checks ok() once at its end.
class ConfigFields {
public:
    // `path` stands before the names of the fields: "quantization_config.".
    ConfigFields(const nlohmann::json& object, std::string file, std::string path = {});

    bool has(const char* field) const; // there, and not null
    // Missing (or null) is an error unless there is a fallback.
    std::int64_t integer(const char* field, std::int64_t minimum, std::int64_t maximum,
                         std::optional<std::int64_t> fallback = {});
    // minimum <= value <= maximum, finite.
    double number(const char* field, double minimum, double maximum, std::optional<double> fallback = {});
    bool boolean(const char* field, bool fallback);
    std::string text(const char* field, std::string_view fallback);
    const nlohmann::json* value(const char* field) const; // null pointer where missing or null

    void refuse(const char* field, const std::string& what, ErrorKind kind = ErrorKind::invalidInput);
    bool ok() const { return !error_.has_value(); }
    const Error& error() const { return *error_; }

private:
    const nlohmann::json& object_;
    std::string file_, path_;
    std::optional<Error> error_;
};

// As a person reads it in an error: cut where it is long.
std::string shortJson(const nlohmann::json& value);

} // namespace tramontane
