// tramontane-cli run: answers, their figures, the ways in, the ways out.
#include <csignal>

#include "tests/terminal/terminal_fixture.h"

namespace tramontane::testing {
namespace {

class Run : public TerminalTest {};

TEST_F(Run, run_jsonHasEveryFigure) {
    const Json json = parsed(run({"run", "--prompt", "hello", "--max-tokens", "12", "--seed", "5", "--json"}));
    for (const char* key : {"text", "ids", "prompt_tokens", "new_tokens", "finish_reason", "time_to_first_token_ms",
                            "tokens_per_second", "device", "seed", "passes", "guessed_tokens", "right_guesses"})
        EXPECT_TRUE(json.contains(key)) << key;
    EXPECT_EQ(json.size(), 12u);
    EXPECT_EQ(json["ids"].size(), 12u);
    EXPECT_EQ(json["new_tokens"], 12);
    EXPECT_EQ(json["finish_reason"], "length");
    EXPECT_EQ(json["seed"], 5);
    EXPECT_GT(json["prompt_tokens"], 3);
    EXPECT_GT(json["time_to_first_token_ms"], 0);
    EXPECT_GT(json["tokens_per_second"], 0);
    EXPECT_EQ(json["device"].get<std::string>().rfind("CPU", 0), 0u);
}

TEST_F(Run, run_streamsTheTextThatJsonReports) {
    const std::vector<std::string> words{"run", "--prompt", "hello", "--max-tokens", "40", "--seed", "5"};
    auto json = words;
    json.push_back("--json");
    const auto streamed = run(words);
    EXPECT_EQ(streamed.status, 0);
    EXPECT_EQ(streamed.errors, "");
    const std::string text = parsed(run(json))["text"];
    EXPECT_EQ(streamed.output, !text.empty() && text.back() == '\n' ? text : text + "\n");
}

TEST_F(Run, run_repeatsAnAnswerForItsSeed) {
    const auto ids = [&](std::vector<std::string> more) {
        std::vector<std::string> words{"run", "--prompt", "hello", "--max-tokens", "30", "--json"};
        words.insert(words.end(), more.begin(), more.end());
        return parsed(run(words));
    };
    const Json first = ids({});
    EXPECT_NE(first["ids"], ids({})["ids"]);
    EXPECT_EQ(first["ids"], ids({"--seed", first["seed"].dump()})["ids"]);
    EXPECT_EQ(ids({"--seed", "18446744073709551615"})["seed"], 18446744073709551615u);
    EXPECT_EQ(ids({"--temperature", "0"})["ids"], ids({"--temperature=0", "--seed=9"})["ids"]);
    EXPECT_EQ(ids({"--top-k", "1"})["ids"], ids({"--temperature", "0"})["ids"]);
}

TEST_F(Run, run_takesThePromptFromStandardInput) {
    const std::vector<std::string> options{"--max-tokens", "8", "--seed", "1", "--json"};
    const auto ids = [&](std::vector<std::string> words, const std::string& text) {
        words.insert(words.end(), options.begin(), options.end());
        const Json json = parsed(run(words, {.text = text}));
        return std::make_pair(json["ids"], json["prompt_tokens"]);
    };
    const auto given = ids({"run", "--prompt", "two\nlines"}, "");
    EXPECT_EQ(ids({"run", "--prompt", "-"}, "two\nlines"), given);
    EXPECT_EQ(ids({"run", "--prompt", "-"}, "two\nlines\n"), given);
    EXPECT_EQ(ids({"run", "--prompt=-"}, "two\nlines\r\n"), given);
    EXPECT_NE(ids({"run", "--prompt", "-"}, "two\nlines\n\n"), given);
    EXPECT_EQ(ids({"run", "--prompt", "--json"}, ""),
              ids({"run", "--prompt=--json"}, "")); // a value may look like an option
    EXPECT_EQ(run({"run", "--prompt", "\xFF\xC0 bytes", "--max-tokens", "3"}).status, 0);
}

TEST_F(Run, run_answersMessagesInTheOpenAiForm) {
    const std::string array = R"([{"role":"system","content":"be short"},{"role":"user","content":"one"},)"
                              R"({"role":"assistant","content":"two"},{"role":"user","content":"three"}])";
    const std::string path = file("chat.json", array);
    const std::vector<std::string> options{"--max-tokens", "8", "--seed", "1", "--json"};
    const auto answer = [&](std::vector<std::string> words, const std::string& text = "") {
        words.insert(words.end(), options.begin(), options.end());
        return parsed(run(words, {.text = text}));
    };
    const Json fromFile = answer({"run", "--messages", path});
    EXPECT_EQ(answer({"run", "--messages", "-"}, array)["ids"], fromFile["ids"]);
    EXPECT_EQ(answer({"run", "--messages", "-"}, "{\"messages\":" + array + "}")["ids"], fromFile["ids"]);
    const Json ids = parsed(run({"tokenize", "--chat", path}));
    EXPECT_EQ(fromFile["prompt_tokens"], ids.size());
    // The last message is the assistant's: its text goes on.
    const std::string open = R"([{"role":"user","content":"one"},{"role":"assistant","content":"two"}])";
    EXPECT_EQ(answer({"run", "--messages", "-"}, open)["prompt_tokens"],
              parsed(run({"tokenize", "--chat", "-"}, {.text = open})).size() - 1); // without its </s>
    expectFailure(run({"run", "--messages", "-"}, {.text = "[]"}), 1, "--messages");
    expectFailure(run({"run", "--messages", "-"}, {.text = "[{\"role\":\"nobody\",\"content\":\"x\"}]"}), 1, "nobody");
    expectFailure(run({"run", "--messages", "/nowhere/chat.json"}), 1, "/nowhere/chat.json");
    expectFailure(run({"run", "--messages", path, "--prompt", "x"}), 2, "exclude");
}

TEST_F(Run, run_putsTheSystemTextIntoThePrompt) {
    const auto with = parsed(run({"run", "--prompt", "hello", "--system", "be short", "--max-tokens", "1", "--json"}));
    const std::string chat = R"([{"role":"system","content":"be short"},{"role":"user","content":"hello"}])";
    EXPECT_EQ(with["prompt_tokens"], parsed(run({"tokenize", "--chat", "-"}, {.text = chat})).size());
}

TEST_F(Run, run_endsBeforeAStopString) {
    const std::vector<std::string> words{"run", "--prompt", "hello", "--max-tokens", "200", "--seed", "3", "--json"};
    const std::string whole = parsed(run(words))["text"];
    const std::string stop = whole.substr(whole.find_first_of("abcdefghijklmnopqrstuvwxyz", whole.size() / 3), 1);
    auto stopped = words;
    stopped.insert(stopped.end(), {"--stop", "not in there", "--stop", stop});
    const Json json = parsed(run(stopped));
    EXPECT_EQ(json["text"], whole.substr(0, whole.find(stop)));
    EXPECT_EQ(json["finish_reason"], "stop");
}

TEST_F(Run, run_holdsAConversationByLines) {
    const auto done =
        run({"run", "--max-tokens", "5", "--seed", "1", "--json"}, {.text = "hello\n\nand again\r\nlast"});
    EXPECT_EQ(done.status, 0);
    EXPECT_EQ(done.errors, "");
    std::vector<Json> answers;
    for (std::size_t at = 0, end; (end = done.output.find('\n', at)) != std::string::npos; at = end + 1)
        answers.push_back(Json::parse(done.output.substr(at, end - at)));
    ASSERT_EQ(answers.size(), 3u);
    EXPECT_GT(answers[1]["prompt_tokens"],
              answers[0]["prompt_tokens"].get<int>() + answers[0]["new_tokens"].get<int>());
    EXPECT_GT(answers[2]["prompt_tokens"], answers[1]["prompt_tokens"]);
    EXPECT_EQ(lineCount(run({"run", "--max-tokens", "5", "--stop", "\n"}, {.text = "a\nb\n"}).output), 2u);
    EXPECT_EQ(run({"run"}).output, "");
}

TEST_F(Run, run_stopsCleanlyAtTheSignal) {
    for (const int signal : {SIGINT, SIGTERM}) {
        const auto streamed = run({"run", "--prompt", "hello", "--max-tokens", "-1", "--context", "60000"},
                                  {.signalAfterBytes = 50, .signal = signal});
        EXPECT_EQ(streamed.status, 0) << streamed.errors;
        EXPECT_EQ(streamed.errors, "");
        EXPECT_LT(streamed.seconds, 20);
        const auto json = parsed(run({"run", "--prompt", "hello", "--max-tokens", "-1", "--context", "60000", "--json"},
                                     {.signal = signal, .signalAfterSeconds = 1.0}));
        EXPECT_EQ(json["finish_reason"], "cancelled");
        EXPECT_EQ(json["ids"].size(), json["new_tokens"]);
        EXPECT_GT(json["new_tokens"], 0);
        EXPECT_LT(json["new_tokens"], 50000);
    }
}

TEST_F(Run, run_stopsTheAnswerAndGoesOnWithTheConversation) {
    const auto done = run({"run", "--max-tokens", "-1", "--context", "60000", "--json"},
                          {.text = "hello\n", .signal = SIGINT, .signalAfterSeconds = 1.0});
    EXPECT_EQ(done.status, 0);
    EXPECT_EQ(Json::parse(done.output)["finish_reason"], "cancelled");
}

TEST_F(Run, run_endsWhenNobodyReadsItsOutput) {
    const auto done =
        run({"run", "--prompt", "hello", "--max-tokens", "-1", "--context", "60000"}, {.closeOutputAfterBytes = 20});
    EXPECT_EQ(done.status, 1);
    EXPECT_NE(done.errors.find("standard output"), std::string::npos) << done.errors;
    EXPECT_EQ(lineCount(done.errors), 1u);
    EXPECT_LT(done.seconds, 20);
}

TEST_F(Run, run_reportsAnErrorWithTheObjectAndTheStatus) {
    const auto done = run({"run", "--prompt", std::string(600, 'x'), "--context", "64", "--json"});
    EXPECT_EQ(done.status, 1);
    EXPECT_EQ(lineCount(done.errors), 1u);
    const Json json = Json::parse(done.output);
    EXPECT_EQ(json["finish_reason"], "error");
    EXPECT_EQ(json["text"], "");
    EXPECT_NE(json["error"].get<std::string>().find("context holds 64"), std::string::npos);
    EXPECT_NE(done.errors.find("context holds 64"), std::string::npos);
}

TEST_F(Run, run_saysWhatIsLeftOutOfALongConversation) {
    Json messages = Json::array({{{"role", "system"}, {"content", "short"}}});
    for (int i = 0; i < 9; ++i) {
        messages.push_back({{"role", "user"}, {"content", std::string(20, 'a')}});
        messages.push_back({{"role", "assistant"}, {"content", "b"}});
    }
    messages.push_back({{"role", "user"}, {"content", "last"}});
    const auto done =
        run({"run", "--messages", "-", "--context", "120", "--max-tokens", "4"}, {.text = messages.dump()});
    EXPECT_EQ(done.status, 0);
    EXPECT_NE(done.errors.find("messages are left out"), std::string::npos) << done.errors;
    EXPECT_EQ(lineCount(done.errors), 1u);
}

TEST_F(Run, run_withoutAModelOpensTheBuiltInOne) {
    const auto words = std::vector<std::string>{"run", "--prompt", "hello", "--max-tokens", "3", "--json"};
    EXPECT_EQ(parsed(runProgram(words, {.builtIn = model()}))["new_tokens"], 3);
    expectFailure(runProgram(words, {.builtIn = "/nowhere"}), 1, "/nowhere");
}

} // namespace
} // namespace tramontane::testing
