// The whole window against a scripted engine: names, keyboard reach, every shortcut, the flows of the sidebar.
#include <QAccessible>
#include <QClipboard>
#include <QFile>
#include <QGuiApplication>
#include <QHash>
#include <QImage>
#include <QQmlApplicationEngine>
#include <QQuickItem>
#include <QQuickWindow>
#include <QSet>
#include <QTest>
#include <QtQml/qqmlextensionplugin.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "fonts.h"
#include "translations.h"
#include "world.h"

Q_IMPORT_QML_PLUGIN(TramontanePlugin)

using namespace tramontane;
using namespace tramontane::desktop;

class WindowTest : public QObject {
    Q_OBJECT

    std::unique_ptr<World> world_;
    std::unique_ptr<Translations> translations_;
    std::unique_ptr<QQmlApplicationEngine> engine_;
    QQuickWindow* window_ = nullptr;

    QQuickItem* find(const QString& name) const {
        std::function<QQuickItem*(QQuickItem*)> look = [&](QQuickItem* item) -> QQuickItem* {
            if (item->objectName() == name && item->isVisible()) return item;
            for (auto* child : item->childItems())
                if (auto* found = look(child)) return found;
            return nullptr;
        };
        return look(window_->contentItem());
    }
    QObject* object(const QString& name) const { return window_->findChild<QObject*>(name); }
    void key(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) { QTest::keyClick(window_, key, modifiers); }
    void type(const QString& text) {
        for (const QChar c : text) QTest::keyClick(window_, c.toLatin1());
    }
    void click(const QString& name) {
        auto* item = find(name);
        QVERIFY2(item, qPrintable(name));
        QTest::mouseClick(window_, Qt::LeftButton, {},
                          item->mapToScene({item->width() / 2, item->height() / 2}).toPoint());
    }
    QString focused() const {
        auto* item = window_->activeFocusItem();
        return item ? item->objectName() : QString();
    }

    // What choosing a file in the system's dialog comes to; the dialog itself is not ours to drive.
    void chooseFile(const QString& dialog, const QString& path) {
        QTRY_VERIFY(object(dialog) && object(dialog)->property("visible").toBool());
        QVERIFY(QMetaObject::invokeMethod(object(dialog), "reject"));
        QTRY_VERIFY(!object(dialog)->property("visible").toBool());
        object(dialog)->setProperty("selectedFile", QUrl::fromLocalFile(path));
        QVERIFY(QMetaObject::invokeMethod(object(dialog), "accepted"));
    }

private slots:
    void initTestCase() {
        installStyle();
        installFonts();
    }
    void init() { openOn(std::make_unique<World>()); }
    void cleanup() {
        translations_->retranslate(nullptr);
        engine_.reset();
        translations_.reset();
        world_->stop();
        world_.reset();
    }

private:
    // `ready`: with a model that answers.
    void openOn(std::unique_ptr<World> world, bool ready = true) {
        world_ = std::move(world);
        world_->start(ready);
        world_->app().preferences()->setFirstRunSeen(true);
        world_->app().preferences()->setLanguage(QStringLiteral("en"));
        translations_ = std::make_unique<Translations>(&world_->app());
        engine_ = std::make_unique<QQmlApplicationEngine>();
        engine_->addImportPath(QStringLiteral("qrc:/"));
        world_->app().offerTo(engine_.get());
        translations_->retranslate(engine_.get());
        engine_->load(QUrl(QStringLiteral("qrc:/Tramontane/qml/Main.qml")));
        QCOMPARE(engine_->rootObjects().size(), 1);
        window_ = qobject_cast<QQuickWindow*>(engine_->rootObjects().constFirst());
        QVERIFY(window_);
        window_->resize(1120, 740);
        QVERIFY(QTest::qWaitForWindowExposed(window_));
        window_->requestActivate();
        QTRY_VERIFY(window_->isActive());
    }

    // How much the ink of a text stands out from its ground, as WCAG reckons it.
    static double luminance(const QColor& color) {
        const auto light = [](double c) { return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4); };
        return 0.2126 * light(color.redF()) + 0.7152 * light(color.greenF()) + 0.0722 * light(color.blueF());
    }
    static double contrast(const QColor& ink, const QColor& ground) {
        const double a = luminance(ink), b = luminance(ground);
        return (std::max(a, b) + 0.05) / (std::min(a, b) + 0.05);
    }
    // The colour that most of a place in a picture has; shades of a gradient count as one.
    static QColor groundOf(const QImage& picture, const QRect& place) {
        QHash<QRgb, int> counts;
        QRgb most = 0;
        int mostCount = 0;
        for (int y = place.top(); y <= place.bottom(); ++y)
            for (int x = place.left(); x <= place.right(); ++x) {
                const int count = ++counts[picture.pixel(x, y) & 0xfff0f0f0];
                if (count <= mostCount) continue;
                mostCount = count;
                most = picture.pixel(x, y);
            }
        return QColor(most);
    }

