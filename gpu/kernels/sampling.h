// A row of logits on the device in, the next token out, without the host: the chain of core/engine/sampler.h and the
// same tokens. Everything that changes from token to token lies on the device, so that a captured graph of these calls
// can be replayed as it is; it has to be captured anew only when samplingPath() changes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <cuda_runtime_api.h>

#include "core/engine/backend.h"
#include "core/engine/sampling_settings.h"
#include "gpu/kernels/sampling_state.h"

namespace tramontane::gpu {

// Which kernels the settings need.
enum class SamplingPath {
    greedy,    // temperature 0: one kernel
    shortList, // top-k below the vocabulary: two
    wholeRow,  // every candidate is weighed: three
};
SamplingPath samplingPath(const SamplingSettings& settings, int vocabSize);

// The state of a new answer: uploaded to SamplingBuffers::state before its first token. `historyLength` tokens of the
// prompt lie in `history` already; `draws` tokens of the answer were drawn elsewhere before.
SamplerState newSamplerState(const SamplingSettings& settings, std::uint64_t seed, int historyLength,
                             std::uint64_t draws = 0);

// Bit id % 32 of word id / 32 for each producible id below vocabSize; ceil(vocabSize / 32) words.
std::vector<std::uint32_t> producibleBits(std::span<const TokenId> producible, int vocabSize);

// Device memory, but for hostSlots. Nothing here changes while a captured graph is in use.
struct SamplingBuffers {
    const float* logits = nullptr;             // (V)
    const std::uint32_t* producible = nullptr; // producibleBits
    int vocabSize = 0;                         // V, at most 2^20
    SamplerState* state = nullptr;
    int* history = nullptr; // (historyRoom) prompt and answer; the token is appended, while there is room
    int historyRoom = 0;
    int* token = nullptr;              // the token again, for the next step's embedding; unchanged when there is none
    SampledToken* hostSlots = nullptr; // (hostSlotCount) mapped host memory, or null: row n's result goes to n % count
    int hostSlotCount = 0;
    void* scratch = nullptr; // samplingScratchBytes, aligned to 16; needs no clearing
};
std::size_t samplingScratchBytes(int vocabSize);

// Rows that hold a NaN or +infinity, or nothing that could follow, give a SamplerStatus, and neither a token nor a draw.
cudaError_t sampleToken(const SamplingBuffers& buffers, SamplingPath path, cudaStream_t stream);

// The likeliest of each row of logits (rows, V), the lowest id of equals, without penalties; -SamplerStatus where there
// is none. `producible` may be null. tokens (rows).
cudaError_t argmaxRows(const float* logits, int rows, int vocabSize, const std::uint32_t* producible, int* tokens,
                       cudaStream_t stream);

} // namespace tramontane::gpu
