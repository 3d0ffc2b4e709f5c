// A long life with the program: opening within a second, searching within a tenth of one.
#include <chrono>
#include <cmath>
#include <ctime>

#include "core/history/open_store.h"
#include "core/history/search_index.h"
#include "core/history/store_lock.h"
#include "store_fixture.h"
#include "tests/support/resource_use.h"

namespace tramontane {
namespace {

class HistoryLarge : public StoreTest {
protected:
    using Clock = std::chrono::steady_clock;
    static double millisecondsSince(Clock::time_point start) {
        return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    }
    // Of this process: what other programs do on the machine does not count.
    static double processorMs() { return double(std::clock()) * 1000 / CLOCKS_PER_SEC; }

    // Words by Zipf's law, some of many letters, so that both common and rare ones occur.
    void write(int messageCount) {
        const Result<StoreLock> lock = StoreLock::take(file().string() + ".lock");
        OpenedDatabase opened = valueOf(openDatabase(file(), options(), historyMigrations()));
        Database& database = opened.database;
        std::mt19937_64 random(5);
        std::vector<std::string> words;
        const char* const starts[] = {"",  "b", "d", "f",  "g", "gr", "k", "l", "m", "n",
                                      "p", "r", "s", "st", "t", "tr", "v", "w", "z"};
        const char* const middles[] = {"a", "e", "i", "o", "u", "ai", "ea", "ou", "é"};
        const char* const ends[] = {"", "", "n", "r", "s", "l", "nd", "ck", "st", "t"};
        for (int i = 0; i < 20'000; ++i) {
            std::string word;
            for (std::uint64_t s = 0, count = 1 + random() % 4; s < count; ++s)
                word += std::string(starts[random() % std::size(starts)]) + middles[random() % std::size(middles)] +
                        ends[random() % std::size(ends)];
            words.push_back(word);
        }
        const auto anyWord = [&] {
            const double uniform = double(random() >> 11) * 0x1.0p-53;
            return words[std::size_t(std::pow(double(words.size()), uniform)) - 1];
        };
        Transaction transaction(database);
        valueOf(transaction.begin());
        constexpr int messagesOfAConversation = 40;
        std::string text;
        for (int i = 0; i < messageCount; ++i) {
            const int conversation = i / messagesOfAConversation + 1;
            if (i % messagesOfAConversation == 0)
                valueOf(database.run("INSERT INTO conversations(title, title_is_manual, created_at, updated_at)"
                                     " VALUES(?, 0, ?, ?)",
                                     "About " + anyWord() + " and " + anyWord(), i, i));
            text.clear();
            const std::uint64_t count = i % 2 ? 20 + random() % 120 : 3 + random() % 20;
            for (std::uint64_t w = 0; w < count; ++w) text += anyWord() + " ";
            if (i == messageCount / 3) text += "Schifffahrtsgesellschaft";
            valueOf(database.run("INSERT INTO messages(conversation_id, parent_id, role, status, created_at, text)"
                                 " VALUES(?, ?, ?, 'complete', ?, ?)",
                                 conversation, i % messagesOfAConversation ? std::optional<int>(i) : std::nullopt,
                                 i % 2 ? "assistant" : "user", i, text));
        }
        valueOf(database.run("UPDATE conversations SET current_leaf = id * 40"));
        valueOf(fillSearchIndex(database));
        valueOf(transaction.commit());
        common_ = words[2];
        rare_ = words[15'000] + words[17'000];
        pair_ = words[5] + " " + words[11];
    }

    std::string common_, rare_, pair_;
};

TEST_F(HistoryLarge, history_opensWithinASecondAndSearchesWithinATenth) {
    const int messageCount = roundCount("TRAMONTANE_LARGE_MESSAGES", 20'000); // at night: 1000000
    write(messageCount / 40 * 40);
    std::printf("%d messages, %.0f MB\n", messageCount, double(std::filesystem::file_size(file())) / 1e6);

    double start = processorMs();
    HistoryStore store = open();
    const double openMs = processorMs() - start;
    start = processorMs();
    const std::vector<Conversation> list = valueOf(store.conversations());
    const double listMs = processorMs() - start;
    EXPECT_EQ(list.size(), std::size_t(messageCount / 40));
    start = processorMs();
    EXPECT_EQ(valueOf(store.currentBranch(list[list.size() / 2].id)).size(), 40u);
    const double branchMs = processorMs() - start;
    std::printf("open %.1f ms, list %.1f ms, branch %.1f ms of the processor\n", openMs, listMs, branchMs);
    constexpr double slower = testing::sanitized ? 20 : 1;
    EXPECT_LT(openMs, 1000 * slower);
    EXPECT_LT(listMs, 1000 * slower);
    EXPECT_LT(branchMs, 100 * slower);

    struct Typed {
        const char* what;
        std::string text;
    };
    const std::vector<Typed> queries = {
        {"one rare word", "schifffahrtsgesellschaft"},
        {"a piece of it", "hrtsgesel"},
        {"a common word", common_},
        {"two common words", pair_},
        {"nowhere, of common threes", common_ + common_ + common_},
        {"nowhere, like a word", rare_},
        {"nowhere", "qqqqq"},
        {"two letters", "wi"},
        {"one letter", "m"},
        {"as typed: s sc sch", "sch"},
    };
    for (const Typed& typed : queries) {
        // As the sidebar asks.
        double wall = 0, processor = 0;
        std::size_t hits = 0;
        bool complete = false;
        for (int repeat = 0; repeat < 3; ++repeat) {
            const auto wallStart = Clock::now();
            start = processorMs();
            const SearchResult result = valueOf(store.search({typed.text}));
            processor = std::max(processor, processorMs() - start);
            wall = std::max(wall, millisecondsSince(wallStart));
            hits = result.hits.size();
            complete = result.complete;
        }
        std::printf("%-28s %4zu hits%s, %.1f ms of the processor, %.1f ms by the clock\n", typed.what, hits,
                    complete ? "" : " and more", processor, wall);
        EXPECT_LT(processor, 100 * slower) << typed.what;
    }
    EXPECT_EQ(valueOf(store.search({"schifffahrtsgesellschaft"})).hits.size(), 1u);
}

} // namespace
} // namespace tramontane