private slots:
    void startsInTheComposer() { QCOMPARE(focused(), QStringLiteral("composer")); }

    void aQuestionIsTypedSentAndAnswered() {
        type(QStringLiteral("hello"));
        key(Qt::Key_Return);
        QTRY_COMPARE(world_->shown(),
                     QStringList({QStringLiteral("user: hello"), QStringLiteral("assistant: Hello there.")}));
        QCOMPARE(world_->session().draft(), QString());
        QCOMPARE(focused(), QStringLiteral("composer"));
        QTRY_COMPARE(world_->list().count(), 1);
        QVERIFY(find(QStringLiteral("copyAnswer")));
    }

    void everyShortcutDoesWhatTheSheetSays() {
        QVERIFY(world_->sendAndFinish(QStringLiteral("one")));
        key(Qt::Key_R, Qt::ControlModifier);
        QTRY_VERIFY(!world_->session().generating());
        QTRY_COMPARE(world_->role(-1, MessageListModel::SiblingCountRole).toInt(), 2);
        key(Qt::Key_C, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("Hello there."));
        const auto first = world_->session().conversationId();
        key(Qt::Key_N, Qt::ControlModifier);
        QTRY_COMPARE(world_->session().messages()->count(), 0);
        QVERIFY(world_->sendAndFinish(QStringLiteral("two")));
        QTRY_COMPARE(world_->list().count(), 2);
        key(Qt::Key_Tab, Qt::ControlModifier);
        QTRY_COMPARE(world_->session().conversationId(), first);
        QTest::keyClick(window_, Qt::Key_Backtab, Qt::ControlModifier | Qt::ShiftModifier);
        QTRY_VERIFY(world_->session().conversationId() != first);
        key(Qt::Key_B, Qt::ControlModifier);
        QVERIFY(!find(QStringLiteral("search")));
        key(Qt::Key_F, Qt::ControlModifier);
        QVERIFY(find(QStringLiteral("search")));
        QCOMPARE(focused(), QStringLiteral("search"));
        key(Qt::Key_F2);
        QTRY_COMPARE(focused(), QStringLiteral("renameField"));
        key(Qt::Key_Escape);
        key(Qt::Key_Comma, Qt::ControlModifier);
        QTRY_VERIFY(object(QStringLiteral("preferences"))->property("opened").toBool());
        key(Qt::Key_Escape);
        QTRY_VERIFY(!object(QStringLiteral("preferences"))->property("visible").toBool());
        key(Qt::Key_Slash, Qt::ControlModifier);
        QTRY_VERIFY(object(QStringLiteral("shortcutsSheet"))->property("opened").toBool());
        key(Qt::Key_Escape);
        QTRY_VERIFY(!object(QStringLiteral("shortcutsSheet"))->property("visible").toBool());
    }

    void escapeStopsTheAnswer() {
        world_->script().hold();
        type(QStringLiteral("wait"));
        key(Qt::Key_Return);
        QTRY_VERIFY(world_->session().generating());
        QTRY_VERIFY(find(QStringLiteral("stop")));
        key(Qt::Key_Escape);
        QTRY_VERIFY(!world_->session().generating());
        world_->script().release();
        QTRY_VERIFY(find(QStringLiteral("send")));
    }

    void deletingIsUndone() {
        QVERIFY(world_->sendAndFinish(QStringLiteral("keep me")));
        QTRY_COMPARE(world_->list().count(), 1);
        find(QStringLiteral("conversations"))->forceActiveFocus(Qt::TabFocusReason);
        key(Qt::Key_Delete);
        QTRY_COMPARE(world_->list().count(), 0);
        QTRY_VERIFY(find(QStringLiteral("undo")));
        click(QStringLiteral("undo"));
        QTRY_COMPARE(world_->list().count(), 1);
        find(QStringLiteral("conversations"))->forceActiveFocus(Qt::TabFocusReason);
        key(Qt::Key_Delete);
        QTRY_COMPARE(world_->list().count(), 0);
        key(Qt::Key_Z, Qt::ControlModifier);
        QTRY_COMPARE(world_->list().count(), 1);
        // Also while the keyboard is in the composer, as long as there is nothing to undo in it.
        world_->list().remove(
            world_->list().data(world_->list().index(0), ConversationListModel::ConversationIdRole).toLongLong());
        QTRY_COMPARE(world_->list().count(), 0);
        find(QStringLiteral("composer"))->forceActiveFocus(Qt::OtherFocusReason);
        key(Qt::Key_Z, Qt::ControlModifier);
        QTRY_COMPARE(world_->list().count(), 1);
    }

    void aBackupIsMadeAndPutBackInThePreferences() {
        QVERIFY(world_->sendAndFinish(QStringLiteral("kept")));
        key(Qt::Key_Comma, Qt::ControlModifier);
        QTRY_VERIFY(object(QStringLiteral("preferences"))->property("opened").toBool());
        click(QStringLiteral("page5"));
        QTRY_VERIFY(find(QStringLiteral("backUpNow")));
        click(QStringLiteral("backUpNow"));
        QTRY_VERIFY(find(QStringLiteral("restore0")));
        QTRY_VERIFY(find(QStringLiteral("backupMessage")));
        click(QStringLiteral("restore0"));
        QTRY_VERIFY(find(QStringLiteral("confirmRestore0")));
        QCOMPARE(focused(), QStringLiteral("keepPresent0")); // Return does no harm
        QTest::qWait(1100);                                  // backups are named by the second
        click(QStringLiteral("confirmRestore0"));
        QTRY_VERIFY(find(QStringLiteral("restore1")));
        QVERIFY2(!world_->app().backups()->failed(), qPrintable(world_->app().backups()->message()));
        key(Qt::Key_Escape);
        QTRY_COMPARE(world_->list().count(), 1);
    }

    void aConversationIsExportedFromItsRow() {
        QVERIFY(world_->sendAndFinish(QStringLiteral("wind?")));
        QTRY_COMPARE(world_->list().count(), 1);
        const auto openExport = [&] {
            find(QStringLiteral("conversations"))->forceActiveFocus(Qt::TabFocusReason);
            key(Qt::Key_Menu);
            QTRY_VERIFY(find(QStringLiteral("exportItem")));
            QTest::qWait(50);
            click(QStringLiteral("exportItem"));
            QTRY_VERIFY(object(QStringLiteral("exportDialog"))->property("opened").toBool());
        };
        openExport();
        QCOMPARE(focused(), QStringLiteral("chooseExportFile"));
        click(QStringLiteral("choice_html"));
        key(Qt::Key_Tab); // the keyboard stays in the dialog
        QVERIFY(!focused().isEmpty());
        click(QStringLiteral("chooseExportFile"));
        chooseFile(QStringLiteral("exportFile"),
                   world_->folder() + QStringLiteral("/wind")); // the choice ends the name
        QTRY_VERIFY(!object(QStringLiteral("exportDialog"))->property("visible").toBool());
        QTRY_VERIFY(object(QStringLiteral("undoBar"))->property("shown").toBool());
        const QString told = object(QStringLiteral("undoBar"))->property("message").toString();
        QVERIFY2(told.startsWith(QStringLiteral("Wrote 1 conversation")) &&
                     told.endsWith(QStringLiteral("to wind.html.")),
                 qPrintable(told));
        QVERIFY(!find(QStringLiteral("undo"))); // there is nothing to undo
        QFile page(world_->folder() + QStringLiteral("/wind.html"));
        QVERIFY(page.open(QIODevice::ReadOnly));
        QVERIFY(page.readAll().contains("Hello there."));

        openExport();
        click(QStringLiteral("chooseExportFile"));
        chooseFile(QStringLiteral("exportFile"), world_->folder() + QStringLiteral("/nowhere/wind.md"));
        QTRY_VERIFY(object(QStringLiteral("exportTrouble"))->property("opened").toBool());
        QVERIFY(find(QStringLiteral("troubleMessage"))->property("text").toString().contains("cannot be written"));
        QCOMPARE(focused(), QStringLiteral("closeTrouble"));
        key(Qt::Key_Escape);
        QTRY_VERIFY(!object(QStringLiteral("exportTrouble"))->property("visible").toBool());
    }

    void everythingIsExportedAndImportedInThePreferences() {
        QVERIFY(world_->sendAndFinish(QStringLiteral("wind?")));
        key(Qt::Key_Comma, Qt::ControlModifier);
        QTRY_VERIFY(object(QStringLiteral("preferences"))->property("opened").toBool());
        click(QStringLiteral("page6"));
        QTRY_VERIFY(find(QStringLiteral("exportAll")));
        const QString file = world_->folder() + QStringLiteral("/all.json");
        const auto says = [&](const QString& words) {
            const auto* message = find(QStringLiteral("transferMessage"));
            return message && message->property("text").toString().startsWith(words);
        };
        // By the keyboard alone.
        find(QStringLiteral("exportAll"))->forceActiveFocus(Qt::TabFocusReason);
        key(Qt::Key_Space);
        chooseFile(QStringLiteral("exportAllFile"), file);
        QTRY_VERIFY(says(QStringLiteral("Wrote 1 conversation")));
        find(QStringLiteral("exportAll"))->forceActiveFocus(Qt::TabFocusReason);
        key(Qt::Key_Tab);
        QCOMPARE(focused(), QStringLiteral("importFile"));
        key(Qt::Key_Space);
        chooseFile(QStringLiteral("importedFile"), file);
        QTRY_VERIFY(says(QStringLiteral("Added 1 conversation")));
        QTRY_COMPARE(world_->list().count(), 2);
        QVERIFY(!object(QStringLiteral("undoBar"))->property("shown").toBool()); // said here already

        QFile bad(file);
        QVERIFY(bad.open(QIODevice::WriteOnly));
        bad.write("# no export");
        bad.close();
        click(QStringLiteral("importFile"));
        chooseFile(QStringLiteral("importedFile"), file);
        QTRY_VERIFY(
            says(QStringLiteral("Nothing was imported.\nall.json: holds no conversations: it is not a file in JSON")));
        QCOMPARE(world_->list().count(), 2);
        key(Qt::Key_Escape);
    }

    void anAnswerTellsHowItWasMadeAndIsMadeAgain() {
        QVERIFY(world_->sendAndFinish(QStringLiteral("how?")));
        QTRY_VERIFY(find(QStringLiteral("answerMenu")));
        find(QStringLiteral("answerMenu"))->forceActiveFocus(Qt::TabFocusReason);
        key(Qt::Key_Space);
        QTRY_VERIFY(find(QStringLiteral("detailsItem")));
        QTest::qWait(50);
        click(QStringLiteral("detailsItem"));
        QTRY_VERIFY(object(QStringLiteral("answerDetails"))->property("opened").toBool());
        click(QStringLiteral("copyDetails"));
        const QString copied = QGuiApplication::clipboard()->text();
        for (const char* line : {"Model: ", "Fingerprint: ", "Device: ", "Ended by: the model", "Seed: 7",
                                 "temperature: ", "top_p: ", "Time to first token: ", "Speed: "})
            QVERIFY2(copied.contains(QLatin1String(line)),
                     qPrintable(QLatin1String(line) + QLatin1Char('\n') + copied));
        click(QStringLiteral("runAgainExactly"));
        QTRY_COMPARE(world_->shown().last(), QStringLiteral("assistant: Hello there. 2/2"));
        QTRY_VERIFY(!object(QStringLiteral("answerDetails"))->property("visible").toBool());
    }

    void anAnswerIsEditedAndDeletedFromItsMenu() {
        QVERIFY(world_->sendAndFinish(QStringLiteral("one")));
        const auto choose = [&](const char* item) {
            // On a busy machine the menu of an answer that has just changed has been seen to close before the click.
            const auto stays = [&] {
                if (!find(QLatin1String(item)) && find(QStringLiteral("answerMenu"))) {
                    click(QStringLiteral("answerMenu"));
                    QTest::qWait(150);
                }
                QTest::qWait(50);
                return find(QLatin1String(item)) != nullptr;
            };
            QTRY_VERIFY(stays());
            click(QLatin1String(item));
        };
        choose("editAnswerItem");
        QTRY_VERIFY(find(QStringLiteral("messageEditor")));
        QTRY_VERIFY(find(QStringLiteral("messageEditor"))->isAncestorOf(window_->activeFocusItem()));
        key(Qt::Key_Return); // a new line: answers have many
        type(QStringLiteral("more"));
        key(Qt::Key_Return, Qt::ControlModifier);
        QTRY_COMPARE(world_->shown().last(), QStringLiteral("assistant: Hello there.\nmore 2/2"));
        choose("editAnswerItem");
        QTRY_VERIFY(find(QStringLiteral("messageEditor")));
        QTRY_VERIFY(find(QStringLiteral("messageEditor"))->isAncestorOf(window_->activeFocusItem()));
        key(Qt::Key_Escape);
        QTRY_VERIFY(!find(QStringLiteral("messageEditor")));
        choose("deleteAnswerItem");
        QTRY_COMPARE(world_->shown().last(), QStringLiteral("assistant: Hello there."));
        key(Qt::Key_Z, Qt::ControlModifier);
        QTRY_COMPARE(world_->shown().last(), QStringLiteral("assistant: Hello there.\nmore 2/2"));
    }

    void theTrashIsEnteredEmptiedAndLeft() {
        QVERIFY(world_->sendAndFinish(QStringLiteral("one")));
        key(Qt::Key_N, Qt::ControlModifier);
        QTRY_COMPARE(world_->session().conversationId(), Key(0));
        QVERIFY(world_->sendAndFinish(QStringLiteral("two")));
        QTRY_COMPARE(world_->list().count(), 2);
        QVERIFY(!find(QStringLiteral("showTrash"))); // nothing is in it
        auto* list = find(QStringLiteral("conversations"));
        for (int left = 1; left >= 0; --left) {
            list->forceActiveFocus(Qt::TabFocusReason);
            key(Qt::Key_Delete);
            QTRY_COMPARE(world_->list().count(), left);
        }
        QTRY_VERIFY(find(QStringLiteral("showTrash")));
        find(QStringLiteral("showTrash"))->forceActiveFocus(Qt::TabFocusReason);
        key(Qt::Key_Return);
        QTRY_COMPARE(world_->list().count(), 2);
        QCOMPARE(QAccessible::queryAccessibleInterface(list)->text(QAccessible::Name), QStringLiteral("Trash"));
        // A row opens its menu; Del deletes nothing twice.
        list->forceActiveFocus(Qt::TabFocusReason);
        key(Qt::Key_Delete);
        QCOMPARE(world_->list().trashCount(), 2);
        key(Qt::Key_Return);
        QTRY_VERIFY(find(QStringLiteral("putBackItem")));
        QTest::qWait(50);
        click(QStringLiteral("putBackItem"));
        QTRY_COMPARE(world_->list().trashCount(), 1);
        click(QStringLiteral("emptyTrash"));
        QTRY_VERIFY(find(QStringLiteral("keepTrash")));
        QCOMPARE(focused(), QStringLiteral("keepTrash")); // Return does no harm
        click(QStringLiteral("confirmEmptyTrash"));
        QTRY_COMPARE(world_->list().trashCount(), 0);
        click(QStringLiteral("leavePlace"));
        QTRY_COMPARE(world_->list().view(), ConversationListModel::Chats);
        QCOMPARE(world_->list().count(), 1);
        QVERIFY(!find(QStringLiteral("showTrash")));
    }

    void aConversationIsPinnedArchivedAndDuplicatedFromItsMenu() {
        QVERIFY(world_->sendAndFinish(QStringLiteral("older")));
        const Key older = world_->session().conversationId();
        key(Qt::Key_N, Qt::ControlModifier);
        QTRY_COMPARE(world_->session().conversationId(), Key(0));
        QVERIFY(world_->sendAndFinish(QStringLiteral("newer")));
        QTRY_COMPARE(world_->list().count(), 2);
        const auto choose = [&](int row, const char* item) {
            auto* list = find(QStringLiteral("conversations"));
            list->forceActiveFocus(Qt::TabFocusReason);
            list->setProperty("currentIndex", row);
            key(Qt::Key_Menu);
            QTRY_VERIFY(find(QLatin1String(item)));
            QTest::qWait(50);
            click(QLatin1String(item));
        };
        choose(1, "pinItem");
        QTRY_COMPARE(world_->list().rowOf(older), 0);
        choose(0, "duplicateItem");
        QTRY_COMPARE(world_->session().title(), QStringLiteral("older (copy)"));
        QTRY_COMPARE(world_->list().count(), 3);
        choose(0, "archiveItem");
        QTRY_COMPARE(world_->list().count(), 2);
        QTRY_VERIFY(find(QStringLiteral("showArchive")));
        click(QStringLiteral("showArchive"));
        QTRY_COMPARE(world_->list().count(), 1);
        QCOMPARE(world_->list().rowOf(older), 0);
        key(Qt::Key_N, Qt::ControlModifier); // back among the others
        QTRY_COMPARE(world_->list().view(), ConversationListModel::Chats);
    }

    void aTitleIsRenamedInPlace() {
        QVERIFY(world_->sendAndFinish(QStringLiteral("old")));
        QTRY_COMPARE(world_->list().count(), 1);
        key(Qt::Key_F2);
        QTRY_COMPARE(focused(), QStringLiteral("renameField"));
        type(QStringLiteral("new name"));
        key(Qt::Key_Return);
        QTRY_COMPARE(world_->session().title(), QStringLiteral("new name"));
        key(Qt::Key_F2);
        type(QStringLiteral("not this"));
        key(Qt::Key_Escape);
        QTest::qWait(50);
        QCOMPARE(world_->session().title(), QStringLiteral("new name"));
    }

    void searchFindsAndEnterOpens() {
        QVERIFY(world_->sendAndFinish(QStringLiteral("about the harbour")));
        key(Qt::Key_N, Qt::ControlModifier);
        QTRY_COMPARE(world_->session().messages()->count(), 0);
        QVERIFY(world_->sendAndFinish(QStringLiteral("about the hills")));
        QTRY_COMPARE(world_->list().count(), 2);
        key(Qt::Key_F, Qt::ControlModifier);
        type(QStringLiteral("harbour"));
        QTRY_COMPARE(world_->list().count(), 1);
        key(Qt::Key_Return);
        QTRY_COMPARE(world_->text(0), QStringLiteral("about the harbour"));
        key(Qt::Key_F, Qt::ControlModifier);
        key(Qt::Key_Escape);
        QTRY_COMPARE(world_->list().count(), 2);
    }

    void aQuestionIsEditedInPlace() {
        QVERIFY(world_->sendAndFinish(QStringLiteral("frist")));
        QTRY_VERIFY(find(QStringLiteral("editQuestion")));
        find(QStringLiteral("editQuestion"))->forceActiveFocus(Qt::TabFocusReason);
        key(Qt::Key_Space);
        QTRY_VERIFY(find(QStringLiteral("sendEdit")));
        key(Qt::Key_A, Qt::ControlModifier);
        type(QStringLiteral("first"));
        key(Qt::Key_Return);
        QTRY_COMPARE(world_->text(0), QStringLiteral("first"));
        QTRY_COMPARE(world_->role(0, MessageListModel::SiblingCountRole).toInt(), 2);
    }

    void everythingIsReachedByTab() {
        QVERIFY(world_->sendAndFinish(QStringLiteral("reach")));
        QTRY_COMPARE(world_->list().count(), 1);
        QTRY_VERIFY(find(QStringLiteral("copyAnswer")));
        QSet<QString> reached;
        for (int step = 0; step < 60; ++step) {
            key(Qt::Key_Tab);
            reached << focused();
        }
        // Send is off while there is nothing to send.
        for (const char* name :
             {"composer", "search", "newConversation", "conversation0", "toggleSidebar", "preferencesButton",
              "menuButton", "messages", "copyQuestion", "editQuestion", "copyAnswer", "regenerate"})
            QVERIFY2(reached.contains(QLatin1String(name)), name);
    }

    // Everything that a screen reader would stop at has a name; nothing that takes the keyboard is unknown to it.
    void everyControlHasAName() {
        QVERIFY(world_->sendAndFinish(QStringLiteral("names")));
        QTRY_COMPARE(world_->list().count(), 1);
        key(Qt::Key_Comma, Qt::ControlModifier);
        for (int page = 0; page < 5; ++page) {
            QTRY_VERIFY(find(QStringLiteral("page%1").arg(page)));
            click(QStringLiteral("page%1").arg(page));
            QTest::qWait(20);
            std::function<void(QQuickItem*)> check = [&](QQuickItem* item) {
                if (!item->isVisible()) return;
                auto* known = QAccessible::queryAccessibleInterface(item);
                const bool reachable = item->activeFocusOnTab() && item->isEnabled();
                if (reachable && item->objectName() != QLatin1String(""))
                    QVERIFY2(known, qPrintable(item->objectName()));
                if (known && reachable)
                    QVERIFY2(!known->text(QAccessible::Name).isEmpty(),
                             qPrintable(item->objectName() + QLatin1Char(' ') +
                                        QString::fromLatin1(item->metaObject()->className())));
                for (auto* child : item->childItems()) check(child);
            };
            check(window_->contentItem());
        }
    }

    void theNarrowWindowPutsTheSidebarOver() {
        window_->resize(600, 600);
        QTRY_VERIFY(!find(QStringLiteral("search")));
        key(Qt::Key_B, Qt::ControlModifier);
        QTRY_VERIFY(find(QStringLiteral("search")));
        key(Qt::Key_Escape);
        QTRY_VERIFY(!find(QStringLiteral("search")));
        window_->resize(1120, 740);
        QTRY_VERIFY(find(QStringLiteral("search")));
    }

    void theLanguageChangesLive() {
        auto* send = find(QStringLiteral("send"));
        QCOMPARE(QAccessible::queryAccessibleInterface(send)->text(QAccessible::Name), QStringLiteral("Send"));
        world_->app().preferences()->setLanguage(QStringLiteral("de"));
        QTRY_COMPARE(QAccessible::queryAccessibleInterface(send)->text(QAccessible::Name), QStringLiteral("Senden"));
        world_->app().preferences()->setLanguage(QStringLiteral("fr"));
        QTRY_COMPARE(QAccessible::queryAccessibleInterface(send)->text(QAccessible::Name), QStringLiteral("Envoyer"));
    }

    // Where the desktop has no file dialogs of its own, Qt's open inside the window.
    void theFileAndFolderDialogsAreReadable() {
        const auto unreadableIn = [&](QQuickItem* panel) {
            const QImage picture = window_->grabWindow();
            QStringList unreadable;
            int texts = 0;
            std::function<void(QQuickItem*, QRect)> look = [&](QQuickItem* item, QRect shown) {
                const QRect place = item->mapRectToScene(item->boundingRect()).toRect();
                if (item->clip()) shown &= place;
                const QString text = item->property("text").toString();
                if (item->inherits("QQuickText") && item->isVisible() && !text.isEmpty() && shown.contains(place)) {
                    const QColor ink = item->property("color").value<QColor>(), ground = groundOf(picture, place);
                    if (contrast(ink, ground) < 4.5)
                        unreadable << QStringLiteral("%1: %2 on %3").arg(text, ink.name(), ground.name());
                    ++texts;
                }
                for (auto* child : item->childItems()) look(child, shown);
            };
            look(panel, picture.rect());
            return texts > 4 ? unreadable : QStringList(QStringLiteral("title, path and buttons are not there"));
        };
        // Which of its looks Qt takes depends on which dialog the program opened first: the list has another name.
        const auto panel = [&]() -> QQuickItem* {
            QQuickItem* item = find(QStringLiteral("folderDialogListView"));
            if (!item) item = find(QStringLiteral("fileDialogListView"));
            while (item && item->parentItem() && !item->parentItem()->inherits("QQuickOverlay"))
                item = item->parentItem();
            return item;
        };
        const auto reads = [&] {
            QTRY_VERIFY(panel());
            QTest::qWait(300); // it reads the folder
            QCOMPARE(unreadableIn(panel()), QStringList());
            key(Qt::Key_Escape);
            QTRY_VERIFY(!panel());
        };
        for (const char* theme : {"light", "dark"}) {
            world_->app().preferences()->setTheme(QLatin1String(theme));
            key(Qt::Key_O, Qt::ControlModifier);
            reads();
            key(Qt::Key_Comma, Qt::ControlModifier);
            QTRY_VERIFY(object(QStringLiteral("preferences"))->property("opened").toBool());
            click(QStringLiteral("page6"));
            for (const char* button : {"exportAll", "importFile"}) {
                QTRY_VERIFY(find(QLatin1String(button)));
                click(QLatin1String(button));
                reads();
            }
            key(Qt::Key_Escape);
            QTRY_VERIFY(!object(QStringLiteral("preferences"))->property("visible").toBool());
        }
    }

    void withoutAModelNobodyIsSaidToAnswer() {
        QVERIFY(find(QStringLiteral("whoAnswers")));
        cleanup();
        auto script = std::make_shared<FakeScript>();
        script->loadCheck = [](const ModelOptions&) -> Result<void> { return makeError(ErrorKind::notFound, "gone"); };
        openOn(std::make_unique<World>(script), false);
        QTRY_COMPARE(world_->engine().status(), EngineState::Failed);
        QVERIFY(find(QStringLiteral("suggestion0")));
        QVERIFY(!find(QStringLiteral("whoAnswers")));
    }

    void layersOnTheGpuAreAutomaticOrANumber() {
        auto* preferences = world_->app().preferences();
        key(Qt::Key_Comma, Qt::ControlModifier);
        QTRY_VERIFY(object(QStringLiteral("preferences"))->property("opened").toBool());
        click(QStringLiteral("page1"));
        QTRY_VERIFY(find(QStringLiteral("gpuLayers")));
        QVERIFY(!find(QStringLiteral("gpuLayersField")));
        click(QStringLiteral("choice_number"));
        QTRY_VERIFY(find(QStringLiteral("gpuLayersField")));
        preferences->setGpuLayers(20);
        QTRY_COMPARE(find(QStringLiteral("gpuLayersField"))->property("text").toString(), QStringLiteral("20"));
        QVERIFY(find(QStringLiteral("gpuLayers"))->isEnabled());
        preferences->setDevice(QStringLiteral("cpu"));
        QTRY_VERIFY(!find(QStringLiteral("gpuLayers"))->isEnabled());
        preferences->setDevice(QStringLiteral("auto"));
        preferences->setGpuLayers(-1);
        QTRY_VERIFY(!find(QStringLiteral("gpuLayersField")));
        key(Qt::Key_Escape);
    }

    void everyShortcutsWordsStayInTheirRow() {
        world_->app().preferences()->setLanguage(QStringLiteral("fr")); // whose words take two lines
        window_->resize(700, 740);
        key(Qt::Key_Slash, Qt::ControlModifier);
        QTRY_VERIFY(object(QStringLiteral("shortcutsSheet"))->property("opened").toBool());
        QQuickItem* grid = find(QStringLiteral("shortcutGrid"));
        QVERIFY(grid);
        int entries = 0;
        for (auto* entry : grid->childItems())
            for (auto* part : entry->childItems()) {
                QVERIFY2(part->y() >= 0 && part->y() + part->height() <= entry->height(),
                         qPrintable(part->property("text").toString()));
                ++entries;
            }
        QVERIFY(entries > 30);
        key(Qt::Key_Escape);
    }

    void nothingWarnsAtAnySizeThemeOrTextSize() {
        static QStringList warnings;
        warnings.clear();
        const auto before = qInstallMessageHandler([](QtMsgType type, const QMessageLogContext&, const QString& text) {
            if (type != QtDebugMsg) warnings << text;
        });
        QVERIFY(world_->sendAndFinish(QStringLiteral("sizes")));
        for (const char* theme : {"light", "dark"})
            for (const qreal scale : {0.8, 1.0, 2.0})
                for (const QSize size : {QSize(1280, 800), QSize(720, 500), QSize(420, 420)}) {
                    world_->app().preferences()->setTheme(QLatin1String(theme));
                    world_->app().preferences()->setTextScale(scale);
                    window_->resize(size);
                    QTest::qWait(20);
                }
        qInstallMessageHandler(before);
        QVERIFY2(warnings.isEmpty(), qPrintable(warnings.join(QLatin1Char('\n'))));
    }

    void thePaletteDoesWhatItsLineNames() {
        key(Qt::Key_K, Qt::ControlModifier);
        QTRY_COMPARE(focused(), QStringLiteral("commandField"));
        auto* palette = object(QStringLiteral("commandPalette"));
        QVERIFY(palette->property("height").toReal() >= find(QStringLiteral("commandList"))->height());
        QVERIFY(palette->property("y").toReal() + palette->property("height").toReal() <= window_->height());
        type(QStringLiteral("shortc keyb"));
        QTRY_COMPARE(object(QStringLiteral("commandList"))->property("count").toInt(), 1);
        key(Qt::Key_Return);
        QTRY_VERIFY(object(QStringLiteral("shortcutsSheet"))->property("visible").toBool());
        QVERIFY(!palette->property("visible").toBool());
        key(Qt::Key_Escape);
        QTRY_COMPARE(focused(), QStringLiteral("composer"));

        key(Qt::Key_K, Qt::ControlModifier);
        QTRY_COMPARE(focused(), QStringLiteral("commandField"));
        QCOMPARE(find(QStringLiteral("commandField"))->property("text").toString(), QString());
        type(QStringLiteral("theme"));
        key(Qt::Key_Down);
        key(Qt::Key_Down);
        key(Qt::Key_Return);
        QTRY_COMPARE(world_->app().preferences()->theme(), QStringLiteral("dark"));
        QTRY_COMPARE(focused(), QStringLiteral("composer"));

        key(Qt::Key_K, Qt::ControlModifier);
        QTRY_COMPARE(focused(), QStringLiteral("commandField"));
        key(Qt::Key_Escape);
        QTRY_COMPARE(focused(), QStringLiteral("composer"));
    }

    void thePaletteOffersWhatIsPossibleAndElseASearch() {
        const auto offered = [&](const QString& text) {
            key(Qt::Key_K, Qt::ControlModifier);
            [&] { QTRY_COMPARE(focused(), QStringLiteral("commandField")); }();
            type(text);
            return object(QStringLiteral("commandList"))->property("count").toInt();
        };
        QCOMPARE(offered(QStringLiteral("export the")), 1); // but a search for it: there is nothing to export
        key(Qt::Key_Escape);
        QTRY_COMPARE(focused(), QStringLiteral("composer"));
        type(QStringLiteral("hello"));
        key(Qt::Key_Return);
        QTRY_COMPARE(world_->list().count(), 1);
        QTRY_VERIFY(!world_->session().generating());
        QCOMPARE(offered(QStringLiteral("export the")), 1);
        key(Qt::Key_Return);
        QTRY_VERIFY(object(QStringLiteral("exportDialog"))->property("visible").toBool());
        key(Qt::Key_Escape);
        QTRY_COMPARE(focused(), QStringLiteral("composer"));

        QCOMPARE(offered(QStringLiteral("hello")), 1);
        key(Qt::Key_Return);
        QTRY_COMPARE(focused(), QStringLiteral("search"));
        QCOMPARE(world_->list().searchText(), QStringLiteral("hello"));
        QTRY_COMPARE(world_->list().count(), 1);
    }
};

int main(int argc, char** argv) {
    qputenv("QT_QUICK_BACKEND", "software");
    QGuiApplication application(argc, argv);
    QAccessible::setActive(true);
    WindowTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "window_test.moc"
