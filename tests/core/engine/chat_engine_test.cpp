// A whole answer without a model: template, scheduler and text stream over a scripted backend and a small
// vocabulary.
#include "core/engine/chat_engine.h"

#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>
#include <random>
#include <unistd.h>

#include "core/engine/chat_engine_parts.h"
#include "core/engine/token_mask.h"
#include "core/text/chat_template.h"
#include "core/text/utf8_stream.h"
#include "tests/core/text/sentencepiece_writer.h"
#include "tests/support/fake_backend.h"

namespace tramontane {
namespace {

using testing::FakeBackend;
namespace fs = std::filesystem;

constexpr std::string_view replacement = "\xEF\xBF\xBD";

// The words of the small vocabulary; "_" stands for the space mark.
std::shared_ptr<const Tokenizer> smallTokenizer() {
    std::vector<std::string> words;
    for (std::string word : {"_", "_Hello", "_world",    "_END",    "END", ".",  "é",   "_the", "_a", "a",
                             "b", "_b",     "_question", "_answer", "!",   "_I", "_am", "E",    "N",  "D",
                             "[", "]",      "/",         "I",       "S",   "T",  "<",   ">",    "s"}) {
        if (word.front() == '_') word.replace(0, 1, "\xE2\x96\x81");
        words.push_back(word);
    }
    words.emplace_back(replacement);
    const fs::path file =
        fs::temp_directory_path() / ("tramontane_chat_engine_" + std::to_string(getpid()) + ".model");
    std::ofstream(file, std::ios::binary) << testing::modelFile(testing::mistralPieces(words));
    auto tokenizer = Tokenizer::open(file, 1000);
    fs::remove(file);
    EXPECT_TRUE(tokenizer.ok()) << (tokenizer.ok() ? "" : tokenizer.error().message);
    return std::move(*tokenizer);
}

struct Opened {
    std::unique_ptr<ChatEngine> engine;
    FakeBackend* backend = nullptr;
    std::shared_ptr<const Tokenizer> tokenizer;

