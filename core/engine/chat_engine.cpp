// A conversation in, streamed text and figures out: template, scheduler, answer stream.
#include "core/engine/chat_engine.h"

#include <algorithm>
#include <limits>
#include <new>
#include <random>

#include "core/engine/answer_stream.h"
#include "core/engine/chat_engine_parts.h"
#include "core/engine/prompt_fit.h"
#include "core/engine/scheduler.h"
#include "core/text/chat_template.h"

namespace tramontane {

const char* finishReasonName(FinishReason reason) {
    switch (reason) {
    case FinishReason::stop:
        return "stop";
    case FinishReason::length:
        return "length";
    case FinishReason::cancelled:
        return "cancelled";
    case FinishReason::error:
        return "error";
    }
    return "error";
}

namespace {

using Clock = std::chrono::steady_clock;

// 32 bits: short enough to be read out, written down and typed in again.
std::uint64_t drawSeed() { return std::random_device{}(); }

Error noMemory() {
    return makeError(ErrorKind::outOfMemory,
                     "there is not enough memory: close other programs or choose a shorter context");
}

class Engine final : public ChatEngine {
public:
    explicit Engine(ChatEngineParts parts)
        : parts_(std::move(parts)),
          producible_(producibleTokens(*parts_.tokenizer, parts_.backend->info().vocabSize, parts_.stopTokens)),
          longestPiece_(longestPieceBytes(*parts_.tokenizer)) {
        parts_.description.backend = parts_.backend->info();
        startScheduler();
    }

    const ModelDescription& description() const override { return parts_.description; }
    const Tokenizer& tokenizer() const override { return *parts_.tokenizer; }
    Backend& backend() override { return *parts_.backend; }

    GenerationResult generate(const GenerationRequest& request, const TextSink& sink, const PrefillProgress& prefill,
                              std::stop_token stop) override {
        const auto started = Clock::now();
        auto prompt = fittedPrompt(request);
        if (!prompt) return failedResult(request.sampling, prompt.error());
        if (request.onPrompt) request.onPrompt(static_cast<int>(prompt->ids.size()), prompt->droppedMessages);
        // A fresh answer begins with the dummy space. One that goes on needs its space, unless the text so
        // far ends with one, which the template took off.
        const std::string& soFar = request.messages.back().content;
        const bool stripSpace = !request.continueLast || soFar.empty() || soFar.back() == ' ';
        auto result = answer(std::move(prompt->ids), request.sampling, stripSpace, started, sink, prefill, stop);
        result.droppedMessages = prompt->droppedMessages;
        return result;
    }

    GenerationResult generateFromIds(const std::vector<TokenId>& prompt, const SamplingSettings& sampling,
                                     const TextSink& sink, const PrefillProgress& prefill,
                                     std::stop_token stop) override {
        const auto started = Clock::now();
        auto checked = checkSamplingSettings(sampling);
        if (!checked) return failedResult(sampling, checked.error());
        const bool stripSpace = prompt.empty() || parts_.tokenizer->isControl(prompt.back());
        return answer(prompt, sampling, stripSpace, started, sink, prefill, stop);
    }

    Result<int> countTokens(const std::vector<ChatMessage>& messages) const override {
        const auto fewest = fewestTokens(messages, longestPiece_);
        if (fewest > static_cast<std::size_t>(parts_.backend->info().contextLength))
            return static_cast<int>(std::min<std::size_t>(fewest, std::numeric_limits<int>::max()));
        auto ids = applyTemplate(*parts_.tokenizer, messages);
        if (!ids) return std::move(ids).error();
        return static_cast<int>(ids->size());
    }

private:
    void startScheduler() {
        SchedulerOptions options;
        // One context's worth of memory is what a person is told a model needs.
        options.cache.tokens = parts_.backend->info().contextLength;
        options.speculation = parts_.speculation;
        scheduler_.emplace(*parts_.backend, producible_, options);
    }

    GenerationResult failedResult(const SamplingSettings& sampling, const Error& error) const {
        GenerationResult result;
        result.contextLength = parts_.backend->info().contextLength;
        result.device = parts_.backend->info().device;
        result.seed = sampling.seed.value_or(0);
        result.finishReason = FinishReason::error;
        result.error = error.message;
        return result;
    }

    Result<FittedPrompt> fittedPrompt(const GenerationRequest& request) const {
        TRY_OK(checkSamplingSettings(request.sampling));
        if (request.messages.empty())
            return makeError(ErrorKind::invalidInput, "the conversation is empty, expected one message at least");
        const bool endsWithAnswer = request.messages.back().role == Role::assistant;
        if (request.continueLast && !endsWithAnswer)
            return makeError(ErrorKind::invalidInput,
                             "the last message is not the assistant's: there is no answer to continue");
        if (!request.continueLast && endsWithAnswer)
            return makeError(ErrorKind::invalidInput,
                             "the last message is the assistant's: there is nothing to answer");
        const TemplateOptions options{
            .toolsJson = request.toolsJson, .continueLast = request.continueLast, .version = {}};
        const PromptLimits limits{.contextLength = parts_.backend->info().contextLength,
                                  .maxTokens = request.sampling.maxTokens,
                                  .longestPieceBytes = longestPiece_};
        try {
            return fitPrompt(*parts_.tokenizer, request.messages, options, limits);
        } catch (const std::bad_alloc&) {
            return noMemory();
        }
    }

    GenerationResult answer(std::vector<TokenId> prompt, const SamplingSettings& sampling, bool stripSpace,
                            Clock::time_point started, const TextSink& sink, const PrefillProgress& prefill,
                            std::stop_token stop) {
        GenerationResult result = failedResult(sampling, {});
        result.seed = sampling.seed ? *sampling.seed : drawSeed();
        result.promptTokens = static_cast<int>(prompt.size());
        AnswerStream stream(*parts_.tokenizer, sampling.stop, stripSpace, sink);
        JobRequest job;
        job.prompt = std::move(prompt);
        job.sampling = sampling;
        job.seed = result.seed;
        job.stopTokens = parts_.stopTokens;
        job.stop = std::move(stop);
        job.onPrefill = prefill;
        job.onToken = [&](TokenId token) {
            result.ids.push_back(token);
            return stream.push(token);
        };
        try {
            const JobResult done = scheduler_->run(std::move(job));
            result.finishReason = done.finishReason;
            if (done.error) result.error = done.error->message;
            result.reusedTokens = done.reusedTokens;
            result.passes = done.passes;
            result.guessedTokens = done.guessedTokens;
            result.rightTokens = done.rightTokens;
            if (done.firstToken != Clock::time_point{}) result.timeToFirstToken = done.firstToken - started;
            const double decodeSeconds = std::chrono::duration<double>(done.lastToken - done.firstToken).count();
            if (done.decodeSteps > 0 && decodeSeconds > 0) result.tokensPerSecond = done.decodeSteps / decodeSeconds;
            stream.finish();
        } catch (const std::bad_alloc&) {
            startScheduler(); // frees every sequence; the job that was under way ends here
            result.error = noMemory().message;
        }
        result.text = stream.text();
        result.newTokens = static_cast<int>(result.ids.size());
        return result;
    }

    ChatEngineParts parts_;
    ProducibleTokens producible_;
    int longestPiece_;
    std::optional<Scheduler> scheduler_; // after the backend: it releases its sequences first
};

} // namespace

std::unique_ptr<ChatEngine> makeChatEngine(ChatEngineParts parts) { return std::make_unique<Engine>(std::move(parts)); }

} // namespace tramontane
