// The end of a Markdown text that is still being written in; the same end, such that what comes next does not
// change the look of what is shown: half markers wait, open emphasis and code are closed, a half link is its text.
#pragma once

#include <string>
#include <string_view>

namespace tramontane {

// `chunk`: the last chunk of the text, not closed, of the kind Markdown.
std::string settledMarkdownTail(std::string_view chunk);

} // namespace tramontane
