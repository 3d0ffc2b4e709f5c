// A whole answer without a model: template, scheduler and text stream over a scripted backend and a small
// vocabulary.
#include <cmath>

#include "tests/core/engine/chat_engine_fixture.h"

namespace tramontane {
namespace {

TEST(ChatEngine, chatEngine_streamsAnAnswerWithItsFigures) {
    auto opened = open();
    const auto request = ask("the question");
    script(opened, request, {opened.piece(" Hello"), opened.piece(" world"), opened.piece(".")});
    const auto [result, deltas] = generate(opened, request);
    EXPECT_EQ(result.text, "Hello world.");
    EXPECT_EQ(deltas, (std::vector<std::string>{"Hello", " world", "."}));
    EXPECT_EQ(result.finishReason, FinishReason::stop);
    EXPECT_EQ(result.newTokens, 3);
    EXPECT_EQ(result.ids.size(), 3u);
    EXPECT_EQ(result.promptTokens, *opened.engine->countTokens(request.messages));
    EXPECT_EQ(result.contextLength, 512);
    EXPECT_EQ(result.droppedMessages, 0);
    EXPECT_EQ(result.device, "Fake");
    EXPECT_GT(result.timeToFirstToken.count(), 0);
    EXPECT_GT(result.tokensPerSecond, 0);
    EXPECT_EQ(result.error, "");
}

TEST(ChatEngine, chatEngine_drawsASeedAndReportsIt) {
    auto opened = open();
    auto request = ask("the question", 20);
    request.sampling.temperature = 1;
    request.sampling.topP = 1;
    const auto first = generate(opened, request).result;
    const auto second = generate(opened, request).result;
    EXPECT_NE(first.ids, second.ids);
    request.sampling.seed = first.seed;
    EXPECT_EQ(generate(opened, request).result.ids, first.ids);
    EXPECT_EQ(generate(opened, request).result.seed, first.seed);
}

TEST(ChatEngine, chatEngine_readsOnlyTheNewTurnOfAConversation) {
    auto opened = open();
    auto request = ask("the question");
    script(opened, request, {opened.piece(" a")});
    const auto first = generate(opened, request).result;
    request.messages.push_back({Role::assistant, first.text, {}, {}});
    request.messages.push_back({Role::user, "a question", {}, {}});
    const auto before = opened.backend->forwardedTokens();
    const auto second = generate(opened, request).result;
    EXPECT_EQ(second.reusedTokens, first.promptTokens + first.newTokens);
    EXPECT_EQ(opened.backend->forwardedTokens() - before,
              second.promptTokens - second.reusedTokens +
                  std::max(0, second.newTokens - (second.finishReason == FinishReason::length)));
}

TEST(ChatEngine, chatEngine_endsBeforeAStopStringSplitOverTokens) {
    auto opened = open();
    auto request = ask("the question");
    request.sampling.stop = {" END."};
    script(opened, request, {opened.piece(" Hello"), opened.piece(" END"), opened.piece("."), opened.piece("!")});
    auto answer = generate(opened, request);
    EXPECT_EQ(answer.result.text, "Hello");
    EXPECT_EQ(answer.result.finishReason, FinishReason::stop);
    EXPECT_EQ(answer.result.newTokens, 3);
    script(opened, request, {opened.piece(" Hello"), opened.piece(" END")}); // it never completes
    answer = generate(opened, request);
    EXPECT_EQ(answer.result.text, "Hello END");
}

TEST(ChatEngine, chatEngine_continuesAPartialAnswer) {
    auto opened = open();
    auto request = ask("the question");
    request.continueLast = true;
    for (const auto& [soFar, expected] :
         std::vector<std::pair<std::string, std::string>>{{"Hello", " world"}, {"Hello ", "world"}, {"", "world"}}) {
        request.messages.resize(1);
        request.messages.push_back({Role::assistant, soFar, {}, {}});
        script(opened, request, {opened.piece(" world")});
        EXPECT_EQ(generate(opened, request).result.text, expected) << soFar;
    }
}

TEST(ChatEngine, chatEngine_keepsTheTextOfAnAnswerThatFails) {
    for (const bool nan : {false, true}) {
        auto opened = open();
        const auto request = ask("the question");
        const auto prompt = *applyTemplate(*opened.tokenizer, request.messages);
        script(opened, request, {opened.piece(" Hello"), opened.piece(" world"), opened.byte(0xF0)}, opened.piece("a"));
        const auto scripted = opened.backend->behaviour().logits;
        if (nan)
            opened.backend->behaviour().logits = [=](std::span<const TokenId> history, std::span<float> row) {
                scripted(history, row);
                if (history.size() == prompt.size() + 3) row[0] = std::nanf("");
            };
        else
            opened.backend->behaviour().failure = [&, passes = 0](auto) mutable -> std::optional<Error> {
                if (++passes == 5) return makeError(ErrorKind::changedOnDisk, "the model changed on disk");
                return std::nullopt;
            };
        const auto result = generate(opened, request).result;
        EXPECT_EQ(result.finishReason, FinishReason::error);
        EXPECT_EQ(result.text.rfind("Hello world", 0), 0u) << result.text;
        EXPECT_FALSE(result.error.empty());
        opened.backend->behaviour().failure = nullptr;
        script(opened, request, {opened.piece(" Hello")});
        EXPECT_EQ(generate(opened, request).result.text, "Hello"); // the engine lives
    }
}

TEST(ChatEngine, chatEngine_keepsTheTextOfACancelledAnswer) {
    auto opened = open();
    const auto request = ask("the question");
    script(opened, request, std::vector<TokenId>(40, opened.piece("a")));
    std::stop_source stop;
    std::string seen;
    const auto result = opened.engine->generate(
        request,
        [&](std::string_view delta) {
            seen += delta;
            if (seen.size() == 6) stop.request_stop();
        },
        nullptr, stop.get_token());
    EXPECT_EQ(result.finishReason, FinishReason::cancelled);
    EXPECT_EQ(result.text, "aaaaaa");
    EXPECT_EQ(result.text, seen);
}

TEST(ChatEngine, chatEngine_refusesRequestsThatMakeNoSense) {
    auto opened = open();
    auto request = ask("a");
    request.sampling.temperature = 9;
    EXPECT_NE(generate(opened, request).result.error.find("temperature is 9"), std::string::npos);
    request = ask("a");
    request.messages.clear();
    EXPECT_NE(generate(opened, request).result.error.find("empty"), std::string::npos);
    request = ask("a");
    request.continueLast = true;
    EXPECT_NE(generate(opened, request).result.error.find("continue"), std::string::npos);
    request = ask("a");
    request.messages.push_back({Role::assistant, "b", {}, {}});
    EXPECT_NE(generate(opened, request).result.error.find("nothing to answer"), std::string::npos);
    EXPECT_EQ(opened.backend->passes(), 0);
    SamplingSettings sampling;
    EXPECT_EQ(opened.engine->generateFromIds({}, sampling, nullptr, nullptr, {}).finishReason, FinishReason::error);
}

} // namespace
} // namespace tramontane
