// Packed weights that come back from a file are the ones that were packed, or do not come back at all.
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/cpu/weights_cache.h"
#include "tests/core/cpu/model_fixture.h"

namespace tramontane {
namespace {

namespace fs = std::filesystem;
using testing::append;
using testing::ModelRecipe;
using testing::randomTokens;
using testing::TemporaryFolder;
using testing::TestModel;

class WeightsCacheTest : public ::testing::Test {
protected:
    // Act-orders that differ, so that nothing fuses, zeros of their own, and biases: every field has something in it.
    static ModelRecipe recipe(std::uint32_t seed = 1) {
        ModelRecipe made;
        made.actOrder = true;
        made.sharedOrders = false;
        made.symmetric = false;
        made.bias = true;
        made.seed = seed;
        return made;
    }
    WeightsCacheOptions options() const {
        return {.directory = folder.path() / "weights", .leastBytes = 0, .spareDiskBytes = 0};
    }
    WeightsCache cacheOf(TestModel& model) const { return WeightsCache(options(), model.views()); }
    CpuWeights packed(const ModelViews& views) {
        Result<CpuWeights> weights = loadCpuWeights(views, kernelsFor(bestInstructionSet()), pool, {}, {});
        EXPECT_TRUE(weights.ok());
        return std::move(*weights);
    }
    void store(const WeightsCache& cache, const CpuWeights& weights) {
        ASSERT_TRUE(cache.wants(weights));
        const Result<void> stored = cache.store(weights, {});
        ASSERT_TRUE(stored.ok()) << stored.error().message;
    }
    std::optional<CpuWeights> load(const WeightsCache& cache) {
        Result<std::optional<CpuWeights>> loaded = cache.load(pool, {}, {});
        EXPECT_TRUE(loaded.ok());
        return std::move(*loaded);
    }
    int files() const {
        std::error_code error;
        return static_cast<int>(
            std::distance(fs::directory_iterator(folder.path() / "weights", error), fs::directory_iterator()));
    }
    // The logits of a backend that keeps weights, and by which way it came to them.
    std::vector<float> logits(TestModel& model, std::string& stage) {
        CpuBackendOptions chosen{.threads = 2};
        chosen.weightsCache = options();
        chosen.weightsCache.finishesWriting = true;
        const auto progress = [&](double, std::string_view what) {
            if (what != "ready") stage = what;
        };
        Result<std::unique_ptr<Backend>> backend = makeCpuBackend(model.views(), chosen, progress, {});
        EXPECT_TRUE(backend.ok());
        std::mt19937 random(7);
        return append(**backend, *(*backend)->createSequence(), randomTokens(20, 400, random), LogitsWanted::all);
    }

