#include "core/exchange/shown_branch.h"

#include <algorithm>
#include <unordered_map>

namespace tramontane {

std::vector<const Message*> shownBranch(const WholeConversation& whole) {
    std::vector<const Message*> branch;
    if (whole.messages.empty()) return branch;
    std::unordered_map<MessageId, const Message*> byId;
    for (const Message& message : whole.messages) byId.emplace(message.id, &message);
    auto next = byId.find(whole.conversation.currentLeaf.value_or(whole.messages.back().id));
    // No longer than there are messages, whatever their parents say.
    while (next != byId.end() && branch.size() < whole.messages.size()) {
        branch.push_back(next->second);
        next = next->second->parentId ? byId.find(*next->second->parentId) : byId.end();
    }
    std::reverse(branch.begin(), branch.end());
    return branch;
}

const std::string& speakerOf(const Message& message, const ExportWords& words) {
    switch (message.role) {
    case Role::system:
        return words.system;
    case Role::user:
        return words.person;
    case Role::assistant:
        return words.assistant;
    case Role::tool:
        return words.tool;
    }
    return words.assistant;
}

std::string titleLine(const WholeConversation& whole, const ExportWords& words) {
    std::string line;
    for (const char c : whole.conversation.title) line += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    return line.find_first_not_of(' ') == std::string::npos ? words.untitled : line;
}

} // namespace tramontane
