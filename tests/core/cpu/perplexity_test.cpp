// How surprised the built-in model is by conversations that it was never trained on: on the fast paths as in float32.
#include <cmath>
#include <cstdio>
#include <fstream>

#include "core/engine/scoring.h"
#include "core/text/chat_template.h"
#include "core/text/tokenizer.h"
#include "tests/core/cpu/model_fixture.h"
#include "tests/support/resource_use.h"

namespace tramontane {
namespace {

const std::filesystem::path kModel = std::filesystem::path(TRAMONTANE_SOURCE_DIR) / "resources/models/built-in";
const std::filesystem::path kHeldOut =
    std::filesystem::path(TRAMONTANE_SOURCE_DIR) / "resources/models/training/held_out.txt";

// Conversations of lines "Q: …" and "A: …", an empty line between two of them.
std::vector<std::vector<TokenId>> heldOutConversations() {
    const auto tokenizer = Tokenizer::open(kModel / "tokenizer.model", 1 << 16);
    EXPECT_TRUE(tokenizer.ok());
    std::ifstream file(kHeldOut);
    std::vector<std::vector<TokenId>> conversations;
    std::vector<ChatMessage> messages;
    for (bool more = true; more;) {
        std::string line;
        more = static_cast<bool>(std::getline(file, line));
        if (line.size() > 3) {
            messages.push_back({line[0] == 'Q' ? Role::user : Role::assistant, line.substr(3), {}, {}});
        } else if (!messages.empty()) {
            auto ids = applyTemplate(**tokenizer, messages);
            EXPECT_TRUE(ids.ok());
            conversations.push_back(std::move(*ids));
            messages.clear();
        }
    }
    return conversations;
}

double perplexity(Backend& backend, const std::vector<std::vector<TokenId>>& conversations) {
    double surprise = 0;
    std::size_t count = 0;
    for (const std::vector<TokenId>& ids : conversations) {
        const auto score = scoreIds(backend, ids, 0, {}, {});
        EXPECT_TRUE(score.ok());
        for (const double logProbability : score->logProbability) surprise -= logProbability;
        count += score->logProbability.size();
    }
    return std::exp(surprise / static_cast<double>(count));
}

TEST(Perplexity, everyInstructionSetIsWithinHalfAPercentOfFloat32) {
    auto conversations = heldOutConversations();
    ASSERT_GE(conversations.size(), 8u);
    if (testing::sanitized) conversations.resize(2); // the reference takes minutes there
    testing::TestModel model{kModel};
    const double expected = perplexity(*model.reference(), conversations);
    EXPECT_GT(expected, 1.05); // else there is nothing to compare
    for (const InstructionSet set : usableInstructionSets()) {
        const double found = perplexity(*model.fast({.instructionSet = set, .threads = 2}), conversations);
        std::printf("    %s: %.4f, in float32 %.4f\n", instructionSetName(set), found, expected);
        EXPECT_NEAR(found / expected, 1.0, 0.005) << instructionSetName(set);
    }
}

} // namespace
} // namespace tramontane
