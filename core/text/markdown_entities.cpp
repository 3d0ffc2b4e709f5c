// The entities that language models really write. Any other stays as it was typed.
#include "core/text/markdown_entities.h"

#include <charconv>
#include <cstdint>
#include <iterator>

namespace tramontane {

namespace {

struct Entity {
    std::string_view name, text;
};

constexpr Entity entities[] = {
    {"amp", "&"},    {"lt", "<"},     {"gt", ">"},     {"quot", "\""},  {"apos", "'"},   {"nbsp", "\u00a0"},
    {"copy", "©"},   {"reg", "®"},    {"trade", "™"},  {"hellip", "…"}, {"mdash", "—"},  {"ndash", "–"},
    {"lsquo", "‘"},  {"rsquo", "’"},  {"ldquo", "“"},  {"rdquo", "”"},  {"laquo", "«"},  {"raquo", "»"},
    {"bull", "•"},   {"middot", "·"}, {"times", "×"},  {"divide", "÷"}, {"minus", "−"},  {"deg", "°"},
    {"plusmn", "±"}, {"euro", "€"},   {"pound", "£"},  {"yen", "¥"},    {"cent", "¢"},   {"sect", "§"},
    {"para", "¶"},   {"larr", "←"},   {"uarr", "↑"},   {"rarr", "→"},   {"darr", "↓"},   {"harr", "↔"},
    {"le", "≤"},     {"ge", "≥"},     {"ne", "≠"},     {"asymp", "≈"},  {"infin", "∞"},  {"sum", "∑"},
    {"radic", "√"},  {"pi", "π"},     {"alpha", "α"},  {"beta", "β"},   {"gamma", "γ"},  {"delta", "δ"},
    {"lambda", "λ"}, {"mu", "μ"},     {"sigma", "σ"},  {"omega", "ω"},  {"frac12", "½"}, {"sup2", "²"},
    {"eacute", "é"}, {"egrave", "è"}, {"agrave", "à"}, {"ccedil", "ç"}, {"auml", "ä"},   {"ouml", "ö"},
    {"uuml", "ü"},   {"szlig", "ß"},
};

std::string utf8(std::uint32_t code) {
    if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return "\ufffd";
    std::string out;
    if (code < 0x80) {
        out += char(code);
    } else if (code < 0x800) {
        out += char(0xc0 | code >> 6);
        out += char(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        out += char(0xe0 | code >> 12);
        out += char(0x80 | (code >> 6 & 0x3f));
        out += char(0x80 | (code & 0x3f));
    } else {
        out += char(0xf0 | code >> 18);
        out += char(0x80 | (code >> 12 & 0x3f));
        out += char(0x80 | (code >> 6 & 0x3f));
        out += char(0x80 | (code & 0x3f));
    }
    return out;
}

} // namespace

std::string decodedEntity(std::string_view entity) {
    if (entity.size() < 3 || entity.front() != '&' || entity.back() != ';') return {};
    std::string_view name = entity.substr(1, entity.size() - 2);
    if (name.front() == '#') {
        name.remove_prefix(1);
        int base = 10;
        if (!name.empty() && (name.front() == 'x' || name.front() == 'X')) {
            base = 16;
            name.remove_prefix(1);
        }
        std::uint32_t code = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), code, base);
        if (name.empty() || end != name.data() + name.size()) return {};
        return utf8(error == std::errc() ? code : 0);
    }
    for (const auto& each : entities)
        if (each.name == name) return std::string(each.text);
    return {};
}

} // namespace tramontane
