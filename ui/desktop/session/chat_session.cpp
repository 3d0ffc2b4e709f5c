// What the person does in, jobs for the history and the engine out; their reports in, rows and figures out.
#include "chat_session.h"

#include <QClipboard>
#include <QGuiApplication>

#include <algorithm>
#include <limits>

#include "conversation_list_model.h"
#include "engine_state.h"
#include "preferences.h"
#include "ui/desktop/bridge/sampling_table.h"

namespace tramontane::desktop {

namespace {
constexpr int draftAfterMs = 400;
constexpr int countAfterMs = 500;
constexpr qsizetype longestCounted = 16;  // characters for each token of the context
constexpr qsizetype usualTokenLength = 4; // characters, in English
} // namespace

ChatSession::ChatSession(EngineState* engine, ConversationListModel* conversations, Preferences* preferences,
                         QObject* parent)
    : QObject(parent), engine_(engine), conversations_(conversations), preferences_(preferences) {
    draftSoon_.setSingleShot(true);
    draftSoon_.setInterval(draftAfterMs);
    connect(&draftSoon_, &QTimer::timeout, this, &ChatSession::saveDraftNow);
    countSoon_.setSingleShot(true);
    countSoon_.setInterval(countAfterMs);
    connect(&countSoon_, &QTimer::timeout, this, &ChatSession::countNow);
    connect(engine_, &EngineState::changed, this, [this] {
        emit stateChanged();
        emit figuresChanged();
    });
    connect(engine_, &EngineState::loaded, this, [this] {
        banner_.clear(Banner::Topic::Model);
        countNow();
    });
    connect(engine_, &EngineState::loadFailed, this, &ChatSession::showModelTrouble);
    connect(preferences_, &Preferences::systemPromptChanged, this, [this] { countSoon_.start(); });
    connect(conversations_, &ConversationListModel::openRequested, this, &ChatSession::openConversation);
    connect(conversations_, &ConversationListModel::removeRequested, this, &ChatSession::forgetConversation);
    connect(conversations_, &ConversationListModel::restored, this, [this](qint64 id) { openConversation(id, 0); });
    connect(conversations_, &ConversationListModel::renameRequested, this, [this](qint64 id, const QString& title) {
        if (id != conversation_) return;
        title_ = title;
        emit titleChanged();
    });
}

ChatSession::~ChatSession() = default;

const LiveAnswer* ChatSession::liveHere() const {
    for (const auto& [job, live] : live_)
        if (live.conversation == conversation_) return &live;
    return nullptr;
}

LiveAnswer* ChatSession::liveOf(JobId job) {
    const auto found = live_.find(job);
    return found == live_.end() ? nullptr : &found->second;
}

bool ChatSession::generating() const { return liveHere() != nullptr; }

bool ChatSession::mayAsk() const { return !generating() && engine_->takesPrompts(); }

bool ChatSession::canSend() const { return mayAsk() && !draft_.trimmed().isEmpty(); }

bool ChatSession::readingPrompt() const {
    const auto* live = liveHere();
    return live && live->submitted && live->text.size() == live->startLength;
}

qreal ChatSession::prefillFraction() const {
    const auto* live = liveHere();
    return live && live->promptTotal > 0 ? qreal(live->promptDone) / live->promptTotal : 0;
}

int ChatSession::contextSize() const { return engine_->contextLength(); }

void ChatSession::setDraft(const QString& text) {
    if (text == draft_) return;
    draft_ = text;
    draftDirty_ = true;
    draftSoon_.start();
    countSoon_.start();
    emit draftChanged();
    emit stateChanged();
}

void ChatSession::saveDraftNow() {
    draftSoon_.stop();
    if (!draftDirty_) return;
    draftDirty_ = false;
    emit draftRequested(conversation_, draft_);
}

QList<Turn> ChatSession::turnsTo(Key end) const {
    QList<Turn> turns;
    const QString system = preferences_->systemPrompt();
    if (!system.trimmed().isEmpty()) turns << Turn{Author::system, system};
    for (const auto& message : branch_.pathTo(end)) {
        // An answer that failed or was stopped before its first word says nothing.
        if (message.author == Author::assistant && message.text.isEmpty()) continue;
        turns << Turn{message.author, message.text};
    }
    return turns;
}

bool ChatSession::send(const QString& text) {
    if (!mayAsk() || text.trimmed().isEmpty()) return false;
    pending_.reset(); // what is written in has been chosen
    Exchange exchange;
    if (conversation_ == 0) {
        title_ = ConversationListModel::titleFrom(text);
        exchange.title = title_;
        saveDraftNow();
        conversation_ = nextKey();
        conversations_->touch(conversation_, title_);
        conversations_->setCurrent(conversation_);
        emit conversationChanged();
        emit titleChanged();
    }
    exchange.question = Question{nextKey(), branch_.leaf(), text, true};
    StoredMessage question;
    question.id = exchange.question->key;
    question.parent = exchange.question->parent;
    question.text = text;
    question.createdAt = QDateTime::currentDateTime();
    branch_.append(question);
    draft_.clear();
    draftDirty_ = false;
    draftSoon_.stop();
    emit draftChanged();
    begin(std::move(exchange), turnsTo(question.id), false, preferences_->sampling());
    return true;
}

void ChatSession::regenerate(qint64 messageId) { makeVariant(messageId, preferences_->sampling()); }

void ChatSession::regenerateExactly(qint64 messageId) {
    const auto* shown = branch_.find(messageId);
    if (!shown || !shown->message.figures) return;
    if (const auto sampling = samplingChoiceFrom(shown->message.figures->samplingJson))
        makeVariant(messageId, *sampling);
}

void ChatSession::makeVariant(Key messageId, const SamplingChoice& sampling) {
    const auto* shown = branch_.find(messageId);
    if (!shown || shown->message.author != Author::assistant || !mayAsk()) return;
    Exchange exchange;
    exchange.answerParent = shown->message.parent;
    const auto turns = turnsTo(exchange.answerParent);
    exchange.answer = nextKey();
    StoredMessage answer;
    answer.id = exchange.answer;
    answer.parent = exchange.answerParent;
    answer.author = Author::assistant;
    answer.state = MessageState::streaming;
    answer.createdAt = QDateTime::currentDateTime();
    branch_.addVariant(messageId, answer);
    begin(std::move(exchange), turns, false, sampling);
}

bool ChatSession::editAnswer(qint64 messageId, const QString& text) {
    const auto* shown = branch_.find(messageId);
    if (!shown || shown->message.author != Author::assistant || text.trimmed().isEmpty() || generating()) return false;
    if (text != shown->message.text) emit variantRequested(conversation_, messageId, text);
    return true;
}

void ChatSession::regenerateLast() {
    const auto* last = branch_.last(Author::assistant);
    if (last) regenerate(last->message.id);
}

void ChatSession::continueAnswer(qint64 messageId) {
    auto* shown = branch_.find(messageId);
    if (!shown || shown->message.author != Author::assistant || messageId != branch_.leaf() || !mayAsk()) return;
    Exchange exchange;
    exchange.answer = messageId;
    exchange.answerParent = shown->message.parent;
    exchange.answerStart = shown->message.text;
    exchange.continued = true;
    const bool hasText = !shown->message.text.isEmpty();
    const auto turns = turnsTo(hasText ? messageId : exchange.answerParent);
    shown->message.state = MessageState::streaming;
    shown->message.errorText.clear();
    begin(std::move(exchange), turns, hasText, preferences_->sampling());
}

bool ChatSession::editAndResend(qint64 messageId, const QString& text) {
    const auto* shown = branch_.find(messageId);
    if (!shown || shown->message.author != Author::person || text.trimmed().isEmpty() || !mayAsk()) return false;
    Exchange exchange;
    exchange.question = Question{nextKey(), shown->message.parent, text, false};
    StoredMessage question;
    question.id = exchange.question->key;
    question.parent = exchange.question->parent;
    question.text = text;
    question.createdAt = QDateTime::currentDateTime();
    branch_.addVariant(messageId, question);
    begin(std::move(exchange), turnsTo(question.id), false, preferences_->sampling());
    return true;
}

// The exchange goes to the history first; the engine gets its job when that is safe on disk.
void ChatSession::begin(Exchange exchange, QList<Turn> turns, bool continueLast, const SamplingChoice& sampling) {
    exchange.job = ++lastJob_;
    exchange.conversation = conversation_;
    if (exchange.question) {
        exchange.answer = nextKey();
        exchange.answerParent = exchange.question->key;
        StoredMessage answer;
        answer.id = exchange.answer;
        answer.parent = exchange.answerParent;
        answer.author = Author::assistant;
        answer.state = MessageState::streaming;
        answer.createdAt = QDateTime::currentDateTime();
        branch_.append(answer);
    }
    LiveAnswer live;
    live.conversation = conversation_;
    live.answer = exchange.answer;
    live.text = exchange.answerStart;
    live.startLength = exchange.answerStart.size();
    live.job = PromptJob{exchange.job, std::move(turns), continueLast, sampling, std::stop_source()};
    live_.emplace(exchange.job, std::move(live));
    banner_.clear(Banner::Topic::Answer);
    banner_.clear(Banner::Topic::Context);
    tokensPerSecond_ = 0;
    timeToFirstToken_ = 0;
    droppedMessages_ = 0;
    conversations_->touch(conversation_, title_);
    conversations_->setBusy(conversation_, true);
    showMessages();
    emit exchangeRequested(exchange);
    emit stateChanged();
    emit figuresChanged();
}

void ChatSession::takeExchangeStored(const ExchangeStored& stored) {
    renumber(stored.conversations, stored.messages);
    auto* live = liveOf(stored.job);
    if (!live || live->submitted) return;
    live->submitted = true;
    emit promptSubmitted(live->job);
    emit figuresChanged();
}

void ChatSession::takeExchangeRefused(quint64 job, const Problem& problem) {
    refuse(job, MessageState::failed, problem);
}

// Ends an answer that the engine never saw.
void ChatSession::refuse(JobId job, MessageState state, const Problem& problem) {
    AnswerResult result;
    result.id = job;
    result.state = state;
    result.problem = problem;
    result.figures.finishReason = problem ? QStringLiteral("error") : QStringLiteral("cancelled");
    emit answerAbandoned(result);
    takeAnswer(result);
}

void ChatSession::renumber(const QHash<Key, Key>& conversations, const QHash<Key, Key>& messages) {
    branch_.renumber(messages);
    messages_.renumber(messages);
    for (auto& [job, live] : live_) {
        live.conversation = conversations.value(live.conversation, live.conversation);
        live.answer = messages.value(live.answer, live.answer);
    }
    for (auto number = conversations.begin(); number != conversations.end(); ++number) {
        unsaved_.remove(number.key());
        if (pending_ && pending_->conversation == number.key()) pending_->conversation = number.value();
    }
    conversations_->renumber(conversations);
    if (conversations.contains(conversation_)) {
        conversation_ = conversations.value(conversation_);
        preferences_->setLastConversation(conversation_);
        emit conversationChanged();
    }
}

void ChatSession::stop() {
    const auto* live = liveHere();
    if (!live) return;
    auto source = live->job.stop; // a copy stops the same job
    source.request_stop();
    if (!live->submitted) refuse(live->job.id, MessageState::partial, {});
}

void ChatSession::takePrefill(quint64 job, int done, int total) {
    auto* live = liveOf(job);
    if (!live) return;
    live->promptDone = done;
    live->promptTotal = total;
    if (live->conversation != conversation_) return;
    contextUsed_ = total;
    emit figuresChanged();
}

void ChatSession::takeText(quint64 job, const QString& delta, const LiveFigures& figures) {
    auto* live = liveOf(job);
    if (!live) return; // of an answer that is over
    const bool first = live->text.size() == live->startLength;
    live->text += delta;
    live->figures = figures;
    if (live->conversation != conversation_) return;
    messages_.append(live->answer, delta);
    tokensPerSecond_ = figures.tokensPerSecond;
    timeToFirstToken_ = figures.timeToFirstTokenMs;
    contextUsed_ = live->promptTotal + figures.newTokens;
    if (first) emit stateChanged();
    emit figuresChanged();
}

void ChatSession::takeAnswer(const AnswerResult& result) {
    const auto found = live_.find(result.id);
    if (found == live_.end()) return;
    const LiveAnswer live = std::move(found->second);
    live_.erase(found);
    const bool stillBusy = std::any_of(
        live_.begin(), live_.end(), [&](const auto& other) { return other.second.conversation == live.conversation; });
    if (!stillBusy) conversations_->setBusy(live.conversation, false);
    const auto finish = [&](ShownMessage& shown) {
        shown.message.text = live.text;
        shown.message.state = result.state;
        shown.message.errorText = result.problem.detail;
        shown.message.figures = result.figures;
    };
    const auto unsaved = unsaved_.find(live.conversation);
    if (unsaved != unsaved_.end())
        if (auto* shown = unsaved->second.find(live.answer)) finish(*shown);
    if (live.conversation != conversation_) return;
    if (auto* shown = branch_.find(live.answer)) {
        finish(*shown);
        messages_.update(*shown);
    }
    tokensPerSecond_ = result.figures.tokensPerSecond;
    timeToFirstToken_ = result.figures.timeToFirstTokenMs;
    droppedMessages_ = result.figures.droppedMessages;
    if (result.figures.promptTokens) contextUsed_ = result.figures.promptTokens + result.figures.newTokens;
    showContext();
    emit stateChanged();
    emit figuresChanged();
}

void ChatSession::takeCount(quint64 id, int tokens) {
    if (id != lastCount_ || generating()) return;
    contextUsed_ = tokens;
    showContext();
    emit figuresChanged();
}

void ChatSession::countNow() {
    countSoon_.stop();
    if (engine_->status() != EngineState::Ready || generating()) return;
    auto turns = turnsTo(branch_.leaf());
    if (!draft_.trimmed().isEmpty()) turns << Turn{Author::person, draft_};
    qsizetype length = 0;
    for (const auto& turn : turns) length += turn.text.size();
    if (length > longestCounted * std::max(1, contextSize())) {
        // Far beyond the context: how far is not worth the engine's time.
        ++lastCount_;
        contextUsed_ = int(std::min<qsizetype>(length / usualTokenLength, std::numeric_limits<int>::max()));
        showContext();
        emit figuresChanged();
        return;
    }
    if (turns.isEmpty()) {
        ++lastCount_;
        contextUsed_ = 0;
        banner_.clear(Banner::Topic::Context);
        emit figuresChanged();
        return;
    }
    emit countRequested({++lastCount_, turns});
}

void ChatSession::selectSibling(qint64 messageId, int delta) { emit siblingRequested(conversation_, messageId, delta); }

void ChatSession::deleteMessage(qint64 messageId) {
    if (generating() || !branch_.find(messageId)) return;
    deleted_.append({conversation_, messageId});
    emit messageRemovalRequested(conversation_, messageId);
    emit messageDeleted();
}

void ChatSession::undoDeleteMessage() {
    if (deleted_.isEmpty()) return;
    const auto [conversation, message] = deleted_.takeLast();
    emit messageRestorationRequested(conversation, message);
    if (conversation != conversation_) openConversation(conversation, message);
}

void ChatSession::copyText(const QString& text) { QGuiApplication::clipboard()->setText(text); }

void ChatSession::copyMessage(qint64 messageId) {
    const auto* shown = branch_.find(messageId);
    if (!shown) return;
    for (const auto& [job, live] : live_)
        if (live.answer == messageId) return copyText(live.text);
    copyText(shown->message.text);
}

void ChatSession::copyLastAnswer() {
    const auto* last = branch_.last(Author::assistant);
    if (last) copyMessage(last->message.id);
}

} // namespace tramontane::desktop