    TemporaryFolder folder;
    ThreadPool pool{2};
};

TEST_F(WeightsCacheTest, cache_givesTheSameLogitsBitForBit) {
    for (const bool fused : {false, true}) {
        ModelRecipe made = recipe(fused ? 2 : 1);
        made.sharedOrders = fused;
        TestModel model(made);
        std::string stage;
        const std::vector<float> first = logits(model, stage);
        EXPECT_EQ(stage, "packing weights");
        const std::vector<float> second = logits(model, stage);
        EXPECT_EQ(stage, "reading packed weights");
        EXPECT_EQ(first, second);
    }
    EXPECT_EQ(files(), 2);
}

TEST_F(WeightsCacheTest, cache_keepsNothingForOthersToRead) {
    TestModel model(recipe());
    const WeightsCache cache = cacheOf(model);
    store(cache, packed(model.views()));
    const auto rights = [](const fs::path& path) {
        return fs::status(path).permissions() & (fs::perms::group_all | fs::perms::others_all);
    };
    EXPECT_EQ(rights(cache.file()), fs::perms::none);
    EXPECT_EQ(rights(cache.file().parent_path()), fs::perms::none);
}

TEST_F(WeightsCacheTest, cache_refusesEveryDamageAndRemovesTheFile) {
    TestModel model(recipe());
    const WeightsCache cache = cacheOf(model);
    const CpuWeights weights = packed(model.views());
    store(cache, weights);
    std::ifstream in(cache.file(), std::ios::binary);
    const std::string good{std::istreambuf_iterator<char>(in), {}};
    const auto refuses = [&](const std::string& contents, const std::string& what) {
        std::ofstream(cache.file(), std::ios::binary) << contents;
        EXPECT_FALSE(load(cache).has_value()) << what;
        EXPECT_FALSE(fs::exists(cache.file())) << what;
    };
    std::mt19937 random(3);
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < 64; ++i) places.push_back(i);               // the header
    for (std::size_t i = 64; i < 600; i += 7) places.push_back(i);          // numbers of the table
    for (int i = 0; i < 200; ++i) places.push_back(random() % good.size()); // anywhere
    int padding = 0;
    for (const std::size_t place : places) {
        std::string bad = good;
        bad[place] = static_cast<char>(bad[place] ^ (1 << random() % 8));
        std::ofstream(cache.file(), std::ios::binary) << bad;
        // Between two arrays nothing is stored, and nothing can be damaged.
        if (const std::optional<CpuWeights> loaded = load(cache)) {
            ++padding;
            EXPECT_EQ(std::memcmp(loaded->head.as<char>(), weights.head.as<char>(), weights.head.sizeBytes()), 0);
            EXPECT_GT(place, 600u);
        } else {
            EXPECT_FALSE(fs::exists(cache.file()));
        }
    }
    EXPECT_LT(padding, 150);
    for (const std::size_t length :
         {std::size_t{0}, std::size_t{63}, std::size_t{64}, good.size() / 2, good.size() - 1})
        refuses(good.substr(0, length), "cut to " + std::to_string(length));
    refuses(good + "x", "one byte more");
    // And the model opens as without it, and leaves a good file behind.
    std::ofstream(cache.file(), std::ios::binary) << good.substr(0, good.size() / 2);
    std::string stage;
    const std::vector<float> first = logits(model, stage);
    EXPECT_EQ(stage, "packing weights");
    EXPECT_EQ(first, logits(model, stage));
    EXPECT_EQ(stage, "reading packed weights");
}

TEST_F(WeightsCacheTest, cache_isOfOneSourceOnly) {
    TestModel model(recipe()), other(recipe(9));
    EXPECT_NE(cacheOf(model).file(), cacheOf(other).file());
    // The same files with another time.
    for (const auto& entry : fs::directory_iterator(model.path()))
        if (entry.path().extension() == ".safetensors")
            fs::last_write_time(entry.path(), entry.last_write_time() + std::chrono::seconds(1));
    TestModel touched(model.path());
    EXPECT_NE(cacheOf(model).file(), cacheOf(touched).file());
    // A part of the layers, with and without the head.
    const ModelViews first = partOf(touched.views(), 0, 1), second = partOf(touched.views(), 1, 2);
    const WeightsCache firstCache(options(), first), secondCache(options(), second);
    EXPECT_NE(firstCache.file(), secondCache.file());
    EXPECT_NE(firstCache.file(), cacheOf(touched).file());
    store(firstCache, packed(first));
    EXPECT_TRUE(load(firstCache).has_value());
    EXPECT_FALSE(load(secondCache).has_value());
    // A file that was given another one's name.
    fs::copy_file(firstCache.file(), secondCache.file());
    EXPECT_FALSE(load(secondCache).has_value());
    // A model that did not come from files.
    ModelViews none = model.views();
    none.edition = 0;
    EXPECT_TRUE(WeightsCache(options(), none).file().empty());
}

TEST_F(WeightsCacheTest, cache_worksWithoutAPlaceToWrite) {
    TestModel model(recipe());
    WeightsCacheOptions nowhere = options();
    nowhere.directory = "/proc/nothing/can/be/made/here";
    const WeightsCache cache(nowhere, model.views());
    EXPECT_FALSE(load(cache).has_value());
    EXPECT_FALSE(cache.wants(packed(model.views())));
    EXPECT_FALSE(cache.store(packed(model.views()), {}).ok());
    std::ofstream(folder.path() / "weights") << "a file where the folder should be";
    std::string stage;
    EXPECT_FALSE(logits(model, stage).empty());
    EXPECT_EQ(stage, "packing weights");
}

TEST_F(WeightsCacheTest, cache_wantsLargeModelsAndRoomOnTheDisk) {
    TestModel model(recipe());
    const CpuWeights weights = packed(model.views());
    WeightsCacheOptions changed = options();
    changed.leastBytes = weights.sizeBytes + 1;
    EXPECT_FALSE(WeightsCache(changed, model.views()).wants(weights));
    changed = options();
    changed.mostBytes = weights.sizeBytes - 1;
    EXPECT_FALSE(WeightsCache(changed, model.views()).wants(weights));
    changed = options();
    changed.spareDiskBytes = std::uint64_t{1} << 60;
    EXPECT_FALSE(WeightsCache(changed, model.views()).wants(weights));
    changed.directory.clear();
    EXPECT_FALSE(WeightsCache(changed, model.views()).wants(weights));
}

TEST_F(WeightsCacheTest, cache_keepsTheLatestUsedWithinItsBounds) {
    std::vector<std::unique_ptr<TestModel>> models;
    std::vector<WeightsCache> caches;
    for (std::uint32_t i = 0; i < 4; ++i) {
        models.push_back(std::make_unique<TestModel>(recipe(20 + i)));
        caches.push_back(cacheOf(*models.back()));
    }
    const auto age = [](const WeightsCache& cache, int hours) {
        fs::last_write_time(cache.file(), fs::file_time_type::clock::now() - std::chrono::hours(hours));
    };
    for (int i = 0; i < 3; ++i) {
        store(caches[i], packed(models[i]->views()));
        age(caches[i], 10 - i);
    }
    EXPECT_TRUE(load(caches[0]).has_value()); // used now
    store(caches[3], packed(models[3]->views()));
    EXPECT_EQ(files(), 3);
    EXPECT_FALSE(fs::exists(caches[1].file())) << "the least recently used";
    WeightsCacheOptions tight = options();
    tight.mostBytes = 2 * fs::file_size(caches[0].file()) + 4096;
    const WeightsCache last(tight, models[1]->views());
    store(last, packed(models[1]->views()));
    EXPECT_EQ(files(), 2);
}

TEST_F(WeightsCacheTest, cache_leavesNothingHalfWritten) {
    TestModel model(recipe());
    const WeightsCache cache = cacheOf(model);
    const CpuWeights weights = packed(model.views());
    ASSERT_TRUE(cache.wants(weights));
    std::stop_source stop;
    stop.request_stop();
    const Result<void> stopped = cache.store(weights, stop.get_token());
    ASSERT_FALSE(stopped.ok());
    EXPECT_EQ(stopped.error().kind, ErrorKind::cancelled);
    EXPECT_EQ(files(), 0);
    // What a killed writer left goes; what a living one is at stays.
    const fs::path abandoned = options().directory / "1.weights.1.part",
                   living = options().directory / "2.weights.2.part";
    std::ofstream(abandoned) << "half";
    std::ofstream(living) << "half";
    const int fd = open(living.c_str(), O_RDWR);
    ASSERT_EQ(flock(fd, LOCK_EX), 0);
    store(cache, weights);
    EXPECT_FALSE(fs::exists(abandoned));
    EXPECT_TRUE(fs::exists(living));
    close(fd);
    Result<std::optional<CpuWeights>> loaded = cache.load(pool, {}, stop.get_token());
    ASSERT_FALSE(loaded.ok());
    EXPECT_EQ(loaded.error().kind, ErrorKind::cancelled);
    EXPECT_TRUE(load(cache).has_value()) << "a cancelled load removes nothing";
}

TEST_F(WeightsCacheTest, cache_isWrittenByTwoAtOnce) {
    TestModel model(recipe());
    std::vector<std::thread> programs;
    std::vector<std::vector<float>> all(4);
    for (int i = 0; i < 4; ++i)
        programs.emplace_back([&, i] {
            std::string stage;
            all[i] = logits(model, stage);
        });
    for (std::thread& program : programs) program.join();
    for (const std::vector<float>& one : all) EXPECT_EQ(one, all[0]);
    EXPECT_TRUE(load(cacheOf(model)).has_value());
    EXPECT_EQ(files(), 1);
}

// Each program tidies away parts that nobody holds, and the other may just have made one that it holds a moment later.
TEST_F(WeightsCacheTest, store_survivesTheTidyingOfOthers) {
    std::barrier start(3);
    std::atomic<int> failed = 0;
    std::vector<std::thread> programs;
    for (std::uint32_t seed = 1; seed <= 3; ++seed)
        programs.emplace_back([&, seed] {
            TestModel model(recipe(seed));
            const WeightsCache cache = cacheOf(model);
            ThreadPool own(1);
            const Result<CpuWeights> weights =
                loadCpuWeights(model.views(), kernelsFor(bestInstructionSet()), own, {}, {});
            const bool wanted = weights.ok() && cache.wants(*weights);
            start.arrive_and_wait();
            for (int round = 0; round < 200; ++round) failed += wanted && cache.store(*weights, {}).ok() ? 0 : 1;
        });
    for (std::thread& program : programs) program.join();
    EXPECT_EQ(failed, 0);
    EXPECT_EQ(files(), 3);
}

// The model answers while its weights are written; the thread sanitizer sees where both touch.
TEST_F(WeightsCacheTest, store_onlyReadsWhatTheModelComputesWith) {
    TestModel model(recipe());
    const WeightsCache cache = cacheOf(model);
    const CpuWeights weights = packed(model.views());
    std::barrier start(2);
    std::atomic<bool> done = false;
    std::jthread reader([&] {
        start.arrive_and_wait();
        std::size_t sum = 0;
        do {
            for (const LayerWeights& layer : weights.layers)
                sum += layer.down.linear.columnBlockBytes + layer.down.linear.weights(0)[0];
        } while (!done);
        EXPECT_GT(sum, 0u);
    });
    start.arrive_and_wait();
    for (int round = 0; round < 20; ++round) store(cache, weights);
    done = true;
}

TEST_F(WeightsCacheTest, defaultDirectory_followsTheSpecification) {
    const auto with = [](const char* cache, const char* home) {
        cache != nullptr ? setenv("XDG_CACHE_HOME", cache, 1) : unsetenv("XDG_CACHE_HOME");
        home != nullptr ? setenv("HOME", home, 1) : unsetenv("HOME");
        return defaultWeightsCacheDirectory();
    };
    const char* const oldCache = std::getenv("XDG_CACHE_HOME");
    const char* const oldHome = std::getenv("HOME");
    const std::string cache = oldCache ? oldCache : "", home = oldHome ? oldHome : "";
    EXPECT_EQ(with("/var/tmp/c", "/home/a"), "/var/tmp/c/tramontane/weights");
    EXPECT_EQ(with(nullptr, "/home/a"), "/home/a/.cache/tramontane/weights");
    EXPECT_EQ(with("relative", "/home/a"), "/home/a/.cache/tramontane/weights");
    EXPECT_EQ(with("", nullptr), "");
    with(oldCache ? cache.c_str() : nullptr, oldHome ? home.c_str() : nullptr);
}

} // namespace
} // namespace tramontane
