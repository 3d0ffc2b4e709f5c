// Chains of the places where the same few tokens ended, and the longest match among the latest of them.
#include "core/engine/prompt_lookup.h"

#include <algorithm>
#include <utility>

namespace tramontane {
namespace {

constexpr int kPlacesLookedAt = 16;
constexpr int kLongestPause = 32;

std::uint64_t keyOf(const TokenId* last) {
    std::uint64_t key = 0;
    for (int i = 0; i < PromptLookup::kShortestMatch; ++i)
        key = (key ^ static_cast<std::uint32_t>(last[-i])) * 0x9E3779B97F4A7C15u;
    return key;
}

int matchLength(std::span<const TokenId> tokens, std::size_t end) {
    int length = 0;
    while (length < PromptLookup::kLongestMatch && static_cast<std::size_t>(length) < end &&
           tokens[end - 1 - length] == tokens[tokens.size() - 1 - length])
        ++length;
    return length;
}

} // namespace

void PromptLookup::take(std::span<const TokenId> tokens) {
    constexpr std::size_t shortest = kShortestMatch;
    for (std::size_t end = earlier_.size(); end < tokens.size(); ++end) {
        std::int32_t before = -1;
        if (end + 1 >= shortest) {
            const auto [place, isNew] = latest_.try_emplace(keyOf(tokens.data() + end), static_cast<std::int32_t>(end));
            if (!isNew) before = std::exchange(place->second, static_cast<std::int32_t>(end));
        }
        earlier_.push_back(before);
    }
}

std::span<const TokenId> PromptLookup::guess(std::span<const TokenId> tokens, int most, int match) {
    take(tokens);
    if (tokens.empty() || most <= 0) return {};
    std::size_t bestEnd = 0;
    int best = match - 1;
    std::int32_t place = earlier_.back();
    for (int i = 0; i < kPlacesLookedAt && place >= 0; ++i, place = earlier_[static_cast<std::size_t>(place)]) {
        const std::size_t end = static_cast<std::size_t>(place) + 1;
        if (const int length = matchLength(tokens, end); length > best) {
            best = length;
            bestEnd = end;
        }
    }
    if (bestEnd == 0) return {};
    return tokens.subspan(bestEnd, std::min(static_cast<std::size_t>(most), tokens.size() - bestEnd));
}

int GuessLength::next() {
    if (pause_ == 0) return length_;
    --pause_;
    return 0;
}

void GuessLength::tell(int guessed, int right) {
    if (right == 0) {
        length_ = std::max(1, length_ / 2);
        pause_ = std::min(kLongestPause, (1 << std::min(misses_, 6)) - 1);
        ++misses_;
        return;
    }
    misses_ = 0;
    length_ = right == guessed ? std::min(most_, 2 * length_) : std::max(1, std::min(most_, right + 1));
}

} // namespace tramontane
