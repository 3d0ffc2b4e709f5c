// Walks the layers of a model, packs them and copies what is not quantized.
#include "core/cpu/weights.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "core/cpu/gptq_pack.h"
#include "core/cpu/half.h"

namespace tramontane {
namespace {

// Rows of activations that share a scale. What down reads is a product with a long tail: the largest of many is so far
// from the rest that its rounding would be most of the model's error. In a narrow model few products average it out.
constexpr int kBlock = 128, kTailBlock = 64, kNarrowBlock = 32, kNarrowInputs = 1024, kNarrowTailInputs = 4096;
int blockFor(int inputs) { return inputs <= kNarrowInputs ? kNarrowBlock : kBlock; }
int tailBlockFor(int inputs) { return inputs <= kNarrowTailInputs ? kNarrowBlock : kTailBlock; }

int roundUp(int value, int multiple) { return (value + multiple - 1) / multiple * multiple; }

std::vector<float> readVector(const DenseView& view, const Kernels& kernels) {
    std::vector<float> values(static_cast<std::size_t>(view.columns));
    readDenseRow(view, 0, kernels, values.data());
    return values;
}

std::vector<float> inPackedOrder(const std::vector<float>& values, const RowOrder& order) {
    std::vector<float> sorted(order.rows.size(), 0.0f);
    for (std::size_t k = 0; k < sorted.size(); ++k)
        if (order.rows[k] < order.inputs) sorted[k] = values[static_cast<std::size_t>(order.rows[k])];
    return sorted;
}

// To 8 bits, a scale for every block; a block with a number that is none has a scale that is none.
void packHeadRow(const float* row, int columns, std::uint8_t* out) {
    for (int first = 0; first < columns; first += kHeadBlock) {
        std::uint32_t largest = 0; // compared as bits, so that NaN is larger than every number
        for (int k = first; k < first + kHeadBlock; ++k)
            largest = std::max(largest, std::bit_cast<std::uint32_t>(row[k]) & 0x7fffffffu);
        const float amax = std::bit_cast<float>(largest);
        const bool finite = std::isfinite(amax);
        const float scale = finite ? amax / 127.0f : std::numeric_limits<float>::quiet_NaN();
        const float inverse = finite && amax > 1e-30f ? 127.0f / amax : 0.0f;
        for (int k = first; k < first + kHeadBlock; ++k)
            out[k] = static_cast<std::uint8_t>(finite ? static_cast<int>(std::nearbyint(row[k] * inverse)) : 0);
        std::memcpy(out + columns + static_cast<std::size_t>(first / kHeadBlock) * sizeof scale, &scale, sizeof scale);
    }
}

class Loader {
public:
    Loader(const ModelViews& views, const Kernels& kernels, ThreadPool& pool, std::stop_token stop)
        : views_(views), kernels_(kernels), pool_(pool), stop_(std::move(stop)) {}

    // Parts that follow each other in the output row (blockStep 1) or take turns by 16 columns (blockStep 2).
    Result<std::vector<PlacedLinear>> packTogether(std::vector<PackPart> parts, int blockStep, const DenseView& norm) {
        std::vector<RowOrder> orders;
        for (const PackPart& part : parts) orders.push_back(rowOrderOf(*part.view));
        const std::vector<float> normValues = readVector(norm, kernels_);
        std::vector<PlacedLinear> placed;
        const bool fused = std::all_of(orders.begin(), orders.end(), [&](const RowOrder& o) { return o == orders[0]; });
        int firstBlock = 0;
        for (std::size_t i = 0; i < parts.size(); ++i) {
            parts[i].firstBlock = fused ? firstBlock : 0;
            parts[i].blockStep = fused ? blockStep : 1;
            if (!fused) {
                Result<PackedLinear> linear =
                    packLinear({&parts[i], 1}, orders[i], blockFor(orders[i].inputs), kernels_, pool_, stop_);
                if (!linear) return std::move(linear).error();
                linear->outputStep = blockStep * kBlockColumns;
                placed.push_back(
                    {std::move(*linear), firstBlock * kBlockColumns, inPackedOrder(normValues, orders[i])});
            }
            firstBlock += blockStep == 1 ? static_cast<int>(parts[i].columns.size()) / kBlockColumns : 1;
        }
        if (fused) {
            Result<PackedLinear> linear =
                packLinear(parts, orders[0], blockFor(orders[0].inputs), kernels_, pool_, stop_);
            if (!linear) return std::move(linear).error();
            placed.push_back({std::move(*linear), 0, inPackedOrder(normValues, orders[0])});
        }
        return placed;
    }

