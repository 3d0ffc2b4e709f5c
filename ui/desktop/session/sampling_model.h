// The sampling numbers as rows for the preferences: standard name, range, one line of explanation, value.
#pragma once

#include <QAbstractListModel>
#include <QQmlEngine>

#include "ui/desktop/bridge/sampling_table.h"

namespace tramontane::desktop {

class SamplingModel : public QAbstractListModel {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("App.preferences.samplingParameters")
    Q_PROPERTY(int count READ count CONSTANT)

public:
    enum Role {
        NameRole = Qt::UserRole + 1,
        LabelRole,
        ExplanationRole,
        ValueRole,
        MinimumRole,
        MaximumRole,
        StepRole,
        DefaultRole,
        OffRole,
        HasOffRole,
        IntegerRole,
        IsDefaultRole,
    };
    Q_ENUM(Role)

    explicit SamplingModel(QObject* parent = nullptr);

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    QHash<int, QByteArray> roleNames() const override;
    int count() const { return int(rows_.size()); }

    Q_INVOKABLE double value(const QString& name) const;
    Q_INVOKABLE void setValue(const QString& name, double value);
    Q_INVOKABLE void reset(const QString& name);
    QMap<QString, double> values() const;
    void setValues(const QMap<QString, double>& values); // names that are missing take their default
    void retranslate();

    // Only what differs from the defaults: that is what is kept, so that a later version's better defaults
    // reach everybody.
    static QMap<QString, double> differences(const QMap<QString, double>& values);

signals:
    void edited(); // any value changed

private:
    struct Row {
        SamplingRange range;
        double value = 0;
    };
    bool put(int row, double value);
    std::vector<Row> rows_;
};

} // namespace tramontane::desktop
