#include "core/exchange/conversation_markdown.h"

#include "exchange_fixture.h"

namespace tramontane {
namespace {

TEST(conversationMarkdown, isTheBranchOnShowWithAHeadingForEachSpeaker) {
    WholeConversation whole = sampleConversation();
    EXPECT_EQ(conversationMarkdown(whole), "# Wind & \"weather\" 🌬\n"
                                           "\n## You\n\nWhere does it come from?\n"
                                           "\n## Assistant\n\nFrom the **north**.\n"
                                           "\n## You\n\nWhy?\n");
    whole.conversation.currentLeaf = 5;
    const std::string other = conversationMarkdown(whole);
    EXPECT_NE(other.find(whole.messages[2].text), std::string::npos); // to the byte
    EXPECT_EQ(other.find("north"), std::string::npos);
}

TEST(conversationMarkdown, saysItInThePersonsWordsAndKeepsTheTitleOnOneLine) {
    WholeConversation whole = sampleConversation();
    whole.conversation.title = "two\n## lines";
    whole.conversation.currentLeaf = 3;
    ExportWords words;
    words.person = "Ich";
    EXPECT_EQ(conversationMarkdown(whole, words), "# two ## lines\n\n## Ich\n\nWhere does it come from?\n");
    whole.conversation.title = "";
    words.untitled = "Gespräch";
    EXPECT_EQ(conversationMarkdown(whole, words).substr(0, 13), "# Gespräch\n\n");
}

TEST(conversationMarkdown, ofAConversationWithNothingOnShowIsTheNewestBranch) {
    WholeConversation whole = sampleConversation();
    whole.conversation.currentLeaf.reset();
    EXPECT_EQ(conversationMarkdown(whole), "# Wind & \"weather\" 🌬\n\n## System\n\nanother beginning\n");
    whole.messages.clear();
    EXPECT_EQ(conversationMarkdown(whole), "# Wind & \"weather\" 🌬\n");
}

} // namespace
} // namespace tramontane
