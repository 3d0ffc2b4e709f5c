// The disk fails at the n-th operation, for every n, once or until it is mended: an error as a value, the same store
// works afterwards, nothing is lost, nothing is there twice.
#include "core/history/open_store.h"
#include "store_fixture.h"

namespace tramontane {
namespace {

using testing::ElementsAre;

enum class Lasting { once, untilMended };

struct Fault {
    int code;
    Lasting lasting;
    const char* name;
};

class HistoryIoFault : public StoreTest, public testing::WithParamInterface<Fault> {
protected:
    HistoryIoFault() {
        vfs_.setHook([this](FileOperation operation) {
            // What SQLite does not look at the outcome of cannot be failed: closing, and asking for the size and
            // locks only with codes of their own.
            if (operation == FileOperation::close) return int(SQLITE_OK);
            ++operations_;
            if (failAt_ == 0 || operations_ < failAt_) return int(SQLITE_OK);
            if (GetParam().lasting == Lasting::once && operations_ > failAt_) return int(SQLITE_OK);
            failed_ = true;
            const bool writes = operation == FileOperation::write || operation == FileOperation::truncate ||
                                operation == FileOperation::sync;
            return writes ? GetParam().code : int(SQLITE_IOERR);
        });
    }

    // Does what a person and an answer do, each step again until it succeeds, mending the disk after an error.
    void live() {
        std::optional<HistoryStore> store;
        const auto again = [&](auto step) {
            for (int tries = 0;; ++tries) {
                auto done = step();
                if (done.ok()) return std::move(done).value();
                ++errors_;
                EXPECT_THAT(done.error().kind, testing::AnyOf(ErrorKind::io, ErrorKind::busy)) << done.error().message;
                if (tries > 3) throw std::runtime_error("never succeeds: " + done.error().message);
                failAt_ = 0; // mended
            }
        };
        const auto reopen = [&] {
            store.reset();
            store = again([&] { return HistoryStore::open(file(), options()); });
            EXPECT_NE(store->openReport().outcome, OpenOutcome::salvaged) << store->openReport().summary;
        };
        reopen();
        again([&] { return store->setDraft(0, "draft"); });
        const auto started = again([&] {
            NewMessage sent{0, {}, Role::user, "question"};
            sent.clearsDraft = true;
            return store->startConversation({"title"}, sent);
        });
        const MessageId id =
            again([&] { return store->appendMessage(answer(started.conversationId, started.messageId)); });
        again([&] { return store->updateAnswer(id, "ans"); });
        again([&] { return store->updateAnswer(id, std::string(9000, 'a')); }); // over several pages
        reopen(); // as after a crash: finds a growing answer
        again([&] { return store->resumeAnswer(id); });
        again([&] { return store->finishAnswer(id, "answer", MessageStatus::complete, AnswerFigures{}); });
        const MessageId second =
            again([&] { return store->appendMessage(question(started.conversationId, id, "second")); });
        again([&] { return store->deleteMessage(second); });
        EXPECT_EQ(again([&] { return store->search(patiently({"question answer"})); }).hits.size(), 0u);
        EXPECT_EQ(again([&] { return store->search(patiently({"answer"})); }).hits.size(), 1u);
        again([&] { return store->savePreset("p", "{}"); });
        const auto gone = again([&] { return store->startConversation({"gone"}, {0, {}, Role::user, "purged"}); });
        again([&]() -> Result<void> {
            const Result<void> purged = store->purgeConversation(gone.conversationId);
            // The call before failed in its very last step.
            if (!purged.ok() && purged.error().kind == ErrorKind::notFound && errors_ > 0) return {};
            return purged;
        });
        again([&] { return store->deleteConversation(started.conversationId); });
        again([&] { return store->undeleteConversation(started.conversationId); });
        again([&] { return store->conversations(); });
        failAt_ = 0;
        operationsToFail_ = operations_;

        EXPECT_EQ(valueOf(store->conversations()).size(), 1u);
        EXPECT_EQ(valueOf(store->draft(0)), "");
        EXPECT_THAT(texts(valueOf(store->currentBranch(started.conversationId))), ElementsAre("question", "answer"));
        EXPECT_THAT(valueOf(store->children(started.messageId)), ElementsAre(id));
        ASSERT_OK(store->checkIntegrity());
        store.reset();
        store = open();
        EXPECT_THAT(texts(valueOf(store->currentBranch(started.conversationId))), ElementsAre("question", "answer"));
        EXPECT_EQ(valueOf(store->search(patiently({"question"}))).hits.size(), 1u);
        ASSERT_OK(store->checkIntegrity());
    }

    void clean() {
        for (const auto& entry : std::filesystem::directory_iterator(folder())) std::filesystem::remove(entry.path());
    }

    int operations_ = 0, operationsToFail_ = 0, failAt_ = 0, errors_ = 0;
    bool failed_ = false;
};

TEST_P(HistoryIoFault, history_survivesEveryFailedOperation) {
    const int step = roundCount("TRAMONTANE_FAULT_STEP", 5); // 1: every operation there is
    live();                                                  // without a fault
    const int all = operationsToFail_;
    ASSERT_GT(all, 200);
    int withError = 0;
    for (int n = 1 + int(GetParam().code) % step; n <= all; n += step) {
        SCOPED_TRACE("operation " + std::to_string(n) + " of " + std::to_string(all));
        clean();
        operations_ = errors_ = 0;
        failed_ = false;
        failAt_ = n;
        live();
        if (testing::Test::HasFailure()) return;
        EXPECT_TRUE(failed_);
        withError += errors_ > 0;
    }
    // Some faults are harmless (a read that is tried again); most are not.
    EXPECT_GT(withError, all / step / 4);
    RecordProperty("operations", all);
    RecordProperty("reported", withError);
}

INSTANTIATE_TEST_SUITE_P(Disk, HistoryIoFault,
                         testing::Values(Fault{SQLITE_FULL, Lasting::once, "FullOnce"},
                                         Fault{SQLITE_FULL, Lasting::untilMended, "FullUntilMended"},
                                         Fault{SQLITE_IOERR_FSYNC, Lasting::once, "ErrorOnce"},
                                         Fault{SQLITE_IOERR_FSYNC, Lasting::untilMended, "ErrorUntilMended"}),
                         [](const auto& fault) { return fault.param.name; });

} // namespace
} // namespace tramontane
