// run: one answer to a prompt or a conversation, or a conversation in the terminal.
#include <algorithm>

#include "core/text/chat_template.h"
#include "ui/terminal/answer_output.h"
#include "ui/terminal/arguments.h"
#include "ui/terminal/commands.h"
#include "ui/terminal/console.h"
#include "ui/terminal/open_model.h"

namespace tramontane::terminal {
namespace {

struct RunOptions {
    ModelOptions model;
    SamplingChoice sampling;
    std::optional<std::string> prompt, system, messages;
    bool json = false;
};

Command describe(RunOptions& options) {
    Command command{
        .name = "run",
        .summary = "Answers a prompt; without --prompt holds a conversation in the terminal.",
        .options = {{"--prompt", "TEXT|-", "the question (-: standard input)", setText(options.prompt)},
                    {"--system", "TEXT", "standing instructions for the model", setText(options.system)},
                    {"--messages", "FILE|-",
                     "a conversation as JSON in the OpenAI form, to be answered after its last message",
                     setText(options.messages)},
                    {"--json", "", "print one object with the answer and its figures", setSwitch(options.json)}},
        .positional = {},
        .setPositional = {}};
    for (auto& option : samplingOptions(options.sampling)) command.options.push_back(std::move(option));
    for (auto& option : modelOptions(options.model)) command.options.push_back(std::move(option));
    return command;
}

// The end of a line that a shell's echo or an editor put behind a prompt is no part of it.
std::string withoutLastLineEnd(std::string text) {
    if (!text.empty() && text.back() == '\n') text.pop_back();
    if (!text.empty() && text.back() == '\r') text.pop_back();
    return text;
}

Result<GenerationRequest> makeRequest(const RunOptions& options) {
    GenerationRequest request;
    if (options.system && !options.system->empty()) request.messages.push_back({Role::system, *options.system, {}, {}});
    if (options.messages) {
        auto text = readAll(*options.messages);
        if (!text) return std::move(text).error();
        auto chat = parseOpenAiChat(*text);
        if (!chat) return makeError(ErrorKind::invalidInput, "--messages: " + chat.error().message);
        request.messages.insert(request.messages.end(), chat->messages.begin(), chat->messages.end());
        request.toolsJson = chat->toolsJson;
        request.continueLast = chat->messages.back().role == Role::assistant;
    } else if (options.prompt) {
        std::string text = *options.prompt;
        if (text == "-") {
            auto read = readAll("-");
            if (!read) return std::move(read).error();
            text = withoutLastLineEnd(std::move(*read));
        }
        request.messages.push_back({Role::user, std::move(text), {}, {}});
    }
    return request;
}

int holdConversation(ChatEngine& engine, GenerationRequest request, bool json, Interrupt& interrupt) {
    const bool person = inputIsTerminal() && errorIsTerminal();
    if (person)
        writeNote(engine.description().name + " on " + engine.description().backend.device +
                  ". Ctrl+C stops an answer, Ctrl+D ends the conversation.");
    LineReader lines;
    int status = exitDone;
    for (;;) {
        if (person) showPrompt();
        const auto line = lines.next();
        if (!line) break;
        if (line->empty()) continue;
        request.messages.push_back({Role::user, *line, {}, {}});
        const auto outcome = printAnswer(engine, request, json, interrupt);
        status = std::max(status, outcome.exitStatus);
        // A failed answer is no part of the conversation; one that was stopped is.
        if (outcome.result.finishReason == FinishReason::error || outcome.result.text.empty())
            request.messages.pop_back();
        else
            request.messages.push_back({Role::assistant, outcome.result.text, {}, {}});
        if (outcome.exitStatus != exitDone && outcome.result.finishReason != FinishReason::error)
            return status; // nobody reads
    }
    if (person) writeNote("");
    return status;
}

} // namespace

int runCommand(Words words, Interrupt& interrupt) {
    RunOptions options;
    const Command command = describe(options);
    auto parsed = parseArguments(command, words);
    if (!parsed) return wrongUsage(parsed.error());
    if (*parsed == Parsed::helpShown) return exitDone;
    if (options.prompt && options.messages)
        return wrongUsage(makeError(ErrorKind::invalidInput,
                                    "--prompt and --messages exclude each other; see tramontane-cli run --help"));
    auto request = makeRequest(options);
    if (!request) return failed(request.error());

    auto engine = openModel(options.model, interrupt);
    if (!engine) return failed(engine.error());
    request->sampling = (*engine)->description().sampling;
    options.sampling.apply(request->sampling);
    if (!options.prompt && !options.messages)
        return holdConversation(**engine, std::move(*request), options.json, interrupt);
    return printAnswer(**engine, *request, options.json, interrupt).exitStatus;
}

} // namespace tramontane::terminal
