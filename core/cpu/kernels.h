// The inner loops of the fast path, one table an instruction set. Oracle: core/cpu/reference.h.
// Every function gives a row the same bits however many rows a call has; none of them allocates or throws.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/cpu/instruction_set.h"
#include "core/cpu/packed_linear.h"

namespace tramontane {

constexpr int kKvBlockPositions = 64; // positions of one block of the KV cache
constexpr int kHeadBlock = 64;        // columns of the head that share a scale

constexpr std::size_t headRowBytes(int columns) {
    const auto count = static_cast<std::size_t>(columns);
    return (count + count / kHeadBlock * sizeof(float) + 63) / 64 * 64;
}

// How a linear writes its columns: over what is there, or added to it (the residual stream).
enum class WriteMode { store, add };

// Rows of f32 to 8 bits: x[order[k]] * weight[k] * factor.
struct QuantizeJob {
    const float* x = nullptr;            // (inputs+1): the last is 0, for padding
    const std::int32_t* order = nullptr; // of the packed rows; null: as it lies
    const float* weight = nullptr;       // of the packed rows (a norm's weight); null: 1
    float factor = 1;
    int block = 64, segmentRows = 128;
    int firstSegment = 0, lastSegment = 0;
    QuantizedRows out; // one row; an infinite or NaN input makes its block's scale NaN
};

// One query position's heads that share a kv head, against up to 64 positions: a step of online softmax.
struct AttentionBlock {
    const float* queries = nullptr; // (heads, queryStride), multiplied by 1/sqrt(D)
    int queryStride = 0;
    const std::uint16_t* keys = nullptr;   // f16 (D, 64)
    const std::uint16_t* values = nullptr; // f16 (64, paddedDim)
    int headDim = 0, paddedDim = 0;        // paddedDim: the next multiple of 16
    int heads = 0;
    int first = 0, last = 0;  // positions of the block that are looked at
    float* maximum = nullptr; // (heads), -infinity at first
    float* sum = nullptr;     // (heads), 0 at first
    float* output = nullptr;  // (heads, paddedDim), 0 at first; to be divided by sum in the end
};

struct Kernels {
    InstructionSet set = InstructionSet::scalar;

    // How many rows at least `linear` takes in tiles, and then `quantize` writes them so; 0: never.
    int tiledFrom = 0;
    // out (M, outStride) f32; column block b is written at out[m*outStride + b*linear.outputStep].
    void (*linear)(const PackedLinear& linear, const QuantizedRows& x, int rows, int firstBlock, int lastBlock,
                   float* out, std::ptrdiff_t outStride, WriteMode mode);
    void (*quantize)(const QuantizeJob& job);
    float (*sumOfSquares)(const float* x, int count);
    // gateUp: blocks of 16 gate columns, each followed by its 16 up columns. out[i] = silu(gate) * up; 16*blocks.
    void (*siluMultiply)(const float* gateUp, int blocks, float* out);
    void (*attend)(const AttentionBlock& block);
    // out[m*outStride + n] = x[m] . head[n], columns a multiple of kHeadBlock. The head: (vocab, headRowBytes) bytes, a
    // row being its values in 8 bits (columns) and then an f32 scale for every kHeadBlock of them.
    void (*head)(const std::uint8_t* head, int columns, int vocab, const float* x, int rows, std::ptrdiff_t xStride,
                 float* out, std::ptrdiff_t outStride);
    void (*halfToFloat)(const void* halves, float* out, int count);
    void (*floatToHalf)(const float* x, std::uint16_t* out, int count);
    // Load time: 16 columns of GPTQ words (K/8, stride) at any address, packed rows `order` (count of them, a
    // multiple of 8; `inputs` for padding) to count/8 steps of 64 bytes.
    void (*repack)(const std::byte* words, std::size_t strideWords, const std::int32_t* order, int inputs, int count,
                   std::uint8_t* out);
    // Load time: out[c] = words[order[c]], 0 where order[c] == source.
    void (*permuteWords)(const std::byte* words, const std::int32_t* order, int source, int count, std::uint32_t* out);
};

// `set` must be one of usableInstructionSets().
const Kernels& kernelsFor(InstructionSet set);

// The tables themselves, for kernelsFor.
const Kernels& scalarKernels();
#if defined(__x86_64__)
const Kernels& avx2Kernels();
const Kernels& avxVnniKernels();
const Kernels& avx512Kernels();
const Kernels& amxKernels();
#endif
#if defined(__aarch64__)
const Kernels& neonKernels();
const Kernels& dotProductKernels();
#endif

} // namespace tramontane
