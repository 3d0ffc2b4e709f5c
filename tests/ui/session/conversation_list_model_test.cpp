// Claims about the sidebar's rows.
#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

#include <random>

#include "ui/desktop/session/conversation_list_model.h"

using namespace tramontane::desktop;

namespace {

ConversationSummary conversation(Key id, int minutesAgo = 0, const QString& title = {}) {
    ConversationSummary row;
    row.id = id;
    row.title = title.isEmpty() ? QStringLiteral("conversation %1").arg(id) : title;
    row.updatedAt = QDateTime::currentDateTime().addSecs(-60 * minutesAgo);
    return row;
}

QList<Key> ids(const ConversationListModel& model) {
    QList<Key> all;
    for (int row = 0; row < model.count(); ++row)
        all << model.data(model.index(row), ConversationListModel::ConversationIdRole).toLongLong();
    return all;
}

} // namespace

class ConversationListModelTest : public QObject {
    Q_OBJECT

private slots:
    void conversationList_groupsByTheCalendarDay_data() {
        QTest::addColumn<QString>("when");
        QTest::addColumn<QString>("section");
        QTest::newRow("now") << "2024-03-10T12:00:00"
                             << "today";
        QTest::newRow("a clock that ran ahead") << "2024-03-11T12:00:00"
                                                << "today";
        QTest::newRow("just after midnight") << "2024-03-10T00:00:01"
                                             << "today";
        QTest::newRow("just before midnight") << "2024-03-09T23:59:59"
                                              << "yesterday";
        QTest::newRow("two days") << "2024-03-08T12:00:00"
                                  << "week";
        QTest::newRow("seven days") << "2024-03-03T12:00:00"
                                    << "week";
        QTest::newRow("eight days") << "2024-03-02T12:00:00"
                                    << "older";
    }
    void conversationList_groupsByTheCalendarDay() {
        QFETCH(QString, when);
        QFETCH(QString, section);
        QCOMPARE(ConversationListModel::sectionOf(QDateTime::fromString(when, Qt::ISODate), QDate(2024, 3, 10)),
                 section);
    }

    void conversationList_titlesComeFromTheFirstQuestion() {
        QCOMPARE(ConversationListModel::titleFrom("  How do I\n\n rename  this? "), QString("How do I rename this?"));
        const auto longTitle = ConversationListModel::titleFrom(QString("word ").repeated(1000));
        QVERIFY(longTitle.size() <= 61);
        QVERIFY(longTitle.endsWith(QChar(0x2026)));
        QVERIFY(!longTitle.contains("wor" + QString(QChar(0x2026))));
        // A character outside the basic plane is never cut in two.
        const auto emoji = ConversationListModel::titleFrom("x" + QString::fromUtf8("\xF0\x9F\x9A\x80").repeated(100));
        QVERIFY(!emoji.at(emoji.size() - 2).isHighSurrogate());
        QVERIFY(QString::fromUtf8(emoji.toUtf8()) == emoji);
    }

    void conversationList_becomesAnyListByMovesAndInserts() {
        ConversationListModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        constexpr unsigned seed = 4711;
        std::mt19937 random(seed);
        for (int round = 0; round < 200; ++round) {
            QList<ConversationSummary> rows;
            for (Key id = 1; id <= 12; ++id)
                if (random() % 3) rows << conversation(id);
            std::shuffle(rows.begin(), rows.end(), random);
            model.takeList(rows);
            QList<Key> wanted;
            for (const auto& row : rows) wanted << row.id;
            QVERIFY2(ids(model) == wanted, qPrintable(QStringLiteral("seed %1 round %2").arg(seed).arg(round)));
        }
    }

    void conversationList_theFirstListIsOneInsertion() {
        ConversationListModel model;
        QSignalSpy inserted(&model, &QAbstractItemModel::rowsInserted);
        QList<ConversationSummary> rows;
        for (Key id = 1; id <= 10000; ++id) rows << conversation(id);
        model.takeList(rows);
        QCOMPARE(inserted.size(), 1);
    }

