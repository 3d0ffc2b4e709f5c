// Plans every byte on the device, takes it, and sends the tensors up layer by layer to be repacked there.
#include "gpu/weights.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <utility>

#include "core/base/bytes.h"
#include "gpu/device/convert.h"
#include "gpu/device/staged_upload.h"
#include "gpu/kernels/head.h"
#include "gpu/marlin/pack_order.h"
#include "gpu/marlin/repack.h"
#include "gpu/model_fit.h"

namespace tramontane::gpu {
namespace {

constexpr std::size_t kDensePieceBytes = std::size_t{16} << 20; // of a tensor that is converted on the device
constexpr std::size_t kAllocationBytes = std::size_t{2} << 20;  // what the driver hands out memory by
constexpr std::size_t kMarginBytes = std::size_t{64} << 20;     // kernels, and others who take memory meanwhile

Error cancelled() { return makeError(ErrorKind::cancelled, "loading was cancelled"); }

// Linears that become one: what of theirs goes where.
struct Fusion {
    std::vector<const GptqView*> parts;
    InputOrder order;
    std::vector<TileRowSource> rows;
    ColumnOrder columnOrder = ColumnOrder::plain;
    int rotaryTiles = 0, headDim = 0;
    bool inputLiesPacked = false; // no inputOrder, whatever the order
};

struct LayerFusions {
    std::vector<Fusion> linears; // those of GpuLayer: queryKeyValue, output, gateUp, down
    std::size_t queryKeyValueCount = 0, gateUpCount = 0;
};

// One linear where all orders are equal, else one each.
bool sameOrders(std::span<const InputOrder> orders) {
    return std::all_of(orders.begin(), orders.end(), [&](const InputOrder& order) { return order == orders[0]; });
}

void fuseQueryKeyValue(const LayerViews& layer, int headDim, LayerFusions& fusions) {
    const std::array views{&layer.query, &layer.key, &layer.value};
    std::array<InputOrder, 3> orders;
    for (std::size_t i = 0; i < views.size(); ++i) orders[i] = inputOrderOf(*views[i]);
    const bool fused = sameOrders(orders);
    Fusion fusion;
    for (std::size_t i = 0; i < views.size(); ++i) {
        const bool rotates = i < 2;
        const int part = static_cast<int>(fusion.parts.size());
        fusion.parts.push_back(views[i]);
        if (rotates) {
            appendRotary(fusion.rows, part, views[i]->outputs, headDim);
            fusion.columnOrder = ColumnOrder::rotary;
            fusion.rotaryTiles += views[i]->outputs / kTileRows;
            fusion.headDim = headDim;
        } else {
            appendPlain(fusion.rows, part, views[i]->outputs);
        }
        if (fused && i + 1 < views.size()) continue;
        fusion.order = std::move(orders[i]);
        fusions.linears.push_back(std::exchange(fusion, {}));
    }
    fusions.queryKeyValueCount = fused ? 1 : views.size();
}

// The act-order of down folds into the columns of gate and up.
void fuseGateUp(const LayerViews& layer, std::span<const std::int32_t> downSources, LayerFusions& fusions) {
    const std::array views{&layer.gate, &layer.up};
    std::array<InputOrder, 2> orders{inputOrderOf(layer.gate), inputOrderOf(layer.up)};
    if (sameOrders(orders)) {
        Fusion fusion;
        fusion.parts = {views[0], views[1]};
        fusion.order = std::move(orders[0]);
        fusion.rows = gateUpRows(downSources);
        fusion.columnOrder = ColumnOrder::gateUp;
        fusions.linears.push_back(std::move(fusion));
        fusions.gateUpCount = 1;
        return;
    }
    for (std::size_t i = 0; i < views.size(); ++i) {
        Fusion fusion;
        fusion.parts = {views[i]};
        fusion.order = std::move(orders[i]);
        appendPermuted(fusion.rows, 0, downSources);
        fusions.linears.push_back(std::move(fusion));
    }
    fusions.gateUpCount = views.size();
}

Fusion aloneAndPlain(const GptqView& view, InputOrder order) {
    Fusion fusion;
    fusion.parts = {&view};
    fusion.order = std::move(order);
    appendPlain(fusion.rows, 0, view.outputs);
    return fusion;
}

LayerFusions fuseLayer(const LayerViews& layer, int headDim) {
    LayerFusions fusions;
    fuseQueryKeyValue(layer, headDim, fusions);
    fusions.linears.push_back(aloneAndPlain(layer.output, inputOrderOf(layer.output)));
    InputOrder downOrder = inputOrderOf(layer.down);
    fuseGateUp(layer, downOrder.sources, fusions);
    fusions.linears.push_back(aloneAndPlain(layer.down, std::move(downOrder)));
    fusions.linears.back().inputLiesPacked = true;
    return fusions;
}

bool hasOtherZerosThan8(const GptqView& view) {
    const std::uint32_t eights = static_cast<std::uint32_t>(8 - view.zeroOffset) * 0x11111111u;
    for (std::size_t i = 0; i < view.qzeros.size() / 4; ++i)
        if (loadUnaligned<std::uint32_t>(view.qzeros, i) != eights) return true;
    return false;
}

bool hasBias(const GptqView& view) {
    for (std::size_t i = 0; i < view.bias.size() / 2; ++i)
        if ((loadUnaligned<std::uint16_t>(view.bias, i) & 0x7fffu) != 0) return true;
    return false;
}

LinearPlan planLinear(const Fusion& fusion) {
    const auto any = [&](auto test) {
        return std::any_of(fusion.parts.begin(), fusion.parts.end(), [&](const GptqView* view) { return test(*view); });
    };
    const GptqView& first = *fusion.parts[0];
    LinearPlan plan;
    plan.shape =
        packedShapeOf(first.inputs, first.groups, static_cast<int>(fusion.rows.size()), any(hasOtherZerosThan8));
    plan.hasBias = any(hasBias);
    plan.hasOrder = !fusion.order.identity && !fusion.inputLiesPacked;
    return plan;
}

void readFloats(const DenseView& view, std::byte* to) {
    for (std::size_t i = 0; i < view.bytes.size() / dtypeSize(view.dtype); ++i) {
        float value = 0;
        if (view.dtype == DType::f16)
            value = halfToFloat(loadUnaligned<std::uint16_t>(view.bytes, i));
        else if (view.dtype == DType::bf16)
            value = bfloat16ToFloat(loadUnaligned<std::uint16_t>(view.bytes, i));
        else
            value = loadUnaligned<float>(view.bytes, i);
        std::memcpy(to + i * sizeof(float), &value, sizeof value);
    }
}

void readBias(const Fusion& fusion, std::byte* to) {
    for (std::size_t r = 0; r < fusion.rows.size(); ++r) {
        const GptqView& view = *fusion.parts[static_cast<std::size_t>(fusion.rows[r].part)];
        const int column = fusion.rows[r].column;
        const float bias = column < 0 || view.bias.empty()
                               ? 0.0f
                               : halfToFloat(loadUnaligned<std::uint16_t>(view.bias, static_cast<std::size_t>(column)));
        std::memcpy(to + r * sizeof(float), &bias, sizeof bias);
    }
}

// Norms, biases and orders of a layer, which go up as they shall lie.
Transfer tableTransfer(const LayerViews& layer, const LayerFusions& fusions, const LayerPlan& plan, std::byte* to) {
    Transfer transfer;
    transfer.to = to;
    transfer.sizeBytes = plan.tableBytes;
    transfer.table.resize(plan.tableBytes);
    readFloats(layer.inputNorm, transfer.table.data() + plan.inputNormAt);
    readFloats(layer.postAttentionNorm, transfer.table.data() + plan.postAttentionNormAt);
    for (std::size_t i = 0; i < fusions.linears.size(); ++i) {
        const LinearPlan& linear = plan.linears[i];
        if (linear.hasBias) readBias(fusions.linears[i], transfer.table.data() + linear.biasAt);
        if (!linear.hasOrder) continue;
        const std::vector<std::int32_t> positions = fusions.linears[i].order.inverse();
        std::memcpy(transfer.table.data() + linear.orderAt, positions.data(), positions.size() * sizeof(std::int32_t));
    }
    transfer.segments = {{0, transfer.table}};
    return transfer;
}

// What linearTransfer takes of the source buffer.
std::size_t sourceBytesOf(const Fusion& fusion) {
    std::size_t bytes = alignTo256(fusion.order.sources.size() * sizeof(std::int32_t)) +
                        alignTo256(fusion.order.groups.size() * sizeof(std::int32_t)) +
                        alignTo256(fusion.rows.size() * sizeof(TileRowSource));
    for (const GptqView* view : fusion.parts)
        bytes += alignTo256(view->qweight.size()) + alignTo256(view->scales.size()) + alignTo256(view->qzeros.size());
    return bytes;
}

// A linear's tables and tensors side by side in the source buffer, and repack behind them.
Transfer linearTransfer(const Fusion& fusion, const PackedShape& shape, std::byte* source, std::uint8_t* tiles,
                        const std::function<void(std::span<const std::byte>)>& release) {
    Transfer transfer;
    transfer.to = source;
    const auto place = [&](std::span<const std::byte> bytes) {
        const std::size_t at = transfer.sizeBytes;
        transfer.segments.push_back({at, bytes});
        transfer.sizeBytes += alignTo256(bytes.size());
        return source + at;
    };
    const std::span<const std::byte> sources = std::as_bytes(std::span(fusion.order.sources)),
                                     groups = std::as_bytes(std::span(fusion.order.groups)),
                                     rows = std::as_bytes(std::span(fusion.rows));
    RepackArguments arguments;
    arguments.shape = shape;
    arguments.tiles = tiles;
    arguments.sources = reinterpret_cast<const std::int32_t*>(place(sources));
    arguments.groups = reinterpret_cast<const std::int32_t*>(place(groups));
    arguments.tileRows = reinterpret_cast<const TileRowSource*>(place(rows));
    for (std::size_t i = 0; i < fusion.parts.size(); ++i) {
        const GptqView& view = *fusion.parts[i];
        RepackPart& part = arguments.parts[i];
        part.outputs = view.outputs;
        part.zeroOffset = view.zeroOffset;
        part.qweight = reinterpret_cast<const std::uint32_t*>(place(view.qweight));
        part.scales = reinterpret_cast<const __half*>(place(view.scales));
        part.qzeros = reinterpret_cast<const std::uint32_t*>(place(view.qzeros));
    }
    transfer.then = [arguments](cudaStream_t stream) { return repack(arguments, stream); };
    transfer.wasRead = [parts = fusion.parts, release] {
        for (const GptqView* view : parts)
            for (const auto bytes : {view->qweight, view->qzeros, view->scales, view->bias})
                if (!bytes.empty()) release(bytes);
    };
    return transfer;
}

// f16 goes straight to its place; what has to be converted, piece by piece through the source buffer.
void appendDense(std::vector<Transfer>& transfers, const DenseView& view, std::byte* source, __half* to,
                 const std::function<void(std::span<const std::byte>)>& release) {
    const std::size_t elementBytes = dtypeSize(view.dtype);
    const std::size_t pieceBytes = view.dtype == DType::f16 ? view.bytes.size() : kDensePieceBytes;
    for (std::size_t first = 0; first < view.bytes.size(); first += pieceBytes) {
        const std::span<const std::byte> piece =
            view.bytes.subspan(first, std::min(pieceBytes, view.bytes.size() - first));
        __half* place = to + first / elementBytes;
        Transfer transfer;
        transfer.to = view.dtype == DType::f16 ? reinterpret_cast<std::byte*>(place) : source;
        transfer.sizeBytes = piece.size();
        transfer.segments = {{0, piece}};
        if (view.dtype != DType::f16)
            transfer.then = [source, dtype = view.dtype, place, count = piece.size() / elementBytes](
                                cudaStream_t stream) { return convertToHalf(source, dtype, place, count, stream); };
        transfer.wasRead = [piece, release] { release(piece); };
        transfers.push_back(std::move(transfer));
    }
}

// Rows of a head that go through the source buffer at once: whole tiles.
std::size_t headPieceRows(const DenseView& view) {
    const std::size_t rowBytes = static_cast<std::size_t>(view.columns) * dtypeSize(view.dtype);
    return std::max<std::size_t>(1, kDensePieceBytes / rowBytes / kTileRows) * kTileRows;
}

void appendHead(std::vector<Transfer>& transfers, const DenseView& view, std::byte* source, __half* to,
                const std::function<void(std::span<const std::byte>)>& release) {
    const std::size_t rowBytes = static_cast<std::size_t>(view.columns) * dtypeSize(view.dtype),
                      pieceRows = headPieceRows(view);
    for (std::size_t first = 0; first < static_cast<std::size_t>(view.rows); first += pieceRows) {
        const std::size_t rows = std::min(pieceRows, static_cast<std::size_t>(view.rows) - first);
        const std::span<const std::byte> piece = view.bytes.subspan(first * rowBytes, rows * rowBytes);
        Transfer transfer;
        transfer.to = source;
        transfer.sizeBytes = piece.size();
        transfer.segments = {{0, piece}};
        transfer.then = [source, dtype = view.dtype, first, rows, columns = view.columns, to](cudaStream_t stream) {
            return packHead(source, dtype, static_cast<int>(first), static_cast<int>(rows), columns, to, stream);
        };
        transfer.wasRead = [piece, release] { release(piece); };
        transfers.push_back(std::move(transfer));
    }
}

std::string inMegabytes(std::uint64_t bytes) { return std::to_string((bytes + (1u << 20) - 1) >> 20) + " MB"; }

class Loader {
public:
    explicit Loader(const ModelViews& views) : views_(views) {}

