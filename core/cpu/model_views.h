// What the CPU backends need of an opened model: checked views, and who keeps them mapped.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "core/base/result.h"
#include "core/model/checkpoint.h"
#include "core/model/mistral_config.h"

namespace tramontane {

class ModelFiles;

struct ModelViews {
    ModelConfig config;
    DenseView embedding, finalNorm, head; // (vocab, hidden), (1, hidden), (vocab, hidden)
    std::span<const LayerViews> layers;
    std::function<Result<void>()> checkUnchanged;            // changedOnDisk once the files are others
    std::function<void(std::span<const std::byte>)> release; // these bytes were read for the last time
    std::shared_ptr<const void> owner;                       // keeps every view valid
    std::uint64_t edition = 0;                               // Checkpoint::edition(); 0: there is none
    int firstLayer = 0;                                      // of the whole model, in a part

    // Views of a part of the layers have no embedding where they do not begin with the first, and neither final norm
    // nor head where they do not end with the last.
    bool hasEmbedding() const { return !embedding.bytes.empty(); }
    bool hasHead() const { return !head.bytes.empty(); }
};

ModelViews viewsOf(const ModelFiles& files);

// Layers first..last-1 as a model of its own, its layerCount theirs; `views` may be such a part. 0 <= first < last.
ModelViews partOf(const ModelViews& views, int first, int last);

} // namespace tramontane
