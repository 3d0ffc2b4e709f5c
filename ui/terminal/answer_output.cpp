// Text goes out as it comes; figures go to standard error where a person watches.
#include "ui/terminal/answer_output.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "ui/terminal/console.h"

namespace tramontane::terminal {
namespace {

void showFigures(const GenerationResult& result) {
    if (!errorIsTerminal()) return;
    char text[200];
    std::snprintf(text, sizeof text, "[%d tokens, %.1f tokens/s, first after %.0f ms, seed %llu, context %d/%d, %s]",
                  result.newTokens, result.tokensPerSecond, result.timeToFirstToken.count(),
                  static_cast<unsigned long long>(result.seed), result.promptTokens + result.newTokens,
                  result.contextLength, finishReasonName(result.finishReason));
    writeNote(text);
}

} // namespace

std::string answerToJson(const GenerationResult& result) {
    nlohmann::ordered_json json;
    json["text"] = result.text;
    json["ids"] = result.ids;
    json["prompt_tokens"] = result.promptTokens;
    json["new_tokens"] = result.newTokens;
    json["passes"] = result.passes;
    json["guessed_tokens"] = result.guessedTokens;
    json["right_guesses"] = result.rightTokens;
    json["finish_reason"] = finishReasonName(result.finishReason);
    json["time_to_first_token_ms"] = result.timeToFirstToken.count();
    json["tokens_per_second"] = result.tokensPerSecond;
    json["device"] = result.device;
    json["seed"] = result.seed;
    if (result.finishReason == FinishReason::error) json["error"] = result.error;
    return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

AnswerOutcome printAnswer(ChatEngine& engine, const GenerationRequest& request, bool json, Interrupt& interrupt) {
    AnswerOutcome outcome;
    Result<void> written;
    {
        Interrupt::Work work(interrupt);
        ProgressLine line;
        const auto sink = [&](std::string_view delta) {
            line.clear();
            if (json || !written.ok()) return;
            written = writeOut(delta);
            if (!written.ok()) work.stop(); // nobody reads it any more
        };
        const auto prefill = [&line](int done, int total) {
            line.show("reading the prompt: " + std::to_string(done) + " of " + std::to_string(total) + " tokens");
        };
        GenerationRequest noted = request;
        noted.onPrompt = [](int, int dropped) {
            if (dropped > 0)
                writeNote("the context is full: the oldest " + std::to_string(dropped) + " messages are left out");
        };
        outcome.result = engine.generate(noted, sink, prefill, work.token());
    }
    const GenerationResult& result = outcome.result;
    if (json)
        written = writeOut(answerToJson(result));
    else if (written.ok() && !result.text.empty() && result.text.back() != '\n')
        written = writeOut("\n");
    if (result.finishReason == FinishReason::error) {
        writeError(result.error);
        outcome.exitStatus = exitFailed;
    } else if (!written.ok()) {
        outcome.exitStatus = failed(written.error());
    } else if (!json) {
        showFigures(result);
    }
    return outcome;
}

} // namespace tramontane::terminal
