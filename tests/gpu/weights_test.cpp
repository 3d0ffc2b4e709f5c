// Every variant of a checkpoint lies on the device as the layout says, and a load that ends early leaves nothing there.
#include "gpu/kernels/head.h"
#include "gpu/weights.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <functional>
#include <numeric>

#include "gpu/model_fit.h"
#include "tests/core/cpu/model_fixture.h"
#include "tests/gpu/packed_fixture.h"

namespace tramontane::gpu {
namespace {

using testing::ModelRecipe;
using testing::PackedFixture;
using testing::TestModel;

struct Variant {
    const char* name;
    ModelRecipe recipe;
    std::size_t queryKeyValue = 1, gateUp = 1; // linears
};

std::vector<Variant> variants() {
    return {
        {"groups of 32, v1, symmetric", {}},
        {"act-order", {.groupSize = 32, .actOrder = true}},
        {"act-order, each linear its own", {.groupSize = 64, .actOrder = true, .sharedOrders = false}, 3, 2},
        {"asymmetric, v2 zeros, groups of 64",
         {.groupSize = 64, .actOrder = true, .symmetric = false, .zerosV2 = true}},
        {"symmetric, v2 zeros", {.groupSize = 64, .zerosV2 = true}},
        {"asymmetric, v1 zeros, bias", {.groupSize = 128, .symmetric = false, .bias = true}},
        {"own orders, bias, asymmetric",
         {.groupSize = 32, .actOrder = true, .sharedOrders = false, .symmetric = false, .bias = true},
         3,
         2},
        {"one group", {.groupSize = -1, .symmetric = false}},
        {"bf16, tied head", {.tiedHead = true, .groupSize = 128, .actOrder = true, .dense = DType::bf16}},
        {"f32", {.groupSize = 128, .dense = DType::f32}},
        {"inputs that fill no chunk",
         {.hidden = 160,
          .intermediate = 416,
          .heads = 4,
          .kvHeads = 2,
          .headDim = 64,
          .vocab = 401,
          .groupSize = 32,
          .actOrder = true}},
        {"heads of 96",
         {.hidden = 192,
          .intermediate = 384,
          .heads = 4,
          .kvHeads = 4,
          .headDim = 96,
          .groupSize = 64,
          .actOrder = true}},
        {"heads of 128",
         {.hidden = 256,
          .intermediate = 512,
          .heads = 4,
          .kvHeads = 1,
          .headDim = 128,
          .groupSize = 128,
          .actOrder = true}},
    };
}

template <class T>
std::vector<T> download(const T* from, std::size_t count) {
    std::vector<T> values(count);
    EXPECT_EQ(cudaMemcpy(values.data(), from, count * sizeof(T), cudaMemcpyDeviceToHost), cudaSuccess);
    return values;
}

std::vector<std::int32_t> rowsByGroup(const GptqView& view) {
    std::vector<std::int32_t> rows(static_cast<std::size_t>(view.inputs));
    std::iota(rows.begin(), rows.end(), 0);
    std::stable_sort(rows.begin(), rows.end(), [&](int a, int b) { return gptqGroup(view, a) < gptqGroup(view, b); });
    return rows;
}

struct Place {
    const GptqView* view = nullptr; // null: padding
    int column = 0;
};

float biasAt(const GptqView& view, int column) {
    if (view.bias.empty()) return 0;
    __half bias;
    std::memcpy(&bias, view.bias.data() + static_cast<std::size_t>(column) * 2, 2);
    return __half2float(bias);
}

// Compares a linear with what the description makes of the places of its packed outputs.
void expectLinear(const DeviceLinear& linear, const std::function<Place(int)>& place, const GptqView& source,
                  bool isDown) {
    const std::vector<std::int32_t> rows = rowsByGroup(source);
    const PackedShape& shape = linear.shape;
    ASSERT_EQ(shape.inputs, source.inputs);
    ASSERT_EQ(shape.packedInputs(), (source.inputs + 127) / 128 * 128);
    bool zeros = false, bias = false;
    for (int n = 0; n < shape.packedOutputs(); ++n) {
        const Place at = place(n);
        if (at.view == nullptr) continue;
        for (int g = 0; g < source.groups; ++g) zeros = zeros || gptqZero(*at.view, g, at.column) != 8;
        bias = bias || biasAt(*at.view, at.column) != 0;
    }
    EXPECT_EQ(shape.hasZeros, zeros);
    EXPECT_EQ(linear.bias != nullptr, bias);
    const auto isPadding = [&](int k, const Place& at) { return at.view == nullptr || k >= source.inputs; };
    const auto groupOf = [&](int k, const Place& at) { return gptqGroup(*at.view, rows[static_cast<std::size_t>(k)]); };
    const std::vector<std::uint8_t> expected = PackedFixture::pack(
        shape,
        [&](int k, int n) {
            const Place at = place(n);
            return isPadding(k, at) ? 8 : gptqQuant(*at.view, rows[static_cast<std::size_t>(k)], at.column);
        },
        [&](int k, int n) {
            const Place at = place(n);
            return isPadding(k, at) ? 0.0f : gptqScale(*at.view, groupOf(k, at), at.column);
        },
        [&](int k, int n) {
            const Place at = place(n);
            return isPadding(k, at) ? 8 : gptqZero(*at.view, groupOf(k, at), at.column);
        });
    const std::vector<std::uint8_t> got = download(linear.tiles, shape.sizeBytes());
    const auto difference = std::mismatch(got.begin(), got.end(), expected.begin(), expected.end());
    ASSERT_TRUE(difference.first == got.end()) << "byte " << difference.first - got.begin() << " of " << got.size();
    if (bias) {
        const std::vector<float> biases = download(linear.bias, static_cast<std::size_t>(shape.packedOutputs()));
        for (int n = 0; n < shape.packedOutputs(); ++n) {
            const Place at = place(n);
            EXPECT_EQ(biases[static_cast<std::size_t>(n)], at.view == nullptr ? 0.0f : biasAt(*at.view, at.column))
                << n;
        }
    }
    const bool sorted = std::is_sorted(rows.begin(), rows.end());
    ASSERT_EQ(linear.inputOrder != nullptr, !sorted && !isDown);
    if (linear.inputOrder == nullptr) return;
    const std::vector<int> order = download(linear.inputOrder, static_cast<std::size_t>(source.inputs));
    for (int p = 0; p < source.inputs; ++p)
        ASSERT_EQ(order[static_cast<std::size_t>(rows[static_cast<std::size_t>(p)])], p);
}

// Column of a row of tiles in rotary order.
int rotaryColumn(int n, int headDim) {
    return n / headDim * headDim + n % headDim / 16 * 8 + n % 8 + (n % 16 < 8 ? 0 : headDim / 2);
}

void expectLayer(const GpuLayer& layer, const LayerViews& views, int headDim) {
    const int queries = views.query.outputs, keys = views.key.outputs;
    if (layer.queryKeyValue.size() == 1) {
        const DeviceLinear& fused = layer.queryKeyValue[0];
        EXPECT_EQ(fused.columnOrder, ColumnOrder::rotary);
        EXPECT_EQ(fused.rotaryTiles, (queries + keys) / 16);
        EXPECT_EQ(fused.headDim, headDim);
        EXPECT_EQ(fused.shape.packedOutputs(), queries + 2 * keys);
        expectLinear(
            fused,
            [&](int n) {
                const int column = n < queries + keys ? rotaryColumn(n, headDim) : n;
                if (column < queries) return Place{&views.query, column};
                if (column < queries + keys) return Place{&views.key, column - queries};
                return Place{&views.value, column - queries - keys};
            },
            views.query, false);
    } else {
        const GptqView* parts[] = {&views.query, &views.key, &views.value};
        for (std::size_t i = 0; i < 3; ++i) {
            SCOPED_TRACE(::testing::Message() << "part " << i << " of q, k, v");
            const DeviceLinear& linear = layer.queryKeyValue[i];
            EXPECT_EQ(linear.columnOrder, i < 2 ? ColumnOrder::rotary : ColumnOrder::plain);
            EXPECT_EQ(linear.rotaryTiles, i < 2 ? linear.shape.tiles : 0);
            expectLinear(
                linear,
                [&, i](int n) {
                    return Place{parts[i], i < 2 ? rotaryColumn(n, headDim) : n};
                },
                *parts[i], false);
        }
    }
    const auto plain = [](const GptqView& view) {
        return [&view](int n) { return n < view.outputs ? Place{&view, n} : Place{}; };
    };
    EXPECT_EQ(layer.output.columnOrder, ColumnOrder::plain);
    expectLinear(layer.output, plain(views.output), views.output, false);
    EXPECT_EQ(layer.down.columnOrder, ColumnOrder::plain);
    expectLinear(layer.down, plain(views.down), views.down, true);

    const std::vector<std::int32_t> downRows = rowsByGroup(views.down);
    const auto feed = [&](const GptqView& view, int packed) {
        return packed < views.down.inputs ? Place{&view, downRows[static_cast<std::size_t>(packed)]} : Place{};
    };
    if (layer.gateUp.size() == 1) {
        EXPECT_EQ(layer.gateUp[0].columnOrder, ColumnOrder::gateUp);
        EXPECT_EQ(layer.gateUp[0].shape.packedOutputs(), 2 * layer.down.shape.packedInputs());
        expectLinear(
            layer.gateUp[0], [&](int n) { return feed(n % 16 < 8 ? views.gate : views.up, n / 16 * 8 + n % 8); },
            views.gate, false);
    } else {
        const GptqView* parts[] = {&views.gate, &views.up};
        for (std::size_t i = 0; i < 2; ++i) {
            EXPECT_EQ(layer.gateUp[i].columnOrder, ColumnOrder::plain);
            EXPECT_EQ(layer.gateUp[i].shape.packedOutputs(), layer.down.shape.packedInputs());
            expectLinear(
                layer.gateUp[i], [&, i](int n) { return feed(*parts[i], n); }, *parts[i], false);
        }
    }
}

float denseAt(const DenseView& view, std::size_t i) {
    if (view.dtype == DType::f32) {
        float value;
        std::memcpy(&value, view.bytes.data() + i * 4, 4);
        return value;
    }
    std::uint16_t bits;
    std::memcpy(&bits, view.bytes.data() + i * 2, 2);
    if (view.dtype == DType::bf16) return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
    return __half2float(std::bit_cast<__half>(bits));
}

void expectFloats(const float* got, const DenseView& view) {
    const std::vector<float> values = download(got, static_cast<std::size_t>(view.columns));
    for (std::size_t i = 0; i < values.size(); ++i) ASSERT_EQ(values[i], denseAt(view, i)) << i;
}

void expectHalves(const __half* got, const DenseView& view) {
    const std::vector<__half> values = download(got, static_cast<std::size_t>(view.rows) * view.columns);
    for (std::size_t i = 0; i < values.size(); ++i)
        ASSERT_EQ(__half2float(values[i]), __half2float(__float2half(denseAt(view, i)))) << i;
}

// In tiles of 16 rows (kernels/head.h).
void expectHead(const __half* got, const DenseView& view) {
    const auto rows = static_cast<std::size_t>(view.rows), hidden = static_cast<std::size_t>(view.columns);
    const std::vector<__half> values = download(got, packedHeadBytes(rows, hidden) / sizeof(__half));
    for (std::size_t row = 0; row < rows; ++row)
        for (std::size_t k = 0; k < hidden; ++k) {
            const std::size_t lane = row % 8 * 4 + k % 32 / 8;
            const std::size_t at = (((row / 16 * (hidden / 32) + k / 32) * 2 + row % 16 / 8) * 32 + lane) * 8 + k % 8;
            ASSERT_EQ(__half2float(values[at]), __half2float(__float2half(denseAt(view, row * hidden + k))))
                << row << ", " << k;
        }
}

TEST(GpuWeights, lieAsTheLayoutSaysInEveryVariantOfTheFormat) {
    REQUIRE_GPU();
    for (const Variant& variant : variants()) {
        SCOPED_TRACE(variant.name);
        TestModel model(variant.recipe);
        const ModelViews& views = model.views();
        ASSERT_EQ(unsupportedShape(views.config), nullptr);
        double last = -1;
        Result<GpuWeights> weights = loadGpuWeights(views,
                                                    [&](double fraction, std::string_view) {
                                                        EXPECT_GE(fraction, last);
                                                        last = fraction;
                                                    },
                                                    {});
        ASSERT_TRUE(weights.ok()) << weights.error().message;
        EXPECT_EQ(last, 1.0);
        EXPECT_LE(weights->sizeBytes, gpuWeightBytes(views.config));
        EXPECT_GE(weights->sizeBytes, gpuWeightBytes(views.config) * 8 / 10);
        EXPECT_GT(weights->bytesReadPerToken, 0u);
        EXPECT_LE(weights->bytesReadPerToken,
                  weights->sizeBytes + static_cast<std::uint64_t>(views.config.mistral.hiddenSize) * 2);
        ASSERT_EQ(weights->layers.size(), views.layers.size());
        for (std::size_t i = 0; i < views.layers.size(); ++i) {
            SCOPED_TRACE(::testing::Message() << "layer " << i);
            const GpuLayer& layer = weights->layers[i];
            ASSERT_EQ(layer.queryKeyValue.size(), variant.queryKeyValue);
            ASSERT_EQ(layer.gateUp.size(), variant.gateUp);
            expectLayer(layer, views.layers[i], views.config.mistral.headDim);
            expectFloats(layer.inputNorm, views.layers[i].inputNorm);
            expectFloats(layer.postAttentionNorm, views.layers[i].postAttentionNorm);
        }
        expectFloats(weights->finalNorm, views.finalNorm);
        expectHalves(weights->embedding, views.embedding);
        expectHead(weights->head, views.head);
    }
}

std::size_t freeMemory() {
    std::size_t free = 0, total = 0;
    EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess);
    EXPECT_EQ(cudaMemGetInfo(&free, &total), cudaSuccess);
    return free;
}

// Some 30 MB, so that a load takes several windows.
ModelRecipe severalWindows() {
    return {.hidden = 1024,
            .intermediate = 2816,
            .layers = 4,
            .heads = 16,
            .kvHeads = 4,
            .headDim = 64,
            .vocab = 3000,
            .groupSize = 128,
            .actOrder = true};
}

TEST(GpuWeights, aCancelAtAnyPointGivesTheMemoryBack) {
    REQUIRE_GPU();
    TestModel model(severalWindows());
    int points = 0;
    { // what the first load leaves in the driver's hands is no leak
        const auto loaded = loadGpuWeights(model.views(), [&](double, std::string_view) { ++points; }, {});
        ASSERT_TRUE(loaded.ok()) << loaded.error().message;
    }
    ASSERT_GT(points, 10);
    const std::size_t before = freeMemory();
    for (int point = 0; point + 1 < points; ++point) { // the last says that all is done
        std::stop_source stop;
        int seen = 0;
        const auto loaded = loadGpuWeights(
            model.views(),
            [&](double, std::string_view) {
                if (seen++ == point) stop.request_stop();
            },
            stop.get_token());
        ASSERT_FALSE(loaded.ok()) << point;
        ASSERT_EQ(loaded.error().kind, ErrorKind::cancelled) << loaded.error().message;
        ASSERT_EQ(freeMemory(), before) << "after a cancel at progress " << point;
    }
    EXPECT_TRUE(loadGpuWeights(model.views(), {}, {}).ok());
    EXPECT_EQ(freeMemory(), before);
}

TEST(GpuWeights, aModelThatChangesOnDiskIsRefusedAndLeavesNothing) {
    REQUIRE_GPU();
    TestModel model(ModelRecipe{});
    ASSERT_TRUE(loadGpuWeights(model.views(), {}, {}).ok());
    const std::size_t before = freeMemory();
    model.views().checkUnchanged = [] { return makeError(ErrorKind::changedOnDisk, "changed"); };
    const auto loaded = loadGpuWeights(model.views(), {}, {});
    ASSERT_FALSE(loaded.ok());
    EXPECT_EQ(loaded.error().kind, ErrorKind::changedOnDisk);
    EXPECT_EQ(freeMemory(), before);
}

TEST(GpuWeights, tooLittleMemoryIsRefusedWithFiguresBeforeAnythingIsTaken) {
    REQUIRE_GPU();
    TestModel model(severalWindows());
    ASSERT_TRUE(loadGpuWeights(model.views(), {}, {}).ok());
    // Everything but some 40 MB is taken: the weights alone would nearly fit, with the source buffer they do not.
    std::vector<DeviceMemory> ballast;
    for (std::size_t piece = std::size_t{1} << 30; piece >= std::size_t{8} << 20;) {
        if (freeMemory() < piece + (std::size_t{40} << 20)) {
            piece /= 2;
            continue;
        }
        Result<DeviceMemory> taken = DeviceMemory::allocate(piece);
        if (taken)
            ballast.push_back(std::move(*taken));
        else
            piece /= 2;
    }
    const std::size_t before = freeMemory();
    int progressed = 0;
    const auto loaded = loadGpuWeights(model.views(), [&](double, std::string_view) { ++progressed; }, {});
    ASSERT_FALSE(loaded.ok());
    EXPECT_EQ(loaded.error().kind, ErrorKind::outOfMemory);
    EXPECT_NE(loaded.error().message.find(std::to_string(before >> 20) + " MB are free"), std::string::npos)
        << loaded.error().message;
    EXPECT_EQ(progressed, 1); // nothing was read
    EXPECT_EQ(freeMemory(), before);
    ballast.clear();
    EXPECT_TRUE(loadGpuWeights(model.views(), {}, {}).ok());
}

ModelConfig mistral7B() {
    ModelConfig config;
    config.mistral.hiddenSize = 4096;
    config.mistral.intermediateSize = 14336;
    config.mistral.layerCount = 32;
    config.mistral.headCount = 32;
    config.mistral.kvHeadCount = 8;
    config.mistral.headDim = 128;
    config.mistral.vocabSize = 32768;
    config.mistral.maxPositions = 32768;
    return config;
}

TEST(GpuFit, sizesOfMistral7BAreThoseOfItsWeights) {
    const ModelConfig config = mistral7B();
    EXPECT_EQ(unsupportedShape(config), nullptr);
    const double weights = 32.0 * 4096 * (6144 + 4096 + 3 * 14336); // of 4 bits and a 128th of their scale
    const double expected = weights * 4.125 / 8 + 2.0 * 32768 * 4096 * 2;
    EXPECT_NEAR(static_cast<double>(gpuWeightBytes(config)), expected, 0.005 * expected);
    const GpuNeed need = gpuNeed(config);
    EXPECT_EQ(need.kvBytesPerToken, 131072u);
    EXPECT_EQ(need.longestContext(need.leastBytes() - 1), 0);
    EXPECT_EQ(need.longestContext(need.leastBytes()), 64);
    EXPECT_EQ(need.longestContext(std::uint64_t{140} << 30), 32768);
}

TEST(GpuFit, whatTheKernelsDoNotCoverIsToldInASentence) {
    const auto changed = [](auto change) {
        ModelConfig config = mistral7B();
        change(config);
        return unsupportedShape(config);
    };
    EXPECT_NE(changed([](ModelConfig& c) { c.mistral.headDim = 40; }), nullptr);
    EXPECT_NE(changed([](ModelConfig& c) { c.mistral.kvHeadCount = 2; }), nullptr);
    EXPECT_NE(changed([](ModelConfig& c) { c.gptq.groupSize = 16; }), nullptr);
    EXPECT_EQ(changed([](ModelConfig& c) { c.gptq.groupSize = 0, c.gptq.oneGroup = true; }), nullptr);
    EXPECT_EQ(changed([](ModelConfig& c) { c.mistral.kvHeadCount = 4; }), nullptr);
}

} // namespace
} // namespace tramontane::gpu