    void conversationList_anAnswerMovesItsConversationToTheTop() {
        ConversationListModel model;
        model.takeList({conversation(1), conversation(2), conversation(3)});
        QSignalSpy moved(&model, &QAbstractItemModel::rowsMoved), removed(&model, &QAbstractItemModel::rowsRemoved);
        model.setCurrent(3);
        model.touch(3, {});
        QCOMPARE(ids(model), (QList<Key>{3, 1, 2}));
        QCOMPARE(moved.size(), 1);
        QCOMPARE(removed.size(), 0);
        QCOMPARE(model.currentRow(), 0);
    }

    void conversationList_aDeletedRowComesBackToItsPlace() {
        ConversationListModel model;
        QSignalSpy removeRequested(&model, &ConversationListModel::removeRequested);
        QSignalSpy restoreRequested(&model, &ConversationListModel::restoreRequested);
        QSignalSpy removed(&model, &ConversationListModel::removed);
        model.takeList({conversation(1, 1), conversation(2, 2), conversation(3, 3)});
        model.remove(2);
        QCOMPARE(ids(model), (QList<Key>{1, 3}));
        QCOMPARE(removed.value(0).value(1).toString(), QString("conversation 2"));
        // The store may list it once more before it has heard of the deletion.
        model.takeList({conversation(1, 1), conversation(2, 2), conversation(3, 3)});
        QCOMPARE(ids(model), (QList<Key>{1, 3}));
        model.remove(1);
        model.undoRemove();
        model.undoRemove();
        QCOMPARE(ids(model), (QList<Key>{1, 2, 3}));
        QCOMPARE(removeRequested.size(), 2);
        QCOMPARE(restoreRequested.size(), 2);
        model.undoRemove(); // nothing left to undo
        QCOMPARE(restoreRequested.size(), 2);
    }

    void conversationList_showsTheNewestSearchOnly() {
        ConversationListModel model;
        QSignalSpy asked(&model, &ConversationListModel::searchRequested);
        model.takeList({conversation(1), conversation(2)});
        model.setSearchText("a");
        QTRY_COMPARE(asked.size(), 1);
        model.setSearchText("ab");
        QTRY_COMPARE(asked.size(), 2);
        const auto first = asked[0][0].toULongLong(), second = asked[1][0].toULongLong();
        model.takeMatches({second, "ab", {conversation(2)}});
        model.takeMatches({first, "a", {conversation(1), conversation(2)}}); // overtaken
        QCOMPARE(ids(model), (QList<Key>{2}));
        QVERIFY(model.searching());
        model.setSearchText("");
        QVERIFY(!model.searching());
        QCOMPARE(ids(model), (QList<Key>{1, 2}));
        model.takeMatches({second, "ab", {}}); // too late: nobody searches any more
        QCOMPARE(ids(model), (QList<Key>{1, 2}));
    }

    void conversationList_nextAndPreviousGoRound() {
        ConversationListModel model;
        QSignalSpy opened(&model, &ConversationListModel::openRequested);
        model.next(); // an empty list has no next
        QCOMPARE(opened.size(), 0);
        model.takeList({conversation(1), conversation(2)});
        model.setCurrent(2);
        model.next();
        QCOMPARE(opened.last()[0].toLongLong(), 1);
        model.setCurrent(1);
        model.previous();
        QCOMPARE(opened.last()[0].toLongLong(), 2);
    }

    void conversationList_aNewConversationTakesTheStoresNumberInPlace() {
        ConversationListModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.takeList({conversation(1)});
        model.touch(-1, "New one");
        model.setCurrent(-1);
        model.setBusy(-1, true);
        QCOMPARE(ids(model), (QList<Key>{-1, 1}));
        QSignalSpy removed(&model, &QAbstractItemModel::rowsRemoved);
        model.renumber({{-1, 2}});
        QCOMPARE(ids(model), (QList<Key>{2, 1}));
        QCOMPARE(model.currentId(), Key(2));
        QVERIFY(model.data(model.index(0), ConversationListModel::BusyRole).toBool());
        QCOMPARE(removed.size(), 0);
    }

