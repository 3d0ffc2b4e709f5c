// GPTQ linears as they lie in the file in, one packed linear out (packed_linear.h).
#pragma once

#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

#include "core/base/result.h"
#include "core/base/thread_pool.h"
#include "core/cpu/kernels.h"
#include "core/cpu/packed_linear.h"
#include "core/model/checkpoint.h"

namespace tramontane {

// Input rows sorted by quantization group and cut into segments of equal length. A group with more rows than a
// segment holds takes several; the last one of a group is padded.
struct RowOrder {
    int inputs = 0, segmentRows = 0;
    std::vector<std::int32_t> rows;   // (segments * segmentRows): source row, `inputs` for padding
    std::vector<std::int32_t> groups; // (segments): the group whose scale and zero it has

    bool operator==(const RowOrder&) const = default;
    bool isIdentity() const; // rows lie as they are, without padding
};

RowOrder rowOrderOf(const GptqView& view);

// A view's place in a packed linear: its 16-column blocks go to firstBlock, firstBlock+blockStep, ...
struct PackPart {
    const GptqView* view = nullptr;
    std::vector<std::int32_t> columns; // source column of each packed one, `outputs` for padding; a multiple of 16
    int firstBlock = 0, blockStep = 1;
};

// 0..count-1, padded with `count` to the next multiple of 16.
std::vector<std::int32_t> naturalColumns(int count);

// Packs the parts, which share `order`, into one linear whose activations share a scale by `block` rows, 32, 64 or 128,
// or by fewer where a segment is no multiple of it. Errors: cancelled, outOfMemory.
Result<PackedLinear> packLinear(std::span<const PackPart> parts, const RowOrder& order, int block,
                                const Kernels& kernels, ThreadPool& pool, std::stop_token stop);

} // namespace tramontane
