// Names and numbers in, rows for the preset chooser out.
#include "preset_model.h"

#include <algorithm>

#include "sampling_model.h"

namespace tramontane::desktop {

PresetModel::PresetModel(QObject* parent) : QAbstractListModel(parent) {
    // Numbers that are not named take their defaults.
    const auto builtIn = [this](const char* name, double temperature) {
        presets_ << Preset{QLatin1String(name), {{QStringLiteral("temperature"), temperature}}, true};
    };
    builtIn(QT_TRANSLATE_NOOP("tramontane::desktop::PresetModel", "Precise"), 0.2);
    builtIn(QT_TRANSLATE_NOOP("tramontane::desktop::PresetModel", "Balanced"), 0.7);
    builtIn(QT_TRANSLATE_NOOP("tramontane::desktop::PresetModel", "Creative"), 1.0);
}

int PresetModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : int(presets_.size()); }

QHash<int, QByteArray> PresetModel::roleNames() const {
    return {{NameRole, "name"}, {LabelRole, "label"}, {BuiltInRole, "builtIn"}, {CurrentRole, "current"}};
}

QString PresetModel::label(const Preset& preset) {
    return preset.builtIn ? tr(preset.name.toUtf8().constData()) : preset.name;
}

QVariant PresetModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= presets_.size()) return {};
    const auto& preset = presets_[index.row()];
    switch (role) {
    case NameRole:
        return preset.name;
    case Qt::DisplayRole:
    case LabelRole:
        return label(preset);
    case BuiltInRole:
        return preset.builtIn;
    case CurrentRole:
        return preset.name == current_;
    default:
        return {};
    }
}

const PresetModel::Preset* PresetModel::find(const QString& name) const {
    const auto found =
        std::find_if(presets_.begin(), presets_.end(), [&](const Preset& preset) { return preset.name == name; });
    return found == presets_.end() ? nullptr : &*found;
}

QString PresetModel::nameOf(const QMap<QString, double>& values) const {
    const auto different = SamplingModel::differences(values);
    for (const auto& preset : presets_)
        if (SamplingModel::differences(preset.values) == different) return preset.name;
    return {};
}

bool PresetModel::save(const QString& name, const QMap<QString, double>& values) {
    const QString own = name.simplified();
    if (own.isEmpty()) return false;
    for (int row = 0; row < presets_.size(); ++row) {
        auto& preset = presets_[row];
        const bool same =
            preset.name.compare(own, Qt::CaseInsensitive) == 0 || label(preset).compare(own, Qt::CaseInsensitive) == 0;
        if (!same) continue;
        if (preset.builtIn) return false;
        preset = {own, values, false};
        emit dataChanged(index(row), index(row));
        return true;
    }
    beginInsertRows({}, int(presets_.size()), int(presets_.size()));
    presets_ << Preset{own, values, false};
    endInsertRows();
    emit countChanged();
    return true;
}

bool PresetModel::remove(const QString& name) {
    for (int row = 0; row < presets_.size(); ++row) {
        if (presets_[row].name != name || presets_[row].builtIn) continue;
        beginRemoveRows({}, row, row);
        presets_.removeAt(row);
        endRemoveRows();
        emit countChanged();
        return true;
    }
    return false;
}

void PresetModel::setCurrent(const QString& name) {
    if (current_ == name) return;
    current_ = name;
    emit dataChanged(index(0), index(int(presets_.size()) - 1), {CurrentRole});
}

QList<PresetModel::Preset> PresetModel::own() const {
    QList<Preset> mine;
    std::copy_if(presets_.begin(), presets_.end(), std::back_inserter(mine),
                 [](const Preset& preset) { return !preset.builtIn; });
    return mine;
}

void PresetModel::setOwn(const QList<Preset>& presets) {
    beginResetModel();
    presets_.removeIf([](const Preset& preset) { return !preset.builtIn; });
    presets_ += presets;
    endResetModel();
    emit countChanged();
}

void PresetModel::retranslate() {
    emit dataChanged(index(0), index(int(presets_.size()) - 1), {LabelRole, Qt::DisplayRole});
}

} // namespace tramontane::desktop
