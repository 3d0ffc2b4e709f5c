// Whole conversations out of one store and into another: every branch, date, mark and figure.
#include <sqlite3.h>

#include "store_fixture.h"

namespace tramontane {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class HistoryWholeConversations : public StoreTest {
protected:
    static Message message(MessageId id, std::optional<MessageId> parent, Role role, std::string text) {
        Message made;
        made.id = id;
        made.parentId = parent;
        made.role = role;
        made.text = std::move(text);
        made.createdAt = 1'600'000'000'000 + id;
        return made;
    }
    // Two answers to one question, the first on show.
    static WholeConversation branched() {
        WholeConversation whole;
        whole.conversation.title = "Wind";
        whole.conversation.titleIsManual = true;
        whole.conversation.createdAt = 1'600'000'000'000;
        whole.conversation.updatedAt = 1'600'000'100'000;
        whole.conversation.pinnedAt = 1'600'000'200'000;
        whole.conversation.archivedAt = 1'600'000'300'000;
        whole.conversation.systemPrompt = "Be brief.";
        whole.conversation.settingsJson = "{}";
        whole.conversation.draft = "half";
        whole.messages = {message(10, {}, Role::user, "Where from?"), message(20, 10, Role::assistant, "North."),
                          message(30, 10, Role::assistant, "From the mountains.")};
        whole.messages[1].figures =
            AnswerFigures{3, 2, 12.5, 40.25, "stop", "CPU", "M", "f00d", 18446744073709551615U, "{\"seed\":1}"};
        whole.messages[2].status = MessageStatus::failed;
        whole.messages[2].errorText = "no memory";
        whole.conversation.currentLeaf = 20;
        return whole;
    }
};

TEST_F(HistoryWholeConversations, history_givesBackEveryFieldOfAWholeConversation) {
    HistoryStore store = open();
    const HistoryStore::Added added = valueOf(store.addConversations({branched()}));
    EXPECT_EQ(added.conversations, 1);
    EXPECT_EQ(added.messages, 3);
    const WholeConversation read = valueOf(store.wholeConversation(added.first));
    const WholeConversation given = branched();
    EXPECT_EQ(read.conversation.title, given.conversation.title);
    EXPECT_EQ(read.conversation.titleIsManual, given.conversation.titleIsManual);
    EXPECT_EQ(read.conversation.createdAt, given.conversation.createdAt);
    EXPECT_EQ(read.conversation.updatedAt, given.conversation.updatedAt);
    EXPECT_EQ(read.conversation.pinnedAt, given.conversation.pinnedAt);
    EXPECT_EQ(read.conversation.archivedAt, given.conversation.archivedAt);
    EXPECT_EQ(read.conversation.systemPrompt, given.conversation.systemPrompt);
    EXPECT_EQ(read.conversation.settingsJson, given.conversation.settingsJson);
    EXPECT_EQ(read.conversation.draft, given.conversation.draft);
    ASSERT_EQ(read.messages.size(), 3u);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(read.messages[i].text, given.messages[i].text);
        EXPECT_EQ(read.messages[i].role, given.messages[i].role);
        EXPECT_EQ(read.messages[i].status, given.messages[i].status);
        EXPECT_EQ(read.messages[i].errorText, given.messages[i].errorText);
        EXPECT_EQ(read.messages[i].createdAt, given.messages[i].createdAt);
        EXPECT_EQ(read.messages[i].figures, given.messages[i].figures);
    }
    EXPECT_EQ(read.messages[1].parentId, read.messages[0].id);
    EXPECT_EQ(read.messages[2].parentId, read.messages[0].id);
    EXPECT_EQ(read.conversation.currentLeaf, read.messages[1].id);
    EXPECT_THAT(texts(valueOf(store.currentBranch(added.first))), ElementsAre("Where from?", "North."));
    EXPECT_EQ(valueOf(store.search(patiently({"mountains"}))).hits.size(), 1u);
    valueOf(store.checkIntegrity());
}

