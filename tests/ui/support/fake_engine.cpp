// A script in, an engine that follows it out.
#include "fake_engine.h"

#include <thread>

namespace tramontane::desktop {

void FakeScript::hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
}

void FakeScript::release() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    gate_.notify_all();
}

void FakeScript::waitAtGate(std::stop_token stop) {
    std::stop_callback wake(stop, [this] {
        const std::lock_guard lock(mutex_);
        gate_.notify_all();
    });
    std::unique_lock lock(mutex_);
    gate_.wait(lock, [&] { return !held_ || stop.stop_requested(); });
}

std::vector<GenerationRequest> FakeScript::requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
}

FakeEngine::FakeEngine(std::shared_ptr<FakeScript> script, const ModelOptions& options) : script_(std::move(script)) {
    ++script_->enginesAlive;
    description_.name = options.directory.filename().string();
    description_.fingerprint = "00112233aabbccdd";
    description_.directory = options.directory;
    description_.backend.device = "CPU (script)";
    description_.backend.deviceKind = "cpu";
    description_.backend.contextLength = options.contextLength ? options.contextLength : 1024;
    description_.backend.kvBytesPerToken = 4096;
}

FakeEngine::~FakeEngine() { --script_->enginesAlive; }

GenerationResult FakeEngine::generate(const GenerationRequest& request, const TextSink& sink,
                                      const PrefillProgress& prefill, std::stop_token stop) {
    {
        const std::lock_guard lock(script_->mutex_);
        script_->requests_.push_back(request);
    }
    if (script_->onGenerate) script_->onGenerate(request);
    GenerationResult result;
    result.device = description_.backend.device;
    result.contextLength = description_.backend.contextLength;
    result.seed = request.sampling.seed.value_or(7);
    result.promptTokens = countTokens(request.messages).value();
    prefill(0, result.promptTokens);
    std::this_thread::sleep_for(script_->prefillDelay);
    prefill(result.promptTokens, result.promptTokens);
    const auto start = std::chrono::steady_clock::now();
    result.finishReason = FinishReason::stop;
    auto due = start;
    for (const auto& token : script_->tokens) {
        script_->waitAtGate(stop);
        if (stop.stop_requested()) {
            result.finishReason = FinishReason::cancelled;
            break;
        }
        due += script_->tokenDelay;
        std::this_thread::sleep_until(due);
        ++script_->tokensMade;
        if (stop.stop_requested()) ++script_->tokensAfterStop;
        result.text += token;
        ++result.newTokens;
        sink(token);
        if (script_->onToken) script_->onToken(token);
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    result.tokensPerSecond = seconds.count() > 0 ? result.newTokens / seconds.count() : 0;
    result.timeToFirstToken = Milliseconds(1.5);
    if (!script_->failWith.empty() && result.finishReason == FinishReason::stop) {
        result.finishReason = FinishReason::error;
        result.error = script_->failWith;
    }
    return result;
}

Result<int> FakeEngine::countTokens(const std::vector<ChatMessage>& messages) const {
    std::size_t bytes = 0;
    for (const auto& message : messages) bytes += message.content.size();
    return int(bytes);
}

EngineSource fakeEngines(std::shared_ptr<FakeScript> script) {
    EngineSource source;
    source.open = [script](const ModelOptions& options, const LoadProgress& progress,
                           std::stop_token stop) -> Result<std::unique_ptr<ChatEngine>> {
        ++script->loads;
        if (script->loadCheck) TRY_OK(script->loadCheck(options));
        constexpr int stepMs = 5;
        for (int done = 0; done < script->loadMs; done += stepMs) {
            if (script->loadHeedsStop && stop.stop_requested()) return makeError(ErrorKind::cancelled, "Cancelled.");
            progress(double(done) / script->loadMs, "Reading the weights");
            std::this_thread::sleep_for(std::chrono::milliseconds(stepMs));
        }
        progress(1, "Ready");
        return std::unique_ptr<ChatEngine>(std::make_unique<FakeEngine>(script, options));
    };
    source.deviceNote = [] { return DeviceNote{{}, QStringLiteral("No NVIDIA driver is installed.")}; };
    return source;
}

} // namespace tramontane::desktop
