// The sidebar: the conversations pinned first and then newest first, the archive, the trash, or what a search finds.
// Asks the history by signal; hears of changes by slots.
#pragma once

#include <QAbstractListModel>
#include <QDate>
#include <QQmlEngine>
#include <QSet>
#include <QTimer>

#include "ui/desktop/bridge/messages.h"

namespace tramontane::desktop {

class ConversationListModel : public QAbstractListModel {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("App.conversations")
    Q_PROPERTY(QString searchText READ searchText WRITE setSearchText NOTIFY searchTextChanged)
    Q_PROPERTY(int count READ count NOTIFY countChanged)
    Q_PROPERTY(bool searching READ searching NOTIFY searchingChanged)
    Q_PROPERTY(qint64 currentId READ currentId NOTIFY currentIdChanged)
    Q_PROPERTY(int currentRow READ currentRow NOTIFY currentRowChanged)
    Q_PROPERTY(View view READ view WRITE setView NOTIFY viewChanged)
    Q_PROPERTY(int archivedCount READ archivedCount NOTIFY countsChanged)
    Q_PROPERTY(int trashCount READ trashCount NOTIFY countsChanged)

public:
    enum Role {
        ConversationIdRole = Qt::UserRole + 1,
        TitleRole,
        UpdatedAtRole,
        SectionRole,
        SnippetRole,
        SnippetStartRole,
        SnippetLengthRole,
        CurrentRole,
        MessageIdRole,
        BusyRole,
        PinnedRole,
        ArchivedRole,
    };
    Q_ENUM(Role)
    enum View { Chats, Archive, Trash }; // which rows are shown while nothing is searched for
    Q_ENUM(View)

    explicit ConversationListModel(QObject* parent = nullptr);

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;

    QString searchText() const { return searchText_; }
    void setSearchText(const QString& text);
    int count() const { return int(rows_.size()); }
    bool searching() const { return !query_.isEmpty(); }
    Key currentId() const { return currentId_; }
    int currentRow() const { return rowOf(currentId_); }
    View view() const { return view_; }
    void setView(View view);
    int archivedCount() const;
    int trashCount() const { return int(trash_.size()); }

    Q_INVOKABLE void newConversation();
    Q_INVOKABLE void open(qint64 id);
    Q_INVOKABLE void openMatch(int row);
    Q_INVOKABLE void rename(qint64 id, const QString& title);
    Q_INVOKABLE void remove(qint64 id);
    Q_INVOKABLE void undoRemove();
    Q_INVOKABLE void setPinned(qint64 id, bool pinned);
    Q_INVOKABLE void setArchived(qint64 id, bool archived);
    Q_INVOKABLE void duplicate(qint64 id, const QString& title);
    Q_INVOKABLE void putBack(qint64 id); // out of the trash
    Q_INVOKABLE void purge(qint64 id);   // out of the trash for good
    Q_INVOKABLE void emptyTrash();
    Q_INVOKABLE void next();
    Q_INVOKABLE void previous();
    Q_INVOKABLE int rowOf(qint64 id) const;
    Q_INVOKABLE qint64 idAt(int row) const; // 0: there is no such row

    // For the session: what is shown, what answers, what came to be.
    void setCurrent(Key id);
    void setBusy(Key id, bool busy);
    void touch(Key id, const QString& titleIfNew);
    void renumber(const QHash<Key, Key>& numbers);
    void clearAll();
    QString titleOf(Key id) const;
    static QString titleFrom(const QString& question);
    QString sectionOf(const ConversationSummary& row) const;
    static QString sectionOf(const QDateTime& when, const QDate& today);

public slots:
    void takeList(const QList<tramontane::desktop::ConversationSummary>& rows);
    void takeTrash(const QList<tramontane::desktop::ConversationSummary>& rows);
    void takeMatches(const tramontane::desktop::ConversationMatches& matches);

signals:
    void searchTextChanged();
    void searchingChanged();
    void countChanged();
    void currentIdChanged();
    void currentRowChanged();
    void viewChanged();
    void countsChanged();
    void removed(qint64 id, const QString& title);
    void restored(qint64 id);

    void openRequested(qint64 id, qint64 messageId); // 0, 0: a new one
    void searchRequested(quint64 id, const QString& query);
    void renameRequested(qint64 id, const QString& title);
    void removeRequested(qint64 id);
    void restoreRequested(qint64 id);
    void purgeRequested(qint64 id);
    void purgeTrashRequested();
    void pinRequested(qint64 id, bool pinned);
    void archiveRequested(qint64 id, bool archived);
    void duplicateRequested(qint64 id, const QString& title);

private:
    void apply(QList<ConversationSummary> rows);
    QList<ConversationSummary> arranged() const; // the rows of the view
    void show();                                 // them, unless something is searched for
    void bringBack(ConversationSummary summary);
    void step(int by);
    void rowChanged(int row, const QList<int>& roles);
    void refreshSections();

    QList<ConversationSummary> all_;   // newest first, archived ones too
    QList<ConversationSummary> trash_; // latest deleted first
    QList<ConversationSummary> rows_;  // as shown
    QSet<Key> busy_;
    QSet<Key> gone_; // removed here, perhaps not yet in the store
    QList<std::pair<Key, ConversationSummary>> undo_;
    QString searchText_, query_;
    quint64 searchId_ = 0;
    Key currentId_ = 0;
    View view_ = Chats;
    QTimer searchSoon_, midnight_;
};

} // namespace tramontane::desktop
