// Opening: a new file, a second store, a locked, newer, foreign or read-only one.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <chrono>

#include "core/history/schema.h"
#include "store_fixture.h"

namespace tramontane {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using Clock = std::chrono::steady_clock;
double millisecondsSince(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// Another program's connection.
class Foreigner {
public:
    explicit Foreigner(const std::filesystem::path& file) { sqlite3_open(file.c_str(), &handle_); }
    ~Foreigner() { sqlite3_close(handle_); }
    Foreigner(const Foreigner&) = delete;
    Foreigner& operator=(const Foreigner&) = delete;
    void run(const char* sql) {
        char* message = nullptr;
        ASSERT_EQ(sqlite3_exec(handle_, sql, nullptr, nullptr, &message), SQLITE_OK) << sql << ": " << message;
    }

private:
    sqlite3* handle_ = nullptr;
};

class HistoryOpening : public StoreTest {
protected:
    Result<HistoryStore> tryOpen() { return HistoryStore::open(file(), options()); }
};

TEST_F(HistoryOpening, open_createsFolderAndFileForTheirOwnerOnly) {
    ::umask(0);
    const std::filesystem::path deep = folder() / "share" / "tramontane" / "tramontane.sqlite";
    {
        HistoryOptions system; // the system's file layer and clock
        HistoryStore store = valueOf(HistoryStore::open(deep, system));
        EXPECT_EQ(store.openReport().outcome, OpenOutcome::created);
        EXPECT_EQ(store.openReport().summary, "");
        EXPECT_EQ(store.openReport().schemaNow, int(historyMigrations().size()));
        EXPECT_EQ(store.file(), deep);
        valueOf(store.startConversation({"t"}, {0, {}, Role::user, "hello"}));
        for (const auto& entry : std::filesystem::directory_iterator(deep.parent_path()))
            EXPECT_EQ(entry.status().permissions(),
                      std::filesystem::perms::owner_read | std::filesystem::perms::owner_write)
                << entry.path();
    }
    EXPECT_EQ(std::filesystem::status(deep.parent_path()).permissions(), std::filesystem::perms::owner_all);
    HistoryStore store = valueOf(HistoryStore::open(deep));
    EXPECT_EQ(store.openReport().outcome, OpenOutcome::opened);
    EXPECT_EQ(store.openReport().schemaBefore, int(historyMigrations().size()));
    const std::vector<Conversation> list = valueOf(store.conversations());
    ASSERT_THAT(list, SizeIs(1));
    EXPECT_GT(list[0].createdAt, 1'700'000'000'000);
}

TEST_F(HistoryOpening, open_isBusyWhileAnotherStoreHasTheFile) {
    HistoryStore store = open();
    const Result<HistoryStore> second = tryOpen();
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().kind, ErrorKind::busy);
    EXPECT_THAT(second.error().message, HasSubstr("another Tramontane"));
    HistoryStore moved = std::move(store);
    EXPECT_FALSE(tryOpen().ok());
}

TEST_F(HistoryOpening, open_isBusyForAnotherProcessUntilItIsKilled) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        const Result<HistoryStore> store = tryOpen();
        const char told = store.ok() ? 'y' : 'n';
        if (::write(pipe[1], &told, 1) != 1) ::_exit(1);
        ::pause();
        ::_exit(0);
    }
    char told = 0;
    ASSERT_EQ(::read(pipe[0], &told, 1), 1);
    EXPECT_EQ(told, 'y');
    EXPECT_EQ(tryOpen().error().kind, ErrorKind::busy);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(pipe[0]);
    ::close(pipe[1]);
    EXPECT_TRUE(std::filesystem::exists(file().string() + ".lock")); // stale, and harmless
    EXPECT_TRUE(tryOpen().ok());
}

