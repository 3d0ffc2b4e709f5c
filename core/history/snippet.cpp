// A text and the words looked for in; the line that shows where they are out.
#include <algorithm>

#include "core/history/text_fold.h"

namespace tramontane {

namespace {

constexpr std::size_t charactersBefore = 30, charactersAfter = 130;

// The folded text, and for each of its bytes where its character begins in the text.
struct MappedFold {
    std::string folded;
    std::vector<std::size_t> source;
};

MappedFold foldWithMap(std::string_view text) {
    MappedFold out;
    for (std::size_t i = 0; i < text.size();) {
        const DecodedCharacter character = decodeCharacter(text, i);
        if (const char32_t folded = foldCharacter(character.codePoint)) appendUtf8(out.folded, folded);
        out.source.resize(out.folded.size(), i);
        i += character.byteCount;
    }
    out.source.push_back(text.size());
    return out;
}

// Where the character begins whose folded form covers byte `foldedOffset`.
std::size_t sourceOffset(std::string_view text, std::size_t foldedOffset) {
    std::size_t foldedSize = 0;
    std::string piece;
    for (std::size_t i = 0; i < text.size();) {
        const DecodedCharacter character = decodeCharacter(text, i);
        piece.clear();
        if (const char32_t folded = foldCharacter(character.codePoint)) appendUtf8(piece, folded);
        foldedSize += piece.size();
        if (foldedSize > foldedOffset) return i;
        i += character.byteCount;
    }
    return text.size();
}

std::size_t firstOccurrence(std::string_view folded, const std::vector<std::string>& words) {
    std::size_t first = std::string_view::npos;
    for (const std::string& word : words) first = std::min(first, folded.find(word));
    return first;
}

std::size_t stepBack(std::string_view text, std::size_t position) {
    for (int i = 0; i < 4 && position > 0; ++i) {
        --position;
        if ((std::uint8_t(text[position]) & 0xc0) != 0x80) break;
    }
    return position;
}

// Shapes the character before it, though it counts for nothing: accents, emoji joiners and selectors.
bool joins(char32_t code) {
    return (code >= 0x300 && code < 0x370) || code == 0x200d || (code >= 0xfe00 && code <= 0xfe0f);
}

// White space runs as one space; what is invisible or turns the direction of text does not appear.
std::string asOneLine(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        const DecodedCharacter character = decodeCharacter(text, i);
        i += character.byteCount;
        const char32_t folded = foldCharacter(character.codePoint);
        if (folded == ' ') {
            if (!out.empty() && out.back() != ' ') out += ' ';
        } else if (folded || joins(character.codePoint)) {
            appendUtf8(out, character.codePoint);
        }
    }
    if (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
}

std::vector<TextRange> occurrences(std::string_view text, const std::vector<std::string>& words) {
    const MappedFold fold = foldWithMap(text);
    std::vector<TextRange> found;
    for (const std::string& word : words)
        for (std::size_t at = fold.folded.find(word); at != std::string::npos;
             at = fold.folded.find(word, at + word.size()))
            found.push_back({fold.source[at], fold.source[at + word.size()] - fold.source[at]});
    std::sort(found.begin(), found.end(), [](const TextRange& a, const TextRange& b) {
        return a.start != b.start ? a.start < b.start : a.length > b.length;
    });
    std::vector<TextRange> merged;
    for (const TextRange& range : found) {
        if (!merged.empty() && range.start < merged.back().start + merged.back().length) {
            const std::size_t end = std::max(merged.back().start + merged.back().length, range.start + range.length);
            merged.back().length = end - merged.back().start;
        } else {
            merged.push_back(range);
        }
    }
    return merged;
}

} // namespace

Snippet makeSnippet(std::string_view text, const std::vector<std::string>& words) {
    const std::size_t match = firstOccurrence(searchForm(text), words);
    const std::size_t centre = match == std::string_view::npos ? 0 : sourceOffset(text, match);
    std::size_t start = centre;
    for (std::size_t i = 0; i < charactersBefore && start > 0; ++i) start = stepBack(text, start);
    // Begin at a word where one begins nearby.
    if (start > 0) {
        const std::size_t space = text.substr(start, centre - start).find_first_of(" \n");
        if (space != std::string_view::npos && space < charactersBefore) start += space + 1;
    }
    std::size_t end = centre;
    for (std::size_t i = 0; i < charactersAfter && end < text.size(); ++i) end += decodeCharacter(text, end).byteCount;

    Snippet snippet;
    const std::string line = asOneLine(text.substr(start, end - start));
    snippet.text = (start > 0 ? "…" : "") + line + (end < text.size() ? "…" : "");
    snippet.matches = occurrences(snippet.text, words);
    return snippet;
}

} // namespace tramontane
