// Exports and imports through session, threads and store: what a person does, what is in the files, what is shown.
#include <QDir>
#include <QFile>
#include <QSignalSpy>
#include <QTest>

#include "conversions.h"
#include "core/exchange/import.h"
#include "pdf_document.h"
#include "world.h"

using namespace tramontane;
using namespace tramontane::desktop;

class TransferWalkTest : public QObject {
    Q_OBJECT

    std::unique_ptr<World> world_;
    World& w() { return *world_; }
    Transfer& transfer() { return *w().app().transfer(); }
    QTemporaryDir folder_;

    QString path(const QString& name) const { return folder_.filePath(name); }
    QUrl url(const QString& name) const { return QUrl::fromLocalFile(path(name)); }
    QByteArray bytes(const QString& name) const {
        QFile file(path(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    void put(const QString& name, const QByteArray& text) const {
        QFile file(path(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(text);
    }
    QStringList names() const { return QDir(folder_.path()).entryList(QDir::Files | QDir::Hidden); }
    bool ended() {
        return QTest::qWaitFor([this] { return !transfer().busy(); }, 20000);
    }
    // A conversation with a variant of its answer; returns its number.
    Key converse() {
        if (!w().sendAndFinish("How do I **rename** it?")) return 0;
        w().session().regenerate(w().id(1));
        if (!QTest::qWaitFor([this] { return !w().session().generating() && w().shown().last().endsWith("2/2"); },
                             10000))
            return 0;
        return w().session().conversationId();
    }

    bool startAnother() {
        w().list().newConversation();
        return QTest::qWaitFor([this] { return w().session().conversationId() == 0 && !w().session().opening(); });
    }

private slots:
    void init() { world_ = std::make_unique<World>(); }
    void cleanup() {
        world_.reset();
        for (const auto& name : names()) QFile::remove(path(name));
    }

    void transfer_everythingGoesToAnotherHistoryAndBackWithoutLoss() {
        w().start();
        const Key id = converse();
        QVERIFY(id > 0);
        QVERIFY(startAnother());
        QVERIFY(w().sendAndFinish("Another"));
        w().list().setArchived(w().session().conversationId(), true);
        QVERIFY(startAnother());
        QVERIFY(w().sendAndFinish("In the trash"));
        w().list().remove(w().session().conversationId());
        transfer().exportAll(url("all"));
        QVERIFY(ended());
        QVERIFY2(!transfer().failed(), qPrintable(transfer().message()));
        QCOMPARE(names(), QStringList("all.json"));
        const auto file = readImport(path("all.json").toStdString(), 0);
        QVERIFY(file.ok());
        QCOMPARE(file->conversations.size(), std::size_t(2)); // nothing of the trash
        QCOMPARE(file->conversations[1].messages.size(), std::size_t(3));
        QVERIFY(file->conversations[1].messages[2].figures.has_value());
        QVERIFY(!bytes("all.json").contains("In the trash"));
        QVERIFY(w().stop());

        world_ = std::make_unique<World>();
        w().start();
        QVERIFY(w().sendAndFinish("Was here before"));
        transfer().importFile(url("all.json"));
        QVERIFY(ended());
        QVERIFY2(!transfer().failed(), qPrintable(transfer().message()));
        QCOMPARE(transfer().message(), QString("Added 2 conversation(s) with 5 message(s)."));
        QTRY_COMPARE(w().list().count(), 2);
        QCOMPARE(w().list().archivedCount(), 1);
        w().list().open(w().list().idAt(1));
        QTRY_COMPARE(w().shown(), (QStringList{"user: How do I **rename** it?", "assistant: Hello there. 2/2"}));
        QCOMPARE(w().role(1, MessageListModel::FiguresRole).toMap()["device"].toString(), QString("CPU (script)"));
        transfer().exportAll(url("again.json"));
        QVERIFY(ended());
        const auto again = readImport(path("again.json").toStdString(), 0);
        QVERIFY(again.ok());
        QCOMPARE(again->conversations.size(), std::size_t(3));
        for (const auto& original : file->conversations) {
            const auto same = [&](const WholeConversation& other) {
                return other.conversation.title == original.conversation.title &&
                       other.conversation.createdAt == original.conversation.createdAt &&
                       other.conversation.updatedAt == original.conversation.updatedAt &&
                       other.conversation.archivedAt == original.conversation.archivedAt &&
                       std::equal(other.messages.begin(), other.messages.end(), original.messages.begin(),
                                  original.messages.end(), [](const Message& a, const Message& b) {
                                      return a.text == b.text && a.createdAt == b.createdAt && a.figures == b.figures &&
                                             a.role == b.role && a.status == b.status;
                                  });
            };
            QCOMPARE(std::count_if(again->conversations.begin(), again->conversations.end(), same), 1);
        }
    }

    void transfer_oneConversationBecomesEachKindOfFile() {
        w().start();
        const Key id = converse();
        for (const char* format : {"md", "html", "json", "pdf"}) {
            transfer().exportConversation(id, url("wind"), format);
            QVERIFY(ended());
            QVERIFY2(!transfer().failed(), qPrintable(transfer().message()));
        }
        QCOMPARE(names(), (QStringList{"wind.html", "wind.json", "wind.md", "wind.pdf"}));
        QCOMPARE(bytes("wind.md"), QByteArray("# How do I **rename** it?\n\n## You\n\nHow do I **rename** it?\n\n"
                                              "## Assistant\n\nHello there.\n"));
        QVERIFY(bytes("wind.html").contains("<p class=\"typed\">How do I **rename** it?</p>"));
        QVERIFY(bytes("wind.pdf").startsWith("%PDF-") && bytes("wind.pdf").size() > 1000);
        const auto json = readImport(path("wind.json").toStdString(), 0);
        QVERIFY(json.ok() && json->conversations.size() == 1 && json->conversations[0].messages.size() == 3);
    }

    void transfer_aFileThatCannotBeWrittenIsNamedAndLeavesNothing() {
        w().start();
        const Key id = converse();
        put("kept.md", "before");
        transfer().exportConversation(id, url("no such folder/wind.md"), "md");
        QVERIFY(ended());
        QVERIFY(transfer().failed());
        QVERIFY2(transfer().message().contains("wind.md cannot be written: "), qPrintable(transfer().message()));
        transfer().exportConversation(99, url("kept.md"), "md"); // there is no such conversation
        QVERIFY(ended());
        QCOMPARE(transfer().message(), QString("Nothing was exported.\nThere is no conversation to export."));
        QCOMPARE(bytes("kept.md"), QByteArray("before"));
        QCOMPARE(names(), QStringList("kept.md"));
    }

    void transfer_aFileThatIsNoExportAddsNothingAndSaysWhy() {
        w().start();
        put("bad.json", R"([{"chat":{"messages":[{"role":"user","content":"kept out"}]}},)"
                        R"({"chat":{"messages":[{"role":"robot"}]}}])");
        transfer().importFile(url("bad.json"));
        QVERIFY(ended());
        QCOMPARE(transfer().message(),
                 QString("Nothing was imported.\nbad.json: [1].chat.messages[0].role is \"robot\", "
                         "expected system, user, assistant or tool"));
        QCOMPARE(w().list().count(), 0);
        transfer().importFile(url("none.json"));
        QVERIFY(ended());
        QVERIFY(transfer().failed());
    }

    void transfer_anAnswerBeingWrittenIsNotHeldUpByAnImport() {
        w().script().tokens.assign(300, "x");
        w().script().tokenDelay = std::chrono::milliseconds(2);
        w().start();
        put("a.json", R"([{"chat":{"title":"Bread","messages":[{"role":"user","content":"Hi"}]}}])");
        QVERIFY(w().session().send("Go"));
        QTRY_VERIFY(w().text(1).size() > 10);
        QSignalSpy done(&transfer(), &Transfer::ended);
        transfer().importFile(url("a.json"));
        QTRY_VERIFY(w().text(1).size() > 200);
        QVERIFY(transfer().busy()); // until the answer has ended
        QTRY_VERIFY(!w().session().generating());
        QVERIFY(ended());
        QCOMPARE(done.count(), 1);
        QVERIFY2(!transfer().failed(), qPrintable(transfer().message()));
        QTRY_COMPARE(w().list().count(), 2);
        QCOMPARE(w().text(1).size(), 300);
    }

    void transfer_whatAnAnswerHasByNowIsExported() {
        w().script().tokens.assign(2000, "x");
        w().script().tokenDelay = std::chrono::milliseconds(2);
        w().start();
        QVERIFY(w().session().send("Go"));
        QTRY_VERIFY(w().text(1).size() > 10 && w().session().conversationId() > 0);
        transfer().exportConversation(w().session().conversationId(), url("now.md"), "md");
        QVERIFY(ended());
        QVERIFY(w().session().generating());
        QVERIFY(bytes("now.md").contains("## Assistant\n\nxxxxx"));
        w().session().stop();
        QTRY_VERIFY(!w().session().generating());
    }

    // An import of a thousand conversations runs while the window goes on.
    void transfer_theWindowIsNotHeldUp() {
        w().start();
        QByteArray many = "[";
        for (int i = 0; i < 1000; ++i)
            many += QByteArray(i ? "," : "") + "{\"chat\":{\"title\":\"" + QByteArray::number(i) +
                    "\",\"messages\":[{\"role\":\"user\",\"content\":\"" + QByteArray(2000, 'w') + "\"}]}}";
        put("many.json", many + "]");
        TimedApplication::instance()->startTiming();
        transfer().importFile(url("many.json"));
        QVERIFY(ended());
        QCOMPARE(transfer().message(), QString("Added 1000 conversation(s) with 1000 message(s)."));
        transfer().exportAll(url("all.json"));
        QVERIFY(ended());
        QCOMPARE(transfer().message(), QString("Wrote 1000 conversation(s) to all.json."));
        // A list of a thousand rows is taken over in the window's thread as well.
        QVERIFY2(TimedApplication::instance()->longestBusyMs() < 40,
                 qPrintable(QString::number(TimedApplication::instance()->longestBusyMs())));
    }

    void transfer_endingInTheMiddleLeavesNoHalfFile() {
        w().start();
        QByteArray many = "[";
        for (int i = 0; i < 500; ++i)
            many += QByteArray(i ? "," : "") + "{\"chat\":{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}}";
        put("many.json", many + "]");
        transfer().importFile(url("many.json"));
        QVERIFY(ended());
        transfer().exportAll(url("all.json"));
        QVERIFY(w().stop());
        QVERIFY(names() == QStringList("many.json") || names() == (QStringList{"all.json", "many.json"}));
        if (names().size() == 2) QVERIFY(readImport(path("all.json").toStdString(), 0).ok());
    }

    void pdf_hasPagesAndFetchesNothingAndEndsWhenToldTo() {
        QString html = "<img src=\"file:///etc/passwd\"><img src=\"http://127.0.0.1:9/x.png\">";
        for (int i = 0; i < 300; ++i) html += QStringLiteral("<p>line %1</p>").arg(i);
        const auto pdf = pdfOf(html, "t", [] { return true; });
        QVERIFY(pdf.ok());
        QVERIFY(pdf->startsWith("%PDF-"));
        const int pages = int(pdf->count("/Type /Page\n"));
        QVERIFY2(pages >= 4 && pages < 12, qPrintable(QString::number(pages)));
        int asked = 0;
        const auto cut = pdfOf(html, "t", [&] { return ++asked < 2; });
        QVERIFY(!cut.ok() && cut.error().kind == ErrorKind::cancelled);
        QVERIFY(!pdfOf(QString(20 * 1024 * 1024, 'x'), "t", [] { return true; }).ok());
    }
};

int main(int argc, char** argv) {
    TimedApplication application(argc, argv);
    TransferWalkTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "transfer_walk_test.moc"
