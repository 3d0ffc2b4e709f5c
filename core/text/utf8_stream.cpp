// UTF-8 by the rules of the Unicode standard, table 3-7: no overlong forms, no surrogates, nothing past U+10FFFF.
#include "core/text/utf8_stream.h"

namespace tramontane {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

struct Scan {
    enum { complete, incomplete, invalid } state;
    std::size_t length; // complete: of the character; invalid: of the maximal part to replace
};

unsigned char at(std::string_view bytes, std::size_t i) { return static_cast<unsigned char>(bytes[i]); }

// Looks at the character that `bytes`, not empty, begins with.
Scan scanCharacter(std::string_view bytes) {
    const unsigned char lead = at(bytes, 0);
    if (lead < 0x80) return {Scan::complete, 1};
    std::size_t length = 0;
    unsigned char low = 0x80, high = 0xBF; // bounds of the second byte
    if (lead >= 0xC2 && lead <= 0xDF) {
        length = 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        length = 3;
        if (lead == 0xE0) low = 0xA0;
        if (lead == 0xED) high = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        length = 4;
        if (lead == 0xF0) low = 0x90;
        if (lead == 0xF4) high = 0x8F;
    } else {
        return {Scan::invalid, 1};
    }
    for (std::size_t i = 1; i < length; ++i) {
        if (i == bytes.size()) return {Scan::incomplete, i};
        if (at(bytes, i) < low || at(bytes, i) > high) return {Scan::invalid, i};
        low = 0x80;
        high = 0xBF;
    }
    return {Scan::complete, length};
}

} // namespace

std::string Utf8Stream::push(std::string_view bytes) {
    pending_.append(bytes);
    std::string_view rest = pending_;
    std::string ready;
    ready.reserve(rest.size());
    while (!rest.empty()) {
        const Scan scan = scanCharacter(rest);
        if (scan.state == Scan::incomplete) break;
        if (scan.state == Scan::complete)
            ready.append(rest.substr(0, scan.length));
        else
            lost_ = true;
        rest.remove_prefix(scan.length);
    }
    pending_ = std::string(rest);
    return ready;
}

std::string Utf8Stream::finish() {
    const bool damaged = lost_ || !pending_.empty();
    pending_.clear();
    lost_ = false;
    return damaged ? std::string(kReplacement) : std::string();
}

std::string toValidUtf8(std::string_view bytes) {
    std::string valid;
    valid.reserve(bytes.size());
    while (!bytes.empty()) {
        const Scan scan = scanCharacter(bytes);
        if (scan.state == Scan::complete)
            valid.append(bytes.substr(0, scan.length));
        else
            valid.append(kReplacement);
        bytes.remove_prefix(scan.length);
    }
    return valid;
}

} // namespace tramontane
