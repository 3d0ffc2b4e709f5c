// Lines in, chunk ends out. Follows CommonMark's rules for what ends a block, and cuts no finer than they do.
#include "core/text/markdown_chunks.h"

#include <algorithm>

namespace tramontane {

namespace {

bool isSpace(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool isDigit(char c) { return c >= '0' && c <= '9'; }

std::size_t indentOf(std::string_view line) {
    std::size_t width = 0;
    for (char c : line) {
        if (c == ' ')
            ++width;
        else if (c == '\t')
            width += 4 - width % 4;
        else
            break;
    }
    return width;
}

bool isBlank(std::string_view line) { return std::all_of(line.begin(), line.end(), isSpace); }

std::string_view trimmed(std::string_view line) {
    while (!line.empty() && isSpace(line.front())) line.remove_prefix(1);
    while (!line.empty() && isSpace(line.back())) line.remove_suffix(1);
    return line;
}

bool isHeading(std::string_view line) {
    if (indentOf(line) > 3) return false;
    line = trimmed(line);
    std::size_t level = 0;
    while (level < line.size() && line[level] == '#') ++level;
    return level >= 1 && level <= 6 && (level == line.size() || isSpace(line[level]));
}

bool isQuote(std::string_view line) {
    return indentOf(line) <= 3 && !trimmed(line).empty() && trimmed(line).front() == '>';
}

} // namespace

MarkdownFence markdownFence(std::string_view line) {
    const std::size_t indent = indentOf(line);
    if (indent > 3) return {};
    std::size_t at = 0;
    while (at < line.size() && isSpace(line[at])) ++at;
    if (at == line.size() || (line[at] != '`' && line[at] != '~')) return {};
    const char character = line[at];
    std::size_t end = at;
    while (end < line.size() && line[end] == character) ++end;
    if (end - at < 3) return {};
    // A backtick behind backticks makes it inline code.
    if (character == '`' && line.find('`', end) != std::string_view::npos) return {};
    return {character, indent, end - at, end};
}

bool closesMarkdownFence(std::string_view line, const MarkdownFence& fence) {
    if (indentOf(line) > 3) return false;
    line = trimmed(line);
    return line.size() >= fence.length &&
           std::all_of(line.begin(), line.end(), [&](char c) { return c == fence.character; });
}

std::size_t markdownListMarker(std::string_view line) {
    if (indentOf(line) > 3) return 0;
    std::size_t at = 0;
    while (at < line.size() && isSpace(line[at])) ++at;
    std::size_t end = at;
    if (at < line.size() && (line[at] == '-' || line[at] == '*' || line[at] == '+')) {
        end = at + 1;
    } else {
        while (end < line.size() && isDigit(line[end])) ++end;
        if (end == at || end - at > 9 || end == line.size() || (line[end] != '.' && line[end] != ')')) return 0;
        ++end;
    }
    return end == line.size() || isSpace(line[end]) ? end : 0;
}

MarkdownChunk nextMarkdownChunk(std::string_view text) {
    MarkdownChunk chunk;
    MarkdownFence fence;
    bool list = false, blankBefore = false;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t lineEnd = text.find('\n', at);
        const bool whole = lineEnd != std::string_view::npos;
        const std::size_t next = whole ? lineEnd + 1 : text.size();
        const std::string_view line = text.substr(at, (whole ? lineEnd : text.size()) - at);
        // A line that is not whole yet may turn out to belong after all.
        const auto endHere = [&] {
            chunk.closed = whole;
            return chunk;
        };

        if (chunk.kind == MarkdownChunkKind::code) {
            chunk.length = next;
            if (closesMarkdownFence(line, fence)) {
                chunk.closed = whole;
                return chunk;
            }
            at = next;
            continue;
        }
        if (line.size() > markdownLineLimit) {
            if (chunk.kind != MarkdownChunkKind::blank) return endHere();
            return {MarkdownChunkKind::plain, next, whole};
        }
        const bool blank = isBlank(line);
        if (chunk.kind == MarkdownChunkKind::blank) { // nothing but blank lines so far
            if (blank) {
                chunk.length = next;
                at = next;
                continue;
            }
            if (chunk.length > 0) return endHere();
            if ((fence = markdownFence(line)).character) {
                chunk.kind = MarkdownChunkKind::code;
                chunk.length = at = next;
                continue;
            }
            chunk.kind = MarkdownChunkKind::markdown;
            chunk.length = next;
            if (isHeading(line)) {
                chunk.closed = whole;
                return chunk;
            }
            list = markdownListMarker(line) > 0;
            at = next;
            continue;
        }

        // Inside Markdown: does this line still belong?
        if (at > markdownChunkLimit) return endHere();
        const std::size_t indent = indentOf(line);
        if (blank) {
            if (!list) {
                chunk.length = next;
                chunk.closed = whole;
                if (whole) return chunk;
                at = next;
                continue;
            }
            blankBefore = true;
        } else {
            const bool item = markdownListMarker(line) > 0;
            if (list && blankBefore && indent < 2 && !item) return endHere();
            if (indent < 2 && (markdownFence(line).character || isHeading(line))) return endHere();
            if (list && indent < 2 && isQuote(line)) return endHere();
            list |= item;
            blankBefore = false;
        }
        chunk.length = next;
        at = next;
    }
    return chunk;
}

} // namespace tramontane
