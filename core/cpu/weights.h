// A model's views in, everything that the CPU's step reads out: packed linears, norms, the head.
#pragma once

#include <cstdint>
#include <stop_token>
#include <vector>

#include "core/base/result.h"
#include "core/base/thread_pool.h"
#include "core/cpu/kernels.h"
#include "core/cpu/model_views.h"
#include "core/cpu/packed_linear.h"
#include "core/engine/chat_engine.h"

namespace tramontane {

// One packed linear and where its first column goes in the row of outputs.
struct PlacedLinear {
    PackedLinear linear;
    int firstColumn = 0;
    std::vector<float> norm; // the weights of the norm before it, in the packed order; empty: none
};

// Linears that read the same row: one where their act-orders are equal, else one each.
struct LayerWeights {
    std::vector<PlacedLinear> queryKeyValue; // row: queries, keys, values, each from a multiple of 16
    PlacedLinear output;
    std::vector<PlacedLinear> gateUp; // row: 16 gate columns, their 16 up columns, ..., in the order down reads
    PlacedLinear down;                // its input lies in packed order already: `order` is empty
};

struct CpuWeights {
    std::vector<LayerWeights> layers;
    std::vector<float> finalNorm; // (hidden); empty, like the head, in a part without them
    Pages head;                   // (vocab, headRowBytes(headColumns)): kernels.h
    int headColumns = 0;          // hidden, padded with zeros to a multiple of kHeadBlock
    int keyColumn = 0, valueColumn = 0, queryKeyValueColumns = 0;
    int gateUpColumns = 0;
    std::uint64_t sizeBytes = 0; // resident
    std::uint64_t bytesReadPerToken = 0;
};

// Packs layer by layer and gives each layer's file pages back. Errors: cancelled, outOfMemory (told before
// anything is taken), changedOnDisk. Nothing stays behind after one.
Result<CpuWeights> loadCpuWeights(const ModelViews& views, const Kernels& kernels, ThreadPool& pool,
                                  const LoadProgress& progress, std::stop_token stop);

// One row of a dense tensor as floats.
void readDenseRow(const DenseView& view, int row, const Kernels& kernels, float* out);

} // namespace tramontane
