// A 4-bit linear in the order that the kernels read straight through, and the 8-bit rows that it multiplies.
//
// y[n] = sum over segments s: scale[s][n] * sum over blocks b of s: a[b] * ( dot(q, x8 of b) - zero[s][n] * total[b] )
// with x[k] ~ a[k/block] * x8[k] (x8 in -127..127), q in 0..15, total[b] = sum of x8 over b. What is in parentheses is a
// whole number, whatever order or instruction it is computed by.
//
// Input rows are sorted by quantization group; a segment is a run of rows that share a scale and a zero for each
// column, padded with inputs of 0 to a multiple of `block`. A row's result depends neither on how many rows are computed
// at once nor on the number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/cpu/pages.h"

namespace tramontane {

constexpr int kBlockColumns = 16; // output columns of one column block
constexpr int kStepRows = 8;      // input rows of 64 packed bytes
constexpr int kMaxSegmentRows = 128;
constexpr int kTileRows = 16; // rows of activations that lie together where they are tiled

// One column block, read from its first byte to its last; the next one follows:
//
//   offset    size                  meaning
//   0         segments*32           scales, f16 (segments, 16)
//   zerosAt   segments*16           zeros, u8 (segments, 16); absent where one zero serves all
//   weightsAt paddedInputs*8        (paddedInputs/8, 64): byte c*4+j of step t holds, for column c, row 8t+j in its
//                                   low four bits and row 8t+4+j in its high four: one load gives two vectors of
//                                   4 rows x 16 columns for a dot product of bytes
//
// zerosAt, weightsAt and the size of the whole are multiples of 64.
struct PackedLinear {
    int inputs = 0;       // K of the source
    int paddedInputs = 0; // packed rows: segments * segmentRows
    int segmentRows = 0;  // a multiple of block, at most kMaxSegmentRows
    int segments = 0;
    int block = 64; // rows that share an activation's scale: 32, 64 or 128
    int columnBlocks = 0;
    int outputStep = kBlockColumns; // from one column block's first output to the next one's
    int uniformZero = 8;            // where hasZeros is false
    bool hasZeros = false;
    Pages storage; // (columnBlocks, columnBlockBytes)
    std::size_t zerosAt = 0, weightsAt = 0, columnBlockBytes = 0;
    std::vector<float> bias;         // (columnBlocks*16); empty: none
    std::vector<std::int32_t> order; // source row of each packed row, `inputs` for padding; empty: as it lies

    int outputs() const { return columnBlocks * kBlockColumns; } // columns, padding included
    int blocks() const { return paddedInputs / block; }

    // Sets the places by the shape above.
    void layOut() {
        const auto padded = [](std::size_t size) { return (size + 63) / 64 * 64; };
        zerosAt = padded(static_cast<std::size_t>(segments) * kBlockColumns * 2);
        weightsAt = zerosAt + (hasZeros ? padded(static_cast<std::size_t>(segments) * kBlockColumns) : 0);
        columnBlockBytes = weightsAt + static_cast<std::size_t>(paddedInputs) * kBlockColumns / 2;
    }
    std::uint8_t* columnBlock(int index) const {
        return storage.as<std::uint8_t>() + static_cast<std::size_t>(index) * columnBlockBytes;
    }
    std::uint16_t* scales(int index) const { return reinterpret_cast<std::uint16_t*>(columnBlock(index)); }
    std::uint8_t* zeros(int index) const { return hasZeros ? columnBlock(index) + zerosAt : nullptr; }
    std::uint8_t* weights(int index) const { return columnBlock(index) + weightsAt; }
    // Bytes that one pass over the linear reads.
    std::size_t sizeBytes() const { return storage.sizeBytes(); }
};

// Rows of activations in 8 bits, in a linear's packed order: row after row or, for instructions that take 16 rows at
// once, in tiles, (M/16, K/64, 16, 64) values and (M/16, blocks, 16) scales and totals. Tiles are there, though of any
// content, to the next multiple of 32 rows.
struct QuantizedRows {
    std::int8_t* values = nullptr;        // (M, valueStride), aligned to 64
    float* scales = nullptr;              // (M, blockStride): one a block
    std::int32_t* totals = nullptr;       // (M, blockStride): the sum of a block's values
    int valueStride = 0, blockStride = 0; // valueStride: a multiple of 64
    bool tiled = false;

    // From the first of a row's values to the one 64 inputs on, and from a block's scale to the next one's.
    int chunkStride() const { return tiled ? 64 * kTileRows : 64; }
    int blockStep() const { return tiled ? kTileRows : 1; }

    QuantizedRows row(int index) const {
        const std::ptrdiff_t lane = tiled ? index % kTileRows : 0, first = index - lane;
        return {values + first * valueStride + lane * 64,
                scales + first * blockStride + lane,
                totals + first * blockStride + lane,
                valueStride,
                blockStride,
                tiled};
    }
};

} // namespace tramontane
