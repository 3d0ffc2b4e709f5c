// Pieces of a prompt: full ones where a stop acts at once, shorter ones where it would be waited for.
#include "core/engine/prefill_pace.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace tramontane {
namespace {

using namespace std::chrono_literals;

PrefillPace paceOf(int preferred, double stopShare) {
    BackendInfo info;
    info.preferredPrefillTokens = preferred;
    info.stopShare = stopShare;
    return PrefillPace(info);
}

TEST(PrefillPace, keepsTheBackendsPiecesWhereAStopActsAtOnce) {
    PrefillPace pace = paceOf(2048, 0);
    pace.tell(2048, 30s);
    EXPECT_EQ(pace.tokens(), 2048);
}

// 32 layers of which two run on: 170 ms a call are 11 ms of waiting.
TEST(PrefillPace, keepsTheBackendsPiecesWhereOnlyTheCallIsLong) {
    PrefillPace pace = paceOf(2048, 2.0 / 32);
    for (int call = 0; call < 20; ++call) pace.tell(2048, 170ms);
    EXPECT_EQ(pace.tokens(), 2048);
}

TEST(PrefillPace, shortensPiecesThatKeepAStopWaiting) {
    PrefillPace pace = paceOf(2048, 0.25);
    pace.tell(2048, 800ms); // 200 ms of waiting
    EXPECT_EQ(pace.tokens(), 512);
    pace.tell(512, 220ms); // deeper in the prompt
    EXPECT_EQ(pace.tokens(), 448);
}

TEST(PrefillPace, comesBackByDoublingAndNotBeyondTheGoal) {
    PrefillPace pace = paceOf(2048, 1);
    pace.tell(2048, 10s);
    EXPECT_EQ(pace.tokens(), PrefillPace::kFewestTokens);
    pace.tell(64, 5ms);
    EXPECT_EQ(pace.tokens(), 128);
    pace.tell(128, 40ms); // 160 would fit, in whole tiles 128
    EXPECT_EQ(pace.tokens(), 128);
    for (int call = 0; call < 10; ++call) pace.tell(pace.tokens(), 1ms);
    EXPECT_EQ(pace.tokens(), 2048);
}

TEST(PrefillPace, learnsNothingFromTheShortEndOfAPrompt) {
    PrefillPace pace = paceOf(2048, 1);
    pace.tell(2048, 200ms);
    ASSERT_EQ(pace.tokens(), 512);
    pace.tell(3, 20ms); // mostly what any call takes
    EXPECT_EQ(pace.tokens(), 512);
    pace.tell(0, 1s);
    EXPECT_EQ(pace.tokens(), 512);
    pace.tell(100, 100ms); // but this was too long already
    EXPECT_EQ(pace.tokens(), PrefillPace::kFewestTokens);
}

TEST(PrefillPace, keepsWithinWhatTheBackendTakes) {
    PrefillPace pace = paceOf(16, 1);
    pace.tell(16, 10s);
    EXPECT_EQ(pace.tokens(), 16);
    EXPECT_EQ(paceOf(0, 1).tokens(), 1);
}

// A device whose calls take a time for each token and more at depth: no stop waits longer than 100 ms after the
// first piece, and the pieces are no shorter than they must be.
TEST(PrefillPace, readsALongPromptOnASlowDeviceWithinTheWait) {
    constexpr double kShare = 2.0 / 32, kDepth = 15000; // tokens at which attention takes as long as all else
    PrefillPace pace = paceOf(2048, kShare);
    for (int at = 0; at < 32000;) {
        const int count = std::min(pace.tokens(), 32000 - at);
        const double seconds = 0.0006 * count * (1 + (at + count / 2.0) / kDepth);
        if (at > 0) {
            EXPECT_LE(seconds * kShare, 0.1) << "at " << at;
            EXPECT_TRUE(at + count == 32000 || seconds * kShare >= 0.03) << "at " << at;
        }
        pace.tell(count, std::chrono::duration<double>(seconds));
        at += count;
    }
}

} // namespace
} // namespace tramontane
