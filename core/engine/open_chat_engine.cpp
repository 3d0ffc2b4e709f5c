// A model's folder in, a chat engine out.
#include <algorithm>
#include <new>

#include "core/engine/chat_engine.h"
#include "core/engine/chat_engine_parts.h"
#include "core/model/model_files.h"

namespace tramontane {
namespace {

constexpr int contextWithoutAWish = 8192;

Result<int> contextLength(int wish, const MistralConfig& config) {
    if (wish < 0 || wish > config.maxPositions)
        return makeError(ErrorKind::invalidInput, "the context length is " + std::to_string(wish) +
                                                      ", this model allows 1 to " +
                                                      std::to_string(config.maxPositions));
    return wish > 0 ? wish : std::min(config.maxPositions, contextWithoutAWish);
}

Error cancelled() { return makeError(ErrorKind::cancelled, "loading was cancelled"); }

Result<std::unique_ptr<ChatEngine>> openUnguarded(const ModelOptions& options, const BackendFactory& factory,
                                                  const LoadProgress& progress, std::stop_token stop) {
    progress(0, "Checking the model's files");
    auto files = ModelFiles::open(options.directory);
    if (!files) return std::move(files).error();
    if (stop.stop_requested()) return cancelled();
    ModelOptions resolved = options;
    auto context = contextLength(options.contextLength, files->config().mistral);
    if (!context) return std::move(context).error();
    resolved.contextLength = *context;
    auto backend = factory(*files, resolved, progress, stop);
    if (!backend) return std::move(backend).error();
    if (stop.stop_requested()) return cancelled();
    ChatEngineParts parts;
    parts.description.name = files->name();
    parts.description.fingerprint = files->fingerprint();
    parts.description.directory = files->directory();
    parts.description.sampling = files->config().sampling;
    parts.tokenizer = files->tokenizer();
    parts.backend = std::move(*backend);
    parts.speculation = options.speculation;
    parts.stopTokens = files->config().mistral.eosTokens;
    auto engine = makeChatEngine(std::move(parts));
    progress(1, "Ready");
    return engine;
}

} // namespace

Result<std::unique_ptr<ChatEngine>> ChatEngine::open(const ModelOptions& options, const BackendFactory& factory,
                                                     const LoadProgress& progress, std::stop_token stop) {
    const LoadProgress quiet = [](double, std::string_view) {};
    try {
        return openUnguarded(options, factory, progress ? progress : quiet, stop);
    } catch (const std::bad_alloc&) {
        return makeError(ErrorKind::outOfMemory,
                         "there is not enough memory for this model: close other programs or choose a shorter context");
    }
}

} // namespace tramontane
