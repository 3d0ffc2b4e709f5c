// Walks of a prompt through session, threads and store, with a scripted engine: what a person does, what is shown,
// what is on disk.
#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTest>

#include "world.h"

using namespace tramontane;
using namespace tramontane::desktop;

class WalkTest : public QObject {
    Q_OBJECT

    std::unique_ptr<World> world_;
    World& w() { return *world_; }

private slots:
    void init() { world_ = std::make_unique<World>(); }
    void cleanup() { world_.reset(); }

    void walk_anAnswerStreamsAndIsThereAfterARestart() {
        w().start();
        QVERIFY(w().sendAndFinish("How do I rename a conversation?"));
        QCOMPARE(w().shown(), (QStringList{"user: How do I rename a conversation?", "assistant: Hello there."}));
        QCOMPARE(w().session().title(), QString("How do I rename a conversation?"));
        QVERIFY(w().session().conversationId() > 0);
        const auto figures = w().role(1, MessageListModel::FiguresRole).toMap();
        QCOMPARE(figures["newTokens"].toInt(), 4);
        QCOMPARE(figures["finishReason"].toString(), QString("stop"));
        QVERIFY(w().stop());

        w().start();
        QTRY_COMPARE(w().shown().size(), 2); // the conversation that was open
        QCOMPARE(w().shown(), (QStringList{"user: How do I rename a conversation?", "assistant: Hello there."}));
        QCOMPARE(w().role(1, MessageListModel::FiguresRole).toMap()["device"].toString(), QString("CPU (script)"));
        QCOMPARE(w().list().count(), 1);
        QCOMPARE(w().list().currentRow(), 0);
    }

    void walk_theQuestionIsSafeOnDiskBeforeTheModelStarts() {
        QString found;
        w().script().onGenerate = [&](const GenerationRequest&) {
            // A copy of the files as they are now is what a power cut would leave.
            QTemporaryDir copy;
            for (const auto& name : QDir(w().folder()).entryList({"tramontane.sqlite*"}, QDir::Files))
                if (!name.endsWith("lock")) QFile::copy(w().folder() + "/" + name, copy.filePath(name));
            auto store = HistoryStore::open(QFile::encodeName(copy.filePath("tramontane.sqlite")).toStdString());
            if (!store) return;
            const auto conversations = store->conversations();
            const auto branch = store->currentBranch(conversations.value().at(0).id);
            for (const auto& shown : branch.value()) found += QString::fromStdString(shown.message.text) + "|";
        };
        w().start();
        QVERIFY(w().sendAndFinish("Is this safe?"));
        QCOMPARE(found, QString("Is this safe?||"));
    }

    void walk_theConversationSoFarGoesToTheModel() {
        w().start();
        w().app().preferences()->setSystemPrompt("Be brief.");
        QVERIFY(w().sendAndFinish("One"));
        QVERIFY(w().sendAndFinish("Two"));
        const auto request = w().script().requests().back();
        QCOMPARE(request.messages.size(), std::size_t(4));
        QVERIFY(request.messages[0].role == Role::system && request.messages[0].content == "Be brief.");
        QVERIFY(request.messages[1].role == Role::user && request.messages[1].content == "One");
        QVERIFY(request.messages[2].role == Role::assistant && request.messages[2].content == "Hello there.");
        QVERIFY(request.messages[3].role == Role::user && request.messages[3].content == "Two");
        QVERIFY(!request.continueLast);
    }

    void walk_stopKeepsTheTextSoFar() {
        w().script().tokens.assign(10000, "x");
        w().script().tokenDelay = std::chrono::milliseconds(2);
        w().start();
        QVERIFY(w().session().send("Go"));
        QTRY_VERIFY(w().text(1).size() > 10);
        QVERIFY(w().session().generating());
        QVERIFY(!w().session().send("Another")); // one answer at a time
        QElapsedTimer since;
        since.start();
        w().session().stop();
        QTRY_VERIFY(!w().session().generating());
        QVERIFY(since.elapsed() < 100);
        QCOMPARE(w().status(1), QString("partial"));
        const auto text = w().text(1);
        w().stop();
        w().start();
        QTRY_COMPARE(w().shown().size(), 2);
        QCOMPARE(w().text(1), text);
        QCOMPARE(w().status(1), QString("partial"));
        QCOMPARE(w().role(1, MessageListModel::FiguresRole).toMap()["finishReason"].toString(), QString("cancelled"));
    }