    Result<void> plan(const std::stop_token& stop) {
        for (const LayerViews& layer : views_.layers) {
            if (stop.stop_requested()) return cancelled();
            fusions_.push_back(fuseLayer(layer, views_.config.mistral.headDim));
            std::vector<LinearPlan> linears;
            for (const Fusion& fusion : fusions_.back().linears) linears.push_back(planLinear(fusion));
            plans_.push_back(planLayer(views_.config.mistral.hiddenSize, std::move(linears)));
        }
        const auto tableBytes = [](const DenseView& view) {
            return alignTo256(static_cast<std::size_t>(view.rows) * static_cast<std::size_t>(view.columns) *
                              sizeof(__half));
        };
        embeddingAt_ = alignTo256(static_cast<std::size_t>(views_.finalNorm.columns) * sizeof(float));
        headAt_ = embeddingAt_ + tableBytes(views_.embedding);
        denseBytes_ = headAt_ + alignTo256(packedHeadBytes(static_cast<std::size_t>(views_.head.rows),
                                                           static_cast<std::size_t>(views_.head.columns)));
        if (views_.embedding.dtype != DType::f16)
            sourceBytes_ = std::min(kDensePieceBytes, views_.embedding.bytes.size());
        sourceBytes_ =
            std::max(sourceBytes_, std::min(headPieceRows(views_.head) * static_cast<std::size_t>(views_.head.columns) *
                                                dtypeSize(views_.head.dtype),
                                            views_.head.bytes.size()));
        for (const LayerFusions& fusions : fusions_)
            for (const Fusion& fusion : fusions.linears) sourceBytes_ = std::max(sourceBytes_, sourceBytesOf(fusion));
        return {};
    }

