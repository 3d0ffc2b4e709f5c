// Backups from the history in, rows and what became of them in words out.
#include "backup_list.h"

#include <QLocale>

namespace tramontane::desktop {

int BackupList::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : count(); }

QHash<int, QByteArray> BackupList::roleNames() const {
    return {{TimeRole, "time"}, {ContentRole, "content"}, {ProblemRole, "problem"}};
}

QVariant BackupList::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= count()) return {};
    const auto& backup = backups_[index.row()];
    switch (role) {
    case Qt::DisplayRole:
    case TimeRole:
        return QLocale().toString(backup.time.toLocalTime(), QLocale::ShortFormat);
    case ContentRole:
        return tr("%1, %2, %3")
            .arg(tr("%n conversation(s)", nullptr, backup.conversations), tr("%n message(s)", nullptr, backup.messages),
                 QLocale().formattedDataSize(backup.sizeBytes, 1, QLocale::DataSizeTraditionalFormat));
    case ProblemRole:
        return backup.problem;
    default:
        return {};
    }
}

QString BackupList::message() const {
    if (!outcome_) return {};
    if (!outcome_->problem)
        return outcome_->restored ? tr("The backup was put back. What was there before is a backup itself now.")
                                  : tr("A backup was made.");
    const QString why = outcome_->problem.detail;
    const QString what = outcome_->restored
                             ? tr("The backup could not be put back; the conversations are what they were.")
                             : tr("The backup could not be made. The earlier ones are all there.");
    return why.isEmpty() ? what : what + QLatin1Char('\n') + why;
}

void BackupList::refresh() {
    outcome_.reset();
    emit changed();
    emit listRequested();
}

void BackupList::backUp() {
    if (busy_) return;
    busy_ = true;
    outcome_.reset();
    emit changed();
    emit backupRequested();
}

void BackupList::restore(int row) {
    if (busy_ || row < 0 || row >= count() || !backups_[row].problem.isEmpty()) return;
    busy_ = true;
    outcome_.reset();
    emit changed();
    emit restoreRequested(backups_[row].file);
}

void BackupList::retranslate() {
    if (count()) emit dataChanged(index(0), index(count() - 1));
    emit changed();
}

void BackupList::takeList(const QList<StoredBackup>& backups) {
    beginResetModel();
    backups_ = backups;
    endResetModel();
    emit changed();
}

void BackupList::takeOutcome(const BackupOutcome& outcome) {
    busy_ = false;
    outcome_ = outcome;
    emit changed();
}

} // namespace tramontane::desktop