    void walk_lateTextOfAnAnswerThatIsOverIsDropped() {
        w().start();
        QVERIFY(w().sendAndFinish("Hi"));
        const auto before = w().shown();
        for (JobId job = 0; job < 5; ++job) {
            w().session().takeText(job, "LATE", {});
            AnswerResult result;
            result.id = job;
            result.state = MessageState::failed;
            w().session().takeAnswer(result);
        }
        QCOMPARE(w().shown(), before);
    }

    void walk_regenerateMakesAVariantAndTheArrowsSwitch() {
        w().start();
        QVERIFY(w().sendAndFinish("Tell me"));
        w().script().tokens = {"Second", " answer"};
        w().session().regenerate(w().id(1));
        QTRY_VERIFY(!w().session().generating());
        QCOMPARE(w().shown(), (QStringList{"user: Tell me", "assistant: Second answer 2/2"}));
        // The model saw the question and not its own first answer.
        QCOMPARE(w().script().requests().back().messages.size(), std::size_t(1));
        w().session().selectSibling(w().id(1), -1);
        QTRY_COMPARE(w().shown(), (QStringList{"user: Tell me", "assistant: Hello there. 1/2"}));
        w().session().selectSibling(w().id(1), -1); // there is none
        w().script().tokens = {"Third"};
        w().session().regenerateLast();
        QTRY_VERIFY(!w().session().generating());
        QCOMPARE(w().shown().last(), QString("assistant: Third 3/3"));
        w().stop();
        w().start();
        QTRY_COMPARE(w().shown(), (QStringList{"user: Tell me", "assistant: Third 3/3"}));
        w().session().selectSibling(w().id(1), -1);
        QTRY_COMPARE(w().shown().last(), QString("assistant: Second answer 2/3"));
    }

    void walk_runningAgainTakesTheSeedAndTheSettingsOfThen() {
        w().start();
        auto* preferences = w().app().preferences();
        QVERIFY(w().sendAndFinish("Tell me"));
        const auto then = w().script().requests().back().sampling;
        QVERIFY(!then.seed); // drawn anew, by the engine
        preferences->samplingParameters()->setValue(QStringLiteral("temperature"), 1.5);
        w().session().regenerateExactly(w().id(1));
        QTRY_VERIFY(!w().session().generating());
        QCOMPARE(w().shown().last(), QString("assistant: Hello there. 2/2"));
        const auto again = w().script().requests().back().sampling;
        QCOMPARE(again.seed.value_or(0), std::uint64_t(7));
        QCOMPARE(again.temperature, then.temperature);
        w().session().regenerate(w().id(1));
        QTRY_VERIFY(!w().session().generating());
        QCOMPARE(w().script().requests().back().sampling.temperature, 1.5f);
    }

    void walk_anEditedAnswerIsOneMoreVariantThatTheModelReads() {
        w().start();
        QVERIFY(w().sendAndFinish("Tell me"));
        QVERIFY(!w().session().editAnswer(w().id(1), "  \n"));
        QVERIFY(!w().session().editAnswer(w().id(0), "a question is no answer"));
        QVERIFY(w().session().editAnswer(w().id(1), "Hello **here**."));
        QTRY_COMPARE(w().shown(), (QStringList{"user: Tell me", "assistant: Hello **here**. 2/2"}));
        QVERIFY(w().session().editAnswer(w().id(1), "Hello **here**.")); // as it is: nothing to do
        QVERIFY(w().sendAndFinish("And then?"));
        const auto messages = w().script().requests().back().messages;
        QCOMPARE(messages.size(), std::size_t(3));
        QCOMPARE(messages[1].content, std::string("Hello **here**."));
        w().stop();
        w().start();
        QTRY_COMPARE(w().shown().size(), 4);
        w().session().selectSibling(w().id(1), -1);
        QTRY_COMPARE(w().shown(), (QStringList{"user: Tell me", "assistant: Hello there. 1/2"}));
    }

