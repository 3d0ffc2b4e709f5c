// The list model behind an answer: what the view hears is the least that tells the difference.
#include <QAbstractItemModelTester>
#include <QElapsedTimer>
#include <QNetworkAccessManager>
#include <QQmlComponent>
#include <QQmlEngine>
#include <QQmlNetworkAccessManagerFactory>
#include <QSignalSpy>
#include <QTest>

#include "markdown_blocks.h"

using namespace tramontane;

namespace {

const QString sample = QStringLiteral("# Title\n\nFirst *words* here.\n\n- one\n- two\n\n```cpp\nint x;\n```\n\n"
                                      "| a | b |\n|---|---|\n| 1 | 2 |\n\n> quote 🌬️ é\n\nThe end.");

QStringList rowsOf(const MarkdownBlocks& blocks) {
    QStringList rows;
    const auto names = blocks.roleNames();
    for (int row = 0; row < blocks.rowCount(); ++row) {
        QString line;
        for (auto role = names.begin(); role != names.end(); ++role)
            line += QString::fromLatin1(*role) + QLatin1Char('=') +
                    QVariant(blocks.data(blocks.index(row), role.key())).toStringList().join(QLatin1Char(',')) +
                    blocks.data(blocks.index(row), role.key()).toString() + QLatin1Char(';');
        rows << line;
    }
    return rows;
}

// Counts every request that anything makes of the network.
class CountingNetwork : public QQmlNetworkAccessManagerFactory {
public:
    QNetworkAccessManager* create(QObject* parent) override {
        ++made;
        return new Manager(this, parent);
    }
    struct Manager : QNetworkAccessManager {
        Manager(CountingNetwork* owner, QObject* parent) : QNetworkAccessManager(parent), owner_(owner) {}
        QNetworkReply* createRequest(Operation operation, const QNetworkRequest& request, QIODevice* data) override {
            ++owner_->requests;
            return QNetworkAccessManager::createRequest(operation, request, data);
        }
        CountingNetwork* owner_;
    };
    int made = 0, requests = 0;
};

} // namespace

class MarkdownBlocksTest : public QObject {
    Q_OBJECT

private slots:
    void streamedEqualsWhole() {
        MarkdownBlocks whole, streamed;
        QAbstractItemModelTester tester(&streamed, QAbstractItemModelTester::FailureReportingMode::QtTest);
        whole.setText(sample);
        whole.finish();
        for (const QChar c : sample) streamed.append(QString(c));
        streamed.finish();
        QCOMPARE(rowsOf(streamed), rowsOf(whole));
        QCOMPARE(streamed.count(), whole.count());
    }

    void finishedRowsAreNotTouchedAgain() {
        MarkdownBlocks blocks;
        blocks.setText(QStringLiteral("First.\n\nSecond.\n\n"));
        QSignalSpy changed(&blocks, &MarkdownBlocks::dataChanged);
        QSignalSpy removed(&blocks, &MarkdownBlocks::rowsRemoved);
        QSignalSpy reset(&blocks, &MarkdownBlocks::modelReset);
        for (int n = 0; n < 50; ++n) {
            blocks.append(QStringLiteral("word "));
            QTest::qWait(1);
        }
        blocks.finish();
        QCOMPARE(removed.count(), 0);
        QCOMPARE(reset.count(), 0);
        for (const auto& call : changed) QVERIFY(call[0].toModelIndex().row() >= 2);
        QCOMPARE(blocks.count(), 3);
    }

    void theViewHearsOfChangesOnceAFrame() {
        MarkdownBlocks blocks;
        QSignalSpy changed(&blocks, &MarkdownBlocks::dataChanged);
        for (int n = 0; n < 1000; ++n) blocks.append(QStringLiteral("x"));
        QVERIFY(changed.count() <= 1);
        QTest::qWait(50);
        QVERIFY(changed.count() >= 1 && changed.count() <= 2);
        QCOMPARE(blocks.data(blocks.index(0), MarkdownBlocks::PlainRole).toString(), QString(1000, QLatin1Char('x')));
    }

    void anAnswerThatIsContinuedGoesOn() {
        MarkdownBlocks blocks, whole;
        blocks.setText(sample.left(60));
        blocks.finish();
        blocks.append(sample.mid(60));
        blocks.finish();
        whole.setText(sample);
        whole.finish();
        QCOMPARE(rowsOf(blocks), rowsOf(whole));
    }

    void codeInPiecesIsCopiedWhole() {
        QString code;
        for (int line = 0; line < 700; ++line) code += QStringLiteral("line %1\n").arg(line);
        code += QString(40000, QLatin1Char('y'));
        MarkdownBlocks blocks;
        blocks.setText(QStringLiteral("before\n\n```\n%1\n```\n").arg(code));
        blocks.finish();
        QVERIFY(blocks.count() > 4);
        for (int row = 1; row < blocks.count(); ++row) QCOMPARE(blocks.codeAt(row), code);
        QCOMPARE(blocks.codeAt(-1), QString());
        QCOMPARE(blocks.codeAt(1000), QString());
    }

    // ACCEPTANCE 32: nothing in an answer makes anything be fetched, shown as the window shows it.
    void noImageIsEverFetched() {
        QQmlEngine engine;
        CountingNetwork network;
        engine.setNetworkAccessManagerFactory(&network);
        MarkdownBlocks blocks;
        blocks.setText(
            QStringLiteral("![a](http://127.0.0.1:9/a.png) <img src=\"http://127.0.0.1:9/b.png\">\n\n"
                           "text ![c](file:///etc/hostname) &lt;img src=x&gt;\n\n"
                           "| ![d](http://127.0.0.1:9/d.png) |\n|---|\n| <img src='http://127.0.0.1:9/e'> |\n"));
        blocks.finish();
        QStringList htmls;
        for (int row = 0; row < blocks.count(); ++row) {
            htmls << blocks.data(blocks.index(row), MarkdownBlocks::HtmlRole).toString();
            htmls << blocks.data(blocks.index(row), MarkdownBlocks::CellsRole).toStringList();
        }
        for (const QString& html : htmls) {
            QVERIFY2(!html.contains(QLatin1String("<img")), qPrintable(html));
            QQmlComponent component(&engine);
            component.setData("import QtQuick\nTextEdit { textFormat: TextEdit.RichText; width: 300 }", QUrl());
            std::unique_ptr<QObject> edit(component.create());
            QVERIFY2(edit, qPrintable(component.errorString()));
            edit->setProperty("text", html);
        }
        QTest::qWait(50);
        QCOMPARE(network.requests, 0);
    }

    void aHostileMegabyteIsBounded_data() {
        QTest::addColumn<QString>("piece");
        for (const char* piece : {"[", "*", ">", "- ", "|", "a\n\n", "`", "<"})
            QTest::newRow(piece) << QString::fromLatin1(piece);
    }
    void aHostileMegabyteIsBounded() {
        QFETCH(QString, piece);
        const QString text = piece.repeated((1 << 20) / int(piece.size()));
        QElapsedTimer timer;
        timer.start();
        MarkdownBlocks blocks;
        blocks.setText(text);
        blocks.finish();
        QVERIFY2(timer.elapsed() < 1000, qPrintable(QString::number(timer.elapsed())));
        QVERIFY(blocks.count() < 12000);
    }
};

QTEST_MAIN(MarkdownBlocksTest)
#include "markdown_blocks_test.moc"
