// Wishes for a model in, load requests out; reports of loads in, what the window says about them out.
#include "engine_state.h"

#include <QDir>
#include <QFileInfo>

#include "preferences.h"

namespace tramontane::desktop {

namespace {
// Settings arrive one by one while a slider moves; the model is opened once they rest.
constexpr int reloadAfterMs = 600;
} // namespace

EngineState::EngineState(Preferences* preferences, QString builtInFolder, QObject* parent)
    : QObject(parent), preferences_(preferences), builtInFolder_(std::move(builtInFolder)) {
    reloadSoon_.setSingleShot(true);
    reloadSoon_.setInterval(reloadAfterMs);
    connect(&reloadSoon_, &QTimer::timeout, this, [this] {
        // After a failure the one before still answers: the settings are for that.
        load(model_ ? model_->folder : wantedFolder_);
    });
}

void EngineState::start(const QString& folder) {
    if (!folder.isEmpty()) return load(QDir(folder).absolutePath());
    const QString remembered = preferences_->modelFolder();
    load(remembered.isEmpty() ? builtInFolder_ : remembered);
}

void EngineState::shutDown() {
    reloadSoon_.stop();
    stopLoad_.request_stop();
}

bool EngineState::isBuiltIn(const QString& folder) const {
    return QDir(folder).absolutePath() == QDir(builtInFolder_).absolutePath();
}

QString EngineState::modelName() const {
    if (!model_) return {};
    return modelIsBuiltIn() ? tr("Built-in guide") : model_->name;
}

QString EngineState::loadingName() const {
    if (status_ != Loading) return {};
    return isBuiltIn(wantedFolder_) ? tr("Built-in guide") : QFileInfo(wantedFolder_).fileName();
}

QString EngineState::loadStage() const {
    if (status_ != Loading) return {};
    // core says its stages in English; those it has are said in the window's language.
    if (loadStage_.startsWith(QLatin1String("Checking"))) return tr("Checking the model's files");
    if (loadStage_ == QLatin1String("packing weights") || loadStage_ == QLatin1String("dequantizing"))
        return tr("Reading the weights");
    return tr("Opening the model");
}

QString EngineState::errorText() const {
    const QString name = isBuiltIn(wantedFolder_) ? tr("The built-in model") : QFileInfo(wantedFolder_).fileName();
    switch (problem_.kind) {
    case ProblemKind::none:
        return {};
    case ProblemKind::modelMissing:
        return tr("%1 could not be opened: the folder or one of its files is not there.").arg(name);
    case ProblemKind::outOfMemory:
        return tr("%1 does not fit in this computer's memory. A smaller context or a smaller model may.").arg(name);
    case ProblemKind::unsupported:
        return tr("%1 is in a format that Tramontane does not run.").arg(name);
    case ProblemKind::modelChanged:
        return tr("%1 changed on disk while it was being read.").arg(name);
    case ProblemKind::cancelled:
        return tr("Opening %1 was cancelled.").arg(name);
    default:
        return tr("%1 could not be opened: its files do not hold a model that Tramontane can run.").arg(name);
    }
}

void EngineState::openModel(const QUrl& folder) {
    const QString path = folder.isLocalFile() ? folder.toLocalFile() : folder.path();
    if (path.isEmpty()) return;
    load(QDir(path).absolutePath());
}

void EngineState::useBuiltIn() { load(builtInFolder_); }

void EngineState::retry() { load(wantedFolder_.isEmpty() ? builtInFolder_ : wantedFolder_); }

void EngineState::reload() {
    if (!wantedFolder_.isEmpty()) reloadSoon_.start();
}

void EngineState::cancelLoading() { stopLoad_.request_stop(); }

void EngineState::load(const QString& folder) {
    reloadSoon_.stop();
    stopLoad_.request_stop(); // the one before, if it still runs
    stopLoad_ = std::stop_source();
    wantedFolder_ = folder;
    problem_ = {};
    loadFraction_ = 0;
    loadStage_.clear();
    status_ = Loading;
    const LoadRequest request{.id = ++lastLoad_,
                              .folder = folder,
                              .device = preferences_->device(),
                              .gpuLayers = preferences_->gpuLayers(),
                              .threads = preferences_->threads(),
                              .contextLength = preferences_->contextLength(),
                              .stop = stopLoad_};
    emit changed();
    emit loadProgressed();
    emit loadRequested(request);
}

void EngineState::takeProgress(quint64 id, double fraction, const QString& stage) {
    if (id != lastLoad_ || status_ != Loading) return;
    loadFraction_ = fraction;
    loadStage_ = stage;
    emit loadProgressed();
}

void EngineState::takeOutcome(const LoadOutcome& outcome) {
    model_ = outcome.model;
    if (outcome.id != lastLoad_) return emit changed(); // a later load is on its way
    problem_ = outcome.problem;
    status_ = model_ ? Ready : Failed;
    loadFraction_ = 0;
    if (!problem_) {
        // Only what opened is remembered, so that a bad folder does not greet the person at every start.
        preferences_->setModelFolder(isBuiltIn(wantedFolder_) ? QString() : wantedFolder_);
    }
    emit changed();
    emit loadProgressed();
    if (problem_)
        emit loadFailed();
    else
        emit loaded();
}

QString EngineState::deviceNote() const {
    if (deviceNote_.explanation.isEmpty()) return {};
    if (deviceKind() == QLatin1String("cuda"))
        return tr("%1 has too little free memory for the whole model: the CPU computes a part of it.")
            .arg(deviceNote_.gpuName);
    if (!deviceNote_.gpuName.isEmpty())
        return tr("%1 cannot be used for this model: the CPU answers.").arg(deviceNote_.gpuName);
    return tr("No NVIDIA GPU can be used here: the CPU answers.");
}

void EngineState::takeDeviceNote(const DeviceNote& note) {
    deviceNote_ = note;
    emit changed();
}

} // namespace tramontane::desktop
