// What goes wrong is an error value, soon, and every sequence is as it was.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <thread>

#include <unistd.h>

#include "core/cpu/half.h"
#include "tests/core/cpu/model_fixture.h"

namespace tramontane {
namespace {

using Clock = std::chrono::steady_clock;
using testing::append;
using testing::ModelRecipe;
using testing::randomTokens;
using testing::TestModel;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true; // everything takes many times as long, and freed memory is kept for a while
#else
constexpr bool kSanitized = false;
#endif

double millisecondsSince(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// The two backends refuse alike.
class BackendErrorsTest : public ::testing::TestWithParam<bool> {
protected:
    TestModel model{ModelRecipe{.layers = 1, .positions = 128}};
    std::unique_ptr<Backend> backend = GetParam() ? model.fast() : model.reference();

    ErrorKind kindOf(std::span<const BatchPiece> pieces, std::stop_token stop = {}) {
        const Result<std::span<const float>> result = backend->forward(pieces, std::move(stop));
        EXPECT_FALSE(result.ok());
        return result.ok() ? ErrorKind::internal : result.error().kind;
    }
    ErrorKind kindOf(SequenceId sequence, const std::vector<TokenId>& tokens, std::stop_token stop = {}) {
        const BatchPiece piece{sequence, tokens, LogitsWanted::last};
        return kindOf({&piece, 1}, std::move(stop));
    }
    void expectStillRight(SequenceId sequence, std::vector<TokenId> text) {
        ASSERT_EQ(backend->sequenceLength(sequence), static_cast<int>(text.size()));
        const SequenceId fresh = *backend->createSequence(), fork = *backend->forkSequence(sequence);
        text.push_back(9);
        EXPECT_EQ(append(*backend, fork, {9}), append(*backend, fresh, text));
    }
};

TEST_P(BackendErrorsTest, wrongTokensAndSequencesAreNamed) {
    const SequenceId sequence = *backend->createSequence(), other = *backend->createSequence();
    append(*backend, sequence, {1, 2, 3});
    EXPECT_EQ(kindOf(sequence, {5, -1}), ErrorKind::invalidInput);
    EXPECT_EQ(kindOf(sequence, {5, 400}), ErrorKind::invalidInput);
    EXPECT_EQ(kindOf(SequenceId{999}, {5}), ErrorKind::invalidInput);
    const std::vector<TokenId> good{4}, bad{400};
    const BatchPiece twice[] = {{sequence, good, LogitsWanted::last}, {sequence, good, LogitsWanted::last}};
    EXPECT_EQ(kindOf(twice), ErrorKind::invalidInput);
    const BatchPiece mixed[] = {{sequence, good, LogitsWanted::last}, {other, bad, LogitsWanted::last}};
    EXPECT_EQ(kindOf(mixed), ErrorKind::invalidInput);
    EXPECT_FALSE(backend->truncateSequence(sequence, 4).ok());
    EXPECT_FALSE(backend->truncateSequence(sequence, -1).ok());
    EXPECT_FALSE(backend->truncateSequence(SequenceId{999}, 0).ok());
    EXPECT_FALSE(backend->forkSequence(SequenceId{999}).ok());
    backend->releaseSequence(SequenceId{999});
    expectStillRight(sequence, {1, 2, 3});
    EXPECT_EQ(backend->sequenceLength(other), 0);
}

TEST_P(BackendErrorsTest, moreThanTheContextHoldsIsRefusedBeforeAnythingIsLost) {
    const SequenceId sequence = *backend->createSequence();
    EXPECT_EQ(backend->info().contextLength, 128);
    std::mt19937 random(5);
    const std::vector<TokenId> text = randomTokens(120, 400, random);
    append(*backend, sequence, text);
    EXPECT_EQ(kindOf(sequence, randomTokens(9, 400, random)), ErrorKind::contextFull);
    expectStillRight(sequence, text);
    append(*backend, sequence, randomTokens(8, 400, random));
    EXPECT_EQ(kindOf(sequence, {1}), ErrorKind::contextFull);
}

TEST_P(BackendErrorsTest, aCancelledCallChangesNothing) {
    const SequenceId sequence = *backend->createSequence();
    append(*backend, sequence, {1, 2, 3});
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(kindOf(sequence, {4, 5, 6}, stop.get_token()), ErrorKind::cancelled);
    expectStillRight(sequence, {1, 2, 3});
}

TEST_P(BackendErrorsTest, anEmptyBatchAndAnEmptyPieceAreNoErrors) {
    EXPECT_TRUE(backend->forward({}, {}).ok());
    const SequenceId sequence = *backend->createSequence();
    EXPECT_TRUE(append(*backend, sequence, {}).empty());
    EXPECT_EQ(append(*backend, sequence, {1, 2}, LogitsWanted::none).size(), 0u);
    EXPECT_EQ(append(*backend, sequence, {}, LogitsWanted::all).size(), 0u);
    expectStillRight(sequence, {1, 2});
}

TEST_P(BackendErrorsTest, aModelThatChangedOnDiskIsNoticed) {
    const SequenceId sequence = *backend->createSequence();
    append(*backend, sequence, {1, 2, 3});
    const auto file = model.path() / "model.safetensors";
    ASSERT_EQ(::truncate(file.c_str(), static_cast<off_t>(std::filesystem::file_size(file) / 2)), 0);
    EXPECT_EQ(kindOf(sequence, {4}), ErrorKind::changedOnDisk);
    EXPECT_EQ(backend->sequenceLength(sequence), 3);
}

INSTANTIATE_TEST_SUITE_P(Both, BackendErrorsTest, ::testing::Bool(),
                         [](const auto& chosen) { return chosen.param ? "fast" : "reference"; });

TEST(CpuBackendErrors, aNumberThatIsNoneIsANumericErrorAndTheRestStaysUsable) {
    TestModel model({.layers = 1});
    std::vector<std::byte> embedding(model.views().embedding.bytes.begin(), model.views().embedding.bytes.end());
    const std::size_t rowBytes = static_cast<std::size_t>(model.views().embedding.columns) * 2;
    const std::uint16_t infinity = 0x7c00;
    std::memcpy(embedding.data() + 17 * rowBytes + 6, &infinity, 2);
    model.views().embedding.bytes = embedding;
    for (const InstructionSet set : usableInstructionSets()) {
        const auto backend = model.fast({.instructionSet = set, .threads = 2});
        const SequenceId sequence = *backend->createSequence();
        append(*backend, sequence, {1, 2});
        const std::vector<TokenId> poison{17};
        const BatchPiece piece{sequence, poison, LogitsWanted::last};
        const Result<std::span<const float>> result = backend->forward({&piece, 1}, {});
        ASSERT_FALSE(result.ok()) << instructionSetName(set);
        EXPECT_EQ(result.error().kind, ErrorKind::numeric);
        EXPECT_EQ(backend->sequenceLength(sequence), 2);
        const SequenceId fresh = *backend->createSequence();
        EXPECT_EQ(append(*backend, sequence, {3}), append(*backend, fresh, {1, 2, 3}));
    }
}

TEST(CpuBackendErrors, aCacheThatDoesNotFitIsAnErrorAndTheSequenceGoesOnWhenThereIsRoom) {
    TestModel model({.layers = 1});
    std::atomic<std::uint64_t> free{std::uint64_t{1} << 30};
    const auto backend = model.fast({.threads = 2, .availableMemory = [&] { return free.load(); }});
    const SequenceId sequence = *backend->createSequence();
    std::mt19937 random(3);
    std::vector<TokenId> text = randomTokens(64, 400, random);
    append(*backend, sequence, text);
    free = 1000;
    const std::vector<TokenId> more{5};
    const BatchPiece piece{sequence, more, LogitsWanted::last};
    const Result<std::span<const float>> refused = backend->forward({&piece, 1}, {});
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::outOfMemory);
    EXPECT_EQ(backend->sequenceLength(sequence), 64);
    free = std::uint64_t{1} << 30;
    const SequenceId fresh = *backend->createSequence();
    text.push_back(5);
    EXPECT_EQ(append(*backend, sequence, more), append(*backend, fresh, text));
}

TEST(CpuBackendErrors, cancellingInMidPrefillActsWithin100Milliseconds) {
    // Wide enough that the prompt takes seconds if nobody stops it.
    TestModel model({.hidden = 1024,
                     .intermediate = 4096,
                     .layers = 4,
                     .heads = 8,
                     .kvHeads = 2,
                     .headDim = 128,
                     .positions = 8192,
                     .groupSize = 128,
                     .actOrder = true});
    for (const InstructionSet set : usableInstructionSets()) {
        const auto backend = model.fast({.instructionSet = set, .threads = 2});
        const SequenceId sequence = *backend->createSequence();
        std::mt19937 random(3);
        const std::vector<TokenId> text = randomTokens(8000, 400, random);
        std::stop_source stop;
        std::atomic<Clock::time_point> asked{};
        std::thread person([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(80));
            asked = Clock::now();
            stop.request_stop();
        });
        const BatchPiece piece{sequence, text, LogitsWanted::last};
        const Result<std::span<const float>> result = backend->forward({&piece, 1}, stop.get_token());
        const double late = millisecondsSince(asked.load());
        person.join();
        ASSERT_FALSE(result.ok());
        EXPECT_EQ(result.error().kind, ErrorKind::cancelled);
        EXPECT_LE(late, kSanitized ? 3000.0 : 100.0) << instructionSetName(set);
        EXPECT_EQ(backend->sequenceLength(sequence), 0);
    }
}

long residentKilobytes() {
    std::ifstream file("/proc/self/status");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("RssAnon:")) return std::strtol(line.c_str() + 8, nullptr, 10);
    return 0;
}

