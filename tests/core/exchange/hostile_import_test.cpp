// Files that mean harm or are broken: refused in one line, at once, without taking memory, and never half taken in.
#include <cstdlib>
#include <random>
#include <set>

#include "core/exchange/conversation_json.h"
#include "exchange_fixture.h"
#include "tests/support/resource_use.h"

namespace tramontane {
namespace {

using ::testing::HasSubstr;
using testing::measure;
using testing::ResourceUse;
using testing::sanitized;

std::string refusal(std::string_view text) {
    const Result<ImportedFile> read = parseImport(text, "a.json", testNow);
    EXPECT_FALSE(read.ok()) << text.substr(0, 80);
    return read.ok() ? std::string() : read.error().message;
}

TEST(hostileImport, saysInOneSentenceWhatIsWrong) {
    const struct {
        std::string file, sentence;
    } cases[] = {
        {"", "a.json: is empty"},
        {" \n", "a.json: is empty"},
        {"PK\x03\x04....", "a.json: is a ZIP archive; unpack it and choose the file conversations.json in it"},
        {"# Notes", "a.json: holds no conversations: it is not a file in JSON"},
        {"{}", "a.json: holds no conversations of Tramontane, ChatGPT or Open WebUI: there is no field \"format\""},
        {"[]", "a.json: holds no conversation"},
        {"[7]", "a.json: [0] is 7, expected an object"},
        {"[{}]", "a.json: [0] is no conversation of ChatGPT (\"mapping\") or Open WebUI (\"chat\")"},
        {"[{\"mapping\":{}}", "a.json: is not valid JSON: the text ends inside an array"},
        {"[{\"mapping\":{}}] x", "a.json: is not valid JSON: more text after the end"},
        {"[{\"mapping\":{\"a\":{\"parent\":null,}}}]", "a.json: [0] is not valid JSON: expected a string"},
        {"[{\"mapping\":{\"a\":\"\xff\"}}]", "a.json: [0] is not valid JSON: a byte that is not UTF-8"},
        {"[{\"mapping\":{},\"mapping\":{}}]", "a.json: [0] is not valid JSON: the name \"mapping\" twice"},
        {"[{\"title\":\"\\ud83d\"}]", "half a surrogate pair"},
        {"{\"conversations\":[],\"conversations\":[]}", "a.json: has \"conversations\" twice"},
        {"{\"format\":\"tramontane-conversations\",\"version\":1,\"conversations\":[]}",
         "a.json: holds no conversation"},
        {"{\"format\":\"tramontane-conversations\",\"version\":1,\"conversations\":[]} x",
         "a.json: is not valid JSON: more text after the end"},
    };
    for (const auto& each : cases) {
        const std::string message = refusal(each.file);
        EXPECT_THAT(message, HasSubstr(each.sentence));
        EXPECT_EQ(message.find('\n'), std::string::npos);
    }
}

TEST(hostileImport, aByteOrderMarkIsNoHarm) {
    EXPECT_TRUE(parseImport("\xEF\xBB\xBF[{\"chat\":{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}}]", "a.json",
                            testNow)
                    .ok());
}

TEST(hostileImport, nestingEndsAtItsLimit) {
    for (const char* open : {"[", "{\"chat\":"}) {
        std::string text = "[{\"chat\":";
        for (int i = 0; i < 100'000; ++i) text += open;
        EXPECT_THAT(refusal(text), HasSubstr("nested more than 64 deep"));
        EXPECT_THAT(refusal(text.substr(1)), HasSubstr("nested more than 64 deep"));
    }
}

// What a file that is made within costs to refuse or to read.
ResourceUse costOf(const std::string& text, std::string& answer) {
    const ResourceUse use = measure([&] {
        const Result<ImportedFile> read = parseImport(text, "a.json", testNow);
        return read.ok() ? std::to_string(read->conversations.size()) : read.error().message;
    });
    answer = use.answer;
    return use;
}

TEST(hostileImport, aConversationBeyondTheLimitsIsNeverBuilt) {
    std::string many = "[{\"mapping\":[";
    for (std::size_t i = 0; i < maxImportConversationValues; ++i) many += "[],";
    many += "[]]}]";
    const std::string large = "[{\"mapping\":\"" + std::string(maxImportConversationBytes, 'x') + "\"}]";
    const std::string file(maxImportBytes + 1, ' ');
    const std::pair<const std::string*, const char*> cases[] = {
        {&many, "a.json: [0] has more than 1000000 values"},
        {&large, "a.json: [0] has 64.0 MB, at most 64.0 MB is expected"},
        {&file, "a.json: has 512 MB, at most 512 MB can be imported at once"},
    };
    for (const auto& [text, sentence] : cases) {
        std::string answer;
        const ResourceUse use = costOf(*text, answer);
        EXPECT_EQ(answer, sentence);
        if (sanitized) continue;
        EXPECT_LT(use.extraMebibytes, 64) << sentence;
        EXPECT_LT(use.seconds, 1) << sentence;
    }
}

TEST(hostileImport, aLongChainOfMessagesIsReadInASecond) {
    std::string text = "[{\"mapping\":{\"0\":{}";
    constexpr int length = 50'000;
    for (int i = 1; i <= length; ++i)
        text += ",\"" + std::to_string(i) + "\":{\"parent\":\"" + std::to_string(i - 1) +
                "\",\"message\":{\"author\":{\"role\":\"user\"},\"content\":{\"parts\":[\"x\"]}}}";
    text += "}}]";
    const ImportedFile file = valueOf(parseImport(text, "a.json", testNow));
    EXPECT_EQ(file.conversations[0].messages.size(), std::size_t(length));
    EXPECT_EQ(file.conversations[0].messages.back().parentId, length - 1);
    std::string answer;
    const ResourceUse use = costOf(text, answer);
    if (!sanitized) {
        EXPECT_LT(use.seconds, 1);
    }
}

TEST(hostileImport, aLargeExportTakesLittleMoreThanItsText) {
    std::string text = "[";
    constexpr int count = 400;
    const std::string words(100'000, 'w');
    for (int i = 0; i < count; ++i)
        text += std::string(i ? "," : "") + "{\"mapping\":{\"a\":{\"message\":{\"author\":{\"role\":\"user\"}," +
                "\"content\":{\"parts\":[\"" + words + "\"]}}}}}";
    text += ']';
    std::string answer;
    const ResourceUse use = costOf(text, answer);
    EXPECT_EQ(answer, "400");
    if (!sanitized) {
        EXPECT_LT(use.extraMebibytes, 1.5 * double(text.size()) / 1024 / 1024);
    }
}

TEST(hostileImport, endsWhenItIsToldTo) {
    const std::string text = "[{\"mapping\":{}},{\"mapping\":{}}]";
    int asked = 0;
    const Result<ImportedFile> read = parseImport(text, "a.json", testNow, [&] { return ++asked < 2; });
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().kind, ErrorKind::cancelled);
}

TEST(hostileImport, aFileThatIsNotThereOrNoFileIsRefused) {
    EXPECT_EQ(readImport("/nowhere/at/all.json", testNow).error().kind, ErrorKind::notFound);
    EXPECT_FALSE(readImport("/", testNow).ok());
    EXPECT_FALSE(readImport("/dev/zero", testNow).ok());
}

// Every cut and thousands of changed bytes: refused in one line, or read; whatever is read fits together.
TEST(hostileImport, damagedFilesAreRefusedOrFitTogether) {
    std::vector<std::string> files;
    for (const char* name : {"chatgpt.json", "open_webui.json"})
        files.push_back(fileBytes(std::filesystem::path(TRAMONTANE_SOURCE_DIR "/tests/core/exchange/files") / name));
    files.push_back(jsonExportStart() + jsonExportEntry(sampleConversation(), true) + jsonExportEnd());
    const auto check = [](std::string_view text) {
        const Result<ImportedFile> read = parseImport(text, "a.json", testNow);
        if (!read.ok()) {
            EXPECT_EQ(read.error().message.find('\n'), std::string::npos) << read.error().message;
            return;
        }
        for (const WholeConversation& whole : read->conversations) {
            std::set<MessageId> before;
            for (const Message& message : whole.messages) {
                EXPECT_TRUE(!message.parentId || before.contains(*message.parentId));
                EXPECT_TRUE(before.insert(message.id).second);
            }
            const auto& shown = whole.conversation.currentLeaf;
            EXPECT_TRUE(!shown || before.contains(*shown));
        }
    };
    constexpr unsigned seed = 20261127;
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    for (const std::string& file : files) {
        for (std::size_t length = 0; length < file.size(); length += 7) check(std::string_view(file).substr(0, length));
        for (int round = 0; round < 3000; ++round) {
            std::string changed = file;
            for (unsigned i = random() % 4 + 1; i > 0; --i) {
                static constexpr std::string_view bytes = "\"\\{}[],:0a9-.e\xff ";
                changed[random() % changed.size()] = bytes[random() % bytes.size()];
            }
            check(changed);
        }
    }
}

} // namespace
} // namespace tramontane
