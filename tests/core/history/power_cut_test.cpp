// The power goes at any write: what was acknowledged is there, what was under way is there or is not, all of it.
#include "core/history/open_store.h"
#include "core/history/store_lock.h"
#include "power_cut_disk.h"
#include "store_fixture.h"

namespace tramontane {
namespace {

class HistoryPowerCut : public StoreTest {
protected:
    HistoryOptions diskOptions() {
        HistoryOptions made = options();
        made.vfsName = disk_.vfsName();
        return made;
    }

    // All that a person could see, without times; growing is partial, as it is after a start.
    static std::string describe(HistoryStore& store) {
        std::string text;
        for (const auto& list : {valueOf(store.conversations()), valueOf(store.deletedConversations())})
            for (const Conversation& conversation : list) {
                text += "conversation " + std::to_string(conversation.id) + " " + conversation.title + " draft " +
                        conversation.draft + (conversation.deletedAt ? " deleted" : "") + " leaf " +
                        std::to_string(conversation.currentLeaf.value_or(0)) + "\n";
                std::vector<MessageId> ids;
                for (MessageId id = 1; id < 60; ++id) {
                    const Result<Message> message = store.message(id);
                    if (!message.ok() || message->conversationId != conversation.id) continue;
                    text += std::to_string(id) + " after " + std::to_string(message->parentId.value_or(0)) +
                            " status " + std::to_string(int(message->status)) + " " +
                            (message->figures ? "figures " : "") + message->text + "\n";
                }
            }
        text += "draft " + valueOf(store.draft(0));
        for (const Preset& preset : valueOf(store.presets())) text += " preset " + preset.name;
        return text;
    }

    // The steps of one seed, the same each time. Each is one call, so one transaction.
    using Step = std::function<bool(HistoryStore&)>;
    std::vector<Step> makeSteps(std::uint64_t seed) {
        struct Chat {
            std::vector<HistoryStore::Started> started;
            std::vector<MessageId> answers;
            bool growing = false;
        };
        const auto chat = std::make_shared<Chat>();
        std::mt19937_64 random(seed);
        std::vector<Step> steps;
        const auto text = [&] { return std::string(random() % 9000, char('a' + random() % 26)); };
        steps.push_back([chat, t = text()](HistoryStore& store) {
            NewMessage first{0, {}, Role::user, t};
            first.clearsDraft = true;
            const auto started = store.startConversation({"title"}, first);
            if (started.ok()) chat->started.push_back(*started);
            return started.ok();
        });
        steps.push_back([chat](HistoryStore& store) {
            const auto id = store.appendMessage(answer(chat->started[0].conversationId, chat->started[0].messageId));
            if (id.ok()) chat->answers.push_back(*id);
            return id.ok();
        });
        const std::vector<std::function<Step()>> kinds = {
            [&] {
                return [chat, t = text()](HistoryStore& store) { return store.updateAnswer(chat->answers[0], t).ok(); };
            },
            [&] {
                return [chat, t = text()](HistoryStore& store) {
                    return store.updateAnswer(chat->answers[0], t + t).ok();
                };
            },
            [&] { return [t = text()](HistoryStore& store) { return store.setDraft(0, t).ok(); }; },
            [&] {
                return [chat, t = text()](HistoryStore& store) {
                    const auto started = store.startConversation({"another"}, {0, {}, Role::user, t});
                    if (started.ok()) chat->started.push_back(*started);
                    return started.ok();
                };
            },
            [&] {
                return [chat](HistoryStore& store) {
                    return store.deleteConversation(chat->started.back().conversationId).ok();
                };
            },
            [&] {
                return [chat](HistoryStore& store) {
                    if (chat->started.size() < 2) return true;
                    const auto last = chat->started.back();
                    const bool done = store.purgeConversation(last.conversationId).ok();
                    if (done) chat->started.pop_back();
                    return done;
                };
            },
            [&] { return [](HistoryStore& store) { return store.savePreset("preset", "{}").ok(); }; },
        };
        const int count = 3 + int(random() % 4);
        for (int i = 0; i < count; ++i) steps.push_back(kinds[random() % kinds.size()]());
        steps.push_back([chat, t = text()](HistoryStore& store) {
            return store.finishAnswer(chat->answers[0], t, MessageStatus::complete, AnswerFigures{}).ok();
        });
        if (random() % 3 == 0) steps.push_back([](HistoryStore& store) { return store.deleteEverything().ok(); });
        return steps;
    }

