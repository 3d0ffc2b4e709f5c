// The stages an answer's bytes pass on their way to whoever reads them.
#include "core/engine/answer_stream.h"

namespace tramontane {
namespace {
constexpr std::string_view replacement = "\xEF\xBF\xBD"; // U+FFFD
}

AnswerStream::AnswerStream(const Tokenizer& tokenizer, const std::vector<std::string>& stopStrings, bool stripSpace,
                           std::function<void(std::string_view)> sink)
    : tokenizer_(tokenizer), stopRules_(stopStrings), sink_(std::move(sink)), stripSpace_(stripSpace) {}

bool AnswerStream::push(TokenId token) {
    std::string_view bytes = tokenizer_.tokenBytes(token);
    if (bytes.empty()) return !stopRules_.stopped();
    if (stripSpace_ && bytes.front() == ' ') bytes.remove_prefix(1);
    stripSpace_ = false;
    show(stopRules_.push(withoutReplacements(utf8_.push(bytes))));
    return !stopRules_.stopped();
}

void AnswerStream::finish() {
    show(stopRules_.push(withoutReplacements(utf8_.finish())));
    if (stopRules_.stopped()) return;
    show(stopRules_.finish());
    if (replacementAtEnd_) show(std::string(replacement));
    replacementAtEnd_ = false;
}

// A vocabulary may have a piece for U+FFFD itself: it too stands at the end only.
std::string AnswerStream::withoutReplacements(std::string text) {
    for (std::size_t at = 0; (at = text.find(replacement, at)) != std::string::npos;) {
        text.erase(at, replacement.size());
        replacementAtEnd_ = true;
    }
    return text;
}

void AnswerStream::show(const std::string& delta) {
    if (delta.empty()) return;
    text_ += delta;
    if (sink_) sink_(delta);
}

} // namespace tramontane
