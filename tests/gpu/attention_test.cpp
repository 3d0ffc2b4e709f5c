// decodeAttention and prefillAttention against a plain softmax in double on the same inputs: f16 queries, and f16 or fp8
// keys and values, which the kernels turn into f16 without an error.
//
// Tolerance by norm: 1e-3. Scores and sums are f32; what shows are the weights and the outputs rounded to f16, each a
// relative error of at most 2^-11 and of 2^-11/sqrt(3) = 2.8e-4 in the mean square. The errors of the weights are
// independent, and so are the values, so both add up as squares: 4e-4 at most, and 1e-3 leaves a factor of 2.5.
#include "gpu/kernels/attention.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>
#include <numeric>
#include <random>
#include <string>

#include "tests/gpu/device_vector.h"
#include "tests/gpu/fp8_reference.h"
#include "tests/gpu/packed_fixture.h"

namespace tramontane::testing {
namespace {

constexpr double kTolerance = 1e-3;
constexpr int kLayers = 2, kLayer = 1, kPadding = 8; // of a row of the output: must stay as it was

struct Row {
    int sequence = 0, position = 0;
};

std::vector<float> randomHalves(std::size_t count, float spread, std::mt19937& random) {
    std::normal_distribution<float> normal(0, spread);
    std::vector<float> values(count);
    for (float& value : values) value = __half2float(__float2half(normal(random)));
    return values;
}

std::vector<float> randomElements(KvElement element, std::size_t count, std::mt19937& random) {
    std::vector<float> values = randomHalves(count, 1, random);
    if (element == KvElement::fp8)
        for (float& value : values) value = fromFp8(toFp8(value));
    return values;
}

// A cache of sequences in shuffled pages, NaN wherever no position of the layer under test lies, and the queries of rows.
class Problem {
public:
    Problem(int headDim, int kvHeads, int headsPerKv, int window, const std::vector<int>& lengths,
            std::vector<Row> rows, unsigned seed, KvElement element = KvElement::f16)
        : shape_{kLayers, kvHeads, headDim, element}, heads_(kvHeads * headsPerKv), window_(window),
          rows_(std::move(rows)), random_(seed),
          trace_(std::string(nameOf(element)) + ", D " + std::to_string(headDim) + ", heads " + std::to_string(heads_) +
                 " of " + std::to_string(kvHeads) + ", window " + std::to_string(window) + ", seed " +
                 std::to_string(seed)) {
        for (const int length : lengths) {
            keys_.push_back(randomElements(element, static_cast<std::size_t>(length) * kvHeads * headDim, random_));
            values_.push_back(randomElements(element, keys_.back().size(), random_));
        }
        queries_ = randomHalves(rows_.size() * width(), 2, random_); // scores spread by 2: far from uniform weights
        order_.resize(width());
        std::iota(order_.begin(), order_.end(), 0);
        std::shuffle(order_.begin(), order_.end(), random_);
        fillPages(lengths);
    }

    const std::string& trace() const { return trace_; }
    std::size_t width() const { return static_cast<std::size_t>(heads_) * shape_.headDim; }
    std::size_t outStride() const { return width() + kPadding; }
    const std::vector<Row>& rows() const { return rows_; }

    // The outputs of one call, which `run(arguments)` makes; the buffer is NaN before.
    template <class Run>
    std::vector<__half> attend(Run run, bool ordered = true) const {
        std::vector<int> positions, sequences;
        for (const Row& row : rows_) positions.push_back(row.position), sequences.push_back(row.sequence);
        const DeviceVector<int> devicePositions(positions), deviceSequences(sequences), order(order_);
        const DeviceVector<__half> queries(toHalves(queries_)), out(rows_.size() * outStride());
        gpu::AttentionArguments arguments{
            .queries = queries.get(),
            .queryStride = static_cast<int>(width()),
            .heads = heads_,
            .kv = {shape_, table_->get(), pagesPerSequence_},
            .layer = kLayer,
            .rows = {static_cast<int>(rows_.size()), devicePositions.get(), deviceSequences.get()},
            .slidingWindow = window_,
            .out = out.get(),
            .outStride = static_cast<int>(outStride()),
            .outOrder = ordered ? order.get() : nullptr};
        run(arguments);
        return out.download();
    }

