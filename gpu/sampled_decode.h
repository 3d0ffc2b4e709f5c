// One token of each of a few sequences in, the tokens that follow them out, drawn on the device.
//
// A step is one captured graph: the model, the sampler, the row table moved on to what was drawn. So the next step's
// inputs lie on the device already, and it is enqueued before the host waits for this one's tokens: the device never
// waits for the host. What was enqueued ahead serves the next call where that goes on as expected (`Chain`); where it
// does not, the step is worth nothing and harmless: it writes keys and values only beyond the sequences' lengths, into
// pages they have, before anything that is enqueued later.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/engine/backend.h"
#include "gpu/device/device_memory.h"
#include "gpu/device/stream.h"
#include "gpu/kernels/sampling.h"
#include "gpu/step.h"

namespace tramontane::gpu {

class SampledDecode {
public:
    // Error: outOfMemory, internal.
    static Result<std::unique_ptr<SampledDecode>> create(Step& step, int vocabSize, int contextLength);
    ~SampledDecode();
    SampledDecode(const SampledDecode&) = delete;
    SampledDecode& operator=(const SampledDecode&) = delete;

    // One piece of any settings, or a batch that takes the likeliest token without penalties.
    bool takes(std::span<const SampledPiece> pieces) const;

    // `rows`: where each piece's last token goes; its page is there. Tokens are valid until the next call.
    // Errors: cancelled, numeric, internal; the pages then hold no more than before.
    Result<std::span<const TokenId>> next(std::span<const SampledPiece> pieces, std::span<const StepPiece> rows,
                                          const ProducibleTokens& producible, const std::stop_token& stop);

    // Gives up what runs ahead and waits for it. Before every pass that is not this one's.
    void settle();

private:
    // What lies on the device and how it goes on, if the caller does.
    struct Chain {
        struct Row {
            SequenceId sequence{};
            int position = 0;  // of the next token
            TokenId token = 0; // the next one
            bool operator==(const Row&) const = default;
        };
        std::vector<Row> rows;
        SamplingPath path{};
        SamplerNumbers numbers;
        std::uint64_t seed = 0, draws = 0;
        std::vector<TokenId> history; // that the penalties see
        bool ahead = false;           // the next step is enqueued
    };

    SampledDecode(Step& step, int vocabSize, int contextLength)
        : step_(step), vocabSize_(vocabSize), contextLength_(contextLength) {}
    Result<void> allocate();

    bool continues(std::span<const SampledPiece> pieces, std::span<const StepPiece> rows,
                   const ProducibleTokens& producible) const;
    Result<void> begin(std::span<const SampledPiece> pieces, std::span<const StepPiece> rows,
                       const ProducibleTokens& producible);
    Result<void> advance(std::span<const StepPiece> rows, const std::stop_token& stop);
    bool mayRunAhead(std::span<const StepPiece> rows) const;
    Result<void> launch();
    Result<cudaGraphExec_t> graph(int rows, SamplingPath path);
    cudaError_t enqueue(int rows, SamplingPath path);
    Result<void> await(std::uint32_t step, int rows, const std::stop_token& stop);
    Result<void> upload(void* to, const void* from, std::size_t sizeBytes);
    SampledToken* hostSlot(std::uint32_t step, int row) const;

    Step& step_;
    const int vocabSize_, contextLength_;
    DeviceMemory producibleBits_, state_, history_, scratch_, drawn_, steps_;
    PinnedMemory hostSlots_;      // SampledToken (kHostSlots) of one row, (kHostSlots, kMostSingles) of batches
    ProducibleTokens producible_; // whose bits the device has
    std::map<std::pair<int, SamplingPath>, Step::Graph> graphs_;
    int graphsAge_ = 0;
    std::optional<Chain> chain_;
    std::uint32_t launched_ = 0; // steps so far; the last one's number
    bool busy_ = false;          // something was enqueued that nobody has waited for
    std::vector<TokenId> tokens_;
};

} // namespace tramontane::gpu
