// Captures, launches and awaits steps that sample, one ahead of the caller.
#include "gpu/sampled_decode.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <thread>

#include "gpu/kernels/advance.h"
#include "gpu/kernels/kv_layout.h"

namespace tramontane::gpu {
namespace {

constexpr int kHostSlots = 4;              // two steps are under way at most
constexpr int kLooksBetweenQueries = 4096; // at a slot, before the device is asked whether it is well
static_assert(Step::kMostSingles <= kMostAdvancedRows);

bool isPlainGreedy(const SamplingSettings& settings) { return settings.temperature == 0 && !settings.penalizes(); }

// One load, as it was one store. Nothing else of the device's is read on its strength.
SampledToken read(SampledToken* slot) {
    const std::uint64_t bytes =
        std::atomic_ref<std::uint64_t>(*reinterpret_cast<std::uint64_t*>(slot)).load(std::memory_order_acquire);
    return {static_cast<std::int32_t>(bytes & 0xffffffffu), static_cast<std::uint32_t>(bytes >> 32)};
}

std::span<const TokenId> windowOf(const SamplingSettings& settings, std::span<const TokenId> history) {
    if (!settings.penalizes()) return {};
    const auto most = static_cast<std::size_t>(settings.repeatLastN);
    return settings.repeatLastN < 0 || history.size() <= most ? history : history.last(most);
}

Error noToken(SamplerStatus status) {
    return makeError(ErrorKind::numeric, status == SamplerStatus::nothingFollows
                                             ? "the model gives no token that could follow: its weights may be damaged"
                                             : "the model computed a NaN or an infinity: its weights may be damaged");
}

} // namespace

Result<std::unique_ptr<SampledDecode>> SampledDecode::create(Step& step, int vocabSize, int contextLength) {
    std::unique_ptr<SampledDecode> decode(new SampledDecode(step, vocabSize, contextLength));
    TRY_OK(decode->allocate());
    return decode;
}

SampledDecode::~SampledDecode() { settle(); }

Result<void> SampledDecode::allocate() {
    const auto take = [](DeviceMemory& memory, std::size_t sizeBytes) -> Result<void> {
        Result<DeviceMemory> taken = DeviceMemory::allocate(sizeBytes);
        if (!taken) return std::move(taken).error();
        memory = std::move(*taken);
        return {};
    };
    TRY_OK(take(producibleBits_, sizeof(std::uint32_t) * ((static_cast<std::size_t>(vocabSize_) + 31) / 32)));
    TRY_OK(take(state_, sizeof(SamplerState)));
    TRY_OK(take(history_, sizeof(int) * (static_cast<std::size_t>(contextLength_) + 2))); // and what runs ahead draws
    TRY_OK(take(scratch_, samplingScratchBytes(vocabSize_)));
    TRY_OK(take(drawn_, sizeof(int) * Step::kMostSingles));
    TRY_OK(take(steps_, sizeof(std::uint32_t)));
    Result<PinnedMemory> slots = PinnedMemory::allocate(sizeof(SampledToken) * kHostSlots * (1 + kMostAdvancedRows));
    if (!slots) return std::move(slots).error();
    hostSlots_ = std::move(*slots);
    std::memset(hostSlots_.as<char>(), 0, hostSlots_.sizeBytes());
    return {};
}

bool SampledDecode::takes(std::span<const SampledPiece> pieces) const {
    if (pieces.empty() || pieces.size() > Step::kMostSingles || vocabSize_ > 1 << 20) return false;
    return pieces.size() == 1 || std::all_of(pieces.begin(), pieces.end(),
                                             [](const SampledPiece& piece) { return isPlainGreedy(*piece.settings); });
}

Result<std::span<const TokenId>> SampledDecode::next(std::span<const SampledPiece> pieces,
                                                     std::span<const StepPiece> rows,
                                                     const ProducibleTokens& producible, const std::stop_token& stop) {
    Result<void> done = continues(pieces, rows, producible) ? Result<void>() : begin(pieces, rows, producible);
    if (done) done = advance(rows, stop);
    if (!done) {
        chain_.reset();
        return std::move(done).error();
    }
    for (std::size_t m = 0; m < rows.size(); ++m)
        chain_->rows[m] = {pieces[m].sequence, rows[m].firstPosition + 1, tokens_[m]};
    if (chain_->numbers.temperature != 0) ++chain_->draws;
    if (pieces.size() == 1 && pieces[0].settings->penalizes()) chain_->history.push_back(tokens_[0]);
    return std::span<const TokenId>(tokens_);
}

bool SampledDecode::continues(std::span<const SampledPiece> pieces, std::span<const StepPiece> rows,
                              const ProducibleTokens& producible) const {
    if (!chain_ || chain_->rows.size() != pieces.size() || producible != producible_) return false;
    for (std::size_t m = 0; m < pieces.size(); ++m)
        if (!(chain_->rows[m] == Chain::Row{pieces[m].sequence, rows[m].firstPosition, pieces[m].history.back()}))
            return false;
    if (pieces.size() > 1) return true; // takes() allows one kind of settings
    const SampledPiece& piece = pieces[0];
    if (chain_->numbers != samplerNumbers(*piece.settings)) return false;
    if (piece.settings->temperature != 0 && (chain_->seed != piece.seed || chain_->draws != piece.draws)) return false;
    const auto window = windowOf(*piece.settings, piece.history), ours = windowOf(*piece.settings, chain_->history);
    return std::equal(window.begin(), window.end(), ours.begin(), ours.end());
}

// Tells the device everything that a chain starts from.
Result<void> SampledDecode::begin(std::span<const SampledPiece> pieces, std::span<const StepPiece> rows,
                                  const ProducibleTokens& producible) {
    settle(); // the row table's host side is free then
    const SampledPiece& piece = pieces[0];
    const SamplingSettings& settings = *piece.settings;
    if (producible != producible_) {
        producible_ = nullptr;
        const std::vector<std::uint32_t> bits = producibleBits(*producible, vocabSize_);
        TRY_OK(upload(producibleBits_.as<void>(), bits.data(), sizeof(std::uint32_t) * bits.size()));
        producible_ = producible;
    }
    Chain chain;
    chain.rows.resize(pieces.size());
    chain.path = samplingPath(settings, vocabSize_);
    chain.numbers = samplerNumbers(settings);
    chain.seed = piece.seed;
    chain.draws = piece.draws;
    if (pieces.size() == 1) {
        SamplerState state = newSamplerState(settings, piece.seed, static_cast<int>(piece.history.size()), piece.draws);
        state.steps = launched_;
        TRY_OK(upload(state_.as<void>(), &state, sizeof state));
        if (settings.penalizes()) {
            TRY_OK(upload(history_.as<void>(), piece.history.data(), piece.history.size_bytes()));
            chain.history.assign(piece.history.begin(), piece.history.end());
        }
    } else {
        TRY_OK(upload(steps_.as<void>(), &launched_, sizeof launched_));
    }
    step_.fillSingles(rows);
    busy_ = true;
    TRY_OK(checkCuda(step_.uploadSingles(), "the row table"));
    chain_ = std::move(chain);
    return {};
}

// From pageable memory: it has been read when this returns.
Result<void> SampledDecode::upload(void* to, const void* from, std::size_t sizeBytes) {
    busy_ = true;
    return checkCuda(cudaMemcpyAsync(to, from, sizeBytes, cudaMemcpyHostToDevice, step_.stream()),
                     "the sampler's state");
}

Result<void> SampledDecode::advance(std::span<const StepPiece> rows, const std::stop_token& stop) {
    if (!chain_->ahead) TRY_OK(launch());
    const std::uint32_t awaited = launched_;
    chain_->ahead = false;
    if (mayRunAhead(rows)) {
        TRY_OK(launch());
        chain_->ahead = true;
    }
    return await(awaited, static_cast<int>(rows.size()), stop);
}

// The next positions lie in the pages that these do. A page of their own is not worth having ahead: a step in 64.
bool SampledDecode::mayRunAhead(std::span<const StepPiece> rows) const {
    return std::all_of(rows.begin(), rows.end(), [&](const StepPiece& row) {
        const int next = row.firstPosition + 1;
        return next % kPagePositions != 0 && next < contextLength_;
    });
}

Result<void> SampledDecode::launch() {
    Result<cudaGraphExec_t> captured = graph(static_cast<int>(chain_->rows.size()), chain_->path);
    if (!captured) return std::move(captured).error();
    busy_ = true;
    TRY_OK(checkCuda(cudaGraphLaunch(*captured, step_.stream()), "a decode step"));
    ++launched_;
    return {};
}

Result<cudaGraphExec_t> SampledDecode::graph(int rows, SamplingPath path) {
    if (graphsAge_ != step_.graphsAge()) { // the page table moved, which waited for all that used the old one
        graphs_.clear();
        graphsAge_ = step_.graphsAge();
    }
    Step::Graph& kept = graphs_[{rows, path}];
    if (kept == nullptr) {
        Result<Step::Graph> made = step_.capture([&] { return enqueue(rows, path); });
        if (!made) return std::move(made).error();
        kept = std::move(*made);
    }
    return kept.get();
}

cudaError_t SampledDecode::enqueue(int rows, SamplingPath path) {
    if (const cudaError_t error = step_.enqueueSingles(rows); error != cudaSuccess) return error;
    AdvanceArguments advance;
    advance.rows = rows;
    advance.positions = step_.singlePositions();
    cudaError_t error = cudaSuccess;
    if (rows == 1) {
        SamplingBuffers buffers;
        buffers.logits = step_.logits();
        buffers.producible = producibleBits_.as<std::uint32_t>();
        buffers.vocabSize = vocabSize_;
        buffers.state = state_.as<SamplerState>();
        buffers.history = history_.as<int>();
        buffers.historyRoom = contextLength_ + 2;
        buffers.token = step_.singleTokens();
        buffers.hostSlots = hostSlots_.as<SampledToken>();
        buffers.hostSlotCount = kHostSlots;
        buffers.scratch = scratch_.as<void>();
        error = sampleToken(buffers, path, step_.stream());
    } else {
        error = argmaxRows(step_.logits(), rows, vocabSize_, producibleBits_.as<std::uint32_t>(), drawn_.as<int>(),
                           step_.stream());
        advance.drawn = drawn_.as<int>();
        advance.tokens = step_.singleTokens();
        advance.steps = steps_.as<std::uint32_t>();
        advance.hostSlots = hostSlots_.as<SampledToken>() + kHostSlots;
        advance.hostSlotCount = kHostSlots;
    }
    return error != cudaSuccess ? error : advanceRows(advance, step_.stream());
}

SampledToken* SampledDecode::hostSlot(std::uint32_t step, int row) const {
    auto* slots = hostSlots_.as<SampledToken>();
    const std::size_t at = step % kHostSlots;
    if (chain_->rows.size() == 1) return slots + at;
    return slots + kHostSlots + at * kMostAdvancedRows + static_cast<std::size_t>(row);
}

// The device writes a step's tokens straight into the host's memory, where they are looked for.
Result<void> SampledDecode::await(std::uint32_t step, int rows, const std::stop_token& stop) {
    tokens_.assign(static_cast<std::size_t>(rows), 0);
    for (int m = 0, looks = 0; m < rows; ++m) {
        SampledToken found = read(hostSlot(step, m));
        for (; found.step != step; found = read(hostSlot(step, m))) {
            if (stop.stop_requested()) return makeError(ErrorKind::cancelled, "cancelled");
            std::this_thread::yield();
            if (++looks % kLooksBetweenQueries != 0) continue;
            const cudaError_t state = cudaStreamQuery(step_.stream());
            if (state == cudaErrorNotReady) continue;
            TRY_OK(checkCuda(state, "a decode step"));
            found = read(hostSlot(step, m));
            if (found.step != step) return makeError(ErrorKind::internal, "a decode step ended without a token");
        }
        if (found.token < 0) return noToken(static_cast<SamplerStatus>(-found.token));
        tokens_[static_cast<std::size_t>(m)] = found.token;
    }
    return {};
}

void SampledDecode::settle() {
    chain_.reset();
    if (busy_) cudaStreamSynchronize(step_.stream()); // its error, if any, is the next call's too
    busy_ = false;
}

} // namespace tramontane::gpu
