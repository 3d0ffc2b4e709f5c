// Lives on the history thread and owns the store: what to keep in, what was kept out. What cannot be written now
// waits here in order and is tried again, so that nothing a person wrote depends on the moment's disk.
#pragma once

#include <QObject>
#include <QTemporaryDir>
#include <QTimer>

#include <atomic>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/history/history_store.h"
#include "ui/desktop/bridge/messages.h"

namespace tramontane::desktop {

// Values of core on their way between two threads of the bridge; nobody changes them any more.
using ReadConversation = std::shared_ptr<const WholeConversation>; // null: the conversation is not there
using ReadConversations = std::shared_ptr<const std::vector<WholeConversation>>;

class HistoryWorker : public QObject {
    Q_OBJECT

public:
    explicit HistoryWorker(std::filesystem::path file, HistoryOptions options = {});
    ~HistoryWorker() override;

    // From any thread, before shutDown: a backup that is being made ends at once.
    void hurry() { hurried_ = true; }

public slots:
    void open();
    void retry();        // at once, instead of when the timer comes to it
    void useTemporary(); // where the file never opened: goes on without keeping anything beyond this run
    void shutDown();     // growing answers become partial, waiting writes get a last try, the store closes

    void list();
    void search(quint64 id, const QString& query);
    void load(qint64 conversation);
    void storeExchange(const tramontane::desktop::Exchange& exchange);
    void takeText(quint64 job, const QString& delta);
    void takeAnswer(const tramontane::desktop::AnswerResult& result);
    void saveDraft(qint64 conversation, const QString& text);
    void showSibling(qint64 conversation, qint64 message, int delta);
    void removeMessage(qint64 conversation, qint64 message);
    void restoreMessage(qint64 conversation, qint64 message);
    void addVariant(qint64 conversation, qint64 answer, const QString& text); // the answer as a person would have it
    void rename(qint64 conversation, const QString& title);
    void remove(qint64 conversation);
    void restore(qint64 conversation);
    void purge(qint64 conversation); // out of the trash, for good
    void purgeTrash();
    void pin(qint64 conversation, bool pinned);
    void archive(qint64 conversation, bool archived);
    void duplicate(qint64 conversation, const QString& title);
    void removeAll();
    void backUpIfDue();
    void backUpNow();
    void listBackups();
    void restoreBackup(const QString& file); // the conversations become those of then; the present ones a backup
    // For the transfer worker, which answers to nobody but itself: every question has one answer.
    void readKeys(); // of all conversations, archived ones too
    void readWhole(qint64 conversation);
    // As soon as no answer is being written, for that would have to wait until all is stored.
    void addConversations(const tramontane::desktop::ReadConversations& conversations);

signals:
    void opened(const tramontane::desktop::HistoryReport& report);
    // `neverOpened`: nothing was read yet, so a temporary file can stand in.
    void troubled(const tramontane::desktop::Problem& problem, bool neverOpened);
    void recovered();
    void listed(const QList<tramontane::desktop::ConversationSummary>& rows);
    void trashListed(const QList<tramontane::desktop::ConversationSummary>& rows);
    void duplicated(qint64 copy);
    void backupsListed(const QList<tramontane::desktop::StoredBackup>& backups);
    void replaced(); // by a backup: whatever is shown is of another history
    void backupEnded(const tramontane::desktop::BackupOutcome& outcome);
    void keysRead(const QList<qint64>& keys, const tramontane::desktop::Problem& problem);
    void wholeRead(const tramontane::desktop::ReadConversation& conversation,
                   const tramontane::desktop::Problem& problem);
    void conversationsAdded(int conversations, int messages, const tramontane::desktop::Problem& problem);
    void found(const tramontane::desktop::ConversationMatches& matches);
    void loaded(const tramontane::desktop::StoredConversation& conversation);
    void exchangeStored(const tramontane::desktop::ExchangeStored& stored);
    void exchangeRefused(quint64 job, const tramontane::desktop::Problem& problem);

private:
    struct Growing { // an answer that is being written
        Key answer = 0;
        std::string text;
        bool changed = false;
    };
    using Write = std::function<Result<void>(HistoryStore&)>;
    struct Waiting {
        Write write;
        QString replaces; // a later write with the same name takes this one's place; empty: none does
        JobId job = 0;    // of an exchange: whoever waits for it is told when it cannot be
        bool reopened = false;
    };

    void enqueue(Write write, const QString& replaces = {}, JobId job = 0);
    bool settle(); // writes what waits; false: something still does
    bool openStore();
    void trouble(const Error& error);
    void saveGrowing();
    void exchangeWrites(const Exchange& exchange);
    void addWaiting();
    void indexMore(); // of a large import, a little at a time
    Result<StoredConversation> read(Key conversation);
    void reload(Key conversation);

    ConversationId conversationOf(Key key) const { return conversations_.value(key, key); }
    MessageId messageOf(Key key) const { return messages_.value(key, key); }

    std::filesystem::path file_;
    HistoryOptions options_;
    std::optional<HistoryStore> store_;
    std::unique_ptr<QTemporaryDir> temporary_;
    std::deque<Waiting> waiting_;
    QHash<quint64, Growing> growing_;
    ReadConversations toAdd_;                  // once nothing grows
    QHash<Key, ConversationId> conversations_; // what the window's own keys became
    QHash<Key, MessageId> messages_;
    QTimer* growTimer_;
    QTimer* retryTimer_;
    QTimer* backupTimer_;
    QTimer* indexTimer_;
    std::atomic<bool> hurried_ = false;
    bool troubled_ = false, everOpened_ = false;
};

} // namespace tramontane::desktop
