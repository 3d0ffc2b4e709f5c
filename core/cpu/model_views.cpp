// An opened model's folder in, the views that the backends read out.
#include "core/cpu/model_views.h"

#include "core/model/model_files.h"

namespace tramontane {

ModelViews viewsOf(const ModelFiles& files) {
    std::shared_ptr<const Checkpoint> checkpoint = files.sharedCheckpoint();
    const Checkpoint* map = checkpoint.get();
    return {.config = files.config(),
            .embedding = map->embedding(),
            .finalNorm = map->finalNorm(),
            .head = map->head(),
            .layers = map->layers(),
            .checkUnchanged = [map] { return map->checkUnchanged(); },
            .release = [map](std::span<const std::byte> bytes) { map->release(bytes); },
            .owner = std::move(checkpoint),
            .edition = map->edition()};
}

ModelViews partOf(const ModelViews& views, int first, int last) {
    ModelViews part = views;
    if (first > 0) part.embedding = {};
    if (last < static_cast<int>(views.layers.size())) part.finalNorm = part.head = {};
    part.layers = views.layers.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first));
    part.config.mistral.layerCount = last - first;
    part.firstLayer = views.firstLayer + first;
    return part;
}

} // namespace tramontane
