// The branch of a conversation on show in; one HTML file out that stands for itself.
//
// It holds no script and refers to nothing that would be fetched, and says so to the browser: what a message holds of
// HTML is shown as text, an image by its description, a link only where it leads to http, https or mailto. Answers are
// laid out as the window does it, questions stand as they were typed.
#pragma once

#include <string>

#include "core/exchange/shown_branch.h"

namespace tramontane {

enum class HtmlLook {
    page,  // for a browser: light or dark as the reader has it
    print, // for paper, of the few properties that QTextDocument knows
};
std::string conversationHtml(const WholeConversation& whole, HtmlLook look, const ExportWords& words = {});

} // namespace tramontane
