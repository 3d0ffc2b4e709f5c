// Conversations as JSON on stdin; a data folder in which Tramontane finds them, written through the real store.
// Usage: fill_history FOLDER < conversations.json
// [{"title", "days" (how long ago), "draft", "messages": [{"role", "text", "status", "parent" (index), "finish"}]}]
#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/history/history_store.h"

using namespace tramontane;

namespace {

int fail(const std::string& what) {
    std::fprintf(stderr, "fill_history: %s\n", what.c_str());
    return 1;
}

AnswerFigures figures(const nlohmann::json& message, const std::string& text) {
    AnswerFigures made;
    made.promptTokens = 180;
    made.newTokens = std::int64_t(text.size() / 4 + 1);
    made.timeToFirstTokenMs = 96;
    made.tokensPerSecond = message.value("speed", 38.4);
    made.finishReason = message.value("finish", "stop");
    made.device = "CPU";
    made.modelName = "Mistral-7B-Instruct-v0.3-GPTQ-4bit";
    made.samplingJson = "{}";
    return made;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 2) return fail("usage: fill_history FOLDER < conversations.json");
    const auto conversations = nlohmann::json::parse(std::cin, nullptr, false);
    if (!conversations.is_array()) return fail("a JSON array is expected on stdin");
    UnixMilliseconds now = 0;
    HistoryOptions options;
    options.clock = [&] { return now += 1000; };
    auto store = HistoryStore::open(std::filesystem::path(argv[1]) / "tramontane.sqlite", options);
    if (!store) return fail(store.error().message);
    const auto today =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    for (const auto& conversation : conversations) {
        now = today - std::int64_t(conversation.value("days", 0.0) * 86'400'000) - 60'000;
        const auto id = store->createConversation({conversation.value("title", "")});
        if (!id) return fail(id.error().message);
        std::vector<MessageId> written;
        for (const auto& message : conversation.value("messages", nlohmann::json::array())) {
            const bool answer = message.value("role", "user") == "assistant";
            const std::string text = message.value("text", ""), status = message.value("status", "complete");
            NewMessage added;
            added.conversationId = *id;
            const int parent = message.value("parent", int(written.size()) - 1);
            if (parent >= 0) added.parentId = written.at(std::size_t(parent));
            added.role = answer ? Role::assistant : Role::user;
            added.text = answer ? "" : text;
            added.status = answer ? MessageStatus::partial : MessageStatus::complete;
            const auto key = store->appendMessage(added);
            if (!key) return fail(key.error().message);
            written.push_back(*key);
            if (!answer) continue;
            const auto state = status == "partial"  ? MessageStatus::partial
                               : status == "failed" ? MessageStatus::failed
                                                    : MessageStatus::complete;
            const auto done =
                store->finishAnswer(*key, text, state, figures(message, text), message.value("error", ""));
            if (!done) return fail(done.error().message);
        }
        if (conversation.contains("draft") && !store->setDraft(*id, conversation["draft"]))
            return fail("the draft was not saved");
    }
    return 0;
}
