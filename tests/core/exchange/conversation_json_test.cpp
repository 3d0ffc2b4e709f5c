// Our own format: what goes out comes back in, through a file and through a history, to the byte.
#include "core/exchange/conversation_json.h"

#include <cstdlib>

#include "core/history/history_store.h"
#include "exchange_fixture.h"

namespace tramontane {
namespace {

using testing::HasSubstr;

void expectEqual(const WholeConversation& read, const WholeConversation& given) {
    EXPECT_EQ(read.conversation.title, given.conversation.title);
    EXPECT_EQ(read.conversation.titleIsManual, given.conversation.titleIsManual);
    EXPECT_EQ(read.conversation.createdAt, given.conversation.createdAt);
    EXPECT_EQ(read.conversation.updatedAt, given.conversation.updatedAt);
    EXPECT_EQ(read.conversation.pinnedAt, given.conversation.pinnedAt);
    EXPECT_EQ(read.conversation.archivedAt, given.conversation.archivedAt);
    EXPECT_EQ(read.conversation.systemPrompt, given.conversation.systemPrompt);
    EXPECT_EQ(read.conversation.settingsJson, given.conversation.settingsJson);
    EXPECT_EQ(read.conversation.draft, given.conversation.draft);
    EXPECT_EQ(read.conversation.currentLeaf, given.conversation.currentLeaf);
    ASSERT_EQ(read.messages.size(), given.messages.size());
    for (std::size_t i = 0; i < given.messages.size(); ++i) {
        EXPECT_EQ(read.messages[i].id, given.messages[i].id) << i;
        EXPECT_EQ(read.messages[i].parentId, given.messages[i].parentId) << i;
        EXPECT_EQ(read.messages[i].role, given.messages[i].role) << i;
        EXPECT_EQ(read.messages[i].status, given.messages[i].status) << i;
        EXPECT_EQ(read.messages[i].createdAt, given.messages[i].createdAt) << i;
        EXPECT_EQ(read.messages[i].text, given.messages[i].text) << i;
        EXPECT_EQ(read.messages[i].errorText, given.messages[i].errorText) << i;
        EXPECT_EQ(read.messages[i].figures, given.messages[i].figures) << i;
    }
}

std::string exported(const std::vector<WholeConversation>& list) {
    std::string text = jsonExportStart();
    for (std::size_t i = 0; i < list.size(); ++i) text += jsonExportEntry(list[i], i == 0);
    return text + jsonExportEnd();
}

TEST(conversationJson, comesBackWithEveryBranchDateAndFigure) {
    WholeConversation second;
    second.conversation.title = "";
    second.conversation.createdAt = second.conversation.updatedAt = 1;
    second.conversation.archivedAt = 5;
    const ImportedFile read = valueOf(parseImport(exported({sampleConversation(), second}), "a.json", testNow));
    EXPECT_EQ(read.kind, ImportKind::tramontane);
    ASSERT_EQ(read.conversations.size(), 2u);
    expectEqual(read.conversations[0], sampleConversation());
    expectEqual(read.conversations[1], second);
}

TEST(conversationJson, isTheSameFileAfterAWayThroughTwoHistories) {
    std::string folder = (std::filesystem::temp_directory_path() / "tramontane-exchange-XXXXXX").string();
    ASSERT_TRUE(::mkdtemp(folder.data()));
    const auto throughAHistory = [&](const char* name, const std::string& file) {
        HistoryStore store = valueOf(HistoryStore::open(std::filesystem::path(folder) / name));
        const auto added = valueOf(store.addConversations(valueOf(parseImport(file, "a.json", testNow)).conversations));
        return exported({valueOf(store.wholeConversation(added.first))});
    };
    const std::string once = throughAHistory("first.sqlite", exported({sampleConversation()}));
    const std::string twice = throughAHistory("second.sqlite", once);
    std::filesystem::remove_all(folder);
    EXPECT_EQ(once, twice);
    // The history has numbered the messages anew, and nothing else is different.
    WholeConversation numbered = valueOf(parseImport(twice, "a.json", testNow)).conversations[0];
    const WholeConversation given = sampleConversation();
    for (std::size_t i = 0; i < given.messages.size(); ++i) EXPECT_EQ(numbered.messages[i].id, MessageId(i) + 1);
    EXPECT_EQ(numbered.messages[3].parentId, 2);
    EXPECT_EQ(numbered.conversation.currentLeaf, 5);
    numbered.conversation.currentLeaf = given.conversation.currentLeaf;
    for (std::size_t i = 0; i < given.messages.size(); ++i) {
        numbered.messages[i].id = given.messages[i].id;
        numbered.messages[i].parentId = given.messages[i].parentId;
    }
    expectEqual(numbered, given);
}

TEST(conversationJson, replacesWhatIsNotUtf8) {
    WholeConversation whole = sampleConversation();
    whole.messages[0].text = "cut \xF0\x9F";
    const ImportedFile read = valueOf(parseImport(exported({whole}), "a.json", testNow));
    EXPECT_EQ(read.conversations[0].messages[0].text, "cut \uFFFD");
}

TEST(conversationJson, takesFieldsInAnyOrderAndOverlooksUnknownOnes) {
    const ImportedFile read = valueOf(parseImport(
        R"({"conversations":[{"messages":[{"text":"a","extra":[1],"created_at":5,"status":"complete","role":"user",)"
        R"("id":7}],"updated_at":2,"created_at":1,"title":"t"}],"note":{},"version":1,)"
        R"("format":"tramontane-conversations"})",
        "a.json", testNow));
    EXPECT_EQ(read.conversations[0].messages[0].text, "a");
    EXPECT_EQ(read.conversations[0].conversation.currentLeaf, std::nullopt);
}

// Each row: what is put in the place of what, and the sentence that must come of it.
TEST(conversationJson, refusesEachFieldThatIsNotWhatItMustBe) {
    const std::string whole = exported({sampleConversation()});
    const struct {
        const char *from, *to, *sentence;
    } cases[] = {
        {"\"role\": \"assistant\"", "\"role\": \"wizard\"",
         "conversations[0].messages[1].role is \"wizard\", expected system, user, assistant or tool"},
        {"\"parent\": 4", "\"parent\": 99", "conversations[0].messages[3].parent is 99, which is no message before it"},
        {"\"parent\": 4", "\"parent\": 8", "conversations[0].messages[3].parent is 8, which is no message before it"},
        {"\"id\": 4", "\"id\": 3", "conversations[0].messages[1].id is 3, which another message has"},
        {"\"id\": 4", "\"id\": 4.5", "conversations[0].messages[1].id is 4.5, expected a whole number from 1 to "},
        {"\"id\": 4", "\"id\": -4", "conversations[0].messages[1].id is -4, expected a whole number from 1 to "},
        {"\"shown\": 9", "\"shown\": 10", "conversations[0].shown is 10, which is no message"},
        {"\"status\": \"partial\"", "\"status\": \"growing\"",
         "conversations[0].messages[2].status is \"growing\", expected complete, partial or failed"},
        {"\"text\": \"Why?\"", "\"text\": [\"Why?\"]",
         "conversations[0].messages[3].text is a list, expected a string"},
        {"\"text\": \"Why?\",", "", "conversations[0].messages[3].text is missing, expected a string"},
        {"\"created_at\": 1700000000000", "\"created_at\": \"now\"",
         "conversations[0].created_at is \"now\", expected a whole number from 0 to "},
        {"\"created_at\": 1700000000000", "\"created_at\": 999999999999999",
         "conversations[0].created_at is 999999999999999, expected a whole number from 0 to "},
        {"\"prompt_tokens\": 12", "\"prompt_tokens\": 99999999999",
         "conversations[0].messages[1].figures.prompt_tokens is 99999999999, expected"},
        {"\"seed\": 18446744073709551615", "\"seed\": -1",
         "conversations[0].messages[1].figures.seed is -1, expected a whole number"},
        {"\"pinned_at\": 1700000600000", "\"pinned_at\": true",
         "conversations[0].pinned_at is true, expected a whole number"},
        {"\"version\": 1", "\"version\": 2", "version is 2, and this program knows 1"},
        {"\"version\": 1", "\"version\": 0", "version is 0, expected a whole number from 1"},
        {"\"version\": 1,", "", "version is null, expected a whole number from 1"},
        {"tramontane-conversations", "something-else",
         "format is \"something-else\", expected \"tramontane-conversations\""},
        {"\"conversations\": [", "\"conversations\": 7, \"more\": [", "conversations expected an array"},
        {"\"conversations\": [", "\"conversation\": [", "conversations is missing, expected a list"},
        {"\"draft\": \"and", "\"draft\": \"\", \"draft\": \"and", "the name \"draft\" twice in one object"},
    };
    for (const auto& each : cases) {
        std::string text = whole;
        const auto at = text.find(each.from);
        ASSERT_NE(at, std::string::npos) << each.from;
        text.replace(at, std::string(each.from).size(), each.to);
        const Result<ImportedFile> read = parseImport(text, "a.json", testNow);
        ASSERT_FALSE(read.ok()) << each.to;
        EXPECT_THAT(read.error().message, HasSubstr("a.json: ")) << each.to;
        EXPECT_THAT(read.error().message, HasSubstr(each.sentence)) << each.to;
        EXPECT_EQ(read.error().message.find('\n'), std::string::npos);
    }
}

} // namespace
} // namespace tramontane