    void walk_editingAQuestionKeepsTheOldBranch() {
        w().start();
        QVERIFY(w().sendAndFinish("First"));
        QVERIFY(w().sendAndFinish("Second"));
        w().script().tokens = {"Other"};
        QVERIFY(!w().session().editAndResend(w().id(0), "   "));
        QVERIFY(!w().session().editAndResend(w().id(1), "an answer is no question"));
        QVERIFY(w().session().editAndResend(w().id(0), "First, better"));
        QTRY_VERIFY(!w().session().generating());
        QCOMPARE(w().shown(), (QStringList{"user: First, better 2/2", "assistant: Other"}));
        QCOMPARE(w().script().requests().back().messages.size(), std::size_t(1));
        w().session().selectSibling(w().id(0), -1);
        QTRY_COMPARE(w().shown(), (QStringList{"user: First 1/2", "assistant: Hello there.", "user: Second",
                                               "assistant: Hello there."}));
        QVERIFY(w().session().editAndResend(w().id(2), "Second, better"));
        QTRY_VERIFY(!w().session().generating());
        QCOMPARE(w().shown(), (QStringList{"user: First 1/2", "assistant: Hello there.", "user: Second, better 2/2",
                                           "assistant: Other"}));
    }

    void walk_aStoppedAnswerGoesOnFromItsEnd() {
        w().script().tokens = {"Once ", "upon ", "a ", "time"};
        w().script().hold();
        w().start();
        QVERIFY(w().session().send("A story"));
        QTRY_COMPARE(w().script().requests().size(), std::size_t(1));
        w().session().stop();
        QTRY_VERIFY(!w().session().generating());
        w().script().release();
        QCOMPARE(w().shown().last(), QString("assistant:  (partial)"));
        // Nothing was said yet: going on is beginning.
        w().session().continueAnswer(w().id(1));
        QTRY_VERIFY(!w().session().generating());
        QVERIFY(!w().script().requests().back().continueLast);
        QCOMPARE(w().shown().last(), QString("assistant: Once upon a time"));

        w().script().tokens = {" there", " was"};
        w().session().continueAnswer(w().id(1));
        QTRY_VERIFY(!w().session().generating());
        QVERIFY(w().script().requests().back().continueLast);
        QCOMPARE(w().script().requests().back().messages.back().content, std::string("Once upon a time"));
        QCOMPARE(w().shown().last(), QString("assistant: Once upon a time there was"));
        w().stop();
        w().start();
        QTRY_COMPARE(w().shown().value(1), QString("assistant: Once upon a time there was"));
    }

    void walk_anAnswerGoesOnInItsOwnConversation() {
        w().script().tokens.assign(300, "a");
        w().script().tokenDelay = std::chrono::milliseconds(3);
        w().start();
        QVERIFY(w().session().send("Long one"));
        QTRY_VERIFY(w().text(1).size() > 5);
        const Key first = w().session().conversationId();
        QVERIFY(first > 0);
        w().list().newConversation();
        QTRY_COMPARE(w().session().conversationId(), Key(0));
        QVERIFY(w().shown().isEmpty());
        QVERIFY(!w().session().generating());
        const auto busy = [&] {
            const int row = w().list().rowOf(first);
            return w().list().data(w().list().index(row), ConversationListModel::BusyRole).toBool();
        };
        QVERIFY(busy());
        QTest::qWait(100);
        w().list().open(first);
        QTRY_COMPARE(w().session().conversationId(), first);
        QVERIFY(w().session().generating());
        QCOMPARE(w().status(1), QString("streaming"));
        const auto there = w().text(1).size();
        QVERIFY2(there > 20, qPrintable(QString::number(there))); // what came meanwhile is there
        QTRY_VERIFY(w().text(1).size() > there);
        w().list().newConversation();
        QTRY_VERIFY(!busy());
        w().list().open(first);
        QTRY_COMPARE(w().session().conversationId(), first);
        QCOMPARE(w().text(1), QString(300, 'a'));
        QCOMPARE(w().status(1), QString("complete"));
    }

