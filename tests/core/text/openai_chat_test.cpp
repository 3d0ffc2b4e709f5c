// The OpenAI form of a conversation: what is wrong is named by message and field.
#include <gmock/gmock.h>

#include <chrono>

#include "core/text/chat_template.h"
#include "core/text/json_text.h"

namespace tramontane {
namespace {

using ::testing::HasSubstr;

TEST(OpenAiChat, readsRolesPartsCallsAndTools) {
    const auto chat = parseOpenAiChat(R"({"messages":[
        {"role":"system","content":"S"},
        {"role":"user","content":[{"type":"text","text":"A"},{"type":"text","text":"B"}]},
        {"role":"assistant","content":null,"tool_calls":[{"id":"abcdefghi","type":"function","function":{"name":"f","arguments":"{}"}}]},
        {"role":"tool","tool_call_id":"abcdefghi","content":"1"}],
        "tools":[{"type":"function","function":{"name":"f"}}]})");
    ASSERT_TRUE(chat.ok()) << chat.error().message;
    ASSERT_EQ(chat->messages.size(), 4u);
    EXPECT_EQ(chat->messages[0].role, Role::system);
    EXPECT_EQ(chat->messages[1].content, "A\n\nB");
    EXPECT_EQ(chat->messages[2].toolCalls.at(0).name, "f");
    EXPECT_EQ(chat->messages[3].toolCallId, "abcdefghi");
    EXPECT_FALSE(chat->toolsJson.empty());
}

TEST(OpenAiChat, namesWhatIsWrong) {
    const std::pair<const char*, const char*> cases[] = {
        {"", "not valid JSON"},
        {"[]", "0 messages"},
        {"{}", "messages is missing"},
        {R"({"messages":3})", "messages is no list"},
        {"[3]", "messages[0] is no object"},
        {R"([{"content":"x"}])", "messages[0].role"},
        {R"([{"role":"wizard","content":"x"}])", "\"wizard\""},
        {R"([{"role":"user","content":7}])", "messages[0].content"},
        {R"([{"role":"user","content":[{"type":"image_url"}]}])", "no text"},
        {R"([{"role":"assistant","tool_calls":7}])", "tool_calls is no list"},
        {R"([{"role":"assistant","tool_calls":[{"function":{}}]}])", "tool_calls[0].function.name"},
        {R"([{"role":"tool","content":"x"}])", "tool_call_id is missing"},
        {"[{\"role\":\"user\",\"content\":\"\xFF\"}]", "not valid JSON"},
    };
    for (const auto& [json, because] : cases) {
        const auto chat = parseOpenAiChat(json);
        ASSERT_FALSE(chat.ok()) << json;
        EXPECT_THAT(chat.error().message, HasSubstr(because));
    }
}

TEST(OpenAiChat, refusesDeepNestingAtOnce) {
    const auto chat = parseOpenAiChat(std::string(1000000, '['));
    ASSERT_FALSE(chat.ok());
}

TEST(JsonText, readsAMegabyteOfSmallArraysAtOnce) {
    std::string text = "[";
    for (int i = 0; i < 300000; ++i) text += "[],";
    const auto started = std::chrono::steady_clock::now();
    EXPECT_TRUE(parseJson(text + "[]]", 4).ok());
    EXPECT_FALSE(parseJson(text + "[[[[]]]]]", 4).ok());
    EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(5));
}

TEST(JsonText, countsNoBracketsInsideStrings) {
    EXPECT_TRUE(parseJson(R"(["[[[[[[", "\\", "\"[[[["])", 1).ok());
    EXPECT_FALSE(parseJson("[[]]", 1).ok());
}

TEST(JsonText, writesAsPythonDoes) {
    const auto value = parseJson(R"({"b":1,"a":[true,null,1.5,"é\n\u0001"],"e":{},"l":[]})", 8);
    ASSERT_TRUE(value.ok());
    EXPECT_EQ(jsonText(*value), "{\"b\": 1, \"a\": [true, null, 1.5, \"\xC3\xA9\\n\\u0001\"], \"e\": {}, \"l\": []}");
}

} // namespace
} // namespace tramontane
