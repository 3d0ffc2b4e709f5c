// JSON as the templates write it: keys in the order they came, ", " and ": " between, characters unescaped.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "core/base/result.h"

namespace tramontane {

using OrderedJson = nlohmann::ordered_json;

// `{"a": 1, "b": [2, 3]}`: what Python's json.dumps(…, ensure_ascii=False) gives, which the models were trained on.
std::string jsonText(const OrderedJson& value);

// Refuses what is no JSON and what is nested deeper than `maxDepth`, before it is built.
Result<OrderedJson> parseJson(const std::string& text, int maxDepth);

} // namespace tramontane
