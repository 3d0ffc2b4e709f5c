// Summaries from the history in, sidebar rows out; changes as moves and inserts, so that the view keeps its place.
#include "conversation_list_model.h"

#include <algorithm>

namespace tramontane::desktop {

namespace {
constexpr int searchAfterMs = 120;
constexpr int longestTitle = 60;
} // namespace

ConversationListModel::ConversationListModel(QObject* parent) : QAbstractListModel(parent) {
    searchSoon_.setSingleShot(true);
    searchSoon_.setInterval(searchAfterMs);
    connect(&searchSoon_, &QTimer::timeout, this, [this] { emit searchRequested(++searchId_, searchText_); });
    midnight_.setInterval(60 * 1000);
    connect(&midnight_, &QTimer::timeout, this, &ConversationListModel::refreshSections);
    midnight_.start();
}

int ConversationListModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : count(); }

QHash<int, QByteArray> ConversationListModel::roleNames() const {
    return {{ConversationIdRole, "conversationId"},
            {TitleRole, "title"},
            {UpdatedAtRole, "updatedAt"},
            {SectionRole, "section"},
            {SnippetRole, "snippet"},
            {SnippetStartRole, "snippetStart"},
            {SnippetLengthRole, "snippetLength"},
            {CurrentRole, "current"},
            {MessageIdRole, "messageId"},
            {BusyRole, "busy"},
            {PinnedRole, "pinned"},
            {ArchivedRole, "archived"}};
}

QVariant ConversationListModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= count()) return {};
    const auto& row = rows_[index.row()];
    switch (role) {
    case ConversationIdRole:
        return row.id;
    case Qt::DisplayRole:
    case TitleRole:
        return row.title;
    case UpdatedAtRole:
        return row.updatedAt;
    case SectionRole:
        return sectionOf(row);
    case SnippetRole:
        return row.snippet;
    case SnippetStartRole:
        return row.snippetStart;
    case SnippetLengthRole:
        return row.snippetLength;
    case CurrentRole:
        return row.id == currentId_;
    case MessageIdRole:
        return row.matchMessage;
    case BusyRole:
        return busy_.contains(row.id);
    case PinnedRole:
        return row.pinned;
    case ArchivedRole:
        return row.archived;
    default:
        return {};
    }
}

QString ConversationListModel::sectionOf(const ConversationSummary& row) const {
    if (row.pinned && view_ == Chats) return QStringLiteral("pinned");
    return sectionOf(view_ == Trash ? row.deletedAt : row.updatedAt, QDate::currentDate());
}

QString ConversationListModel::sectionOf(const QDateTime& when, const QDate& today) {
    const auto days = when.toLocalTime().date().daysTo(today);
    if (days <= 0) return QStringLiteral("today");
    if (days == 1) return QStringLiteral("yesterday");
    return days <= 7 ? QStringLiteral("week") : QStringLiteral("older");
}

QString ConversationListModel::titleFrom(const QString& question) {
    const QString line = question.left(4 * longestTitle).simplified();
    if (line.size() <= longestTitle) return line;
    qsizetype end = line.lastIndexOf(QLatin1Char(' '), longestTitle);
    if (end < longestTitle / 2) end = longestTitle; // one long word, or a script without spaces
    if (line.at(end - 1).isHighSurrogate()) --end;
    return line.left(end) + QChar(0x2026);
}

int ConversationListModel::rowOf(qint64 id) const {
    for (int row = 0; row < count(); ++row)
        if (rows_[row].id == id) return row;
    return -1;
}

qint64 ConversationListModel::idAt(int row) const { return row >= 0 && row < count() ? rows_[row].id : 0; }

QString ConversationListModel::titleOf(Key id) const {
    for (const auto& row : all_)
        if (row.id == id) return row.title;
    return {};
}

void ConversationListModel::rowChanged(int row, const QList<int>& roles) {
    if (row >= 0) emit dataChanged(index(row), index(row), roles);
}

