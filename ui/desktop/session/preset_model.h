// Named sets of sampling numbers: three that come with the program, and the person's own.
#pragma once

#include <QAbstractListModel>
#include <QMap>
#include <QQmlEngine>

namespace tramontane::desktop {

class PresetModel : public QAbstractListModel {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("App.preferences.presets")
    Q_PROPERTY(int count READ rowCountNow NOTIFY countChanged)

public:
    struct Preset {
        QString name; // the key; of built-in ones the English name
        QMap<QString, double> values;
        bool builtIn = false;
    };
    enum Role { NameRole = Qt::UserRole + 1, LabelRole, BuiltInRole, CurrentRole };
    Q_ENUM(Role)

    explicit PresetModel(QObject* parent = nullptr);

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;
    int rowCountNow() const { return int(presets_.size()); }

    const Preset* find(const QString& name) const;
    // The preset with exactly these numbers; empty where none has them.
    QString nameOf(const QMap<QString, double>& values) const;
    bool save(const QString& name, const QMap<QString, double>& values); // false: empty, or a built-in one's name
    bool remove(const QString& name);
    void setCurrent(const QString& name);
    QList<Preset> own() const;
    void setOwn(const QList<Preset>& presets);
    void retranslate();

signals:
    void countChanged();

private:
    static QString label(const Preset& preset);
    QList<Preset> presets_;
    QString current_;
};

} // namespace tramontane::desktop
