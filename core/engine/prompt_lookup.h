// The tokens of a prompt and its answer in, a guess at the ones that follow out: what followed the last time that the
// text ran like this. Free of any model; a guess costs nothing but the rows that check it.
// Source: prompt lookup decoding (A. Saxena, 2023), with the match chains of LZ77.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/engine/backend.h"

namespace tramontane {

class PromptLookup {
public:
    static constexpr int kShortestMatch = 3; // tokens; fewer are a coincidence too often
    static constexpr int kLongestMatch = 64; // no longer ones are told apart

    // `tokens` is what the last call had and more at its end. A span into it, at most `most` tokens and often none, always
    // where less than `match` tokens agree (kShortestMatch to kLongestMatch): what follows the longest earlier run of
    // tokens that ends like `tokens`, the latest where several are as long. A constant time for each token that is new,
    // and some 50 bytes.
    std::span<const TokenId> guess(std::span<const TokenId> tokens, int most, int match = kShortestMatch);

private:
    void take(std::span<const TokenId> tokens);

    std::unordered_map<std::uint64_t, std::int32_t> latest_; // by the last kShortestMatch tokens: where they ended
    std::vector<std::int32_t> earlier_; // by the end of a run: where the same tokens ended before, -1: nowhere
};

// How many tokens are worth guessing, by how the last guesses fared. Nothing but those goes into it, so the same answer
// is written in the same steps every time.
class GuessLength {
public:
    // `most`: rows that cost a step about as much as one, less that one.
    explicit GuessLength(int most) : most_(most), length_(most < 4 ? most : 4) {}

    int next(); // 0: this step guesses nothing
    void tell(int guessed, int right);

private:
    int most_, length_;
    int pause_ = 0, misses_ = 0; // steps without a guess; guesses in a row without a token right
};

} // namespace tramontane