    void conversationList_pinnedComeFirstAndArchivedApart() {
        ConversationListModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QSignalSpy pinned(&model, &ConversationListModel::pinRequested);
        QSignalSpy archived(&model, &ConversationListModel::archiveRequested);
        model.takeList({conversation(1, 1), conversation(2, 2), conversation(3, 3), conversation(4, 4)});
        model.setPinned(3, true);
        QCOMPARE(ids(model), (QList<Key>{3, 1, 2, 4}));
        QCOMPARE(model.data(model.index(0), ConversationListModel::SectionRole).toString(), QString("pinned"));
        QCOMPARE(model.data(model.index(1), ConversationListModel::SectionRole).toString(), QString("today"));
        model.touch(4, {}); // an answer leaves the pinned ones above
        QCOMPARE(ids(model), (QList<Key>{3, 4, 1, 2}));
        model.setArchived(1, true);
        model.setArchived(3, true);
        QCOMPARE(ids(model), (QList<Key>{4, 2}));
        QCOMPARE(model.archivedCount(), 2);
        model.setView(ConversationListModel::Archive);
        QCOMPARE(ids(model), (QList<Key>{1, 3}));
        QCOMPARE(model.data(model.index(1), ConversationListModel::SectionRole).toString(), QString("today"));
        model.setArchived(3, false);
        QCOMPARE(ids(model), (QList<Key>{1}));
        model.setView(ConversationListModel::Chats);
        QCOMPARE(ids(model), (QList<Key>{3, 4, 2}));
        QCOMPARE(pinned.size(), 1);
        QCOMPARE(archived.size(), 3);
        // A match in the archive says so.
        model.takeMatches({0, "a", {conversation(1)}});
        QVERIFY(model.data(model.index(0), ConversationListModel::ArchivedRole).toBool());
    }

    void conversationList_theTrashGivesBackOrDeletesForGood() {
        ConversationListModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QSignalSpy restored(&model, &ConversationListModel::restoreRequested);
        QSignalSpy purged(&model, &ConversationListModel::purgeRequested);
        QSignalSpy emptied(&model, &ConversationListModel::purgeTrashRequested);
        QSignalSpy opened(&model, &ConversationListModel::openRequested);
        model.takeList({conversation(1, 1), conversation(2, 2), conversation(3, 3), conversation(4, 4)});
        ConversationSummary old = conversation(5, 90000);
        old.deletedAt = QDateTime::currentDateTime().addDays(-1);
        model.takeTrash({old});
        model.remove(2);
        model.remove(1);
        QCOMPARE(model.trashCount(), 3);
        QCOMPARE(ids(model), (QList<Key>{3, 4}));
        model.setView(ConversationListModel::Trash);
        QCOMPARE(ids(model), (QList<Key>{1, 2, 5}));
        QCOMPARE(model.data(model.index(0), ConversationListModel::SectionRole).toString(), QString("today"));
        QCOMPARE(model.data(model.index(2), ConversationListModel::SectionRole).toString(), QString("yesterday"));
        model.openMatch(0);
        model.next();
        QCOMPARE(opened.size(), 0);
        model.putBack(2);
        model.undoRemove(); // the one that was deleted last
        QCOMPARE(restored.size(), 2);
        QCOMPARE(ids(model), (QList<Key>{5}));
        model.undoRemove(); // put back already
        QCOMPARE(restored.size(), 2);
        model.setView(ConversationListModel::Chats);
        QCOMPARE(ids(model), (QList<Key>{1, 2, 3, 4}));
        model.remove(3);
        model.purge(3);
        model.undoRemove();
        QCOMPARE(purged.size(), 1);
        QCOMPARE(ids(model), (QList<Key>{1, 2, 4}));
        model.emptyTrash();
        model.emptyTrash(); // nothing is in it
        QCOMPARE(emptied.size(), 1);
        QCOMPARE(model.trashCount(), 0);
    }

    void conversationList_renamingNeedsATitle() {
        ConversationListModel model;
        QSignalSpy renamed(&model, &ConversationListModel::renameRequested);
        model.takeList({conversation(1)});
        model.rename(1, "  \n ");
        QCOMPARE(renamed.size(), 0);
        model.rename(1, "  Cooking \n at home ");
        QCOMPARE(model.data(model.index(0), ConversationListModel::TitleRole).toString(), QString("Cooking at home"));
        QCOMPARE(renamed.size(), 1);
    }
};

QTEST_GUILESS_MAIN(ConversationListModelTest)
#include "conversation_list_model_test.moc"
