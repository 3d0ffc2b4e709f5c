// One chunk of Markdown in, its blocks out.
#pragma once

#include <string_view>
#include <vector>

#include "core/text/markdown.h"

namespace tramontane {

// Appends the chunk's blocks. False, and nothing appended: nested too deep, too wide or too much to be shown as Markdown.
bool buildMarkdownBlocks(std::string_view chunk, std::vector<MarkdownBlock>& blocks);

// Text as HTML that shows exactly that text.
std::string escapedHtml(std::string_view text);

} // namespace tramontane
