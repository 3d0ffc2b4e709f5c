// The engine's table in, rows in the person's language out.
#include "sampling_model.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace tramontane::desktop {

namespace {

struct Words {
    const char* name;
    const char* label;
    const char* explanation;
};

// Labels are the field's own names, so that what is read elsewhere is found here.
constexpr Words words[] = {
    {"temperature", QT_TRANSLATE_NOOP("tramontane::desktop::SamplingModel", "Temperature"),
     QT_TRANSLATE_NOOP("tramontane::desktop::SamplingModel",
                       "How freely words are chosen: 0 always takes the likeliest, higher is more varied.")},
    {"top-k", QT_TRANSLATE_NOOP("tramontane::desktop::SamplingModel", "Top-k"),
     QT_TRANSLATE_NOOP("tramontane::desktop::SamplingModel",
                       "Choose among this many of the likeliest tokens; 0 is off.")},
    {"top-p", QT_TRANSLATE_NOOP("tramontane::desktop::SamplingModel", "Top-p"),
     QT_TRANSLATE_NOOP("tramontane::desktop::SamplingModel",
                       "Choose among the likeliest tokens that together reach this probability; 1 is off.")},
    {"min-p", QT_TRANSLATE_NOOP("tramontane::desktop::SamplingModel", "Min-p"),
     QT_TRANSLATE_NOOP("tramontane::desktop::SamplingModel",
                       "Leave out tokens less likely than this share of the likeliest one; 0 is off.")},
    {"typical-p", QT_TRANSLATE_NOOP("tramontane::desktop::SamplingModel", "Typical-p"),
     QT_TRANSLATE_NOOP("tramontane::desktop::SamplingModel",
                       "Choose among the tokens that surprise as much as expected, up to this probability; 1 is off.")},
    {"repeat-penalty", QT_TRANSLATE_NOOP("tramontane::desktop::SamplingModel", "Repeat penalty"),
     QT_TRANSLATE_NOOP("tramontane::desktop::SamplingModel",
                       "Above 1 makes tokens that were used lately less likely; 1 is off.")},
    {"repeat-last-n", QT_TRANSLATE_NOOP("tramontane::desktop::SamplingModel", "Repeat last n"),
     QT_TRANSLATE_NOOP("tramontane::desktop::SamplingModel",
                       "How many tokens back the penalties look; -1 is the whole context, 0 is off.")},
    {"presence-penalty", QT_TRANSLATE_NOOP("tramontane::desktop::SamplingModel", "Presence penalty"),
     QT_TRANSLATE_NOOP("tramontane::desktop::SamplingModel",
                       "Lowers every token that was used at all, which invites new subjects; 0 is off.")},
    {"frequency-penalty", QT_TRANSLATE_NOOP("tramontane::desktop::SamplingModel", "Frequency penalty"),
     QT_TRANSLATE_NOOP("tramontane::desktop::SamplingModel",
                       "Lowers a token more each time it was used, against repetition; 0 is off.")},
    {"max-tokens", QT_TRANSLATE_NOOP("tramontane::desktop::SamplingModel", "Max tokens"),
     QT_TRANSLATE_NOOP("tramontane::desktop::SamplingModel",
                       "The longest answer, in tokens; -1 goes on until the context is full.")},
};

const Words* wordsOf(const QString& name) {
    const auto* found = std::find_if(std::begin(words), std::end(words),
                                     [&](const Words& each) { return name == QLatin1String(each.name); });
    return found == std::end(words) ? nullptr : found;
}

} // namespace

SamplingModel::SamplingModel(QObject* parent) : QAbstractListModel(parent) {
    for (auto& range : samplingRanges()) rows_.push_back({range, range.standard});
}

int SamplingModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : count(); }

QHash<int, QByteArray> SamplingModel::roleNames() const {
    return {{NameRole, "name"},     {LabelRole, "label"},     {ExplanationRole, "explanation"},
            {ValueRole, "value"},   {MinimumRole, "minimum"}, {MaximumRole, "maximum"},
            {StepRole, "step"},     {DefaultRole, "default"}, {OffRole, "off"},
            {HasOffRole, "hasOff"}, {IntegerRole, "integer"}, {IsDefaultRole, "isDefault"}};
}

QVariant SamplingModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= count()) return {};
    const auto& [range, value] = rows_[std::size_t(index.row())];
    const Words* own = wordsOf(range.name);
    switch (role) {
    case NameRole:
        return range.name;
    case Qt::DisplayRole:
    case LabelRole:
        return own ? tr(own->label) : range.name;
    case ExplanationRole:
        return own ? tr(own->explanation) : QString();
    case ValueRole:
        return value;
    case MinimumRole:
        return range.minimum;
    case MaximumRole:
        return range.maximum;
    case StepRole:
        return range.step;
    case DefaultRole:
        return range.standard;
    case OffRole:
        return range.off.value_or(range.standard);
    case HasOffRole:
        return range.off.has_value();
    case IntegerRole:
        return range.integer;
    case IsDefaultRole:
        return value == range.standard;
    default:
        return {};
    }
}

bool SamplingModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    bool number = false;
    const double wanted = value.toDouble(&number);
    if (role != ValueRole || !number || !index.isValid() || !put(index.row(), wanted)) return false;
    emit edited();
    return true;
}

// Clamped to the range, whole where it must be, and free of the slider's rounding dust. False: nothing changed.
bool SamplingModel::put(int row, double wanted) {
    if (row < 0 || row >= count() || !std::isfinite(wanted)) return false;
    auto& [range, value] = rows_[std::size_t(row)];
    double next = std::clamp(wanted, range.minimum, range.maximum);
    next = range.integer ? std::round(next) : std::round(next * 10000) / 10000;
    if (next == value) return false;
    value = next;
    emit dataChanged(index(row), index(row), {ValueRole, IsDefaultRole});
    return true;
}

double SamplingModel::value(const QString& name) const {
    for (const auto& row : rows_)
        if (row.range.name == name) return row.value;
    return 0;
}

void SamplingModel::setValue(const QString& name, double value) {
    for (int row = 0; row < count(); ++row)
        if (rows_[std::size_t(row)].range.name == name && put(row, value)) emit edited();
}

void SamplingModel::reset(const QString& name) {
    for (int row = 0; row < count(); ++row)
        if (rows_[std::size_t(row)].range.name == name && put(row, rows_[std::size_t(row)].range.standard))
            emit edited();
}

QMap<QString, double> SamplingModel::values() const {
    QMap<QString, double> all;
    for (const auto& row : rows_) all.insert(row.range.name, row.value);
    return all;
}

void SamplingModel::setValues(const QMap<QString, double>& values) {
    bool any = false;
    for (int row = 0; row < count(); ++row) {
        const auto& range = rows_[std::size_t(row)].range;
        any |= put(row, values.value(range.name, range.standard));
    }
    if (any) emit edited();
}

QMap<QString, double> SamplingModel::differences(const QMap<QString, double>& values) {
    QMap<QString, double> different;
    for (const auto& range : samplingRanges()) {
        const double value = values.value(range.name, range.standard);
        if (value != range.standard) different.insert(range.name, value);
    }
    return different;
}

void SamplingModel::retranslate() {
    if (count()) emit dataChanged(index(0), index(count() - 1), {LabelRole, ExplanationRole, Qt::DisplayRole});
}

} // namespace tramontane::desktop