    // Every row in `served` agrees with the oracle; all else is still NaN.
    void check(const std::vector<__half>& out, const std::vector<bool>& served, bool ordered = true) const {
        SCOPED_TRACE(trace_);
        std::vector<float> got;
        std::vector<double> expected;
        int written = 0;
        for (std::size_t m = 0; m < rows_.size(); ++m) {
            const __half* row = out.data() + m * outStride();
            for (std::size_t i = served[m] ? width() : 0; i < outStride(); ++i) written += !__hisnan(row[i]);
            if (!served[m]) continue;
            const std::vector<double> values = oracle(m);
            for (std::size_t i = 0; i < width(); ++i) {
                got.push_back(__half2float(row[ordered ? order_[i] : static_cast<int>(i)]));
                expected.push_back(values[i]);
            }
        }
        EXPECT_EQ(written, 0) << "numbers written where no row's output lies";
        const NormError error = normError(got, expected);
        const std::size_t row = error.worstAt / width(), element = error.worstAt % width();
        EXPECT_LE(error.relative, kTolerance)
            << "worst: output row " << row << " of those served, head " << element / shape_.headDim << ", dimension "
            << element % shape_.headDim << ": " << got[error.worstAt] << ", expected " << expected[error.worstAt];
    }

private:
    void fillPages(const std::vector<int>& lengths) {
        pagesPerSequence_ = *std::max_element(lengths.begin(), lengths.end()) / gpu::kPagePositions + 2;
        std::vector<int> places(lengths.size() * pagesPerSequence_);
        std::iota(places.begin(), places.end(), 0);
        std::shuffle(places.begin(), places.end(), random_);
        std::vector<std::byte> pool(places.size() * shape_.pageBytes(), std::byte{0xff}); // NaN in both
        const auto put = [&](std::size_t at, float value) {
            if (shape_.element == KvElement::fp8) {
                pool[at] = std::byte{toFp8(value)};
            } else {
                const __half half = __float2half(value);
                std::memcpy(&pool[at * sizeof half], &half, sizeof half);
            }
        };
        for (std::size_t s = 0; s < lengths.size(); ++s)
            for (int position = 0; position < lengths[s]; ++position)
                for (int head = 0; head < shape_.kvHeads; ++head)
                    for (int d = 0; d < shape_.headDim; ++d) {
                        const int place = places[s * pagesPerSequence_ + position / gpu::kPagePositions];
                        const std::size_t at =
                            place * shape_.pageElements() +
                            static_cast<std::size_t>(position % gpu::kPagePositions) * shape_.headDim + d;
                        const std::size_t from = index(position, head, d);
                        put(at + shape_.offset(kLayer, 0, head), keys_[s][from]);
                        put(at + shape_.offset(kLayer, 1, head), values_[s][from]);
                    }
        pool_ = std::make_unique<DeviceVector<std::byte>>(pool);
        std::vector<std::byte*> table;
        for (const int place : places) table.push_back(pool_->get() + place * shape_.pageBytes());
        table_ = std::make_unique<DeviceVector<std::byte*>>(table);
    }
    std::size_t index(int position, int kvHead, int d) const {
        return (static_cast<std::size_t>(position) * shape_.kvHeads + kvHead) * shape_.headDim + d;
    }

