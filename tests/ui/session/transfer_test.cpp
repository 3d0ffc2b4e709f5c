// What a person asks of exports and imports, and the words for what became of it.
#include "transfer.h"

#include <QFileInfo>
#include <QSignalSpy>
#include <QTest>

using namespace tramontane::desktop;

Q_DECLARE_METATYPE(tramontane::desktop::FileFormat)

class TransferTest : public QObject {
    Q_OBJECT

    static ExportRequest requestOf(const QSignalSpy& spy) {
        return spy.isEmpty() ? ExportRequest() : spy.last().first().value<ExportRequest>();
    }

private slots:
    void theNameOfTheFileSaysTheFormatAndTheChoiceWhereItHasNoEnding_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("choice");
        QTest::addColumn<QString>("file");
        QTest::addColumn<FileFormat>("format");
        QTest::newRow("chosen") << "/tmp/wind"
                                << "pdf"
                                << "/tmp/wind.pdf" << FileFormat::pdf;
        QTest::newRow("the same") << "/tmp/wind.md"
                                  << "md"
                                  << "/tmp/wind.md" << FileFormat::markdown;
        QTest::newRow("another") << "/tmp/wind.HTM"
                                 << "md"
                                 << "/tmp/wind.HTM" << FileFormat::html;
        QTest::newRow("no ending of ours") << "/tmp/wind 1.5"
                                           << "json"
                                           << "/tmp/wind 1.5.json" << FileFormat::json;
    }
    void theNameOfTheFileSaysTheFormatAndTheChoiceWhereItHasNoEnding() {
        QFETCH(QString, name);
        QFETCH(QString, choice);
        QFETCH(QString, file);
        QFETCH(FileFormat, format);
        Transfer transfer;
        QSignalSpy asked(&transfer, &Transfer::exportRequested);
        transfer.exportConversation(7, QUrl::fromLocalFile(name), choice);
        QCOMPARE(asked.count(), 1);
        QCOMPARE(requestOf(asked).conversation, Key(7));
        QCOMPARE(requestOf(asked).file, file);
        QCOMPARE(requestOf(asked).format, format);
        QCOMPARE(requestOf(asked).names.person, QStringLiteral("You"));
    }

    void oneThingAtATime() {
        Transfer transfer;
        QSignalSpy exports(&transfer, &Transfer::exportRequested), imports(&transfer, &Transfer::importRequested);
        transfer.exportAll(QUrl::fromLocalFile("/tmp/all"));
        QVERIFY(transfer.busy());
        QCOMPARE(requestOf(exports).file, QStringLiteral("/tmp/all.json"));
        transfer.importFile(QUrl::fromLocalFile("/tmp/a.json"));
        transfer.exportConversation(1, QUrl::fromLocalFile("/tmp/a.md"), "md");
        transfer.exportAll(QUrl::fromLocalFile("/tmp/all"));
        QCOMPARE(exports.count() + imports.count(), 1);
        transfer.takeOutcome({false, "/tmp/all.json", 3, 9, {}});
        QVERIFY(!transfer.busy());
        transfer.importFile(QUrl::fromLocalFile("/tmp/a.json"));
        QCOMPARE(imports.last().first().toString(), QStringLiteral("/tmp/a.json"));
    }

    void saysWhatBecameOfItInPlainWords() {
        Transfer transfer;
        QSignalSpy ended(&transfer, &Transfer::ended);
        QCOMPARE(transfer.message(), QString());
        transfer.takeOutcome({true, "/tmp/a.json", 12, 340, {}});
        QVERIFY(!transfer.failed());
        QCOMPARE(transfer.message(), QStringLiteral("Added 12 conversation(s) with 340 message(s).")); // untranslated
        transfer.takeOutcome({false, "/tmp/wind.md", 1, 4, {}});
        QCOMPARE(transfer.message(), QStringLiteral("Wrote 1 conversation(s) to wind.md."));
        transfer.takeOutcome({true, "/tmp/a.json", 0, 0, {ProblemKind::other, "a.json: is empty"}});
        QVERIFY(transfer.failed());
        QCOMPARE(transfer.message(), QStringLiteral("Nothing was imported.\na.json: is empty"));
        transfer.takeOutcome({false, "/tmp/a.md", 0, 0, {ProblemKind::historyGone, {}}});
        QCOMPARE(transfer.message(), QStringLiteral("Nothing was exported.\nThere is no conversation to export."));
        transfer.takeOutcome({false, "/tmp/a.md", 0, 0, {ProblemKind::historyBusy, {}}});
        QVERIFY(transfer.message().contains("Try again a little later."));
        QCOMPARE(ended.count(), 5);
        transfer.forget();
        QCOMPARE(transfer.message(), QString());
        QVERIFY(!transfer.failed());
    }

    void aPlaceElsewhereIsRefused() {
        Transfer transfer;
        QSignalSpy asked(&transfer, &Transfer::exportRequested);
        transfer.exportAll(QUrl("sftp://example.org/all.json"));
        QCOMPARE(asked.count(), 0);
        QVERIFY(transfer.failed() && !transfer.busy());
        QCOMPARE(transfer.message(),
                 QStringLiteral("Nothing was exported.\nsftp://example.org/all.json is not on this computer."));
        transfer.forget();
        transfer.exportAll(QUrl());
        transfer.exportConversation(0, QUrl::fromLocalFile("/tmp/a.md"), "md");
        transfer.exportConversation(1, QUrl::fromLocalFile("/tmp/a.md"), "exe");
        QCOMPARE(asked.count(), 0);
        QVERIFY(!transfer.busy());
    }

    void suggestsANameThatAFileSystemTakes() {
        const auto name = [](const QString& title) {
            return QFileInfo(Transfer::suggestion(title, "md").toLocalFile()).fileName();
        };
        QCOMPARE(name("Wind"), QStringLiteral("Wind.md"));
        QCOMPARE(name("../../etc/passwd"), QStringLiteral("etc passwd.md"));
        QCOMPARE(name(".hidden\n\"a\"?"), QStringLiteral("hidden a.md"));
        QCOMPARE(name(""), QStringLiteral("Conversation.md"));
        QCOMPARE(name("///"), QStringLiteral("Conversation.md"));
        QVERIFY(name(QString(5000, 'x')).size() < 100);
        QVERIFY(name(QString(79, 'x') + QString::fromUtf8("🚀")).toUtf8().size() < 100);
    }
};

QTEST_MAIN(TransferTest)
#include "transfer_test.moc"
