// A conversation with everything that one can have, and what the tests ask of values.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "core/exchange/import.h"

namespace tramontane {

constexpr UnixMilliseconds testNow = 1'764'000'000'000;

template <class T>
T valueOf(Result<T> result) {
    if (!result.ok()) throw std::runtime_error(result.error().message);
    return std::move(result).value();
}
inline void valueOf(const Result<void>& result) {
    if (!result.ok()) throw std::runtime_error(result.error().message);
}

inline std::string fileBytes(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

inline Message messageOf(MessageId id, std::optional<MessageId> parent, Role role, std::string text) {
    Message message;
    message.id = id;
    message.parentId = parent;
    message.role = role;
    message.text = std::move(text);
    message.createdAt = 1'700'000'000'000 + id;
    return message;
}

// Two first questions; the first has two answers, of which one goes on; the last answer failed.
inline WholeConversation sampleConversation() {
    WholeConversation whole;
    whole.conversation.title = "Wind & \"weather\" 🌬";
    whole.conversation.titleIsManual = true;
    whole.conversation.createdAt = 1'700'000'000'000;
    whole.conversation.updatedAt = 1'700'000'500'123;
    whole.conversation.pinnedAt = 1'700'000'600'000;
    whole.conversation.systemPrompt = "Be brief.\nAlways.";
    whole.conversation.settingsJson = R"({"temperature":0.5})";
    whole.conversation.draft = "and then\t";
    whole.messages = {
        messageOf(3, {}, Role::user, "Where does it come from?"),
        messageOf(4, 3, Role::assistant, "From the **north**."),
        messageOf(5, 3, Role::assistant, std::string("nul \0 é ü 你好 \xF0\x9F\x9A\x80 \"quoted\" \\ </script>", 44)),
        messageOf(8, 4, Role::user, "Why?"),
        messageOf(9, 8, Role::assistant, ""),
        messageOf(12, {}, Role::system, "another beginning"),
    };
    whole.messages[1].figures = AnswerFigures{12,
                                              34,
                                              56.78,
                                              9.1e-3,
                                              "stop",
                                              "CPU (AVX2)",
                                              "Mistral 7B",
                                              "f00d",
                                              18446744073709551615U,
                                              R"({"seed":18446744073709551615,"temperature":0.7})"};
    whole.messages[2].status = MessageStatus::partial;
    whole.messages[4].status = MessageStatus::failed;
    whole.messages[4].errorText = "no memory";
    whole.conversation.currentLeaf = 9;
    return whole;
}

} // namespace tramontane
