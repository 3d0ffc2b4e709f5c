// One answer: streamed as text, or printed as one JSON object once it is done.
#pragma once

#include "core/engine/chat_engine.h"
#include "ui/terminal/interrupt.h"

namespace tramontane::terminal {

// The object of `run --json`, in one line.
std::string answerToJson(const GenerationResult& result);

struct AnswerOutcome {
    GenerationResult result;
    int exitStatus = 0; // failed where the answer ended with an error or could not be written
};
AnswerOutcome printAnswer(ChatEngine& engine, const GenerationRequest& request, bool json, Interrupt& interrupt);

} // namespace tramontane::terminal
