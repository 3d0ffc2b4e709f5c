// The loop over all jobs: start, plan one batch, forward it, hand each job its row.
#include "core/engine/scheduler.h"

#include <algorithm>

#include "core/engine/prompt_lookup.h"

namespace tramontane {

struct Scheduler::Job {
    enum class Phase { waiting, prefill, decode, finished };
    JobId id{};
    JobRequest request;
    Sampler sampler;
    std::vector<TokenId> tokens; // prompt and answer
    SequenceCache::Entry* entry = nullptr;
    Phase phase = Phase::waiting;
    bool cancelled = false;
    PromptLookup lookup;
    GuessLength guessLength;
    JobResult result;

    bool wantsToStop() const { return cancelled || request.stop.stop_requested(); }
};

// What one forward pass takes of a job: tokens that are its own and, of an answer, guesses at those that follow.
struct Scheduler::Part {
    Job* job = nullptr;
    int tokenCount = 0;
    bool logits = false;
    std::vector<TokenId> guesses{}; // after the one token of its own

    int rows() const { return logits ? 1 + static_cast<int>(guesses.size()) : 0; }
};

struct Scheduler::Plan {
    std::vector<Part> parts;
};

// Why a job is over.
struct Scheduler::Ending {
    FinishReason reason;
    std::optional<Error> error{};
};

// What it gave: rows of logits or, where the backend sampled, a token for each part that wanted them, in
// order.
struct Scheduler::Outcome {
    bool sampled = false;
    std::span<const float> rows;
    std::span<const TokenId> tokens;
};

namespace {
// Every so many tokens of an answer the other sequences are looked at: they may have to make room.
constexpr std::size_t limitsEvery = 64;
} // namespace

Scheduler::Scheduler(Backend& backend, ProducibleTokens producible, SchedulerOptions options)
    : backend_(backend), producible_(std::move(producible)), options_(options), cache_(backend, options.cache),
      pace_(backend.info()) {}

Scheduler::~Scheduler() = default;

JobId Scheduler::submit(JobRequest request) {
    const JobId id{++lastJob_};
    Sampler sampler(request.sampling, request.seed, producible_);
    auto job = std::make_unique<Job>(Job{.id = id,
                                         .request = std::move(request),
                                         .sampler = std::move(sampler),
                                         .tokens = {},
                                         .entry = nullptr,
                                         .phase = Job::Phase::waiting,
                                         .cancelled = false,
                                         .lookup = {},
                                         .guessLength = GuessLength(backend_.info().cheapRows - 1),
                                         .result = {}});
    job->tokens = job->request.prompt;
    job->result.promptTokens = static_cast<int>(job->tokens.size());
    job->result.submitted = JobResult::Clock::now();
    jobs_.push_back(std::move(job));
    return id;
}

void Scheduler::cancel(JobId id) {
    for (const auto& job : jobs_)
        if (job->id == id) job->cancelled = true;
}

std::optional<JobResult> Scheduler::take(JobId id) {
    const auto found = std::find_if(jobs_.begin(), jobs_.end(), [&](const auto& job) { return job->id == id; });
    if (found == jobs_.end() || (*found)->phase != Job::Phase::finished) return std::nullopt;
    JobResult result = std::move((*found)->result);
    jobs_.erase(found);
    return result;
}

JobResult Scheduler::run(JobRequest request) {
    const JobId id = submit(std::move(request));
    for (;;) {
        if (auto result = take(id)) return std::move(*result);
        step();
    }
}

bool Scheduler::step() {
    int active = 0;
    for (std::size_t i = 0; i < jobs_.size(); ++i) { // by index: a callback may submit
        Job& job = *jobs_[i];
        if (job.phase == Job::Phase::finished) continue;
        if (job.wantsToStop())
            finish(job, FinishReason::cancelled);
        else if (job.phase == Job::Phase::waiting && active < options_.activeJobs)
            begin(job);
        if (job.phase == Job::Phase::prefill || job.phase == Job::Phase::decode) ++active;
    }
    Plan batch = plan();
    if (!batch.parts.empty()) {
        if (auto outcome = forward(batch))
            accept(batch, *outcome);
        else
            handleError(batch, outcome.error());
    }
    return std::any_of(jobs_.begin(), jobs_.end(), [](const auto& job) { return job->phase != Job::Phase::finished; });
}

void Scheduler::begin(Job& job) {
    const int context = backend_.info().contextLength;
    const int promptTokens = static_cast<int>(job.tokens.size());
    if (promptTokens == 0)
        return finish(job, FinishReason::error,
                      makeError(ErrorKind::invalidInput, "the prompt has no tokens, expected one at least"));
    if (promptTokens >= context)
        return finish(job, FinishReason::error,
                      makeError(ErrorKind::contextFull, "the prompt has " + std::to_string(promptTokens) +
                                                            " tokens, the context holds " + std::to_string(context) +
                                                            ": shorten the prompt or choose a longer context"));
    if (job.request.sampling.maxTokens == 0) return finish(job, FinishReason::length);
    auto entry = cache_.acquire(job.tokens);
    if (!entry) return finish(job, FinishReason::error, std::move(entry).error());
    job.entry = *entry;
    job.phase = Job::Phase::prefill;
    job.result.reusedTokens = static_cast<int>(job.entry->tokens.size());
    if (job.request.onPrefill) job.request.onPrefill(job.result.reusedTokens, promptTokens);
}

// One token of every answer, and as much of the prompts as the pace allows, oldest first.
Scheduler::Plan Scheduler::plan() {
    Plan batch;
    int room = pace_.tokens();
    for (const auto& job : jobs_)
        if (job->phase == Job::Phase::decode) batch.parts.push_back({job.get(), 1, true});
    for (const auto& job : jobs_) {
        if (job->phase != Job::Phase::prefill || room == 0) continue;
        const int left = static_cast<int>(job->tokens.size() - job->entry->tokens.size());
        const int count = std::min(left, room);
        room -= count;
        batch.parts.push_back({job.get(), count, count == left});
    }
    // Guesses are cheap where the pass has few rows without them.
    if (options_.speculation && batch.parts.size() == 1 && batch.parts.front().job->phase == Job::Phase::decode)
        guess(batch.parts.front());
    return batch;
}

// No further than the answer may go: a guess beyond the end of the context or of the answer would be for nothing.
void Scheduler::guess(Part& part) const {
    Job& job = *part.job;
    const int room = backend_.info().contextLength - static_cast<int>(job.tokens.size());
    const int maxTokens = job.request.sampling.maxTokens;
    const int left = maxTokens < 0 ? room : std::min(room, maxTokens - static_cast<int>(job.result.ids.size()));
    const int wanted = std::min(job.guessLength.next(), left - 1);
    const std::span<const TokenId> guesses = job.lookup.guess(job.tokens, wanted, backend_.info().guessMatch);
    part.guesses.assign(guesses.begin(), guesses.end());
}

Result<Scheduler::Outcome> Scheduler::forward(const Plan& batch) {
    // The pass ends as soon as any of its jobs is cancelled; the others are forwarded again without it.
    std::stop_source any;
    const auto end = [&any] { any.request_stop(); };
    std::vector<std::unique_ptr<std::stop_callback<decltype(end)>>> callbacks;
    std::int64_t tokens = 0;
    int promptTokens = 0;
    for (const Part& part : batch.parts) {
        callbacks.push_back(std::make_unique<std::stop_callback<decltype(end)>>(part.job->request.stop, end));
        tokens += part.tokenCount + static_cast<std::int64_t>(part.guesses.size());
        if (part.job->phase == Job::Phase::prefill) promptTokens += part.tokenCount;
    }
    const auto began = JobResult::Clock::now();
    auto outcome = pass(batch, any.get_token());
    if (outcome) {
        pace_.tell(promptTokens, JobResult::Clock::now() - began);
        ++figures_.forwardCalls;
        figures_.forwardedTokens += tokens;
    }
    return outcome;
}

// Where every part is one token that another one shall follow, the backend may sample.
Result<Scheduler::Outcome> Scheduler::pass(const Plan& batch, std::stop_token stop) {
    std::vector<SampledPiece> sampled;
    for (const Part& part : batch.parts)
        if (part.tokenCount == 1 && part.rows() == 1)
            sampled.push_back({part.job->entry->id, part.job->tokens, &part.job->request.sampling,
                               part.job->request.seed, part.job->sampler.draws()});
    if (sampled.size() == batch.parts.size() && backend_.samples(sampled)) {
        auto tokens = backend_.forwardSampled(sampled, producible_, std::move(stop));
        if (!tokens) return std::move(tokens).error();
        return Outcome{true, {}, *tokens};
    }
    std::vector<BatchPiece> pieces;
    std::vector<TokenId> withGuesses; // of the only part that has any
    for (const Part& part : batch.parts) {
        const auto& entry = *part.job->entry;
        BatchPiece piece{
            entry.id,
            std::span(part.job->tokens).subspan(entry.tokens.size(), static_cast<std::size_t>(part.tokenCount)),
            part.logits ? LogitsWanted::last : LogitsWanted::none};
        if (!part.guesses.empty()) {
            withGuesses.assign(piece.tokens.begin(), piece.tokens.end());
            withGuesses.insert(withGuesses.end(), part.guesses.begin(), part.guesses.end());
            piece.tokens = withGuesses;
            piece.logits = LogitsWanted::all;
        }
        pieces.push_back(piece);
    }
    auto rows = backend_.forward(pieces, std::move(stop));
    if (!rows) return std::move(rows).error();
    return Outcome{false, *rows, {}};
}

void Scheduler::handleError(Plan& batch, const Error& error) {
    if (error.kind == ErrorKind::cancelled) {
        bool explained = false;
        for (const Part& part : batch.parts)
            if (part.job->wantsToStop()) {
                finish(*part.job, FinishReason::cancelled);
                explained = true;
            }
        if (explained) return;
    }
    // Whatever it was: the answer fares as it would without guesses.
    if (Part& first = batch.parts.front(); !first.guesses.empty()) {
        first.job->guessLength = GuessLength(0);
        return; // the next step tries again
    }
    if (error.kind == ErrorKind::outOfMemory && cache_.evictOne()) return; // likewise
    // Whose fault it is shows when each goes alone; the others go on.
    if (batch.parts.size() > 1) return forwardOneByOne(batch);
    Job& job = *batch.parts.front().job;
    // What was read from a damaged or changed model is worth nothing to later answers.
    if (error.kind == ErrorKind::numeric || error.kind == ErrorKind::changedOnDisk) {
        cache_.discard(job.entry);
        job.entry = nullptr;
        if (error.kind == ErrorKind::changedOnDisk)
            while (cache_.evictOne()) {
            }
    }
    finish(job, FinishReason::error, error);
}

void Scheduler::forwardOneByOne(Plan& batch) {
    for (const Part& part : batch.parts) {
        Plan alone{{part}};
        if (auto outcome = forward(alone))
            accept(alone, *outcome);
        else
            handleError(alone, outcome.error());
    }
}

void Scheduler::accept(Plan& batch, Outcome outcome) {
    for (const Part& part : batch.parts) acceptPart(part, outcome);
}

// The part's are the outcome's first rows or its first token, which leave it. Each row is sampled as if its pass had ended
// there; the first token that is not the one guessed makes the rows after it worthless.
void Scheduler::acceptPart(const Part& part, Outcome& outcome) {
    Job& job = *part.job;
    auto& read = job.entry->tokens;
    const auto from = job.tokens.begin() + static_cast<std::ptrdiff_t>(read.size());
    read.insert(read.end(), from, from + part.tokenCount);
    ++job.result.passes;
    if (job.phase == Job::Phase::prefill && job.request.onPrefill)
        job.request.onPrefill(static_cast<int>(read.size()), job.result.promptTokens);
    if (!part.logits) return;

    Outcome own = outcome;
    const auto width = static_cast<std::size_t>(backend_.info().vocabSize);
    if (outcome.sampled)
        outcome.tokens = outcome.tokens.subspan(1);
    else
        outcome.rows = outcome.rows.subspan(static_cast<std::size_t>(part.rows()) * width);
    job.phase = Job::Phase::decode;
    std::optional<Ending> ending = takeToken(job, own);
    std::size_t right = 0;
    while (!ending && right < part.guesses.size() && job.tokens.back() == part.guesses[right]) {
        read.push_back(part.guesses[right++]);
        own.rows = own.rows.subspan(width);
        ending = takeToken(job, own);
    }
    if (!part.guesses.empty()) {
        job.result.guessedTokens += static_cast<int>(part.guesses.size());
        job.result.rightTokens += static_cast<int>(right);
        job.guessLength.tell(static_cast<int>(part.guesses.size()), static_cast<int>(right));
        // What was read of wrong guesses goes.
        if (right < part.guesses.size())
            if (auto cut = backend_.truncateSequence(job.entry->id, static_cast<int>(read.size())); !cut)
                ending = Ending{FinishReason::error, std::move(cut).error()};
    }
    if (!ending) return;
    if (ending->reason == FinishReason::error) {
        cache_.discard(job.entry);
        job.entry = nullptr;
    }
    finish(job, ending->reason, std::move(ending->error));
}

// From the first row, or the token that the backend drew.
std::optional<Scheduler::Ending> Scheduler::takeToken(Job& job, const Outcome& own) {
    if (job.wantsToStop()) return Ending{FinishReason::cancelled};
    const auto width = static_cast<std::size_t>(backend_.info().vocabSize);
    Result<TokenId> token = own.sampled ? own.tokens.front() : job.sampler.sample(own.rows.first(width), job.tokens);
    if (own.sampled) job.sampler.countDrawMadeElsewhere();
    if (!token) return Ending{FinishReason::error, std::move(token).error()};
    const auto now = JobResult::Clock::now();
    if (job.result.firstToken == JobResult::Clock::time_point{})
        job.result.firstToken = now;
    else
        ++job.result.decodeSteps;
    job.result.lastToken = now;

    const auto& stops = job.request.stopTokens;
    if (std::find(stops.begin(), stops.end(), *token) != stops.end()) return Ending{FinishReason::stop};
    job.tokens.push_back(*token);
    job.result.ids.push_back(*token);
    if (job.request.onToken && !job.request.onToken(*token)) return Ending{FinishReason::stop};
    const int maxTokens = job.request.sampling.maxTokens;
    const bool enough = maxTokens >= 0 && static_cast<int>(job.result.ids.size()) >= maxTokens;
    if (enough || static_cast<int>(job.tokens.size()) >= backend_.info().contextLength)
        return Ending{FinishReason::length};
    if (job.result.ids.size() % limitsEvery == 0) cache_.enforceLimits();
    return std::nullopt;
}

void Scheduler::finish(Job& job, FinishReason reason, std::optional<Error> error) {
    if (job.entry) cache_.giveBack(job.entry);
    job.entry = nullptr;
    job.phase = Job::Phase::finished;
    job.result.finishReason = reason;
    job.result.error = std::move(error);
}

} // namespace tramontane
