// Lives on a thread of its own: conversations from the history in, files out, and the other way. Asks the history for
// one conversation at a time, so that neither its memory nor its thread is taken up by all of them.
#pragma once

#include <QList>
#include <QObject>

#include <atomic>
#include <optional>

#include "core/exchange/new_file.h"
#include "ui/desktop/bridge/history_worker.h"
#include "ui/desktop/bridge/messages.h"

namespace tramontane::desktop {

class TransferWorker : public QObject {
    Q_OBJECT

public:
    using QObject::QObject;

    // From any thread, before the end: what is under way is left, and nothing remains of it.
    void hurry() { hurried_ = true; }

public slots:
    // One at a time; `ended` comes for each.
    void exportConversations(const tramontane::desktop::ExportRequest& request);
    void importFile(const QString& file);
    // What the history answers.
    void takeKeys(const QList<qint64>& keys, const tramontane::desktop::Problem& problem);
    void takeConversation(const tramontane::desktop::ReadConversation& conversation,
                          const tramontane::desktop::Problem& problem);
    void takeAdded(int conversations, int messages, const tramontane::desktop::Problem& problem);

signals:
    void keysWanted();
    void conversationWanted(qint64 key);
    void fileRead(const tramontane::desktop::ReadConversations& conversations);
    void ended(const tramontane::desktop::TransferOutcome& outcome);

private:
    void askForNext();
    Result<void> write(const WholeConversation& whole);
    Result<void> finish();
    void end(const Problem& problem);

    ExportRequest request_;
    QList<qint64> keys_; // still to be written
    std::optional<NewFile> file_;
    TransferOutcome outcome_;
    std::atomic<bool> hurried_ = false;
};

} // namespace tramontane::desktop
