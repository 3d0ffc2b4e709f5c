// Claims about the real program, with its window on a display of its own and keys typed into it.
#include <QDir>
#include <QElapsedTimer>
#include <QProcess>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <optional>
#include <random>

#include "core/history/history_store.h"

using namespace tramontane;

namespace {

const char* const question = "Tell me a story about a lighthouse";

struct Exchange {
    std::string question, answer;
    MessageStatus status = MessageStatus::complete;
};

// The one exchange of a data folder; none where there is no answer yet.
std::optional<Exchange> storedExchange(const QString& folder) {
    auto store = HistoryStore::open((folder + "/tramontane.sqlite").toStdString());
    if (!store || !store->checkIntegrity().ok()) return std::nullopt;
    const auto conversations = store->conversations();
    if (!conversations || conversations->size() != 1) return std::nullopt;
    const auto branch = store->currentBranch(conversations->front().id);
    if (!branch || branch->size() != 2) return std::nullopt;
    return Exchange{branch->at(0).message.text, branch->at(1).message.text, branch->at(1).message.status};
}

} // namespace

class ProgramTest : public QObject {
    Q_OBJECT

    QProcess display_;
    QTemporaryDir runtime_;
    QProcessEnvironment environment_ = QProcessEnvironment::systemEnvironment();

    QByteArray tool(const QStringList& arguments) const {
        QProcess process;
        process.setProcessEnvironment(environment_);
        process.start("xdotool", arguments);
        process.waitForFinished(20000);
        return process.readAllStandardOutput().trimmed();
    }

    // Starts the program and gives its window the keyboard.
    bool start(QProcess& program, const QString& folder) const {
        QSettings settings(folder + "/preferences.ini", QSettings::IniFormat);
        settings.setValue("window/firstRunSeen", true);
        settings.setValue("appearance/language", "en");
        settings.setValue("sampling/seed", "1");
        settings.sync();
        program.setProcessEnvironment(environment_);
        program.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        program.start(TRAMONTANE_PROGRAM, {"--data", folder});
        QByteArray window;
        const bool seen = QTest::qWaitFor(
            [&] {
                window = tool({"search", "--onlyvisible", "--pid", QString::number(program.processId())});
                return !window.isEmpty();
            },
            30000);
        if (!seen) return false;
        QTest::qWait(500);
        tool({"windowfocus", "--sync", QString::fromUtf8(window.split('\n').last())});
        QTest::qWait(200);
        return true;
    }

    void ask() const {
        tool({"type", "--delay", "5", question});
        tool({"key", "Return"});
    }

    static bool finish(QProcess& program) {
        program.terminate();
        return program.waitForFinished(10000) && program.exitStatus() == QProcess::NormalExit &&
               program.exitCode() == 0;
    }

private slots:
    void initTestCase() {
        environment_.insert("XDG_RUNTIME_DIR", runtime_.path());
        environment_.insert("QT_QPA_PLATFORM", "xcb");
        environment_.insert("QT_QUICK_BACKEND", "software");
        if (QStandardPaths::findExecutable("Xvfb").isEmpty()) QSKIP("no Xvfb here");
        if (QStandardPaths::findExecutable("xdotool").isEmpty()) QSKIP("no xdotool here");
        display_.start("Xvfb", {"-displayfd", "1", "-screen", "0", "1200x800x24", "-nolisten", "tcp", "-noreset"});
        QVERIFY(display_.waitForReadyRead(20000));
        environment_.insert("DISPLAY", ":" + QString::fromUtf8(display_.readLine().trimmed()));
    }

    void cleanupTestCase() {
        display_.terminate();
        display_.waitForFinished();
    }

    void program_helpAndVersionNeedNoDisplay() {
        auto bare = environment_;
        bare.remove("DISPLAY");
        for (const char* option : {"--help", "--version"}) {
            QProcess program;
            program.setProcessEnvironment(bare);
            program.start(TRAMONTANE_PROGRAM, {option});
            QVERIFY(program.waitForFinished(20000));
            QCOMPARE(program.exitCode(), 0);
            QVERIFY(program.readAllStandardOutput().contains("tramontane"));
        }
    }

