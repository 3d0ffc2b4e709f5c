// Every setting there is, in one INI file, each read once and written when it changes.
#pragma once

#include <QObject>
#include <QQmlEngine>
#include <QRect>
#include <QSettings>

#include <memory>
#include <optional>

#include "color_scheme.h"
#include "preset_model.h"
#include "sampling_model.h"
#include "ui/desktop/bridge/messages.h"

namespace tramontane::desktop {

class Preferences : public QObject {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("App.preferences")
    Q_PROPERTY(QString theme READ theme WRITE setTheme NOTIFY themeChanged)
    Q_PROPERTY(bool dark READ dark NOTIFY darkChanged)
    Q_PROPERTY(QString language READ language WRITE setLanguage NOTIFY languageChanged)
    Q_PROPERTY(qreal textScale READ textScale WRITE setTextScale NOTIFY textScaleChanged)
    Q_PROPERTY(bool sidebarVisible READ sidebarVisible WRITE setSidebarVisible NOTIFY sidebarVisibleChanged)
    Q_PROPERTY(QRect windowGeometry READ windowGeometry WRITE setWindowGeometry NOTIFY windowGeometryChanged)
    Q_PROPERTY(bool windowMaximized READ windowMaximized WRITE setWindowMaximized NOTIFY windowGeometryChanged)
    Q_PROPERTY(QString modelFolder READ modelFolder WRITE setModelFolder NOTIFY modelFolderChanged)
    Q_PROPERTY(QString device READ device WRITE setDevice NOTIFY deviceChanged)
    Q_PROPERTY(int gpuLayers READ gpuLayers WRITE setGpuLayers NOTIFY gpuLayersChanged) // -1: as many as fit
    Q_PROPERTY(int threads READ threads WRITE setThreads NOTIFY threadsChanged)
    Q_PROPERTY(int maximumThreads READ maximumThreads CONSTANT)
    Q_PROPERTY(int contextLength READ contextLength WRITE setContextLength NOTIFY contextLengthChanged)
    Q_PROPERTY(int contextMaximum READ contextMaximum NOTIFY contextLimitsChanged)
    Q_PROPERTY(QString contextMemoryText READ contextMemoryText NOTIFY contextLimitsChanged)
    Q_PROPERTY(QString systemPrompt READ systemPrompt WRITE setSystemPrompt NOTIFY systemPromptChanged)
    Q_PROPERTY(tramontane::desktop::SamplingModel* samplingParameters READ samplingParameters CONSTANT)
    Q_PROPERTY(QString seed READ seed WRITE setSeed NOTIFY seedChanged)
    Q_PROPERTY(bool seedValid READ seedValid NOTIFY seedChanged)
    Q_PROPERTY(QString stopStrings READ stopStrings WRITE setStopStrings NOTIFY stopStringsChanged)
    Q_PROPERTY(tramontane::desktop::PresetModel* presets READ presets CONSTANT)
    Q_PROPERTY(QString currentPreset READ currentPreset NOTIFY currentPresetChanged)
    Q_PROPERTY(bool firstRunSeen READ firstRunSeen WRITE setFirstRunSeen NOTIFY firstRunSeenChanged)
    Q_PROPERTY(QString dataFolder READ dataFolder CONSTANT)
    Q_PROPERTY(QString packedModelsFolder READ packedModelsFolder CONSTANT) // of the CPU's packed weights

public:
    // `file`: the INI file. `dataFolder`: where the conversations lie, for the window to say.
    Preferences(const QString& file, QString dataFolder, QObject* parent = nullptr);
    ~Preferences() override;

    QString theme() const;
    void setTheme(const QString& theme);
    bool dark() const;
    QString language() const;
    void setLanguage(const QString& language);
    qreal textScale() const;
    void setTextScale(qreal scale);
    bool sidebarVisible() const;
    void setSidebarVisible(bool visible);
    QRect windowGeometry() const;
    void setWindowGeometry(const QRect& geometry);
    bool windowMaximized() const;
    void setWindowMaximized(bool maximized);
    QString modelFolder() const;
    void setModelFolder(const QString& folder);
    QString device() const;
    void setDevice(const QString& device);
    int gpuLayers() const;
    void setGpuLayers(int layers);
    int threads() const;
    void setThreads(int threads);
    int maximumThreads() const;
    int contextLength() const;
    void setContextLength(int tokens);
    int contextMaximum() const { return contextMaximum_; }
    QString contextMemoryText() const;
    QString systemPrompt() const;
    void setSystemPrompt(const QString& text);
    SamplingModel* samplingParameters() { return &sampling_; }
    QString seed() const;
    void setSeed(const QString& text);
    bool seedValid() const;
    QString stopStrings() const;
    void setStopStrings(const QString& text);
    PresetModel* presets() { return &presets_; }
    QString currentPreset() const { return currentPreset_; }
    bool firstRunSeen() const;
    void setFirstRunSeen(bool seen);
    QString dataFolder() const { return dataFolder_; }
    QString packedModelsFolder() const;
    qint64 lastConversation() const; // shown when the program last ended; 0: none
    void setLastConversation(qint64 id);

    Q_INVOKABLE void applyPreset(const QString& name);
    Q_INVOKABLE bool savePreset(const QString& name);
    Q_INVOKABLE void deletePreset(const QString& name);
    Q_INVOKABLE void resetSampling();
    Q_INVOKABLE void deleteAllConversations() { emit deleteAllRequested(); }

    SamplingChoice sampling() const;
    // Of the model that is loaded; all 0 where none is.
    void setContextLimits(int maximum, int current, quint64 bytesPerToken);
    // Overrides of the command line: they hold for this run and are not written.
    void overrideDevice(const QString& device);
    void overrideGpuLayers(int layers);
    void retranslate();
    void sync();

signals:
    void themeChanged();
    void darkChanged();
    void languageChanged();
    void textScaleChanged();
    void sidebarVisibleChanged();
    void windowGeometryChanged();
    void modelFolderChanged();
    void deviceChanged();
    void gpuLayersChanged();
    void threadsChanged();
    void contextLengthChanged();
    void contextLimitsChanged();
    void systemPromptChanged();
    void seedChanged();
    void stopStringsChanged();
    void currentPresetChanged();
    void firstRunSeenChanged();
    void engineSettingsChanged(); // device, layers on it, threads or context length: the model has to be opened anew
    void deleteAllRequested();

private:
    void put(const char* key, const QVariant& value);
    QVariant get(const char* key, const QVariant& otherwise = {}) const;
    void loadSampling();
    void storeSampling();
    void storePresets();
    void updateCurrentPreset();

    std::unique_ptr<QSettings> settings_;
    QString dataFolder_;
    QString deviceOverride_;
    std::optional<int> gpuLayersOverride_;
    SamplingModel sampling_;
    PresetModel presets_;
    ColorScheme colorScheme_;
    QString currentPreset_;
    int contextMaximum_ = 0, contextCurrent_ = 0;
    quint64 bytesPerToken_ = 0;
    bool loading_ = false;
};

} // namespace tramontane::desktop