TEST_F(HistoryOpening, calls_areBusyAndShortWhileAnotherProgramLocksTheFile) {
    HistoryStore store = open();
    const auto started = valueOf(store.startConversation({"t"}, {0, {}, Role::user, "first"}));
    {
        Foreigner other(file());
        other.run("BEGIN EXCLUSIVE");
        const auto lockedSince = Clock::now();
        double longest = 0;
        int tries = 0;
        while (millisecondsSince(lockedSince) < 1000) {
            const auto start = Clock::now();
            const auto appended = store.appendMessage(question(started.conversationId, started.messageId, "waiting"));
            ASSERT_FALSE(appended.ok());
            EXPECT_EQ(appended.error().kind, ErrorKind::busy) << appended.error().message;
            EXPECT_EQ(store.conversations().error().kind, ErrorKind::busy);
            EXPECT_EQ(store.search(patiently({"first"})).error().kind, ErrorKind::busy);
            longest = std::max(longest, millisecondsSince(start));
            ++tries;
        }
        EXPECT_GE(tries, 3);
        EXPECT_LT(longest, 1000.0); // three calls of 50 ms, and what a busy machine adds
        other.run("ROLLBACK");
    }
    valueOf(store.appendMessage(question(started.conversationId, started.messageId, "waiting")));
    EXPECT_THAT(texts(valueOf(store.currentBranch(started.conversationId))), testing::ElementsAre("first", "waiting"));
    ASSERT_OK(store.checkIntegrity());
}

TEST_F(HistoryOpening, calls_areBusyWhileAnotherProgramReadsOrWrites) {
    HistoryStore store = open();
    const auto started = valueOf(store.startConversation({"t"}, {0, {}, Role::user, "first"}));
    Foreigner other(file());
    for (const char* lock : {"BEGIN; SELECT * FROM messages", "BEGIN IMMEDIATE"}) {
        other.run(lock);
        EXPECT_EQ(store.renameConversation(started.conversationId, "new").error().kind, ErrorKind::busy) << lock;
        EXPECT_TRUE(store.conversations().ok()) << lock;
        other.run("ROLLBACK");
        ASSERT_OK(store.renameConversation(started.conversationId, "new"));
    }
}

TEST_F(HistoryOpening, open_isBusyWhileAnotherProgramLocksTheFileAndWorksAfterwards) {
    { HistoryStore store = open(); }
    Foreigner other(file());
    other.run("BEGIN EXCLUSIVE");
    const auto start = Clock::now();
    EXPECT_EQ(tryOpen().error().kind, ErrorKind::busy);
    EXPECT_LT(millisecondsSince(start), 1000.0);
    other.run("ROLLBACK");
    EXPECT_TRUE(tryOpen().ok());
    EXPECT_EQ(valueOf(tryOpen()).openReport().outcome, OpenOutcome::opened);
}

TEST_F(HistoryOpening, open_leavesANewerSchemaByteForByte) {
    {
        HistoryStore store = open();
        valueOf(store.startConversation({"t"}, {0, {}, Role::user, "from the future"}));
    }
    {
        Foreigner future(file());
        future.run("PRAGMA user_version = 12");
        future.run("CREATE TABLE future(x)");
    }
    const std::string before = fileBytes(file());
    const auto writtenAt = std::filesystem::last_write_time(file());
    const Result<HistoryStore> refused = tryOpen();
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::unsupported);
    EXPECT_THAT(refused.error().message, HasSubstr("newer Tramontane"));
    EXPECT_THAT(refused.error().message, HasSubstr("12"));
    EXPECT_TRUE(fileBytes(file()) == before);
    EXPECT_EQ(std::filesystem::last_write_time(file()), writtenAt);
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder())) files.push_back(entry.path().filename());
    EXPECT_THAT(files, testing::UnorderedElementsAre("history.sqlite", "history.sqlite.lock"));
}

