// A half-written chunk in, one that can be shown without flicker out. Works on the chunk's last paragraph only;
// guesses, and a wrong guess costs one change of look, never a character of the finished text.
#include "core/text/markdown_tail.h"

#include <algorithm>
#include <vector>

#include "core/text/markdown_chunks.h"

namespace tramontane {

namespace {

constexpr std::size_t longestHeldLink = 2048;

bool isSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool isWord(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80); }

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && isSpace(text.front())) text.remove_prefix(1);
    while (!text.empty() && isSpace(text.back())) text.remove_suffix(1);
    return text;
}

std::size_t lastLineBegin(std::string_view text) {
    const auto newline = text.rfind('\n');
    return newline == std::string_view::npos ? 0 : newline + 1;
}

// Behind quote and list markers and the box of a task: where the words of the line begin.
std::size_t wordsBegin(std::string_view line) {
    std::size_t at = 0;
    for (;;) {
        std::string_view rest = line.substr(at);
        std::size_t indent = 0;
        while (indent < rest.size() && isSpace(rest[indent])) ++indent;
        rest.remove_prefix(indent);
        if (!rest.empty() && rest.front() == '>') {
            at += indent + 1;
            continue;
        }
        if (const auto marker = markdownListMarker(rest)) {
            at += indent + marker;
            continue;
        }
        if (rest.size() >= 4 && rest[0] == '[' && rest[2] == ']' && isSpace(rest[3])) return at + indent + 4;
        return at + indent;
    }
}

