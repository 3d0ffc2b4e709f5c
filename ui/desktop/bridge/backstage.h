// The threads behind the window and every connection between them and it. Started once, ended in order.
#pragma once

#include <QObject>
#include <QThread>

#include "ui/desktop/bridge/history_worker.h"
#include "ui/desktop/bridge/inference_worker.h"
#include "ui/desktop/bridge/transfer_worker.h"

namespace tramontane::desktop {

class App;

class Backstage : public QObject {
    Q_OBJECT

public:
    Backstage(App* app, EngineSource engines, std::filesystem::path historyFile, HistoryOptions historyOptions = {});
    ~Backstage() override;

    // Opens the history, then the model: `modelFolder`, or what the preferences name where that is empty.
    void start(const QString& modelFolder);
    // Answers end with their text kept, the history closes, the threads end. False: a thread had to be left
    // behind, and the process must end without waiting for it.
    bool shutDown();

private:
    void connectEngine();
    void connectHistory();
    void connectTransfer();

    App* app_;
    QThread inferenceThread_, historyThread_, transferThread_;
    InferenceWorker* inference_;
    HistoryWorker* history_;
    TransferWorker* transfer_;
    bool down_ = false;
};

} // namespace tramontane::desktop