    // What the store looks like after each step on a disk that keeps its power; [0] is after opening.
    std::vector<std::string> rehearse(std::uint64_t seed, int& operations) {
        disk_.restore({});
        disk_.cutPowerAt(0);
        std::vector<std::string> looks;
        {
            HistoryStore store = valueOf(HistoryStore::open(file(), diskOptions()));
            looks.push_back(describe(store));
            for (const Step& step : makeSteps(seed)) {
                if (!step(store)) throw std::runtime_error("a step fails without a power cut");
                looks.push_back(describe(store));
            }
        }
        operations = disk_.operations();
        return looks;
    }

    // How many steps were acknowledged before the power went; -1: not even opening.
    int liveUntilTheCut(std::uint64_t seed, int operation) {
        disk_.restore({});
        disk_.cutPowerAt(operation);
        Result<HistoryStore> store = HistoryStore::open(file(), diskOptions());
        if (!store.ok()) return -1;
        int done = 0;
        for (const Step& step : makeSteps(seed)) {
            if (!step(*store)) break;
            ++done;
        }
        return done;
    }

    PowerCutDisk disk_;
};

TEST_F(HistoryPowerCut, history_keepsWhatItAcknowledgedWhenThePowerGoes) {
    const int rounds = roundCount("TRAMONTANE_POWER_CUT_ROUNDS", 2000);
    constexpr int cutsOfASeed = 25;
    int kept = 0, applied = 0, beforeOpening = 0;
    for (int round = 0; round < rounds;) {
        const auto seed = std::uint64_t(round);
        int operations = 0;
        const std::vector<std::string> looks = rehearse(seed, operations);
        std::mt19937_64 random(seed + 1'000'000'007);
        for (int i = 0; i < cutsOfASeed && round < rounds; ++i, ++round) {
            const int operation = 1 + int(random() % std::uint64_t(operations));
            SCOPED_TRACE("seed " + std::to_string(seed) + ", cut " + std::to_string(i) + " at operation " +
                         std::to_string(operation) + " of " + std::to_string(operations));
            const int done = liveUntilTheCut(seed, operation);
            ASSERT_TRUE(disk_.isOff() || done + 1 == int(looks.size()));
            disk_.powerOn(random);
            Result<HistoryStore> store = HistoryStore::open(file(), diskOptions());
            ASSERT_TRUE(store.ok()) << store.error().message;
            ASSERT_NE(store->openReport().outcome, OpenOutcome::salvaged);
            ASSERT_OK(store->checkIntegrity());
            const std::string look = describe(*store);
            const std::size_t old = std::size_t(std::max(done, 0));
            const bool isOld = look == looks[old];
            const bool isNew = old + 1 < looks.size() && look == looks[old + 1];
            ASSERT_TRUE(isOld || isNew) << done << " steps were acknowledged";
            beforeOpening += done < 0;
            kept += isOld;
            applied += isNew && !isOld;
            // And it goes on working.
            ASSERT_OK(store->startConversation({"after"}, {0, {}, Role::user, "the power cut"}));
            ASSERT_OK(store->checkIntegrity());
        }
    }
    EXPECT_GT(kept, 0);
    EXPECT_GT(applied, 0); // the cut fell between being durable and being told so
    EXPECT_GT(beforeOpening, 0);
    std::printf("%d power cuts: %d at the first opening, %d left the old state, %d the new\n", rounds, beforeOpening,
                kept, applied);
}

// The disk that this test would not notice is no disk to test with.
TEST_F(HistoryPowerCut, history_losesMessagesOnADiskThatLiesAboutSyncs) {
    disk_.lieAboutSyncs();
    int lost = 0;
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        int operations = 0;
        const std::vector<std::string> looks = rehearse(seed, operations);
        std::mt19937_64 random(seed);
        const int done = liveUntilTheCut(seed, operations * 3 / 4);
        disk_.powerOn(random);
        Result<HistoryStore> store = HistoryStore::open(file(), diskOptions());
        if (!store.ok() || !store->checkIntegrity().ok()) {
            ++lost;
            continue;
        }
        const std::string look = describe(*store);
        lost += look != looks[std::size_t(done)] &&
                (std::size_t(done) + 1 >= looks.size() || look != looks[std::size_t(done) + 1]);
    }
    EXPECT_GT(lost, 20);
}

TEST_F(HistoryPowerCut, migration_isTheOldOrTheNewSchemaAndTheBackupIsWholeWhenThePowerGoes) {
    const int rounds = roundCount("TRAMONTANE_POWER_CUT_ROUNDS", 2000) / 10;
    std::vector<Migration> steps(historyMigrations().begin(), historyMigrations().end());
    const char* const next[] = {"ALTER TABLE conversations ADD COLUMN colour TEXT",
                                "UPDATE conversations SET colour = 'blue'", "UPDATE messages SET text = text || '!'"};
    steps.push_back({next});
    {
        HistoryStore store = valueOf(HistoryStore::open(file(), diskOptions()));
        for (int i = 0; i < 10; ++i)
            valueOf(store.startConversation({"t"}, {0, {}, Role::user, std::string(2000, 'x')}));
    }
    const PowerCutDisk::Image before = disk_.image();
    const std::int64_t now = std::int64_t(historyMigrations().size());
    const std::string backup = file().string() + ".backup-v" + std::to_string(now);
    disk_.cutPowerAt(0);
    valueOf(openDatabase(file(), diskOptions(), steps));
    const int operations = disk_.operations();
    int versions[2] = {}; // the one before, the next
    for (int round = 0; round < rounds; ++round) {
        std::mt19937_64 random{std::uint64_t(round)};
        // Every fourth time among the last steps, where the new schema becomes the durable one.
        const int operation =
            round % 4 ? 1 + int(random() % std::uint64_t(operations)) : operations - int(random() % 2);
        SCOPED_TRACE("round " + std::to_string(round) + ", cut at operation " + std::to_string(operation));
        disk_.restore(before);
        disk_.cutPowerAt(operation);
        (void)openDatabase(file(), diskOptions(), steps).ok();
        disk_.powerOn(random);
        std::int64_t version = 0;
        {
            Database database = valueOf(Database::open(file(), Database::Mode::create, disk_.vfsName(), 50));
            version = valueOf(schemaVersion(database));
            ++versions[version - now];
            EXPECT_EQ(valueOf(database.number(-1, "SELECT count(*) FROM messages WHERE text LIKE '%!'")),
                      version > now ? 10 : 0);
        }
        if (version > now) {
            Database copy = valueOf(Database::open(backup, Database::Mode::create, disk_.vfsName(), 50));
            EXPECT_EQ(valueOf(schemaVersion(copy)), now);
            EXPECT_EQ(valueOf(copy.number(-1, "SELECT count(*) FROM messages")), 10);
        }
        OpenedDatabase opened = valueOf(openDatabase(file(), diskOptions(), steps));
        EXPECT_EQ(valueOf(schemaVersion(opened.database)), now + 1);
        ASSERT_FALSE(HasFailure());
    }
    EXPECT_GT(versions[0], 0);
    EXPECT_GT(versions[1], 0);
}

} // namespace
} // namespace tramontane