    std::vector<double> oracle(std::size_t m) const {
        const auto [sequence, last] = rows_[m];
        const int first = window_ > 0 ? std::max(0, last + 1 - window_) : 0, D = shape_.headDim;
        std::vector<double> out(width());
        for (int h = 0; h < heads_; ++h) {
            const int kvHead = h / (heads_ / shape_.kvHeads);
            const float* query = queries_.data() + m * width() + static_cast<std::size_t>(h) * D;
            std::vector<double> weights;
            for (int p = first; p <= last; ++p) {
                const float* key = keys_[sequence].data() + index(p, kvHead, 0);
                weights.push_back(std::inner_product(query, query + D, key, 0.0) / std::sqrt(static_cast<double>(D)));
            }
            const double most = *std::max_element(weights.begin(), weights.end());
            double sum = 0;
            for (double& w : weights) sum += w = std::exp(w - most);
            for (int p = first; p <= last; ++p)
                for (int d = 0; d < D; ++d)
                    out[static_cast<std::size_t>(h) * D + d] +=
                        weights[p - first] / sum * values_[sequence][index(p, kvHead, d)];
        }
        return out;
    }

    gpu::KvShape shape_;
    int heads_, window_, pagesPerSequence_ = 0;
    std::vector<Row> rows_;
    std::mt19937 random_;
    std::string trace_;
    std::vector<std::vector<float>> keys_, values_; // of a sequence: (position, kvHead, D)
    std::vector<float> queries_;                    // (rows, H*D)
    std::vector<int> order_;
    std::unique_ptr<DeviceVector<std::byte>> pool_;
    std::unique_ptr<DeviceVector<std::byte*>> table_;
};

bool sameBits(const std::vector<__half>& a, const std::vector<__half>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(__half)) == 0;
}

// The last position of each sequence.
std::vector<Row> lastRows(const std::vector<int>& lengths) {
    std::vector<Row> rows;
    for (std::size_t s = 0; s < lengths.size(); ++s) rows.push_back({static_cast<int>(s), lengths[s] - 1});
    return rows;
}

// Decodes twice with the same scratch: right, the same bits, counters as they were.
void checkDecode(const Problem& problem, int splits, bool ordered = true) {
    SCOPED_TRACE("splits " + std::to_string(splits));
    const auto decode = [&](const gpu::AttentionArguments& a) {
        const DeviceVector<float> partials(gpu::decodePartials(a.rows.count, a.heads, a.kv.shape.headDim, splits));
        const DeviceVector<unsigned> counters(static_cast<std::size_t>(a.rows.count * a.kv.shape.kvHeads), 0);
        ASSERT_EQ(gpu::decodeAttention(a, {partials.get(), counters.get()}, splits, nullptr), cudaSuccess);
        for (const unsigned counter : counters.download()) ASSERT_EQ(counter, 0u);
    };
    const std::vector<__half> out = problem.attend(decode, ordered);
    std::vector<bool> served;
    for (const Row& row : problem.rows()) served.push_back(row.position >= 0);
    problem.check(out, served, ordered);
    EXPECT_TRUE(sameBits(out, problem.attend(decode, ordered))) << problem.trace();
}

// A run of rows of one sequence, cut into tiles; a row that belongs to no tile lies behind every tile.
struct Run {
    int firstPosition = 0, count = 0;
};
struct Prefill {
    std::vector<int> lengths;
    std::vector<Row> rows;
    std::vector<gpu::QueryTile> tiles;
    std::vector<bool> served;

