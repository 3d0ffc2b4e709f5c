// The writer walks the value itself, since the library's dump has no spaced one-line form.
#include "core/text/json_text.h"

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

Result<OrderedJson> parseJson(const std::string& text, int maxDepth) {
    bool tooDeep = false;
    auto callback = [&](int depth, OrderedJson::parse_event_t, OrderedJson&) {
        if (depth > maxDepth) tooDeep = true;
        return !tooDeep; // what is too deep is dropped as it is read, never kept
    };
    // The parser keeps its own stack on the heap, so that depth costs no call frames.
    auto parsed = OrderedJson::parse(text, callback, /*allow_exceptions=*/false);
    if (tooDeep)
        return makeError(ErrorKind::invalidInput, "is nested deeper than " + std::to_string(maxDepth) + " levels");
    if (parsed.is_discarded()) return makeError(ErrorKind::invalidInput, "is not valid JSON");
    return parsed;
}

} // namespace tramontane
