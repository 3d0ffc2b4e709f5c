// A conversation as the templates and the history see it.
#pragma once

#include <string>
#include <vector>

namespace tramontane {

enum class Role { system, user, assistant, tool };

struct ToolCall {
    std::string id; // nine characters of a-z A-Z 0-9
    std::string name;
    std::string argumentsJson; // an object
};

struct ChatMessage {
    Role role = Role::user;
    std::string content;             // UTF-8
    std::vector<ToolCall> toolCalls; // of an assistant
    std::string toolCallId;          // of a tool's result
};

} // namespace tramontane
