// Conversations, drafts, presets: what goes in comes out, also after closing and opening again.
#include "store_fixture.h"

namespace tramontane {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class HistoryConversations : public StoreTest {
protected:
    static std::vector<std::string> titles(const std::vector<Conversation>& list) {
        std::vector<std::string> names;
        for (const Conversation& conversation : list) names.push_back(conversation.title);
        return names;
    }
};

TEST_F(HistoryConversations, history_keepsEveryFieldOfAConversation) {
    ConversationId id = 0;
    {
        HistoryStore store = open();
        id = valueOf(store.createConversation({"Über Wind", true, "Be brief.", "{\"temperature\":0}"}));
        valueOf(store.setDraft(id, "half a tho"));
    }
    HistoryStore store = open();
    const Conversation read = valueOf(store.conversation(id));
    EXPECT_EQ(read.id, id);
    EXPECT_EQ(read.title, "Über Wind");
    EXPECT_TRUE(read.titleIsManual);
    EXPECT_EQ(read.systemPrompt, "Be brief.");
    EXPECT_EQ(read.settingsJson, "{\"temperature\":0}");
    EXPECT_EQ(read.draft, "half a tho");
    EXPECT_EQ(read.currentLeaf, std::nullopt);
    EXPECT_EQ(read.deletedAt, std::nullopt);
    EXPECT_GT(read.createdAt, 1'700'000'000'000);

    valueOf(store.setSystemPrompt(id, std::nullopt));
    valueOf(store.setSettings(id, std::nullopt));
    EXPECT_EQ(valueOf(store.conversation(id)).systemPrompt, std::nullopt);
    EXPECT_EQ(valueOf(store.conversation(id)).settingsJson, std::nullopt);
}

TEST_F(HistoryConversations, history_listsTheLatestChangedFirstAndRenamingMovesNothing) {
    HistoryStore store = open();
    const ConversationId first = valueOf(store.createConversation({"first"}));
    const ConversationId second = valueOf(store.createConversation({"second"}));
    EXPECT_THAT(titles(valueOf(store.conversations())), ElementsAre("second", "first"));
    valueOf(store.appendMessage(question(first, std::nullopt, "hello")));
    EXPECT_THAT(titles(valueOf(store.conversations())), ElementsAre("first", "second"));
    valueOf(store.renameConversation(second, "renamed"));
    EXPECT_THAT(titles(valueOf(store.conversations())), ElementsAre("first", "renamed"));
    EXPECT_TRUE(valueOf(store.conversation(second)).titleIsManual);
    valueOf(store.setDraft(second, "draft"));
    EXPECT_THAT(titles(valueOf(store.conversations())), ElementsAre("first", "renamed"));
}

TEST_F(HistoryConversations, history_pinsAndArchivesWithoutMovingAnything) {
    ConversationId first = 0, second = 0;
    {
        HistoryStore store = open();
        first = valueOf(store.createConversation({"first"}));
        second = valueOf(store.createConversation({"second"}));
        const Conversation before = valueOf(store.conversation(first));
        EXPECT_EQ(before.pinnedAt, std::nullopt);
        EXPECT_EQ(before.archivedAt, std::nullopt);
        valueOf(store.setPinned(first, true));
        valueOf(store.setArchived(first, true));
        const Conversation marked = valueOf(store.conversation(first));
        valueOf(store.setPinned(first, true));
        EXPECT_EQ(valueOf(store.conversation(first)).pinnedAt, marked.pinnedAt);
        EXPECT_EQ(marked.updatedAt, before.updatedAt);
    }
    HistoryStore store = open();
    EXPECT_THAT(titles(valueOf(store.conversations())), ElementsAre("second", "first"));
    EXPECT_TRUE(valueOf(store.conversation(first)).pinnedAt);
    EXPECT_TRUE(valueOf(store.conversation(first)).archivedAt);
    valueOf(store.setPinned(first, false));
    valueOf(store.setArchived(first, false));
    EXPECT_EQ(valueOf(store.conversation(first)).pinnedAt, std::nullopt);
    EXPECT_EQ(valueOf(store.conversation(first)).archivedAt, std::nullopt);
    EXPECT_EQ(store.setPinned(99, true).error().kind, ErrorKind::notFound);
    EXPECT_EQ(store.setArchived(99, true).error().kind, ErrorKind::notFound);
}

TEST_F(HistoryConversations, history_duplicatesEveryBranchAndShowsTheSameOne) {
    HistoryStore store = open();
    const auto started = valueOf(
        store.startConversation({"original", true, "Be brief.", "{\"top_p\":0.5}"}, {0, {}, Role::user, "question"}));
    const ConversationId id = started.conversationId;
    const MessageId one = valueOf(store.appendMessage(answer(id, started.messageId)));
    valueOf(store.finishAnswer(one, "answer about mistral", MessageStatus::complete, AnswerFigures{.newTokens = 3}));
    const MessageId two = valueOf(store.appendMessage(answer(id, started.messageId)));
    valueOf(store.finishAnswer(two, "another", MessageStatus::failed, std::nullopt, "broken"));
    const MessageId gone = valueOf(store.appendMessage(question(id, two, "not copied")));
    valueOf(store.deleteMessage(gone));
    valueOf(store.showBranch(one));
    valueOf(store.setDraft(id, "draft"));

    const ConversationId copy = valueOf(store.duplicateConversation(id, "copy"));
    const Conversation read = valueOf(store.conversation(copy));
    EXPECT_EQ(read.title, "copy");
    EXPECT_EQ(read.systemPrompt, "Be brief.");
    EXPECT_EQ(read.settingsJson, "{\"top_p\":0.5}");
    EXPECT_EQ(read.draft, "");
    const auto branch = valueOf(store.currentBranch(copy));
    EXPECT_THAT(texts(branch), ElementsAre("question", "answer about mistral"));
    EXPECT_EQ(branch[1].siblingCount, 2);
    EXPECT_EQ(branch[1].message.figures->newTokens, 3);
    const MessageId other = valueOf(store.siblings(branch[1].message.id))[1];
    EXPECT_EQ(valueOf(store.message(other)).errorText, "broken");
    EXPECT_THAT(valueOf(store.children(other)), IsEmpty());
    // Its own: found by search, and without effect on the original.
    EXPECT_EQ(valueOf(store.search({"mistral"})).hits.size(), 2u);
    valueOf(store.purgeConversation(copy));
    EXPECT_THAT(texts(valueOf(store.currentBranch(id))), ElementsAre("question", "answer about mistral"));
    valueOf(store.checkIntegrity());
    EXPECT_EQ(store.duplicateConversation(99, "none").error().kind, ErrorKind::notFound);
}

TEST_F(HistoryConversations, history_deletesSoftlyAndUndeletesAllOfIt) {
    HistoryStore store = open();
    const auto started = valueOf(store.startConversation({"kept"}, {0, {}, Role::user, "question one"}));
    valueOf(store.deleteConversation(started.conversationId));
    EXPECT_THAT(valueOf(store.conversations()), IsEmpty());
    EXPECT_THAT(titles(valueOf(store.deletedConversations())), ElementsAre("kept"));
    EXPECT_TRUE(valueOf(store.conversation(started.conversationId)).deletedAt);
    EXPECT_EQ(store.appendMessage(question(started.conversationId, {}, "no")).error().kind, ErrorKind::notFound);

    valueOf(store.undeleteConversation(started.conversationId));
    EXPECT_THAT(titles(valueOf(store.conversations())), ElementsAre("kept"));
    EXPECT_THAT(texts(valueOf(store.currentBranch(started.conversationId))), ElementsAre("question one"));
}

TEST_F(HistoryConversations, history_purgesRowsIndexAndBytes) {
    const std::string secret = "Xylophonzwölfmeilenstiefel";
    {
        HistoryStore store = open();
        const auto started = valueOf(store.startConversation({"t"}, {0, {}, Role::user, secret}));
        const MessageId id = valueOf(store.appendMessage(answer(started.conversationId, started.messageId)));
        valueOf(store.finishAnswer(id, secret + "!", MessageStatus::complete, AnswerFigures{}));
        const auto other = valueOf(store.startConversation({"other"}, {0, {}, Role::user, "stays"}));
        valueOf(store.purgeConversation(started.conversationId));
        EXPECT_EQ(store.conversation(started.conversationId).error().kind, ErrorKind::notFound);
        EXPECT_EQ(store.message(id).error().kind, ErrorKind::notFound);
        EXPECT_THAT(valueOf(store.search(patiently({secret}))).hits, IsEmpty());
        EXPECT_EQ(valueOf(store.message(other.messageId)).text, "stays");
        ASSERT_OK(store.checkIntegrity());
    }
    EXPECT_EQ(fileBytes(file()).find(secret), std::string::npos);
}

TEST_F(HistoryConversations, history_purgesOnlyWhatWasInTheBinBeforeTheTime) {
    HistoryStore store = open();
    const auto old = valueOf(store.startConversation({"old"}, {0, {}, Role::user, "a"}));
    const auto young = valueOf(store.startConversation({"young"}, {0, {}, Role::user, "b"}));
    const MessageId cut = valueOf(store.appendMessage(question(young.conversationId, young.messageId, "cut")));
    valueOf(store.appendMessage(question(young.conversationId, cut, "cut too")));
    valueOf(store.deleteMessage(cut));
    valueOf(store.deleteConversation(old.conversationId));
    const UnixMilliseconds between = ++time_;
    valueOf(store.deleteConversation(young.conversationId));
    EXPECT_EQ(valueOf(store.purgeDeletedBefore(between)), 1);
    EXPECT_FALSE(store.conversation(old.conversationId).ok());
    EXPECT_TRUE(store.conversation(young.conversationId).ok());
    EXPECT_FALSE(store.message(cut).ok());
    ASSERT_OK(store.checkIntegrity());
}

TEST_F(HistoryConversations, history_neverUsesANumberTwice) {
    HistoryStore store = open();
    const auto gone = valueOf(store.startConversation({"gone"}, {0, {}, Role::user, "x"}));
    valueOf(store.purgeConversation(gone.conversationId));
    const auto next = valueOf(store.startConversation({"next"}, {0, {}, Role::user, "y"}));
    EXPECT_GT(next.conversationId, gone.conversationId);
    EXPECT_GT(next.messageId, gone.messageId);
    valueOf(store.deleteEverything());
    const auto last = valueOf(store.startConversation({"last"}, {0, {}, Role::user, "z"}));
    EXPECT_GT(last.messageId, next.messageId);
}

TEST_F(HistoryConversations, history_keepsTheDraftOfNoConversationYetUntilItIsSent) {
    {
        HistoryStore store = open();
        EXPECT_EQ(valueOf(store.draft(0)), "");
        valueOf(store.setDraft(0, "What is the mist"));
        valueOf(store.setDraft(0, "What is the mistral?"));
    }
    HistoryStore store = open();
    EXPECT_EQ(valueOf(store.draft(0)), "What is the mistral?");
    NewMessage sent{0, {}, Role::user, "What is the mistral?"};
    sent.clearsDraft = true;
    const auto started = valueOf(store.startConversation({"Mistral"}, sent));
    EXPECT_EQ(valueOf(store.draft(0)), "");
    valueOf(store.setDraft(started.conversationId, "And the sirocco"));
    EXPECT_EQ(valueOf(store.draft(started.conversationId)), "And the sirocco");
    sent.conversationId = started.conversationId;
    sent.parentId = started.messageId;
    valueOf(store.appendMessage(sent));
    EXPECT_EQ(valueOf(store.draft(started.conversationId)), "");
}

TEST_F(HistoryConversations, history_saysNotFoundForWhatIsNotThere) {
    HistoryStore store = open();
    EXPECT_EQ(store.conversation(7).error().kind, ErrorKind::notFound);
    EXPECT_EQ(store.renameConversation(7, "x").error().kind, ErrorKind::notFound);
    EXPECT_EQ(store.setDraft(7, "x").error().kind, ErrorKind::notFound);
    EXPECT_EQ(store.deleteConversation(7).error().kind, ErrorKind::notFound);
    EXPECT_EQ(store.purgeConversation(7).error().kind, ErrorKind::notFound);
    EXPECT_EQ(store.currentBranch(7).error().kind, ErrorKind::notFound);
    EXPECT_EQ(store.deletePreset("x").error().kind, ErrorKind::notFound);
    EXPECT_THAT(store.conversation(7).error().message, testing::HasSubstr("7"));
}

TEST_F(HistoryConversations, history_keepsPresetsByName) {
    {
        HistoryStore store = open();
        valueOf(store.savePreset("Night", "{\"temperature\":1.5}"));
        valueOf(store.savePreset("Exam", "{}"));
        valueOf(store.savePreset("Night", "{\"temperature\":0.5}"));
    }
    HistoryStore store = open();
    std::vector<Preset> presets = valueOf(store.presets());
    ASSERT_EQ(presets.size(), 2u);
    EXPECT_EQ(presets[0].name, "Exam");
    EXPECT_EQ(presets[1].json, "{\"temperature\":0.5}");
    valueOf(store.deletePreset("Exam"));
    EXPECT_EQ(valueOf(store.presets()).size(), 1u);
}

TEST_F(HistoryConversations, history_deletesEverythingFromTheFileAndBesideIt) {
    const std::string secret = "Schneekoppenwanderung";
    writeBytes(file().string() + ".backup-v1", secret);
    writeBytes(file().string() + ".damaged-20260101-000000", secret);
    {
        HistoryStore store = open();
        const auto started = valueOf(store.startConversation({secret}, {0, {}, Role::user, secret}));
        const MessageId id = valueOf(store.appendMessage(answer(started.conversationId, started.messageId, secret)));
        valueOf(store.finishAnswer(id, secret, MessageStatus::complete, AnswerFigures{}));
        valueOf(store.setDraft(0, secret));
        valueOf(store.savePreset("kept", "{}"));
        valueOf(store.deleteEverything());
        EXPECT_THAT(valueOf(store.conversations()), IsEmpty());
        EXPECT_THAT(valueOf(store.search(patiently({secret}))).hits, IsEmpty());
        EXPECT_EQ(valueOf(store.draft(0)), "");
        EXPECT_EQ(valueOf(store.presets()).size(), 1u);
        ASSERT_OK(store.checkIntegrity());
        // The store goes on working.
        valueOf(store.startConversation({"new"}, {0, {}, Role::user, "life"}));
        EXPECT_EQ(valueOf(store.search(patiently({"life"}))).hits.size(), 1u);
        ASSERT_OK(store.checkIntegrity());
    }
    for (const auto& entry : std::filesystem::directory_iterator(folder()))
        EXPECT_EQ(fileBytes(entry.path()).find(secret), std::string::npos) << entry.path();
    EXPECT_FALSE(std::filesystem::exists(file().string() + ".backup-v1"));
}

} // namespace
} // namespace tramontane
