// Queued signals in, transactions on the store, queued signals out.
#include "history_worker.h"

#include <QDir>
#include <QFile>

#include <utility>

#include "conversions.h"
#include "core/history/backups.h"

namespace tramontane::desktop {

namespace {
constexpr int growMs = 400; // an answer is on disk at least twice a second
constexpr int retryMs = 1000;
constexpr int searchLimit = 200;
constexpr int trashDays = 30;
constexpr int backupAfterMs = 60 * 1000; // of a start: not while a person begins to read or write
constexpr int backupCheckMs = 60 * 60 * 1000;
constexpr int indexAfterMs = 10 * 1000;
constexpr int indexPauseMs = 50; // for what else there is to do

// What asking again a little later may mend.
bool mayPass(ErrorKind kind) {
    return kind == ErrorKind::busy || kind == ErrorKind::io || kind == ErrorKind::outOfMemory;
}
} // namespace

HistoryWorker::HistoryWorker(std::filesystem::path file, HistoryOptions options)
    : file_(std::move(file)), options_(std::move(options)), growTimer_(new QTimer(this)), retryTimer_(new QTimer(this)),
      backupTimer_(new QTimer(this)), indexTimer_(new QTimer(this)) {
    growTimer_->setInterval(growMs);
    connect(growTimer_, &QTimer::timeout, this, &HistoryWorker::saveGrowing);
    retryTimer_->setInterval(retryMs);
    connect(retryTimer_, &QTimer::timeout, this, &HistoryWorker::retry);
    indexTimer_->setSingleShot(true);
    connect(indexTimer_, &QTimer::timeout, this, &HistoryWorker::indexMore);
    connect(backupTimer_, &QTimer::timeout, this, [this] {
        backupTimer_->start(backupCheckMs);
        backUpIfDue();
    });
}

HistoryWorker::~HistoryWorker() = default;

void HistoryWorker::open() {
    if (openStore()) settle();
}

bool HistoryWorker::openStore() {
    if (store_) return true;
    auto opening = HistoryStore::open(file_, options_);
    if (!opening) {
        trouble(opening.error());
        return false;
    }
    store_.emplace(std::move(*opening));
    if (!everOpened_ && !temporary_)
        (void)store_->purgeDeletedBefore(QDateTime::currentDateTime().addDays(-trashDays).toMSecsSinceEpoch());
    everOpened_ = true;
    if (!temporary_ && !backupTimer_->isActive()) backupTimer_->start(backupAfterMs);
    indexTimer_->start(indexAfterMs); // what an earlier run left
    HistoryReport report;
    report.open = true;
    report.temporary = temporary_ != nullptr;
    const auto& found = store_->openReport();
    if (found.outcome == OpenOutcome::salvaged) {
        report.salvagedConversations = int(found.salvagedConversations);
        report.salvagedMessages = int(found.salvagedMessages);
        report.originalKeptAt = QFile::decodeName(found.setAsideFile.c_str());
    }
    emit opened(report);
    list();
    return true;
}

void HistoryWorker::trouble(const Error& error) {
    troubled_ = true;
    emit troubled(historyProblemOf(error), !everOpened_);
    if (mayPass(error.kind))
        retryTimer_->start();
    else
        retryTimer_->stop();
}

void HistoryWorker::retry() {
    if (!openStore() || !settle()) return;
    saveGrowing();
}

void HistoryWorker::useTemporary() {
    if (temporary_ || everOpened_) return;
    temporary_ = std::make_unique<QTemporaryDir>();
    if (!temporary_->isValid()) {
        temporary_.reset();
        return;
    }
    store_.reset();
    file_ =
        std::filesystem::path(QFile::encodeName(temporary_->filePath(QStringLiteral("unsaved.sqlite"))).toStdString());
    retry();
}

void HistoryWorker::enqueue(Write write, const QString& replaces, JobId job) {
    if (!replaces.isEmpty()) std::erase_if(waiting_, [&](const Waiting& each) { return each.replaces == replaces; });
    waiting_.push_back({std::move(write), replaces, job, false});
    settle();
}

bool HistoryWorker::settle() {
    while (!waiting_.empty()) {
        if (!store_) return false; // `open` or the timer comes back to it
        auto& first = waiting_.front();
        const auto written = first.write(*store_);
        if (!written) {
            const Error& error = written.error();
            if (mayPass(error.kind)) {
                trouble(error);
                return false;
            }
            if (error.kind == ErrorKind::invalidInput && !first.reopened) {
                // Perhaps the file was found damaged: opening it again salvages it. Once for each write.
                first.reopened = true;
                store_.reset();
                if (!openStore()) return false;
                continue;
            }
            // What it was about is gone (deleted meanwhile): there is nothing left to write.
            if (first.job) emit exchangeRefused(first.job, historyProblemOf(error));
        }
        waiting_.pop_front();
    }
    if (troubled_ && store_) {
        troubled_ = false;
        retryTimer_->stop();
        emit recovered();
    }
    return true;
}

void HistoryWorker::shutDown() {
    growTimer_->stop();
    retryTimer_->stop();
    backupTimer_->stop();
    indexTimer_->stop();
    // Whatever still grows now never got its end: keep its text as what it is.
    for (auto& each : growing_) {
        enqueue([this, last = each](HistoryStore& store) {
            return store.finishAnswer(messageOf(last.answer), last.text, MessageStatus::partial, std::nullopt);
        });
    }
    growing_.clear();
    settle();
    store_.reset();
}

void HistoryWorker::list() {
    if (!store_) return;
    const auto stored = store_->conversations();
    if (!stored) return trouble(stored.error());
    QList<ConversationSummary> rows;
    rows.reserve(qsizetype(stored->size()));
    for (const auto& conversation : *stored) rows << fromCore(conversation);
    emit listed(rows);
    const auto deleted = store_->deletedConversations();
    if (!deleted) return trouble(deleted.error());
    QList<ConversationSummary> trash;
    trash.reserve(qsizetype(deleted->size()));
    for (const auto& conversation : *deleted) trash << fromCore(conversation);
    emit trashListed(trash);
}

void HistoryWorker::search(quint64 id, const QString& query) {
    ConversationMatches matches{id, query, {}};
    if (store_) {
        SearchQuery question;
        question.text = toCore(query);
        question.limit = searchLimit;
        if (const auto result = store_->search(question))
            for (const auto& hit : result->hits) matches.rows << fromCore(hit);
    }
    emit found(matches);
}

Result<StoredConversation> HistoryWorker::read(Key key) {
    StoredConversation conversation;
    conversation.id = key;
    if (key == 0) {
        if (store_)
            if (const auto draft = store_->draft(0)) conversation.draft = fromCore(*draft);
        return conversation;
    }
    if (!store_) return makeError(ErrorKind::busy, "The conversations are not open.");
    const auto stored = store_->conversation(conversationOf(key));
    if (!stored) return stored.error();
    if (stored->deletedAt) return makeError(ErrorKind::notFound, "The conversation is in the trash.");
    const auto branch = store_->currentBranch(stored->id);
    if (!branch) return branch.error();
    conversation.id = stored->id;
    conversation.title = fromCore(stored->title);
    conversation.draft = fromCore(stored->draft);
    for (const auto& shown : *branch)
        conversation.branch << ShownMessage{fromCore(shown.message), shown.siblingIndex, shown.siblingCount};
    return conversation;
}

void HistoryWorker::load(qint64 key) { reload(key); }

void HistoryWorker::reload(Key key) {
    auto conversation = read(key);
    if (conversation) return emit loaded(*conversation);
    if (store_ && mayPass(conversation.error().kind)) trouble(conversation.error());
    StoredConversation failed;
    failed.id = key;
    failed.problem = historyProblemOf(conversation.error());
    emit loaded(failed);
}

void HistoryWorker::storeExchange(const Exchange& exchange) {
    growing_.insert(exchange.job, Growing{exchange.answer, toCore(exchange.answerStart), false});
    growTimer_->start();
    exchangeWrites(exchange);
}

// Question and answer are two writes, so that a disk that fills up between them asks for the second alone again.
void HistoryWorker::exchangeWrites(const Exchange& exchange) {
    if (exchange.question) {
        enqueue(
            [this, exchange](HistoryStore& store) -> Result<void> {
                const auto& question = *exchange.question;
                tramontane::NewMessage message;
                message.text = toCore(question.text);
                message.clearsDraft = question.fromDraft;
                if (exchange.conversation < 0 && !conversations_.contains(exchange.conversation)) {
                    const auto started = store.startConversation({toCore(exchange.title), false, {}, {}}, message);
                    if (!started) return started.error();
                    conversations_.insert(exchange.conversation, started->conversationId);
                    messages_.insert(question.key, started->messageId);
                    return {};
                }
                message.conversationId = conversationOf(exchange.conversation);
                if (question.parent) message.parentId = messageOf(question.parent);
                const auto id = store.appendMessage(message);
                if (!id) return id.error();
                messages_.insert(question.key, *id);
                return {};
            },
            {}, exchange.job);
    }
    enqueue(
        [this, exchange](HistoryStore& store) -> Result<void> {
            if (exchange.continued) {
                TRY_OK(store.resumeAnswer(messageOf(exchange.answer)));
            } else {
                tramontane::NewMessage message;
                message.conversationId = conversationOf(exchange.conversation);
                if (exchange.answerParent) message.parentId = messageOf(exchange.answerParent);
                message.role = Role::assistant;
                message.status = MessageStatus::partial;
                const auto id = store.appendMessage(message);
                if (!id) return id.error();
                messages_.insert(exchange.answer, *id);
            }
            ExchangeStored stored;
            stored.job = exchange.job;
            if (exchange.conversation < 0)
                stored.conversations.insert(exchange.conversation, conversationOf(exchange.conversation));
            if (exchange.question) stored.messages.insert(exchange.question->key, messageOf(exchange.question->key));
            stored.messages.insert(exchange.answer, messageOf(exchange.answer));
            emit exchangeStored(stored);
            return {};
        },
        {}, exchange.job);
}

void HistoryWorker::takeText(quint64 job, const QString& delta) {
    const auto growing = growing_.find(job);
    if (growing == growing_.end()) return;
    growing->text += toCore(delta);
    growing->changed = true;
}

void HistoryWorker::saveGrowing() {
    if (growing_.isEmpty()) growTimer_->stop();
    if (!store_ || !waiting_.empty()) return; // in order: what waits comes first
    for (auto& each : growing_) {
        if (!each.changed) continue;
        const auto written = store_->updateAnswer(messageOf(each.answer), each.text);
        if (!written && mayPass(written.error().kind)) return trouble(written.error());
        each.changed = false; // written, or the conversation is gone
    }
    settle();
}

void HistoryWorker::takeAnswer(const AnswerResult& result) {
    const auto growing = growing_.find(result.id);
    if (growing == growing_.end()) return;
    const auto status = result.state == MessageState::failed    ? MessageStatus::failed
                        : result.state == MessageState::partial ? MessageStatus::partial
                                                                : MessageStatus::complete;
    const Growing last = *growing;
    growing_.erase(growing);
    enqueue([this, last, result, status](HistoryStore& store) {
        return store.finishAnswer(messageOf(last.answer), last.text, status, toCore(result.figures),
                                  status == MessageStatus::failed ? toCore(result.problem.detail) : std::string());
    });
    addWaiting();
}

void HistoryWorker::saveDraft(qint64 key, const QString& text) {
    enqueue([this, key, text](HistoryStore& store) { return store.setDraft(conversationOf(key), toCore(text)); },
            QStringLiteral("draft %1").arg(key));
}

void HistoryWorker::showSibling(qint64 conversation, qint64 message, int delta) {
    if (!store_ || !settle()) return;
    const MessageId id = messageOf(message);
    const auto siblings = store_->siblings(id);
    if (!siblings) return;
    const auto place = std::find(siblings->begin(), siblings->end(), id) - siblings->begin() + delta;
    if (place < 0 || place >= std::ptrdiff_t(siblings->size())) return;
    const auto shown = store_->showBranch((*siblings)[std::size_t(place)]);
    if (!shown && mayPass(shown.error().kind)) return trouble(shown.error());
    reload(conversation);
}

void HistoryWorker::removeMessage(qint64 conversation, qint64 message) {
    enqueue([this, conversation, message](HistoryStore& store) -> Result<void> {
        const auto removed = store.deleteMessage(messageOf(message));
        if (!removed) return removed.error();
        reload(conversation);
        return {};
    });
}

void HistoryWorker::restoreMessage(qint64 conversation, qint64 message) {
    enqueue([this, conversation, message](HistoryStore& store) -> Result<void> {
        TRY_OK(store.undeleteMessage(messageOf(message)));
        reload(conversation);
        return {};
    });
}

void HistoryWorker::addVariant(qint64 conversation, qint64 answer, const QString& text) {
    enqueue([this, conversation, answer, text](HistoryStore& store) -> Result<void> {
        const auto original = store.message(messageOf(answer));
        if (!original) return original.error();
        tramontane::NewMessage variant;
        variant.conversationId = original->conversationId;
        variant.parentId = original->parentId;
        variant.role = original->role;
        variant.text = toCore(text);
        const auto added = store.appendMessage(variant);
        if (!added) return added.error();
        reload(conversation);
        return {};
    });
}

void HistoryWorker::rename(qint64 key, const QString& title) {
    enqueue([this, key, title](HistoryStore& store) {
        return store.renameConversation(conversationOf(key), toCore(title));
    });
}

void HistoryWorker::remove(qint64 key) {
    enqueue([this, key](HistoryStore& store) { return store.deleteConversation(conversationOf(key)); });
}

void HistoryWorker::restore(qint64 key) {
    enqueue([this, key](HistoryStore& store) { return store.undeleteConversation(conversationOf(key)); });
}

void HistoryWorker::purge(qint64 key) {
    enqueue([this, key](HistoryStore& store) { return store.purgeConversation(conversationOf(key)); });
}

void HistoryWorker::purgeTrash() {
    enqueue([](HistoryStore& store) -> Result<void> {
        const auto trash = store.deletedConversations();
        TRY_OK(trash);
        for (const auto& conversation : *trash) TRY_OK(store.purgeConversation(conversation.id));
        return {};
    });
}

void HistoryWorker::pin(qint64 key, bool pinned) {
    enqueue([this, key, pinned](HistoryStore& store) { return store.setPinned(conversationOf(key), pinned); });
}

void HistoryWorker::archive(qint64 key, bool archived) {
    enqueue([this, key, archived](HistoryStore& store) { return store.setArchived(conversationOf(key), archived); });
}

void HistoryWorker::duplicate(qint64 key, const QString& title) {
    enqueue([this, key, title](HistoryStore& store) -> Result<void> {
        const auto copy = store.duplicateConversation(conversationOf(key), toCore(title));
        if (!copy) return copy.error();
        list();
        emit duplicated(*copy);
        return {};
    });
}

void HistoryWorker::removeAll() {
    enqueue([this](HistoryStore& store) -> Result<void> {
        TRY_OK(store.deleteEverything());
        growing_.clear();
        list();
        return {};
    });
    addWaiting();
}

// A backup that did not come about by itself is tried again in an hour; nobody has asked for it and nothing is lost.
void HistoryWorker::backUpIfDue() {
    if (!store_ || temporary_ || !settle()) return;
    const auto made = store_->backUpIfDue({}, [this] { return !hurried_; });
    if (made && *made) listBackups();
}

void HistoryWorker::backUpNow() {
    BackupOutcome outcome;
    if (!store_ || temporary_) {
        outcome.problem = {ProblemKind::historyWrite, {}};
    } else if (settle()) {
        BackupPolicy always;
        always.every = 0;
        const auto made = store_->backUpIfDue(always, [this] { return !hurried_; });
        if (!made) outcome.problem = historyProblemOf(made.error());
    } else {
        outcome.problem = {ProblemKind::historyBusy, {}};
    }
    emit backupEnded(outcome);
    listBackups();
}

void HistoryWorker::listBackups() {
    QList<StoredBackup> backups;
    if (!temporary_)
        if (const auto found = tramontane::listBackups(file_, options_))
            for (const auto& each : *found) backups << fromCore(each);
    emit backupsListed(backups);
}

void HistoryWorker::restoreBackup(const QString& file) {
    BackupOutcome outcome;
    outcome.restored = true;
    if (!settle()) { // what waits belongs to the present conversations, and must be in their backup
        outcome.problem = {ProblemKind::historyBusy, {}};
        return emit backupEnded(outcome);
    }
    store_.reset();
    const std::filesystem::path backup(QFile::encodeName(file).toStdString());
    const auto kept = tramontane::restoreBackup(file_, backup, options_);
    if (!kept) {
        outcome.problem = historyProblemOf(kept.error());
    } else {
        growing_.clear();
        conversations_.clear();
        messages_.clear();
        emit replaced();
    }
    openStore();
    emit backupEnded(outcome);
    listBackups();
    addWaiting();
}

void HistoryWorker::indexMore() {
    if (!store_ || hurried_) return;
    if (!waiting_.empty() || !growing_.isEmpty()) return indexTimer_->start(indexAfterMs);
    const auto more = store_->indexMore(); // an error: search reads what is not indexed, and a later run tries again
    if (more && *more) indexTimer_->start(indexPauseMs);
}

void HistoryWorker::readKeys() {
    if (!store_ || !settle()) return emit keysRead({}, {ProblemKind::historyBusy, {}});
    const auto stored = store_->conversations();
    if (!stored) return emit keysRead({}, historyProblemOf(stored.error()));
    QList<qint64> keys;
    keys.reserve(qsizetype(stored->size()));
    for (const auto& conversation : *stored) keys << conversation.id;
    emit keysRead(keys, {});
}

void HistoryWorker::readWhole(qint64 key) {
    if (!store_ || !settle()) return emit wholeRead({}, {ProblemKind::historyBusy, {}});
    saveGrowing(); // what there is of an answer by now
    auto whole = store_->wholeConversation(conversationOf(key));
    const bool gone = whole ? whole->conversation.deletedAt.has_value() : whole.error().kind == ErrorKind::notFound;
    if (gone) return emit wholeRead({}, {});
    if (!whole) return emit wholeRead({}, historyProblemOf(whole.error()));
    emit wholeRead(std::make_shared<const WholeConversation>(std::move(*whole)), {});
}

void HistoryWorker::addConversations(const ReadConversations& conversations) {
    toAdd_ = conversations;
    addWaiting();
}

void HistoryWorker::addWaiting() {
    if (!toAdd_ || !growing_.isEmpty()) return;
    const ReadConversations conversations = std::exchange(toAdd_, {});
    if (!store_ || !settle()) return emit conversationsAdded(0, 0, {ProblemKind::historyBusy, {}});
    const auto added = store_->addConversations(*conversations);
    if (!added) return emit conversationsAdded(0, 0, historyProblemOf(added.error()));
    indexTimer_->start(indexPauseMs);
    list();
    emit conversationsAdded(int(added->conversations), int(added->messages), {});
}

} // namespace tramontane::desktop
