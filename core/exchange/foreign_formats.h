// One conversation of another program's export in, a conversation of ours out. What is no text is named in brackets:
// "[image]". Errors name the field.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "core/base/result.h"
#include "core/history/history_types.h"

namespace tramontane {

// An element of ChatGPT's conversations.json: a "mapping" of nodes with parent, children and message, and the
// "current_node". Nodes without text, among them what ChatGPT does not show, are left out.
Result<WholeConversation> conversationFromChatGpt(const nlohmann::json& entry, const std::string& path,
                                                  UnixMilliseconds now);

// An element of Open WebUI's export: a "chat" with "history", whose "messages" have parentId and childrenIds, and
// "currentId"; or, without a history, with a plain list of "messages".
Result<WholeConversation> conversationFromOpenWebUi(const nlohmann::json& entry, const std::string& path,
                                                    UnixMilliseconds now);

} // namespace tramontane
