// The engine as a program uses it: open a model, hand it a conversation, receive text as it comes.
// Everything here belongs to one thread (the window's inference thread, the terminal's main thread).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/engine/backend.h"
#include "core/engine/finish_reason.h"
#include "core/engine/kv_element.h"
#include "core/engine/sampling_settings.h"
#include "core/text/chat_message.h"

namespace tramontane {

class Tokenizer;
class ModelFiles; // core/model/model_files.h: config, checkpoint and tokenizer, all checked

using Milliseconds = std::chrono::duration<double, std::milli>;

struct ModelOptions {
    std::filesystem::path directory;
    std::string device = "auto"; // auto, cpu, cuda
    int threads = 0;             // 0: as many as suit this machine
    int contextLength = 0;       // 0: what the model was made for, capped at 8192
    int gpuLayers = -1;          // of the last layers, on the GPU, the others on the CPU; -1: as many as fit there
    std::filesystem::path weightsCache{}; // where the CPU keeps packed weights for the next time; empty: nowhere
    bool finishesWeightsCache = false;    // closing the model waits for weights that are being kept
    bool speculation = true;              // guess the tokens that a text repeats and check several in one pass
    KvElement kvElement = KvElement::f16; // of the GPU's cache; the CPU's is f16
};

// What an opened model is, for status lines and the figures of an answer.
struct ModelDescription {
    std::string name;        // the folder's name, or the model card's
    std::string fingerprint; // 16 hexadecimal digits over config and tensor headers and sizes
    std::filesystem::path directory;
    BackendInfo backend;
    SamplingSettings sampling; // the model's own wishes (generation_config.json) over the program's defaults
};

struct GenerationRequest {
    std::vector<ChatMessage> messages; // the last one is the person's, or an assistant's to be continued
    bool continueLast = false;         // the last message is a partial answer: go on from its end
    SamplingSettings sampling;
    // Called once, before anything is read: what the prompt came to, and how many of the oldest messages stay
    // behind.
    std::function<void(int promptTokens, int droppedMessages)> onPrompt = {};
    std::string toolsJson; // a JSON array of OpenAI tool definitions; empty: none
};

struct GenerationResult {
    std::string text;         // valid UTF-8; what the sink received, joined
    std::vector<TokenId> ids; // new tokens, without the stop token
    int promptTokens = 0;
    int reusedTokens = 0; // of the prompt, already in the cache
    int newTokens = 0;
    int passes = 0;                         // over the model, those that read the prompt included
    int guessedTokens = 0, rightTokens = 0; // guessed ahead, and those of them that came to be
    int contextLength = 0;
    int droppedMessages = 0; // oldest turns left out because the context is full; never the system text
    FinishReason finishReason = FinishReason::stop;
    std::string error; // with FinishReason::error
    Milliseconds timeToFirstToken{};
    double tokensPerSecond = 0; // of the decode
    std::string device;
    std::uint64_t seed = 0;
};

// Fraction 0..1 and what is being done. Called on the thread that loads.
using LoadProgress = std::function<void(double fraction, std::string_view stage)>;
// A piece of valid UTF-8, as soon as it is certain. Called on the engine's thread.
using TextSink = std::function<void(std::string_view delta)>;
// While a prompt is read: tokens done, tokens in all.
using PrefillProgress = std::function<void(int done, int total)>;

// Makes the backend a model runs on. The two main.cpp give one that knows CUDA; core alone knows the CPU.
using BackendFactory = std::function<Result<std::unique_ptr<Backend>>(
    const ModelFiles& files, const ModelOptions& options, const LoadProgress& progress, std::stop_token stop)>;
Result<std::unique_ptr<Backend>> makeCpuBackend(const ModelFiles& files, const ModelOptions& options,
                                                const LoadProgress& progress, std::stop_token stop);

class ChatEngine {
public:
    // Cancelled or failed loads leave nothing behind.
    static Result<std::unique_ptr<ChatEngine>> open(const ModelOptions& options, const BackendFactory& factory,
                                                    const LoadProgress& progress, std::stop_token stop);
    virtual ~ChatEngine() = default;

    virtual const ModelDescription& description() const = 0;
    virtual const Tokenizer& tokenizer() const = 0;
    virtual Backend& backend() = 0;

    // One answer. What the previous conversations left in the cache and the new prompt begins with is not
    // read again. Never fails by Result: an error is a finish reason, with the text so far kept.
    virtual GenerationResult generate(const GenerationRequest& request, const TextSink& sink,
                                      const PrefillProgress& prefill, std::stop_token stop) = 0;
    // The same from token ids, without a template.
    virtual GenerationResult generateFromIds(const std::vector<TokenId>& prompt, const SamplingSettings& sampling,
                                             const TextSink& sink, const PrefillProgress& prefill,
                                             std::stop_token stop) = 0;
    // Tokens of the conversation as the template writes it, for the ruler of the context. Of texts that are
    // longer than the context by their bytes alone, the fewest tokens they can have: they are not tokenized.
    virtual Result<int> countTokens(const std::vector<ChatMessage>& messages) const = 0;
};

} // namespace tramontane
