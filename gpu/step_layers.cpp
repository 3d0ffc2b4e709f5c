// The kernels of a layer, enqueued: fused ones for a few rows that are one token each, else one operation at a time.
#include "gpu/kernels/pointwise.h"
#include "gpu/marlin/decode_linear.h"
#include "gpu/marlin/gemm.h"
#include "gpu/step.h"

namespace tramontane::gpu {

cudaError_t Step::enqueueFusedLayer(int l, int rows) {
    const GpuLayer& layer = weights_.layers[static_cast<std::size_t>(l)];
    const LayerSlots& slots = slots_[static_cast<std::size_t>(l)];
    const int hidden = config_.hiddenSize, mixed = config_.headCount * config_.headDim;
    float* residual = residual_.as<float>();
    RotaryOutput rotary;
    rotary.queries = queries_.as<__half>();
    rotary.heads = config_.headCount;
    rotary.kv = kvView();
    rotary.layer = l;
    rotary.rows = singles_.rows(rows);
    rotary.inverseFrequencies = inverseFrequencies_.as<float>();
    const auto upcoming = [&](const DeviceLinear& next) { return upcomingOf(next, rows, kUpcomingBytes); };
    // One row is normed inside the linear; several are normed once for all blocks.
    const auto rowsFor = [&](const DeviceLinear& linear) {
        return FragmentRows{normed_.as<__half>(), linear.shape.packedInputs()};
    };
    const DeviceLinear &queryKeyValue = layer.queryKeyValue[0], &gateUp = layer.gateUp[0];
    if (rows == 1) {
        TRY_CUDA(decodeQueryKeyValue(queryKeyValue,
                                     {residual, layer.inputNorm, slots.queryKeyValue, hidden, config_.rmsNormEps},
                                     rotary, upcoming(layer.output), stream_.get()));
    } else {
        TRY_CUDA(normInto(queryKeyValue, layer.inputNorm, slots.queryKeyValue, rows));
        TRY_CUDA(decodeQueryKeyValue(queryKeyValue, rows, rowsFor(queryKeyValue), rotary, upcoming(layer.output),
                                     stream_.get()));
    }
    AttentionArguments attention;
    attention.queries = queries_.as<__half>();
    attention.queryStride = mixed;
    attention.heads = config_.headCount;
    attention.kv = kvView();
    attention.layer = l;
    attention.rows = singles_.rows(rows);
    attention.slidingWindow = config_.slidingWindow.value_or(0);
    attention.out = attended_.as<__half>();
    attention.outStride = layer.output.shape.packedInputs();
    attention.outOrder = slots.output;
    TRY_CUDA(decodeAttention(attention, {partials_.as<float>(), counters_.as<unsigned>()},
                             decodeSplits(rows, config_.kvHeadCount, multiprocessors_), stream_.get()));
    TRY_CUDA(decodeAddTo(layer.output, rows, {attended_.as<__half>(), attention.outStride}, residual, hidden,
                         upcoming(gateUp), stream_.get()));
    __half* activated = activated_.as<__half>();
    const int innerStride = layer.down.shape.packedInputs();
    if (rows == 1) {
        TRY_CUDA(decodeGateUp(gateUp, {residual, layer.postAttentionNorm, slots.gateUp, hidden, config_.rmsNormEps},
                              activated, innerStride, upcoming(layer.down), stream_.get()));
    } else {
        TRY_CUDA(normInto(gateUp, layer.postAttentionNorm, slots.gateUp, rows));
        TRY_CUDA(
            decodeGateUp(gateUp, rows, rowsFor(gateUp), activated, innerStride, upcoming(layer.down), stream_.get()));
    }
    const auto following = static_cast<std::size_t>(l) + 1;
    return decodeAddTo(layer.down, rows, {activated, innerStride}, residual, hidden,
                       following < weights_.layers.size() ? upcoming(weights_.layers[following].queryKeyValue[0])
                                                          : Upcoming{},
                       stream_.get());
}

cudaError_t Step::enqueueLayer(int l, const RowTable& table, int rows, int tileCount) {
    const GpuLayer& layer = weights_.layers[static_cast<std::size_t>(l)];
    const int dim = config_.headDim, mixed = config_.headCount * dim, keys = config_.kvHeadCount * dim,
              all = mixed + 2 * keys;
    const int widths[] = {mixed, keys, keys};
    int column = 0;
    for (std::size_t i = 0; i < layer.queryKeyValue.size(); ++i) {
        const DeviceLinear& linear = layer.queryKeyValue[i];
        const int columns = layer.queryKeyValue.size() == 1 ? all : widths[i];
        TRY_CUDA(normInto(linear, layer.inputNorm, linear.inputOrder, rows));
        TRY_CUDA(multiplyInto(linear, rows, normed_.as<__half>(), columns, queryKeyValue_.as<__half>() + column, all));
        column += columns;
    }
    RotateArguments rotate;
    rotate.queryKeyValue = queryKeyValue_.as<__half>();
    rotate.heads = config_.headCount;
    rotate.kv = kvView();
    rotate.layer = l;
    rotate.rows = table.rows(rows);
    rotate.inverseFrequencies = inverseFrequencies_.as<float>();
    rotate.queries = queries_.as<__half>();
    TRY_CUDA(rotateAndCache(rotate, stream_.get()));

    AttentionArguments attention;
    attention.queries = queries_.as<__half>();
    attention.queryStride = mixed;
    attention.heads = config_.headCount;
    attention.kv = kvView();
    attention.layer = l;
    attention.rows = table.rows(rows);
    attention.slidingWindow = config_.slidingWindow.value_or(0);
    attention.out = attended_.as<__half>();
    attention.outStride = layer.output.shape.packedInputs();
    attention.outOrder = layer.output.inputOrder;
    TRY_CUDA(tileCount > 0 ? prefillAttention(attention, tiles_.as<QueryTile>(), tileCount, stream_.get())
                           : decodeAttention(attention, {partials_.as<float>(), counters_.as<unsigned>()},
                                             decodeSplits(rows, config_.kvHeadCount, multiprocessors_), stream_.get()));
    TRY_CUDA(addTo(layer.output, rows, attended_.as<__half>()));
    return feedForward(layer, rows);
}

cudaError_t Step::feedForward(const GpuLayer& layer, int rows) {
    const int inner = layer.down.shape.packedInputs();
    __half* targets[] = {activated_.as<__half>(), up_.as<__half>()};
    for (std::size_t i = 0; i < layer.gateUp.size(); ++i) {
        const DeviceLinear& linear = layer.gateUp[i];
        TRY_CUDA(normInto(linear, layer.postAttentionNorm, linear.inputOrder, rows));
        const int columns = linear.shape.packedOutputs() / (linear.columnOrder == ColumnOrder::gateUp ? 2 : 1);
        TRY_CUDA(multiplyInto(linear, rows, normed_.as<__half>(), columns, targets[i], inner));
    }
    if (layer.gateUp.size() > 1) TRY_CUDA(siluTimes(targets[0], targets[1], rows, inner, inner, stream_.get()));
    return addTo(layer.down, rows, activated_.as<__half>());
}

cudaError_t Step::multiplyInto(const DeviceLinear& linear, int rows, const __half* x, int columns, __half* out,
                               int outStride) {
    GemmArguments gemmArguments;
    gemmArguments.x = x;
    gemmArguments.rows = rows;
    gemmArguments.xStride = linear.shape.packedInputs();
    gemmArguments.linear = linear;
    gemmArguments.columns = columns;
    gemmArguments.output = linear.columnOrder == ColumnOrder::gateUp ? GemmOutput::siluTimes : GemmOutput::store;
    gemmArguments.out = out;
    gemmArguments.outStride = outStride;
    gemmArguments.workspace = workspace_.as<void>();
    return gemm(gemmArguments, stream_.get());
}

cudaError_t Step::addTo(const DeviceLinear& linear, int rows, const __half* x) {
    GemmArguments gemmArguments;
    gemmArguments.x = x;
    gemmArguments.rows = rows;
    gemmArguments.xStride = linear.shape.packedInputs();
    gemmArguments.linear = linear;
    gemmArguments.columns = config_.hiddenSize;
    gemmArguments.output = GemmOutput::addTo;
    gemmArguments.residual = residual_.as<float>();
    gemmArguments.outStride = config_.hiddenSize;
    gemmArguments.workspace = workspace_.as<void>();
    return gemm(gemmArguments, stream_.get());
}

cudaError_t Step::normInto(const DeviceLinear& linear, const float* weight, const int* order, int rows) {
    NormArguments norm;
    norm.residual = residual_.as<float>();
    norm.weight = weight;
    norm.order = order;
    norm.rows = rows;
    norm.hidden = config_.hiddenSize;
    norm.eps = config_.rmsNormEps;
    norm.out = normed_.as<__half>();
    norm.outStride = linear.shape.packedInputs();
    return normalize(norm, stream_.get());
}

} // namespace tramontane::gpu
