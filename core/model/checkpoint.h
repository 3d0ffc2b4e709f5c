// Every tensor of a GPTQ Mistral by its place in the model, checked by name, dtype and shape against the
// config. Views into the mapped files: bytes lie at any alignment, little-endian. They hold for as long as
// the Checkpoint.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "core/base/dtype.h"
#include "core/base/result.h"
#include "core/model/gptq.h"
#include "core/model/mistral_config.h"

namespace tramontane {

struct DenseView {
    DType dtype = DType::f16;  // f16, bf16 or f32
    int rows = 0, columns = 0; // a vector has one row
    std::span<const std::byte> bytes;
};

struct LayerViews {
    DenseView inputNorm, postAttentionNorm;
    GptqView query, key, value, output, gate, up, down;
};

class Checkpoint {
public:
    // Maps the safetensors files of `directory` (one, or shards by model.safetensors.index.json) and checks
    // every tensor's presence, dtype and shape, then the group indices and the scales. Nothing but the group
    // indices of act-order is copied. A tensor that a Mistral of this config does not have is refused, but
    // for the rotary frequencies that older files carry.
    static Result<Checkpoint> open(const std::filesystem::path& directory, const ModelConfig& config);
    Checkpoint(Checkpoint&&) noexcept;
    Checkpoint& operator=(Checkpoint&&) noexcept;
    ~Checkpoint();

    const DenseView& embedding() const; // (vocab, hidden)
    const DenseView& finalNorm() const; // (hidden)
    const DenseView& head() const;      // (vocab, hidden); the embedding where tied
    std::span<const LayerViews> layers() const;
    std::uint64_t fileBytes() const;
    std::uint64_t fingerprint() const; // over headers, sizes and a sample of the contents
    std::uint64_t edition() const;     // the same and the files' times: other files have another one; never 0

    // changedOnDisk once a file was cut, replaced or rewritten since it was opened. Reading a cut file never
    // raises SIGBUS: pages past its end read as zeros, and this says so.
    Result<void> checkUnchanged() const;
    // Tells the kernel that these bytes of a view were read for the last time, so that they leave resident
    // memory.
    void release(std::span<const std::byte> bytes) const;

private:
    struct State;
    std::unique_ptr<State> state_;
    explicit Checkpoint(std::unique_ptr<State> state);
};

} // namespace tramontane
