// A batch of rows (one token each, of any sequences) in, their keys and values in the cache and rows of logits out; or,
// of a part of the layers, rows of the residual stream in or out.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <span>
#include <stop_token>
#include <vector>

#include "core/base/result.h"
#include "core/base/thread_pool.h"
#include "core/cpu/kernels.h"
#include "core/cpu/kv_cache.h"
#include "core/cpu/model_views.h"
#include "core/cpu/weights.h"

namespace tramontane {

// Rows of one sequence follow each other, their positions rising by one.
struct StepRow {
    TokenId token = 0;
    int position = 0;
    std::uint16_t* const* blocks = nullptr; // the sequence's block table, with room for `position`
    float* logits = nullptr;                // (vocab) to be written; null: not wanted
    const float* residualIn = nullptr;      // (hidden) to begin with; null: the token's embedding
    float* residualOut = nullptr;           // (hidden) to be written after the last layer, of all rows or of none
};

class Step {
public:
    Step(const ModelViews& views, const CpuWeights& weights, const KvShape& kv, const Kernels& kernels,
         ThreadPool& pool, int maxRows);

    // The buffers for maxRows rows. Error: outOfMemory.
    Result<void> allocate();
    int maxRows() const { return maxRows_; }

    // At most maxRows rows. Errors: cancelled, numeric, changedOnDisk.
    Result<void> run(std::span<const StepRow> rows, std::stop_token stop);

private:
    struct Tile { // rows that follow each other in one sequence
        int firstRow = 0, rowCount = 0;
    };
    // Called by every thread alike; what one of them wrote is there when it returns.
    void embed();
    void normalizeInto(const PlacedLinear& placed, const float* x, std::ptrdiff_t stride);
    void multiply(const PlacedLinear& placed, float* out, std::ptrdiff_t outStride, WriteMode mode);
    void writeKeysAndValues(int layer);
    void attend(int layer);
    void activate(const PackedLinear& down);
    void copyResiduals();
    void computeLogits();

    void attendTile(const Tile& tile, int layer, int kvHead);
    void rotate(float* head, int row) const;
    void planTiles();
    template <class Body>
    void forEach(int count, Body&& body) {
        pool_.forEach(count, [&](int task) {
            if (!stop_.stop_requested()) body(task);
        });
    }

    const ModelViews& views_;
    const MistralConfig& config_;
    const CpuWeights& weights_;
    const KvShape kv_;
    const Kernels& kernels_;
    ThreadPool& pool_;
    const int maxRows_;

    // What one run works on; written by the calling thread before the others start.
    std::span<const StepRow> rows_;
    std::stop_token stop_;
    std::vector<Tile> tiles_;
    std::vector<int> logitRows_;
    std::atomic<bool> notFinite_{false};

    // (maxRows, stride) each
    int xStride_ = 0, mixedStride_ = 0, activatedStride_ = 0;
    Pages x_;        // residual stream, f32; past the hidden size 0
    Pages qkv_;      // queries, keys, values
    Pages mixed_;    // attention's output, f32 (heads * D); past that 0
    Pages averages_; // the same while it is summed up: (heads, paddedDim)
    Pages softmax_;  // maximum and sum of every head
    Pages gateUp_;
    Pages activated_; // silu(gate) * up, in the order down reads
    Pages normed_;    // rows of the head's input (headColumns)
    Pages angles_;    // cos and sin of the row's position: (2, D/2)
    Pages values_, scales_, totals_;
    std::vector<float> inverseFrequencies_;  // (D/2)
    std::map<int, std::vector<int>> shares_; // of a linear with so many column blocks: where each task begins
    QuantizedRows quantized_;
};

} // namespace tramontane
