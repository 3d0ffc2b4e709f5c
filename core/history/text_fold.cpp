#include "core/history/text_fold.h"

#include <algorithm>
#include <array>

namespace tramontane {

namespace {

constexpr char32_t replacement = 0xfffd;

struct FoldPair {
    std::uint16_t letter, countsAs;
};
constexpr FoldPair foldPairs[] = {
#include "core/history/fold_table.inc"
};

constexpr std::size_t tableSize = 0x2000;
constexpr std::array<std::uint16_t, tableSize> makeTable() {
    std::array<std::uint16_t, tableSize> table{};
    for (std::size_t code = 0; code < tableSize; ++code) table[code] = std::uint16_t(code);
    for (std::size_t code = 0; code < 0x20; ++code) table[code] = ' ';
    for (std::size_t code = 'A'; code <= 'Z'; ++code) table[code] = std::uint16_t(code - 'A' + 'a');
    for (std::size_t code = 0x7f; code <= 0xa0; ++code) table[code] = ' '; // controls and the no-break space
    for (std::size_t code = 0x300; code < 0x370; ++code) table[code] = 0;  // accents written apart
    for (const FoldPair& pair : foldPairs) table[pair.letter] = pair.countsAs;
    table[0xad] = 0; // soft hyphen
    return table;
}
constexpr auto foldTable = makeTable();

bool between(char32_t value, char32_t first, char32_t last) { return value >= first && value <= last; }

} // namespace

DecodedCharacter decodeCharacter(std::string_view text, std::size_t position) {
    const auto byte = [&](std::size_t i) { return std::uint8_t(text[position + i]); };
    const std::uint8_t first = byte(0);
    if (first < 0x80) return {first, 1};
    std::size_t length = 0;
    char32_t value = 0;
    if (first >= 0xc2 && first < 0xe0)
        length = 2, value = first & 0x1f;
    else if (first >= 0xe0 && first < 0xf0)
        length = 3, value = first & 0x0f;
    else if (first >= 0xf0 && first < 0xf5)
        length = 4, value = first & 0x07;
    else
        return {replacement, 1};
    if (text.size() - position < length) return {replacement, 1};
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return {replacement, 1};
        value = value << 6 | (byte(i) & 0x3f);
    }
    constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (value < smallest[length] || value > 0x10ffff || between(value, 0xd800, 0xdfff)) return {replacement, 1};
    return {value, length};
}

void appendUtf8(std::string& out, char32_t code) {
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
}

char32_t foldCharacter(char32_t code) {
    if (code < tableSize) return foldTable[code];
    if (between(code, 0x2000, 0x200a) || code == 0x2028 || code == 0x2029 || code == 0x202f || code == 0x205f ||
        code == 0x3000)
        return ' ';
    if (between(code, 0x200b, 0x200f) || between(code, 0x202a, 0x202e) || between(code, 0x2060, 0x206f) ||
        between(code, 0xfe00, 0xfe0f) || code == 0xfeff)
        return 0; // zero width, bidirectional controls, variation selectors
    if (between(code, 0x2010, 0x2012)) return '-';
    if (between(code, 0x2018, 0x201b)) return '\'';
    if (between(code, 0x201c, 0x201f)) return '"';
    if (between(code, 0xff01, 0xff5e)) return foldTable[code - 0xff01 + '!']; // full width
    return code;
}

std::string searchForm(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const auto byte = std::uint8_t(text[i]);
        if (byte < 0x80) {
            out += char(foldTable[byte]);
            ++i;
            continue;
        }
        const DecodedCharacter character = decodeCharacter(text, i);
        i += character.byteCount;
        if (const char32_t folded = foldCharacter(character.codePoint)) appendUtf8(out, folded);
    }
    return out;
}

std::vector<std::string> searchWords(std::string_view typed) {
    constexpr std::size_t maximumBytes = 4096, maximumWords = 64;
    if (typed.size() > maximumBytes) {
        typed = typed.substr(0, maximumBytes);
        // Not through the middle of a character.
        while (!typed.empty() && (std::uint8_t(typed.back()) & 0xc0) == 0x80) typed.remove_suffix(1);
        if (!typed.empty() && std::uint8_t(typed.back()) >= 0xc0) typed.remove_suffix(1);
    }
    const std::string folded = searchForm(typed);
    std::vector<std::string> words;
    for (std::size_t start = 0; start < folded.size() && words.size() < maximumWords;) {
        const std::size_t end = std::min(folded.find(' ', start), folded.size());
        std::string word = folded.substr(start, end - start);
        if (!word.empty() && std::find(words.begin(), words.end(), word) == words.end())
            words.push_back(std::move(word));
        start = end + 1;
    }
    return words;
}

} // namespace tramontane
