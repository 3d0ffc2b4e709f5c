// Search: what a person types finds what a person means, and nothing typed makes it fail.
#include "core/history/text_fold.h"
#include "store_fixture.h"

namespace tramontane {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::string matchedText(const SearchHit& hit, std::size_t index = 0) {
    return hit.snippet.substr(hit.matches.at(index).start, hit.matches.at(index).length);
}

TEST(HistoryFold, fold_makesCaseAccentsAndTypographyAlike) {
    EXPECT_EQ(searchForm("ÀÉÎõü ŠŽ ÇA"), "aeiou sz ca");
    EXPECT_EQ(searchForm("e\u0301te\u0301"), "ete");
    EXPECT_EQ(searchForm("l’été «dû»"), "l'ete «du»");
    EXPECT_EQ(searchForm("“A”—B‑C"), "\"a\"—b-c");
    EXPECT_EQ(searchForm("ΆΛΦΑ ЁЖ"), "αλφα еж");
    EXPECT_EQ(searchForm("Ａｂｃ１２"), "abc12");
    EXPECT_EQ(searchForm("STRASSE ẞß"), "strasse ßß");
    EXPECT_EQ(searchForm(std::string("a\0b\tc\nd\u00a0e", 10)), "a b c d e");
    EXPECT_EQ(searchForm("\u202Ea\u200Bb\u00ADc"), "abc");
    EXPECT_EQ(searchForm("猫は🙂"), "猫は🙂");
    EXPECT_EQ(searchForm("a\xff\xc3"), "a\uFFFD\uFFFD");
}

TEST(HistoryFold, fold_isItsOwnFoldForEveryCharacter) {
    for (char32_t code = 1; code <= 0x10ffff; ++code) {
        const char32_t once = foldCharacter(code);
        if (!once) continue; // counts for nothing
        ASSERT_EQ(foldCharacter(once), once) << std::hex << std::uint32_t(code);
    }
}

TEST(HistoryFold, fold_decodesWhatItEncodesAndRefusesTheRest) {
    for (char32_t code = 0; code <= 0x10ffff; ++code) {
        if (code >= 0xd800 && code <= 0xdfff) continue;
        std::string text;
        appendUtf8(text, code);
        const DecodedCharacter decoded = decodeCharacter(text, 0);
        ASSERT_EQ(decoded.codePoint, code);
        ASSERT_EQ(decoded.byteCount, text.size());
        // Cut short it is no character.
        if (text.size() > 1) {
            ASSERT_EQ(decodeCharacter(text.substr(0, text.size() - 1), 0).codePoint, 0xfffdu);
        }
    }
    for (const char* wrong :
         {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8"})
        EXPECT_EQ(decodeCharacter(wrong, 0).byteCount, 1u) << wrong;
}

TEST(HistoryFold, snippet_isOneValidLineWithTheMatchInIt) {
    const std::string text = std::string(500, 'x') + "\n\n  before\tÉtoile\u202E filante \xff" + std::string(500, 'y');
    const Snippet snippet = makeSnippet(text, {"etoile", "fil"});
    EXPECT_EQ(snippet.text.find('\n'), std::string::npos);
    EXPECT_EQ(snippet.text.find("\u202E"), std::string::npos);
    EXPECT_THAT(snippet.text, testing::HasSubstr("before Étoile filante \uFFFD"));
    EXPECT_TRUE(snippet.text.starts_with("…"));
    EXPECT_TRUE(snippet.text.ends_with("…"));
    ASSERT_EQ(snippet.matches.size(), 2u);
    EXPECT_EQ(snippet.text.substr(snippet.matches[0].start, snippet.matches[0].length), "Étoile");
    EXPECT_EQ(snippet.text.substr(snippet.matches[1].start, snippet.matches[1].length), "fil");
    EXPECT_LT(snippet.text.size(), 400u);
}

class HistorySearch : public StoreTest {
protected:
    MessageId add(HistoryStore& store, const std::string& title, const std::string& text) {
        return valueOf(store.startConversation({title}, {0, {}, Role::user, text})).messageId;
    }
    static std::vector<MessageId> ids(const SearchResult& result) {
        std::vector<MessageId> list;
        for (const SearchHit& hit : result.hits) list.push_back(hit.messageId.value_or(0));
        return list;
    }
};

TEST_F(HistorySearch, search_findsWordsInAnyOrderCaseAndAccent) {
    HistoryStore store = open();
    const MessageId first = add(store, "t", "Le mistral souffle sur la Méditerranée.");
    const MessageId second = add(store, "t", "MEDITERRANEE: un autre mistral");
    add(store, "t", "only one of them: mistral");
    EXPECT_THAT(ids(valueOf(store.search(patiently({"mediterranee Mistral"})))), ElementsAre(second, first));
    EXPECT_THAT(ids(valueOf(store.search(patiently({"MISTRAL  méditerranée souffle"})))), ElementsAre(first));
    EXPECT_THAT(ids(valueOf(store.search(patiently({"diterran"})))), ElementsAre(second, first));
    const SearchResult result = valueOf(store.search(patiently({"souffle"})));
    EXPECT_EQ(matchedText(result.hits.at(0)), "souffle");
    EXPECT_EQ(result.hits[0].snippet, "Le mistral souffle sur la Méditerranée.");
    EXPECT_TRUE(result.complete);
}

TEST_F(HistorySearch, search_findsWordsOfOneAndTwoLettersAndOtherScripts) {
    HistoryStore store = open();
    const MessageId cat = add(store, "t", "彼は猫が好きです");
    const MessageId short1 = add(store, "t", "it is Go");
    const MessageId mixed = add(store, "t", "go is a language");
    EXPECT_THAT(ids(valueOf(store.search(patiently({"猫"})))), ElementsAre(cat));
    EXPECT_THAT(ids(valueOf(store.search(patiently({"猫が好き"})))), ElementsAre(cat));
    EXPECT_THAT(ids(valueOf(store.search(patiently({"go"})))), ElementsAre(mixed, short1));
    EXPECT_THAT(ids(valueOf(store.search(patiently({"language go"})))), ElementsAre(mixed));
    EXPECT_THAT(ids(valueOf(store.search(patiently({"language no"})))), IsEmpty());
}

TEST_F(HistorySearch, search_findsTitlesAndPrefersTheMessage) {
    HistoryStore store = open();
    const MessageId message = add(store, "About sailing", "how do I tack?");
    add(store, "Sailing and wind", "sailing in the strait");
    const SearchResult result = valueOf(store.search(patiently({"sailing"})));
    ASSERT_THAT(result.hits, SizeIs(2));
    EXPECT_TRUE(result.hits[0].messageId);
    EXPECT_FALSE(result.hits[1].messageId);
    EXPECT_EQ(result.hits[1].title, "About sailing");
    EXPECT_EQ(result.hits[1].conversationId, valueOf(store.message(message)).conversationId);
    EXPECT_EQ(matchedText(result.hits[1]), "sailing");
}

TEST_F(HistorySearch, search_showsOneHitAConversationOrEveryMessage) {
    HistoryStore store = open();
    const auto started = valueOf(store.startConversation({"t"}, {0, {}, Role::user, "wind one"}));
    const MessageId two = valueOf(store.appendMessage(question(started.conversationId, started.messageId, "wind two")));
    // Another branch counts as well.
    const MessageId three = valueOf(store.appendMessage(question(started.conversationId, {}, "wind three")));
    EXPECT_THAT(ids(valueOf(store.search(patiently({"wind"})))), ElementsAre(three));
    EXPECT_THAT(ids(valueOf(store.search(patiently({"wind", 200, false})))),
                ElementsAre(three, two, started.messageId));
    const SearchResult limited = valueOf(store.search(patiently({"wind", 2, false})));
    EXPECT_THAT(ids(limited), ElementsAre(three, two));
    EXPECT_FALSE(limited.complete);
}

TEST_F(HistorySearch, search_leavesOutTheBinAndFollowsChanges) {
    HistoryStore store = open();
    const MessageId id = add(store, "tramontane", "the north wind");
    const ConversationId conversation = valueOf(store.message(id)).conversationId;
    valueOf(store.deleteConversation(conversation));
    EXPECT_THAT(valueOf(store.search(patiently({"north"}))).hits, IsEmpty());
    EXPECT_THAT(valueOf(store.search(patiently({"tramontane"}))).hits, IsEmpty());
    EXPECT_THAT(valueOf(store.search(patiently({"no"}))).hits, IsEmpty());
    valueOf(store.undeleteConversation(conversation));
    EXPECT_THAT(valueOf(store.search(patiently({"north"}))).hits, SizeIs(1));
    valueOf(store.renameConversation(conversation, "sirocco"));
    EXPECT_THAT(valueOf(store.search(patiently({"tramontane"}))).hits, IsEmpty());
    EXPECT_THAT(valueOf(store.search(patiently({"sirocco"}))).hits, SizeIs(1));
}

TEST_F(HistorySearch, search_seesAGrowingAnswerAndVeryLargeTexts) {
    HistoryStore store = open();
    const auto started = valueOf(store.startConversation({"t"}, {0, {}, Role::user, "q"}));
    const MessageId id = valueOf(store.appendMessage(answer(started.conversationId, started.messageId)));
    valueOf(store.updateAnswer(id, "zephyr"));
    EXPECT_THAT(ids(valueOf(store.search(patiently({"zephyr"})))), ElementsAre(id));
    std::string large(3'000'000, 'a');
    large += " needle";
    valueOf(store.finishAnswer(id, large, MessageStatus::complete, {}));
    EXPECT_THAT(ids(valueOf(store.search(patiently({"needle", 10, true})))), ElementsAre(id));
    ASSERT_OK(store.checkIntegrity());
    valueOf(store.finishAnswer(id, "small again: needle", MessageStatus::complete, {}));
    EXPECT_THAT(ids(valueOf(store.search(patiently({"needle"})))), ElementsAre(id));
    ASSERT_OK(store.checkIntegrity());
}

TEST_F(HistorySearch, search_neverFailsOnOperatorsOrGarbage) {
    HistoryStore store = open();
    const std::string literal = "\"quoted\" AND NOT (NEAR/3 col:val) ^start* +a -b {x} % _ ' ; DROP";
    const MessageId id = add(store, "t", literal);
    for (const char* typed : {"\"",   "\"\"",   "\"\"\"quoted", "quoted\"", "AND",  "OR",   "NOT",     "AND NOT",
                              "NEAR", "NEAR(",  "NEAR/3",       "(",        ")",    "*",    "col:val", "col:",
                              ":",    "^start", "start*",       "+a",       "-b",   "{x}",  "%",       "_",
                              "'",    "';",     "'; DROP",      "\\",       "\xff", "\xc3", "\u202E",  "\u0301",
                              " ",    "\t\n",   "\"and\""})
        EXPECT_TRUE(store.search(patiently({typed})).ok()) << typed;
    EXPECT_TRUE(store.search(patiently({std::string("quo\0ted", 7)})).ok());
    EXPECT_THAT(ids(valueOf(store.search(patiently({"\"quoted\" AND"})))), ElementsAre(id));
    EXPECT_THAT(ids(valueOf(store.search(patiently({"NEAR/3"})))), ElementsAre(id));
    EXPECT_THAT(ids(valueOf(store.search(patiently({"%"})))), ElementsAre(id));
    EXPECT_THAT(valueOf(store.search(patiently({"%%%"}))).hits, IsEmpty());
    EXPECT_THAT(valueOf(store.search(patiently({""}))).hits, IsEmpty());
    EXPECT_THAT(valueOf(store.search(patiently({"\u202E \u200B"}))).hits, IsEmpty());
    EXPECT_TRUE(store.search(patiently({std::string(10'000'000, 'x')})).ok());
    std::string many;
    for (int i = 0; i < 5000; ++i) many += "word" + std::to_string(i) + " ";
    EXPECT_TRUE(store.search(patiently({many})).ok());
}

// Random texts of few letters and hostile characters, each searched for pieces of itself: found, and all that is
// found holds every word.
TEST_F(HistorySearch, search_findsEveryPieceOfRandomTexts) {
    const int rounds = roundCount("TRAMONTANE_SEARCH_ROUNDS", 400);
    std::mt19937 random(20260131);
    const std::vector<std::string> alphabet = {"a",  "b", "A",  "é",    "e\u0301", " ",    "\n",
                                               "\"", "*", "猫", "🙂", "\u202E",  "\xff", "ß",
                                               "'",  "’", "-",  "(",    "ab",      "NOT ", std::string(1, '\0')};
    const auto randomText = [&](std::size_t length) {
        std::string text;
        for (std::size_t i = 0; i < length; ++i) text += alphabet[random() % alphabet.size()];
        return text;
    };
    HistoryStore store = open();
    std::vector<std::string> texts;
    std::vector<MessageId> messages;
    for (int i = 0; i < 60; ++i) {
        texts.push_back(randomText(1 + random() % 60));
        messages.push_back(add(store, "", texts.back()));
    }
    for (int round = 0; round < rounds; ++round) {
        const std::size_t index = random() % texts.size();
        const std::string folded = searchForm(texts[index]);
        std::vector<std::size_t> starts;
        for (std::size_t i = 0; i < folded.size(); i += decodeCharacter(folded, i).byteCount) starts.push_back(i);
        starts.push_back(folded.size());
        const std::size_t start = random() % starts.size();
        const std::size_t end = std::min(start + 1 + random() % 8, starts.size() - 1);
        const std::string typed = folded.substr(starts[start], starts[end] - starts[start]);
        const std::vector<std::string> words = searchWords(typed);
        const SearchResult result = valueOf(store.search(patiently({typed, 1000, false})));
        if (words.empty()) continue;
        const std::vector<MessageId> found = ids(result);
        EXPECT_THAT(found, testing::Contains(messages[index])) << "typed: " << testing::PrintToString(typed);
        for (std::size_t i = 0; i < texts.size(); ++i) {
            const std::string form = searchForm(texts[i]);
            bool holds = true;
            for (const std::string& word : words) holds = holds && form.find(word) != std::string::npos;
            ASSERT_EQ(std::find(found.begin(), found.end(), messages[i]) != found.end(), holds)
                << "typed: " << testing::PrintToString(typed) << " text: " << testing::PrintToString(texts[i]);
        }
        for (const SearchHit& hit : result.hits)
            for (const TextRange& range : hit.matches) ASSERT_LE(range.start + range.length, hit.snippet.size());
    }
    ASSERT_OK(store.checkIntegrity());
}

} // namespace
} // namespace tramontane
