#include "core/exchange/conversation_markdown.h"

namespace tramontane {

std::string conversationMarkdown(const WholeConversation& whole, const ExportWords& words) {
    std::string text = "# " + titleLine(whole, words) + '\n';
    for (const Message* message : shownBranch(whole)) {
        if (message->text.empty()) continue; // an answer that ended before its first word
        text += "\n## " + speakerOf(*message, words) + "\n\n" + message->text;
        if (!message->text.ends_with('\n')) text += '\n';
    }
    return text;
}

} // namespace tramontane
