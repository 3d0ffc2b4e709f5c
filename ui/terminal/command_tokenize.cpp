// tokenize: a text or a conversation in, a JSON array of ids out.
#include <nlohmann/json.hpp>

#include "core/model/mistral_config.h"
#include "core/text/chat_template.h"
#include "ui/terminal/arguments.h"
#include "ui/terminal/commands.h"
#include "ui/terminal/console.h"
#include "ui/terminal/open_model.h"

namespace tramontane::terminal {
namespace {

// Only the tokenizer is opened: the weights have no say in this.
Result<std::unique_ptr<Tokenizer>> openTokenizer(const ModelOptions& options) {
    auto directory = modelDirectory(options);
    if (!directory) return std::move(directory).error();
    auto config = readModelConfig(*directory);
    if (!config) return std::move(config).error();
    return Tokenizer::open(*directory / "tokenizer.model", config->mistral.vocabSize);
}

Result<std::vector<TokenId>> idsOf(const Tokenizer& tokenizer, const std::string& input, bool chat) {
    if (!chat) return tokenizer.encode(input);
    auto parsed = parseOpenAiChat(input);
    if (!parsed) return makeError(ErrorKind::invalidInput, "--chat: " + parsed.error().message);
    TemplateOptions options;
    options.toolsJson = parsed->toolsJson;
    return applyTemplate(tokenizer, parsed->messages, options);
}

} // namespace

int tokenizeCommand(Words words, Interrupt&) {
    ModelOptions model;
    std::optional<std::string> text, chat;
    Command command{.name = "tokenize",
                    .summary = "Prints a JSON array of ids.",
                    .options = {{"--text", "FILE|-", "a plain text, taken as it is", setText(text)},
                                {"--chat", "FILE|-",
                                 "messages as JSON in the OpenAI form, through the model's template", setText(chat)}},
                    .positional = {},
                    .setPositional = {}};
    for (auto& option : modelOptions(model)) command.options.push_back(std::move(option));
    auto parsed = parseArguments(command, words);
    if (!parsed) return wrongUsage(parsed.error());
    if (*parsed == Parsed::helpShown) return exitDone;
    if (text.has_value() == chat.has_value())
        return wrongUsage(
            makeError(ErrorKind::invalidInput, "expected either --text or --chat; see tramontane-cli tokenize --help"));
    auto input = readAll(text ? *text : *chat);
    if (!input) return failed(input.error());
    auto tokenizer = openTokenizer(model);
    if (!tokenizer) return failed(tokenizer.error());
    auto ids = idsOf(**tokenizer, *input, chat.has_value());
    if (!ids) return failed(ids.error());
    auto written = writeOut(nlohmann::json(*ids).dump() + "\n");
    return written.ok() ? exitDone : failed(written.error());
}

} // namespace tramontane::terminal
