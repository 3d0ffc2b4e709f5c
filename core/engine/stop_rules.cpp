// One automaton a stop string; the longest partial match says how much text is held back.
#include "core/engine/stop_rules.h"

#include <algorithm>
#include <utility>

namespace tramontane {

StopRules::StopRules(const std::vector<std::string>& stopStrings) {
    for (const std::string& text : stopStrings) {
        if (text.empty()) continue; // settings refuse it; here it would match everywhere
        Pattern pattern{text, std::vector<std::size_t>(text.size(), 0), 0};
        for (std::size_t i = 1, length = 0; i < text.size(); ++i) {
            while (length > 0 && text[i] != text[length]) length = pattern.fallback[length - 1];
            if (text[i] == text[length]) ++length;
            pattern.fallback[i] = length;
        }
        patterns_.push_back(std::move(pattern));
    }
}

std::string StopRules::push(std::string_view text) {
    if (stopped_) return {};
    if (patterns_.empty()) return std::string(text);
    std::size_t partial = 0;
    for (const char byte : text) {
        held_ += byte;
        partial = 0;
        std::size_t complete = 0;
        for (Pattern& pattern : patterns_) {
            std::size_t& matched = pattern.matched;
            while (matched > 0 && byte != pattern.text[matched]) matched = pattern.fallback[matched - 1];
            if (byte == pattern.text[matched]) ++matched;
            if (matched == pattern.text.size())
                complete = std::max(complete, matched);
            else
                partial = std::max(partial, matched);
        }
        if (complete > 0) {
            stopped_ = true;
            std::string shown = held_.substr(0, held_.size() - complete);
            held_.clear();
            return shown;
        }
    }
    if (text.empty()) return {};
    std::string shown = held_.substr(0, held_.size() - partial);
    held_.erase(0, shown.size());
    return shown;
}

std::string StopRules::finish() {
    if (stopped_) return {};
    for (Pattern& pattern : patterns_) pattern.matched = 0;
    return std::exchange(held_, {});
}

} // namespace tramontane