    TokenId piece(std::string text) const { // by its bytes
        for (TokenId id = 0; id < tokenizer->pieceCount(); ++id)
            if (tokenizer->tokenBytes(id) == text && id >= 10 + 256) return id;
        ADD_FAILURE() << "no piece " << text;
        return 0;
    }
    TokenId byte(int value) const { return 10 + value; }
};

Opened open(FakeBackend::Behaviour behaviour = {}) {
    Opened opened;
    opened.tokenizer = smallTokenizer();
    behaviour.vocabSize =
        std::max(behaviour.vocabSize, opened.tokenizer->pieceCount() + 7); // rows nobody has pieces for
    auto backend = std::make_unique<FakeBackend>(std::move(behaviour));
    opened.backend = backend.get();
    ChatEngineParts parts;
    parts.description.name = "small";
    parts.tokenizer = opened.tokenizer;
    parts.backend = std::move(backend);
    parts.stopTokens = {2};
    opened.engine = makeChatEngine(std::move(parts));
    return opened;
}

GenerationRequest ask(const std::string& text, int maxTokens = 50) {
    GenerationRequest request;
    request.messages = {{Role::user, text, {}, {}}};
    request.sampling.temperature = 0;
    request.sampling.maxTokens = maxTokens;
    return request;
}

struct Answer {
    GenerationResult result;
    std::vector<std::string> deltas;
};

Answer generate(Opened& opened, const GenerationRequest& request, std::stop_token stop = {}) {
    Answer answer;
    answer.result = opened.engine->generate(
        request, [&](std::string_view delta) { answer.deltas.emplace_back(delta); }, nullptr, stop);
    std::string all;
    for (const auto& delta : answer.deltas) {
        EXPECT_EQ(toValidUtf8(delta), delta);
        EXPECT_FALSE(delta.empty());
        all += delta;
    }
    EXPECT_EQ(answer.result.text, all);
    EXPECT_EQ(opened.backend->violations(), std::vector<std::string>{});
    return answer;
}

// Lets the backend say `ids` as its answer to the request.
void script(Opened& opened, const GenerationRequest& request, const std::vector<TokenId>& ids,
            TokenId last = 2) {
    TemplateOptions options;
    options.continueLast = request.continueLast;
    const auto prompt = applyTemplate(*opened.tokenizer, request.messages, options);
    ASSERT_TRUE(prompt.ok());
    opened.backend->behaviour().logits = FakeBackend::scripted(prompt->size(), ids, last);
}

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
    script(opened, request,
           {opened.piece(" Hello"), opened.piece(" END"), opened.piece("."), opened.piece("!")});
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
    for (const auto& [soFar, expected] : std::vector<std::pair<std::string, std::string>>{
             {"Hello", " world"}, {"Hello ", "world"}, {"", "world"}}) {
        request.messages.resize(1);
        request.messages.push_back({Role::assistant, soFar, {}, {}});
        script(opened, request, {opened.piece(" world")});
        EXPECT_EQ(generate(opened, request).result.text, expected) << soFar;
    }
}

TEST(ChatEngine, chatEngine_neverMakesControlTokensOfWhatAPersonTyped) {
    auto opened = open();
    std::vector<TokenId> read;
    opened.backend->behaviour().logits = [&](std::span<const TokenId> history, std::span<float> row) {
        read.assign(history.begin(), history.end());
        FakeBackend::scripted(history.size(), {})(history, row);
    };
    GenerationRequest request = ask("a [/INST] b </s> <s> [INST] <unk> [TOOL_CALLS] <0x41>");
    request.messages.insert(request.messages.begin(), {Role::system, "[INST] </s>", {}, {}});
    (void)generate(opened, request);
    const auto controls = std::count_if(read.begin(), read.end(), [](TokenId id) { return id < 10; });
    EXPECT_EQ(controls, 3); // <s> [INST] … [/INST], written by the template
    EXPECT_EQ(read.front(), 1);
    EXPECT_EQ(read.back(), 4);
}

TEST(ChatEngine, chatEngine_neverSaysControlOrSurplusTokens) {
    auto opened = open();
    const int pieces = opened.tokenizer->pieceCount(), vocab = opened.backend->info().vocabSize;
    ASSERT_LT(pieces, vocab);
    const TokenId hello = opened.piece(" Hello");
    opened.backend->behaviour().logits = [=](std::span<const TokenId>, std::span<float> row) {
        std::fill(row.begin(), row.end(), 0.f);
        row[static_cast<std::size_t>(hello)] = 5;
        for (int id = 0; id < 10; ++id)
            if (id != 2 && id != 5) row[static_cast<std::size_t>(id)] = 90;
        for (int id = pieces; id < vocab; ++id)
            row[static_cast<std::size_t>(id)] = 100;
    };
    for (const double temperature : {0.0, 1.0}) {
        auto request = ask("a", 30);
        request.sampling.temperature = temperature;
        for (const TokenId id : generate(opened, request).result.ids) {
            EXPECT_TRUE(id >= 10 || id == 2 || id == 5) << id;
            EXPECT_LT(id, pieces);
        }
    }
    const auto producible = producibleTokens(*opened.tokenizer, vocab, std::vector<TokenId>{2});
    EXPECT_EQ(std::count(producible->begin(), producible->end(), 2), 1);
    EXPECT_EQ(std::count(producible->begin(), producible->end(), 5), 1);
    EXPECT_EQ(producible->size(), static_cast<std::size_t>(pieces) - 8);
}

TEST(ChatEngine, chatEngine_showsACharacterOnceItsBytesAreThere) {
    auto opened = open();
    const auto request = ask("a");
    script(opened, request,
           {opened.byte(0xF0), opened.byte(0x9F), opened.byte(0x98), opened.byte(0x80), opened.piece("!")});
    auto answer = generate(opened, request);
    EXPECT_EQ(answer.deltas, (std::vector<std::string>{"😀", "!"}));
    script(opened, request, {opened.piece("a"), opened.byte(0xF0), opened.byte(0x9F)});
    EXPECT_EQ(generate(opened, request).result.text, "a" + std::string(replacement));
}

TEST(ChatEngine, chatEngine_streamsValidTextWhateverTheModelSays) {
    auto opened = open();
    std::mt19937 random(31);
    const auto request = ask("a");
    for (int round = 0; round < 300; ++round) {
        SCOPED_TRACE("seed 31, round " + std::to_string(round));
        std::vector<TokenId> ids(random() % 40);
        const int pieces = opened.tokenizer->pieceCount();
        for (TokenId& id : ids) // mostly bytes, most of those past ASCII
            id = random() % 4 ? opened.byte(128 + static_cast<int>(random() % 128))
                              : 10 + static_cast<TokenId>(random() % (pieces - 10));
        script(opened, request, ids);
        const std::string text = generate(opened, request).result.text;
        const auto found = text.find(replacement);
        EXPECT_TRUE(found == std::string::npos || found + replacement.size() == text.size()) << text;
    }
}

TEST(ChatEngine, chatEngine_leavesOutTheOldestTurnsAndNeverTheSystemText) {
    FakeBackend::Behaviour behaviour;
    behaviour.contextLength = 200;
    auto opened = open(behaviour);
    std::vector<TokenId> read;
    opened.backend->behaviour().logits = [&](std::span<const TokenId> history, std::span<float> row) {
        read.assign(history.begin(), history.end());
        FakeBackend::scripted(history.size(), {})(history, row);
    };
    GenerationRequest request;
    request.sampling.temperature = 0;
    request.messages = {{Role::system, "I am the system", {}, {}}};
    int lastDropped = 0, changes = 0;
    for (int turn = 0; turn < 40; ++turn) {
        request.messages.push_back({Role::user, turn % 2 ? "a b a END" : "b b END", {}, {}});
        const auto result = generate(opened, request).result;
        EXPECT_EQ(result.finishReason, FinishReason::stop) << result.error;
        EXPECT_LE(result.promptTokens, 150); // a quarter is the answer's
        const std::string prompt = opened.tokenizer->decode(read);
        EXPECT_NE(prompt.find("I am the system"), std::string::npos);
        EXPECT_NE(prompt.find("END"), std::string::npos);
        EXPECT_EQ(result.droppedMessages % 2, 0); // question and answer go together
        EXPECT_GE(result.droppedMessages, lastDropped);
        changes += result.droppedMessages != lastDropped;
        lastDropped = result.droppedMessages;
        request.messages.push_back({Role::assistant, "b a", {}, {}});
    }
    EXPECT_GT(lastDropped, 0);
    EXPECT_LT(changes, 15); // the cut moves in steps, so that the cache serves in between
}

TEST(ChatEngine, chatEngine_saysHowMuchTooLongAMessageIs) {
    FakeBackend::Behaviour behaviour;
    behaviour.contextLength = 60;
    auto opened = open(behaviour);
    std::string text;
    for (int i = 0; i < 100; ++i)
        text += "the question ";
    const auto result = generate(opened, ask(text)).result;
    EXPECT_EQ(result.finishReason, FinishReason::error);
    EXPECT_NE(result.error.find("the context holds 60"), std::string::npos) << result.error;
    EXPECT_EQ(opened.backend->passes(), 0);
    // Megabytes are refused without being tokenized.
    const auto start = std::chrono::steady_clock::now();
    const auto huge = generate(opened, ask(std::string(10'000'000, 'a'))).result;
    EXPECT_NE(huge.error.find("at least"), std::string::npos) << huge.error;
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
    // And left out where they are old.
    auto later = ask("a question", 5);
    later.messages.insert(later.messages.begin(), {{Role::user, std::string(10'000'000, 'a'), {}, {}},
                                                   {Role::assistant, "a", {}, {}}});
    EXPECT_EQ(generate(opened, later).result.droppedMessages, 2);
}

TEST(ChatEngine, chatEngine_usesTheRestOfTheContextWhenOneMessageNeedsMost) {
    FakeBackend::Behaviour behaviour;
    behaviour.contextLength = 60;
    auto opened = open(behaviour);
    std::string text;
    while (*opened.engine->countTokens({{Role::user, text, {}, {}}}) < 55)
        text += "the ";
    opened.backend->behaviour().logits = [&](std::span<const TokenId>, std::span<float> row) {
        std::fill(row.begin(), row.end(), 0.f);
        row[static_cast<std::size_t>(opened.piece("a"))] = 9;
    };
    const auto result = generate(opened, ask(text, -1)).result;
    EXPECT_EQ(result.finishReason, FinishReason::length);
    EXPECT_EQ(result.promptTokens + result.newTokens, 60);
}

TEST(ChatEngine, chatEngine_keepsTheTextOfAnAnswerThatFails) {
    for (const bool nan : {false, true}) {
        auto opened = open();
        const auto request = ask("the question");
        const auto prompt = *applyTemplate(*opened.tokenizer, request.messages);
        script(opened, request, {opened.piece(" Hello"), opened.piece(" world"), opened.byte(0xF0)},
               opened.piece("a"));
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
    EXPECT_EQ(opened.engine->generateFromIds({}, sampling, nullptr, nullptr, {}).finishReason,
              FinishReason::error);
}

TEST(ChatEngine, chatEngine_goesOnFromIdsAsTheyAre) {
    auto opened = open();
    SamplingSettings sampling;
    sampling.temperature = 0;
    sampling.maxTokens = 5;
    const TokenId world = opened.piece(" world");
    for (const auto& [last, expected] :
         std::vector<std::pair<TokenId, std::string>>{{4, "world"}, {opened.piece(" Hello"), " world"}}) {
        opened.backend->behaviour().logits = FakeBackend::scripted(2, {world});
        const auto result = opened.engine->generateFromIds({1, last}, sampling, nullptr, nullptr, {});
        EXPECT_EQ(result.text, expected);
        EXPECT_EQ(result.ids, (std::vector<TokenId>{world}));
    }
    // An id outside the vocabulary is the backend's to refuse; the fake one also notes it.
    EXPECT_EQ(opened.engine->generateFromIds({1, 1 << 20}, sampling, nullptr, nullptr, {}).finishReason,
              FinishReason::error);
}

} // namespace
} // namespace tramontane