TEST_F(HistoryWholeConversations, history_leavesOutWhatIsInTheBinAndCallsAGrowingAnswerPartial) {
    HistoryStore store = open();
    const auto started = valueOf(store.startConversation({"t"}, question(0, {}, "asked")));
    const MessageId gone = valueOf(store.appendMessage(answer(started.conversationId, started.messageId, "gone")));
    valueOf(store.deleteMessage(gone));
    valueOf(store.appendMessage(answer(started.conversationId, started.messageId, "grows")));
    const WholeConversation whole = valueOf(store.wholeConversation(started.conversationId));
    ASSERT_EQ(whole.messages.size(), 2u);
    EXPECT_EQ(whole.messages[1].text, "grows");
    EXPECT_EQ(whole.messages[1].status, MessageStatus::partial);
    EXPECT_FALSE(whole.messages[1].growing);
    EXPECT_EQ(store.wholeConversation(99).error().kind, ErrorKind::notFound);
}

TEST_F(HistoryWholeConversations, history_addsBesideWhatIsThereHoweverOften) {
    HistoryStore store = open();
    const ConversationId present = valueOf(store.createConversation({"Wind"}));
    valueOf(store.addConversations({branched(), branched()}));
    valueOf(store.addConversations({branched()}));
    EXPECT_EQ(valueOf(store.conversations()).size(), 4u);
    EXPECT_THAT(valueOf(store.wholeConversation(present)).messages, IsEmpty());
}

TEST_F(HistoryWholeConversations, history_addsAllOrNothing) {
    HistoryStore store = open();
    const auto refused = [&](const WholeConversation& second) {
        const auto added = store.addConversations({branched(), second});
        EXPECT_FALSE(added.ok());
        EXPECT_THAT(valueOf(store.conversations()), IsEmpty());
        return added.ok() ? std::string() : added.error().message;
    };
    WholeConversation bad = branched();
    bad.messages[1].parentId = 30; // stands behind it
    EXPECT_EQ(refused(bad), "conversation \"Wind\": message 20 follows 30, which is not before it");
    bad = branched();
    bad.messages[2].id = 20;
    EXPECT_EQ(refused(bad), "conversation \"Wind\": message 20 is there twice");
    bad = branched();
    bad.conversation.currentLeaf = 7;
    EXPECT_EQ(refused(bad), "conversation \"Wind\": the branch on show ends at message 7, which is not there");
    valueOf(store.checkIntegrity());
}

TEST_F(HistoryWholeConversations, history_findsWordsOfALargeAdditionBeforeAndAfterItIsIndexed) {
    HistoryStore store = open();
    WholeConversation large;
    large.conversation.title = "large";
    const std::string filler(100'000, 'x');
    for (MessageId id = 1; id <= 100; ++id)
        large.messages.push_back(message(id, id > 1 ? std::optional(id - 1) : std::nullopt, Role::user,
                                         filler + (id == 100 ? " tramontana" : "")));
    const auto added = valueOf(store.addConversations({large}));
    const auto listed = [&] {
        sqlite3* database = nullptr;
        EXPECT_EQ(sqlite3_open(file().c_str(), &database), SQLITE_OK);
        sqlite3_stmt* count = nullptr;
        sqlite3_prepare_v2(database, "SELECT count(*) FROM unindexed", -1, &count, nullptr);
        const int rows = sqlite3_step(count) == SQLITE_ROW ? sqlite3_column_int(count, 0) : -1;
        sqlite3_finalize(count);
        sqlite3_close(database);
        return rows;
    };
    EXPECT_GT(listed(), 50);
    EXPECT_EQ(valueOf(store.search(patiently({"tramontana"}))).hits.size(), 1u);
    valueOf(store.checkIntegrity());
    // What grows, and what is too long, stays listed.
    valueOf(store.appendMessage(answer(added.first, {}, "grows")));
    valueOf(store.appendMessage(question(added.first, {}, std::string(200'000, 'y'))));
    int calls = 0;
    while (valueOf(store.indexMore())) ASSERT_LT(++calls, 100);
    EXPECT_GT(calls, 10);
    EXPECT_EQ(listed(), 2);
    EXPECT_EQ(valueOf(store.search(patiently({"tramontana"}))).hits.size(), 1u);
    valueOf(store.checkIntegrity());
    valueOf(store.purgeConversation(added.first));
    valueOf(store.checkIntegrity());
}

} // namespace
} // namespace tramontane
