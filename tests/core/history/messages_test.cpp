// Messages: growing answers, figures, branches, cutting and mending, bytes kept as they are.
#include "store_fixture.h"

namespace tramontane {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class HistoryMessages : public StoreTest {
protected:
    static AnswerFigures figures() {
        AnswerFigures made;
        made.promptTokens = 31;
        made.newTokens = 245;
        made.timeToFirstTokenMs = 118.25;
        made.tokensPerSecond = 187.5;
        made.finishReason = "stop";
        made.device = "CPU (AVX-512)";
        made.modelName = "guide";
        made.modelFingerprint = "0123456789abcdef";
        made.seed = 0xfedcba9876543210ULL; // beyond what a signed integer holds
        made.samplingJson = "{\"top_p\":0.95}";
        return made;
    }
};

TEST_F(HistoryMessages, history_growsAnAnswerAndKeepsItsFigures) {
    ConversationId conversation = 0;
    MessageId id = 0;
    {
        HistoryStore store = open();
        const auto started = valueOf(store.startConversation({"t"}, {0, {}, Role::user, "Why?"}));
        conversation = started.conversationId;
        id = valueOf(store.appendMessage(answer(conversation, started.messageId)));
        EXPECT_TRUE(valueOf(store.message(id)).growing);
        EXPECT_EQ(valueOf(store.message(id)).status, MessageStatus::partial);
        valueOf(store.updateAnswer(id, "Because"));
        EXPECT_EQ(valueOf(store.message(id)).text, "Because");
        valueOf(store.finishAnswer(id, "Because of the wind.", MessageStatus::complete, figures()));
    }
    HistoryStore store = open();
    EXPECT_THAT(store.openReport().interruptedAnswers, IsEmpty());
    const Message read = valueOf(store.message(id));
    EXPECT_EQ(read.text, "Because of the wind.");
    EXPECT_EQ(read.role, Role::assistant);
    EXPECT_EQ(read.status, MessageStatus::complete);
    EXPECT_FALSE(read.growing);
    EXPECT_EQ(read.conversationId, conversation);
    EXPECT_EQ(read.figures, figures());
    EXPECT_EQ(store.updateAnswer(id, "late").error().kind, ErrorKind::notFound);
    EXPECT_EQ(valueOf(store.message(id)).text, "Because of the wind.");
}

TEST_F(HistoryMessages, history_keepsAFailedAnswersTextAndReason) {
    HistoryStore store = open();
    const auto started = valueOf(store.startConversation({"t"}, {0, {}, Role::user, "Why?"}));
    const MessageId id = valueOf(store.appendMessage(answer(started.conversationId, started.messageId)));
    valueOf(store.finishAnswer(id, "Be", MessageStatus::failed, std::nullopt, "the model changed on disk"));
    const Message read = valueOf(store.message(id));
    EXPECT_EQ(read.status, MessageStatus::failed);
    EXPECT_EQ(read.errorText, "the model changed on disk");
    EXPECT_EQ(read.text, "Be");
    EXPECT_EQ(read.figures, std::nullopt);
}

TEST_F(HistoryMessages, history_takesAnAnswerUpAgainAndKeepsItSearchable) {
    HistoryStore store = open();
    const auto started = valueOf(store.startConversation({"t"}, {0, {}, Role::user, "Tell"}));
    const MessageId id = valueOf(store.appendMessage(answer(started.conversationId, started.messageId)));
    valueOf(store.finishAnswer(id, "Once upon", MessageStatus::partial, figures()));
    valueOf(store.resumeAnswer(id));
    EXPECT_TRUE(valueOf(store.message(id)).growing);
    EXPECT_EQ(valueOf(store.message(id)).figures, figures());
    valueOf(store.updateAnswer(id, "Once upon a time"));
    EXPECT_THAT(valueOf(store.search(patiently({"upon time"}))).hits, SizeIs(1));
    valueOf(store.finishAnswer(id, "Once upon a midnight", MessageStatus::complete, figures()));
    EXPECT_THAT(valueOf(store.search(patiently({"time"}))).hits, IsEmpty());
    EXPECT_THAT(valueOf(store.search(patiently({"midnight"}))).hits, SizeIs(1));
    ASSERT_OK(store.checkIntegrity());
}

TEST_F(HistoryMessages, history_finishingTwiceIsFinishingOnce) {
    HistoryStore store = open();
    const auto started = valueOf(store.startConversation({"t"}, {0, {}, Role::user, "Tell"}));
    const MessageId id = valueOf(store.appendMessage(answer(started.conversationId, started.messageId)));
    for (int i = 0; i < 2; ++i) valueOf(store.finishAnswer(id, "Once upon", MessageStatus::complete, figures()));
    EXPECT_EQ(valueOf(store.message(id)).text, "Once upon");
    EXPECT_THAT(valueOf(store.search(patiently({"once"}))).hits, SizeIs(1));
    ASSERT_OK(store.checkIntegrity());
}

TEST_F(HistoryMessages, history_marksGrowingAnswersInterruptedAtTheNextStart) {
    MessageId id = 0;
    {
        HistoryStore store = open();
        const auto started = valueOf(store.startConversation({"t"}, {0, {}, Role::user, "Tell"}));
        id = valueOf(store.appendMessage(answer(started.conversationId, started.messageId)));
        valueOf(store.updateAnswer(id, "Half an ans"));
    }
    {
        HistoryStore store = open();
        EXPECT_THAT(store.openReport().interruptedAnswers, ElementsAre(id));
        const Message read = valueOf(store.message(id));
        EXPECT_EQ(read.status, MessageStatus::partial);
        EXPECT_FALSE(read.growing);
        EXPECT_EQ(read.text, "Half an ans");
        EXPECT_THAT(valueOf(store.search(patiently({"half"}))).hits, SizeIs(1));
        ASSERT_OK(store.checkIntegrity());
    }
    HistoryStore store = open();
    EXPECT_THAT(store.openReport().interruptedAnswers, IsEmpty());
}

//   q1 ─┬─ a1 ── q2 ── a2
//       ├─ a1' ── q3
//       └─ a1''
class HistoryBranches : public HistoryMessages {
protected:
    void plant(HistoryStore& store) {
        const auto started = valueOf(store.startConversation({"tree"}, {0, {}, Role::user, "q1"}));
        conversation = started.conversationId;
        q1 = started.messageId;
        const auto complete = [&](MessageId parent, const char* text) {
            return valueOf(store.appendMessage(answer(conversation, parent, text, MessageStatus::complete)));
        };
        a1 = complete(q1, "a1");
        q2 = valueOf(store.appendMessage(question(conversation, a1, "q2")));
        a2 = complete(q2, "a2");
        b1 = complete(q1, "a1'");
        q3 = valueOf(store.appendMessage(question(conversation, b1, "q3")));
        c1 = complete(q1, "a1''");
    }
    ConversationId conversation = 0;
    MessageId q1 = 0, a1 = 0, q2 = 0, a2 = 0, b1 = 0, q3 = 0, c1 = 0;
};

TEST_F(HistoryBranches, history_showsTheBranchLastWrittenWithItsPlaceAmongSiblings) {
    {
        HistoryStore store = open();
        plant(store);
    }
    HistoryStore store = open();
    const auto branch = valueOf(store.currentBranch(conversation));
    EXPECT_THAT(texts(branch), ElementsAre("q1", "a1''"));
    EXPECT_EQ(branch[0].siblingCount, 1);
    EXPECT_EQ(branch[1].siblingIndex, 2);
    EXPECT_EQ(branch[1].siblingCount, 3);
    EXPECT_THAT(valueOf(store.siblings(b1)), ElementsAre(a1, b1, c1));
    EXPECT_THAT(valueOf(store.children(q1)), ElementsAre(a1, b1, c1));
    EXPECT_THAT(valueOf(store.children(a2)), IsEmpty());
    EXPECT_THAT(texts(valueOf(store.branchTo(a2))), ElementsAre("q1", "a1", "q2", "a2"));
    EXPECT_THAT(texts(valueOf(store.branchTo(q2))), ElementsAre("q1", "a1", "q2"));
}

TEST_F(HistoryBranches, history_switchesBranchesToTheirNewestEnd) {
    HistoryStore store = open();
    plant(store);
    EXPECT_EQ(valueOf(store.showBranch(a1)), a2);
    EXPECT_THAT(texts(valueOf(store.currentBranch(conversation))), ElementsAre("q1", "a1", "q2", "a2"));
    EXPECT_EQ(valueOf(store.showBranch(q1)), c1);
    valueOf(store.setCurrentLeaf(conversation, a1));
    EXPECT_THAT(texts(valueOf(store.currentBranch(conversation))), ElementsAre("q1", "a1"));
    valueOf(store.setCurrentLeaf(conversation, std::nullopt));
    EXPECT_THAT(valueOf(store.currentBranch(conversation)), IsEmpty());
    // A second first question.
    const MessageId other = valueOf(store.appendMessage(question(conversation, {}, "q1 edited")));
    const auto branch = valueOf(store.currentBranch(conversation));
    EXPECT_THAT(texts(branch), ElementsAre("q1 edited"));
    EXPECT_EQ(branch[0].siblingIndex, 1);
    EXPECT_EQ(branch[0].siblingCount, 2);
    EXPECT_THAT(valueOf(store.siblings(other)), ElementsAre(q1, other));
}

TEST_F(HistoryBranches, history_deletesASubtreeAndMendsIt) {
    HistoryStore store = open();
    plant(store);
    valueOf(store.showBranch(a1));
    // On show: the newest sibling's branch takes its place.
    EXPECT_EQ(valueOf(store.deleteMessage(a1)), c1);
    EXPECT_THAT(valueOf(store.siblings(b1)), ElementsAre(b1, c1));
    EXPECT_EQ(valueOf(store.deleteMessage(a1)), c1);
    EXPECT_EQ(store.deleteMessage(q2).error().kind, ErrorKind::notFound);
    EXPECT_EQ(store.showBranch(q2).error().kind, ErrorKind::notFound);
    EXPECT_EQ(store.appendMessage(question(conversation, q2, "x")).error().kind, ErrorKind::notFound);
    EXPECT_THAT(valueOf(store.search(patiently({"q2"}))).hits, IsEmpty());
    EXPECT_EQ(store.undeleteMessage(q2).error().kind, ErrorKind::invalidInput);
    // Not on show: the end stays.
    EXPECT_EQ(valueOf(store.deleteMessage(b1)), c1);
    // No sibling left: the parent.
    EXPECT_EQ(valueOf(store.deleteMessage(c1)), q1);
    EXPECT_THAT(texts(valueOf(store.currentBranch(conversation))), ElementsAre("q1"));

    valueOf(store.undeleteMessage(a1));
    EXPECT_THAT(texts(valueOf(store.currentBranch(conversation))), ElementsAre("q1", "a1", "q2", "a2"));
    EXPECT_THAT(valueOf(store.siblings(a1)), ElementsAre(a1));
    // What went earlier by itself stays where it is when that around it comes back.
    valueOf(store.deleteMessage(q2));
    valueOf(store.deleteMessage(q1));
    EXPECT_THAT(valueOf(store.currentBranch(conversation)), IsEmpty());
    EXPECT_EQ(store.undeleteMessage(q2).error().kind, ErrorKind::invalidInput);
    valueOf(store.undeleteMessage(q1));
    EXPECT_THAT(texts(valueOf(store.currentBranch(conversation))), ElementsAre("q1", "a1"));
    valueOf(store.undeleteMessage(q2));
    EXPECT_THAT(texts(valueOf(store.currentBranch(conversation))), ElementsAre("q1", "a1", "q2", "a2"));
    ASSERT_OK(store.checkIntegrity());
}

TEST_F(HistoryBranches, history_refusesParentsThatCannotBe) {
    HistoryStore store = open();
    plant(store);
    const ConversationId other = valueOf(store.createConversation({"other"}));
    EXPECT_EQ(store.appendMessage(question(other, q1, "x")).error().kind, ErrorKind::notFound);
    EXPECT_EQ(store.appendMessage(question(conversation, 999, "x")).error().kind, ErrorKind::notFound);
    EXPECT_EQ(store.appendMessage(question(999, {}, "x")).error().kind, ErrorKind::notFound);
    EXPECT_EQ(store.setCurrentLeaf(other, q1).error().kind, ErrorKind::notFound);
    EXPECT_EQ(store.finishAnswer(q1, "x", MessageStatus::complete, {}).error().kind, ErrorKind::notFound);
    EXPECT_EQ(valueOf(store.message(q1)).text, "q1");
    ASSERT_OK(store.checkIntegrity());
}

TEST_F(HistoryMessages, history_purgesAConversationOfThousandsInOneChain) {
    HistoryStore store = open();
    const ConversationId id = valueOf(store.createConversation({"long"}));
    std::optional<MessageId> last;
    const int count = 1500; // more than SQLite lets cascades nest
    for (int i = 0; i < count; ++i) last = valueOf(store.appendMessage(question(id, last, std::to_string(i))));
    EXPECT_THAT(valueOf(store.currentBranch(id)), SizeIs(count));
    const MessageId first = valueOf(store.currentBranch(id))[0].message.id;
    valueOf(store.deleteMessage(first));
    EXPECT_THAT(valueOf(store.currentBranch(id)), IsEmpty());
    valueOf(store.undeleteMessage(first));
    valueOf(store.purgeConversation(id));
    ASSERT_OK(store.checkIntegrity());
}

TEST_F(HistoryMessages, history_keepsEveryTextToTheByte) {
    std::string large;
    std::mt19937_64 random(7);
    while (large.size() < 10'000'000) large += "word" + std::to_string(random()) + (random() % 9 ? " " : "\n");
    const std::vector<std::string> texts = {
        "",
        std::string("before\0after\0", 13),
        "'); DROP TABLE messages; --",
        "\u202Eright to left\u202C \u2066isolated\u2069",
        "NEAR(\"a\" b, 3) OR NOT * ^ { } : - + AND \"",
        "\xff\xfe broken \xc3 UTF-8 \xed\xa0\x80",
        "👩‍👩‍👧‍👦 e\u0301 ﷽",
        large,
    };
    std::vector<MessageId> ids;
    {
        HistoryStore store = open();
        const ConversationId id = valueOf(store.createConversation({texts[1] + "title", false, texts[5], texts[2]}));
        valueOf(store.setDraft(id, texts[6] + texts[1]));
        for (const std::string& text : texts) {
            ids.push_back(valueOf(store.appendMessage(question(id, {}, text))));
            const MessageId grown = valueOf(store.appendMessage(answer(id, {})));
            valueOf(store.updateAnswer(grown, text));
            valueOf(store.finishAnswer(grown, text, MessageStatus::failed, {}, text));
            ids.push_back(grown);
        }
        // Found, whatever is in it.
        EXPECT_THAT(valueOf(store.search(patiently({"after", 10, false}))).hits, SizeIs(3)); // the title too
        EXPECT_THAT(valueOf(store.search(patiently({large.substr(9'999'900, 30), 10, false}))).hits, SizeIs(2));
    }
    HistoryStore store = open();
    for (std::size_t i = 0; i < texts.size(); ++i) {
        EXPECT_TRUE(valueOf(store.message(ids[2 * i])).text == texts[i]) << i;
        EXPECT_TRUE(valueOf(store.message(ids[2 * i + 1])).text == texts[i]) << i;
        EXPECT_TRUE(valueOf(store.message(ids[2 * i + 1])).errorText == texts[i]) << i;
    }
    const Conversation conversation = valueOf(store.conversations())[0];
    EXPECT_EQ(conversation.title, texts[1] + "title");
    EXPECT_EQ(conversation.systemPrompt, texts[5]);
    EXPECT_EQ(conversation.settingsJson, texts[2]);
    EXPECT_EQ(conversation.draft, texts[6] + texts[1]);
    ASSERT_OK(store.checkIntegrity());
}

} // namespace
} // namespace tramontane
