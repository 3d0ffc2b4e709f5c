// One step of the model, every thread walking the same phases; one ends when all its tasks are done.
#include "core/cpu/step.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/cpu/half.h"

namespace tramontane {
namespace {

constexpr int kSharedRows = 16; // rows of one sequence that look at a cache block one after the other

int roundUp(int value, int multiple) { return (value + multiple - 1) / multiple * multiple; }

bool allFinite(const float* values, int count) {
    std::uint32_t largest = 0;
    for (int i = 0; i < count; ++i) largest = std::max(largest, std::bit_cast<std::uint32_t>(values[i]) & 0x7fffffffu);
    return largest < 0x7f800000u;
}

// Cuts `blocks` into tasks: long ones first, which stream through memory, then shorter and shorter ones, so that
// nobody waits long for the last. Where each begins, and the end.
std::vector<int> guidedShares(int blocks, int threads) {
    std::vector<int> firsts{0};
    while (firsts.back() < blocks)
        firsts.push_back(firsts.back() + std::max(1, (blocks - firsts.back()) / (2 * threads)));
    return firsts;
}

} // namespace

Step::Step(const ModelViews& views, const CpuWeights& weights, const KvShape& kv, const Kernels& kernels,
           ThreadPool& pool, int maxRows)
    : views_(views), config_(views.config.mistral), weights_(weights), kv_(kv), kernels_(kernels), pool_(pool),
      maxRows_(maxRows) {
    for (int i = 0; i < config_.headDim / 2; ++i)
        inverseFrequencies_.push_back(
            1.0f / std::pow(config_.ropeTheta, static_cast<float>(2 * i) / static_cast<float>(config_.headDim)));
}

Result<void> Step::allocate() {
    const std::size_t rows = static_cast<std::size_t>(roundUp(maxRows_, 2 * kTileRows));
    // 16 floats of zero past the end: where padded packed rows read from.
    xStride_ = roundUp(config_.hiddenSize, 16) + 16;
    mixedStride_ = roundUp(config_.headCount * config_.headDim, 16) + 16;
    activatedStride_ = weights_.gateUpColumns / 2;
    int valueStride = 0, blockStride = 0;
    const auto fit = [&](const PlacedLinear& placed) {
        valueStride = std::max(valueStride, roundUp(placed.linear.paddedInputs, 64));
        blockStride = std::max(blockStride, placed.linear.blocks());
        shares_[placed.linear.columnBlocks] = guidedShares(placed.linear.columnBlocks, pool_.threadCount());
    };
    for (const LayerWeights& layer : weights_.layers) {
        for (const PlacedLinear& placed : layer.queryKeyValue) fit(placed);
        for (const PlacedLinear& placed : layer.gateUp) fit(placed);
        fit(layer.output);
        fit(layer.down);
    }
    struct Wanted {
        Pages* pages;
        std::size_t bytesPerRow;
    };
    const Wanted all[] = {
        {&x_, xStride_ * sizeof(float)},
        {&qkv_, weights_.queryKeyValueColumns * sizeof(float)},
        {&mixed_, mixedStride_ * sizeof(float)},
        {&averages_, static_cast<std::size_t>(config_.headCount) * kv_.paddedDim * sizeof(float)},
        {&softmax_, static_cast<std::size_t>(config_.headCount) * 2 * sizeof(float)},
        {&gateUp_, weights_.gateUpColumns * sizeof(float)},
        {&activated_, activatedStride_ * sizeof(float)},
        {&normed_, weights_.headColumns * sizeof(float)},
        {&angles_, config_.headDim * sizeof(float)},
        {&values_, static_cast<std::size_t>(valueStride)},
        {&scales_, blockStride * sizeof(float)},
        {&totals_, blockStride * sizeof(std::int32_t)},
    };
    for (const Wanted& wanted : all) {
        Result<Pages> pages = Pages::allocate(wanted.bytesPerRow * rows);
        if (!pages) return std::move(pages).error();
        *wanted.pages = std::move(*pages);
    }
    quantized_ = {values_.as<std::int8_t>(), scales_.as<float>(), totals_.as<std::int32_t>(), valueStride, blockStride};
    return {};
}

Result<void> Step::run(std::span<const StepRow> rows, std::stop_token stop) {
    rows_ = rows;
    stop_ = std::move(stop);
    notFinite_.store(false, std::memory_order_relaxed);
    quantized_.tiled = kernels_.tiledFrom > 0 && static_cast<int>(rows.size()) >= kernels_.tiledFrom;
    planTiles();
    pool_.run([this] { embed(); });
    // The embedding is read from the map: what a cut file gave must not reach an answer.
    TRY_OK(views_.checkUnchanged());

    pool_.run([this] {
        for (std::size_t l = 0; l < weights_.layers.size(); ++l) {
            const LayerWeights& layer = weights_.layers[l];
            const int index = static_cast<int>(l);
            for (const PlacedLinear& placed : layer.queryKeyValue) {
                normalizeInto(placed, x_.as<float>(), xStride_);
                multiply(placed, qkv_.as<float>(), weights_.queryKeyValueColumns, WriteMode::store);
            }
            writeKeysAndValues(index);
            attend(index);
            normalizeInto(layer.output, mixed_.as<float>(), mixedStride_);
            multiply(layer.output, x_.as<float>(), xStride_, WriteMode::add);
            for (const PlacedLinear& placed : layer.gateUp) {
                normalizeInto(placed, x_.as<float>(), xStride_);
                multiply(placed, gateUp_.as<float>(), weights_.gateUpColumns, WriteMode::store);
            }
            activate(layer.down.linear);
            multiply(layer.down, x_.as<float>(), xStride_, WriteMode::add);
        }
        copyResiduals();
        if (!logitRows_.empty()) computeLogits();
    });
    if (stop_.stop_requested()) return makeError(ErrorKind::cancelled, "cancelled");
    if (notFinite_.load(std::memory_order_relaxed))
        return makeError(ErrorKind::numeric, "the model computed a number that is none (NaN or infinity): "
                                             "its files are damaged or not meant for this program");
    return {};
}

void Step::planTiles() {
    tiles_.clear();
    logitRows_.clear();
    for (int r = 0; r < static_cast<int>(rows_.size()); ++r) {
        if (rows_[r].logits != nullptr) logitRows_.push_back(r);
        const bool joins = r > 0 && rows_[r].blocks == rows_[r - 1].blocks && tiles_.back().rowCount < kSharedRows;
        if (joins)
            ++tiles_.back().rowCount;
        else
            tiles_.push_back({r, 1});
    }
}

void Step::embed() {
    forEach(static_cast<int>(rows_.size()), [&](int r) {
        float* x = x_.as<float>() + static_cast<std::ptrdiff_t>(r) * xStride_;
        if (rows_[r].residualIn != nullptr)
            std::copy_n(rows_[r].residualIn, config_.hiddenSize, x);
        else
            readDenseRow(views_.embedding, rows_[r].token, kernels_, x);
        float* cosines = angles_.as<float>() + static_cast<std::ptrdiff_t>(r) * config_.headDim;
        float* sines = cosines + config_.headDim / 2;
        for (std::size_t i = 0; i < inverseFrequencies_.size(); ++i) {
            const float angle = static_cast<float>(rows_[r].position) * inverseFrequencies_[i];
            cosines[i] = std::cos(angle);
            sines[i] = std::sin(angle);
        }
    });
}

// Rows to 8 bits in the linear's order; through the RMSNorm where the linear has one before it.
void Step::normalizeInto(const PlacedLinear& placed, const float* x, std::ptrdiff_t stride) {
    const PackedLinear& linear = placed.linear;
    const int rows = static_cast<int>(rows_.size());
    // A few rows are cut into ranges of segments, so that every thread has some.
    const int cuts = rows >= pool_.threadCount() ? 1 : std::min(linear.segments, pool_.threadCount());
    forEach(rows * cuts, [&](int task) {
        const int row = task / cuts, cut = task % cuts;
        QuantizeJob job;
        job.x = x + row * stride;
        job.order = linear.order.empty() ? nullptr : linear.order.data();
        if (!placed.norm.empty()) {
            job.weight = placed.norm.data();
            const float mean =
                kernels_.sumOfSquares(job.x, config_.hiddenSize) / static_cast<float>(config_.hiddenSize);
            job.factor = 1.0f / std::sqrt(mean + config_.rmsNormEps);
        }
        job.block = linear.block;
        job.segmentRows = linear.segmentRows;
        job.firstSegment = static_cast<int>(static_cast<std::int64_t>(linear.segments) * cut / cuts);
        job.lastSegment = static_cast<int>(static_cast<std::int64_t>(linear.segments) * (cut + 1) / cuts);
        job.out = quantized_.row(row);
        kernels_.quantize(job);
    });
}

void Step::multiply(const PlacedLinear& placed, float* out, std::ptrdiff_t outStride, WriteMode mode) {
    constexpr int kBlocksBetweenStops = 4;
    const std::vector<int>& shares = shares_.find(placed.linear.columnBlocks)->second;
    forEach(static_cast<int>(shares.size()) - 1, [&](int task) {
        const int last = shares[static_cast<std::size_t>(task) + 1];
        for (int b = shares[static_cast<std::size_t>(task)]; b < last && !stop_.stop_requested();
             b += kBlocksBetweenStops)
            kernels_.linear(placed.linear, quantized_, static_cast<int>(rows_.size()), b,
                            std::min(last, b + kBlocksBetweenStops), out + placed.firstColumn, outStride, mode);
    });
}

// The rotate-half convention: dimension i turns with dimension i + D/2.
void Step::rotate(float* head, int row) const {
    const int half = config_.headDim / 2;
    const float* cosines = angles_.as<float>() + static_cast<std::ptrdiff_t>(row) * config_.headDim;
    const float* sines = cosines + half;
    for (int i = 0; i < half; ++i) {
        const float first = head[i], second = head[i + half];
        head[i] = first * cosines[i] - second * sines[i];
        head[i + half] = second * cosines[i] + first * sines[i];
    }
}

void Step::writeKeysAndValues(int layer) {
    const int headDim = config_.headDim, kvHeads = config_.kvHeadCount;
    forEach(static_cast<int>(tiles_.size()) * kvHeads, [&](int task) {
        const Tile& tile = tiles_[static_cast<std::size_t>(task / kvHeads)];
        const int head = task % kvHeads;
        std::uint16_t halves[512];
        for (int row = tile.firstRow; row < tile.firstRow + tile.rowCount; ++row) {
            float* outputs = qkv_.as<float>() + static_cast<std::ptrdiff_t>(row) * weights_.queryKeyValueColumns;
            float* key = outputs + weights_.keyColumn + head * headDim;
            const float* value = outputs + weights_.valueColumn + head * headDim;
            const int slot = rows_[row].position % kKvBlockPositions;
            std::uint16_t* keys =
                rows_[row].blocks[rows_[row].position / kKvBlockPositions] + kv_.headOffset(layer, head);
            std::uint16_t* values = keys + kv_.keyHalves();
            rotate(key, row);
            for (int first = 0; first < headDim; first += 512) {
                const int count = std::min(512, headDim - first);
                kernels_.floatToHalf(key + first, halves, count);
                for (int d = 0; d < count; ++d) keys[(first + d) * kKvBlockPositions + slot] = halves[d];
            }
            kernels_.floatToHalf(value, values + static_cast<std::ptrdiff_t>(slot) * kv_.paddedDim, headDim);
        }
    });
}

void Step::attend(int layer) {
    const int kvHeads = config_.kvHeadCount;
    forEach(static_cast<int>(tiles_.size()) * kvHeads, [&](int task) {
        // Later tiles look further back: the longest tasks go first.
        const std::size_t tile = tiles_.size() - 1 - static_cast<std::size_t>(task / kvHeads);
        attendTile(tiles_[tile], layer, task % kvHeads);
    });
}

void Step::attendTile(const Tile& tile, int layer, int kvHead) {
    const int headDim = config_.headDim, heads = config_.headCount / config_.kvHeadCount, firstHead = kvHead * heads;
    const float scale = 1.0f / std::sqrt(static_cast<float>(headDim));
    const int lastRow = tile.firstRow + tile.rowCount - 1;
    const auto averageOf = [&](int row) {
        return averages_.as<float>() +
               (static_cast<std::ptrdiff_t>(row) * config_.headCount + firstHead) * kv_.paddedDim;
    };
    const auto softmaxOf = [&](int row) {
        return softmax_.as<float>() + static_cast<std::ptrdiff_t>(row) * config_.headCount * 2 + firstHead * 2;
    };
    const auto firstSeen = [&](int row) {
        return config_.slidingWindow ? std::max(0, rows_[row].position - *config_.slidingWindow + 1) : 0;
    };

    for (int row = tile.firstRow; row <= lastRow; ++row) {
        float* queries = qkv_.as<float>() + static_cast<std::ptrdiff_t>(row) * weights_.queryKeyValueColumns +
                         static_cast<std::ptrdiff_t>(firstHead) * headDim;
        for (int h = 0; h < heads; ++h) rotate(queries + h * headDim, row);
        for (int i = 0; i < heads * headDim; ++i) queries[i] *= scale;
        std::fill_n(averageOf(row), heads * kv_.paddedDim, 0.0f);
        std::fill_n(softmaxOf(row), heads, -std::numeric_limits<float>::infinity());
        std::fill_n(softmaxOf(row) + heads, heads, 0.0f);
    }

    const int firstBlock = firstSeen(tile.firstRow) / kKvBlockPositions;
    const int lastBlock = rows_[lastRow].position / kKvBlockPositions;
    for (int b = firstBlock; b <= lastBlock && !stop_.stop_requested(); ++b) {
        const int base = b * kKvBlockPositions;
        AttentionBlock block;
        block.keys = rows_[tile.firstRow].blocks[b] + kv_.headOffset(layer, kvHead);
        block.values = block.keys + kv_.keyHalves();
        block.queryStride = headDim;
        block.headDim = headDim;
        block.paddedDim = kv_.paddedDim;
        block.heads = heads;
        for (int row = tile.firstRow; row <= lastRow; ++row) {
            block.first = std::max(0, firstSeen(row) - base);
            block.last = std::min(kKvBlockPositions, rows_[row].position + 1 - base);
            if (block.first >= block.last) continue;
            block.queries = qkv_.as<float>() + static_cast<std::ptrdiff_t>(row) * weights_.queryKeyValueColumns +
                            static_cast<std::ptrdiff_t>(firstHead) * headDim;
            block.maximum = softmaxOf(row);
            block.sum = block.maximum + heads;
            block.output = averageOf(row);
            kernels_.attend(block);
        }
    }

    for (int row = tile.firstRow; row <= lastRow; ++row) {
        const float* sums = softmaxOf(row) + heads;
        float* to = mixed_.as<float>() + static_cast<std::ptrdiff_t>(row) * mixedStride_ +
                    static_cast<std::ptrdiff_t>(firstHead) * headDim;
        for (int h = 0; h < heads; ++h) {
            const float* from = averageOf(row) + static_cast<std::ptrdiff_t>(h) * kv_.paddedDim;
            const float inverse = 1.0f / sums[h];
            for (int d = 0; d < headDim; ++d) to[h * headDim + d] = from[d] * inverse;
        }
    }
}

// silu(gate) * up and its 8 bits, a range of segments at a time.
void Step::activate(const PackedLinear& down) {
    const int rows = static_cast<int>(rows_.size());
    const int cuts = rows >= pool_.threadCount() * 4 ? 1 : std::min(down.segments, pool_.threadCount() * 4);
    forEach(rows * cuts, [&](int task) {
        const int row = task / cuts, cut = task % cuts;
        QuantizeJob job;
        job.firstSegment = static_cast<int>(static_cast<std::int64_t>(down.segments) * cut / cuts);
        job.lastSegment = static_cast<int>(static_cast<std::int64_t>(down.segments) * (cut + 1) / cuts);
        const int first = job.firstSegment * down.segmentRows, last = job.lastSegment * down.segmentRows;
        float* activated = activated_.as<float>() + static_cast<std::ptrdiff_t>(row) * activatedStride_;
        kernels_.siluMultiply(gateUp_.as<float>() + static_cast<std::ptrdiff_t>(row) * weights_.gateUpColumns +
                                  2 * first,
                              (last - first) / kBlockColumns, activated + first);
        job.x = activated;
        job.block = down.block;
        job.segmentRows = down.segmentRows;
        job.out = quantized_.row(row);
        kernels_.quantize(job);
    });
}

void Step::copyResiduals() {
    if (rows_[0].residualOut == nullptr) return;
    forEach(static_cast<int>(rows_.size()), [&](int r) {
        const float* x = x_.as<float>() + static_cast<std::ptrdiff_t>(r) * xStride_;
        std::copy_n(x, config_.hiddenSize, rows_[r].residualOut);
        if (!allFinite(x, config_.hiddenSize)) notFinite_.store(true, std::memory_order_relaxed);
    });
}

void Step::computeLogits() {
    const int wanted = static_cast<int>(logitRows_.size()), hidden = config_.hiddenSize, vocab = config_.vocabSize;
    forEach(wanted, [&](int i) {
        const float* x = x_.as<float>() + static_cast<std::ptrdiff_t>(logitRows_[i]) * xStride_;
        float* to = normed_.as<float>() + static_cast<std::ptrdiff_t>(i) * weights_.headColumns;
        const float mean = kernels_.sumOfSquares(x, hidden) / static_cast<float>(hidden);
        const float factor = 1.0f / std::sqrt(mean + config_.rmsNormEps);
        for (int k = 0; k < hidden; ++k) to[k] = x[k] * factor * weights_.finalNorm[static_cast<std::size_t>(k)];
    });
    constexpr int kVocabPerTask = 64;
    forEach((vocab + kVocabPerTask - 1) / kVocabPerTask, [&](int task) {
        const int first = task * kVocabPerTask, count = std::min(kVocabPerTask, vocab - first);
        const auto* rows =
            weights_.head.as<std::uint8_t>() + static_cast<std::size_t>(first) * headRowBytes(weights_.headColumns);
        for (int i = 0; i < wanted; ++i) {
            float* logits = rows_[logitRows_[i]].logits + first;
            kernels_.head(rows, weights_.headColumns, count,
                          normed_.as<float>() + static_cast<std::ptrdiff_t>(i) * weights_.headColumns, 1, 0, logits, 0);
            if (!allFinite(logits, count)) notFinite_.store(true, std::memory_order_relaxed);
        }
    });
}

} // namespace tramontane