    void walk_twoConversationsWaitForEachOther() {
        w().script().tokens.assign(50, "a");
        w().script().tokenDelay = std::chrono::milliseconds(2);
        w().start();
        QVERIFY(w().session().send("One"));
        QTRY_VERIFY(w().session().conversationId() > 0);
        const Key first = w().session().conversationId();
        w().list().newConversation();
        QTRY_COMPARE(w().session().conversationId(), Key(0));
        QVERIFY(w().sendAndFinish("Two"));
        QCOMPARE(w().text(1), QString(50, 'a'));
        w().list().open(first);
        QTRY_COMPARE(w().session().conversationId(), first);
        QCOMPARE(w().text(1), QString(50, 'a'));
    }

    void walk_draftsStayWithTheirConversations() {
        w().start();
        w().session().setDraft("unsent, new");
        QVERIFY(w().sendAndFinish("First"));
        QCOMPARE(w().session().draft(), QString());
        const Key first = w().session().conversationId();
        w().session().setDraft("half a thought");
        w().list().newConversation();
        QTRY_COMPARE(w().session().conversationId(), Key(0));
        QCOMPARE(w().session().draft(), QString()); // it was sent
        w().session().setDraft("for a new one");
        w().list().open(first);
        QTRY_COMPARE(w().session().draft(), QString("half a thought"));
        w().stop();
        w().start();
        QTRY_COMPARE(w().session().draft(), QString("half a thought"));
        w().list().newConversation();
        QTRY_COMPARE(w().session().draft(), QString("for a new one"));
    }

    void walk_deletingCanBeUndone() {
        w().start();
        QVERIFY(w().sendAndFinish("Keep me"));
        const Key id = w().session().conversationId();
        w().list().remove(id);
        QCOMPARE(w().session().conversationId(), Key(0));
        QVERIFY(w().shown().isEmpty());
        QCOMPARE(w().list().count(), 0);
        w().list().undoRemove();
        QTRY_COMPARE(w().session().conversationId(), id);
        QCOMPARE(w().shown().size(), 2);
        w().list().remove(id);
        w().stop();
        w().start();
        QTest::qWait(50);
        QCOMPARE(w().list().count(), 0);
        QVERIFY(w().shown().isEmpty());
        QCOMPARE(w().session().banner()->type(), Banner::None); // the one shown last is gone: no reason for alarm
        QCOMPARE(w().list().trashCount(), 1);                   // and can still be had back
        w().list().putBack(id);
        QTRY_COMPARE(w().list().count(), 1);
        w().list().open(id);
        QTRY_COMPARE(w().shown().size(), 2);
    }

    void walk_theTrashIsKeptThirtyDays() {
        w().start();
        QVERIFY(w().sendAndFinish("Long ago"));
        w().list().newConversation();
        QTRY_COMPARE(w().session().conversationId(), Key(0));
        QVERIFY(w().sendAndFinish("Lately"));
        w().stop();
        const auto daysAgo = [](int days) { return QDateTime::currentDateTime().addDays(-days).toMSecsSinceEpoch(); };
        for (const auto& [title, days] : {std::pair("Long ago", 31), std::pair("Lately", 29)}) {
            HistoryOptions then;
            then.clock = [time = daysAgo(days)] { return time; };
            auto store = HistoryStore::open(w().historyFile(), then);
            QVERIFY(store.ok());
            const auto conversations = store->conversations();
            QVERIFY(conversations.ok());
            for (const auto& conversation : *conversations)
                if (conversation.title == title) QVERIFY(store->deleteConversation(conversation.id).ok());
        }
        w().start();
        QTRY_COMPARE(w().list().trashCount(), 1);
        w().list().setView(ConversationListModel::Trash);
        QCOMPARE(w().list().data(w().list().index(0), ConversationListModel::TitleRole).toString(), QString("Lately"));
        w().list().emptyTrash();
        w().stop();
        auto store = w().openStore();
        QVERIFY(store.ok());
        const auto trash = store->deletedConversations();
        QVERIFY(trash.ok() && trash->empty());
    }

