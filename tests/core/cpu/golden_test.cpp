// Hugging Face transformers in float32 is the judge: goldens written by tests/support/make_hf_goldens.py.
#include <array>
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "tests/core/cpu/model_fixture.h"

namespace tramontane {
namespace {

using testing::append;
using testing::RowError;
using testing::TestModel;
using testing::worstRow;

// Of the worst logit relative to the norm of its row, as required; and of all rows together, which is stricter.
constexpr double kReferenceTolerance = 1e-3, kFastTolerance = 2e-2;

std::uint32_t crc32(const std::string& bytes) {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        table[i] = i;
        for (int bit = 0; bit < 8; ++bit) table[i] = table[i] >> 1 ^ ((table[i] & 1u) != 0 ? 0xedb88320u : 0u);
    }
    std::uint32_t sum = 0xffffffffu;
    for (const char byte : bytes) sum = table[(sum ^ static_cast<unsigned char>(byte)) & 0xffu] ^ sum >> 8;
    return ~sum;
}

std::string readAll(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

struct GoldenPrompt {
    std::vector<TokenId> ids;
    std::vector<int> positions;
    std::vector<float> logits; // (positions, vocab)
};

struct Golden {
    std::string reference;
    int vocab = 0;
    std::vector<GoldenPrompt> prompts;
    std::size_t greedyPrompt = 0;
    std::vector<TokenId> greedy;
    std::vector<double> margins, norms;
};

Golden readGolden(const std::filesystem::path& directory, const std::filesystem::path& model) {
    const auto json = nlohmann::json::parse(readAll(directory / "golden.json"));
    for (const auto& file : json["files"])
        EXPECT_EQ(crc32(readAll(model / file["name"].get<std::string>())), file["crc32"].get<std::uint32_t>())
            << file["name"] << " is not what the golden was made from: run tests/support/make_hf_goldens.py again";
    Golden golden{json["reference"],        json["vocab"],         {},
                  json["greedy"]["prompt"], json["greedy"]["ids"], json["greedy"]["margins"],
                  json["greedy"]["norms"]};
    const std::string bytes = readAll(directory / "logits.f32");
    std::size_t at = 0;
    for (const auto& entry : json["prompts"]) {
        GoldenPrompt prompt{entry["ids"], entry["positions"], {}};
        prompt.logits.resize(prompt.positions.size() * static_cast<std::size_t>(golden.vocab));
        EXPECT_LE(at + prompt.logits.size() * 4, bytes.size());
        std::memcpy(prompt.logits.data(), bytes.data() + at, prompt.logits.size() * 4);
        at += prompt.logits.size() * 4;
        golden.prompts.push_back(std::move(prompt));
    }
    EXPECT_EQ(at, bytes.size());
    return golden;
}

RowError checkPrompts(Backend& backend, const Golden& golden, double tolerance) {
    RowError worst;
    for (const GoldenPrompt& prompt : golden.prompts) {
        const SequenceId sequence = *backend.createSequence();
        const std::vector<float> all = append(backend, sequence, prompt.ids, LogitsWanted::all);
        backend.releaseSequence(sequence);
        std::vector<float> kept;
        for (const int position : prompt.positions)
            kept.insert(kept.end(), all.begin() + static_cast<std::ptrdiff_t>(position) * golden.vocab,
                        all.begin() + static_cast<std::ptrdiff_t>(position + 1) * golden.vocab);
        const RowError error = worstRow(kept, prompt.logits, golden.vocab);
        EXPECT_LE(error.largest, tolerance) << "prompt of " << prompt.ids.size() << " ids";
        EXPECT_LE(error.overall, tolerance) << "prompt of " << prompt.ids.size() << " ids";
        worst.largest = std::max(worst.largest, error.largest);
        worst.norm = std::max(worst.norm, error.norm);
        worst.overall = std::max(worst.overall, error.overall);
    }
    return worst;
}

// The reference's own tokens go in, so that a step decided by less than rounding does not end the comparison. Where
// the first beats the second by more than twice what a logit was seen to be off, the token must be the same.
void checkGreedy(Backend& backend, const Golden& golden, double worstLogit) {
    const SequenceId sequence = *backend.createSequence();
    std::vector<TokenId> next = golden.prompts[golden.greedyPrompt].ids;
    int decided = 0, same = 0;
    for (std::size_t i = 0; i < golden.greedy.size(); ++i) {
        const std::vector<float> logits = append(backend, sequence, next);
        const auto best = static_cast<TokenId>(std::max_element(logits.begin(), logits.end()) - logits.begin());
        same += best == golden.greedy[i] ? 1 : 0;
        if (golden.margins[i] > 2 * worstLogit * golden.norms[i]) {
            ++decided;
            EXPECT_EQ(best, golden.greedy[i]) << "step " << i << ", decided by " << golden.margins[i];
        }
        next = {golden.greedy[i]};
    }
    ::testing::Test::RecordProperty("decided", decided);
    std::printf("    worst logit %.2e of the norm; %d of %zu steps decided by more, %d the same\n", worstLogit, decided,
                golden.greedy.size(), same);
    EXPECT_GE(decided, static_cast<int>(golden.greedy.size()) / 3) << "too few steps are decided for this to say much";
}

struct GoldenModel {
    const char* name;
    std::filesystem::path golden, model;
};

class GoldenTest : public ::testing::TestWithParam<GoldenModel> {
protected:
    void SetUp() override {
        for (const auto& needed : {GetParam().golden / "golden.json", GetParam().model / "config.json"})
            if (!std::filesystem::exists(needed)) GTEST_SKIP() << needed << " is not there yet";
        golden = readGolden(GetParam().golden, GetParam().model);
        model.emplace(GetParam().model);
        std::printf("    judge: %s\n", golden.reference.c_str());
    }
    Golden golden;
    std::optional<TestModel> model;
};

TEST_P(GoldenTest, referenceEqualsHuggingFace) {
    const auto backend = model->reference();
    const RowError worst = checkPrompts(*backend, golden, kReferenceTolerance);
    checkGreedy(*backend, golden, worst.largest);
}

TEST_P(GoldenTest, everyInstructionSetIsWithinTwoPercentAndSpeaksTheSameTokens) {
    for (const InstructionSet set : usableInstructionSets()) {
        SCOPED_TRACE(instructionSetName(set));
        const auto backend = model->fast({.instructionSet = set, .threads = 2});
        const RowError worst = checkPrompts(*backend, golden, kFastTolerance);
        std::printf("    %s: all rows %.2e of the norm, worst row %.2e\n", instructionSetName(set), worst.overall,
                    worst.norm);
        checkGreedy(*backend, golden, worst.largest);
    }
}

const std::filesystem::path kGoldens = TRAMONTANE_GOLDEN_DIR, kTree = TRAMONTANE_SOURCE_DIR;

INSTANTIATE_TEST_SUITE_P(
    Models, GoldenTest,
    ::testing::Values(GoldenModel{"random", kGoldens / "hf_random_mistral", kGoldens / "hf_random_mistral" / "model"},
                      GoldenModel{"builtIn", kGoldens / "hf_built_in", kTree / "resources/models/built-in"}),
    [](const auto& chosen) { return std::string(chosen.param.name); });

} // namespace
} // namespace tramontane
