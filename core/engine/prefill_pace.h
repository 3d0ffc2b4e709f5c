// How long a call took that read a piece of a prompt in, how many tokens the next piece shall have out: as many as the
// backend likes, or so few that a stop is not waited for.
#pragma once

#include <chrono>

#include "core/engine/backend.h"

namespace tramontane {

class PrefillPace {
public:
    // What a stop may wait: half of the 100 ms that backend.h grants, as the next piece reads deeper and takes longer.
    static constexpr std::chrono::milliseconds kLongestWait{50};
    static constexpr int kFewestTokens = 64; // fewer read all the weights for little

    explicit PrefillPace(const BackendInfo& info);

    int tokens() const { return tokens_; } // of the next piece, at most
    // Of pieces that are shorter than that only a wait that is too long tells anything.
    void tell(int tokens, std::chrono::duration<double> took);

private:
    int most_, tokens_;
    double stopShare_;
};

} // namespace tramontane
