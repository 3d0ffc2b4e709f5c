// Rolling backups: when one is made, what is in it, which are kept, and that a failed one costs nothing.
#include <atomic>
#include <chrono>
#include <thread>

#include "backup_fixture.h"

namespace tramontane {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class HistoryBackup : public BackupTest {};

TEST_F(HistoryBackup, backUpIfDue_makesOneADayForItsOwnerOnly) {
    HistoryStore store = open();
    valueOf(store.startConversation({"t"}, {0, {}, Role::user, "hello"}));
    time_ = 1'700'000'000'000; // 2023-11-14 22:13:20 UTC
    EXPECT_TRUE(valueOf(store.backUpIfDue()));
    EXPECT_THAT(names(), ElementsAre("history-2023-11-14T221320Z.sqlite"));
    EXPECT_EQ(std::filesystem::status(backups()).permissions(), std::filesystem::perms::owner_all);
    EXPECT_EQ(std::filesystem::status(backups() / names()[0]).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    time_ = 1'700'000'000'000 + day - 2;
    EXPECT_FALSE(valueOf(store.backUpIfDue()));
    EXPECT_TRUE(valueOf(store.backUpIfDue()));
    EXPECT_THAT(names(), ElementsAre("history-2023-11-14T221320Z.sqlite", "history-2023-11-15T221320Z.sqlite"));
    const std::vector<Backup> found = list();
    ASSERT_THAT(found, SizeIs(2));
    EXPECT_EQ(found[0].time, 1'700'000'000'000 + day); // newest first
    EXPECT_EQ(found[1].time, 1'700'000'000'000);
}

TEST_F(HistoryBackup, backUpIfDue_keepsTheNewestAndWhatIsNotItsOwn) {
    HistoryStore store = open();
    std::filesystem::create_directory(backups());
    const std::vector<std::string> others = {"history-2001-13-01T000000Z.sqlite", "history-2001-01-01T000000Z.txt",
                                             "notes.txt"};
    for (const std::string& name : others) writeBytes(backups() / name, "mine");
    for (const char* leftover : {".part", ".part-journal"})
        writeBytes(backups() / (std::string("history-2023-01-01T000000Z.sqlite") + leftover), "cut short");
    for (int i = 0; i < 10; ++i, time_ += day) EXPECT_TRUE(valueOf(store.backUpIfDue()));
    for (const std::string& name : others) EXPECT_TRUE(std::filesystem::remove(backups() / name)) << name;
    EXPECT_THAT(names(), ElementsAre(HasSubstr("11-17T"), HasSubstr("11-18T"), HasSubstr("11-19T"), HasSubstr("11-20T"),
                                     HasSubstr("11-21T"), HasSubstr("11-22T"), HasSubstr("11-23T")));
}

TEST_F(HistoryBackup, backUpIfDue_goesOnWhenTheClockWasSetBackAndKeepsWhatWasMadeBefore) {
    HistoryStore store = open();
    for (int i = 0; i < 7; ++i, time_ += day) valueOf(store.backUpIfDue());
    const std::vector<std::string> before = names();
    ASSERT_THAT(before, SizeIs(7));
    time_ -= 400 * day;
    for (int i = 0; i < 9; ++i, time_ += day) EXPECT_TRUE(valueOf(store.backUpIfDue()));
    EXPECT_FALSE(valueOf(store.backUpIfDue({7, 2 * day})));
    std::vector<std::string> after = names();
    ASSERT_THAT(after, SizeIs(14));
    EXPECT_EQ(std::vector(after.begin() + 7, after.end()), before);
    EXPECT_THAT(after[0], HasSubstr("2022-10-19")); // the two oldest of the nine went
}

TEST_F(HistoryBackup, backUpIfDue_takesInWhatTheStoreWritesBetweenItsSteps) {
    HistoryStore store = open();
    const auto started = valueOf(store.startConversation({"t"}, {0, {}, Role::user, std::string(5'000'000, 'x')}));
    MessageId last = started.messageId;
    int steps = 0;
    EXPECT_TRUE(valueOf(store.backUpIfDue({}, [&] {
        last = valueOf(store.appendMessage(question(started.conversationId, last, "meanwhile")));
        return ++steps > 0;
    })));
    EXPECT_GE(steps, 4);
    ASSERT_OK(store.checkIntegrity());
    const std::vector<Backup> found = list();
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_EQ(found[0].problem, "");
    EXPECT_EQ(found[0].conversations, 1);
    EXPECT_EQ(found[0].messages, 1 + steps);
    EXPECT_EQ(found[0].sizeBytes, std::int64_t(std::filesystem::file_size(found[0].file)));
}

TEST_F(HistoryBackup, backUpIfDue_isOneStateWhileAnotherProgramKeepsWriting) {
    HistoryStore store = open();
    valueOf(store.savePreset("p", "0")); // the first pages, and after the long text the last
    valueOf(store.startConversation({"0"}, {0, {}, Role::user, std::string(6'000'000, 'x')}));
    valueOf(store.startConversation({"0"}, {0, {}, Role::user, "0"}));
    std::atomic<bool> ends = false;
    std::atomic<int> writes = 0;
    std::thread writer([&] {
        sqlite3* handle = nullptr;
        sqlite3_open(file().c_str(), &handle);
        sqlite3_busy_timeout(handle, 20);
        while (!ends) {
            const std::string next = "'" + std::to_string(writes + 1) + "'";
            const std::string sql = "BEGIN IMMEDIATE; UPDATE presets SET json = " + next +
                                    "; UPDATE messages SET text = " + next + " WHERE length(text) < 20; COMMIT";
            if (sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) ++writes;
            if (!sqlite3_get_autocommit(handle)) sqlite3_exec(handle, "ROLLBACK", nullptr, nullptr, nullptr);
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        sqlite3_close(handle);
    });
    int interrupted = 0;
    Result<bool> made = false;
    for (int tries = 0; tries < 50; ++tries) { // busy is a right answer, too
        made = store.backUpIfDue({}, [&] {
            const int seen = writes;
            for (int wait = 0; wait < 5000 && writes == seen; ++wait)
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            interrupted += writes != seen;
            return true;
        });
        if (made.ok() || made.error().kind != ErrorKind::busy) break;
        EXPECT_THAT(names(), IsEmpty());
    }
    ends = true;
    writer.join();
    ASSERT_OK(made);
    EXPECT_GE(interrupted, 3);
    sqlite3* copy = nullptr;
    ASSERT_THAT(names(), SizeIs(1));
    sqlite3_open((backups() / names()[0]).c_str(), &copy);
    std::string equal;
    sqlite3_exec(
        copy, "SELECT json > 0 AND json = (SELECT text FROM messages WHERE length(text) < 20) FROM presets",
        [](void* out, int, char** row, char**) {
            *static_cast<std::string*>(out) = row[0] ? row[0] : "NULL";
            return 0;
        },
        &equal, nullptr);
    sqlite3_close(copy);
    EXPECT_EQ(equal, "1");
    EXPECT_EQ(list()[0].problem, "");
}

TEST_F(HistoryBackup, backUpIfDue_leavesNothingBehindWhenItIsStopped) {
    HistoryStore store = open();
    valueOf(store.startConversation({"t"}, {0, {}, Role::user, std::string(3'000'000, 'x')}));
    EXPECT_EQ(store.backUpIfDue({}, [] { return false; }).error().kind, ErrorKind::cancelled);
    EXPECT_THAT(names(), IsEmpty());
}

TEST_F(HistoryBackup, backUpIfDue_leavesNothingBehindAndRemovesNothingWhenTheDiskFails) {
    HistoryStore store = open();
    valueOf(store.startConversation({"t"}, {0, {}, Role::user, std::string(60'000, 'x')}));
    for (int i = 0; i < 7; ++i, time_ += day) valueOf(store.backUpIfDue());
    const std::vector<std::string> before = names();
    for (const int code : {int(SQLITE_FULL), int(SQLITE_IOERR_WRITE)}) {
        int failures = 0;
        for (int failAt = 1;; ++failAt) {
            SCOPED_TRACE("write " + std::to_string(failAt));
            int writes = 0;
            vfs_.setHook([&](FileOperation operation) {
                const bool changes = operation == FileOperation::write || operation == FileOperation::sync;
                return changes && ++writes >= failAt ? code : SQLITE_OK;
            });
            const UnixMilliseconds now = time_;
            const Result<bool> made = store.backUpIfDue();
            vfs_.setHook({});
            if (made.ok()) break;
            time_ = now;
            ++failures;
            ASSERT_EQ(made.error().kind, ErrorKind::io) << made.error().message;
            ASSERT_EQ(names(), before);
            ASSERT_OK(store.setDraft(0, std::to_string(failAt)));
        }
        EXPECT_GE(failures, 15);
        EXPECT_THAT(names(), SizeIs(7)); // the one that came through took the place of the oldest
        EXPECT_NE(names(), before);
        for (const std::string& name : names()) std::filesystem::remove(backups() / name);
        for (const std::string& name : before) std::filesystem::copy_file(file(), backups() / name);
    }
}

TEST_F(HistoryBackup, backUpIfDue_saysWhichFolderCannotBeWritten) {
    HistoryStore store = open();
    writeBytes(backups(), "no folder");
    const Result<bool> made = store.backUpIfDue();
    ASSERT_FALSE(made.ok());
    EXPECT_EQ(made.error().kind, ErrorKind::io);
    EXPECT_THAT(made.error().message, HasSubstr(backups().string()));
    EXPECT_EQ(fileBytes(backups()), "no folder");
    ASSERT_OK(store.setDraft(0, "works"));
}

TEST_F(HistoryBackup, backUpIfDue_makesNoneOfADamagedHistoryAndKeepsTheGoodOnes) {
    std::vector<std::string> before;
    {
        HistoryStore store = open();
        valueOf(store.startConversation({"t"}, {0, {}, Role::user, std::string(60'000, 'x')}));
        for (int i = 0; i < 7; ++i, time_ += day) valueOf(store.backUpIfDue());
        before = names();
        damage(file());
        const Result<bool> made = store.backUpIfDue();
        ASSERT_FALSE(made.ok());
        EXPECT_EQ(made.error().kind, ErrorKind::invalidInput) << made.error().message;
        EXPECT_EQ(names(), before);
        EXPECT_TRUE(std::filesystem::exists(file().string() + ".check"));
    }
    for (const Backup& backup : list()) EXPECT_EQ(backup.problem, "");
}

TEST_F(HistoryBackup, listBackups_tellsWhichAreSoundAndWritesNothing) {
    EXPECT_THAT(list(), IsEmpty());
    {
        HistoryStore store = open();
        const auto started = valueOf(store.startConversation({"t"}, {0, {}, Role::user, std::string(60'000, 'x')}));
        const MessageId second =
            valueOf(store.appendMessage(question(started.conversationId, started.messageId, "binned")));
        ASSERT_OK(store.deleteMessage(second));
        const auto binned = valueOf(store.startConversation({"b"}, {0, {}, Role::user, "binned"}));
        ASSERT_OK(store.deleteConversation(binned.conversationId));
        for (int i = 0; i < 6; ++i, time_ += day) valueOf(store.backUpIfDue());
    }
    const std::vector<std::string> made = names();
    runSql(backups() / made[1], "PRAGMA user_version = 12");
    runSql(backups() / made[2], "PRAGMA application_id = 7");
    runSql(backups() / made[3], "PRAGMA journal_mode = WAL");
    damage(backups() / made[4]);
    writeBytes(backups() / made[5], "no database");
    const auto before = everything();
    const std::vector<Backup> found = list();
    EXPECT_EQ(everything(), before);
    ASSERT_THAT(found, SizeIs(6));
    EXPECT_THAT(found[0].problem, HasSubstr("no history of Tramontane"));
    EXPECT_THAT(found[1].problem, HasSubstr("is damaged;"));
    EXPECT_THAT(found[2].problem, HasSubstr("not a finished backup"));
    EXPECT_THAT(found[3].problem, HasSubstr("no history of Tramontane"));
    EXPECT_THAT(found[4].problem, HasSubstr("newer Tramontane"));
    EXPECT_EQ(found[5].problem, "");
    EXPECT_EQ(found[5].conversations, 1);
    EXPECT_EQ(found[5].messages, 1);
}

TEST_F(HistoryBackup, deleteEverything_removesTheBackupsWhereverTheyAre) {
    HistoryOptions elsewhere = options();
    elsewhere.backupFolder = folder() / "elsewhere";
    HistoryStore store = valueOf(HistoryStore::open(file(), elsewhere));
    valueOf(store.startConversation({"t"}, {0, {}, Role::user, "secret"}));
    EXPECT_TRUE(valueOf(store.backUpIfDue()));
    EXPECT_FALSE(std::filesystem::exists(backups()));
    writeBytes(elsewhere.backupFolder / "history-2023-01-01T000000Z.sqlite.part", "secret");
    ASSERT_OK(store.deleteEverything());
    EXPECT_THAT(namesIn(elsewhere.backupFolder), IsEmpty());
}

} // namespace
} // namespace tramontane
