// Answer text in as it streams, text that is safe to show out: an answer ends before the first stop string.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tramontane {

// What could still become a stop string is held back and never shown if it does. The outcome does not depend
// on how the text was cut into pieces: the string that completes first wins, of several at one byte the
// longest.
class StopRules {
public:
    explicit StopRules(const std::vector<std::string>& stopStrings); // none of them empty

    // The text that can be shown now. Nothing after a stop string was completed.
    std::string push(std::string_view text);
    // Ends the answer for another reason: what was held back turned out to be text.
    std::string finish();
    bool stopped() const { return stopped_; }

private:
    struct Pattern {
        std::string text;
        std::vector<std::size_t> fallback; // of each matched length, the longest shorter one (Knuth, Morris, Pratt)
        std::size_t matched = 0;
    };
    std::vector<Pattern> patterns_;
    std::string held_;
    bool stopped_ = false;
};

} // namespace tramontane
