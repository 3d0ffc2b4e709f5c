// Everything behind the window, without the window: an App with its threads on a folder of its own, and a scripted
// engine. What a person does, a test does through `session()` and `list()`.
#pragma once

#include <QGuiApplication>
#include <QTemporaryDir>
#include <QTest>

#include <memory>

#include "fake_engine.h"
#include "ui/desktop/bridge/backstage.h"
#include "ui/desktop/session/app.h"

namespace tramontane::desktop {

class World {
public:
    // `folder` empty: a folder of its own that goes with it.
    explicit World(std::shared_ptr<FakeScript> script = std::make_shared<FakeScript>(), const QString& folder = {});
    ~World();

    // Starts both threads and waits for the model, where `ready`.
    void start(bool ready = true);
    // Ends in order; the folder stays, `start` opens it again.
    bool stop();
    QString folder() const { return path_; }
    std::filesystem::path historyFile() const;
    HistoryOptions historyOptions;

    App& app() { return *app_; }
    ChatSession& session() { return *app_->session(); }
    ConversationListModel& list() { return *app_->conversations(); }
    EngineState& engine() { return *app_->engine(); }
    FakeScript& script() { return *script_; }

    // "user: Hello | assistant: Hi (streaming) 1/2"
    QStringList shown() const;
    QString text(int row) const { return role(row, MessageListModel::TextRole).toString(); }
    QString status(int row) const { return role(row, MessageListModel::StatusRole).toString(); }
    Key id(int row) const { return role(row, MessageListModel::MessageIdRole).toLongLong(); }
    QVariant role(int row, int role) const;
    bool sendAndFinish(const QString& text);

    // Another look at the store, once it is closed.
    Result<HistoryStore> openStore() const { return HistoryStore::open(historyFile()); }

private:
    QTemporaryDir folder_;
    QString path_;
    std::shared_ptr<FakeScript> script_;
    std::unique_ptr<App> app_;
    std::unique_ptr<Backstage> backstage_;
};

// An application that times every event the GUI thread handles, nested ones within their outermost.
class TimedApplication : public QGuiApplication {
    Q_OBJECT

public:
    using QGuiApplication::QGuiApplication;
    static TimedApplication* instance() { return static_cast<TimedApplication*>(QCoreApplication::instance()); }
    bool notify(QObject* receiver, QEvent* event) override;

    void startTiming();
    // Of one event: by the clock on the wall, and by the processor's (which other programs cannot lengthen).
    double longestWallMs() const { return longestWallMs_; }
    double longestBusyMs() const { return longestBusyMs_; }
    int events() const { return events_; }

private:
    int depth_ = 0, events_ = 0;
    double longestWallMs_ = 0, longestBusyMs_ = 0;
};

} // namespace tramontane::desktop
