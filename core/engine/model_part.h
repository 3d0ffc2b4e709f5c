// A backend of some of a model's layers: the rows of the residual stream that the layers before it gave in, its own out.
#pragma once

#include <memory>
#include <span>
#include <stop_token>

#include "core/base/result.h"
#include "core/engine/backend.h"

namespace tramontane {

// Consecutive layers; the first of a model's parts begins with the embedding, the last ends with the head. A part of
// all layers is a whole backend. Sequences, errors and the promise to stay as it was are a Backend's.
class ModelPart : public Backend {
public:
    // `residual` (tokens of all pieces, hidden) f32: what the part before gave; empty where this one embeds tokens.
    // A part with the head returns the rows of logits asked for; one without it the rows of its residual stream,
    // (tokens of all pieces, hidden) f32, whatever logits the pieces want. Valid until the next call.
    virtual Result<std::span<const float>> forwardFrom(std::span<const float> residual,
                                                       std::span<const BatchPiece> pieces, std::stop_token stop) = 0;

    // Of the first part.
    Result<std::span<const float>> forward(std::span<const BatchPiece> pieces, std::stop_token stop) override {
        return forwardFrom({}, pieces, std::move(stop));
    }
};

} // namespace tramontane
