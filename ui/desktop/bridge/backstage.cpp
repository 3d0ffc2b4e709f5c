// An App and where engines and history come from in; a running program out.
#include "backstage.h"

#include <QElapsedTimer>

#include "ui/desktop/session/app.h"

namespace tramontane::desktop {

namespace {
// The engine acts on a stop within 100 ms; what takes longer than this is left behind, so that the whole is
// over within a second.
constexpr unsigned inferenceEndMs = 500;
constexpr unsigned historyEndMs = 400;
constexpr unsigned transferEndMs = 100;
} // namespace

Backstage::Backstage(App* app, EngineSource engines, std::filesystem::path historyFile, HistoryOptions historyOptions)
    : app_(app), inference_(new InferenceWorker(std::move(engines))),
      history_(new HistoryWorker(std::move(historyFile), std::move(historyOptions))), transfer_(new TransferWorker) {
    inferenceThread_.setObjectName(QStringLiteral("inference"));
    historyThread_.setObjectName(QStringLiteral("history"));
    transferThread_.setObjectName(QStringLiteral("transfer"));
    inference_->moveToThread(&inferenceThread_);
    history_->moveToThread(&historyThread_);
    transfer_->moveToThread(&transferThread_);
    connectEngine();
    connectHistory();
    connectTransfer();
}

Backstage::~Backstage() {
    shutDown();
    if (inferenceThread_.isFinished() || !inferenceThread_.isRunning()) delete inference_;
    if (historyThread_.isFinished() || !historyThread_.isRunning()) delete history_;
    if (transferThread_.isFinished() || !transferThread_.isRunning()) delete transfer_;
}

void Backstage::connectEngine() {
    auto* engine = app_->engine();
    auto* session = app_->session();
    connect(&inferenceThread_, &QThread::started, inference_, &InferenceWorker::start);
    connect(inference_, &InferenceWorker::deviceNoted, engine, &EngineState::takeDeviceNote);
    connect(engine, &EngineState::loadRequested, inference_, &InferenceWorker::load);
    connect(inference_, &InferenceWorker::loadProgressed, engine, &EngineState::takeProgress);
    connect(inference_, &InferenceWorker::loadEnded, engine, &EngineState::takeOutcome);
    connect(session, &ChatSession::promptSubmitted, inference_, &InferenceWorker::generate);
    connect(session, &ChatSession::countRequested, inference_, &InferenceWorker::count);
    connect(inference_, &InferenceWorker::promptRead, session, &ChatSession::takePrefill);
    connect(inference_, &InferenceWorker::textReady, session, &ChatSession::takeText);
    connect(inference_, &InferenceWorker::answered, session, &ChatSession::takeAnswer);
    connect(inference_, &InferenceWorker::counted, session, &ChatSession::takeCount);
    // Straight to the history: what a busy window has not drawn yet is on disk all the same.
    connect(inference_, &InferenceWorker::textReady, history_, &HistoryWorker::takeText);
    connect(inference_, &InferenceWorker::answered, history_, &HistoryWorker::takeAnswer);
}

void Backstage::connectHistory() {
    auto* session = app_->session();
    auto* list = app_->conversations();
    connect(&historyThread_, &QThread::started, history_, &HistoryWorker::open);
    connect(session, &ChatSession::exchangeRequested, history_, &HistoryWorker::storeExchange);
    connect(session, &ChatSession::conversationRequested, history_, &HistoryWorker::load);
    connect(session, &ChatSession::draftRequested, history_, &HistoryWorker::saveDraft);
    connect(session, &ChatSession::siblingRequested, history_, &HistoryWorker::showSibling);
    connect(session, &ChatSession::messageRemovalRequested, history_, &HistoryWorker::removeMessage);
    connect(session, &ChatSession::messageRestorationRequested, history_, &HistoryWorker::restoreMessage);
    connect(session, &ChatSession::variantRequested, history_, &HistoryWorker::addVariant);
    connect(session, &ChatSession::answerAbandoned, history_, &HistoryWorker::takeAnswer);
    connect(session, &ChatSession::historyRetryRequested, history_, &HistoryWorker::retry);
    connect(session, &ChatSession::temporaryHistoryRequested, history_, &HistoryWorker::useTemporary);
    connect(list, &ConversationListModel::searchRequested, history_, &HistoryWorker::search);
    connect(list, &ConversationListModel::renameRequested, history_, &HistoryWorker::rename);
    connect(list, &ConversationListModel::removeRequested, history_, &HistoryWorker::remove);
    connect(list, &ConversationListModel::restoreRequested, history_, &HistoryWorker::restore);
    connect(list, &ConversationListModel::purgeRequested, history_, &HistoryWorker::purge);
    connect(list, &ConversationListModel::purgeTrashRequested, history_, &HistoryWorker::purgeTrash);
    connect(list, &ConversationListModel::pinRequested, history_, &HistoryWorker::pin);
    connect(list, &ConversationListModel::archiveRequested, history_, &HistoryWorker::archive);
    connect(list, &ConversationListModel::duplicateRequested, history_, &HistoryWorker::duplicate);
    connect(app_->preferences(), &Preferences::deleteAllRequested, history_, &HistoryWorker::removeAll);

    auto* backups = app_->backups();
    connect(backups, &BackupList::listRequested, history_, &HistoryWorker::listBackups);
    connect(backups, &BackupList::backupRequested, history_, &HistoryWorker::backUpNow);
    connect(backups, &BackupList::restoreRequested, history_, &HistoryWorker::restoreBackup);
    connect(history_, &HistoryWorker::replaced, session, &ChatSession::forgetAll);
    connect(history_, &HistoryWorker::backupsListed, backups, &BackupList::takeList);
    connect(history_, &HistoryWorker::backupEnded, backups, &BackupList::takeOutcome);

    connect(history_, &HistoryWorker::opened, session, &ChatSession::takeHistoryReport);
    connect(history_, &HistoryWorker::troubled, session, &ChatSession::takeHistoryTrouble);
    connect(history_, &HistoryWorker::recovered, session, &ChatSession::takeHistoryRecovery);
    connect(history_, &HistoryWorker::listed, list, &ConversationListModel::takeList);
    connect(history_, &HistoryWorker::trashListed, list, &ConversationListModel::takeTrash);
    connect(history_, &HistoryWorker::duplicated, list, &ConversationListModel::open);
    connect(history_, &HistoryWorker::found, list, &ConversationListModel::takeMatches);
    connect(history_, &HistoryWorker::loaded, session, &ChatSession::takeConversation);
    connect(history_, &HistoryWorker::exchangeStored, session, &ChatSession::takeExchangeStored);
    connect(history_, &HistoryWorker::exchangeRefused, session, &ChatSession::takeExchangeRefused);
}

void Backstage::connectTransfer() {
    auto* transfer = app_->transfer();
    connect(transfer, &Transfer::exportRequested, transfer_, &TransferWorker::exportConversations);
    connect(transfer, &Transfer::importRequested, transfer_, &TransferWorker::importFile);
    connect(transfer_, &TransferWorker::ended, transfer, &Transfer::takeOutcome);
    // Conversations go straight from one thread to the other.
    connect(transfer_, &TransferWorker::keysWanted, history_, &HistoryWorker::readKeys);
    connect(history_, &HistoryWorker::keysRead, transfer_, &TransferWorker::takeKeys);
    connect(transfer_, &TransferWorker::conversationWanted, history_, &HistoryWorker::readWhole);
    connect(history_, &HistoryWorker::wholeRead, transfer_, &TransferWorker::takeConversation);
    connect(transfer_, &TransferWorker::fileRead, history_, &HistoryWorker::addConversations);
    connect(history_, &HistoryWorker::conversationsAdded, transfer_, &TransferWorker::takeAdded);
}

void Backstage::start(const QString& modelFolder) {
    historyThread_.start();
    transferThread_.start();
    inferenceThread_.start();
    app_->session()->openConversation(app_->preferences()->lastConversation(), 0);
    app_->engine()->start(modelFolder);
}

bool Backstage::shutDown() {
    if (down_) return !inferenceThread_.isRunning() && !historyThread_.isRunning() && !transferThread_.isRunning();
    down_ = true;
    app_->session()->shutDown();
    app_->engine()->shutDown();
    transfer_->hurry(); // a file that is not finished is none
    transferThread_.quit();
    bool clean = true;
    if (inferenceThread_.isRunning()) {
        // Queued behind the answer that is ending now: its last words reach the history before it closes.
        QMetaObject::invokeMethod(inference_, &InferenceWorker::close, Qt::QueuedConnection);
        QMetaObject::invokeMethod(
            inference_, [this] { inferenceThread_.quit(); }, Qt::QueuedConnection);
        clean = inferenceThread_.wait(inferenceEndMs);
    }
    if (historyThread_.isRunning()) {
        history_->hurry();
        QMetaObject::invokeMethod(history_, &HistoryWorker::shutDown, Qt::QueuedConnection);
        QMetaObject::invokeMethod(
            history_, [this] { historyThread_.quit(); }, Qt::QueuedConnection);
        clean = historyThread_.wait(historyEndMs) && clean;
    }
    clean = transferThread_.wait(transferEndMs) && clean;
    app_->preferences()->sync();
    return clean;
}

} // namespace tramontane::desktop
