// Older schemas: a backup first, then one transaction a version; killed or failing anywhere it is the old or the new.
#include <sys/wait.h>

#include "core/history/open_store.h"
#include "core/history/store_lock.h"
#include "store_fixture.h"

namespace tramontane {
namespace {

using testing::HasSubstr;

// Two more versions after the newest, as a later program might have them.
constexpr const char* nextVersion[] = {
    "ALTER TABLE conversations ADD COLUMN colour TEXT",
    "CREATE TABLE labels(id INTEGER PRIMARY KEY, conversation_id INTEGER REFERENCES conversations(id), name TEXT) "
    "STRICT",
    "INSERT INTO labels(conversation_id, name) SELECT id, title FROM conversations",
    "UPDATE conversations SET colour = 'blue'",
};
constexpr const char* lastVersion[] = {
    "CREATE INDEX labels_by_name ON labels(name)",
    "UPDATE messages SET text = text || '!' WHERE role = 'user'",
    "UPDATE conversations SET colour = 'green' WHERE colour = 'blue'",
    "DROP TABLE presets",
    "CREATE TABLE presets(name TEXT NOT NULL UNIQUE, json TEXT NOT NULL, edited_at INTEGER NOT NULL) STRICT",
};

class HistoryMigration : public StoreTest {
protected:
    HistoryMigration() {
        for (const Migration& step : historyMigrations()) steps_.push_back(step);
        steps_.push_back({nextVersion});
        steps_.push_back({lastVersion});
        HistoryStore store = open();
        for (int i = 0; i < 20; ++i)
            valueOf(store.startConversation({"title " + std::to_string(i)},
                                            {0, {}, Role::user, "text " + std::to_string(i) + std::string(3000, '.')}));
    }
    Result<OpenedDatabase> openNew() {
        const Result<StoreLock> lock = StoreLock::take(file().string() + ".lock");
        if (!lock.ok()) return lock.error();
        return openDatabase(file(), options(), steps_);
    }
    std::filesystem::path backup() const { return file().string() + ".backup-v" + std::to_string(now_); }

    void expectOldOrNew(Database& database) {
        const std::int64_t version = valueOf(schemaVersion(database));
        ASSERT_THAT(version, testing::AnyOf(now_, now_ + 1, now_ + 2));
        const auto count = [&](const char* sql) { return valueOf(database.number(-1, sql)); };
        EXPECT_EQ(count("SELECT count(*) FROM conversations"), 20);
        EXPECT_EQ(count("SELECT count(*) FROM messages WHERE text LIKE '%.'"), version < now_ + 2 ? 20 : 0);
        EXPECT_EQ(count("SELECT count(*) FROM messages WHERE text LIKE '%.!'"), version < now_ + 2 ? 0 : 20);
        EXPECT_EQ(count("SELECT count(*) FROM sqlite_schema WHERE name = 'labels'"), version > now_);
        EXPECT_EQ(count("SELECT count(*) FROM sqlite_schema WHERE name = 'labels_by_name'"), version > now_ + 1);
        if (version > now_) {
            EXPECT_EQ(count("SELECT count(*) FROM labels"), 20);
            EXPECT_EQ(database
                          .number(-1, "SELECT count(*) FROM conversations WHERE colour = ?",
                                  version == now_ + 1 ? "blue" : "green")
                          .value(),
                      20);
        }
        Query check = database.query("PRAGMA integrity_check");
        ASSERT_TRUE(check.next());
        EXPECT_EQ(check.text(0), "ok");
    }

