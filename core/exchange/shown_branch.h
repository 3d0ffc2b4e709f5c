// A conversation in, the messages of the branch on show out.
#pragma once

#include <vector>

#include "core/history/history_types.h"

namespace tramontane {

// From the first message on. Where none is on show, the branch of the newest. Pointers into `whole`.
std::vector<const Message*> shownBranch(const WholeConversation& whole);

// What is said of who wrote a message, and of a conversation without a title, in the language of the person.
struct ExportWords {
    std::string person = "You", assistant = "Assistant", system = "System", tool = "Tool";
    std::string untitled = "Conversation";
    std::string image = "Image";
};
const std::string& speakerOf(const Message& message, const ExportWords& words);
// The title as one line.
std::string titleLine(const WholeConversation& whole, const ExportWords& words);

} // namespace tramontane
