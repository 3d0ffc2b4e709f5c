// Claims about the rows of the message view.
#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

#include <random>

#include "ui/desktop/session/markdown_blocks.h"
#include "ui/desktop/session/message_list_model.h"

using namespace tramontane;
using namespace tramontane::desktop;

namespace {

std::vector<ShownMessage> conversation(int count, MessageState last = MessageState::complete) {
    std::vector<ShownMessage> rows;
    for (int i = 0; i < count; ++i) {
        ShownMessage shown;
        shown.message.id = i + 1;
        shown.message.parent = i;
        shown.message.author = i % 2 ? Author::assistant : Author::person;
        shown.message.text = QStringLiteral("message %1").arg(i + 1);
        rows.push_back(shown);
    }
    if (count) rows.back().message.state = last;
    return rows;
}

} // namespace

class MessageListModelTest : public QObject {
    Q_OBJECT

private slots:
    void messageList_streamingTouchesTheLiveRowAlone() {
        MessageListModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.showBranch(conversation(1000, MessageState::streaming));
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        QSignalSpy inserted(&model, &QAbstractItemModel::rowsInserted),
            removed(&model, &QAbstractItemModel::rowsRemoved);
        QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
        for (int i = 0; i < 500; ++i) QVERIFY(model.append(1000, "x"));
        QCOMPARE(changed.size(), 500);
        for (const auto& call : changed) {
            QCOMPARE(call[0].toModelIndex().row(), 999);
            QCOMPARE(call[1].toModelIndex().row(), 999);
        }
        QCOMPARE(inserted.size() + removed.size() + reset.size(), 0);
        QVERIFY(model.data(model.index(999), MessageListModel::TextRole).toString().endsWith("xxx"));
    }

    void messageList_aDeltaForARowThatIsNotShownIsRefused() {
        MessageListModel model;
        model.showBranch(conversation(2));
        QVERIFY(!model.append(77, "x"));
        QCOMPARE(model.data(model.index(1), MessageListModel::TextRole).toString(), QString("message 2"));
    }

    void messageList_blocksAreMadeForTheRowsThatAsk() {
        MessageListModel model;
        model.showBranch(conversation(4));
        QVERIFY(!model.data(model.index(0), MessageListModel::BlocksRole).value<QObject*>());
        auto* blocks = model.data(model.index(1), MessageListModel::BlocksRole).value<QObject*>();
        QVERIFY(qobject_cast<MarkdownBlocks*>(blocks));
        QCOMPARE(model.data(model.index(1), MessageListModel::BlocksRole).value<QObject*>(), blocks);
    }

    void messageList_blocksFollowTheAnswerAndItsContinuation() {
        MessageListModel model;
        auto rows = conversation(2, MessageState::streaming);
        rows[1].message.text.clear();
        model.showBranch(rows);
        auto* blocks = model.data(model.index(1), MessageListModel::BlocksRole).value<MarkdownBlocks*>();
        QVERIFY(blocks);
        model.append(2, "One\n\n");
        model.append(2, "Two");
        rows[1].message.text = "One\n\nTwo";
        rows[1].message.state = MessageState::partial;
        model.update(rows[1]);
        QTRY_COMPARE(blocks->count(), 2);
        rows[1].message.state = MessageState::streaming;
        model.update(rows[1]);
        model.append(2, "\n\nThree");
        rows[1].message.text += "\n\nThree";
        rows[1].message.state = MessageState::complete;
        model.update(rows[1]);
        QTRY_COMPARE(blocks->count(), 3);
    }

    void messageList_becomesAnyBranchAndKeepsTheRowsInCommon() {
        MessageListModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        constexpr unsigned seed = 20240607;
        std::mt19937 random(seed);
        for (int round = 0; round < 200; ++round) {
            auto rows = conversation(int(random() % 12));
            const auto fork = rows.empty() ? 0 : random() % rows.size();
            for (auto i = fork; i < rows.size(); ++i) rows[i].message.id += 100 * qint64(random() % 3);
            QSignalSpy removed(&model, &QAbstractItemModel::rowsRemoved);
            std::vector<Key> before;
            for (int row = 0; row < model.count(); ++row)
                before.push_back(model.data(model.index(row), MessageListModel::MessageIdRole).toLongLong());
            model.showBranch(rows);
            QVERIFY2(model.count() == int(rows.size()),
                     qPrintable(QStringLiteral("seed %1 round %2").arg(seed).arg(round)));
            int common = 0;
            while (common < int(before.size()) && common < int(rows.size()) &&
                   before[std::size_t(common)] == rows[std::size_t(common)].message.id)
                ++common;
            for (const auto& call : removed) QVERIFY(call[1].toInt() >= common);
            for (int row = 0; row < model.count(); ++row) {
                QCOMPARE(model.data(model.index(row), MessageListModel::MessageIdRole).toLongLong(),
                         rows[std::size_t(row)].message.id);
                QCOMPARE(model.data(model.index(row), MessageListModel::IsLastRole).toBool(), row == model.count() - 1);
            }
        }
    }

    void messageList_theSeedReachesTheWindowWhole() {
        MessageListModel model;
        auto rows = conversation(2);
        rows[1].message.figures = AnswerFigures{};
        rows[1].message.figures->seed = 18446744073709551615ull; // more than a number of JavaScript holds
        model.showBranch(rows);
        const auto figures = model.data(model.index(1), MessageListModel::FiguresRole).toMap();
        QCOMPARE(figures.value("seed").toString(), QString("18446744073709551615"));
    }
};

QTEST_MAIN(MessageListModelTest)
#include "message_list_model_test.moc"