    void walk_aBackupIsPutBackAndThatIsUndone() {
        w().start();
        auto& backups = *w().app().backups();
        QVERIFY(w().sendAndFinish("Before"));
        backups.backUp();
        QVERIFY(backups.busy());
        QTRY_VERIFY(!backups.busy());
        QVERIFY2(!backups.failed(), qPrintable(backups.message()));
        QTRY_COMPARE(backups.count(), 1);
        QVERIFY(w().sendAndFinish("After"));
        const Key id = w().session().conversationId();
        QTest::qWait(1100); // backups are named by the second
        backups.restore(0);
        QTRY_VERIFY(!backups.busy());
        QVERIFY2(!backups.failed(), qPrintable(backups.message()));
        QCOMPARE(w().session().conversationId(), Key(0));
        QTRY_COMPARE(w().list().count(), 1);
        w().list().open(id);
        QTRY_COMPARE(w().shown(), (QStringList{"user: Before", "assistant: Hello there."}));
        QVERIFY(w().sendAndFinish("Elsewhere"));
        QTRY_COMPARE(backups.count(), 2);
        QTest::qWait(1100);
        backups.restore(0); // what was there before the first
        QTRY_VERIFY(!backups.busy());
        w().list().open(id);
        QTRY_COMPARE(w().shown().size(), 4);
        QCOMPARE(w().text(2), QString("After"));
    }

    void walk_aBackupThatIsDamagedIsNotPutBack() {
        w().start();
        auto& backups = *w().app().backups();
        QVERIFY(w().sendAndFinish("Whole"));
        backups.backUp();
        QTRY_COMPARE(backups.count(), 1);
        const auto folder = w().historyFile().parent_path() / "backups";
        std::filesystem::path file;
        for (const auto& entry : std::filesystem::directory_iterator(folder)) file = entry.path();
        std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
        backups.restore(0); // listed as sound before
        QTRY_VERIFY(!backups.busy());
        QVERIFY(backups.failed());
        QVERIFY(!backups.message().isEmpty());
        QTRY_COMPARE(w().list().count(), 1);
        backups.refresh();
        QTRY_VERIFY(!backups.data(backups.index(0), BackupList::ProblemRole).toString().isEmpty());
        backups.restore(0);
        QVERIFY(!backups.busy()); // not even tried
        QVERIFY(w().sendAndFinish("And on it goes"));
    }

    void walk_pinsArchivesAndDuplicatesAreKept() {
        w().start();
        QVERIFY(w().sendAndFinish("First"));
        const Key first = w().session().conversationId();
        w().list().newConversation();
        QTRY_COMPARE(w().session().conversationId(), Key(0));
        QVERIFY(w().sendAndFinish("Second"));
        const Key second = w().session().conversationId();
        w().list().setPinned(first, true);
        w().list().setArchived(second, true);
        w().list().duplicate(first, "First, once more");
        QTRY_COMPARE(w().session().title(), QString("First, once more"));
        QCOMPARE(w().shown(), (QStringList{"user: First", "assistant: Hello there."}));
        QVERIFY(w().sendAndFinish("Only here"));
        w().stop();
        w().start();
        QTRY_COMPARE(w().list().count(), 2);
        QCOMPARE(w().list().data(w().list().index(0), ConversationListModel::ConversationIdRole).toLongLong(), first);
        QCOMPARE(w().list().archivedCount(), 1);
        w().list().open(first);
        QTRY_COMPARE(w().shown().size(), 2);
    }

    void walk_deletingAConversationStopsItsAnswer() {
        w().script().tokens.assign(100000, "a");
        w().script().tokenDelay = std::chrono::milliseconds(1);
        w().start();
        QVERIFY(w().session().send("Endless"));
        QTRY_VERIFY(w().text(1).size() > 5);
        w().list().remove(w().session().conversationId());
        QTest::qWait(100);
        const int made = w().script().tokensMade;
        QTest::qWait(100);
        QCOMPARE(w().script().tokensMade.load(), made);
    }

    void walk_searchFindsWhatWasSaidAndOpensIt() {
        w().start();
        w().script().tokens = {"The mistral is a cold wind."};
        QVERIFY(w().sendAndFinish("What is it?"));
        w().list().newConversation();
        QTRY_COMPARE(w().session().conversationId(), Key(0));
        w().script().tokens = {"Nothing of the kind."};
        QVERIFY(w().sendAndFinish("And this?"));
        w().list().setSearchText("cold wind");
        QTRY_VERIFY(w().list().searching());
        QCOMPARE(w().list().count(), 1);
        const auto at = [&](int role) { return w().list().data(w().list().index(0), role); };
        const auto snippet = at(ConversationListModel::SnippetRole).toString();
        QVERIFY(snippet.contains("cold wind"));
        QVERIFY(snippet.mid(at(ConversationListModel::SnippetStartRole).toInt()).startsWith("cold"));
        QSignalSpy reveal(&w().session(), &ChatSession::revealMessage);
        w().list().openMatch(0);
        QTRY_COMPARE(reveal.size(), 1);
        QCOMPARE(w().session().messages()->rowOf(reveal[0][0].toLongLong()), 1);
        w().list().setSearchText("\" OR * NEAR(");
        QTest::qWait(300);
        w().list().setSearchText("");
        QCOMPARE(w().list().count(), 2);
    }