    explicit Prefill(const std::vector<Run>& runs) {
        for (std::size_t s = 0; s < runs.size(); ++s) {
            lengths.push_back(runs[s].firstPosition + runs[s].count);
            for (int done = 0; done < runs[s].count; done += gpu::kQueryTileRows) {
                const int count = std::min(gpu::kQueryTileRows, runs[s].count - done);
                tiles.push_back(
                    {static_cast<int>(rows.size()), count, runs[s].firstPosition + done, static_cast<int>(s)});
                for (int i = 0; i <= count; ++i) {
                    rows.push_back({static_cast<int>(s), runs[s].firstPosition + done + std::min(i, count - 1)});
                    served.push_back(i < count);
                }
            }
        }
    }
};

void checkPrefill(const Prefill& prefill, const Problem& problem, bool ordered = true) {
    const auto run = [&](const gpu::AttentionArguments& a) {
        const DeviceVector<gpu::QueryTile> tiles(prefill.tiles);
        ASSERT_EQ(gpu::prefillAttention(a, tiles.get(), static_cast<int>(prefill.tiles.size()), nullptr), cudaSuccess);
        ASSERT_EQ(cudaDeviceSynchronize(), cudaSuccess);
    };
    const std::vector<__half> out = problem.attend(run, ordered);
    problem.check(out, prefill.served, ordered);
    EXPECT_TRUE(sameBits(out, problem.attend(run, ordered))) << problem.trace();
}

constexpr int kHeadDims[] = {32, 64, 96, 128}, kRatios[] = {1, 2, 3, 4, 8}, kWindows[] = {1, 7, 64, 100, 4096};
constexpr KvElement kElements[] = {KvElement::f16, KvElement::fp8};

TEST(DecodeAttention, matchesOracleAtEveryHeadSizeAndRatio) {
    REQUIRE_GPU();
    const std::vector<int> lengths = {1, 2, 3, 4, 5, 63, 64, 65, 127, 128, 129, 500, 1000};
    unsigned seed = 100;
    for (const KvElement element : kElements)
        for (const int headDim : kHeadDims)
            for (const int ratio : kRatios)
                checkDecode(Problem(headDim, 2, ratio, 0, lengths, lastRows(lengths), seed++, element), 5);
}

TEST(DecodeAttention, matchesOracleHoweverItIsSplit) {
    REQUIRE_GPU();
    const std::vector<int> lengths = {4097, 1, 500, 129};
    for (const KvElement element : kElements) {
        const Problem problem(128, 2, 4, 0, lengths, lastRows(lengths), 200, element);
        for (int splits = 1; splits <= 20; ++splits) checkDecode(problem, splits, splits % 2 == 0);
        checkDecode(problem, 32);
    }
}

TEST(DecodeAttention, seesItsWindowAlone) {
    REQUIRE_GPU();
    const std::vector<int> lengths = {1, 5, 64, 65, 101, 129, 500, 4097, 5000};
    unsigned seed = 300;
    for (const KvElement element : kElements)
        for (const int window : kWindows)
            for (const int headDim : {64, 128})
                checkDecode(Problem(headDim, 1, 4, window, lengths, lastRows(lengths), seed++, element), 7);
}

TEST(DecodeAttention, seesNothingBehindItsPositionAndLeavesOutIdleRows) {
    REQUIRE_GPU();
    const std::vector<Row> rows = {{0, 10}, {1, 699}, {0, 130}, {1, -1}, {0, 299}, {1, 64}};
    for (const KvElement element : kElements) checkDecode(Problem(128, 2, 4, 0, {300, 700}, rows, 400, element), 3);
}

TEST(DecodeAttention, aCapturedGraphServesPositionsSetLater) {
    REQUIRE_GPU();
    const std::vector<int> lengths = {1000, 65, 3};
    const Problem problem(128, 2, 4, 0, lengths, lastRows(lengths), 450);
    const int splits = 16;
    const std::vector<__half> out = problem.attend([&](const gpu::AttentionArguments& a) {
        const DeviceVector<float> partials(gpu::decodePartials(a.rows.count, a.heads, a.kv.shape.headDim, splits));
        const DeviceVector<unsigned> counters(static_cast<std::size_t>(a.rows.count * a.kv.shape.kvHeads), 0);
        const DeviceVector<int> positions(std::vector<int>(lengths.size(), 0));
        gpu::AttentionArguments arguments = a;
        arguments.rows.positions = positions.get();
        cudaStream_t stream;
        cudaGraph_t graph;
        cudaGraphExec_t exec;
        ASSERT_EQ(cudaStreamCreate(&stream), cudaSuccess);
        ASSERT_EQ(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), cudaSuccess);
        EXPECT_EQ(gpu::decodeAttention(arguments, {partials.get(), counters.get()}, splits, stream), cudaSuccess);
        EXPECT_EQ(gpu::decodeAttention(arguments, {partials.get(), counters.get()}, splits, stream), cudaSuccess);
        ASSERT_EQ(cudaStreamEndCapture(stream, &graph), cudaSuccess);
        ASSERT_EQ(cudaGraphInstantiate(&exec, graph, 0), cudaSuccess);
        EXPECT_EQ(cudaGraphLaunch(exec, stream), cudaSuccess);
        EXPECT_EQ(cudaMemcpyAsync(positions.get(), a.rows.positions, lengths.size() * sizeof(int),
                                  cudaMemcpyDeviceToDevice, stream),
                  cudaSuccess);
        EXPECT_EQ(cudaGraphLaunch(exec, stream), cudaSuccess);
        EXPECT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
        cudaGraphExecDestroy(exec), cudaGraphDestroy(graph), cudaStreamDestroy(stream);
    });
    problem.check(out, {true, true, true});
}

