// Files damaged in every way: set aside unchanged, and what can be read is in the new history.
#include <chrono>

#include "core/history/page_scan.h"
#include "store_fixture.h"

namespace tramontane {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::size_t pageSize = 4096;
constexpr int conversationCount = 12, turnsOfEach = 8;

class HistorySalvage : public StoreTest {
protected:
    // Questions and answers whose texts name themselves, some over several pages, one of 300 kB.
    void write() {
        HistoryStore store = open();
        std::mt19937_64 random(11);
        for (int c = 0; c < conversationCount; ++c) {
            const ConversationId conversation =
                valueOf(store.createConversation({"title " + std::to_string(c), true, "be " + std::to_string(c)}));
            std::optional<MessageId> parent;
            for (int turn = 0; turn < turnsOfEach; ++turn) {
                parent = valueOf(store.appendMessage(question(conversation, parent, body(random() % 300))));
                const MessageId id = valueOf(store.appendMessage(answer(conversation, parent)));
                valueOf(store.finishAnswer(id, body(turn == 3 && c == 5 ? 300'000 : random() % 9000),
                                           MessageStatus::complete,
                                           AnswerFigures{10, 20, 1.5, 2.0, "stop", "CPU", "guide", "f", 7, "{}"}));
                parent = id;
            }
            valueOf(store.setDraft(conversation, "draft " + std::to_string(c)));
            valueOf(store.setPinned(conversation, c == 2));
            valueOf(store.setArchived(conversation, c == 4));
        }
        valueOf(store.setDraft(0, "unsent"));
        valueOf(store.savePreset("mine", "{}"));
        for (MessageId id = 1; id <= MessageId(bodies_.size()); ++id) originals_.push_back(valueOf(store.message(id)));
    }
    std::string body(std::size_t length) {
        std::string text = "message " + std::to_string(bodies_.size() + 1) + " ";
        while (text.size() < length) text += "été " + std::to_string(text.size()) + " ";
        bodies_.push_back(text);
        return text;
    }

    struct Found {
        int whole = 0, cut = 0, other = 0;
    };
    // How the messages that are there compare with those that were.
    Found compare(HistoryStore& store) {
        Found found;
        for (const Message& original : originals_) {
            const Result<Message> message = store.message(original.id);
            if (!message.ok()) continue;
            if (message->text == original.text)
                ++found.whole;
            else if (original.text.starts_with(message->text) && message->status == MessageStatus::partial)
                ++found.cut;
            else
                ++found.other;
        }
        return found;
    }

    // Opens the file as it lies there, which must end well whatever it is, and checks what must always hold.
    OpenReport openDamaged(const std::string& damaged) {
        const auto start = std::chrono::steady_clock::now();
        std::optional<HistoryStore> store = open();
        const OpenReport report = store->openReport();
        EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
        expectSound(*store);
        if (report.outcome == OpenOutcome::salvaged) {
            EXPECT_TRUE(fileBytes(report.setAsideFile) == damaged);
            EXPECT_THAT(report.summary, HasSubstr(report.setAsideFile.string()));
        } else {
            EXPECT_EQ(report.summary, "");
        }
        // It can be lived in.
        for (const Conversation& conversation : valueOf(store->conversations())) {
            EXPECT_TRUE(store->currentBranch(conversation.id).ok());
            EXPECT_TRUE(store->appendMessage(question(conversation.id, conversation.currentLeaf, "next")).ok());
        }
        EXPECT_TRUE(store->startConversation({"new"}, {0, {}, Role::user, "fresh start"}).ok());
        EXPECT_THAT(valueOf(store->search(patiently({"fresh start"}))).hits, SizeIs(1));
        found_ = compare(*store);
        // A wrong bit deep in the search index may show only in use; the next opening then makes the index anew.
        if (!store->checkIntegrity().ok()) {
            store.reset();
            store = open();
            EXPECT_EQ(store->openReport().outcome, OpenOutcome::opened);
            expectSound(*store);
        }
        return report;
    }
    static void expectSound(HistoryStore& store) {
        const Result<void> checked = store.checkIntegrity();
        EXPECT_TRUE(checked.ok()) << checked.error().message;
    }
    void startOver() {
        for (const auto& entry : std::filesystem::directory_iterator(folder())) std::filesystem::remove(entry.path());
    }

    std::vector<std::string> bodies_;
    std::vector<Message> originals_;
    Found found_;
};

TEST_F(HistorySalvage, salvage_takesEverythingFromAFileWhoseHeaderIsGone) {
    write();
    std::string bytes = fileBytes(file());
    bytes.replace(0, 100, 100, '\xee');
    writeBytes(file(), bytes);
    const OpenReport report = openDamaged(bytes);
    EXPECT_EQ(report.outcome, OpenOutcome::salvaged);
    EXPECT_EQ(report.salvagedConversations, conversationCount);
    EXPECT_EQ(report.salvagedMessages, conversationCount * turnsOfEach * 2);
    EXPECT_EQ(report.cutMessages, 0);
    EXPECT_THAT(report.summary, HasSubstr("192 messages in 12 conversations could be saved"));
    EXPECT_EQ(found_.whole, int(originals_.size()));

    HistoryStore store = open();
    EXPECT_EQ(store.openReport().outcome, OpenOutcome::opened);
    for (const Message& original : originals_) {
        const Message message = valueOf(store.message(original.id));
        EXPECT_EQ(message.parentId, original.parentId);
        EXPECT_EQ(message.role, original.role);
        EXPECT_EQ(message.status, original.status);
        EXPECT_EQ(message.createdAt, original.createdAt);
        EXPECT_EQ(message.figures, original.figures);
    }
    const Conversation conversation = valueOf(store.conversation(3));
    EXPECT_EQ(conversation.title, "title 2");
    EXPECT_TRUE(conversation.titleIsManual);
    EXPECT_EQ(conversation.systemPrompt, "be 2");
    EXPECT_EQ(conversation.draft, "draft 2");
    EXPECT_TRUE(conversation.pinnedAt);
    EXPECT_FALSE(conversation.archivedAt);
    EXPECT_FALSE(valueOf(store.conversation(5)).pinnedAt);
    EXPECT_TRUE(valueOf(store.conversation(5)).archivedAt);
    EXPECT_EQ(valueOf(store.draft(0)), "unsent");
    EXPECT_THAT(valueOf(store.presets()), SizeIs(1));
}

TEST_F(HistorySalvage, salvage_takesWhatACutFileStillHas) {
    write();
    const std::string whole = fileBytes(file());
    for (const double share : {0.9, 0.5, 0.1}) {
        SCOPED_TRACE(share);
        startOver();
        const std::string cut = whole.substr(0, std::size_t(double(whole.size()) * share));
        writeBytes(file(), cut);
        const OpenReport report = openDamaged(cut);
        EXPECT_EQ(report.outcome, OpenOutcome::salvaged);
        EXPECT_EQ(found_.other, 0);
        // Pages are handed out as messages come, so about that share of them is there.
        EXPECT_GE(found_.whole, int(double(originals_.size()) * share * 0.4));
    }
}

TEST_F(HistorySalvage, salvage_keepsTheBeginningOfAMessageWhoseEndIsGone) {
    write();
    std::string bytes = fileBytes(file());
    // An overflow page in the middle of the long message.
    const std::size_t at = bytes.find("été 150012 ");
    const std::size_t later = at == std::string::npos ? bytes.find("1500", bytes.size() / 3) : at;
    ASSERT_NE(later, std::string::npos);
    const std::size_t page = later / pageSize;
    bytes.replace(page * pageSize, pageSize, pageSize, '\0');
    writeBytes(file(), bytes);
    const OpenReport report = openDamaged(bytes);
    // A zeroed page ends the chain after itself; the database's own check notices.
    EXPECT_EQ(report.outcome, OpenOutcome::salvaged);
    EXPECT_GE(report.cutMessages + found_.other, 1);
    EXPECT_GE(found_.whole, int(originals_.size()) - 3);
}

TEST_F(HistorySalvage, salvage_setsAsideWhatIsNoDatabaseAtAll) {
    std::mt19937_64 random(3);
    std::string noise(50'000, '\0');
    for (char& byte : noise) byte = char(random());
    for (const std::string& content :
         {std::string("xy"), std::string("Dear diary,\n"), std::string(70'000, '\0'), noise,
          std::string("SQLite format 3\0", 16), std::string("SQLite format 3\0", 16) + noise}) {
        startOver();
        writeBytes(file(), content);
        const OpenReport report = openDamaged(content);
        EXPECT_EQ(report.outcome, OpenOutcome::salvaged);
        EXPECT_EQ(report.salvagedMessages, 0);
        EXPECT_THAT(report.summary, HasSubstr("0 messages in 0 conversations"));
    }
}

TEST_F(HistorySalvage, salvage_setsAsideAnotherProgramsDatabase) {
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open(file().c_str(), &other), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(other,
                           "CREATE TABLE recipes(name TEXT, text TEXT); INSERT INTO recipes VALUES('soup', 'water')",
                           nullptr, nullptr, nullptr),
              SQLITE_OK);
    sqlite3_close(other);
    const std::string bytes = fileBytes(file());
    const OpenReport report = openDamaged(bytes);
    EXPECT_EQ(report.outcome, OpenOutcome::salvaged);
    EXPECT_EQ(report.salvagedMessages, 0);
}

TEST_F(HistorySalvage, salvage_namesEachSetAsideFileAnew) {
    std::vector<std::filesystem::path> names;
    HistoryOptions frozen = options();
    frozen.clock = [] { return 1'769'904'000'000; };
    for (int i = 0; i < 3; ++i) {
        writeBytes(file(), "damage " + std::to_string(i));
        names.push_back(valueOf(HistoryStore::open(file(), frozen)).openReport().setAsideFile);
    }
    for (int i = 0; i < 3; ++i) EXPECT_EQ(fileBytes(names[std::size_t(i)]), "damage " + std::to_string(i));
    EXPECT_THAT(names[0].string(), HasSubstr(".damaged-20260201-000000"));
}

TEST_F(HistorySalvage, salvage_takesNoJournalOfTheDamagedFileOver) {
    write();
    const std::string bytes = fileBytes(file()).substr(0, 30'000);
    writeBytes(file(), bytes);
    writeBytes(file().string() + "-journal", "left over");
    const OpenReport report = openDamaged(bytes);
    EXPECT_EQ(report.outcome, OpenOutcome::salvaged);
    EXPECT_THAT(fileBytes(file().string() + "-journal"), IsEmpty());
}

TEST_F(HistorySalvage, salvage_isAskedForWhenDamageShowsInUse) {
    write();
    const std::string whole = fileBytes(file());
    HistoryStore store = open();
    std::string bytes = whole;
    ++bytes[27]; // the change counter: what is in the store's cache no longer holds
    for (std::size_t page = 3; page < bytes.size() / pageSize; ++page)
        bytes.replace(page * pageSize, pageSize, pageSize, '\x5a');
    // Under the open store.
    std::fstream(file(), std::ios::binary | std::ios::in | std::ios::out)
        .write(bytes.data(), std::streamsize(bytes.size()));
    const auto appended = store.appendMessage(question(1, {}, "more"));
    const auto searched = store.search(patiently({"message"}));
    EXPECT_TRUE(!appended.ok() || !searched.ok() || !store.checkIntegrity().ok());
    if (!appended.ok()) {
        EXPECT_EQ(appended.error().kind, ErrorKind::invalidInput) << appended.error().message;
    }
    { const HistoryStore closed = std::move(store); }
    HistoryStore again = open();
    EXPECT_EQ(again.openReport().outcome, OpenOutcome::salvaged);
    ASSERT_OK(again.checkIntegrity());
}

TEST_F(HistorySalvage, history_makesADamagedSearchIndexAnewWithoutTouchingTheMessages) {
    write();
    sqlite3* other = nullptr;
    for (const char* damage : {"DELETE FROM message_search_data WHERE id > 10", "DELETE FROM message_search_data",
                               "UPDATE message_search_data SET block = x'00112233'", "DELETE FROM message_search_idx",
                               "DELETE FROM message_search_docsize", "DELETE FROM message_search_config",
                               "DROP TABLE message_search_data"}) {
        SCOPED_TRACE(damage);
        ASSERT_EQ(sqlite3_open(file().c_str(), &other), SQLITE_OK);
        ASSERT_EQ(sqlite3_exec(other, damage, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(other);
        sqlite3_close(other);
        HistoryStore store = open();
        ASSERT_OK(store.checkIntegrity());
        EXPECT_EQ(compare(store).whole, int(originals_.size()));
        EXPECT_THAT(valueOf(store.search(patiently({"message 17"}))).hits, testing::Not(IsEmpty()));
        ASSERT_OK(store.appendMessage(question(1, {}, "goes on")));
        ASSERT_OK(store.checkIntegrity());
    }
}

// Damage of every kind at random places. Any result is right that keeps the original, loses nothing that is not
// damaged and leaves a sound history.
TEST_F(HistorySalvage, salvage_endsWellForEveryDamagedFile) {
    const int rounds = roundCount("TRAMONTANE_DAMAGE_ROUNDS", 120);
    write();
    const std::string whole = fileBytes(file());
    const std::size_t pages = whole.size() / pageSize;
    int salvaged = 0, unnoticed = 0;
    for (int round = 0; round < rounds; ++round) {
        SCOPED_TRACE("round (and seed) " + std::to_string(round));
        std::mt19937_64 random{std::uint64_t(round)};
        const auto anyPage = [&] { return std::size_t(random() % pages) * pageSize; };
        std::string bytes = whole;
        int leastWhole = 0;
        switch (random() % 8) {
        case 0: // single bits
            for (std::uint64_t i = 0, count = 1 + random() % 40; i < count; ++i)
                bytes[random() % bytes.size()] ^= char(1 << random() % 8);
            break;
        case 1: { // a page of noise
            const std::size_t at = anyPage();
            for (std::size_t i = 0; i < pageSize; ++i) bytes[at + i] = char(random());
            leastWhole = int(originals_.size()) / 2;
            break;
        }
        case 2:
            bytes.replace(anyPage(), pageSize, pageSize, '\0');
            leastWhole = int(originals_.size()) / 2;
            break;
        case 3: { // a page in another's place
            const std::string page = bytes.substr(anyPage(), pageSize);
            bytes.replace(anyPage(), pageSize, page);
            leastWhole = int(originals_.size()) / 2;
            break;
        }
        case 4:
            bytes.resize(random() % bytes.size());
            break;
        case 5: // bytes inserted or gone: everything after is shifted
            if (random() % 2)
                bytes.insert(random() % bytes.size(), random() % 100 + 1, 'x');
            else
                bytes.erase(random() % bytes.size(), random() % 100 + 1);
            break;
        case 6: // the headers of pages, where the numbers are that a reader trusts
            for (int i = 0; i < 20; ++i) bytes[anyPage() + random() % 12] = char(random());
            break;
        default: // the file's header
            for (int i = 0; i < 4; ++i) bytes[random() % 100] = char(random());
            leastWhole = int(originals_.size()) * 9 / 10;
        }
        startOver();
        writeBytes(file(), bytes);
        if (bytes.size() >= 72) { // not to be taken for a newer one: that is another test
            const Result<HistoryStore> tried = HistoryStore::open(file(), options());
            if (!tried.ok() && tried.error().kind == ErrorKind::unsupported) continue;
            startOver();
            writeBytes(file(), bytes);
        }
        const OpenReport report = openDamaged(bytes);
        if (report.outcome == OpenOutcome::salvaged)
            ++salvaged;
        else
            ++unnoticed; // a letter for another, or nothing that counts
        EXPECT_GE(found_.whole, leastWhole);
        if (HasFailure()) {
            writeBytes(std::filesystem::temp_directory_path() / "tramontane-damaged.sqlite", bytes);
            return;
        }
    }
    EXPECT_GT(salvaged, rounds / 2);
    std::printf("%d damaged files: %d salvaged, %d opened as they are\n", rounds, salvaged, unnoticed);
}

TEST(HistoryPageScan, scan_isBoundedWhateverThePagesClaim) {
    // Every cell of every page claims a payload of a gigabyte along one chain that runs in a circle.
    std::string bytes;
    const int pages = 200;
    for (int page = 0; page < pages; ++page) {
        std::string content(pageSize, '\0');
        const std::size_t head = page == 0 ? 100 : 0;
        content[head] = 13;
        content[head + 3] = 1; // 500 cells
        content[head + 4] = char(0xf4);
        for (std::size_t i = 0; i < 500; ++i) {
            const std::size_t at = 1200 + i * 4;
            content[head + 8 + 2 * i] = char(at >> 8);
            content[head + 9 + 2 * i] = char(at & 0xff);
            content.replace(at, 6, std::string("\x83\xff\xff\x7f\x05\x05", 6));
        }
        content.replace(0, page == 0 ? 0 : 4, page == 0 ? "" : std::string("\x0d\0\0\0", 4));
        if (page) content[3] = 1, content[4] = char(0xf4);
        bytes += content;
    }
    const TemporaryFolder folder;
    writeBytes(folder.path() / "pages", bytes);
    const auto start = std::chrono::steady_clock::now();
    int rows = 0;
    EXPECT_TRUE(scanPages(folder.path() / "pages", pageSize, [&](ScannedRow&) -> Result<void> {
                    ++rows;
                    return {};
                }).ok());
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
    EXPECT_EQ(rows, 0);
}

} // namespace
} // namespace tramontane
