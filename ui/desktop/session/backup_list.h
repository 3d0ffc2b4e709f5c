// The backups of the conversations as rows, newest first; making one and putting one back.
// Asks the history by signal; hears of changes by slots.
#pragma once

#include <QAbstractListModel>
#include <QQmlEngine>

#include "ui/desktop/bridge/messages.h"

namespace tramontane::desktop {

class BackupList : public QAbstractListModel {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("App.backups")
    Q_PROPERTY(int count READ count NOTIFY changed)
    Q_PROPERTY(bool busy READ busy NOTIFY changed)
    Q_PROPERTY(QString message READ message NOTIFY changed) // of what was done last; empty: nothing to say
    Q_PROPERTY(bool failed READ failed NOTIFY changed)      // what the message tells of

public:
    enum Role { TimeRole = Qt::UserRole + 1, ContentRole, ProblemRole };
    Q_ENUM(Role)

    explicit BackupList(QObject* parent = nullptr) : QAbstractListModel(parent) {}

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;
    int count() const { return int(backups_.size()); }
    bool busy() const { return busy_; }
    QString message() const;
    bool failed() const { return outcome_ && outcome_->problem; }

    Q_INVOKABLE void refresh(); // also forgets the message
    Q_INVOKABLE void backUp();
    Q_INVOKABLE void restore(int row);

    void retranslate();

public slots:
    void takeList(const QList<tramontane::desktop::StoredBackup>& backups);
    void takeOutcome(const tramontane::desktop::BackupOutcome& outcome);

signals:
    void changed();
    void listRequested();
    void backupRequested();
    void restoreRequested(const QString& file);

private:
    QList<StoredBackup> backups_;
    std::optional<BackupOutcome> outcome_;
    bool busy_ = false;
};

} // namespace tramontane::desktop
