// A process killed with SIGKILL at a random moment while an answer grows: what it was told is stored is there.
#include <sys/mman.h>
#include <sys/wait.h>

#include <atomic>
#include <chrono>
#include <new>
#include <thread>

#include "store_fixture.h"

namespace tramontane {
namespace {

// What the child was told by the store, seen by the parent after the kill.
struct Told {
    std::atomic<bool> opened{false};
    std::atomic<MessageId> question{0};
    std::atomic<MessageId> answer{0};
    std::atomic<std::size_t> attempted{0}; // length of the text last given
    std::atomic<std::size_t> stored{0};    // length of the text last stored
    std::atomic<int> finished{0};          // answers finished in this life
    std::atomic<bool> answerFinished{false};
};

// The text of an answer is its beginning; characters of one to four bytes.
std::string textOf(std::uint64_t seed, std::size_t characters) {
    static const char* const alphabet[] = {"a", "e ", "n", "\n", "é", "猫", "🙂", "\"", "w "};
    std::mt19937_64 random(seed);
    std::string text;
    for (std::size_t i = 0; i < characters; ++i) text += alphabet[random() % std::size(alphabet)];
    return text;
}

class HistoryKill : public StoreTest {
protected:
    HistoryKill() {
        void* shared = ::mmap(nullptr, sizeof(Told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        told_ = new (shared) Told;
    }
    ~HistoryKill() override { ::munmap(told_, sizeof(Told)); }

    // Talks until it is killed.
    [[noreturn]] void talk(std::uint64_t seed) {
        std::mt19937_64 random(seed);
        Result<HistoryStore> store = HistoryStore::open(file(), options());
        if (!store.ok() || store->openReport().outcome == OpenOutcome::salvaged) ::_exit(2);
        told_->opened = true;
        for (int turn = 0;; ++turn) {
            const auto started = store->startConversation({"t"}, {0, {}, Role::user, "question"});
            if (!started.ok()) ::_exit(3);
            told_->question = started->messageId;
            const auto id = store->appendMessage(answer(started->conversationId, started->messageId));
            if (!id.ok()) ::_exit(4);
            told_->attempted = told_->stored = 0;
            told_->answerFinished = false;
            told_->answer = *id;
            const int updates = 1 + int(random() % 12);
            std::size_t length = 0;
            for (int i = 0; i < updates; ++i) {
                length += random() % 3000;
                const std::string text = textOf(std::uint64_t(*id), length);
                told_->attempted = length;
                if (!store->updateAnswer(*id, text).ok()) ::_exit(5);
                told_->stored = length;
            }
            told_->answerFinished = false;
            if (!store->finishAnswer(*id, textOf(std::uint64_t(*id), length), MessageStatus::complete, AnswerFigures{})
                     .ok())
                ::_exit(6);
            told_->answerFinished = true;
            ++told_->finished;
        }
    }

    // How long one takes here to open the history and to finish an answer; kills fall within twice that.
    std::chrono::nanoseconds timeToFinish() {
        told_->finished = 0;
        const auto start = std::chrono::steady_clock::now();
        const auto taken = [&] { return std::chrono::steady_clock::now() - start; };
        const pid_t child = ::fork();
        if (child == 0) talk(0);
        while (told_->finished == 0 && taken() < std::chrono::seconds(20))
            std::this_thread::sleep_for(std::chrono::microseconds(200));
        const auto finished = taken();
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        return finished;
    }

    void liveAndBeKilled(std::uint64_t seed, std::chrono::nanoseconds longest) {
        told_->opened = false;
        told_->question = told_->answer = 0;
        told_->attempted = told_->stored = 0;
        told_->finished = 0;
        std::mt19937_64 random(seed);
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) talk(seed);
        std::this_thread::sleep_for(std::chrono::nanoseconds(random() % std::uint64_t(longest.count())));
        ::kill(child, SIGKILL);
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself with " << WEXITSTATUS(status);
    }

    void look() {
        HistoryStore store = open();
        EXPECT_NE(store.openReport().outcome, OpenOutcome::salvaged) << store.openReport().summary;
        ASSERT_OK(store.checkIntegrity());
        if (told_->question) {
            EXPECT_EQ(valueOf(store.message(told_->question)).text, "question");
        }
        const MessageId id = told_->answer;
        if (!id) return;
        const Message read = valueOf(store.message(id));
        EXPECT_FALSE(read.growing);
        const std::string least = textOf(std::uint64_t(id), told_->stored);
        const std::string most = textOf(std::uint64_t(id), told_->attempted);
        ASSERT_TRUE(read.text == least || read.text == most)
            << "answer " << id << " has " << read.text.size() << " bytes, stored were " << least.size();
        if (told_->answerFinished) {
            EXPECT_EQ(read.status, MessageStatus::complete);
        } else if (read.status == MessageStatus::partial) {
            EXPECT_THAT(store.openReport().interruptedAnswers, testing::ElementsAre(id));
        } else {
            EXPECT_EQ(read.status, MessageStatus::complete); // finished, but not yet told
        }
    }

    Told* told_ = nullptr;
};

TEST_F(HistoryKill, history_keepsTheMessageWhenKilledMidAnswer) {
    const int rounds = roundCount("TRAMONTANE_KILL_ROUNDS", 300);
    int opened = 0, inAnswer = 0, finished = 0;
    const std::chrono::nanoseconds longest = 2 * timeToFinish();
    for (int round = 0; round < rounds; ++round) {
        SCOPED_TRACE("round (and seed) " + std::to_string(round));
        if (round % 60 == 0) // not too large a file
            for (const auto& entry : std::filesystem::directory_iterator(folder()))
                std::filesystem::remove(entry.path());
        liveAndBeKilled(std::uint64_t(round), longest);
        if (HasFatalFailure()) return;
        look();
        if (HasFailure()) return;
        opened += told_->opened;
        inAnswer += told_->answer && !told_->answerFinished;
        finished += told_->finished;
    }
    // The kills did fall where they should.
    EXPECT_GT(opened, rounds / 4);
    EXPECT_GT(inAnswer, rounds / 8);
    EXPECT_GT(finished, 0);
    std::printf("%d kills: %d after opening, %d within an answer, %d answers finished\n", rounds, opened, inAnswer,
                finished);
}

} // namespace
} // namespace tramontane