void ConversationListModel::refreshSections() {
    if (count()) emit dataChanged(index(0), index(count() - 1), {SectionRole, UpdatedAtRole});
}

void ConversationListModel::setSearchText(const QString& text) {
    if (text == searchText_) return;
    searchText_ = text;
    emit searchTextChanged();
    if (!text.trimmed().isEmpty()) return searchSoon_.start();
    searchSoon_.stop();
    ++searchId_; // answers still on their way are for nobody
    if (query_.isEmpty()) return;
    query_.clear();
    emit searchingChanged();
    show();
}

void ConversationListModel::takeMatches(const ConversationMatches& matches) {
    if (matches.id != searchId_) return;
    const bool was = searching();
    query_ = matches.query;
    if (!was) emit searchingChanged();
    auto rows = matches.rows;
    rows.removeIf([this](const ConversationSummary& row) { return gone_.contains(row.id); });
    for (auto& row : rows) // a match says nothing of where its conversation is kept
        for (const auto& known : all_)
            if (known.id == row.id) {
                row.pinned = known.pinned;
                row.archived = known.archived;
            }
    apply(rows);
}

int ConversationListModel::archivedCount() const {
    return int(std::count_if(all_.begin(), all_.end(), [](const auto& row) { return row.archived; }));
}

void ConversationListModel::setView(View view) {
    if (view == view_) return;
    view_ = view;
    emit viewChanged();
    show();
    refreshSections();
}

QList<ConversationSummary> ConversationListModel::arranged() const {
    if (view_ == Trash) return trash_;
    QList<ConversationSummary> rows;
    for (const auto& row : all_)
        if (row.archived == (view_ == Archive)) rows << row;
    if (view_ == Chats) std::stable_partition(rows.begin(), rows.end(), [](const auto& row) { return row.pinned; });
    return rows;
}

void ConversationListModel::show() {
    emit countsChanged();
    if (!searching()) apply(arranged());
}

void ConversationListModel::takeTrash(const QList<ConversationSummary>& rows) {
    trash_ = rows;
    show();
}

void ConversationListModel::takeList(const QList<ConversationSummary>& rows) {
    auto listed = rows;
    listed.removeIf([this](const ConversationSummary& row) { return gone_.contains(row.id); });
    // A conversation that is new here may not be in the store yet.
    for (const auto& row : all_)
        if (row.id < 0) listed.prepend(row);
    all_ = listed;
    show();
}

// The rows become `next`, by as few removals, moves and insertions as a list in order needs.
void ConversationListModel::apply(QList<ConversationSummary> next) {
    const int before = count();
    const int currentBefore = currentRow();
    const auto same = [](const ConversationSummary& a, const ConversationSummary& b) {
        return a.id == b.id && a.matchMessage == b.matchMessage;
    };
    if (rows_.isEmpty() && !next.isEmpty()) { // the whole list at a start: one insertion, whatever its length
        beginInsertRows({}, 0, int(next.size()) - 1);
        rows_ = std::move(next);
        endInsertRows();
        emit countChanged();
        if (currentRow() != currentBefore) emit currentRowChanged();
        return;
    }
    using Place = std::pair<Key, Key>;
    QSet<Place> wanted;
    for (const auto& row : next) wanted.insert({row.id, row.matchMessage});
    for (int row = count() - 1; row >= 0; --row) {
        if (wanted.contains({rows_[row].id, rows_[row].matchMessage})) continue;
        beginRemoveRows({}, row, row);
        rows_.removeAt(row);
        endRemoveRows();
    }
    for (int row = 0; row < next.size(); ++row) {
        if (row < count() && same(rows_[row], next[row])) {
            const auto& was = rows_[row];
            const bool changed = was.title != next[row].title || was.updatedAt != next[row].updatedAt ||
                                 was.snippet != next[row].snippet || was.pinned != next[row].pinned ||
                                 was.archived != next[row].archived;
            rows_[row] = next[row];
            if (changed)
                rowChanged(row, {TitleRole, UpdatedAtRole, SectionRole, SnippetRole, SnippetStartRole,
                                 SnippetLengthRole, PinnedRole, ArchivedRole, Qt::DisplayRole});
            continue;
        }
        const auto later = std::find_if(rows_.begin() + std::min<qsizetype>(row, count()), rows_.end(),
                                        [&](const ConversationSummary& each) { return same(each, next[row]); });
        if (later != rows_.end()) {
            const int from = int(later - rows_.begin());
            beginMoveRows({}, from, from, {}, row);
            rows_.move(from, row);
            rows_[row] = next[row];
            endMoveRows();
            rowChanged(row, {});
        } else {
            beginInsertRows({}, row, row);
            rows_.insert(row, next[row]);
            endInsertRows();
        }
    }
    if (count() != before) emit countChanged();
    if (currentRow() != currentBefore) emit currentRowChanged();
}

