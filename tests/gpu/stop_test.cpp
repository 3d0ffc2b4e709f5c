// A person who stops an answer while the GPU reads its prompt waits 100 ms at most, wherever in the prompt that is.
//
// The model is the folder that TRAMONTANE_TEST_MODEL names, say a Mistral-7B, or else a random one whose long context
// makes the prompt last.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <optional>
#include <random>
#include <thread>

#include "core/engine/scheduler.h"
#include "gpu/cuda_backend.h"
#include "gpu/device/discovery.h"
#include "tests/core/cpu/model_fixture.h"
#include "tests/gpu/device_vector.h"

namespace tramontane {
namespace {

using testing::ModelRecipe;
using testing::randomTokens;
using testing::TestModel;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kLongestWait = 100ms;
constexpr int kLongestPrompt = 32768, kMostStops = 10;

std::unique_ptr<TestModel> testModel() {
    if (const char* folder = std::getenv("TRAMONTANE_TEST_MODEL"); folder != nullptr && *folder != '\0')
        return std::make_unique<TestModel>(std::filesystem::path(folder));
    return std::make_unique<TestModel>(ModelRecipe{.hidden = 1024,
                                                   .intermediate = 3584,
                                                   .layers = 6,
                                                   .heads = 16,
                                                   .kvHeads = 4,
                                                   .headDim = 64,
                                                   .positions = kLongestPrompt,
                                                   .ropeTheta = 1e6,
                                                   .groupSize = 128});
}

ProducibleTokens allTokens(int count) {
    auto ids = std::make_shared<std::vector<TokenId>>(static_cast<std::size_t>(count));
    std::iota(ids->begin(), ids->end(), 0);
    return ids;
}

// Where the reading of a prompt has come to, for the person who watches it.
struct Progress {
    std::atomic<int> read = -1;
    std::atomic<bool> over = false;
};

struct Stop {
    int read = 0; // tokens of the prompt, when it was asked for
    std::chrono::duration<double, std::milli> waited{};
};

// Reads on in the prompt and stops `pause` after `from` tokens of it have been read: within a pass, most likely. Nothing
// where the prompt was read before that.
std::optional<Stop> stopAt(Scheduler& scheduler, const std::vector<TokenId>& prompt, int from, Clock::duration pause) {
    Progress progress;
    std::stop_source source;
    std::atomic<Clock::time_point> asked{};
    int readThen = 0;
    std::jthread person([&] {
        while (progress.read < from && !progress.over) std::this_thread::yield();
        std::this_thread::sleep_for(pause);
        readThen = progress.read;
        asked = Clock::now();
        source.request_stop();
    });
    JobRequest request;
    request.prompt = prompt;
    request.sampling.maxTokens = 1;
    request.sampling.temperature = 0;
    request.stop = source.get_token();
    request.onPrefill = [&](int read, int) { progress.read = read; };
    const JobResult result = scheduler.run(std::move(request));
    const auto returned = Clock::now();
    progress.over = true;
    person.join();
    EXPECT_NE(result.finishReason, FinishReason::error) << (result.error ? result.error->message : "");
    if (result.finishReason != FinishReason::cancelled) return std::nullopt;
    return Stop{readThen, returned - asked.load()};
}

TEST(Stop, actsWithinATenthOfASecondWhereverThePromptIsRead) {
    REQUIRE_GPU();
    std::random_device device;
    const unsigned seed = device();
    std::mt19937 random(seed);
    const auto model = testModel();
    const auto& config = model->views().config.mistral;
    const int context = std::min(config.maxPositions, kLongestPrompt);
    auto backend = gpu::makeCudaBackend(model->views(), {gpu::discoverGpus().devices.front().ordinal, context}, {}, {});
    ASSERT_TRUE(backend.ok()) << backend.error().message;
    const int piece = (*backend)->info().preferredPrefillTokens, length = context - 1;
    const std::vector<TokenId> prompt = randomTokens(length, config.vocabSize, random);
    Scheduler scheduler(**backend, allTokens(config.vocabSize), {.cache = {.sequences = 2, .tokens = context}});

    // Each stop leaves what was read, and the next goes on from there: the last ones come where attention takes longest.
    // The first is in the first piece of all, with the device cold.
    const int stops = std::clamp(length / (2 * piece), 1, kMostStops);
    Stop worst;
    int inTime = 0;
    for (int i = 0; i < stops; ++i) {
        const auto from = static_cast<int>(static_cast<std::int64_t>(length - piece) * i / stops);
        const std::chrono::microseconds pause(stops > 1 ? random() % 2000 : 0); // one piece may be read in less
        const std::optional<Stop> stop = stopAt(scheduler, prompt, from, pause);
        ASSERT_TRUE(stop) << "the prompt was read before the stop at " << from << " tokens, seed " << seed;
        EXPECT_LE(stop->waited, kLongestWait)
            << "waited " << stop->waited.count() << " ms at " << stop->read << " tokens, seed " << seed;
        if (stop->waited <= kLongestWait) ++inTime;
        if (stop->waited >= worst.waited) worst = *stop;
    }
    std::printf("%d of %d stops in time; the longest wait, %.1f ms, was at %d of %d tokens\n", inTime, stops,
                worst.waited.count(), worst.read, length);

    // And who does not stop gets an answer.
    JobRequest rest;
    rest.prompt = prompt;
    rest.sampling.maxTokens = 1;
    rest.sampling.temperature = 0;
    const JobResult whole = scheduler.run(std::move(rest));
    EXPECT_EQ(whole.finishReason, FinishReason::length) << (whole.error ? whole.error->message : "");
}

} // namespace
} // namespace tramontane
