// New tokens in, the answer's text out as it becomes certain: bytes, UTF-8, stop strings, then the sink.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/stop_rules.h"
#include "core/text/tokenizer.h"
#include "core/text/utf8_stream.h"

namespace tramontane {

// Every delta is valid UTF-8. Bytes that are no UTF-8 leave at most one U+FFFD, and that at the very end,
// where it says that a character was cut off; in the middle of an answer they are dropped.
class AnswerStream {
public:
    // `stripSpace`: a space the first token begins with is the tokenizer's dummy prefix.
    AnswerStream(const Tokenizer& tokenizer, const std::vector<std::string>& stopStrings, bool stripSpace,
                 std::function<void(std::string_view)> sink);

    // False once a stop string was completed.
    bool push(TokenId token);
    // The answer ended: what was held back is shown, unless it is a stop string.
    void finish();
    const std::string& text() const { return text_; }

private:
    std::string withoutReplacements(std::string text);
    void show(const std::string& delta);

    const Tokenizer& tokenizer_;
    StopRules stopRules_;
    Utf8Stream utf8_;
    std::function<void(std::string_view)> sink_;
    std::string text_;
    bool stripSpace_;
    bool replacementAtEnd_ = false;
};

} // namespace tramontane