    Result<void> checkMemory(std::uint64_t limitBytes) const {
        const auto taken = [](std::size_t bytes) {
            return (bytes + kAllocationBytes - 1) / kAllocationBytes * kAllocationBytes;
        };
        std::uint64_t needed = kMarginBytes + taken(denseBytes_) + taken(sourceBytes_);
        for (const LayerPlan& plan : plans_) needed += taken(plan.sizeBytes);
        const Result<std::uint64_t> free = freeDeviceBytes(limitBytes);
        if (!free) return free.error();
        if (needed <= *free) return {};
        return makeError(ErrorKind::outOfMemory, "the model needs " + inMegabytes(needed) +
                                                     " of the GPU's memory and " + std::to_string(*free >> 20) +
                                                     " MB are free: close what else uses the GPU, take a "
                                                     "smaller model, or leave more layers to the CPU");
    }

    // One piece a layer, one for what is not quantized, and the source buffer, which goes when this object does.
    Result<void> takeMemory(GpuWeights& weights) {
        for (const LayerPlan& plan : plans_) {
            TRY_OK(take(weights, plan.sizeBytes));
            weights.layers.push_back(layerAt(weights.layers.size(), weights.storage.back()));
        }
        TRY_OK(take(weights, denseBytes_));
        const DeviceMemory& dense = weights.storage.back();
        weights.finalNorm = dense.as<float>();
        if (views_.hasEmbedding()) weights.embedding = dense.as<__half>(embeddingAt_);
        weights.head = dense.as<__half>(headAt_);
        Result<DeviceMemory> source = DeviceMemory::allocate(sourceBytes_);
        if (!source) return std::move(source).error();
        source_ = std::move(*source);
        return {};
    }

