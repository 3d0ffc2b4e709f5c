// The conversation in the window: what the person does goes out as jobs for the history and the engine,
// what they report comes back into the tree and the message list. Answers of other conversations go on unseen.
#pragma once

#include <QObject>
#include <QQmlEngine>
#include <QTimer>

#include <map>
#include <optional>

#include "banner.h"
#include "branch.h"
#include "live_answer.h"
#include "message_list_model.h"
#include "ui/desktop/bridge/messages.h"

namespace tramontane::desktop {

class ConversationListModel;
class EngineState;
class Preferences;

class ChatSession : public QObject {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("App.session")
    Q_PROPERTY(tramontane::desktop::MessageListModel* messages READ messages CONSTANT)
    Q_PROPERTY(tramontane::desktop::Banner* banner READ banner CONSTANT)
    Q_PROPERTY(qint64 conversationId READ conversationId NOTIFY conversationChanged)
    Q_PROPERTY(QString title READ title NOTIFY titleChanged)
    Q_PROPERTY(bool opening READ opening NOTIFY conversationChanged)
    Q_PROPERTY(QString draft READ draft WRITE setDraft NOTIFY draftChanged)
    Q_PROPERTY(bool generating READ generating NOTIFY stateChanged)
    Q_PROPERTY(bool canSend READ canSend NOTIFY stateChanged)
    Q_PROPERTY(bool readingPrompt READ readingPrompt NOTIFY figuresChanged)
    Q_PROPERTY(qreal prefillFraction READ prefillFraction NOTIFY figuresChanged)
    Q_PROPERTY(int contextUsed READ contextUsed NOTIFY figuresChanged)
    Q_PROPERTY(int contextSize READ contextSize NOTIFY figuresChanged)
    Q_PROPERTY(qreal tokensPerSecond READ tokensPerSecond NOTIFY figuresChanged)
    Q_PROPERTY(qreal timeToFirstToken READ timeToFirstToken NOTIFY figuresChanged)
    Q_PROPERTY(int droppedMessages READ droppedMessages NOTIFY figuresChanged)

public:
    ChatSession(EngineState* engine, ConversationListModel* conversations, Preferences* preferences,
                QObject* parent = nullptr);
    ~ChatSession() override;

    MessageListModel* messages() { return &messages_; }
    Banner* banner() { return &banner_; }
    Key conversationId() const { return conversation_; }
    QString title() const { return title_; }
    bool opening() const { return pending_.has_value(); }
    QString draft() const { return draft_; }
    void setDraft(const QString& text);
    bool generating() const;
    bool canSend() const;
    bool readingPrompt() const;
    qreal prefillFraction() const;
    int contextUsed() const { return contextUsed_; }
    int contextSize() const;
    qreal tokensPerSecond() const { return tokensPerSecond_; }
    qreal timeToFirstToken() const { return timeToFirstToken_; }
    int droppedMessages() const { return droppedMessages_; }

    Q_INVOKABLE bool send(const QString& text);
    Q_INVOKABLE void stop();
    Q_INVOKABLE void regenerate(qint64 messageId);
    Q_INVOKABLE void regenerateLast();
    // One more variant, with the seed and the settings that the answer was made with.
    Q_INVOKABLE void regenerateExactly(qint64 messageId);
    // The answer as the person would have it, as one more variant that the model reads as its own words.
    Q_INVOKABLE bool editAnswer(qint64 messageId, const QString& text);
    Q_INVOKABLE void continueAnswer(qint64 messageId);
    Q_INVOKABLE bool editAndResend(qint64 messageId, const QString& text);
    Q_INVOKABLE void selectSibling(qint64 messageId, int delta);
    Q_INVOKABLE void copyMessage(qint64 messageId);
    Q_INVOKABLE void copyLastAnswer();
    Q_INVOKABLE void copyText(const QString& text);
    Q_INVOKABLE void deleteMessage(qint64 messageId); // with all that follows it
    Q_INVOKABLE void undoDeleteMessage();             // the latest, in whichever conversation

