// JSON tokens, strictly.
#include "core/files/json_scanner.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/base/bytes.h"

namespace tramontane {
namespace {

constexpr std::size_t progressBytes = std::size_t(1) << 20;

// Whether one of 8 bytes ends a run of plain ASCII: a control character, a quote, a backslash, or a byte of
// 0x80 up.
bool hasSpecialByte(std::uint64_t word) {
    constexpr std::uint64_t ones = 0x0101010101010101ULL, tops = 0x8080808080808080ULL;
    const std::uint64_t below32 = word - 0x20 * ones;
    const std::uint64_t quote = word ^ ('"' * ones), backslash = word ^ ('\\' * ones);
    return ((below32 | (quote - ones) | (backslash - ones) | word) & tops) != 0;
}

void appendUtf8(std::string& text, unsigned codePoint) {
    if (codePoint < 0x80) {
        text += char(codePoint);
    } else if (codePoint < 0x800) {
        text += char(0xC0 | (codePoint >> 6));
        text += char(0x80 | (codePoint & 0x3F));
    } else if (codePoint < 0x10000) {
        text += char(0xE0 | (codePoint >> 12));
        text += char(0x80 | ((codePoint >> 6) & 0x3F));
        text += char(0x80 | (codePoint & 0x3F));
    } else {
        text += char(0xF0 | (codePoint >> 18));
        text += char(0x80 | ((codePoint >> 12) & 0x3F));
        text += char(0x80 | ((codePoint >> 6) & 0x3F));
        text += char(0x80 | (codePoint & 0x3F));
    }
}

bool isDigit(char c) { return c >= '0' && c <= '9'; }

} // namespace

JsonScanner::JsonScanner(std::string_view text, std::function<void(std::size_t)> onProgress)
    : text_(text), onProgress_(std::move(onProgress)) {}

bool JsonScanner::fail(std::string_view what) {
    if (error_.empty()) error_ = std::string(what) + " at byte " + std::to_string(position_);
    return false;
}

void JsonScanner::progress() {
    if (position_ - reported_ < progressBytes) return;
    reported_ = position_;
    if (onProgress_) onProgress_(position_);
}

void JsonScanner::skipSpace() {
    while (position_ < text_.size()) {
        const std::size_t end = std::min(text_.size(), position_ + progressBytes);
        while (position_ < end && (text_[position_] == ' ' || text_[position_] == '\n' || text_[position_] == '\r' ||
                                   text_[position_] == '\t'))
            ++position_;
        progress();
        if (position_ < end) return;
    }
}

bool JsonScanner::expect(char wanted, const char* what) {
    if (!ok()) return false;
    skipSpace();
    if (position_ >= text_.size() || text_[position_] != wanted) return fail(std::string("expected ") + what);
    ++position_;
    return true;
}

bool JsonScanner::enter(char bracket) {
    if (!expect(bracket, bracket == '{' ? "an object" : "an array")) return false;
    if (depth_ >= maxDepth) return fail("nested more than 64 deep");
    first_ |= std::uint64_t(1) << depth_;
    ++depth_;
    return true;
}

bool JsonScanner::beginObject() { return enter('{'); }
bool JsonScanner::beginArray() { return enter('['); }

bool JsonScanner::nextElement() {
    if (!ok()) return false;
    skipSpace();
    if (position_ >= text_.size()) return fail("the text ends inside an array");
    const std::uint64_t bit = std::uint64_t(1) << (depth_ - 1);
    const bool first = (first_ & bit) != 0;
    first_ &= ~bit;
    if (text_[position_] == ']') {
        ++position_;
        --depth_;
        return false;
    }
    return first || expect(',', "a comma or the end of the array");
}

bool JsonScanner::nextKey(std::string& key, std::size_t maxBytes) {
    if (!ok()) return false;
    skipSpace();
    if (position_ >= text_.size()) return fail("the text ends inside an object");
    const std::uint64_t bit = std::uint64_t(1) << (depth_ - 1);
    const bool first = (first_ & bit) != 0;
    first_ &= ~bit;
    if (text_[position_] == '}') {
        ++position_;
        --depth_;
        return false;
    }
    if (!first && !expect(',', "a comma or the end of the object")) return false;
    return readString(key, maxBytes) && expect(':', "a colon");
}

bool JsonScanner::readString(std::string& value, std::size_t maxBytes) {
    value.clear();
    return expect('"', "a string") && scanString(&value, maxBytes);
}

bool JsonScanner::skipString() { return expect('"', "a string") && scanString(nullptr, 0); }

bool JsonScanner::scanString(std::string* value, std::size_t maxBytes) {
    while (position_ < text_.size()) {
        // Plain ASCII eight bytes at a time, then whatever stopped the run.
        const std::size_t begin = position_;
        const std::size_t end = std::min(text_.size(), begin + progressBytes);
        while (position_ + 8 <= end) {
            std::uint64_t word = 0;
            std::memcpy(&word, text_.data() + position_, sizeof word);
            if (hasSpecialByte(word)) break;
            position_ += 8;
        }
        while (position_ < end) {
            const auto c = static_cast<unsigned char>(text_[position_]);
            if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\') break;
            ++position_;
        }
        if (value != nullptr) {
            if (value->size() + (position_ - begin) > maxBytes)
                return fail("a string of more than " + std::to_string(maxBytes) + " bytes");
            value->append(text_, begin, position_ - begin);
        }
        progress();
        if (position_ >= text_.size()) break;
        const auto c = static_cast<unsigned char>(text_[position_]);
        if (c == '"') {
            ++position_;
            return true;
        }
        if (c == '\\') {
            if (!scanEscape(value)) return false;
        } else if (c < 0x20) {
            return fail("a control character in a string");
        } else if (c >= 0x80) {
            const std::size_t character = position_;
            if (!scanUtf8()) return false;
            if (value != nullptr) value->append(text_, character, position_ - character);
        }
    }
    return fail("the text ends inside a string");
}

bool JsonScanner::scanHex4(unsigned& value) {
    if (text_.size() - position_ < 4) return fail("the text ends inside a string");
    value = 0;
    for (int i = 0; i < 4; ++i, ++position_) {
        const char c = text_[position_];
        const int digit = isDigit(c)             ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (digit < 0) return fail("expected four hexadecimal digits");
        value = value * 16 + unsigned(digit);
    }
    return true;
}

bool JsonScanner::scanEscape(std::string* value) {
    if (text_.size() - position_ < 2) return fail("the text ends inside a string");
    static constexpr std::string_view letters = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
    const char letter = text_[position_ + 1];
    if (const std::size_t index = letters.find(letter); index != std::string_view::npos) {
        position_ += 2;
        if (value != nullptr) *value += meanings[index];
        return true;
    }
    if (letter != 'u') return fail("an unknown escape in a string");
    position_ += 2;
    unsigned codePoint = 0;
    if (!scanHex4(codePoint)) return false;
    if (codePoint >= 0xDC00 && codePoint < 0xE000) return fail("half a surrogate pair in a string");
    if (codePoint >= 0xD800 && codePoint < 0xDC00) {
        unsigned low = 0;
        if (text_.substr(position_, 2) != "\\u") return fail("half a surrogate pair in a string");
        position_ += 2;
        if (!scanHex4(low)) return false;
        if (low < 0xDC00 || low >= 0xE000) return fail("half a surrogate pair in a string");
        codePoint = 0x10000 + ((codePoint - 0xD800) << 10) + (low - 0xDC00);
    }
    if (value != nullptr) appendUtf8(*value, codePoint);
    return true;
}

// One character of two to four bytes: no overlong form, no surrogate, nothing above U+10FFFF.
bool JsonScanner::scanUtf8() {
    const auto byteAt = [&](std::size_t i) {
        return position_ + i < text_.size() ? static_cast<unsigned char>(text_[position_ + i]) : 0u;
    };
    const unsigned lead = byteAt(0), second = byteAt(1);
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    bool valid = lead >= 0xC2 && lead <= 0xF4 && (second & 0xC0) == 0x80;
    if (lead == 0xE0) valid = valid && second >= 0xA0;
    if (lead == 0xED) valid = valid && second < 0xA0;
    if (lead == 0xF0) valid = valid && second >= 0x90;
    if (lead == 0xF4) valid = valid && second < 0x90;
    for (std::size_t i = 2; i < length; ++i) valid = valid && (byteAt(i) & 0xC0) == 0x80;
    if (!valid) return fail("a byte that is not UTF-8");
    position_ += length;
    return true;
}

bool JsonScanner::readUnsigned(std::uint64_t& value) {
    if (!ok()) return false;
    skipSpace();
    value = 0;
    const std::size_t begin = position_;
    for (; position_ < text_.size() && isDigit(text_[position_]); ++position_) {
        if (__builtin_mul_overflow(value, std::uint64_t(10), &value) ||
            __builtin_add_overflow(value, std::uint64_t(text_[position_] - '0'), &value))
            return fail("a number beyond 64 bits");
    }
    const char after = position_ < text_.size() ? text_[position_] : ' ';
    if (position_ == begin || after == '.' || after == 'e' || after == 'E')
        return fail("expected a whole number that is not negative");
    if (position_ - begin > 1 && text_[begin] == '0') return fail("a number with a zero in front");
    return true;
}

// `inRange`: refuses what no double holds, and tokens longer than any number that means something.
bool JsonScanner::skipNumber(bool inRange) {
    const std::size_t begin = position_;
    const auto digits = [&] {
        const std::size_t first = position_;
        while (position_ < text_.size() && isDigit(text_[position_])) ++position_;
        return position_ - first;
    };
    const auto take = [&](char c) {
        if (position_ >= text_.size() || text_[position_] != c) return false;
        ++position_;
        return true;
    };
    take('-');
    const bool zeroFirst = position_ < text_.size() && text_[position_] == '0';
    const std::size_t whole = digits();
    if (whole == 0 || (zeroFirst && whole > 1)) return fail("expected a value");
    if (take('.') && digits() == 0) return fail("expected a digit");
    if (take('e') || take('E')) {
        if (!take('-')) take('+');
        if (digits() == 0) return fail("expected a digit");
    }
    if (!inRange) return true;
    const std::string token(text_.substr(begin, std::min<std::size_t>(position_ - begin, 65)));
    if (token.size() > 64) return fail("a number of more than 64 characters");
    return std::isfinite(std::strtod(token.c_str(), nullptr)) || fail("a number that is out of range");
}

bool JsonScanner::skipLiteral(std::string_view literal) {
    if (text_.substr(position_, literal.size()) != literal) return fail("expected a value");
    position_ += literal.size();
    return true;
}

struct JsonScanner::Strict {
    std::string& lastKey;
    std::vector<std::unordered_set<std::string>> keys; // of the open objects
};

bool JsonScanner::skipValue() { return scanValue(nullptr); }

bool JsonScanner::checkValue(std::string& lastKey) {
    Strict strict{lastKey, {}};
    return scanValue(&strict);
}

bool JsonScanner::scanValue(Strict* strict) {
    std::uint64_t objects = 0; // a bit for each open bracket, the innermost lowest: it is a brace
    int open = 0;
    std::string key;
    while (ok()) {
        skipSpace();
        switch (position_ < text_.size() ? text_[position_] : '\0') {
        case '"':
            skipString();
            break;
        case 't':
            skipLiteral("true");
            break;
        case 'f':
            skipLiteral("false");
            break;
        case 'n':
            skipLiteral("null");
            break;
        case '{':
        case '[': {
            const bool object = text_[position_] == '{';
            if (!enter(text_[position_])) return false;
            objects = (objects << 1) | std::uint64_t(object);
            ++open;
            if (strict != nullptr && object) strict->keys.emplace_back();
            break;
        }
        default:
            skipNumber(strict != nullptr);
            break;
        }
        // On to the next value, closing what ends here.
        while (ok() && open > 0) {
            const bool object = (objects & 1) != 0;
            if (object ? nextKey(key, 4096) : nextElement()) {
                if (strict == nullptr || !object) break;
                strict->lastKey = key;
                if (!strict->keys.back().insert(key).second)
                    fail("the name \"" + printableText(key) + "\" twice in one object");
                break;
            }
            if (strict != nullptr && object) strict->keys.pop_back();
            objects >>= 1;
            --open;
        }
        if (open == 0) return ok();
    }
    return false;
}

bool JsonScanner::atEnd() {
    if (!ok()) return false;
    skipSpace();
    return position_ == text_.size() || fail("more text after the end");
}

} // namespace tramontane
