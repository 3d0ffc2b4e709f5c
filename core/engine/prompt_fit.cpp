// Which of the oldest turns stay behind when a conversation is longer than the context.
#include "core/engine/prompt_fit.h"

#include <algorithm>

namespace tramontane {
namespace {

// Where the turns begin: the first at 0, the others at each person's message after something else.
std::vector<std::size_t> turnStarts(const std::vector<ChatMessage>& messages) {
    std::vector<std::size_t> starts{0};
    for (std::size_t i = 1; i < messages.size(); ++i)
        if (messages[i].role == Role::user && messages[i - 1].role != Role::user) {
            const bool onlySystemBefore =
                std::all_of(messages.begin(), messages.begin() + static_cast<std::ptrdiff_t>(i),
                            [](const ChatMessage& m) { return m.role == Role::system; });
            if (!onlySystemBefore) starts.push_back(i);
        }
    return starts;
}

std::vector<ChatMessage> withoutTurnsBefore(const std::vector<ChatMessage>& messages, std::size_t start) {
    std::vector<ChatMessage> kept;
    for (std::size_t i = 0; i < messages.size(); ++i)
        if (i >= start || messages[i].role == Role::system) kept.push_back(messages[i]);
    return kept;
}

std::size_t byteCount(const std::vector<ChatMessage>& messages, std::size_t from, std::size_t to, bool withSystem) {
    std::size_t bytes = 0;
    for (std::size_t i = from; i < to; ++i)
        if (withSystem || messages[i].role != Role::system) bytes += messages[i].content.size();
    return bytes;
}

Error tooLong(const std::string& atLeast, std::size_t tokens, int contextLength) {
    return makeError(ErrorKind::contextFull, "the message and the system prompt have " + atLeast +
                                                 std::to_string(tokens) + " tokens, the context holds " +
                                                 std::to_string(contextLength) +
                                                 ": shorten the message or choose a longer context");
}

} // namespace

int longestPieceBytes(const Tokenizer& tokenizer) {
    std::size_t longest = 1;
    for (TokenId id = 0; id < tokenizer.pieceCount(); ++id)
        longest = std::max(longest, tokenizer.tokenBytes(id).size());
    return static_cast<int>(longest);
}

std::size_t fewestTokens(const std::vector<ChatMessage>& messages, int longestPieceBytes) {
    return byteCount(messages, 0, messages.size(), true) / static_cast<std::size_t>(longestPieceBytes);
}

Result<FittedPrompt> fitPrompt(const Tokenizer& tokenizer, const std::vector<ChatMessage>& messages,
                               const TemplateOptions& options, const PromptLimits& limits) {
    const auto starts = turnStarts(messages);
    const auto context = static_cast<std::size_t>(limits.contextLength);
    // A quarter of the context is kept for the answer, or as much as it may have.
    std::size_t answer = std::max<std::size_t>(1, context / 4);
    if (limits.maxTokens >= 0) answer = std::min(answer, static_cast<std::size_t>(std::max(1, limits.maxTokens)));
    const std::size_t room = context - std::min(context, answer);

    const auto promptFrom = [&](std::size_t turn) {
        return applyTemplate(tokenizer, withoutTurnsBefore(messages, starts[turn]), options);
    };
    // Turns that cannot fit by their bytes alone are never tokenized: a message may have megabytes.
    std::size_t first = 0, bytes = byteCount(messages, 0, messages.size(), true);
    const auto atLeastTokens = [&] { return bytes / static_cast<std::size_t>(limits.longestPieceBytes); };
    for (; first + 1 < starts.size() && atLeastTokens() > room; ++first)
        bytes -= byteCount(messages, starts[first], starts[first + 1], false);
    const std::size_t atLeast = atLeastTokens();
    if (atLeast >= context) return tooLong("at least ", atLeast, limits.contextLength);

    auto prompt = promptFrom(first);
    if (!prompt) return std::move(prompt).error();
    if (prompt->size() > room && first + 1 < starts.size()) {
        // The cut moves in steps of a quarter of the context. Moving it with every message would make each
        // prompt begin differently, and the cache would never serve.
        const std::size_t quantum = std::max<std::size_t>(1, context / 4);
        const std::size_t excess = (prompt->size() - room + quantum - 1) / quantum * quantum;
        const std::size_t target = prompt->size() - std::min(prompt->size(), excess);
        std::size_t low = first + 1, high = starts.size() - 1; // the last turn always stays
        while (low < high) {
            const std::size_t middle = (low + high) / 2;
            prompt = promptFrom(middle);
            if (!prompt) return std::move(prompt).error();
            if (prompt->size() <= target)
                high = middle;
            else
                low = middle + 1;
        }
        first = low;
        prompt = promptFrom(first);
        if (!prompt) return std::move(prompt).error();
    }
    if (prompt->size() >= context) return tooLong("", prompt->size(), limits.contextLength);
    const auto dropped = std::count_if(messages.begin(), messages.begin() + static_cast<std::ptrdiff_t>(starts[first]),
                                       [](const ChatMessage& m) { return m.role != Role::system; });
    return FittedPrompt{std::move(*prompt), static_cast<int>(dropped)};
}

} // namespace tramontane
