// A chat engine that says what a test tells it to, when it tells it to. Its script is shared by the test's thread and
// the engine's; everything in it is guarded.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "core/engine/chat_engine.h"
#include "ui/desktop/bridge/inference_worker.h"

namespace tramontane::desktop {

// What every engine made from it does. Set before the worker starts, or through the functions.
struct FakeScript {
    // One answer: its tokens, each after `tokenDelay`; the next is fetched only when `open` lets it.
    std::vector<std::string> tokens{"Hello", " ", "there", "."};
    std::chrono::microseconds tokenDelay{0};
    std::chrono::milliseconds prefillDelay{0};
    std::string failWith; // ends with this error after the tokens
    int loadMs = 0;       // in steps that heed the stop
    bool loadHeedsStop = true;
    std::function<Result<void>(const ModelOptions&)> loadCheck; // an error here is the load's
    std::function<void(const GenerationRequest&)> onGenerate;   // on the engine's thread, before the first token

    std::function<void(const std::string&)> onToken; // on the engine's thread, as each is handed over

    // A gate that tokens wait at. Closed by `hold`, opened by `release`.
    void hold();
    void release();
    void waitAtGate(std::stop_token stop);

    std::vector<GenerationRequest> requests() const;
    std::atomic<int> tokensMade{0}, enginesAlive{0}, loads{0};
    std::atomic<qint64> tokensAfterStop{0};

private:
    friend class FakeEngine;
    mutable std::mutex mutex_;
    std::condition_variable_any gate_;
    bool held_ = false;
    std::vector<GenerationRequest> requests_;
};

class FakeEngine final : public ChatEngine {
public:
    FakeEngine(std::shared_ptr<FakeScript> script, const ModelOptions& options);
    ~FakeEngine() override;

    const ModelDescription& description() const override { return description_; }
    const Tokenizer& tokenizer() const override { std::abort(); }
    Backend& backend() override { std::abort(); }
    GenerationResult generate(const GenerationRequest& request, const TextSink& sink, const PrefillProgress& prefill,
                              std::stop_token stop) override;
    GenerationResult generateFromIds(const std::vector<TokenId>&, const SamplingSettings&, const TextSink&,
                                     const PrefillProgress&, std::stop_token) override {
        std::abort();
    }
    // A token a byte, so that tests can foretell it.
    Result<int> countTokens(const std::vector<ChatMessage>& messages) const override;

private:
    std::shared_ptr<FakeScript> script_;
    ModelDescription description_;
};

EngineSource fakeEngines(std::shared_ptr<FakeScript> script);

} // namespace tramontane::desktop
