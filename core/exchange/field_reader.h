// A JSON object in, its fields by name and type out. The first one that is not what it must be is remembered in a
// sentence that names it and says what was found; from then on every field reads as empty.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "core/base/result.h"
#include "core/history/history_types.h"

namespace tramontane {

// "a string", "\"wizard\"", "12", "an object": for the end of a sentence.
std::string foundText(const nlohmann::json& value);

class FieldReader {
public:
    // `path` names `value` in every sentence: `conversations[2].messages[0]`. Both `value` and `fault` outlive this.
    FieldReader(const nlohmann::json& value, std::string path, std::string& fault);

    // A field that has to be there.
    std::string text(const char* key, std::size_t maxBytes = std::numeric_limits<std::size_t>::max());
    std::int64_t integer(const char* key, std::int64_t minimum, std::int64_t maximum);
    std::uint64_t unsignedInteger(const char* key);
    double number(const char* key);
    bool boolean(const char* key);
    UnixMilliseconds date(const char* key); // from 1970 up to the year 9999
    const nlohmann::json& object(const char* key);
    const nlohmann::json& array(const char* key);

    // None where it is not there or null.
    std::optional<std::string> optionalText(const char* key,
                                            std::size_t maxBytes = std::numeric_limits<std::size_t>::max());
    std::optional<std::int64_t> optionalInteger(const char* key, std::int64_t minimum, std::int64_t maximum);
    std::optional<UnixMilliseconds> optionalDate(const char* key);
    std::optional<double> optionalNumber(const char* key);
    bool optionalBoolean(const char* key);                 // false where it is not there
    const nlohmann::json* optionalObject(const char* key); // null where it is not there
    const nlohmann::json* optionalArray(const char* key);
    const nlohmann::json* optionalAny(const char* key) const;

    std::string pathOf(const std::string& key) const { return path_.empty() ? key : path_ + '.' + key; }
    void refuse(const std::string& key, const std::string& what); // "<path>.<key> <what>"
    bool ok() const { return fault_.empty(); }

private:
    const nlohmann::json& required(const char* key, const char* expected);
    void refuseType(const char* key, const char* expected, const nlohmann::json& found);
    std::string textOf(const char* key, const nlohmann::json& value, std::size_t maxBytes);
    std::int64_t integerOf(const char* key, const nlohmann::json& value, std::int64_t minimum, std::int64_t maximum);

    const nlohmann::json& value_;
    std::string path_;
    std::string& fault_;
};

} // namespace tramontane