    void program_keepsWhatWasSaidWhenKilledInMidAnswer() {
        // The whole answer first: with the same seed every other one begins like it.
        std::string whole;
        {
            const QTemporaryDir folder;
            QProcess program;
            QVERIFY(start(program, folder.path()));
            ask();
            QTest::qWait(6000);
            QVERIFY(finish(program));
            const auto stored = storedExchange(folder.path());
            QVERIFY(stored);
            QCOMPARE(stored->question, std::string(question));
            QVERIFY(stored->status == MessageStatus::complete);
            whole = stored->answer;
            QVERIFY(whole.size() > 40);
        }
        constexpr unsigned seed = 90210;
        std::mt19937 random(seed);
        int partial = 0;
        for (int round = 0; round < 4; ++round) {
            const QTemporaryDir folder;
            QProcess program;
            QVERIFY(start(program, folder.path()));
            ask();
            const int wait = 200 + int(random() % 700);
            QTest::qWait(wait);
            program.kill();
            program.waitForFinished();
            const auto what = QStringLiteral("seed %1, round %2, killed after %3 ms").arg(seed).arg(round).arg(wait);
            const auto stored = storedExchange(folder.path());
            QVERIFY2(stored, qPrintable(what));
            QCOMPARE(stored->question, std::string(question));
            QVERIFY2(whole.starts_with(stored->answer), qPrintable(what));
            QVERIFY2((stored->status == MessageStatus::complete) == (stored->answer == whole), qPrintable(what));
            partial += stored->status == MessageStatus::partial;
            // What the kill left (lock, socket, journal) is no obstacle to the next start.
            QProcess again;
            QVERIFY2(start(again, folder.path()), qPrintable(what));
            QVERIFY2(finish(again), qPrintable(what));
            const auto after = storedExchange(folder.path());
            QVERIFY(after && after->answer == stored->answer);
        }
        qInfo("%d of 4 kills came before the answer's end", partial);
    }

    void program_endsWithinASecondInMidAnswer() {
        const QTemporaryDir folder;
        QProcess program;
        QVERIFY(start(program, folder.path()));
        ask();
        QTest::qWait(300);
        QElapsedTimer since;
        since.start();
        QVERIFY(finish(program));
        QVERIFY2(since.elapsed() < 1000, qPrintable(QString::number(since.elapsed())));
        const auto stored = storedExchange(folder.path());
        QVERIFY(stored);
        QCOMPARE(stored->question, std::string(question));
    }

    void program_aSecondStartBringsTheFirstForwardAndEndsWithNought() {
        const QTemporaryDir folder;
        QProcess first;
        QVERIFY(start(first, folder.path()));
        QProcess second;
        second.setProcessEnvironment(environment_);
        QElapsedTimer since;
        since.start();
        second.start(TRAMONTANE_PROGRAM, {"--data", folder.path()});
        QVERIFY(second.waitForFinished(10000));
        QCOMPARE(second.exitCode(), 0);
        QVERIFY(since.elapsed() < 5000);
        QCOMPARE(first.state(), QProcess::Running);
        QVERIFY(finish(first));
    }

    void program_aModelThatIsNotThereLeavesItRunning() {
        const QTemporaryDir folder;
        QProcess program;
        program.setProcessEnvironment(environment_);
        program.start(TRAMONTANE_PROGRAM, {"--data", folder.path(), "--model", folder.filePath("no such model")});
        QVERIFY(program.waitForStarted());
        QTest::qWait(1500);
        QCOMPARE(program.state(), QProcess::Running);
        QVERIFY(finish(program));
    }
};

QTEST_GUILESS_MAIN(ProgramTest)
#include "program_test.moc"
