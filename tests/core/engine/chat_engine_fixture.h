// What the chat engine's tests share: a small vocabulary, an engine over a scripted backend, and answers
// whose text is checked on the way.
#pragma once

#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

#include "core/engine/chat_engine.h"
#include "core/engine/chat_engine_parts.h"
#include "core/text/chat_template.h"
#include "core/text/utf8_stream.h"
#include "tests/core/text/sentencepiece_writer.h"
#include "tests/support/fake_backend.h"

namespace tramontane {

using testing::FakeBackend;
inline constexpr std::string_view replacement = "\xEF\xBF\xBD";

// The words of the small vocabulary; "_" stands for the space mark.
inline std::shared_ptr<const Tokenizer> smallTokenizer() {
    std::vector<std::string> words;
    for (std::string word :
         {"_",  "_Hello", "_world", "_END", "END", ".", "é", "_the", "_a", "a", "b", "_b", "_question", "_answer", "!",
          "_I", "_am",    "E",      "N",    "D",   "[", "]", "/",    "I",  "S", "T", "<",  ">",         "s"}) {
        if (word.front() == '_') word.replace(0, 1, "\xE2\x96\x81");
        words.push_back(word);
    }
    words.emplace_back(replacement);
    const std::filesystem::path file =
        std::filesystem::temp_directory_path() / ("tramontane_chat_engine_" + std::to_string(getpid()) + ".model");
    std::ofstream(file, std::ios::binary) << testing::modelFile(testing::mistralPieces(words));
    auto tokenizer = Tokenizer::open(file, 1000);
    std::filesystem::remove(file);
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

inline Opened open(FakeBackend::Behaviour behaviour = {}) {
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

inline GenerationRequest ask(const std::string& text, int maxTokens = 50) {
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

inline Answer generate(Opened& opened, const GenerationRequest& request, std::stop_token stop = {}) {
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
inline void script(Opened& opened, const GenerationRequest& request, const std::vector<TokenId>& ids,
                   TokenId last = 2) {
    TemplateOptions options;
    options.continueLast = request.continueLast;
    const auto prompt = applyTemplate(*opened.tokenizer, request.messages, options);
    ASSERT_TRUE(prompt.ok());
    opened.backend->behaviour().logits = FakeBackend::scripted(prompt->size(), ids, last);
}

} // namespace tramontane