TEST(DecodeAttention, refusesOtherShapes) {
    const std::array<int, 3> shapes[] = {{48, 8, 1}, {128, 9, 1}, {128, 18, 1}, {128, 8, 0}, {128, 8, 33}};
    for (const auto& [headDim, heads, splits] : shapes) {
        const gpu::AttentionArguments arguments{
            .queryStride = headDim * heads, .heads = heads, .kv = {{1, 2, headDim}}, .rows = {1}};
        EXPECT_EQ(gpu::decodeAttention(arguments, {}, splits, nullptr), cudaErrorInvalidValue)
            << headDim << ' ' << heads;
    }
}

TEST(DecodeAttention, splitsFillTheDeviceOnceAndNeverMore) {
    for (const int multiprocessors : {1, 16, 82, 132, 170})
        for (const int rows : {1, 2, 3, 16, 100}) {
            const int splits = gpu::decodeSplits(rows, 8, multiprocessors);
            EXPECT_GE(splits, 1);
            EXPECT_TRUE(splits == 1 || splits * rows * 8 <= 2 * multiprocessors) << rows << ' ' << multiprocessors;
        }
}

TEST(PrefillAttention, matchesOracleAtEveryHeadSizeAndRatio) {
    REQUIRE_GPU();
    const Prefill prefill({{0, 130}, {37, 70}, {128, 1}, {1000, 17}, {0, 64}, {63, 66}}); // ragged; prefixes cached
    unsigned seed = 500;
    for (const KvElement element : kElements)
        for (const int headDim : kHeadDims)
            for (const int ratio : kRatios)
                checkPrefill(prefill, Problem(headDim, 2, ratio, 0, prefill.lengths, prefill.rows, seed++, element),
                             ratio % 2 == 0);
}

TEST(PrefillAttention, seesItsWindowAlone) {
    REQUIRE_GPU();
    const Prefill prefill({{0, 200}, {37, 70}, {450, 100}, {4090, 40}});
    unsigned seed = 600;
    for (const KvElement element : kElements)
        for (const int window : kWindows)
            for (const int ratio : {1, 4})
                checkPrefill(prefill, Problem(128, 1, ratio, window, prefill.lengths, prefill.rows, seed++, element));
}

TEST(PrefillAttention, matchesOracleOverALongPrompt) {
    REQUIRE_GPU();
    const Prefill prefill({{0, 1000}, {1500, 300}});
    for (const KvElement element : kElements)
        checkPrefill(prefill, Problem(128, 2, 4, 0, prefill.lengths, prefill.rows, 700, element));
}

TEST(PrefillAttention, refusesOtherShapes) {
    for (const auto& [headDim, heads] : {std::array{48, 8}, {128, 9}}) {
        const gpu::AttentionArguments arguments{
            .queryStride = headDim * heads, .heads = heads, .kv = {{1, 2, headDim}}, .rows = {1}};
        EXPECT_EQ(gpu::prefillAttention(arguments, nullptr, 1, nullptr), cudaErrorInvalidValue)
            << headDim << ' ' << heads;
    }
}

} // namespace
} // namespace tramontane::testing
