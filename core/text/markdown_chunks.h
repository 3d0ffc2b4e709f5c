// Markdown text in, its top-level pieces out, decided line by line from what came before, so that a text that grows
// is cut at the same places as the whole.
#pragma once

#include <cstddef>
#include <string_view>

namespace tramontane {

enum class MarkdownChunkKind { blank, markdown, code, plain };

struct MarkdownChunk {
    MarkdownChunkKind kind = MarkdownChunkKind::blank;
    std::size_t length = 0; // bytes, with its line ends
    bool closed = false;    // no text that follows can change it
};

// The chunk that `text` begins with. `text` begins at the beginning of a line.
MarkdownChunk nextMarkdownChunk(std::string_view text);

// A fence line ("```cpp"): its character, its length, where its info string begins.
struct MarkdownFence {
    char character = 0; // 0: no fence
    std::size_t indent = 0, length = 0, info = 0;
};
MarkdownFence markdownFence(std::string_view line);
// The line closes that fence.
bool closesMarkdownFence(std::string_view line, const MarkdownFence& fence);
// How long the list marker at the line's beginning is, with its indent; 0 where there is none.
std::size_t markdownListMarker(std::string_view line);

// Above this a chunk is cut at the next line, and a single line is plain text.
inline constexpr std::size_t markdownChunkLimit = 32 * 1024;
inline constexpr std::size_t markdownLineLimit = 16 * 1024;

} // namespace tramontane