TEST_F(HistoryOpening, open_leavesANewerSchemaWithAnUnfinishedTransactionByteForByte) {
    { HistoryStore store = open(); }
    {
        Foreigner future(file());
        future.run("PRAGMA user_version = 3");
    }
    writeBytes(file().string() + "-journal", "an unfinished transaction of the newer program");
    const std::string before = fileBytes(file());
    EXPECT_EQ(tryOpen().error().kind, ErrorKind::unsupported);
    EXPECT_TRUE(fileBytes(file()) == before);
    EXPECT_EQ(fileBytes(file().string() + "-journal"), "an unfinished transaction of the newer program");
}

TEST_F(HistoryOpening, open_takesAnEmptyFileAndAnEmptyDatabaseForNew) {
    writeBytes(file(), "");
    EXPECT_EQ(open().openReport().outcome, OpenOutcome::created);
    std::filesystem::remove(file());
    {
        Foreigner other(file());
        other.run("VACUUM");
    }
    ASSERT_GT(std::filesystem::file_size(file()), 0u);
    EXPECT_EQ(open().openReport().outcome, OpenOutcome::created);
}

TEST_F(HistoryOpening, open_takesAFileBackFromWal) {
    MessageId id = 0;
    {
        HistoryStore store = open();
        id = valueOf(store.startConversation({"t"}, {0, {}, Role::user, "kept"})).messageId;
    }
    {
        Foreigner other(file());
        other.run("PRAGMA journal_mode = WAL");
        other.run("UPDATE conversations SET title = 'changed in WAL'");
    }
    {
        HistoryStore store = valueOf(HistoryStore::open(file()));
        EXPECT_EQ(store.openReport().outcome, OpenOutcome::opened);
        EXPECT_EQ(valueOf(store.message(id)).text, "kept");
        EXPECT_EQ(valueOf(store.conversations())[0].title, "changed in WAL");
        ASSERT_OK(store.checkIntegrity());
    }
    EXPECT_FALSE(std::filesystem::exists(file().string() + "-wal"));
}

TEST_F(HistoryOpening, open_saysWhichFolderCannotBeUsed) {
    writeBytes(folder() / "file", "x");
    const Result<HistoryStore> below = HistoryStore::open(folder() / "file" / "history.sqlite");
    ASSERT_FALSE(below.ok());
    EXPECT_EQ(below.error().kind, ErrorKind::io);
    EXPECT_THAT(below.error().message, HasSubstr((folder() / "file").string()));
    std::filesystem::create_directory(file());
    const Result<HistoryStore> onFolder = tryOpen();
    ASSERT_FALSE(onFolder.ok());
    EXPECT_EQ(onFolder.error().kind, ErrorKind::io);
}

TEST_F(HistoryOpening, calls_fail_whenTheFileIsReadOnlyAndWorkAgainAfterwards) {
    int refuse = SQLITE_OK;
    vfs_.setHook([&](FileOperation operation) {
        return operation == FileOperation::write || operation == FileOperation::truncate ? refuse : SQLITE_OK;
    });
    HistoryStore store = open();
    const auto started = valueOf(store.startConversation({"t"}, {0, {}, Role::user, "one"}));
    for (const int code : {int(SQLITE_READONLY), int(SQLITE_FULL), int(SQLITE_IOERR_WRITE)}) {
        refuse = code;
        const auto appended = store.appendMessage(question(started.conversationId, started.messageId, "two"));
        ASSERT_FALSE(appended.ok());
        EXPECT_EQ(appended.error().kind, ErrorKind::io) << appended.error().message;
        refuse = SQLITE_OK;
        EXPECT_THAT(texts(valueOf(store.currentBranch(started.conversationId))), testing::ElementsAre("one"));
    }
    valueOf(store.appendMessage(question(started.conversationId, started.messageId, "two")));
    EXPECT_THAT(texts(valueOf(store.currentBranch(started.conversationId))), testing::ElementsAre("one", "two"));
    ASSERT_OK(store.checkIntegrity());
}

} // namespace
} // namespace tramontane