    std::vector<Transfer> transfers(const GpuWeights& weights) const {
        std::vector<Transfer> transfers;
        std::byte* source = source_.as<std::byte>();
        for (std::size_t i = 0; i < plans_.size(); ++i) {
            const DeviceMemory& memory = weights.storage[i];
            transfers.push_back(tableTransfer(views_.layers[i], fusions_[i], plans_[i], memory.as<std::byte>()));
            for (std::size_t j = 0; j < fusions_[i].linears.size(); ++j) {
                const LinearPlan& linear = plans_[i].linears[j];
                transfers.push_back(linearTransfer(fusions_[i].linears[j], linear.shape, source,
                                                   memory.as<std::uint8_t>(linear.tilesAt), views_.release));
            }
        }
        const DeviceMemory& dense = weights.storage.back();
        appendDense(transfers, views_.embedding, source, dense.as<__half>(embeddingAt_), views_.release);
        appendHead(transfers, views_.head, source, dense.as<__half>(headAt_), views_.release);
        Transfer norm;
        norm.to = dense.as<std::byte>();
        norm.table.resize(static_cast<std::size_t>(views_.finalNorm.columns) * sizeof(float));
        norm.sizeBytes = norm.table.size();
        readFloats(views_.finalNorm, norm.table.data());
        norm.segments = {{0, norm.table}};
        transfers.push_back(std::move(norm));
        return transfers;
    }

