// Lives on the inference thread and owns the engine: load and prompt jobs in, progress, text and figures out.
// A busy thread takes no slot, so stopping travels in the job; text goes out at most once a frame.
#pragma once

#include <QElapsedTimer>
#include <QObject>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "core/engine/chat_engine.h"
#include "ui/desktop/bridge/messages.h"

namespace tramontane::desktop {

using EngineOpener = std::function<Result<std::unique_ptr<ChatEngine>>(
    const ModelOptions& options, const LoadProgress& progress, std::stop_token stop)>;

struct EngineSource {
    EngineOpener open;
    std::function<DeviceNote()> deviceNote; // asked at the start and after each load; may take a while
    // Free memory of the GPU that models run on; empty or 0: unknown.
    std::function<quint64()> freeGpuMemory = {};
};

class InferenceWorker : public QObject {
    Q_OBJECT

public:
    explicit InferenceWorker(EngineSource source);
    ~InferenceWorker() override;

public slots:
    void start(); // tells the device note
    void load(const tramontane::desktop::LoadRequest& request);
    void generate(const tramontane::desktop::PromptJob& job);
    void count(const tramontane::desktop::CountRequest& request);
    void close(); // frees the engine on its own thread

signals:
    void deviceNoted(const tramontane::desktop::DeviceNote& note);
    void loadProgressed(quint64 id, double fraction, const QString& stage);
    void loadEnded(const tramontane::desktop::LoadOutcome& outcome);
    void promptRead(quint64 job, int done, int total);
    void textReady(quint64 job, const QString& delta, const tramontane::desktop::LiveFigures& figures);
    void answered(const tramontane::desktop::AnswerResult& result);
    void counted(quint64 id, int tokens);

private:
    Result<std::unique_ptr<ChatEngine>> open(const LoadRequest& request, bool reportProgress);
    LoadedModel describe() const;
    bool fitsBesideOnGpu(const std::filesystem::path& folder, int contextLength) const;

    EngineSource source_;
    std::unique_ptr<ChatEngine> engine_;
    LoadRequest loaded_; // how `engine_` was asked for
};

} // namespace tramontane::desktop