// "-", "1.", "##", "``", "|", "[x": may yet become the marker of a block.
bool isHalfMarker(std::string_view words) {
    words = trimmed(words);
    if (words.empty()) return true;
    if (words.size() <= 3 && words[0] == '[' &&
        (words.size() < 2 || words[1] == ' ' || words[1] == 'x' || words[1] == 'X'))
        return words.size() < 3 || words[2] == ']';
    if (std::all_of(words.begin(), words.end(), [](char c) {
            return c == '-' || c == '*' || c == '+' || c == '_' || c == '=' || c == '#' || c == '>' || c == '`' ||
                   c == '~' || c == '|' || c == ' ' || c == ':';
        }))
        return true;
    if (words.front() == '`' || words.front() == '~') return markdownFence(words).character != 0; // no info string yet
    if (words.size() > 10) return false;
    if (words.back() == '.' || words.back() == ')') words.remove_suffix(1);
    return !words.empty() && std::all_of(words.begin(), words.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// A head row that still waits for the line of dashes below it gets one, so that it is a table from the start.
bool completeTableHead(std::string& chunk) {
    if (trimmed(chunk).empty() || trimmed(chunk).front() != '|') return false;
    const auto headEnd = chunk.find('\n');
    std::string_view head = trimmed(std::string_view(chunk).substr(0, headEnd));
    if (headEnd != std::string::npos) {
        const std::string_view below = std::string_view(chunk).substr(headEnd + 1);
        if (below.find('\n') != std::string_view::npos) return false;
        if (!std::all_of(below.begin(), below.end(),
                         [](char c) { return isSpace(c) || c == '|' || c == '-' || c == ':'; }))
            return false;
    }
    if (head.size() < 2) return false;
    std::size_t columns = 0;
    bool inside = false;
    for (std::size_t at = 1; at < head.size(); ++at) {
        if (head[at] == '\\') {
            ++at;
            inside = true;
        } else if (head[at] == '|') {
            ++columns;
            inside = false;
        } else if (!isSpace(head[at])) {
            inside = true;
        }
    }
    columns += inside;
    if (columns == 0) return false;
    std::string table(head);
    table += "\n|";
    for (std::size_t column = 0; column < columns; ++column) table += "---|";
    chunk = table;
    return true;
}

struct Mark {
    char character;
    std::size_t length, at;
};

// Inline marks that are open at the end of `text` (one paragraph), and where the shown text has to stop.
struct OpenEnd {
    std::vector<Mark> marks;
    std::size_t stop = std::string_view::npos;    // hide from here
    std::size_t bracket = std::string_view::npos; // an opening [ that may become a link's
    std::size_t bracketClose = std::string_view::npos;
    std::size_t code = 0; // length of the backticks that are open
};

OpenEnd scan(std::string_view text) {
    OpenEnd end;
    std::size_t at = 0;
    while (at < text.size()) {
        const char c = text[at];
        if (c == '\\') {
            if (at + 1 == text.size()) end.stop = at;
            at += 2;
            continue;
        }
        if (c == '`' || c == '*' || c == '_' || c == '~') {
            std::size_t last = at;
            while (last < text.size() && text[last] == c) ++last;
            const std::size_t length = last - at;
            if (c == '`') {
                std::size_t close = last;
                while ((close = text.find('`', close)) != std::string_view::npos) {
                    std::size_t closeEnd = close;
                    while (closeEnd < text.size() && text[closeEnd] == '`') ++closeEnd;
                    if (closeEnd - close == length) {
                        close = closeEnd;
                        break;
                    }
                    close = closeEnd;
                }
                if (close == std::string_view::npos) {
                    if (last == text.size())
                        end.stop = at;
                    else
                        end.code = length, end.stop = std::string_view::npos;
                    return end;
                }
                at = close;
                continue;
            }
            if (last == text.size()) { // what it will be shows with the next character
                const bool closes = !end.marks.empty() && end.marks.back().character == c;
                end.stop = at;
                if (closes && length >= end.marks.back().length) return end;
                return end;
            }
            const bool spaceBefore = at == 0 || isSpace(text[at - 1]), spaceAfter = isSpace(text[last]);
            const bool inWord = at > 0 && isWord(text[at - 1]) && isWord(text[last]);
            std::size_t left = length;
            if (!spaceBefore) // may close
                while (left > 0 && !end.marks.empty() && end.marks.back().character == c && !(c == '_' && inWord)) {
                    const std::size_t taken = std::min(left, end.marks.back().length);
                    if (c == '~' && taken != end.marks.back().length) break;
                    left -= taken;
                    end.marks.back().length -= taken;
                    if (end.marks.back().length == 0) end.marks.pop_back();
                }
            if (left > 0 && !spaceAfter && !(c == '_' && inWord) && !(c == '~' && left > 2))
                end.marks.push_back({c, left, at});
            at = last;
            continue;
        }
        if (c == '!' && (at + 1 == text.size() || text[at + 1] == '[')) {
            // An image waits until it is whole.
            if (at + 1 == text.size()) {
                end.stop = at;
                return end;
            }
            const auto close = text.find("](", at);
            const auto over = close == std::string_view::npos ? close : text.find(')', close);
            if (over == std::string_view::npos && text.size() - at < longestHeldLink) {
                const auto bare = text.find(']', at);
                if (bare == std::string_view::npos || bare + 1 == text.size() || text[bare + 1] == '(') {
                    end.stop = at;
                    return end;
                }
            }
        }
        if (c == '[' && text.size() - at < longestHeldLink) {
            const auto close = text.find(']', at);
            // "[1" is more often the number of a source than the text of a link.
            const auto inside = text.substr(at + 1, close == std::string_view::npos ? close : close - at - 1);
            const bool number = std::all_of(inside.begin(), inside.end(), [](char d) { return d >= '0' && d <= '9'; });
            if (number && !inside.empty()) {
            } else if (close == std::string_view::npos) {
                end.bracket = at;
            } else if (close + 1 == text.size()) {
                end.bracket = at;
                end.bracketClose = close;
            } else if (text[close + 1] == '(' && text.find(')', close) == std::string_view::npos) {
                end.bracket = at;
                end.bracketClose = close;
                return end;
            }
        }
        if (c == '&' && text.size() - at < 12 && text.find(';', at) == std::string_view::npos &&
            std::all_of(text.begin() + std::ptrdiff_t(at) + 1, text.end(),
                        [](char d) { return isWord(d) || d == '#'; })) {
            end.stop = at;
            return end;
        }
        if (c == '<' && text.size() - at < 6 && text.find('>', at) == std::string_view::npos) { // "<br"
            end.stop = at;
            return end;
        }
        ++at;
    }
    return end;
}

// Code blocks inside lists and quotes: the fence that is open at the end of the chunk, and where the last one closed.
struct Fences {
    MarkdownFence open;
    std::size_t closedAt = 0;
};

Fences fencesIn(std::string_view chunk) {
    Fences fences;
    auto& fence = fences.open;
    for (std::size_t at = 0; at < chunk.size();) {
        const auto lineEnd = chunk.find('\n', at);
        if (lineEnd == std::string_view::npos) break; // the last line may still become anything
        const auto line = chunk.substr(at, lineEnd - at);
        const auto words = line.substr(wordsBegin(line));
        if (fence.character == 0)
            fence = markdownFence(words);
        else if (closesMarkdownFence(words, fence))
            fence = {}, fences.closedAt = lineEnd + 1;
        at = lineEnd + 1;
    }
    return fences;
}

// Trailing spaces would keep a closing mark from closing.
void trimEnd(std::string& text, std::size_t downTo) {
    while (text.size() > downTo && isSpace(text.back())) text.pop_back();
}

} // namespace

std::string settledMarkdownTail(std::string_view source) {
    std::string chunk(source);
    if (completeTableHead(chunk)) return chunk;

    const std::size_t line = lastLineBegin(chunk);
    const Fences fences = fencesIn(chunk);
    if (const auto& fence = fences.open; fence.character) {
        const auto words = trimmed(std::string_view(chunk).substr(line));
        if (std::all_of(words.begin(), words.end(), [&](char c) { return c == fence.character; })) chunk.resize(line);
        return chunk;
    }
    if (line < chunk.size() &&
        isHalfMarker(std::string_view(chunk).substr(line + wordsBegin(std::string_view(chunk).substr(line))))) {
        // An empty item or quote would come and go with its first word.
        chunk.resize(line);
    }
    // The last paragraph: back to a blank line, a list item, a heading.
    std::size_t begin = lastLineBegin(
        std::string_view(chunk).substr(0, chunk.empty() || chunk.back() != '\n' ? chunk.size() : chunk.size() - 1));
    std::string_view all(chunk);
    if (all.find('|') == std::string_view::npos || trimmed(all).front() != '|')
        while (begin > fences.closedAt) {
            const std::size_t lineEnd = all.find('\n', begin);
            const auto now = all.substr(begin, lineEnd == std::string_view::npos ? lineEnd : lineEnd - begin);
            if (wordsBegin(now) > 0 && markdownListMarker(trimmed(now)) > 0) break;
            const std::size_t before = lastLineBegin(all.substr(0, begin - 1));
            if (trimmed(all.substr(before, begin - before)).empty()) break;
            begin = before;
        }
    begin = std::max(begin, fences.closedAt);
    if (begin < chunk.size()) begin += wordsBegin(std::string_view(chunk).substr(begin));
    if (begin >= chunk.size()) return chunk;

    const OpenEnd end = scan(std::string_view(chunk).substr(begin));
    if (end.stop != std::string_view::npos) chunk.resize(begin + end.stop);
    if (end.bracketClose != std::string_view::npos && begin + end.bracketClose < chunk.size())
        chunk.resize(begin + end.bracketClose);
    if (end.bracket != std::string_view::npos && begin + end.bracket < chunk.size())
        chunk.erase(begin + end.bracket, 1);
    if (end.code > 0) {
        trimEnd(chunk, begin);
        // A lone backtick before ours would lengthen it.
        if (chunk.back() == '`') chunk += ' ';
        chunk.append(end.code, '`');
    }
    for (auto mark = end.marks.rbegin(); mark != end.marks.rend(); ++mark) {
        trimEnd(chunk, begin);
        if (begin + mark->at + mark->length >= chunk.size()) { // nothing inside yet
            chunk.resize(std::min(chunk.size(), begin + mark->at));
            continue;
        }
        chunk.append(mark->length, mark->character);
    }
    return chunk;
}

} // namespace tramontane