void ConversationListModel::setCurrent(Key id) {
    if (id == currentId_) return;
    const int from = currentRow();
    currentId_ = id;
    rowChanged(from, {CurrentRole});
    rowChanged(currentRow(), {CurrentRole});
    emit currentIdChanged();
    emit currentRowChanged();
}

void ConversationListModel::setBusy(Key id, bool busy) {
    if (busy == busy_.contains(id)) return;
    if (busy)
        busy_.insert(id);
    else
        busy_.remove(id);
    rowChanged(rowOf(id), {BusyRole});
}

void ConversationListModel::touch(Key id, const QString& titleIfNew) {
    const auto now = QDateTime::currentDateTime();
    const auto found = std::find_if(all_.begin(), all_.end(), [id](const auto& row) { return row.id == id; });
    if (found == all_.end()) {
        ConversationSummary row;
        row.id = id;
        row.title = titleIfNew;
        row.updatedAt = now;
        all_.prepend(row);
    } else {
        found->updatedAt = now;
        std::rotate(all_.begin(), found, found + 1);
    }
    show();
}

void ConversationListModel::renumber(const QHash<Key, Key>& numbers) {
    if (numbers.isEmpty()) return;
    const auto renumbered = [&](Key id) { return numbers.value(id, id); };
    for (auto* list : {&all_, &trash_})
        for (auto& row : *list) row.id = renumbered(row.id);
    // The list the store sent may already have brought the same conversation under its number.
    QSet<Key> seen;
    all_.removeIf([&](const ConversationSummary& row) {
        const bool twice = seen.contains(row.id);
        seen.insert(row.id);
        return twice;
    });
    for (int row = 0; row < count(); ++row) {
        const Key id = renumbered(rows_[row].id);
        if (id == rows_[row].id) continue;
        rows_[row].id = id;
        rowChanged(row, {ConversationIdRole});
    }
    const auto mapped = [&](const QSet<Key>& keys) {
        QSet<Key> all;
        for (const Key key : keys) all.insert(renumbered(key));
        return all;
    };
    busy_ = mapped(busy_);
    gone_ = mapped(gone_);
    for (auto& each : undo_) {
        each.first = renumbered(each.first);
        each.second.id = each.first;
    }
    if (renumbered(currentId_) != currentId_) {
        currentId_ = renumbered(currentId_);
        emit currentIdChanged();
    }
    show();
}

void ConversationListModel::newConversation() {
    setView(Chats);
    emit openRequested(0, 0);
}

void ConversationListModel::open(qint64 id) { emit openRequested(id, 0); }

void ConversationListModel::openMatch(int row) {
    if (view_ == Trash && !searching()) return; // what is in there cannot be written to
    if (row >= 0 && row < count()) emit openRequested(rows_[row].id, rows_[row].matchMessage);
}

