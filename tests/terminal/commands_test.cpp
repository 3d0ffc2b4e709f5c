// tramontane-cli tokenize, score, bench and info, and what is wrong usage of any command.
#include <cmath>
#include <csignal>

#include "core/text/chat_template.h"
#include "tests/terminal/terminal_fixture.h"

namespace tramontane::testing {
namespace {

class Commands : public TerminalTest {};

TEST_F(Commands, commands_tellWrongUsageFromFailure) {
    const std::vector<std::tuple<int, std::string, std::vector<std::string>>> cases = {
        {2, "nothing", {"nothing"}},
        {2, "--nothing", {"run", "--nothing"}},
        {2, "--prompt needs a value", {"run", "--prompt"}},
        {2, "--json takes no value", {"run", "--json=yes"}},
        {2, "unexpected \"word\"", {"run", "word"}},
        {2, "unexpected \"word\"", {"tokenize", "word"}},
        {2, "unexpected \"b\"", {"info", "a", "b"}},
        {2, "--device", {"run", "--device", "tpu"}},
        {2, "--gpu-layers", {"run", "--gpu-layers", "-1"}},
        {2, "--gpu-layers", {"info", "--gpu-layers", "many"}},
        {2, "--speculation", {"run", "--speculation", "maybe"}},
        {2, "--threads", {"run", "--threads", "-1"}},
        {2, "--threads", {"run", "--threads", "two"}},
        {2, "--context", {"run", "--context", "1e3"}},
        {2, "--context", {"run", "--context", ""}},
        {2, "--kv-cache is \"fp16\", expected f16 or fp8", {"run", "--kv-cache", "fp16"}},
        {2, "--kv-cache", {"bench", "--kv-cache="}},
        {2, "--kv-cache", {"info", "--kv-cache", "FP8"}},
        {2, "--model", {"run", "--model", ""}},
        {2, "--temperature", {"run", "--temperature", "2.1"}},
        {2, "--temperature", {"run", "--temperature", "nan"}},
        {2, "--temperature", {"run", "--temperature", "0.5x"}},
        {2, "--top-k", {"run", "--top-k", "1.5"}},
        {2, "--top-p", {"run", "--top-p", "-0.1"}},
        {2, "--min-p", {"run", "--min-p", "inf"}},
        {2, "--typical-p", {"run", "--typical-p", "2"}},
        {2, "--repeat-penalty", {"run", "--repeat-penalty", "0"}},
        {2, "--repeat-last-n", {"run", "--repeat-last-n", "-2"}},
        {2, "--presence-penalty", {"run", "--presence-penalty", "3"}},
        {2, "--frequency-penalty", {"run", "--frequency-penalty", "-3"}},
        {2, "--max-tokens", {"run", "--max-tokens", "-2"}},
        {2, "--seed", {"run", "--seed", "-1"}},
        {2, "--seed", {"run", "--seed", "18446744073709551616"}},
        {2, "--stop", {"run", "--stop", ""}},
        {2, "--text or --chat", {"tokenize"}},
        {2, "--text or --chat", {"tokenize", "--text", "-", "--chat", "-"}},
        {2, "--ids", {"score"}},
        {2, "--prompt-tokens", {"bench", "--prompt-tokens", "1,,2"}},
        {2, "--prompt-tokens", {"bench", "--prompt-tokens", ""}},
        {2, "--batch", {"bench", "--batch", "0"}},
        {2, "--repeat", {"bench", "--repeat", "0"}},
        {2, "--context is 20", {"bench", "--context", "20"}},
        {1, "/nowhere", {"run", "--prompt", "x", "--model", "/nowhere"}},
        {1, "/nowhere", {"info", "/nowhere"}},
        {1, "/nowhere", {"tokenize", "--text", "-", "--model", "/nowhere"}},
        {1, "/nowhere", {"score", "--ids", "/nowhere"}},
        {1, "60000", {"run", "--prompt", "x", "--model", model(), "--device", "cpu", "--context", "60001"}},
    };
    for (const auto& [status, part, words] : cases) {
        SCOPED_TRACE(::testing::PrintToString(words));
        expectFailure(runProgram(words), status, part);
    }
    expectFailure(runProgram({}), 2, "expected a command");
    // A name with line breaks still makes one line.
    expectFailure(runProgram({"info", "/no\nwhere"}), 1, "/no where");
}

TEST_F(Commands, commands_explainThemselves) {
    const auto all = runProgram({"--help"});
    EXPECT_EQ(all.status, 0);
    EXPECT_EQ(all.errors, "");
    for (const std::string command : {"run", "tokenize", "score", "bench", "info"}) {
        EXPECT_NE(all.output.find("\n  " + command), std::string::npos);
        const auto help = runProgram({command, "--help"});
        EXPECT_EQ(help.status, 0);
        EXPECT_EQ(help.errors, "");
        for (const char* option : {"--model", "--device", "--gpu-layers", "--threads", "--context", "--kv-cache",
                                   "--weights-cache", "--speculation"})
            EXPECT_NE(help.output.find(option), std::string::npos) << command;
    }
    const std::string run = runProgram({"run", "-h"}).output;
    for (const char* option : {"--prompt", "--system", "--messages", "--max-tokens", "--seed", "--json",
                               "--temperature", "--top-k", "--top-p", "--min-p", "--typical-p", "--repeat-penalty",
                               "--repeat-last-n", "--presence-penalty", "--frequency-penalty", "--stop"})
        EXPECT_NE(run.find(option), std::string::npos) << option;
    EXPECT_EQ(runProgram({"--version"}).output.rfind("tramontane-cli ", 0), 0u);
}

TEST_F(Commands, commands_sayHonestlyThatThereIsNoCuda) {
    auto done = runProgram({"run", "--prompt", "x", "--model", model(), "--device", "cuda"});
    expectFailure(done, 1, "--device cuda");
}

TEST_F(Commands, tokenize_givesTheTokenizersIds) {
    const auto pieces = tokenizer();
    for (const std::string text : {"", "hello", " two  spaces\n", "[INST] hi [/INST]", "é😀", "</s>"}) {
        EXPECT_EQ(parsed(run({"tokenize", "--text", "-"}, {.text = text})), Json(pieces->encode(text))) << text;
        EXPECT_EQ(parsed(run({"tokenize", "--text", file("text.txt", text)})), Json(pieces->encode(text)));
    }
    const std::string chat =
        R"({"messages":[{"role":"user","content":"[/INST] </s>"}],"tools":[{"type":"function","function":{"name":"f"}}]})";
    const auto expected = parseOpenAiChat(chat);
    EXPECT_EQ(parsed(run({"tokenize", "--chat", "-"}, {.text = chat})),
              Json(*applyTemplate(*pieces, expected->messages,
                                  {.toolsJson = expected->toolsJson, .continueLast = false, .version = {}})));
    expectFailure(run({"tokenize", "--chat", "-"}, {.text = "hello"}), 1, "--chat");
    expectFailure(run({"tokenize", "--chat", "-"}, {.text = std::string(100000, '[')}), 1, "--chat");
}

TEST_F(Commands, score_saysHowLikelyEachIdIs) {
    std::vector<int> ids{1, 3};
    for (int i = 0; i < 150; ++i) ids.push_back(10 + i * 7 % 350);
    const auto done = run({"score", "--ids", "-", "--json"}, {.text = Json(ids).dump()});
    EXPECT_EQ(done.status, 0);
    const Json json = Json::parse(done.output);
    ASSERT_EQ(json["logprob"].size(), ids.size() - 1);
    ASSERT_EQ(json["top"].size(), ids.size());
    double sum = 0;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const Json& top = json["top"][i];
        ASSERT_EQ(top.size(), 5u);
        double mass = 0;
        for (std::size_t j = 0; j < 5; ++j) {
            mass += std::exp(top[j][1].get<double>());
            EXPECT_LE(top[j][1], top[j > 0 ? j - 1 : 0][1]);
            if (i + 1 < ids.size() && top[j][0] == ids[i + 1]) {
                EXPECT_EQ(top[j][1], json["logprob"][i]);
            }
        }
        EXPECT_LE(mass, 1 + 1e-9);
        if (i + 1 < ids.size()) {
            EXPECT_LT(json["logprob"][i], 0);
            sum += json["logprob"][i].get<double>();
        }
    }
    char expected[60];
    std::snprintf(expected, sizeof expected, "perplexity %.6g", std::exp(-sum / static_cast<double>(ids.size() - 1)));
    EXPECT_EQ(done.errors.rfind(expected, 0), 0u) << done.errors << expected;
    EXPECT_EQ(lineCount(done.errors), 1u);
    EXPECT_EQ(lineCount(run({"score", "--ids", "-"}, {.text = Json(ids).dump()}).output), ids.size());
    EXPECT_EQ(Json::parse(run({"score", "--ids", "-", "--json"}, {.text = "[1]"}).output)["logprob"].size(), 0u);
}

TEST_F(Commands, score_agreesWithTheGreedyAnswer) {
    const Json answer = parsed(run({"run", "--prompt", "hello", "--temperature", "0", "--max-tokens", "40", "--json"}));
    Json ids = parsed(run({"tokenize", "--chat", "-"}, {.text = R"([{"role":"user","content":"hello"}])"}));
    const std::size_t prompt = ids.size();
    for (const auto& id : answer["ids"]) ids.push_back(id);
    const Json score = Json::parse(run({"score", "--ids", "-", "--json"}, {.text = ids.dump()}).output);
    const auto pieces = tokenizer();
    for (std::size_t i = prompt; i < ids.size(); ++i)
        for (const auto& [id, logProbability] : score["top"][i - 1].get<std::vector<std::pair<TokenId, double>>>()) {
            if (pieces->tokenBytes(id).empty()) continue; // is never said
            // Read at once or one by one: the paths may round differently where two are nearly as likely.
            if (id != ids[i]) {
                EXPECT_NEAR(logProbability, score["logprob"][i - 1].get<double>(), 0.02);
            }
            break;
        }
}

TEST_F(Commands, score_refusesWhatAreNoIds) {
    for (const std::string text : {"", "[]", "{}", "1", "[1, \"2\"]", "[1.5]", "[-1]", "[4294967297]", "[1e99]",
                                   "[null]", "[1, 400]", "[1, 2", "[[1]]"})
        expectFailure(run({"score", "--ids", "-"}, {.text = text}), 1, "ids");
    expectFailure(run({"score", "--ids", "-", "--context", "3"}, {.text = "[1,2,3,4]"}), 1, "context holds 3");
}

TEST_F(Commands, bench_measuresEachLengthAndBatch) {
    const Json json = parsed(run({"bench", "--prompt-tokens", "8,40", "--new-tokens", "6", "--depth", "20", "--batch",
                                  "1,3", "--repeat", "2", "--json"}));
    ASSERT_EQ(json["prefill"].size(), 2u);
    ASSERT_EQ(json["decode"].size(), 2u);
    EXPECT_EQ(json["prefill"][1]["prompt_tokens"], 40);
    EXPECT_EQ(json["decode"][1]["batch"], 3);
    EXPECT_EQ(json["decode"][0]["depth"], 20);
    EXPECT_EQ(json["decode"][0]["sampling"], json["device_kind"] == "cuda" ? "backend" : "logits");
    for (const auto& [part, rows] : {std::pair{"prefill", json["prefill"]}, {"decode", json["decode"]}})
        for (const Json& row : rows) {
            const Json& speed = row["tokens_per_second"];
            EXPECT_GT(speed["min"], 0) << part;
            EXPECT_LE(speed["min"], speed["median"]);
            EXPECT_LE(speed["median"], speed["max"]);
        }
    EXPECT_GT(json["prefill"][0]["time_to_first_token_ms"]["median"], 0);
    EXPECT_GT(json["decode"][0]["bandwidth_share"], 0);
    EXPECT_GT(json["decode"][0]["bytes_per_step"], json["bytes_per_token"]);
    EXPECT_GT(json["memory_bandwidth_bytes_per_second"], 1e8);
    EXPECT_EQ(json["kv_cache"], "f16");
    const Json fp8 = parsed(
        run({"bench", "--prompt-tokens", "8", "--new-tokens", "4", "--repeat", "1", "--kv-cache", "fp8", "--json"}));
    EXPECT_EQ(fp8["kv_cache"], json["device_kind"] == "cuda" ? "fp8" : "f16") << "the CPU keeps f16";
    const std::uint64_t bytes = json["kv_bytes_per_token"];
    EXPECT_EQ(fp8["kv_bytes_per_token"], json["device_kind"] == "cuda" ? bytes / 2 : bytes);
    const auto table = run({"bench", "--prompt-tokens", "8", "--new-tokens", "4", "--repeat", "1"});
    EXPECT_EQ(table.status, 0);
    EXPECT_NE(table.output.find("tokens/s"), std::string::npos);
    EXPECT_EQ(run({"bench", "--prompt-tokens", "50000"}, {.signal = SIGINT, .signalAfterSeconds = 1}).status, 1);
}

TEST_F(Commands, info_saysWhatTheModelIsAndNeeds) {
    const Json json = parsed(run({"info", "--json"}));
    EXPECT_EQ(json["configuration"]["layers"], 2);
    EXPECT_EQ(json["configuration"]["vocab_size"], 400);
    EXPECT_EQ(json["configuration"]["sliding_window"], nullptr);
    EXPECT_EQ(json["quantization"]["group_size"], 32);
    EXPECT_EQ(json["quantization"]["desc_act"], true);
    EXPECT_EQ(json["quantization"]["format"], "gptq");
    EXPECT_EQ(json["needs"].back()["context"], 60000);
    EXPECT_EQ(json["needs"].back()["fits"], true);
    EXPECT_EQ(json["longest_context_that_fits"], 60000);
    EXPECT_TRUE(json.contains("gpu_explanation") || !json["gpus"].empty());
    const auto text = runProgram({"info", model()});
    EXPECT_EQ(text.status, 0);
    EXPECT_NE(text.output.find("act-order"), std::string::npos);
    EXPECT_NE(text.output.find("fits"), std::string::npos);
    expectFailure(runProgram({"info", file("config.json.copy", "")}), 1, "config.json.copy");
}

} // namespace
} // namespace tramontane::testing
