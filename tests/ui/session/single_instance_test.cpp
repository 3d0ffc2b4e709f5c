// Claims about the second start: the first window comes forward, and nothing a kill leaves behind is in the way.
#include <QElapsedTimer>
#include <QLocalSocket>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

#include "ui/desktop/session/single_instance.h"

using namespace tramontane::desktop;

class SingleInstanceTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { qputenv("XDG_RUNTIME_DIR", runtime_.path().toUtf8()); }

    void singleInstance_theSecondStartTellsTheFirst() {
        const QTemporaryDir data;
        SingleInstance first(data.path());
        QVERIFY(first.claim({}));
        QSignalSpy raised(&first, &SingleInstance::raised);
        bool second = true;
        QElapsedTimer since;
        since.start();
        // On another thread, because the first one's event loop has to answer meanwhile.
        auto* thread =
            QThread::create([&] { second = SingleInstance(data.path()).claim(QString::fromUtf8("/m é\\x")); });
        thread->start();
        QTRY_COMPARE(raised.size(), 1);
        QTRY_VERIFY(thread->isFinished());
        delete thread;
        QVERIFY(!second);
        QVERIFY(since.elapsed() < 1000);
        QCOMPARE(raised[0][0].toString(), QString::fromUtf8("/m é\\x"));
    }

    void singleInstance_everyDataFolderHasItsOwn() {
        const QTemporaryDir one, two;
        SingleInstance first(one.path()), second(two.path());
        QVERIFY(first.claim({}));
        QVERIFY(second.claim({}));
    }

    void singleInstance_whatAKillLeavesHarmsNothing() {
        const QTemporaryDir data;
        int ready[2];
        QVERIFY(::pipe(ready) == 0);
        const pid_t child = ::fork();
        if (child == 0) {
            auto* instance = new SingleInstance(data.path());
            const char ok = instance->claim({}) ? 1 : 0;
            [[maybe_unused]] const auto written = ::write(ready[1], &ok, 1);
            ::pause();
            ::_exit(0);
        }
        char ok = 0;
        QVERIFY(::read(ready[0], &ok, 1) == 1 && ok == 1);
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        SingleInstance next(data.path());
        QElapsedTimer since;
        since.start();
        QVERIFY(next.claim({}));
        QVERIFY(since.elapsed() < 500);
        // And it listens, where the killed one did.
        QSignalSpy raised(&next, &SingleInstance::raised);
        auto* thread = QThread::create([&] { SingleInstance(data.path()).claim({}); });
        thread->start();
        QTRY_COMPARE(raised.size(), 1);
        QTRY_VERIFY(thread->isFinished());
        delete thread;
    }

    void singleInstance_nonsenseOnTheSocketHarmsNothing() {
        const QTemporaryDir data;
        SingleInstance first(data.path());
        QVERIFY(first.claim({}));
        QSignalSpy raised(&first, &SingleInstance::raised);
        const auto names = QDir(runtime_.path()).entryList({"tramontane-*"}, QDir::System);
        QVERIFY(!names.isEmpty());
        for (const auto& bytes :
             {QByteArray("\n\n\n"), QByteArray("x").repeated(100000), QByteArray("raise"), QByteArray()}) {
            for (const auto& name : names) {
                QLocalSocket socket;
                socket.connectToServer(QDir(runtime_.path()).filePath(name));
                if (!socket.waitForConnected(500)) continue;
                socket.write(bytes);
                socket.flush();
                QTest::qWait(20);
            }
        }
        QCOMPARE(raised.size(), 0);
    }

    void singleInstance_aFolderThatTakesNoLockStillStarts() {
        SingleInstance instance(QStringLiteral("/proc/no such folder"));
        QVERIFY(instance.claim({}));
    }

private:
    QTemporaryDir runtime_;
};

QTEST_GUILESS_MAIN(SingleInstanceTest)
#include "single_instance_test.moc"
