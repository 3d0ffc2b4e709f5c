// Every tensor of a GPTQ Mistral by its place in the model, checked by name, dtype and shape against the config.
// Views into the mapped files: bytes lie at any alignment, little-endian.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "core/base/result.h"
#include "core/model/mistral_config.h"

namespace tramontane {

enum class DType { f16, bf16, f32, i32, i64, u8, i8, boolean, f64, i16, u16, u32, u64 };

struct DenseView {
    DType dtype = DType::f16; // f16, bf16 or f32
    int rows = 0, columns = 0; // a vector has one row
    std::span<const std::byte> bytes;
};

// A quantized linear, K inputs and N outputs (FACTS of the format: gptq.h).
struct GptqView {
    int inputs = 0, outputs = 0;               // K, N
    int groups = 0;                            // K/groupSize
    int zeroOffset = 1;
    std::span<const std::byte> qweight;        // i32 (K/8, N): row 8i+j at bits 4j..4j+3 of word i
    std::span<const std::byte> qzeros;         // i32 (groups, N/8): column 8i+j at bits 4j..4j+3 of word i
    std::span<const std::byte> scales;         // f16 (groups, N), finite
    std::span<const std::byte> groupIndex;     // i32 (K), each 0..groups-1; empty: row/groupSize
    std::span<const std::byte> bias;           // f16 (N); empty: none
};

struct LayerViews {
    DenseView inputNorm, postAttentionNorm;
    GptqView query, key, value, output, gate, up, down;
};

class Checkpoint {
public:
    // Maps the safetensors files of `directory` (one, or shards by model.safetensors.index.json) and checks every
    // tensor's presence, dtype and shape, the group indices and the scales before anything is copied.
    static Result<Checkpoint> open(const std::filesystem::path& directory, const ModelConfig& config);
    Checkpoint(Checkpoint&&) noexcept;
    Checkpoint& operator=(Checkpoint&&) noexcept;
    ~Checkpoint();

    const DenseView& embedding() const;   // (vocab, hidden)
    const DenseView& finalNorm() const;   // (hidden)
    const DenseView& head() const;        // (vocab, hidden); the embedding where tied
    std::span<const LayerViews> layers() const;
    std::uint64_t fileBytes() const;
    std::uint64_t fingerprint() const;    // over headers, sizes and a sample of the contents

    // changedOnDisk once a file was cut, replaced or rewritten since it was opened. Reading a cut file never
    // raises SIGBUS: pages past its end read as zeros, and this says so.
    Result<void> checkUnchanged() const;
    // Tells the kernel that these bytes were read for the last time, so that they leave resident memory.
    void release(std::span<const std::byte> bytes) const;

private:
    struct State;
    std::unique_ptr<State> state_;
    explicit Checkpoint(std::unique_ptr<State> state);
};

} // namespace tramontane
