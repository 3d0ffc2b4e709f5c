// What the CPU backends need of an opened model: checked views, and who keeps them mapped.
#pragma once

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
    std::function<Result<void>()> checkUnchanged;               // changedOnDisk once the files are others
    std::function<void(std::span<const std::byte>)> release;    // these bytes were read for the last time
    std::shared_ptr<const void> owner;                          // keeps every view valid
};

ModelViews viewsOf(const ModelFiles& files);

} // namespace tramontane