    Result<PlacedLinear> packAlone(const GptqView& view, const RowOrder& order, int block) {
        const PackPart part{&view, naturalColumns(view.outputs)};
        Result<PackedLinear> linear = packLinear({&part, 1}, order, block, kernels_, pool_, stop_);
        if (!linear) return std::move(linear).error();
        return PlacedLinear{std::move(*linear), 0, {}};
    }

    Result<LayerWeights> packLayer(const LayerViews& layer) {
        LayerWeights weights;
        Result<std::vector<PlacedLinear>> attention =
            packTogether({{&layer.query, naturalColumns(layer.query.outputs)},
                          {&layer.key, naturalColumns(layer.key.outputs)},
                          {&layer.value, naturalColumns(layer.value.outputs)}},
                         1, layer.inputNorm);
        if (!attention) return std::move(attention).error();
        weights.queryKeyValue = std::move(*attention);

        Result<PlacedLinear> output = packAlone(layer.output, rowOrderOf(layer.output), blockFor(layer.output.inputs));
        if (!output) return std::move(output).error();
        weights.output = std::move(*output);

        // The act-order of down folds into the columns of gate and up.
        const RowOrder downOrder = rowOrderOf(layer.down);
        Result<std::vector<PlacedLinear>> gateUp =
            packTogether({{&layer.gate, downOrder.rows}, {&layer.up, downOrder.rows}}, 2, layer.postAttentionNorm);
        if (!gateUp) return std::move(gateUp).error();
        weights.gateUp = std::move(*gateUp);

        Result<PlacedLinear> down = packAlone(layer.down, downOrder, tailBlockFor(layer.down.inputs));
        if (!down) return std::move(down).error();
        weights.down = std::move(*down);
        weights.down.linear.order.clear();
        for (const GptqView* view :
             {&layer.query, &layer.key, &layer.value, &layer.output, &layer.gate, &layer.up, &layer.down})
            for (const auto bytes : {view->qweight, view->qzeros, view->scales, view->groupIndex, view->bias})
                if (!bytes.empty()) views_.release(bytes);
        return weights;
    }

