// An INI file in, settings for the window and the engine out; every change back into the file.
#include "preferences.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QLocale>
#include <QThread>

#include <algorithm>
#include <cmath>

#include "ui/desktop/bridge/places.h"

namespace tramontane::desktop {

namespace key {
// Not "general": QSettings writes a group of that name so that it is not found again.
constexpr auto theme = "appearance/theme";
constexpr auto language = "appearance/language";
constexpr auto textScale = "appearance/textScale";
constexpr auto sidebar = "window/sidebarVisible";
constexpr auto geometry = "window/geometry";
constexpr auto maximized = "window/maximized";
constexpr auto lastConversation = "window/conversation";
constexpr auto firstRunSeen = "window/firstRunSeen";
constexpr auto modelFolder = "model/folder";
constexpr auto device = "model/device";
constexpr auto gpuLayers = "model/gpuLayers";
constexpr auto threads = "model/threads";
constexpr auto contextLength = "model/contextLength";
constexpr auto systemPrompt = "prompt/system";
constexpr auto sampling = "sampling/values";
constexpr auto seed = "sampling/seed";
constexpr auto stop = "sampling/stop";
constexpr auto presets = "sampling/presets";
} // namespace key

namespace {

constexpr qreal smallestText = 0.8, largestText = 2.0;
constexpr int mostLayers = 1000; // more than any model has

QString toJson(const QMap<QString, double>& values) {
    QJsonObject object;
    for (auto value = values.begin(); value != values.end(); ++value) object.insert(value.key(), value.value());
    return QString::fromUtf8(QJsonDocument(object).toJson(QJsonDocument::Compact));
}

QMap<QString, double> fromJson(const QString& json) {
    QMap<QString, double> values;
    const auto object = QJsonDocument::fromJson(json.toUtf8()).object();
    for (auto value = object.begin(); value != object.end(); ++value)
        if (value->isDouble() && std::isfinite(value->toDouble())) values.insert(value.key(), value->toDouble());
    return values;
}

QString oneOf(const QString& value, std::initializer_list<const char*> allowed) {
    for (const char* each : allowed)
        if (value == QLatin1String(each)) return value;
    return QLatin1String(*allowed.begin());
}

} // namespace

Preferences::Preferences(const QString& file, QString dataFolder, QObject* parent)
    : QObject(parent), settings_(std::make_unique<QSettings>(file, QSettings::IniFormat)),
      dataFolder_(std::move(dataFolder)) {
    loadSampling();
    connect(&sampling_, &SamplingModel::edited, this, [this] {
        if (!loading_) storeSampling();
        updateCurrentPreset();
    });
    connect(&colorScheme_, &ColorScheme::changed, this, [this] {
        if (theme() == QLatin1String("system")) emit darkChanged();
    });
    updateCurrentPreset();
}

Preferences::~Preferences() = default;

QVariant Preferences::get(const char* key, const QVariant& otherwise) const {
    return settings_->value(QLatin1String(key), otherwise);
}

void Preferences::put(const char* key, const QVariant& value) { settings_->setValue(QLatin1String(key), value); }

QString Preferences::theme() const { return oneOf(get(key::theme).toString(), {"system", "light", "dark"}); }

void Preferences::setTheme(const QString& wanted) {
    const QString theme = oneOf(wanted, {"system", "light", "dark"});
    if (theme == this->theme()) return;
    put(key::theme, theme);
    emit themeChanged();
    emit darkChanged();
}

bool Preferences::dark() const {
    const QString chosen = theme();
    return chosen == QLatin1String("dark") || (chosen == QLatin1String("system") && colorScheme_.dark());
}

QString Preferences::language() const { return oneOf(get(key::language).toString(), {"system", "en", "fr", "de"}); }

void Preferences::setLanguage(const QString& wanted) {
    const QString language = oneOf(wanted, {"system", "en", "fr", "de"});
    if (language == this->language()) return;
    put(key::language, language);
    emit languageChanged();
}

qreal Preferences::textScale() const {
    const qreal scale = get(key::textScale, 1.0).toReal();
    return std::isfinite(scale) ? std::clamp(scale, smallestText, largestText) : 1.0;
}

void Preferences::setTextScale(qreal wanted) {
    if (!std::isfinite(wanted)) return;
    const qreal scale = std::clamp(wanted, smallestText, largestText);
    if (qFuzzyCompare(scale, textScale())) return;
    put(key::textScale, scale);
    emit textScaleChanged();
}

bool Preferences::sidebarVisible() const { return get(key::sidebar, true).toBool(); }

void Preferences::setSidebarVisible(bool visible) {
    if (visible == sidebarVisible()) return;
    put(key::sidebar, visible);
    emit sidebarVisibleChanged();
}

QRect Preferences::windowGeometry() const { return get(key::geometry).toRect(); }

void Preferences::setWindowGeometry(const QRect& geometry) {
    if (geometry == windowGeometry()) return;
    put(key::geometry, geometry);
    emit windowGeometryChanged();
}

bool Preferences::windowMaximized() const { return get(key::maximized, false).toBool(); }

void Preferences::setWindowMaximized(bool maximized) {
    if (maximized == windowMaximized()) return;
    put(key::maximized, maximized);
    emit windowGeometryChanged();
}

bool Preferences::firstRunSeen() const { return get(key::firstRunSeen, false).toBool(); }

void Preferences::setFirstRunSeen(bool seen) {
    if (seen == firstRunSeen()) return;
    put(key::firstRunSeen, seen);
    emit firstRunSeenChanged();
}

qint64 Preferences::lastConversation() const { return get(key::lastConversation, 0).toLongLong(); }

void Preferences::setLastConversation(qint64 id) {
    if (id != lastConversation()) put(key::lastConversation, id);
}

QString Preferences::modelFolder() const { return get(key::modelFolder).toString(); }

void Preferences::setModelFolder(const QString& folder) {
    if (folder == modelFolder()) return;
    put(key::modelFolder, folder);
    emit modelFolderChanged();
}

QString Preferences::device() const {
    if (!deviceOverride_.isEmpty()) return deviceOverride_;
    return oneOf(get(key::device).toString(), {"auto", "cpu", "cuda"});
}

void Preferences::setDevice(const QString& wanted) {
    const QString device = oneOf(wanted, {"auto", "cpu", "cuda"});
    if (device == this->device()) return;
    deviceOverride_.clear(); // the window's word is the later one
    put(key::device, device);
    emit deviceChanged();
    emit engineSettingsChanged();
}

void Preferences::overrideDevice(const QString& device) { deviceOverride_ = device; }

QString Preferences::packedModelsFolder() const { return desktop::packedModelsFolder(); }

int Preferences::gpuLayers() const {
    if (gpuLayersOverride_) return *gpuLayersOverride_;
    bool isNumber = false;
    const int layers = get(key::gpuLayers, -1).toInt(&isNumber);
    return isNumber ? std::clamp(layers, -1, mostLayers) : -1;
}

void Preferences::setGpuLayers(int wanted) {
    const int layers = std::clamp(wanted, -1, mostLayers);
    if (layers == gpuLayers()) return;
    gpuLayersOverride_.reset(); // as with the device
    put(key::gpuLayers, layers);
    emit gpuLayersChanged();
    emit engineSettingsChanged();
}

void Preferences::overrideGpuLayers(int layers) { gpuLayersOverride_ = std::clamp(layers, -1, mostLayers); }

int Preferences::maximumThreads() const { return std::max(1, QThread::idealThreadCount()); }

int Preferences::threads() const { return std::clamp(get(key::threads, 0).toInt(), 0, maximumThreads()); }

void Preferences::setThreads(int wanted) {
    const int threads = std::clamp(wanted, 0, maximumThreads());
    if (threads == this->threads()) return;
    put(key::threads, threads);
    emit threadsChanged();
    emit engineSettingsChanged();
}

int Preferences::contextLength() const { return std::max(0, get(key::contextLength, 0).toInt()); }

void Preferences::setContextLength(int wanted) {
    const int tokens = std::max(0, wanted);
    if (tokens == contextLength()) return;
    put(key::contextLength, tokens);
    emit contextLengthChanged();
    emit contextLimitsChanged();
    emit engineSettingsChanged();
}

void Preferences::setContextLimits(int maximum, int current, quint64 bytesPerToken) {
    if (maximum == contextMaximum_ && current == contextCurrent_ && bytesPerToken == bytesPerToken_) return;
    contextMaximum_ = maximum;
    contextCurrent_ = current;
    bytesPerToken_ = bytesPerToken;
    emit contextLimitsChanged();
}

QString Preferences::contextMemoryText() const {
    if (!bytesPerToken_) return {};
    const int tokens = contextLength() ? std::min(contextLength(), contextMaximum_) : contextCurrent_;
    return tr("%1 of memory for the context").arg(QLocale().formattedDataSize(qint64(bytesPerToken_) * tokens));
}

QString Preferences::systemPrompt() const { return get(key::systemPrompt).toString(); }

void Preferences::setSystemPrompt(const QString& text) {
    if (text == systemPrompt()) return;
    put(key::systemPrompt, text);
    emit systemPromptChanged();
}

QString Preferences::seed() const { return get(key::seed).toString(); }

void Preferences::setSeed(const QString& text) {
    const QString trimmed = text.trimmed();
    if (trimmed == seed()) return;
    put(key::seed, trimmed);
    emit seedChanged();
}

bool Preferences::seedValid() const {
    bool number = false;
    seed().toULongLong(&number);
    return number || seed().isEmpty();
}

QString Preferences::stopStrings() const { return get(key::stop).toString(); }

void Preferences::setStopStrings(const QString& text) {
    if (text == stopStrings()) return;
    put(key::stop, text);
    emit stopStringsChanged();
}

SamplingChoice Preferences::sampling() const {
    SamplingChoice choice;
    choice.values = sampling_.values();
    bool number = false;
    const quint64 fixed = seed().toULongLong(&number);
    if (number) choice.seed = fixed;
    choice.stop = stopStrings().split(QLatin1Char('\n'), Qt::SkipEmptyParts);
    return choice;
}

void Preferences::loadSampling() {
    loading_ = true;
    sampling_.setValues(fromJson(get(key::sampling).toString()));
    QList<PresetModel::Preset> own;
    const auto stored = QJsonDocument::fromJson(get(key::presets).toString().toUtf8()).object();
    for (auto preset = stored.begin(); preset != stored.end(); ++preset)
        own << PresetModel::Preset{preset.key(),
                                   fromJson(QString::fromUtf8(QJsonDocument(preset->toObject()).toJson())), false};
    presets_.setOwn(own);
    loading_ = false;
}

void Preferences::storeSampling() { put(key::sampling, toJson(SamplingModel::differences(sampling_.values()))); }

void Preferences::updateCurrentPreset() {
    const QString name = presets_.nameOf(sampling_.values());
    presets_.setCurrent(name);
    if (name == currentPreset_) return;
    currentPreset_ = name;
    emit currentPresetChanged();
}

void Preferences::applyPreset(const QString& name) {
    const auto* preset = presets_.find(name);
    if (preset) sampling_.setValues(preset->values);
}

bool Preferences::savePreset(const QString& name) {
    if (!presets_.save(name, SamplingModel::differences(sampling_.values()))) return false;
    storePresets();
    updateCurrentPreset();
    return true;
}

void Preferences::deletePreset(const QString& name) {
    if (!presets_.remove(name)) return;
    storePresets();
    updateCurrentPreset();
}

void Preferences::storePresets() {
    QJsonObject all;
    for (const auto& preset : presets_.own())
        all.insert(preset.name, QJsonDocument::fromJson(toJson(preset.values).toUtf8()).object());
    put(key::presets, QString::fromUtf8(QJsonDocument(all).toJson(QJsonDocument::Compact)));
}

void Preferences::resetSampling() {
    sampling_.setValues({});
    setSeed({});
    setStopStrings({});
}

void Preferences::retranslate() {
    sampling_.retranslate();
    presets_.retranslate();
    emit contextLimitsChanged();
}

void Preferences::sync() { settings_->sync(); }

} // namespace tramontane::desktop
