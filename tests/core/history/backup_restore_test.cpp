// A backup in the place of the history: what is gone and what is back, and that a refusal or a failure changes nothing.
#include <sys/wait.h>

#include "backup_fixture.h"
#include "core/history/open_store.h"
#include "core/history/store_files.h"

namespace tramontane {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class HistoryRestore : public BackupTest {
protected:
    // "early" is in the backup that is returned, "later" only in the history; closed.
    std::filesystem::path makeHistory() {
        HistoryStore store = open();
        const auto started = valueOf(store.startConversation({"t"}, {0, {}, Role::user, "early"}));
        conversation_ = started.conversationId;
        valueOf(store.appendMessage(answer(conversation_, started.messageId, std::string(30'000, 'x'))));
        valueOf(store.backUpIfDue());
        valueOf(store.appendMessage(question(conversation_, started.messageId, "later")));
        return list().front().file;
    }
    Result<std::filesystem::path> restore(const std::filesystem::path& backup) {
        return restoreBackup(file(), backup, options());
    }
    bool hasLater() {
        HistoryStore store = open();
        EXPECT_EQ(store.openReport().outcome, OpenOutcome::opened);
        EXPECT_EQ(hits(store, "early"), 1u);
        EXPECT_TRUE(store.checkIntegrity().ok());
        return hits(store, "later") == 1;
    }
    ConversationId conversation_ = 0;
};

TEST_F(HistoryRestore, restore_takesALaterMessageAwayAndItsUndoingBringsItBack) {
    const std::filesystem::path backup = makeHistory();
    EXPECT_TRUE(hasLater());
    const std::filesystem::path kept = valueOf(restore(backup));
    EXPECT_EQ(kept.parent_path(), backups());
    EXPECT_FALSE(hasLater());
    {
        HistoryStore store = open(); // and is a history like any other
        const auto started = valueOf(store.startConversation({"n"}, {0, {}, Role::user, "written afterwards"}));
        EXPECT_GT(started.conversationId, conversation_);
        EXPECT_EQ(hits(store, "afterwards"), 1u);
    }
    EXPECT_THAT(list(), SizeIs(2));
    valueOf(restore(kept));
    EXPECT_TRUE(hasLater());
    EXPECT_THAT(list(), SizeIs(3)); // with the message written afterwards
    for (const Backup& entry : list()) EXPECT_EQ(entry.problem, "");
    EXPECT_FALSE(std::filesystem::exists(restoringFileOf(file())));
}

TEST_F(HistoryRestore, restore_isNotHeldUpByOneThatWasCutShort) {
    const std::filesystem::path backup = makeHistory();
    writeBytes(restoringFileOf(file()), "half a database");
    writeBytes(restoringFileOf(file()).string() + "-journal", "and its journal");
    valueOf(restore(backup));
    EXPECT_FALSE(hasLater());
    EXPECT_FALSE(std::filesystem::exists(restoringFileOf(file()).string() + "-journal"));
}

TEST_F(HistoryRestore, restore_worksWhereThereIsNoHistory) {
    const std::filesystem::path backup = makeHistory();
    std::filesystem::remove(file());
    EXPECT_EQ(valueOf(restore(backup)), "");
    EXPECT_FALSE(hasLater());
}

TEST_F(HistoryRestore, restore_isBusyWhileAStoreHasTheHistory) {
    const std::filesystem::path backup = makeHistory();
    HistoryStore store = open();
    const auto before = everything();
    EXPECT_EQ(restore(backup).error().kind, ErrorKind::busy);
    EXPECT_EQ(everything(), before);
}

TEST_F(HistoryRestore, restore_refusesWhatIsNoSoundBackupAndChangesNothing) {
    const std::filesystem::path backup = makeHistory();
    const auto copyAs = [&](const char* name) {
        std::filesystem::copy_file(backup, folder() / name);
        return folder() / name;
    };
    const auto damaged = copyAs("damaged"), newer = copyAs("newer"), foreign = copyAs("foreign"), wal = copyAs("wal"),
               cut = copyAs("cut"), text = folder() / "text", tables = copyAs("tables");
    damage(damaged);
    runSql(newer, "PRAGMA user_version = 12");
    runSql(foreign, "PRAGMA application_id = 0");
    runSql(wal, "PRAGMA journal_mode = WAL");
    runSql(tables, "DROP TABLE presets");
    writeBytes(text, "Dear diary");
    std::filesystem::resize_file(cut, 4096 * 4 + 100);
    const auto before = everything();
    const auto refused = [&](const std::filesystem::path& from, ErrorKind kind, const char* words) {
        const auto restored = restore(from);
        ASSERT_FALSE(restored.ok()) << from;
        EXPECT_EQ(restored.error().kind, kind) << restored.error().message;
        EXPECT_THAT(restored.error().message, HasSubstr(words));
        EXPECT_THAT(restored.error().message, HasSubstr("The history is unchanged"));
        EXPECT_EQ(everything(), before) << from;
    };
    refused(damaged, ErrorKind::invalidInput, "damaged");
    refused(cut, ErrorKind::invalidInput, "damaged");
    refused(tables, ErrorKind::invalidInput, "damaged");
    refused(newer, ErrorKind::unsupported, "newer Tramontane");
    refused(foreign, ErrorKind::invalidInput, "no history of Tramontane");
    refused(text, ErrorKind::invalidInput, "no history of Tramontane");
    refused(wal, ErrorKind::invalidInput, "not a finished backup");
    refused(folder() / "absent", ErrorKind::notFound, "no such file");
    EXPECT_TRUE(hasLater());
}

TEST_F(HistoryRestore, restore_keepsWhatIsOnlyInTheWalAndClearsItAway) {
    const std::filesystem::path backup = makeHistory();
    // As after a crash of another program: the files as they lie while it has them open.
    const std::filesystem::path crashed = folder() / "crashed";
    std::filesystem::copy_file(file(), crashed);
    sqlite3* other = nullptr;
    sqlite3_open(crashed.c_str(), &other);
    sqlite3_exec(other, "PRAGMA journal_mode = WAL; UPDATE conversations SET title = 'only in the WAL'", nullptr,
                 nullptr, nullptr);
    for (const char* suffix : {"", "-wal", "-shm"})
        std::filesystem::copy_file(crashed.string() + suffix, file().string() + suffix,
                                   std::filesystem::copy_options::overwrite_existing);
    sqlite3_close(other);
    ASSERT_GT(std::filesystem::file_size(file().string() + "-wal"), 0u);
    const HistoryOptions system; // whose file layer has the shared memory of a WAL
    const std::filesystem::path kept = valueOf(restoreBackup(file(), backup, system));
    for (const char* suffix : {"-wal", "-shm", "-journal"})
        EXPECT_FALSE(std::filesystem::exists(file().string() + suffix)) << suffix;
    EXPECT_FALSE(hasLater());
    EXPECT_EQ(valueOf(open().conversations())[0].title, "t");
    valueOf(restore(kept));
    EXPECT_EQ(valueOf(open().conversations())[0].title, "only in the WAL");
}

TEST_F(HistoryRestore, restore_setsADamagedHistoryAsideByteForByte) {
    const std::filesystem::path backup = makeHistory();
    for (const bool isDatabase : {true, false}) {
        isDatabase ? damage(file()) : writeBytes(file(), "overwritten");
        writeBytes(damageMarkOf(file()), "");
        const std::string journal = file().string() + "-journal";
        if (!isDatabase) writeBytes(journal, "would be played back");
        const std::string bytes = fileBytes(file());
        const std::filesystem::path kept = valueOf(restore(backup));
        EXPECT_THAT(kept.string(), HasSubstr(".damaged-"));
        EXPECT_TRUE(fileBytes(kept) == bytes);
        EXPECT_EQ(fileBytes(kept.string() + "-journal"), isDatabase ? "" : "would be played back");
        EXPECT_FALSE(std::filesystem::exists(journal));
        EXPECT_FALSE(std::filesystem::exists(damageMarkOf(file())));
        EXPECT_FALSE(hasLater());
        EXPECT_THAT(list(), SizeIs(1));
    }
}

TEST_F(HistoryRestore, restore_ofAnOlderSchemaIsBroughtUpToDateWhenOpened) {
    const std::filesystem::path old = folder() / "old";
    {
        HistoryOptions quick = options();
        valueOf(openDatabase(old, quick, historyMigrations().first(1)));
    }
    makeHistory();
    const std::filesystem::path kept = valueOf(restore(old));
    {
        HistoryStore store = open();
        EXPECT_EQ(store.openReport().outcome, OpenOutcome::migrated);
        EXPECT_THAT(valueOf(store.conversations()), SizeIs(0));
    }
    valueOf(restore(kept));
    EXPECT_TRUE(hasLater());
}

TEST_F(HistoryRestore, restore_changesNothingWhenTheDiskFails) {
    const std::filesystem::path backup = makeHistory();
    const std::string before = fileBytes(file());
    int failures = 0;
    for (int failAt = 1;; ++failAt) {
        SCOPED_TRACE("operation " + std::to_string(failAt));
        int operations = 0;
        vfs_.setHook([&](FileOperation operation) {
            const bool changes = operation == FileOperation::write || operation == FileOperation::sync;
            return changes && ++operations >= failAt ? SQLITE_FULL : SQLITE_OK;
        });
        const auto restored = restore(backup);
        vfs_.setHook({});
        if (restored.ok()) break;
        ++failures;
        ASSERT_EQ(restored.error().kind, ErrorKind::io) << restored.error().message;
        ASSERT_TRUE(fileBytes(file()) == before);
        ASSERT_THAT(names(), SizeIs(1));
        ASSERT_FALSE(std::filesystem::exists(restoringFileOf(file())));
    }
    EXPECT_GE(failures, 20);
    EXPECT_FALSE(hasLater());
}

TEST_F(HistoryRestore, restore_killedAnywhereLeavesTheOneHistoryOrTheOtherAndCanBeDoneAgain) {
    const std::filesystem::path backup = makeHistory();
    int killed = 0;
    for (int killAt = 1;; killAt += 3) {
        SCOPED_TRACE("operation " + std::to_string(killAt));
        const pid_t child = ::fork();
        if (child == 0) {
            int operations = 0;
            vfs_.setHook([&](FileOperation) {
                if (++operations == killAt) ::_exit(7);
                return SQLITE_OK;
            });
            ::_exit(restore(backup).ok() ? 0 : 1);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        ASSERT_NE(WEXITSTATUS(status), 1);
        const bool done = WEXITSTATUS(status) == 0;
        ASSERT_EQ(hasLater(), !done);
        if (done) break;
        ++killed;
    }
    EXPECT_GE(killed, 20);
    ASSERT_OK(restore(backup));
    EXPECT_FALSE(std::filesystem::exists(restoringFileOf(file())));
}

} // namespace
} // namespace tramontane
