// Claims about the worst days: killed in mid-answer, a locked or full or newer history, models that do not open,
// a window closed at a bad moment. And that the window stays light on its feet through all of it.
#include <QElapsedTimer>
#include <QProcess>
#include <QSignalSpy>
#include <QTest>

#include <csignal>
#include <numeric>
#include <random>

#include <sys/resource.h>

#include "world.h"

using namespace tramontane;
using namespace tramontane::desktop;

namespace {

QString beside(const char* program) { return QCoreApplication::applicationDirPath() + "/" + program; }

// Another process that holds this world's history.
class Holder {
public:
    explicit Holder(const World& world) {
        process_.start(beside("history_holder"), {QString::fromStdString(world.historyFile().string())});
        held_ = process_.waitForReadyRead(5000) && process_.readLine().trimmed() == "held";
    }
    ~Holder() { release(); }
    bool held() const { return held_; }
    void release() {
        process_.closeWriteChannel();
        process_.waitForFinished(5000);
    }

private:
    QProcess process_;
    bool held_ = false;
};

} // namespace

class TroubleTest : public QObject {
    Q_OBJECT

private slots:
    void trouble_aKillInMidAnswerLosesLessThanHalfASecond() {
        constexpr unsigned seed = 31337;
        std::mt19937 random(seed);
        for (int round = 0; round < 4; ++round) {
            const QTemporaryDir folder;
            QProcess program;
            program.start(beside("answering_program"), {folder.path()});
            QVERIFY(program.waitForStarted());
            QVERIFY(program.waitForReadyRead(10000));
            QElapsedTimer since;
            since.start();
            const int killAfterMs = 600 + int(random() % 900);
            int safe = 0; // words that were made 500 ms before the kill
            QList<std::pair<qint64, int>> made;
            while (since.elapsed() < killAfterMs) {
                program.waitForReadyRead(5);
                while (program.canReadLine()) made.append({since.elapsed(), program.readLine().trimmed().toInt() + 1});
            }
            const auto killed = since.elapsed();
            program.kill();
            program.waitForFinished();
            for (const auto& [when, words] : made)
                if (when < killed - 500) safe = words;
            QVERIFY(safe > 0);

            World world(std::make_shared<FakeScript>(), folder.path());
            world.start();
            QTRY_COMPARE(world.shown().size(), 2);
            QCOMPARE(world.text(0), QString("Count for me"));
            QCOMPARE(world.status(1), QString("partial"));
            QVERIFY(!world.role(1, MessageListModel::FiguresRole).toMap().contains("finishReason"));
            const auto words = world.text(1).split(' ', Qt::SkipEmptyParts);
            QVERIFY2(words.size() >= safe,
                     qPrintable(
                         QString("seed %1 round %2: %3 of %4 words").arg(seed).arg(round).arg(words.size()).arg(safe)));
            for (int i = 0; i < words.size(); ++i) QCOMPARE(words[i].toInt(), i);
            const auto before = world.text(1);
            world.session().continueAnswer(world.id(1));
            QTRY_VERIFY(!world.session().generating());
            QCOMPARE(world.text(1), before + "Hello there.");
            world.stop();
            auto store = world.openStore();
            QVERIFY(store.ok());
            QVERIFY(store->checkIntegrity().ok());
        }
    }

    void trouble_aLockedHistoryStallsNothingAndLosesNothing() {
        World world;
        {
            auto store = world.openStore(); // so that there is a file to hold
            QVERIFY(store.ok());
        }
        Holder holder(world);
        QVERIFY(holder.held());
        auto* timed = TimedApplication::instance();
        timed->startTiming();
        world.start(false);
        QTRY_COMPARE(world.engine().status(), EngineState::Ready);
        QTRY_COMPARE(world.session().banner()->type(), Banner::Warning);
        QVERIFY(!world.session().banner()->text().isEmpty());
        QVERIFY(world.session().send("Are you there?"));
        QTest::qWait(1500);
        QVERIFY(world.session().generating());
        QCOMPARE(world.script().requests().size(), std::size_t(0)); // not safe on disk: the model waits
        QCOMPARE(world.shown(), (QStringList{"user: Are you there?", "assistant:  (streaming)"}));
        holder.release();
        QTRY_VERIFY(!world.session().generating());
        QCOMPARE(world.shown(), (QStringList{"user: Are you there?", "assistant: Hello there."}));
        QCOMPARE(world.session().banner()->type(), Banner::None);
        QVERIFY2(timed->longestWallMs() < 100, qPrintable(QString::number(timed->longestWallMs())));
        world.stop();
        world.start();
        QTRY_COMPARE(world.shown().size(), 2);
    }

