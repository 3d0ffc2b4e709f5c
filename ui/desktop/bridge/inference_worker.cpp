// Jobs in, queued signals out. The engine's callbacks run inside the slots, on this thread.
#include "inference_worker.h"

#include <QFile>
#include <QFileInfo>

#include <system_error>

#include "conversions.h"
#include "core/cpu/cpu_backend.h"
#include "core/model/memory_estimate.h"
#include "core/model/mistral_config.h"

namespace tramontane::desktop {

namespace {

constexpr qint64 frameMs = 16;
constexpr qint64 progressMs = 50;

quint64 folderBytes(const std::filesystem::path& folder) {
    quint64 bytes = 0;
    std::error_code error;
    for (auto entry = std::filesystem::directory_iterator(folder, error);
         !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
        if (entry->path().extension() == ".safetensors") bytes += entry->file_size(error);
    return bytes;
}

// What the kernel says a program can take without swapping; 0 where it does not say.
quint64 availableMemory() {
    QFile file(QStringLiteral("/proc/meminfo"));
    if (!file.open(QIODevice::ReadOnly)) return 0;
    for (const auto& line : file.readAll().split('\n'))
        if (line.startsWith("MemAvailable:")) return line.mid(13).trimmed().split(' ').first().toULongLong() * 1024;
    return 0;
}

// Whether a second model of this size can be opened beside the one that answers now.
bool fitsBeside(const std::filesystem::path& folder) {
    const quint64 available = availableMemory();
    return !available || folderBytes(folder) * 5 / 4 + (quint64(512) << 20) < available;
}

} // namespace

InferenceWorker::InferenceWorker(EngineSource source) : source_(std::move(source)) {}
InferenceWorker::~InferenceWorker() = default;

void InferenceWorker::start() {
    if (source_.deviceNote) emit deviceNoted(source_.deviceNote());
}

void InferenceWorker::close() { engine_.reset(); }

Result<std::unique_ptr<ChatEngine>> InferenceWorker::open(const LoadRequest& request, bool reportProgress) {
    ModelOptions options;
    options.directory = std::filesystem::path(QFile::encodeName(request.folder).toStdString());
    options.device = toCore(request.device);
    options.gpuLayers = request.gpuLayers;
    options.threads = request.threads;
    options.contextLength = request.contextLength;
    options.weightsCache = defaultWeightsCacheDirectory();
    QElapsedTimer since;
    const auto progress = [&](double fraction, std::string_view stage) {
        if (!reportProgress || (since.isValid() && since.elapsed() < progressMs)) return;
        since.start();
        emit loadProgressed(request.id, fraction, QString::fromUtf8(stage.data(), qsizetype(stage.size())));
    };
    return source_.open(options, progress, request.stop.get_token());
}

LoadedModel InferenceWorker::describe() const {
    const auto& description = engine_->description();
    LoadedModel model;
    model.name = fromCore(description.name);
    model.fingerprint = fromCore(description.fingerprint);
    model.folder = loaded_.folder;
    model.device = fromCore(description.backend.device);
    model.deviceKind = fromCore(description.backend.deviceKind);
    model.contextLength = description.backend.contextLength;
    model.contextMaximum = model.contextLength;
    if (const auto config = readModelConfig(description.directory)) {
        model.contextMaximum = config->mistral.maxPositions;
        model.layerCount = config->mistral.layerCount;
    }
    model.weightBytes = description.backend.weightBytes;
    model.kvBytesPerToken = description.backend.kvBytesPerToken;
    return model;
}

void InferenceWorker::load(const LoadRequest& request) {
    LoadOutcome outcome;
    outcome.id = request.id;
    if (request.stop.stop_requested()) { // a later wish came before this one's turn
        outcome.problem = {ProblemKind::cancelled, {}};
        if (engine_) outcome.model = describe();
        return emit loadEnded(outcome);
    }
    // The model that answers now stays until the new one does, where memory has room for both.
    const std::filesystem::path folder(QFile::encodeName(request.folder).toStdString());
    const bool setAside = engine_ && (!fitsBeside(folder) || !fitsBesideOnGpu(folder, request.contextLength));
    if (setAside) engine_.reset();
    auto opened = open(request, true);
    if (opened) {
        engine_ = std::move(*opened);
        loaded_ = request;
    } else {
        outcome.problem = problemOf(opened.error());
        if (setAside) {
            LoadRequest again = loaded_;
            again.stop = std::stop_source();
            if (auto before = open(again, false)) engine_ = std::move(*before);
        }
    }
    if (engine_) outcome.model = describe();
    if (source_.deviceNote) emit deviceNoted(source_.deviceNote());
    emit loadEnded(outcome);
}

// True where the model that answers now is on no GPU: its memory is not in the way. Else the whole of the new one has to
// fit with the cache of its context, or fewer of its layers would be put there than the GPU can hold.
bool InferenceWorker::fitsBesideOnGpu(const std::filesystem::path& folder, int contextLength) const {
    if (engine_->description().backend.deviceKind != "cuda" || !source_.freeGpuMemory) return true;
    quint64 cacheBytes = 0;
    if (const auto config = readModelConfig(folder))
        cacheBytes =
            estimateMemory(*config).kvBytesPerToken * quint64(contextLengthFor(config->mistral, contextLength));
    return folderBytes(folder) * 5 / 4 + cacheBytes + (quint64(768) << 20) < source_.freeGpuMemory();
}

void InferenceWorker::generate(const PromptJob& job) {
    AnswerResult answer;
    answer.id = job.id;
    if (job.stop.stop_requested()) {
        answer.state = MessageState::partial;
        answer.figures.finishReason = QStringLiteral("cancelled");
        return emit answered(answer);
    }
    if (!engine_) {
        answer.state = MessageState::failed;
        answer.problem = {ProblemKind::modelMissing, tr("No model is open.")};
        answer.figures.finishReason = QStringLiteral("error");
        return emit answered(answer);
    }

    GenerationRequest request;
    request.messages = toCore(job.turns);
    request.continueLast = job.continueLast;
    request.sampling = toCore(job.sampling);

    QElapsedTimer sinceStart, sinceSent, sincePrefill, sinceFirst;
    sinceStart.start();
    LiveFigures live;
    std::string held; // text that waits for its frame
    const auto sendText = [&] {
        if (held.empty()) return;
        emit textReady(job.id, fromCore(held), live);
        held.clear();
        sinceSent.start();
    };
    const auto sink = [&](std::string_view delta) {
        if (!sinceFirst.isValid()) {
            sinceFirst.start();
            live.timeToFirstTokenMs = double(sinceStart.nsecsElapsed()) / 1e6;
        }
        held += delta;
        ++live.newTokens; // a piece is a token, but for those that wait for the rest of a character
        const double seconds = double(sinceFirst.nsecsElapsed()) / 1e9;
        if (live.newTokens > 1 && seconds > 0) live.tokensPerSecond = (live.newTokens - 1) / seconds;
        if (!sinceSent.isValid() || sinceSent.elapsed() >= frameMs) sendText();
    };
    const auto prefill = [&](int done, int total) {
        if (done < total && sincePrefill.isValid() && sincePrefill.elapsed() < progressMs) return;
        sincePrefill.start();
        emit promptRead(job.id, done, total);
    };
    const auto result = engine_->generate(request, sink, prefill, job.stop.get_token());
    sendText();

    answer.figures = figuresOf(result, engine_->description(), request.sampling);
    switch (result.finishReason) {
    case FinishReason::stop:
    case FinishReason::length:
        answer.state = MessageState::complete;
        break;
    case FinishReason::cancelled:
        answer.state = MessageState::partial;
        break;
    case FinishReason::error:
        answer.state = MessageState::failed;
        answer.problem = {ProblemKind::other, fromCore(result.error)};
        break;
    }
    emit answered(answer);
}

void InferenceWorker::count(const CountRequest& request) {
    if (!engine_) return;
    const auto tokens = engine_->countTokens(toCore(request.turns));
    if (tokens) emit counted(request.id, *tokens);
}

} // namespace tramontane::desktop
