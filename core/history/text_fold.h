// Any bytes in; the form in which search compares them out: lower case without accents, typographic quotes and
// hyphens as typed ones, white space and control characters as spaces, invisible characters gone, broken UTF-8 as
// U+FFFD. Letter by letter, so that a match leads back to its place in the text.
//
// The search index keeps this form: whoever changes the result for any text raises foldVersion, and the index is
// made anew when a history is next opened.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/history/history_types.h"

namespace tramontane {

constexpr int foldVersion = 1;

struct DecodedCharacter {
    char32_t codePoint = 0; // U+FFFD for a byte that begins no character
    std::size_t byteCount = 1;
};
// The character that begins at text[position]; position < text.size().
DecodedCharacter decodeCharacter(std::string_view text, std::size_t position);
void appendUtf8(std::string& out, char32_t codePoint);

// What the character counts as; 0: nothing at all.
char32_t foldCharacter(char32_t codePoint);
std::string searchForm(std::string_view text);

// The words of what a person typed, in search form, each once. Beyond 64 words or 4 KB the rest is left out.
std::vector<std::string> searchWords(std::string_view typed);

struct Snippet {
    std::string text;               // one line, valid UTF-8, "…" where the text goes on
    std::vector<TextRange> matches; // of any of the words, ascending, apart from each other
};
// Around the first occurrence of any of the words; the beginning where there is none.
Snippet makeSnippet(std::string_view text, const std::vector<std::string>& words);

} // namespace tramontane
