// The writer walks the value itself, since the library's dump has no spaced one-line form.
#include "core/text/json_text.h"

#include <algorithm>
#include <string_view>

namespace tramontane {

std::string jsonText(const OrderedJson& value) {
    const auto scalar = [](const OrderedJson& leaf) {
        return leaf.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
    };
    std::string text;
    if (value.is_object()) {
        text += '{';
        for (auto item = value.begin(); item != value.end(); ++item) {
            if (item != value.begin()) text += ", ";
            text += scalar(OrderedJson(item.key())) + ": " + jsonText(item.value());
        }
        return text += '}';
    }
    if (value.is_array()) {
        text += '[';
        for (std::size_t i = 0; i < value.size(); ++i) {
            if (i) text += ", ";
            text += jsonText(value[i]);
        }
        return text += ']';
    }
    return scalar(value);
}

namespace {

// Brackets open at once at most, strings skipped. Linear, where the library's parse callback is quadratic in what an
// array holds; on a text that is no JSON the parser has the last word.
int deepestNesting(std::string_view text) {
    int depth = 0, deepest = 0;
    bool inString = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (inString) {
            if (c == '\\')
                ++i;
            else if (c == '"')
                inString = false;
        } else if (c == '"') {
            inString = true;
        } else if (c == '[' || c == '{') {
            deepest = std::max(deepest, ++depth);
        } else if (c == ']' || c == '}') {
            --depth;
        }
    }
    return deepest;
}

} // namespace

Result<OrderedJson> parseJson(const std::string& text, int maxDepth) {
    if (deepestNesting(text) > maxDepth)
        return makeError(ErrorKind::invalidInput, "is nested deeper than " + std::to_string(maxDepth) + " levels");
    auto parsed = OrderedJson::parse(text, nullptr, /*allow_exceptions=*/false);
    if (parsed.is_discarded()) return makeError(ErrorKind::invalidInput, "is not valid JSON");
    return parsed;
}

} // namespace tramontane
