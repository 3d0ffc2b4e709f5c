// The model as the window sees it: what is loaded, what is being loaded, and why it could not be.
// Asks for loads by signal; hears of them by slots. Knows no engine.
#pragma once

#include <QObject>
#include <QQmlEngine>
#include <QTimer>
#include <QUrl>

#include "ui/desktop/bridge/messages.h"

namespace tramontane::desktop {

class Preferences;

class EngineState : public QObject {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("App.engine")
    Q_PROPERTY(Status status READ status NOTIFY changed)
    Q_PROPERTY(qreal loadFraction READ loadFraction NOTIFY loadProgressed)
    Q_PROPERTY(QString loadStage READ loadStage NOTIFY loadProgressed)
    Q_PROPERTY(QString loadingName READ loadingName NOTIFY changed)
    Q_PROPERTY(QString modelName READ modelName NOTIFY changed)
    Q_PROPERTY(QString modelPath READ modelPath NOTIFY changed)
    Q_PROPERTY(bool modelIsBuiltIn READ modelIsBuiltIn NOTIFY changed)
    Q_PROPERTY(QString deviceName READ deviceName NOTIFY changed)
    Q_PROPERTY(QString deviceKind READ deviceKind NOTIFY changed)
    Q_PROPERTY(QString deviceNote READ deviceNote NOTIFY changed)
    Q_PROPERTY(QString deviceDetail READ deviceDetail NOTIFY changed)
    Q_PROPERTY(QString fingerprint READ fingerprint NOTIFY changed)
    Q_PROPERTY(QString errorText READ errorText NOTIFY changed)
    Q_PROPERTY(QString errorDetail READ errorDetail NOTIFY changed)
    Q_PROPERTY(int contextLength READ contextLength NOTIFY changed)
    Q_PROPERTY(int layerCount READ layerCount NOTIFY changed)

public:
    enum Status { Starting, Loading, Ready, Failed };
    Q_ENUM(Status)

    EngineState(Preferences* preferences, QString builtInFolder, QObject* parent = nullptr);

    // Opens what the preferences name; `folder` of the command line goes before that and is not remembered.
    void start(const QString& folder);
    // Stops whatever is being loaded, for good.
    void shutDown();

    Status status() const { return status_; }
    qreal loadFraction() const { return loadFraction_; }
    QString loadStage() const;
    QString loadingName() const;
    QString modelName() const;
    QString modelPath() const { return model_ ? model_->folder : QString(); }
    bool modelIsBuiltIn() const { return model_ && isBuiltIn(model_->folder); }
    QString deviceName() const { return model_ ? model_->device : QString(); }
    QString deviceKind() const { return model_ ? model_->deviceKind : QString(); }
    QString deviceNote() const;
    QString deviceDetail() const { return deviceNote_.explanation; }
    QString fingerprint() const { return model_ ? model_->fingerprint : QString(); }
    QString errorText() const;
    QString errorDetail() const { return problem_.detail; }
    int contextLength() const { return model_ ? model_->contextLength : 0; }
    int contextMaximum() const { return model_ ? model_->contextMaximum : 0; }
    int layerCount() const { return model_ ? model_->layerCount : 0; }
    quint64 kvBytesPerToken() const { return model_ ? model_->kvBytesPerToken : 0; }
    // A model answers now, or will as soon as it has loaded.
    bool takesPrompts() const { return status_ == Ready || status_ == Loading; }
    const Problem& problem() const { return problem_; }

    Q_INVOKABLE void openModel(const QUrl& folder);
    Q_INVOKABLE void useBuiltIn();
    Q_INVOKABLE void retry();
    Q_INVOKABLE void cancelLoading();
    // After a change of device, layers on it, threads or context length.
    void reload();
    void retranslate() {
        emit changed();
        emit loadProgressed();
    }

public slots:
    void takeProgress(quint64 id, double fraction, const QString& stage);
    void takeOutcome(const tramontane::desktop::LoadOutcome& outcome);
    void takeDeviceNote(const tramontane::desktop::DeviceNote& note);

signals:
    void changed();
    void loadProgressed();
    void loadRequested(const tramontane::desktop::LoadRequest& request);
    void loaded();     // the model asked for answers now
    void loadFailed(); // `problem` and `errorText` say why

private:
    bool isBuiltIn(const QString& folder) const;
    void load(const QString& folder);

    Preferences* preferences_;
    QString builtInFolder_;
    Status status_ = Starting;
    qreal loadFraction_ = 0;
    QString loadStage_;
    QString wantedFolder_; // of the last request
    std::optional<LoadedModel> model_;
    Problem problem_;
    DeviceNote deviceNote_;
    quint64 lastLoad_ = 0;
    std::stop_source stopLoad_{std::nostopstate};
    QTimer reloadSoon_;
};

} // namespace tramontane::desktop