TEST(CpuBackendErrors, aCancelledLoadGivesItsMemoryBack) {
    TestModel model({.hidden = 1024,
                     .intermediate = 4096,
                     .layers = 6,
                     .heads = 8,
                     .kvHeads = 2,
                     .headDim = 128,
                     .groupSize = 128,
                     .actOrder = true});
    const auto loadUntil = [&](double fraction) {
        std::stop_source stop;
        double reached = 0;
        const LoadProgress progress = [&](double done, std::string_view) {
            EXPECT_GE(done, reached);
            reached = done;
            if (done >= fraction) stop.request_stop();
        };
        return makeCpuBackend(model.views(), {.threads = 2}, progress, stop.get_token());
    };
    ASSERT_TRUE(loadUntil(2.0).ok()); // what the first load leaves with the allocator is no leak
    const long before = residentKilobytes();
    for (const double fraction : {0.0, 0.3, 0.8}) {
        const Result<std::unique_ptr<Backend>> result = loadUntil(fraction);
        ASSERT_FALSE(result.ok());
        EXPECT_EQ(result.error().kind, ErrorKind::cancelled);
    }
    // The packed model has 40 MB; a fifth of it would show.
    const long allowed = kSanitized ? 100000 : 8000;
    EXPECT_LE(residentKilobytes() - before, allowed);
}

} // namespace
} // namespace tramontane