    void walk_aSystemOfStrangeTextsIsKeptToTheByte() {
        w().start();
        const QString strange =
            QString::fromUtf8("NUL \0 RTL \xE2\x80\xAE SQL '; DROP TABLE messages;-- \xF0\x9F\x9A\x80", 54);
        QVERIFY(w().sendAndFinish(strange));
        w().stop();
        w().start();
        QTRY_COMPARE(w().shown().size(), 2);
        QCOMPARE(w().text(0), strange);
    }

    void walk_deletingAMessageTakesWhatFollows() {
        w().start();
        QVERIFY(w().sendAndFinish("One"));
        QVERIFY(w().sendAndFinish("Two"));
        w().session().undoDeleteMessage(); // nothing was deleted yet
        w().session().deleteMessage(w().id(2));
        QTRY_COMPARE(w().shown(), (QStringList{"user: One", "assistant: Hello there."}));
        w().session().undoDeleteMessage();
        QTRY_COMPARE(w().shown().size(), 4);
        QCOMPARE(w().text(2), QString("Two"));
        w().session().deleteMessage(w().id(2));
        QTRY_COMPARE(w().shown().size(), 2);
        QVERIFY(w().sendAndFinish("Three"));
        QCOMPARE(w().shown().size(), 4);
    }

    void walk_deletingEverythingLeavesNothing() {
        w().start();
        QVERIFY(w().sendAndFinish("Secret words"));
        w().list().newConversation();
        QTRY_COMPARE(w().session().conversationId(), Key(0));
        w().script().tokens.assign(100000, "a");
        w().script().tokenDelay = std::chrono::milliseconds(1);
        QVERIFY(w().session().send("Secret too"));
        QTRY_VERIFY(!w().text(1).isEmpty());
        w().app().preferences()->deleteAllConversations();
        QCOMPARE(w().list().count(), 0);
        QVERIFY(w().shown().isEmpty());
        QTest::qWait(700); // long enough for a growing answer to be written, if it still were
        w().stop();
        for (const auto& name : QDir(w().folder()).entryList({"tramontane*"}, QDir::Files)) {
            QFile file(w().folder() + "/" + name);
            QVERIFY(file.open(QIODevice::ReadOnly));
            QVERIFY2(!file.readAll().contains("Secret"), qPrintable(name));
        }
    }

    void walk_aQuestionCanBeAskedWhileTheModelLoads() {
        w().script().loadMs = 300;
        w().start(false);
        QTRY_COMPARE(w().engine().status(), EngineState::Loading);
        QTRY_VERIFY(w().engine().loadFraction() > 0);
        QVERIFY(!w().session().canSend());
        w().session().setDraft("Early");
        QVERIFY(w().session().canSend());
        QVERIFY(w().session().send("Early"));
        QCOMPARE(w().session().draft(), QString());
        QTRY_VERIFY(!w().session().generating());
        QCOMPARE(w().shown(), (QStringList{"user: Early", "assistant: Hello there."}));
    }

    void walk_theContextIsCountedAndTheOverflowIsTold() {
        w().start();
        QVERIFY(w().sendAndFinish("Hi"));
        QCOMPARE(w().session().contextSize(), 1024);
        QVERIFY(w().session().contextUsed() > 0);
        w().session().setDraft(QString(3000, 'a')); // the script counts a byte as a token
        QTRY_VERIFY(w().session().contextUsed() > 1024);
        QTRY_COMPARE(w().session().banner()->type(), Banner::Info);
        w().session().setDraft("short");
        QTRY_COMPARE(w().session().banner()->type(), Banner::None);
    }
};

QTEST_MAIN(WalkTest)
#include "walk_test.moc"