    void trouble_aQuestionThatWaitsCanBeTakenBack() {
        World world;
        (void)world.openStore();
        Holder holder(world);
        QVERIFY(holder.held());
        world.start(false);
        QTRY_COMPARE(world.engine().status(), EngineState::Ready);
        QVERIFY(world.session().send("Wait"));
        world.session().stop();
        QVERIFY(!world.session().generating());
        QCOMPARE(world.status(1), QString("partial"));
        holder.release();
        QTRY_VERIFY(world.session().conversationId() > 0);
        QTest::qWait(50);
        QCOMPARE(world.script().requests().size(), std::size_t(0));
        world.stop();
        world.start();
        QTRY_COMPARE(world.shown(), (QStringList{"user: Wait", "assistant:  (partial)"}));
    }

    void trouble_aNewerHistoryIsLeftAloneAndTheTalkGoesOn() {
        World world;
        (void)world.openStore();
        QFile file(QString::fromStdString(world.historyFile().string()));
        QVERIFY(file.open(QIODevice::ReadWrite));
        QVERIFY(file.seek(60)); // the header's user_version, big-endian
        file.write(QByteArray("\0\0\0\x63", 4));
        file.close();
        QVERIFY(file.open(QIODevice::ReadOnly));
        const auto before = file.readAll();
        file.close();
        world.start(false);
        QTRY_COMPARE(world.session().banner()->type(), Banner::Error);
        QVERIFY(!world.session().banner()->secondActionText().isEmpty());
        QTRY_COMPARE(world.engine().status(), EngineState::Ready);
        QVERIFY(world.session().send("Hello?"));
        QTest::qWait(50);
        QVERIFY(world.session().generating());
        world.session().banner()->secondAction(); // go on without saving
        QTRY_VERIFY(!world.session().generating());
        QCOMPARE(world.shown(), (QStringList{"user: Hello?", "assistant: Hello there."}));
        QTRY_COMPARE(world.session().banner()->type(), Banner::Warning); // and it says so
        world.stop();
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), before);
    }

    void trouble_aFolderThatCannotBeWrittenKeepsTheTextInTheWindow() {
        // A file where the folder should be stops even root.
        const QTemporaryDir outer;
        QFile inTheWay(outer.filePath("data"));
        QVERIFY(inTheWay.open(QIODevice::WriteOnly));
        inTheWay.close();
        World world(std::make_shared<FakeScript>(), outer.filePath("data"));
        world.start(false);
        QTRY_COMPARE(world.session().banner()->type(), Banner::Error);
        QVERIFY(world.session().send("Hello?"));
        QTest::qWait(100);
        QCOMPARE(world.text(0), QString("Hello?"));
        QVERIFY(inTheWay.remove()); // mended
        world.session().banner()->action();
        QTRY_VERIFY(!world.session().generating());
        QCOMPARE(world.text(1), QString("Hello there."));
        QCOMPARE(world.session().banner()->type(), Banner::None);
    }

    void trouble_aFullDiskKeepsTheTextAndSavesItLater() {
        World world;
        world.start();
        QVERIFY(world.sendAndFinish("Before"));
        // No file of this process may grow any more: what a full disk is to the store.
        std::signal(SIGXFSZ, SIG_IGN);
        rlimit before{};
        QVERIFY(::getrlimit(RLIMIT_FSIZE, &before) == 0);
        const rlimit full{4096, before.rlim_max};
        QVERIFY(::setrlimit(RLIMIT_FSIZE, &full) == 0);
        const auto long_ = QString("Long question. ").repeated(50);
        QVERIFY(world.session().send(long_));
        const bool told = QTest::qWaitFor([&] { return world.session().banner()->type() == Banner::Error; });
        const auto asked = world.script().requests().size();
        QVERIFY(::setrlimit(RLIMIT_FSIZE, &before) == 0);
        QVERIFY(told);
        QCOMPARE(asked, std::size_t(1)); // the model did not start on what is not safe
        QCOMPARE(world.text(2), long_);
        QTRY_VERIFY(!world.session().generating()); // tried again without being asked
        QCOMPARE(world.session().banner()->type(), Banner::None);
        world.stop();
        world.start();
        QTRY_COMPARE(world.shown().size(), 4);
        QCOMPARE(world.text(2), long_);
        QCOMPARE(world.text(3), QString("Hello there."));
    }

    void trouble_theConversationOpenLastComesWhenTheHistoryDoes() {
        World world;
        world.start();
        QVERIFY(world.sendAndFinish("Remember me"));
        world.stop();
        Holder holder(world);
        QVERIFY(holder.held());
        world.start(false);
        QTRY_COMPARE(world.session().banner()->type(), Banner::Warning);
        QVERIFY(world.shown().isEmpty());
        holder.release();
        QTRY_COMPARE(world.shown(), (QStringList{"user: Remember me", "assistant: Hello there."}));
        QCOMPARE(world.list().count(), 1);
    }

    void trouble_aDamagedHistoryIsSetAsideAndToldOf() {
        World world;
        world.start();
        QVERIFY(world.sendAndFinish("Remember me"));
        world.stop();
        QFile file(QString::fromStdString(world.historyFile().string()));
        QVERIFY(file.open(QIODevice::ReadWrite));
        file.write(QByteArray(16, 'X')); // no database any more
        file.close();
        world.start();
        QTRY_COMPARE(world.session().banner()->type(), Banner::Warning);
        QVERIFY(!world.session().banner()->text().isEmpty());
        world.session().banner()->dismiss();
        QCOMPARE(world.session().banner()->type(), Banner::None);
        QVERIFY(world.sendAndFinish("Life goes on"));
    }

    void trouble_aModelThatDoesNotOpenLeavesAWayOn() {
        auto script = std::make_shared<FakeScript>();
        bool broken = true;
        script->loadCheck = [&](const ModelOptions& options) -> Result<void> {
            if (broken && options.directory.filename() == "other")
                return makeError(ErrorKind::notFound, "other/config.json: no such file");
            return {};
        };
        World world(script);
        world.start();
        QVERIFY(world.engine().modelIsBuiltIn());
        world.engine().openModel(QUrl::fromLocalFile(world.folder() + "/other"));
        QTRY_COMPARE(world.session().banner()->type(), Banner::Warning);
        QCOMPARE(world.engine().status(), EngineState::Ready); // the one before goes on answering
        QVERIFY(world.session().banner()->detail().contains("config.json"));
        QSignalSpy choose(&world.session(), &ChatSession::chooseFolderRequested);
        world.session().banner()->action();
        QCOMPARE(choose.size(), 1);
        QVERIFY(world.sendAndFinish("Still there?"));
        QVERIFY(world.app().preferences()->modelFolder().isEmpty()); // a bad folder is not remembered
        broken = false;
        world.engine().retry();
        QTRY_COMPARE(world.engine().modelName(), QString("other"));
        QCOMPARE(world.session().banner()->type(), Banner::None);
        QCOMPARE(world.app().preferences()->modelFolder(), world.folder() + "/other");
    }

    void trouble_noModelAtAllOffersTheBuiltInOne() {
        auto script = std::make_shared<FakeScript>();
        script->loadCheck = [](const ModelOptions& options) -> Result<void> {
            if (options.directory.filename() == "built-in") return {};
            return makeError(ErrorKind::unsupported, "quant_method is awq, expected gptq");
        };
        World world(script);
        {
            Preferences preferences(world.folder() + "/preferences.ini", {});
            preferences.setModelFolder("/models/awq");
        }
        world.start(false);
        QTRY_COMPARE(world.engine().status(), EngineState::Failed);
        QCOMPARE(world.session().banner()->type(), Banner::Error);
        QVERIFY(!world.session().send("Hello"));
        world.session().banner()->secondAction();
        QTRY_COMPARE(world.engine().status(), EngineState::Ready);
        QVERIFY(world.engine().modelIsBuiltIn());
        QVERIFY(world.sendAndFinish("Hello"));
    }

    void trouble_switchingModelsWhileOneLoadsTakesTheLast() {
        auto script = std::make_shared<FakeScript>();
        script->loadMs = 200;
        World world(script);
        world.start(false);
        for (const char* name : {"a", "b", "c"})
            world.engine().openModel(QUrl::fromLocalFile(world.folder() + "/" + name));
        QTRY_COMPARE(world.engine().status(), EngineState::Ready);
        QCOMPARE(world.engine().modelName(), QString("c"));
        QTRY_COMPARE(script->enginesAlive.load(), 1);
        QCOMPARE(world.session().banner()->type(), Banner::None);
    }

    void trouble_changedEngineSettingsReopenTheModelOnce() {
        World world;
        world.start();
        const int loads = world.script().loads;
        for (int tokens = 256; tokens <= 512; tokens += 16) world.app().preferences()->setContextLength(tokens);
        QTRY_COMPARE(world.engine().contextLength(), 512);
        QCOMPARE(world.script().loads.load(), loads + 1);
    }

    void trouble_theWindowStaysLightAtAThousandTokensASecond() {
        auto script = std::make_shared<FakeScript>();
        script->tokens.assign(2000, "word ");
        for (std::size_t i = 20; i < script->tokens.size(); i += 20) script->tokens[i] = "word.\n\n";
        script->tokenDelay = std::chrono::milliseconds(1);
        World world(script);
        world.start();
        QVERIFY(world.session().send("Go"));
        QTRY_VERIFY(world.text(1).size() > 0);
        // The delegate's own share: it asks for the blocks.
        (void)world.role(1, MessageListModel::BlocksRole);
        auto* timed = TimedApplication::instance();
        timed->startTiming();
        QTRY_VERIFY_WITH_TIMEOUT(!world.session().generating(), 20000);
        QCOMPARE(world.text(1).size(),
                 qsizetype(std::accumulate(script->tokens.begin(), script->tokens.end(), std::size_t(0),
                                           [](std::size_t sum, const auto& t) { return sum + t.size(); })));
        QVERIFY(timed->events() > 100);
        QVERIFY2(timed->longestBusyMs() <= 8, qPrintable(QString::number(timed->longestBusyMs())));
        qInfo("longest of %d events: %.2f ms", timed->events(), timed->longestBusyMs());
    }

    void trouble_closingInMidAnswerKeepsItAndTakesLessThanASecond() {
        auto script = std::make_shared<FakeScript>();
        script->tokens.assign(100000, "a");
        script->tokenDelay = std::chrono::milliseconds(1);
        World world(script);
        world.start();
        QVERIFY(world.session().send("Endless"));
        QTRY_VERIFY(world.text(1).size() > 20);
        world.session().setDraft("unfinished");
        QElapsedTimer since;
        since.start();
        QVERIFY(world.stop());
        QVERIFY2(since.elapsed() < 1000, qPrintable(QString::number(since.elapsed())));
        script->tokens = {"Hello"};
        world.start();
        QTRY_COMPARE(world.shown().size(), 2);
        QCOMPARE(world.status(1), QString("partial"));
        QVERIFY(world.text(1).size() > 20);
        QCOMPARE(world.session().draft(), QString("unfinished"));
    }

    void trouble_closingInMidLoadTakesLessThanASecond_data() {
        QTest::addColumn<bool>("heeds");
        QTest::newRow("a load that heeds the stop") << true;
        QTest::newRow("a load that does not, for a while") << false;
    }
    void trouble_closingInMidLoadTakesLessThanASecond() {
        QFETCH(bool, heeds);
        auto script = std::make_shared<FakeScript>();
        script->loadMs = heeds ? 60000 : 450;
        script->loadHeedsStop = heeds;
        World world(script);
        world.start(false);
        QTRY_COMPARE(script->loads.load(), 1);
        QElapsedTimer since;
        since.start();
        QVERIFY(world.stop());
        QVERIFY2(since.elapsed() < 1000, qPrintable(QString::number(since.elapsed())));
    }
};

int main(int argc, char** argv) {
    TimedApplication application(argc, argv);
    TroubleTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "trouble_test.moc"
