// The part of the session that changes which conversation is shown, and tells what is wrong above it.
#include <QLocale>

#include "chat_session.h"
#include "conversation_list_model.h"
#include "engine_state.h"
#include "preferences.h"

namespace tramontane::desktop {

void ChatSession::openConversation(qint64 id, qint64 messageId) {
    saveDraftNow();
    if (id == conversation_ && !pending_ && !messageId) return;
    const auto unsaved = unsaved_.find(id);
    if (unsaved != unsaved_.end()) {
        const auto [title, branch] = *unsaved;
        return showConversation(id, title, {}, branch);
    }
    // What is shown stays until the other one has come, so that nothing flickers.
    pending_ = Pending{id, messageId};
    emit conversationChanged();
    emit conversationRequested(id);
}

void ChatSession::takeConversation(const StoredConversation& stored) {
    if (pending_ && pending_->conversation == stored.id) {
        const Key reveal = pending_->reveal;
        if (stored.problem) {
            // Where the history is out of reach for now, it is asked again when it is back.
            if (stored.problem.kind == ProblemKind::historyGone) {
                pending_.reset();
                emit conversationChanged();
            }
            return;
        }
        pending_.reset();
        showConversation(stored.id, stored.title, stored.draft, Branch(stored.branch));
        if (reveal) emit revealMessage(reveal);
        return;
    }
    if (stored.id != conversation_ || stored.problem) return;
    // Another branch of what is shown already.
    branch_ = Branch(stored.branch);
    overlayLive(branch_);
    showMessages();
    emit stateChanged();
    countSoon_.start();
}

void ChatSession::showConversation(Key id, const QString& title, const QString& draft, Branch branch) {
    if (conversation_ < 0) unsaved_.insert(conversation_, {title_, branch_});
    pending_.reset();
    conversation_ = id;
    title_ = title;
    draft_ = draft;
    draftDirty_ = false;
    branch_ = std::move(branch);
    overlayLive(branch_);
    messages_.clear();
    conversations_->setCurrent(id);
    preferences_->setLastConversation(std::max<Key>(id, 0));
    clearFigures();
    showMessages();
    emit conversationChanged();
    emit titleChanged();
    emit draftChanged();
    emit stateChanged();
    countNow();
}

// What an answer has grown to since the store last heard of it.
void ChatSession::overlayLive(Branch& branch) const {
    for (const auto& [job, live] : live_) {
        if (live.conversation != conversation_) continue;
        auto* shown = branch.find(live.answer);
        if (!shown) continue;
        shown->message.text = live.text;
        shown->message.state = MessageState::streaming;
        shown->message.errorText.clear();
    }
}

void ChatSession::showMessages() { messages_.showBranch(branch_.messages()); }

void ChatSession::clearFigures() {
    contextUsed_ = 0;
    droppedMessages_ = 0;
    tokensPerSecond_ = 0;
    timeToFirstToken_ = 0;
    banner_.clear(Banner::Topic::Answer);
    banner_.clear(Banner::Topic::Context);
    if (const auto* live = liveHere()) {
        tokensPerSecond_ = live->figures.tokensPerSecond;
        timeToFirstToken_ = live->figures.timeToFirstTokenMs;
        contextUsed_ = live->promptTotal + live->figures.newTokens;
    }
    emit figuresChanged();
}

void ChatSession::forgetConversation(qint64 id) {
    for (auto& [job, live] : live_)
        if (live.conversation == id) live.job.stop.request_stop();
    unsaved_.remove(id);
    if (pending_ && pending_->conversation == id) pending_.reset();
    if (id != conversation_) return;
    draftDirty_ = false; // it went with the conversation
    draftSoon_.stop();
    showConversation(0, {}, {}, {});
    unsaved_.remove(id);
    pending_ = Pending{0, 0};
    emit conversationRequested(0); // for its draft
}

void ChatSession::forgetAll() {
    for (auto& [job, live] : live_) live.job.stop.request_stop();
    draftDirty_ = false;
    showConversation(0, {}, {}, {});
    unsaved_.clear();
    deleted_.clear();
    conversations_->clearAll();
}

void ChatSession::shutDown() {
    saveDraftNow();
    for (auto& [job, live] : live_) live.job.stop.request_stop();
}

void ChatSession::takeHistoryReport(const HistoryReport& report) {
    takeHistoryRecovery();
    Banner::Notice notice;
    if (report.temporary) {
        notice.type = Banner::Warning;
        notice.text = tr("Conversations of this run are not kept.");
        notice.dismissable = false;
    } else if (report.salvagedConversations >= 0) {
        notice.type = Banner::Warning;
        notice.text = tr("The file of conversations was damaged. What could be read was brought over: %1 and %2.")
                          .arg(tr("%n conversation(s)", nullptr, report.salvagedConversations),
                               tr("%n message(s)", nullptr, report.salvagedMessages));
        notice.detail = tr("The damaged file was kept: %1").arg(report.originalKeptAt);
    } else {
        return banner_.clear(Banner::Topic::HistoryReport);
    }
    banner_.show(Banner::Topic::HistoryReport, notice);
}

void ChatSession::takeHistoryTrouble(const Problem& problem, bool neverOpened) {
    Banner::Notice notice;
    notice.type = Banner::Error;
    notice.detail = problem.detail;
    notice.dismissable = false;
    notice.actionText = tr("Try again");
    notice.action = [this] { emit historyRetryRequested(); };
    switch (problem.kind) {
    case ProblemKind::historyBusy:
        notice.type = Banner::Warning;
        notice.text = tr("Another program is using the file of conversations. What you write waits here and is "
                         "saved as soon as it is free.");
        break;
    case ProblemKind::historyNewer:
        notice.text = tr("The conversations were written by a newer Tramontane. They were left as they are; this "
                         "version cannot open them.");
        break;
    case ProblemKind::historyDamaged:
        notice.text = tr("The file of conversations is damaged and could not be opened.");
        break;
    default:
        notice.text = tr("The conversations cannot be saved: the disk is full, read-only or failing. Nothing is "
                         "lost; what you write waits here.");
    }
    if (neverOpened) {
        notice.secondActionText = tr("Go on without saving");
        notice.secondAction = [this] { emit temporaryHistoryRequested(); };
    }
    banner_.show(Banner::Topic::History, notice);
}

void ChatSession::takeHistoryRecovery() {
    banner_.clear(Banner::Topic::History);
    if (pending_) emit conversationRequested(pending_->conversation);
}

void ChatSession::showModelTrouble() {
    const auto kind = engine_->problem().kind;
    if (kind == ProblemKind::cancelled && engine_->status() == EngineState::Ready)
        return banner_.clear(Banner::Topic::Model);
    Banner::Notice notice;
    notice.type = engine_->status() == EngineState::Ready ? Banner::Warning : Banner::Error;
    notice.text = engine_->errorText();
    if (engine_->status() == EngineState::Ready)
        notice.text += QLatin1Char(' ') + tr("%1 goes on answering.").arg(engine_->modelName());
    notice.detail = engine_->errorDetail();
    notice.actionText = tr("Choose another folder…");
    notice.action = [this] { emit chooseFolderRequested(); };
    if (!engine_->modelIsBuiltIn()) {
        notice.secondActionText = tr("Use the built-in model");
        notice.secondAction = [this] { engine_->useBuiltIn(); };
    }
    notice.dismissable = engine_->status() == EngineState::Ready;
    banner_.show(Banner::Topic::Model, notice);
}

void ChatSession::showContext() {
    Banner::Notice notice;
    notice.type = Banner::Info;
    if (droppedMessages_ > 0) {
        notice.text = tr("The conversation is longer than the model's context: the oldest %n message(s) were left "
                         "out of this answer.",
                         nullptr, droppedMessages_);
    } else if (contextSize() > 0 && contextUsed_ > contextSize()) {
        notice.text = tr("The conversation is longer than the model's context (%1 of %2 tokens): its oldest messages "
                         "will be left out.")
                          .arg(QLocale().toString(contextUsed_), QLocale().toString(contextSize()));
    } else {
        return banner_.clear(Banner::Topic::Context);
    }
    banner_.show(Banner::Topic::Context, notice);
}

void ChatSession::retranslate() {
    if (banner_.shows(Banner::Topic::Model)) showModelTrouble();
    if (banner_.shows(Banner::Topic::Context)) showContext();
}

} // namespace tramontane::desktop