    std::uint64_t bytesReadPerToken() const {
        const DenseView& head = views_.head;
        std::uint64_t bytes = static_cast<std::uint64_t>(head.rows + (views_.hasEmbedding() ? 1 : 0)) *
                              static_cast<std::uint64_t>(head.columns) * sizeof(__half);
        for (const LayerPlan& plan : plans_) bytes += plan.sizeBytes;
        return bytes + static_cast<std::uint64_t>(views_.finalNorm.columns) * sizeof(float);
    }

private:
    static Result<void> take(GpuWeights& weights, std::size_t sizeBytes) {
        Result<DeviceMemory> memory = DeviceMemory::allocate(sizeBytes);
        if (!memory) return std::move(memory).error();
        weights.storage.push_back(std::move(*memory));
        weights.sizeBytes += sizeBytes;
        return {};
    }

    GpuLayer layerAt(std::size_t index, const DeviceMemory& memory) const {
        const LayerPlan& plan = plans_[index];
        const LayerFusions& fusions = fusions_[index];
        std::vector<DeviceLinear> linears;
        for (std::size_t i = 0; i < plan.linears.size(); ++i) {
            const LinearPlan& from = plan.linears[i];
            DeviceLinear linear;
            linear.shape = from.shape;
            linear.columnOrder = fusions.linears[i].columnOrder;
            linear.rotaryTiles = fusions.linears[i].rotaryTiles;
            linear.headDim = fusions.linears[i].headDim;
            linear.tiles = memory.as<std::uint8_t>(from.tilesAt);
            if (from.hasBias) linear.bias = memory.as<float>(from.biasAt);
            if (from.hasOrder) linear.inputOrder = memory.as<int>(from.orderAt);
            linears.push_back(linear);
        }
        GpuLayer layer;
        layer.inputNorm = memory.as<float>(plan.inputNormAt);
        layer.postAttentionNorm = memory.as<float>(plan.postAttentionNormAt);
        auto next = linears.begin();
        const auto nextOnes = [&](std::size_t count) {
            const auto first = next;
            next += static_cast<std::ptrdiff_t>(count);
            return std::vector<DeviceLinear>(first, next);
        };
        layer.queryKeyValue = nextOnes(fusions.queryKeyValueCount);
        layer.output = *next++;
        layer.gateUp = nextOnes(fusions.gateUpCount);
        layer.down = *next++;
        return layer;
    }

    const ModelViews& views_;
    std::vector<LayerFusions> fusions_;
    std::vector<LayerPlan> plans_;
    std::size_t embeddingAt_ = 0, headAt_ = 0, denseBytes_ = 0; // the final norm at 0
    std::size_t sourceBytes_ = 0;
    DeviceMemory source_; // the tensors of one linear, as they lie in the file
};

} // namespace

Result<GpuWeights> loadGpuWeights(const ModelViews& views, const LoadProgress& progress, std::stop_token stop,
                                  std::uint64_t memoryLimitBytes) {
    if (const char* why = unsupportedShape(views.config); why != nullptr) return makeError(ErrorKind::unsupported, why);
    if (progress) progress(0, "packing weights");
    Loader loader(views);
    TRY_OK(loader.plan(stop));
    TRY_OK(loader.checkMemory(memoryLimitBytes));
    GpuWeights weights;
    TRY_OK(loader.takeMemory(weights));
    const std::vector<Transfer> transfers = loader.transfers(weights);
    std::size_t largest = 0;
    for (const Transfer& transfer : transfers) largest = std::max(largest, transfer.sizeBytes);
    Result<std::unique_ptr<StagedUpload>> upload = StagedUpload::make(largest);
    if (!upload) return std::move(upload).error();
    const auto report = [&](double fraction) {
        if (progress) progress(fraction, "packing weights");
    };
    TRY_OK((*upload)->run(transfers, report, stop));
    if (stop.stop_requested()) return cancelled();
    TRY_OK(views.checkUnchanged());
    weights.bytesReadPerToken = loader.bytesReadPerToken();
    if (progress) progress(1.0, "ready");
    return weights;
}

} // namespace tramontane::gpu