void ConversationListModel::rename(qint64 id, const QString& wanted) {
    const QString title = wanted.simplified();
    if (title.isEmpty()) return;
    for (auto* list : {&all_, &rows_})
        for (auto& row : *list)
            if (row.id == id) row.title = title;
    for (int row = 0; row < count(); ++row)
        if (rows_[row].id == id) rowChanged(row, {TitleRole, Qt::DisplayRole});
    emit renameRequested(id, title);
}

void ConversationListModel::remove(qint64 id) {
    const auto found = std::find_if(all_.begin(), all_.end(), [id](const auto& row) { return row.id == id; });
    const auto inRows = std::find_if(rows_.begin(), rows_.end(), [id](const auto& row) { return row.id == id; });
    if (found == all_.end() && inRows == rows_.end()) return;
    ConversationSummary summary = found != all_.end() ? *found : *inRows;
    summary.deletedAt = QDateTime::currentDateTime();
    undo_.append({id, summary});
    gone_.insert(id);
    if (found != all_.end()) all_.erase(found);
    trash_.prepend(summary);
    if (searching()) {
        auto rows = rows_;
        rows.removeIf([id](const ConversationSummary& row) { return row.id == id; });
        apply(rows);
    }
    show();
    emit removeRequested(id);
    emit removed(id, summary.title);
}

void ConversationListModel::bringBack(ConversationSummary summary) {
    const Key id = summary.id;
    gone_.remove(id);
    trash_.removeIf([id](const ConversationSummary& row) { return row.id == id; });
    undo_.removeIf([id](const auto& each) { return each.first == id; });
    summary.deletedAt = {};
    const auto place =
        std::find_if(all_.begin(), all_.end(), [&](const auto& row) { return row.updatedAt < summary.updatedAt; });
    all_.insert(place, summary);
    show();
    if (searching()) emit searchRequested(++searchId_, searchText_);
    emit restoreRequested(id);
    emit restored(id);
}

void ConversationListModel::undoRemove() {
    if (!undo_.isEmpty()) bringBack(undo_.last().second);
}

void ConversationListModel::putBack(qint64 id) {
    const auto found = std::find_if(trash_.begin(), trash_.end(), [id](const auto& row) { return row.id == id; });
    if (found != trash_.end()) bringBack(*found);
}

void ConversationListModel::purge(qint64 id) {
    if (!trash_.removeIf([id](const ConversationSummary& row) { return row.id == id; })) return;
    undo_.removeIf([id](const auto& each) { return each.first == id; });
    show();
    emit purgeRequested(id);
}

void ConversationListModel::emptyTrash() {
    if (trash_.isEmpty()) return;
    trash_.clear();
    undo_.clear();
    show();
    emit purgeTrashRequested();
}

void ConversationListModel::setPinned(qint64 id, bool pinned) {
    for (auto* list : {&all_, &rows_})
        for (auto& row : *list)
            if (row.id == id) row.pinned = pinned;
    rowChanged(rowOf(id), {PinnedRole, SectionRole});
    show();
    emit pinRequested(id, pinned);
}

void ConversationListModel::setArchived(qint64 id, bool archived) {
    for (auto* list : {&all_, &rows_})
        for (auto& row : *list)
            if (row.id == id) row.archived = archived;
    rowChanged(rowOf(id), {ArchivedRole});
    show();
    emit archiveRequested(id, archived);
}

void ConversationListModel::duplicate(qint64 id, const QString& title) { emit duplicateRequested(id, title); }

void ConversationListModel::clearAll() {
    all_.clear();
    trash_.clear();
    undo_.clear();
    busy_.clear();
    emit countsChanged();
    apply({});
}

void ConversationListModel::next() { step(1); }

void ConversationListModel::previous() { step(-1); }

void ConversationListModel::step(int by) {
    if (!count() || (view_ == Trash && !searching())) return;
    const int row = currentRow();
    const int to = row < 0 ? (by > 0 ? 0 : count() - 1) : (row + by + count()) % count();
    emit openRequested(rows_[to].id, rows_[to].matchMessage);
}

} // namespace tramontane::desktop
