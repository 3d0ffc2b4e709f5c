// A small random model in a folder, opened by the program and by the tests themselves.
#pragma once

#include <algorithm>
#include <gtest/gtest.h>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/text/tokenizer.h"
#include "tests/support/model_builder.h"
#include "tests/terminal/program.h"

namespace tramontane::testing {

using Json = nlohmann::json;

class TerminalTest : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        folder = std::make_unique<TemporaryFolder>();
        ModelRecipe recipe;
        recipe.actOrder = true;
        recipe.positions = 60000;
        writeModel(folder->path(), recipe);
        // No id that is ever produced ends an answer: its length is the test's to choose.
        Json config = makeConfigJson(recipe);
        config["eos_token_id"] = recipe.vocab - 1;
        config["quantization_config"] = makeQuantizeJson(recipe);
        config["quantization_config"]["quant_method"] = "gptq";
        writeFile(folder->path() / "config.json", config.dump());
    }
    static void TearDownTestSuite() { folder.reset(); }

    static std::string model() { return folder->path().string(); }
    static std::string file(const std::string& name, const std::string& content) {
        writeFile(folder->path() / name, content);
        return (folder->path() / name).string();
    }
    static ProgramRun run(std::vector<std::string> words, const ProgramInput& input = {}) {
        if (!words.empty()) words.insert(words.begin() + 1, {"--model", model(), "--device", "cpu"});
        return runProgram(words, input);
    }
    static std::unique_ptr<Tokenizer> tokenizer() {
        auto opened = Tokenizer::open(folder->path() / "tokenizer.model", 400);
        EXPECT_TRUE(opened.ok());
        return std::move(*opened);
    }
    static std::size_t lineCount(const std::string& text) {
        return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    }
    // A result that came without a word on standard error.
    static Json parsed(const ProgramRun& done) {
        EXPECT_EQ(done.status, 0) << done.errors;
        EXPECT_EQ(done.errors, "");
        EXPECT_EQ(lineCount(done.output), 1u);
        Json json = Json::parse(done.output, nullptr, false);
        EXPECT_FALSE(json.is_discarded()) << done.output;
        return json;
    }
    static void expectFailure(const ProgramRun& done, int status, const std::string& part) {
        EXPECT_EQ(done.status, status) << done.errors;
        EXPECT_EQ(done.output, "");
        EXPECT_EQ(lineCount(done.errors), 1u) << done.errors;
        EXPECT_EQ(done.errors.rfind("tramontane-cli: ", 0), 0u) << done.errors;
        EXPECT_NE(done.errors.find(part), std::string::npos) << done.errors;
    }

    static inline std::unique_ptr<TemporaryFolder> folder;
};

} // namespace tramontane::testing