    // Every answer that is being made ends, its text kept; the draft is handed to the history.
    void shutDown();
    void retranslate();

public slots:
    void openConversation(qint64 id, qint64 messageId);
    void takeConversation(const tramontane::desktop::StoredConversation& conversation);
    void takeExchangeStored(const tramontane::desktop::ExchangeStored& stored);
    void takePrefill(quint64 job, int done, int total);
    void takeText(quint64 job, const QString& delta, const tramontane::desktop::LiveFigures& figures);
    void takeAnswer(const tramontane::desktop::AnswerResult& result);
    void takeCount(quint64 id, int tokens);
    void takeExchangeRefused(quint64 job, const tramontane::desktop::Problem& problem);
    void takeHistoryReport(const tramontane::desktop::HistoryReport& report);
    void takeHistoryTrouble(const tramontane::desktop::Problem& problem, bool neverOpened);
    void takeHistoryRecovery();
    void forgetConversation(qint64 id);
    void forgetAll();

signals:
    void conversationChanged();
    void titleChanged();
    void draftChanged();
    void stateChanged();
    void figuresChanged();
    void revealMessage(qint64 messageId); // a search match, to be scrolled to

    // To the history
    void exchangeRequested(const tramontane::desktop::Exchange& exchange);
    void conversationRequested(qint64 id);
    void draftRequested(qint64 conversation, const QString& text);
    void siblingRequested(qint64 conversation, qint64 message, int delta);
    void messageRemovalRequested(qint64 conversation, qint64 message);
    void messageRestorationRequested(qint64 conversation, qint64 message);
    void variantRequested(qint64 conversation, qint64 answer, const QString& text);
    void answerAbandoned(const tramontane::desktop::AnswerResult& result); // the engine never saw the job
    void historyRetryRequested();
    void temporaryHistoryRequested();
    // To the engine
    void promptSubmitted(const tramontane::desktop::PromptJob& job);
    void countRequested(const tramontane::desktop::CountRequest& request);
    // To the window
    void chooseFolderRequested();
    void messageDeleted();

private:
    const LiveAnswer* liveHere() const;
    LiveAnswer* liveOf(JobId job);
    bool mayAsk() const;
    void begin(Exchange exchange, QList<Turn> turns, bool continueLast, const SamplingChoice& sampling);
    void makeVariant(Key answer, const SamplingChoice& sampling);
    void showMessages();
    void showConversation(Key id, const QString& title, const QString& draft, Branch branch);
    void refuse(JobId job, MessageState state, const Problem& problem);
    void saveDraftNow();
    void clearFigures();
    void countSoon();
    void countNow();
    void overlayLive(Branch& branch) const;
    QList<Turn> turnsTo(Key end) const;
    void renumber(const QHash<Key, Key>& conversations, const QHash<Key, Key>& messages);
    void showModelTrouble();
    void showContext();
    Key nextKey() { return --lastKey_; }

    EngineState* engine_;
    ConversationListModel* conversations_;
    Preferences* preferences_;
    MessageListModel messages_;
    Banner banner_;
    Branch branch_;
    Key conversation_ = 0;
    QString title_, draft_;
    bool draftDirty_ = false;
    struct Pending { // a conversation that was asked for and has not come yet
        Key conversation = 0, reveal = 0;
    };
    std::optional<Pending> pending_;
    QHash<Key, std::pair<QString, Branch>> unsaved_; // conversations that the store does not have yet, when not shown
    std::map<JobId, LiveAnswer> live_;
    QList<std::pair<Key, Key>> deleted_; // conversation and message, the latest last
    JobId lastJob_ = 0;
    Key lastKey_ = 0;
    int contextUsed_ = 0, droppedMessages_ = 0;
    qreal tokensPerSecond_ = 0, timeToFirstToken_ = 0;
    quint64 lastCount_ = 0;
    QTimer draftSoon_, countSoon_;
};

} // namespace tramontane::desktop
