// What runs the model: batches of tokens in, rows of logits out. Implemented by core/cpu and gpu.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/engine/kv_element.h"
#include "core/engine/sampling_settings.h"

namespace tramontane {

using TokenId = std::int32_t;
enum class SequenceId : std::uint32_t {};
using ProducibleTokens = std::shared_ptr<const std::vector<TokenId>>; // what answers are made of; ascending

// Which rows of logits a piece of a batch asks for. Rows that nobody reads are not computed.
enum class LogitsWanted { none, last, all };

// `tokens` go to the end of `sequence`: the first one's position is the sequence's length before the call.
struct BatchPiece {
    SequenceId sequence{};
    std::span<const TokenId> tokens;
    LogitsWanted logits = LogitsWanted::last;
};

// One token goes to the end of `sequence`, and the one that follows it is asked for: what a Sampler of these
// settings and this seed gives after `draws` draws.
struct SampledPiece {
    SequenceId sequence{};
    std::span<const TokenId> history; // what the sequence holds, and then the token to take
    const SamplingSettings* settings = nullptr;
    std::uint64_t seed = 0, draws = 0;
};

struct BackendInfo {
    std::string device;             // as a person would name it: "NVIDIA H200", "CPU (AVX-512 VNNI, 2 threads)"
    std::string deviceKind;         // "cpu" or "cuda"
    int vocabSize = 0;              // rows of the embedding; the width of a row of logits
    int contextLength = 0;          // tokens one sequence can hold
    int preferredPrefillTokens = 0; // tokens a call best takes at once while it reads a prompt
    double stopShare = 0;           // of the time of such a call: what goes on after a stop; 0: next to nothing
    int cheapRows = 1;              // tokens a call takes in little more time than one
    int guessMatch = 3; // tokens of a text that have to repeat before guessing the next ones is worth such a call
    std::uint64_t weightBytes = 0;          // resident weights
    std::uint64_t bytesReadPerToken = 0;    // weights a batch-1 step reads, without the KV cache
    std::uint64_t cpuBytesReadPerToken = 0; // those of them that the CPU reads
    std::uint64_t kvBytesPerToken = 0;      // of one sequence, all layers
    KvElement kvElement = KvElement::f16;   // of the cache; where CPU and GPU have a part each, of the GPU's
};

// One instance belongs to one thread at a time. After an error every sequence is as it was before the call.
class Backend {
public:
    virtual ~Backend() = default;

    virtual const BackendInfo& info() const = 0;

    virtual Result<SequenceId> createSequence() = 0;
    // A second sequence with the same tokens; what they share is not copied.
    virtual Result<SequenceId> forkSequence(SequenceId source) = 0;
    // Forgets every token from position `length` on. 0 <= length <= the sequence's length.
    virtual Result<void> truncateSequence(SequenceId sequence, int length) = 0;
    virtual void releaseSequence(SequenceId sequence) = 0;
    virtual int sequenceLength(SequenceId sequence) const = 0;

    // Appends every piece to its sequence (each sequence at most once a call) and returns the rows asked for,
    // piece by piece, (rows, vocabSize) f32 row-major, valid until the next call.
    // Errors: cancelled (acts within 100 ms), contextFull, outOfMemory, numeric (NaN logits), changedOnDisk,
    // invalidInput (a token outside the vocabulary, an unknown sequence).
    virtual Result<std::span<const float>> forward(std::span<const BatchPiece> pieces, std::stop_token stop) = 0;

    // Whether forwardSampled takes these pieces together. A backend need not sample at all; whoever asks goes on
    // with forward and a Sampler then, and may change from one to the other at every token.
    virtual bool samples(std::span<const SampledPiece>) const { return false; }

    // Appends each piece's last token and returns the token that follows it, one a piece, valid until the next
    // call: no logits have to leave the device. The backend may already be at work on what it expects to be
    // asked next, pieces that go on with the tokens returned; that shows in nothing but time.
    // Errors: forward's; numeric also where Sampler would say so.
    virtual Result<std::span<const TokenId>> forwardSampled(std::span<const SampledPiece>, const ProducibleTokens&,
                                                            std::stop_token) {
        return makeError(ErrorKind::unsupported, "this backend computes logits and draws no tokens");
    }
};

} // namespace tramontane
