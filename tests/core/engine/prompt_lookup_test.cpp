// Guesses from what a text repeats, against a search of the whole text.
#include <gtest/gtest.h>
#include <random>

#include "core/engine/prompt_lookup.h"

namespace tramontane {
namespace {

constexpr int kShortest = PromptLookup::kShortestMatch;

int commonEnd(std::span<const TokenId> tokens, std::size_t end) {
    int length = 0;
    while (length < 64 && static_cast<std::size_t>(length) < end &&
           tokens[end - 1 - length] == tokens[tokens.size() - 1 - length])
        ++length;
    return length;
}

TEST(PromptLookupTest, guess_isWhatFollowedTheLongestOfTheLatestEqualRuns) {
    std::mt19937 random(20261126);
    int guesses = 0;
    for (int text = 0; text < 30; ++text) {
        PromptLookup lookup;
        std::vector<TokenId> tokens;
        const unsigned words = 2 + text % 6; // few different tokens, so that runs come back
        for (int i = 0; i < 400; ++i) {
            tokens.push_back(static_cast<TokenId>(random() % words));
            if (random() % 3 == 0) continue; // several new tokens at once, too
            const auto guess = lookup.guess(tokens, 7);
            // The 16 latest places that end like the text, then the longest of them, then the latest.
            int best = 0, looked = 0;
            std::size_t bestEnd = 0;
            for (std::size_t end = tokens.size() - 1; end >= kShortest && looked < 16; --end) {
                const int length = commonEnd(tokens, end);
                if (length < kShortest) continue;
                ++looked;
                if (length > best) best = length, bestEnd = end;
            }
            if (best == 0) {
                EXPECT_TRUE(guess.empty());
                continue;
            }
            ++guesses;
            ASSERT_EQ(guess.data(), tokens.data() + bestEnd) << "text " << text << ", " << tokens.size();
            EXPECT_EQ(guess.size(), std::min<std::size_t>(7, tokens.size() - bestEnd));
        }
    }
    EXPECT_GT(guesses, 1000);
}

TEST(PromptLookupTest, guess_isNothingWhereNothingRepeats) {
    PromptLookup lookup;
    std::vector<TokenId> tokens;
    EXPECT_TRUE(lookup.guess(tokens, 8).empty());
    for (TokenId id = 0; id < 500; ++id) {
        tokens.push_back(id);
        EXPECT_TRUE(lookup.guess(tokens, 8).empty());
    }
    tokens.insert(tokens.end(), {100, 101, 102});
    EXPECT_TRUE(lookup.guess(tokens, 0).empty());
    const auto guess = lookup.guess(tokens, 2);
    ASSERT_EQ(guess.size(), 2u);
    EXPECT_EQ(guess[0], 103);
    EXPECT_TRUE(lookup.guess(tokens, 2, 4).empty()); // three tokens agree, not four
    tokens.push_back(103);
    EXPECT_EQ(lookup.guess(tokens, 2, 4).size(), 2u);
}

TEST(GuessLengthTest, next_growsWithRightGuessesAndPausesAfterWrongOnes) {
    GuessLength length(7);
    EXPECT_EQ(length.next(), 4);
    length.tell(4, 4);
    EXPECT_EQ(length.next(), 7);
    length.tell(7, 2);
    EXPECT_EQ(length.next(), 3);
    int tried = 0;
    for (int step = 0; step < 1000; ++step)
        if (const int guessed = length.next(); guessed > 0) {
            ++tried;
            length.tell(guessed, 0);
        }
    EXPECT_GT(tried, 20); // it never gives up
    EXPECT_LT(tried, 60);
    while (length.next() == 0) {
    }
    length.tell(1, 1);
    EXPECT_EQ(length.next(), 2); // and comes back at once
    EXPECT_EQ(GuessLength(0).next(), 0);
}

} // namespace
} // namespace tramontane
