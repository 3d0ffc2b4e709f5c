// The engine over real files and the CPU backend: opening, refusing, and many answers at once as each would
// be alone.
#include <gtest/gtest.h>

#include "core/engine/chat_engine.h"
#include "core/engine/scheduler.h"
#include "core/model/model_files.h"
#include "tests/support/model_builder.h"

namespace tramontane {
namespace {

using testing::ModelRecipe;
using testing::TemporaryFolder;

class OpenChatEngine : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        folder = std::make_unique<TemporaryFolder>();
        ModelRecipe recipe;
        recipe.actOrder = true;
        recipe.positions = 9000;
        testing::writeModel(folder->path(), recipe);
        testing::writeFile(folder->path() / "generation_config.json",
                           R"({"eos_token_id": 2, "temperature": 0.25, "top_k": 7})");
    }
    static void TearDownTestSuite() { folder.reset(); }
    static ModelOptions options() {
        ModelOptions chosen;
        chosen.directory = folder->path();
        chosen.device = "cpu";
        chosen.threads = 2;
        return chosen;
    }
    static Result<std::unique_ptr<ChatEngine>> open(const ModelOptions& chosen, std::stop_token stop = {}) {
        return ChatEngine::open(chosen, makeCpuBackend, nullptr, stop);
    }

    static inline std::unique_ptr<TemporaryFolder> folder;
};

TEST_F(OpenChatEngine, openChatEngine_describesWhatItOpened) {
    double last = -1;
    bool named = true;
    auto engine = ChatEngine::open(options(), makeCpuBackend,
                                   [&](double fraction, std::string_view stage) {
                                       named &= !stage.empty() && fraction >= last && fraction <= 1;
                                       last = fraction;
                                   },
                                   {});
    ASSERT_TRUE(engine.ok()) << engine.error().message;
    EXPECT_TRUE(named);
    EXPECT_EQ(last, 1);
    const ModelDescription& description = (*engine)->description();
    EXPECT_EQ(description.name, folder->path().filename().string());
    EXPECT_EQ(description.fingerprint.size(), 16u);
    EXPECT_EQ(description.backend.vocabSize, 400);
    EXPECT_EQ(description.backend.contextLength, 8192); // without a wish
    EXPECT_EQ(description.sampling.temperature, 0.25);
    EXPECT_EQ(description.sampling.topK, 7);
    EXPECT_EQ(description.sampling.topP, SamplingSettings{}.topP);
}

TEST_F(OpenChatEngine, openChatEngine_takesAContextTheModelAllows) {
    ModelOptions chosen = options();
    chosen.contextLength = 9000;
    EXPECT_EQ((*open(chosen))->description().backend.contextLength, 9000);
    for (const int wrong : {9001, -1}) {
        chosen.contextLength = wrong;
        const auto engine = open(chosen);
        ASSERT_FALSE(engine.ok());
        EXPECT_EQ(engine.error().kind, ErrorKind::invalidInput);
        EXPECT_NE(engine.error().message.find("9000"), std::string::npos);
    }
}

TEST_F(OpenChatEngine, openChatEngine_failsAsAValue) {
    ModelOptions nowhere = options();
    nowhere.directory = "/nowhere";
    EXPECT_EQ(open(nowhere).error().kind, ErrorKind::notFound);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(open(options(), stop.get_token()).error().kind, ErrorKind::cancelled);
    const auto noMemory = [](const ModelFiles&, const ModelOptions&, const LoadProgress&,
                             std::stop_token) -> Result<std::unique_ptr<Backend>> { throw std::bad_alloc(); };
    EXPECT_EQ(ChatEngine::open(options(), noMemory, nullptr, {}).error().kind, ErrorKind::outOfMemory);
}

TEST_F(OpenChatEngine, openChatEngine_answersTheSameWhatIsCachedOrNot) {
    auto engine = open(options());
    ASSERT_TRUE(engine.ok());
    SamplingSettings sampling;
    sampling.maxTokens = 40;
    sampling.seed = 7;
    GenerationRequest request;
    request.sampling = sampling;
    request.messages = {{Role::user, "a question of some length, so that there is something to reuse", {}, {}}};
    const auto fresh = (*engine)->generate(request, nullptr, nullptr, {});
    const auto again = (*engine)->generate(request, nullptr, nullptr, {});
    EXPECT_EQ(fresh.reusedTokens, 0);
    EXPECT_EQ(again.reusedTokens, fresh.promptTokens - 1);
    EXPECT_EQ(again.ids, fresh.ids);
    EXPECT_EQ(again.text, fresh.text);
}

TEST_F(OpenChatEngine, scheduler_answersInABatchAsAloneOnTheCpu) {
    auto files = ModelFiles::open(folder->path());
    ASSERT_TRUE(files.ok());
    ModelOptions chosen = options();
    chosen.contextLength = 256;
    auto backend = makeCpuBackend(*files, chosen, [](double, std::string_view) {}, {});
    ASSERT_TRUE(backend.ok()) << backend.error().message;
    const auto producible =
        producibleTokens(*files->tokenizer(), (*backend)->info().vocabSize, std::vector<TokenId>{2});
    const auto request = [&](int i) {
        JobRequest job;
        for (int j = 0; j < 3 + 5 * i; ++j) job.prompt.push_back(20 + (i * 31 + j * 17) % 300);
        job.sampling.maxTokens = 20 + i;
        job.sampling.temperature = i % 2 ? 0 : 1;
        job.seed = static_cast<std::uint64_t>(i);
        return job;
    };
    constexpr int jobs = 8;
    std::vector<std::vector<TokenId>> alone;
    for (int i = 0; i < jobs; ++i) {
        Scheduler scheduler(**backend, producible);
        const auto result = scheduler.run(request(i));
        ASSERT_FALSE(result.error.has_value()) << result.error->message;
        alone.push_back(result.ids);
    }
    Scheduler scheduler(**backend, producible, {.activeJobs = 5, .cache = {}});
    std::vector<JobId> ids;
    for (int i = 0; i < jobs; ++i) ids.push_back(scheduler.submit(request(i)));
    while (scheduler.step()) {
    }
    for (int i = 0; i < jobs; ++i)
        EXPECT_EQ(scheduler.take(ids[static_cast<std::size_t>(i)])->ids, alone[static_cast<std::size_t>(i)]) << i;
}

} // namespace
} // namespace tramontane