    const std::int64_t now_ = std::int64_t(historyMigrations().size());
    std::vector<Migration> steps_;
};

TEST_F(HistoryMigration, migration_bringsTheFileUpToDateAndKeepsACopyAsItWas) {
    const std::string before = fileBytes(file());
    OpenedDatabase opened = valueOf(openNew());
    EXPECT_EQ(opened.report.outcome, OpenOutcome::migrated);
    EXPECT_EQ(opened.report.schemaBefore, now_);
    EXPECT_EQ(opened.report.schemaNow, now_ + 2);
    EXPECT_EQ(opened.report.backupFile, backup());
    EXPECT_THAT(opened.report.summary, HasSubstr(backup().string()));
    expectOldOrNew(opened.database);
    EXPECT_EQ(valueOf(schemaVersion(opened.database)), now_ + 2);
    opened.database.close();
    EXPECT_EQ(std::filesystem::status(backup()).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);

    // The copy is a history of the old version that opens.
    std::filesystem::rename(backup(), file());
    HistoryStore store = open();
    EXPECT_EQ(store.openReport().outcome, OpenOutcome::opened);
    EXPECT_EQ(valueOf(store.conversations()).size(), 20u);
    EXPECT_EQ(fileBytes(file()).size(), before.size());
}

TEST_F(HistoryMigration, migration_doesNothingTheSecondTime) {
    valueOf(openNew());
    std::filesystem::remove(backup());
    const std::string before = fileBytes(file());
    const OpenedDatabase again = valueOf(openNew());
    EXPECT_EQ(again.report.outcome, OpenOutcome::opened);
    EXPECT_FALSE(std::filesystem::exists(backup()));
    EXPECT_TRUE(fileBytes(file()) == before);
}

TEST_F(HistoryMigration, migration_thatFailsLeavesTheVersionBefore) {
    const char* const broken[] = {"CREATE TABLE half(x)", "this is no SQL"};
    steps_.back() = Migration{broken};
    EXPECT_FALSE(openNew().ok());
    Database database = valueOf(Database::open(file(), Database::Mode::create, {}, 50));
    EXPECT_EQ(valueOf(schemaVersion(database)), now_ + 1);
    EXPECT_EQ(valueOf(database.number(-1, "SELECT count(*) FROM sqlite_schema WHERE name = 'half'")), 0);
    EXPECT_TRUE(std::filesystem::exists(backup()));
}

TEST_F(HistoryMigration, migration_doesNotBeginWithoutItsBackup) {
    std::filesystem::create_directory(backup());
    const std::string before = fileBytes(file());
    const Result<OpenedDatabase> refused = openNew();
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::io);
    EXPECT_TRUE(fileBytes(file()) == before);
}

// Killed before the n-th operation on a file, for every n: finer than before every statement.
TEST_F(HistoryMigration, migration_killedAnywhereIsTheOldOrTheNewSchema) {
    const int step = roundCount("TRAMONTANE_MIGRATION_KILL_STEP", 2); // 1: before every operation
    const std::string before = fileBytes(file());
    int versions[3] = {}; // the one before, the next, the last
    for (int n = 1;; n += step) {
        SCOPED_TRACE("killed before operation " + std::to_string(n));
        for (const auto& entry : std::filesystem::directory_iterator(folder())) std::filesystem::remove(entry.path());
        writeBytes(file(), before);
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            int operations = 0;
            vfs_.setHook([&](FileOperation) {
                if (++operations == n) ::raise(SIGKILL);
                return SQLITE_OK;
            });
            ::_exit(openNew().ok() ? 0 : 1);
        }
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        if (!WIFSIGNALED(status)) {
            EXPECT_EQ(WEXITSTATUS(status), 0);
            EXPECT_GT(n, 100);
            break;
        }
        {
            Database database = valueOf(Database::open(file(), Database::Mode::create, {}, 50));
            expectOldOrNew(database);
            ++versions[valueOf(schemaVersion(database)) - now_];
        }
        // And the next start completes it, the backup being whole wherever the migration had begun.
        OpenedDatabase opened = valueOf(openNew());
        EXPECT_NE(opened.report.outcome, OpenOutcome::salvaged);
        EXPECT_EQ(valueOf(schemaVersion(opened.database)), now_ + 2);
        expectOldOrNew(opened.database);
        if (HasFailure()) return;
    }
    EXPECT_GT(versions[0], 0);
    EXPECT_GT(versions[1], 0);
    std::printf("killed at the version before: %d times, the next: %d, the last: %d\n", versions[0], versions[1],
                versions[2]);
}

// What the first version wrote is all there, unpinned and unarchived; also where the new file is salvaged later on,
// with rows as both versions wrote them.
TEST_F(HistoryMigration, migration_takesAFileOfTheFirstVersion) {
    std::filesystem::remove(file());
    {
        const StoreLock lock = valueOf(StoreLock::take(file().string() + ".lock"));
        OpenedDatabase old = valueOf(openDatabase(file(), options(), historyMigrations().first(1)));
        valueOf(old.database.run("INSERT INTO conversations(id, title, title_is_manual, created_at, updated_at, draft)"
                                 " VALUES(7, 'old', 1, 10, 20, 'half')"));
    }
    for (const OpenOutcome outcome : {OpenOutcome::migrated, OpenOutcome::salvaged}) {
        HistoryStore store = open();
        EXPECT_EQ(store.openReport().outcome, outcome);
        const Conversation read = valueOf(store.conversation(7));
        EXPECT_EQ(read.title, "old");
        EXPECT_EQ(read.draft, "half");
        EXPECT_EQ(read.pinnedAt, std::nullopt);
        EXPECT_EQ(read.archivedAt, std::nullopt);
        if (outcome == OpenOutcome::salvaged) {
            EXPECT_TRUE(valueOf(store.conversation(8)).pinnedAt);
            break;
        }
        valueOf(store.setPinned(valueOf(store.createConversation({"new"})), true));
        std::string bytes = fileBytes(file());
        bytes.replace(0, 100, 100, '\xee');
        writeBytes(file(), bytes);
    }
}

} // namespace
} // namespace tramontane
