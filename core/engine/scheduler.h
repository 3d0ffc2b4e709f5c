// Jobs in (a prompt, settings, a sink), tokens out: many answers at once over one backend, each as if it ran
// alone.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "core/base/result.h"
#include "core/engine/backend.h"
#include "core/engine/finish_reason.h"
#include "core/engine/prefill_pace.h"
#include "core/engine/sampler.h"
#include "core/engine/sequence_cache.h"

namespace tramontane {

enum class JobId : std::uint64_t {};

struct JobRequest {
    std::vector<TokenId> prompt;
    SamplingSettings sampling;
    std::uint64_t seed = 0;
    std::vector<TokenId> stopTokens;
    std::function<bool(TokenId)> onToken;    // false: the answer ends with this token
    std::function<void(int, int)> onPrefill; // tokens of the prompt read so far, and in all
    std::stop_token stop;                    // cancels from any thread, also inside a forward pass
};

struct JobResult {
    using Clock = std::chrono::steady_clock;
    std::vector<TokenId> ids; // without the stop token
    FinishReason finishReason = FinishReason::stop;
    std::optional<Error> error; // with FinishReason::error
    int promptTokens = 0;
    int reusedTokens = 0;
    int decodeSteps = 0;                    // tokens sampled after the first, the stop token included
    int passes = 0;                         // passes over the model that took tokens of this job, its prompt's included
    int guessedTokens = 0, rightTokens = 0; // of the answer: guessed ahead, and those that came to be
    Clock::time_point submitted{}, firstToken{}, lastToken{};
};

struct SchedulerOptions {
    int activeJobs = 8; // further ones wait
    // Guess the tokens that follow from what the text repeats (prompt_lookup.h) and check several in one pass. Where the
    // backend gives a row the same logits in every batch, the tokens are the same as without; elsewhere they are wherever
    // its rounding does not decide.
    bool speculation = true;
    CacheLimits cache;
};

struct SchedulerFigures {
    std::int64_t forwardedTokens = 0; // that the backend took
    std::int64_t forwardCalls = 0;
};

// Belongs to one thread, callbacks included; a callback may submit and cancel, but not step.
class Scheduler {
public:
    Scheduler(Backend& backend, ProducibleTokens producible, SchedulerOptions options = {});
    ~Scheduler();

    JobId submit(JobRequest request);
    void cancel(JobId job);
    // One pass over the model: the next token of every answer, and a piece of the oldest unread prompts.
    // False when there is nothing left to do.
    bool step();
    // The outcome of a finished job, once.
    std::optional<JobResult> take(JobId job);
    JobResult run(JobRequest request);

    const SchedulerFigures& figures() const { return figures_; }
    const SequenceCache& cache() const { return cache_; }

private:
    struct Job;
    struct Part;
    struct Plan;
    struct Outcome;
    struct Ending;

    void begin(Job& job);
    Plan plan();
    void handleError(Plan& plan, const Error& error);
    void forwardOneByOne(Plan& plan);
    void accept(Plan& plan, Outcome outcome);
    std::optional<Ending> takeToken(Job& job, const Outcome& own);
    void acceptPart(const Part& part, Outcome& outcome);
    void guess(Part& part) const;
    void finish(Job& job, FinishReason reason, std::optional<Error> error = {});
    Result<Outcome> forward(const Plan& plan);
    Result<Outcome> pass(const Plan& plan, std::stop_token stop);

    Backend& backend_;
    ProducibleTokens producible_;
    SchedulerOptions options_;
    SequenceCache cache_;
    PrefillPace pace_;
    std::vector<std::unique_ptr<Job>> jobs_; // in the order of submission, until taken
    std::uint64_t lastJob_ = 0;
    SchedulerFigures figures_;
};

} // namespace tramontane
