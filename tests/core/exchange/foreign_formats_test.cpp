// Exports of ChatGPT and Open WebUI as they write them: which messages come of them, in which tree, with which dates.
#include "core/exchange/foreign_formats.h"

#include "core/exchange/foreign_tree.h"
#include "core/exchange/shown_branch.h"
#include "exchange_fixture.h"

namespace tramontane {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ImportedFile imported(const char* name) {
    return valueOf(
        readImport(std::filesystem::path(TRAMONTANE_SOURCE_DIR "/tests/core/exchange/files") / name, testNow));
}

// "2<1 assistant: text"
std::vector<std::string> lines(const WholeConversation& whole) {
    std::vector<std::string> list;
    for (const Message& message : whole.messages) {
        const char* role = message.role == Role::user        ? "user"
                           : message.role == Role::assistant ? "assistant"
                           : message.role == Role::system    ? "system"
                                                             : "tool";
        list.push_back(std::to_string(message.id) + '<' + std::to_string(message.parentId.value_or(0)) + ' ' + role +
                       ": " + message.text);
    }
    return list;
}

std::vector<std::string> shownTexts(const WholeConversation& whole) {
    std::vector<std::string> list;
    for (const Message* message : shownBranch(whole)) list.push_back(message->text);
    return list;
}

TEST(foreignFormats, chatGptsTreeKeepsItsBranchesInTheirOrder) {
    const ImportedFile file = imported("chatgpt.json");
    EXPECT_EQ(file.kind, ImportKind::chatGpt);
    ASSERT_EQ(file.conversations.size(), 2u); // the third has no message
    const WholeConversation& boat = file.conversations[0];
    const std::string question =
        "[image]\n\nA name for this boat? 👨‍👩‍👧\n\nspoken words\n\n[video]\n\n[attachment]";
    const std::string code = "```python\nprint('names')\n```";
    const std::string output = "````\n```\nTramontane\n````";
    EXPECT_THAT(lines(boat), ElementsAre("1<0 user: " + question, "2<1 assistant: " + code, "3<2 tool: " + output,
                                         "4<3 assistant: Call her *Tramontane*.", "5<1 assistant: **Mistral**"));
    EXPECT_THAT(shownTexts(boat), ElementsAre(question, code, output, "Call her *Tramontane*."));
}

TEST(foreignFormats, chatGptsTitlesAndDatesAreKept) {
    const ImportedFile file = imported("chatgpt.json");
    const WholeConversation& boat = file.conversations[0];
    EXPECT_EQ(boat.conversation.title, "Naming a boat ⛵ for two");
    EXPECT_TRUE(boat.conversation.titleIsManual);
    EXPECT_EQ(boat.conversation.createdAt, 1'718'000'000'250);
    EXPECT_EQ(boat.conversation.updatedAt, 1'718'000'500'500);
    EXPECT_EQ(boat.conversation.archivedAt, testNow);
    EXPECT_EQ(boat.messages[3].createdAt, 1'718'000'005'750);
    const WholeConversation& untitled = file.conversations[1];
    EXPECT_EQ(untitled.conversation.title, "");
    EXPECT_EQ(untitled.conversation.createdAt, 1'718'100'000'000); // the only date there is
    EXPECT_EQ(untitled.messages[0].createdAt, 1'718'100'000'000);
    EXPECT_EQ(untitled.conversation.currentLeaf, 1); // "gone" is not there: the newest
    EXPECT_EQ(untitled.conversation.archivedAt, std::nullopt);
}

TEST(foreignFormats, openWebUisTreeKeepsItsBranchesAndTheOneOnShow) {
    const ImportedFile file = imported("open_webui.json");
    EXPECT_EQ(file.kind, ImportKind::openWebUi);
    ASSERT_EQ(file.conversations.size(), 2u);
    const WholeConversation& bread = file.conversations[0];
    EXPECT_THAT(lines(bread), ElementsAre("1<0 user: How long must it rise?\n\n[image]\n\n[attachment: flour.pdf]",
                                          "2<1 assistant: One hour.", "3<1 assistant: Overnight.",
                                          "4<3 user: And this one?\n\n[image]"));
    EXPECT_EQ(bread.conversation.currentLeaf, 2);
    EXPECT_EQ(bread.conversation.title, "Bread 🍞");
    EXPECT_EQ(bread.conversation.createdAt, 1'720'000'000'000);
    EXPECT_EQ(bread.conversation.updatedAt, 1'720'000'010'000);
    EXPECT_EQ(bread.messages[3].createdAt, 1'720'000'004'000);
    EXPECT_EQ(bread.conversation.pinnedAt, testNow);
    EXPECT_EQ(bread.conversation.archivedAt, testNow);
    const WholeConversation& list = file.conversations[1];
    EXPECT_THAT(lines(list), ElementsAre("1<0 system: Be kind.", "2<1 user: Hi", "3<2 assistant: Hello."));
    EXPECT_EQ(list.conversation.currentLeaf, 3);
    EXPECT_EQ(list.messages[2].createdAt, 1'720'000'020'000);
}

TEST(foreignFormats, aSingleConversationNeedsNoListAroundIt) {
    const char* chat = R"({"chat":{"history":{"messages":{"a":{"parentId":null,"role":"user","content":"x"}}}}})";
    const ImportedFile file = valueOf(parseImport(chat, "a.json", testNow));
    EXPECT_EQ(file.kind, ImportKind::openWebUi);
    EXPECT_EQ(file.conversations[0].conversation.createdAt, testNow);
    EXPECT_EQ(file.conversations[0].conversation.currentLeaf, 1);
}

TEST(foreignFormats, aConversationWithoutDatesLastsFromItsFirstMessageToItsLast) {
    const ImportedFile file = valueOf(parseImport(
        R"([{"chat":{"messages":[{"role":"user","content":"a","timestamp":1700000009},)"
        R"({"role":"user","content":"b","timestamp":1700000001},{"role":"user","content":"c","timestamp":1700000005}]}}])",
        "a.json", testNow));
    EXPECT_EQ(file.conversations[0].conversation.createdAt, 1'700'000'001'000);
    EXPECT_EQ(file.conversations[0].conversation.updatedAt, 1'700'000'009'000);
}

TEST(foreignFormats, datesMaySayWhatUnitTheyCount) {
    EXPECT_EQ(foreignDate(1720000000.5), 1'720'000'000'500);
    EXPECT_EQ(foreignDate(1720000000500.0), 1'720'000'000'500);
    EXPECT_EQ(foreignDate(1720000000500000.0), 1'720'000'000'500);
    EXPECT_EQ(foreignDate(1720000000500000000.0), 1'720'000'000'500);
    for (const double no : {0.0, -5.0, 1e300}) EXPECT_EQ(foreignDate(no), std::nullopt) << no;
    EXPECT_EQ(foreignDate(std::nullopt), std::nullopt);
}

TEST(foreignFormats, aNodeWithoutTextHandsItsChildrenToItsParentAndItsPlaceInTheBranchToo) {
    const auto node = [](const char* key, const char* parent, const char* text) {
        ForeignNode made;
        made.key = key;
        if (parent) made.parent = parent;
        if (!text) return made;
        made.message = Message();
        made.message->text = text;
        return made;
    };
    WholeConversation whole;
    valueOf(growTree({node("c", "b", nullptr), node("b", "a", "B"), node("a", nullptr, nullptr), node("d", "c", "D"),
                      node("e", "c", "E")},
                     "c", "mapping", whole));
    EXPECT_THAT(lines(whole), ElementsAre("1<0 user: B", "2<1 user: D", "3<1 user: E"));
    EXPECT_EQ(whole.conversation.currentLeaf, 1);
}

TEST(foreignFormats, refusesParentsThatAreNotThereAndCirclesAndUnknownRoles) {
    const struct {
        const char *file, *sentence;
    } cases[] = {
        {R"([{"mapping":{"a":{"parent":"b"}}}])", R"([0].mapping["a"].parent is "b", which is not there)"},
        {R"([{"mapping":{"a":{"parent":"a"}}}])", R"([0].mapping["a"].parent is "a", which leads in a circle)"},
        {R"([{"mapping":{"r":{},"a":{"parent":"b"},"b":{"parent":"a"}}}])",
         R"([0].mapping["a"].parent is "b", which leads in a circle)"},
        {R"([{"mapping":{"a":{"message":{"author":{"role":"critic"}}}}}])",
         R"([0].mapping["a"].message.author.role is "critic", expected system, user, assistant or tool)"},
        {R"([{"mapping":{"a":{"message":{"author":{}}}}}])",
         R"([0].mapping["a"].message.author.role is missing, expected a string)"},
        {R"([{"mapping":{"a":{"message":{}}}}])", R"([0].mapping["a"].message.author is missing, expected an object)"},
        {R"([{"mapping":[]}])", "[0].mapping is a list, expected an object"},
        {R"([{"mapping":{"a":7}}])", R"([0].mapping["a"] is 7, expected an object)"},
        {R"([{"mapping":{},"title":{}}])", "[0].title is an object, expected a string"},
        {R"([{"mapping":{},"create_time":"x"}])", R"([0].create_time is "x", expected a number)"},
        {R"([{"mapping":{"a":{"message":{"author":{"role":"user"},"content":{"parts":"x"}}}}}])",
         R"([0].mapping["a"].message.content.parts is "x", expected a list)"},
        {R"([{"chat":3}])", "[0].chat is 3, expected an object"},
        {R"([{"chat":{}}])", "[0].chat.history is missing, expected an object"},
        {R"([{"chat":{"history":{"messages":{"a":{"parentId":"b","role":"user","content":""}}}}}])",
         R"([0].chat.history.messages["a"].parent is "b", which is not there)"},
        {R"([{"chat":{"messages":[{"role":"robot"}]}}])",
         R"([0].chat.messages[0].role is "robot", expected system, user, assistant or tool)"},
        {R"({"chat":{"messages":[{"content":"x"}]}})", "chat.messages[0].role is missing, expected a string"},
    };
    for (const auto& each : cases) {
        const Result<ImportedFile> read = parseImport(each.file, "a.json", testNow);
        ASSERT_FALSE(read.ok()) << each.file;
        EXPECT_EQ(read.error().message, std::string("a.json: ") + each.sentence);
    }
}

} // namespace
} // namespace tramontane
