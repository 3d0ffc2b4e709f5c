// score: a sequence of ids in, how likely the model finds each of them out.
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/engine/scoring.h"
#include "core/text/tokenizer.h"
#include "core/text/utf8_stream.h"
#include "ui/terminal/arguments.h"
#include "ui/terminal/commands.h"
#include "ui/terminal/console.h"
#include "ui/terminal/open_model.h"

namespace tramontane::terminal {
namespace {

constexpr int topCount = 5;

Result<std::vector<TokenId>> parseIds(const std::string& text) {
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_array() || json.empty())
        return makeError(ErrorKind::invalidInput, "--ids: expected a JSON array of one id or more, such as [1, 29473]");
    std::vector<TokenId> ids;
    for (const auto& entry : json) {
        // A number that is too large for an id must not become another one.
        const bool fits =
            entry.is_number_integer() &&
            (entry.is_number_unsigned() ? entry.get<std::uint64_t>() <= 0x7FFFFFFF : entry.get<std::int64_t>() >= 0);
        if (!fits)
            return makeError(ErrorKind::invalidInput, "--ids: entry " + std::to_string(ids.size()) + " is " +
                                                          (entry.is_number() ? entry.dump() : entry.type_name()) +
                                                          ", expected a token's id");
        ids.push_back(entry.get<TokenId>());
    }
    return ids;
}

std::string toJson(const Score& score) {
    nlohmann::ordered_json json;
    json["logprob"] = score.logProbability;
    json["top"] = score.top; // a pair is written as [id, logprob]
    return json.dump() + "\n";
}

// One line an id: its place, the id, its logarithm after those before it, its text.
std::string toTable(const Score& score, const std::vector<TokenId>& ids, const Tokenizer& tokenizer) {
    std::string text;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        char numbers[64];
        if (i == 0)
            std::snprintf(numbers, sizeof numbers, "%zu\t%d\t-\t", i, ids[i]);
        else
            std::snprintf(numbers, sizeof numbers, "%zu\t%d\t%.6f\t", i, ids[i], score.logProbability[i - 1]);
        const auto piece = nlohmann::json(toValidUtf8(tokenizer.tokenBytes(ids[i])));
        text += numbers + piece.dump() + "\n";
    }
    return text;
}

} // namespace

int scoreCommand(Words words, Interrupt& interrupt) {
    ModelOptions model;
    std::optional<std::string> source;
    bool json = false;
    Command command{
        .name = "score",
        .summary = "Prints how likely the model finds each id after those before it (natural logarithms); "
                   "perplexity on standard error.",
        .options = {{"--ids", "FILE|-", "a JSON array of ids", setText(source)},
                    {"--json", "", "print one object: logprob, and the five likeliest at each place", setSwitch(json)}},
        .positional = {},
        .setPositional = {}};
    for (auto& option : modelOptions(model)) command.options.push_back(std::move(option));
    auto parsed = parseArguments(command, words);
    if (!parsed) return wrongUsage(parsed.error());
    if (*parsed == Parsed::helpShown) return exitDone;
    if (!source)
        return wrongUsage(makeError(ErrorKind::invalidInput, "expected --ids; see tramontane-cli score --help"));
    auto text = readAll(*source);
    if (!text) return failed(text.error());
    auto ids = parseIds(*text);
    if (!ids) return failed(ids.error());
    // The text's own length is the context it needs.
    if (model.contextLength == 0) model.contextLength = static_cast<int>(std::min<std::size_t>(ids->size(), 1 << 24));

    auto engine = openModel(model, interrupt);
    if (!engine) return failed(engine.error());
    Interrupt::Work work(interrupt);
    ProgressLine line;
    auto score = scoreIds(
        (*engine)->backend(), *ids, topCount,
        [&line](int done, int total) { line.show("scored " + std::to_string(done) + " of " + std::to_string(total)); },
        work.token());
    line.clear();
    if (!score) return failed(score.error());
    auto written = writeOut(json ? toJson(*score) : toTable(*score, *ids, (*engine)->tokenizer()));
    if (!written) return failed(written.error());
    char summary[80];
    std::snprintf(summary, sizeof summary, "perplexity %.6g over %zu ids", score->perplexity(),
                  score->logProbability.size());
    writeNote(summary);
    return exitDone;
}

} // namespace tramontane::terminal
