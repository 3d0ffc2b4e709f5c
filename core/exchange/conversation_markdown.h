// The branch of a conversation on show in; Markdown with a heading for each speaker out, the messages to the byte.
#pragma once

#include <string>

#include "core/exchange/shown_branch.h"

namespace tramontane {

std::string conversationMarkdown(const WholeConversation& whole, const ExportWords& words = {});

} // namespace tramontane
