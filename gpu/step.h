// Rows of tokens in, their keys and values in the cache and rows of logits on the host out: one pass over the
// model.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

#include "core/base/result.h"
#include "core/engine/backend.h"
#include "core/model/mistral_config.h"
#include "gpu/device/device_memory.h"
#include "gpu/device/stream.h"
#include "gpu/kernels/attention.h"
#include "gpu/weights.h"

namespace tramontane::gpu {

// Tokens that follow each other in one sequence, whose pages have room for them.
struct StepPiece {
    int slot = 0; // the sequence's row of the page table
    int firstPosition = 0;
    std::span<const TokenId> tokens;
    int logitRows = 0;               // of so many of the last tokens logits are wanted
    const float* residual = nullptr; // (tokens, hidden) of the layers before, where the weights have no embedding
};

class Step {
public:
    // Everything a pass works on, for at most `maxRows` rows. Errors: outOfMemory, internal.
    static Result<std::unique_ptr<Step>> create(const MistralConfig& config, const GpuWeights& weights,
                                                const KvShape& kv, int pagesPerSequence, int maxRows,
                                                int multiprocessors);
    ~Step();

    // Layers that are enqueued before the device has come to them: so many of a cancelled pass still run.
    static constexpr int kLayersAhead = 2;

    int maxRows() const { return maxRows_; }
    cudaStream_t stream() const { return stream_.get(); }

    // Tells the device which pages the sequence of `slot` has.
    Result<void> setPages(int slot, std::span<std::byte* const> pages);

    // At most maxRows rows; `logits` (rows wanted, vocab) on the host. Errors: cancelled (within 100 ms),
    // internal.
    Result<void> run(std::span<const StepPiece> pieces, float* logits, const std::stop_token& stop);

    // For who puts parts of its own around the model (sampled_decode.h): the row table of one token of each
    // of a few sequences, the model from the table to the logits, both on the device.
    static constexpr int kMostSingles = 64;
    struct GraphDeleter {
        void operator()(cudaGraphExec_t graph) const { cudaGraphExecDestroy(graph); }
    };
    using Graph = std::unique_ptr<std::remove_pointer_t<cudaGraphExec_t>, GraphDeleter>;
    Result<Graph> capture(const std::function<cudaError_t()>& enqueue);
    int graphsAge() const { return graphsAge_; }         // what was captured at another age holds addresses of old
    void fillSingles(std::span<const StepPiece> pieces); // the host's; no upload of it may be under way
    cudaError_t uploadSingles() const { return singles_.upload(stream_.get()); }
    cudaError_t enqueueSingles(int rows);
    int* singleTokens() const { return singles_.device.as<int>(); }                        // (kMostSingles), device
    int* singlePositions() const { return singles_.device.as<int>() + singles_.capacity; } // likewise
    const float* logits() const { return logits_.as<float>(); }                            // (rows, vocab), device

private:
    // Tokens, positions and sequences of a pass, on the host and on the device.
    struct RowTable {
        PinnedMemory host;
        DeviceMemory device;
        int capacity = 0;
        Result<void> allocate(int rows);
        int* tokens() const { return host.as<int>(); }
        int* positions() const { return host.as<int>() + capacity; }
        int* sequences() const { return host.as<int>() + 2 * capacity; }
        const int* deviceTokens() const { return device.as<int>(); }
        BatchRows rows(int count) const {
            return {count, device.as<int>() + capacity, device.as<int>() + 2 * capacity};
        }
        cudaError_t upload(cudaStream_t stream) const;
    };
    // Where the linears of a layer want their inputs, in fragment order.
    struct LayerSlots {
        const int *queryKeyValue = nullptr, *gateUp = nullptr, *output = nullptr;
    };

    Step(const MistralConfig& config, const GpuWeights& weights, const KvShape& kv, int pagesPerSequence, int maxRows,
         int multiprocessors);
    Result<void> allocate();
    Result<void> makeSlots();
    Result<void> growPageTable(int slots);

    // One token of each of a few sequences: captured once for each number of rows, then replayed.
    Result<void> runSingles(std::span<const StepPiece> pieces, float* logits);
    cudaError_t enqueueFusedLayer(int layer, int rows);
    // What the first layer reads: the embeddings of the table's tokens, or what the layers before gave.
    cudaError_t enqueueInputs(const RowTable& table, int rows);
    // Any rows.
    Result<void> runRows(std::span<const StepPiece> pieces, int rows, float* logits, const std::stop_token& stop);
    Result<int> planTiles(std::span<const StepPiece> pieces);
    cudaError_t enqueueLayer(int layer, const RowTable& table, int rows, int tileCount);
    cudaError_t multiplyInto(const DeviceLinear& linear, int rows, const __half* x, int columns, __half* out,
                             int outStride);
    cudaError_t addTo(const DeviceLinear& linear, int rows, const __half* x);
    cudaError_t normInto(const DeviceLinear& linear, const float* weight, const int* order, int rows);
    cudaError_t feedForward(const GpuLayer& layer, int rows);
    Result<void> fetchLogits(std::span<const int> sources, float* logits);
    KvView kvView() const { return {kv_, pageTable_.as<std::byte*>(), pagesPerSequence_}; }

    const MistralConfig& config_;
    const GpuWeights& weights_;
    const KvShape kv_;
    const int pagesPerSequence_, maxRows_, multiprocessors_;
    int tableSlots_ = 0,
        fusedRows_ = 0; // the most rows that the fused linears take; 0: the model's are not fused

    Stream stream_;
    DeviceMemory pageTable_;   // (slots, pagesPerSequence)
    PinnedMemory pageStaging_; // (pagesPerSequence)
    RowTable singles_, rows_;
    DeviceMemory slotTables_, inverseFrequencies_;
    std::vector<LayerSlots> slots_;
    DeviceMemory residual_;      // f32 (maxRows, hidden)
    DeviceMemory normed_;        // f16 (maxRows, packed hidden)
    DeviceMemory queryKeyValue_; // f16 (maxRows, (heads + 2 kvHeads) D)
    DeviceMemory queries_;       // f16 (maxRows, heads * D)
    DeviceMemory attended_;      // f16 (maxRows, packed inputs of the output projection)
    DeviceMemory activated_,
        up_; // f16 (maxRows, packed inputs of down); up only where gate and up are not fused
    DeviceMemory partials_, counters_, workspace_, tiles_, sources_, logits_;
    PinnedMemory hostTiles_, hostSources_, hostLogits_;
    PinnedMemory hostResidual_; // f32 (maxRows, hidden), where the weights have no embedding
    std::vector<Event> layerEnds_;
    std::map<int, Graph> graphs_;
    int graphsAge_ = 0;
};

} // namespace tramontane::gpu
