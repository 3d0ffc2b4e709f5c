// Conversations out into files and in from files: what a person asks for in, what became of it in words out.
// Asks the worker by signal; hears of the end by a slot.
#pragma once

#include <QObject>
#include <QQmlEngine>
#include <QUrl>

#include "ui/desktop/bridge/messages.h"

namespace tramontane::desktop {

class Transfer : public QObject {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("App.transfer")
    Q_PROPERTY(bool busy READ busy NOTIFY changed)
    Q_PROPERTY(QString message READ message NOTIFY changed) // of what was done last; empty: nothing to say
    Q_PROPERTY(bool failed READ failed NOTIFY changed)      // what the message tells of

public:
    using QObject::QObject;

    bool busy() const { return busy_; }
    QString message() const;
    bool failed() const { return outcome_ && outcome_->problem; }

    // `format`: "md", "json", "html" or "pdf", unless the name of the file ends in another of them.
    Q_INVOKABLE void exportConversation(qint64 conversation, const QUrl& file, const QString& format);
    Q_INVOKABLE void exportAll(const QUrl& file);
    Q_INVOKABLE void importFile(const QUrl& file);
    Q_INVOKABLE void forget(); // the message
    // Where a file of that title would go; one that a file system takes.
    Q_INVOKABLE static QUrl suggestion(const QString& title, const QString& format);

    void retranslate() { emit changed(); }

public slots:
    void takeOutcome(const tramontane::desktop::TransferOutcome& outcome);

signals:
    void changed();
    void ended(); // what `message` tells of
    void exportRequested(const tramontane::desktop::ExportRequest& request);
    void importRequested(const QString& file);

private:
    bool begin(const QUrl& file, bool importing); // false: there is nothing to begin

    std::optional<TransferOutcome> outcome_;
    bool busy_ = false;
};

} // namespace tramontane::desktop