    Result<void> packHead(CpuWeights& weights) {
        const DenseView& head = views_.head;
        weights.headColumns = roundUp(head.columns, kHeadBlock);
        const std::size_t rowBytes = headRowBytes(weights.headColumns);
        Result<Pages> pages = Pages::allocate(static_cast<std::size_t>(head.rows) * rowBytes);
        if (!pages) return std::move(pages).error();
        weights.head = std::move(*pages);
        Result<Pages> rows =
            Pages::allocate(static_cast<std::size_t>(pool_.threadCount()) * weights.headColumns * sizeof(float));
        if (!rows) return std::move(rows).error();
        constexpr int kRowsPerTask = 256;
        std::atomic<int> nextScratch{0};
        pool_.run([&] {
            float* row = rows->as<float>() + static_cast<std::size_t>(nextScratch.fetch_add(1)) * weights.headColumns;
            pool_.forEach((head.rows + kRowsPerTask - 1) / kRowsPerTask, [&](int task) {
                if (stop_.stop_requested()) return;
                for (int r = task * kRowsPerTask; r < std::min(head.rows, (task + 1) * kRowsPerTask); ++r) {
                    readDenseRow(head, r, kernels_, row);
                    packHeadRow(row, weights.headColumns,
                                weights.head.as<std::uint8_t>() + static_cast<std::size_t>(r) * rowBytes);
                }
            });
        });
        if (head.bytes.data() != views_.embedding.bytes.data()) views_.release(head.bytes);
        return {};
    }

private:
    const ModelViews& views_;
    const Kernels& kernels_;
    ThreadPool& pool_;
    std::stop_token stop_;
};

// What the packed model will take, from the shapes alone.
std::uint64_t estimateBytes(const ModelViews& views) {
    std::uint64_t total =
        static_cast<std::uint64_t>(views.head.rows) * headRowBytes(roundUp(views.head.columns, kHeadBlock));
    for (const LayerViews& layer : views.layers)
        for (const GptqView* view :
             {&layer.query, &layer.key, &layer.value, &layer.output, &layer.gate, &layer.up, &layer.down})
            total += view->qweight.size() + view->scales.size();
    return total;
}

std::string inMegabytes(std::uint64_t bytes) { return std::to_string((bytes + (1u << 20) - 1) >> 20) + " MB"; }

void countBytes(CpuWeights& weights) {
    std::uint64_t bytes = weights.head.sizeBytes() + weights.finalNorm.size() * sizeof(float);
    for (const LayerWeights& layer : weights.layers) {
        const auto add = [&](const PlacedLinear& placed) {
            bytes += placed.linear.sizeBytes() + placed.norm.size() * sizeof(float) +
                     placed.linear.order.size() * sizeof(std::int32_t);
        };
        for (const PlacedLinear& placed : layer.queryKeyValue) add(placed);
        for (const PlacedLinear& placed : layer.gateUp) add(placed);
        add(layer.output);
        add(layer.down);
    }
    weights.sizeBytes = weights.bytesReadPerToken = bytes;
}

} // namespace

void readDenseRow(const DenseView& view, int row, const Kernels& kernels, float* out) {
    const std::size_t first = static_cast<std::size_t>(row) * view.columns;
    if (view.dtype == DType::f16) {
        kernels.halfToFloat(view.bytes.data() + first * 2, out, view.columns);
    } else if (view.dtype == DType::bf16) {
        for (int c = 0; c < view.columns; ++c)
            out[c] = bfloatToFloat(loadAt<std::uint16_t>(view.bytes.data(), first + c));
    } else {
        std::memcpy(out, view.bytes.data() + first * 4, static_cast<std::size_t>(view.columns) * 4);
    }
}

Result<CpuWeights> loadCpuWeights(const ModelViews& views, const Kernels& kernels, ThreadPool& pool,
                                  const LoadProgress& progress, std::stop_token stop) {
    constexpr std::uint64_t kMargin = std::uint64_t{128} << 20; // activations, the first cache blocks
    const std::uint64_t needed = estimateBytes(views) + kMargin, available = availableMemoryBytes();
    if (needed > available)
        return makeError(ErrorKind::outOfMemory, "the model needs " + inMegabytes(needed) + " of memory and " +
                                                     inMegabytes(available) +
                                                     " are free: close other programs or take a smaller model");
    Loader loader(views, kernels, pool, stop);
    CpuWeights weights;
    weights.layers.reserve(views.layers.size());
    const double steps = static_cast<double>(views.layers.size()) + 1;
    for (const LayerViews& layer : views.layers) {
        if (progress) progress(static_cast<double>(weights.layers.size()) / steps, "packing weights");
        if (stop.stop_requested()) return makeError(ErrorKind::cancelled, "loading was cancelled");
        Result<LayerWeights> packed = loader.packLayer(layer);
        if (!packed) return std::move(packed).error();
        weights.layers.push_back(std::move(*packed));
    }
    if (progress) progress((steps - 1) / steps, "packing weights");
    if (views.hasHead()) {
        weights.finalNorm = readVector(views.finalNorm, kernels);
        TRY_OK(loader.packHead(weights));
    }
    if (stop.stop_requested()) return makeError(ErrorKind::cancelled, "loading was cancelled");
    TRY_OK(views.checkUnchanged());

    const LayerViews& first = views.layers.front();
    weights.keyColumn = roundUp(first.query.outputs, kBlockColumns);
    weights.valueColumn = weights.keyColumn + roundUp(first.key.outputs, kBlockColumns);
    weights.queryKeyValueColumns = weights.valueColumn + roundUp(first.value.outputs, kBlockColumns);
    weights.gateUpColumns = 0;
    for (const LayerWeights& layer : weights.layers)
        weights.gateUpColumns = std::max(weights.gateUpColumns, 2 * layer.down.linear.paddedInputs);
    countBytes(weights);
    if (progress) progress(1.0, "ready");
    return weights;
}

} // namespace tramontane
