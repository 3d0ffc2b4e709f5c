// Claims about the branch that is shown.
#include <QTest>

#include "ui/desktop/session/branch.h"

using namespace tramontane::desktop;

namespace {

StoredMessage message(Key id, Key parent, Author author, const QString& text) {
    StoredMessage made;
    made.id = id;
    made.parent = parent;
    made.author = author;
    made.text = text;
    return made;
}

Branch fourMessages() {
    Branch branch;
    branch.append(message(1, 0, Author::person, "a"));
    branch.append(message(2, 1, Author::assistant, "b"));
    branch.append(message(3, 2, Author::person, "c"));
    branch.append(message(4, 3, Author::assistant, "d"));
    return branch;
}

} // namespace

class BranchTest : public QObject {
    Q_OBJECT

private slots:
    void branch_growsAtItsEnd() {
        const auto branch = fourMessages();
        QCOMPARE(branch.leaf(), Key(4));
        QCOMPARE(branch.messages().size(), std::size_t(4));
        QCOMPARE(branch.messages().back().siblingCount, 1);
        QCOMPARE(branch.last(Author::person)->message.id, Key(3));
    }

    void branch_aVariantTakesThePlaceOfWhatFollows() {
        auto branch = fourMessages();
        branch.addVariant(2, message(-1, 1, Author::assistant, "e"));
        QCOMPARE(branch.leaf(), Key(-1));
        QCOMPARE(branch.messages().size(), std::size_t(2));
        QCOMPARE(branch.messages().back().siblingIndex, 1);
        QCOMPARE(branch.messages().back().siblingCount, 2);
        branch.addVariant(-1, message(-2, 1, Author::assistant, "f"));
        QCOMPARE(branch.messages().back().siblingIndex, 2);
        QCOMPARE(branch.messages().back().siblingCount, 3);
    }

    void branch_pathEndsAtTheMessageAskedFor() {
        const auto branch = fourMessages();
        QCOMPARE(branch.pathTo(3).size(), std::size_t(3));
        QCOMPARE(branch.pathTo(3).back().text, QString("c"));
        QVERIFY(branch.pathTo(99).empty());
        QVERIFY(branch.pathTo(0).empty());
    }

    void branch_renumberingKeepsParents() {
        auto branch = fourMessages();
        branch.renumber({{3, 30}, {4, 40}});
        QCOMPARE(branch.leaf(), Key(40));
        QCOMPARE(branch.find(40)->message.parent, Key(30));
        QVERIFY(!branch.find(4));
    }
};

QTEST_APPLESS_MAIN(BranchTest)
#include "branch_test.moc"
