// A backend that goes on for a part of each call after a stop is given calls of which that part is short.
#include "core/engine/prefill_pace.h"

#include <algorithm>

namespace tramontane {

PrefillPace::PrefillPace(const BackendInfo& info)
    : most_(std::max(1, info.preferredPrefillTokens)), tokens_(most_), stopShare_(info.stopShare) {}

// Too long a wait is answered at once, by the time that a token took; longer pieces come by doubling, as a call that was
// quick says little of a much longer one.
void PrefillPace::tell(int tokens, std::chrono::duration<double> took) {
    const std::chrono::duration<double> wait = took * stopShare_;
    const bool tooLong = wait > kLongestWait;
    if (tokens <= 0 || (!tooLong && (tokens < tokens_ || tokens_ == most_))) return;
    const double twice = 2.0 * tokens_, fitting = wait.count() > 0 ? tokens * (kLongestWait / wait) : twice;
    const int wanted = static_cast<int>(std::min(fitting, tooLong ? static_cast<double>(tokens_) : twice));
    // Whole tiles of the matrix products.
    tokens_ = std::min(most_, std::max(kFewestTokens, wanted / kFewestTokens * kFewestTokens));
}

} // namespace tramontane
