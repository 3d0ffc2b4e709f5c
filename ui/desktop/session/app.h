// What QML sees of the program: one singleton, `App`, with the models and controllers on it.
#pragma once

#include <QObject>
#include <QQmlEngine>

#include "backup_list.h"
#include "chat_session.h"
#include "conversation_list_model.h"
#include "engine_state.h"
#include "preferences.h"
#include "transfer.h"

namespace tramontane::desktop {

// Puts text where other programs can take it.
class Clipboard : public QObject {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("App.clipboard")

public:
    using QObject::QObject;
    Q_INVOKABLE void setText(const QString& text);
};

class App : public QObject {
    Q_OBJECT
    QML_ELEMENT
    QML_SINGLETON
    Q_PROPERTY(tramontane::desktop::ChatSession* session READ session CONSTANT)
    Q_PROPERTY(tramontane::desktop::ConversationListModel* conversations READ conversations CONSTANT)
    Q_PROPERTY(tramontane::desktop::Preferences* preferences READ preferences CONSTANT)
    Q_PROPERTY(tramontane::desktop::EngineState* engine READ engine CONSTANT)
    Q_PROPERTY(tramontane::desktop::BackupList* backups READ backups CONSTANT)
    Q_PROPERTY(tramontane::desktop::Transfer* transfer READ transfer CONSTANT)
    Q_PROPERTY(tramontane::desktop::Clipboard* clipboard READ clipboard CONSTANT)
    Q_PROPERTY(QString version READ version CONSTANT)

public:
    App(const QString& preferencesFile, const QString& dataFolder, const QString& builtInModel);
    ~App() override;

    // QML asks for the singleton by this: it is the one that `offerTo` gave to the engine.
    static App* create(QQmlEngine* engine, QJSEngine* scripts);
    void offerTo(QQmlEngine* engine);

    ChatSession* session() { return &session_; }
    ConversationListModel* conversations() { return &conversations_; }
    Preferences* preferences() { return &preferences_; }
    EngineState* engine() { return &engine_; }
    BackupList* backups() { return &backups_; }
    Transfer* transfer() { return &transfer_; }
    Clipboard* clipboard() { return &clipboard_; }
    QString version() const;
    // After a change of language: what the models say themselves is said again.
    void retranslate();

    Q_INVOKABLE void quit();

signals:
    void raiseRequested(); // a second start: the window comes forward

private:
    Preferences preferences_;
    ConversationListModel conversations_;
    EngineState engine_;
    ChatSession session_;
    BackupList backups_;
    Transfer transfer_;
    Clipboard clipboard_;
};

} // namespace tramontane::desktop
