// The order in which a quantized linear lies in device memory: made by repack, read straight through by every kernel.
//
// A linear of K inputs and N outputs is cut into tiles of 16 outputs, a tile into chunks of 128 inputs. Inputs stand
// sorted by quantization group (act-order is resolved here) and padded with zero scales to a multiple of 128; which
// output a row of a tile is, the linear's ColumnOrder says. Tiles follow each other, (tiles, chunks, chunkBytes):
//
//   offset          size             meaning
//   0               1024             two units of 64 inputs, 512 bytes each: lane l of a warp owns bytes 16l..16l+15 of
//                                    a unit, four little-endian words. With g = l/4 and t = l%4, word 2s+r (s, r of
//                                    0, 1) holds 8 weights of tile row g+8r: the inputs 64u + 32s + 16c + 8h + 2t + b
//                                    (c, h, b of 0, 1), each as its 4-bit value at bits 4c + 8h + 16b.
//                                    So the halves (word >> 8h) & 0x000f000f << 4c are an A fragment of mma.m16n8k16.
//   1024            32*scaleGroups   scales, f16 (scaleGroups, 8, 2): of tile rows g and g+8, side by side
//   then            32*scaleGroups   zeros, f16, in the same order; only where `hasZeros`, else every zero is 8
//
// scaleGroups = 128 / groupRows is 1, 2 or 4; a longer group repeats its scale in each of its chunks.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tramontane::gpu {

constexpr int kTileRows = 16;     // outputs of a tile
constexpr int kChunkInputs = 128; // inputs of a chunk
constexpr int kUnitInputs = 64, kUnitBytes = 512, kChunkWeightBytes = 1024;

// Which output a row of a tile is. Some orders put two outputs that belong together into rows g and g+8 of
// one tile, where one thread of a matrix product holds both.
enum class ColumnOrder {
    plain,  // row r of tile j is column 16j + r
    rotary, // the first rotaryTiles tiles are heads of D columns: of a head's tile j, rows 0..7 are its
            // dimensions 8j.., rows 8..15 its dimensions D/2 + 8j.., the two that a rotation mixes (D % 16 ==
            // 0); later tiles are plain
    gateUp, // rows 0..7 are columns 8j.. of gate, rows 8..15 the same columns of up
};

struct PackedShape {
    int inputs = 0;      // K of the source
    int chunks = 0;      // packed inputs / 128
    int tiles = 0;       // packed outputs / 16
    int groupRows = 128; // inputs that share a scale in a chunk: 32, 64 or 128
    bool hasZeros = false;

    int packedInputs() const { return chunks * kChunkInputs; }
    int packedOutputs() const { return tiles * kTileRows; }
    int scaleGroups() const { return kChunkInputs / groupRows; }
    int scaleBytes() const { return 32 * scaleGroups(); }
    int chunkBytes() const { return kChunkWeightBytes + scaleBytes() * (hasZeros ? 2 : 1); } // a multiple of 16
    std::size_t tileBytes() const { return static_cast<std::size_t>(chunks) * chunkBytes(); }
    std::size_t sizeBytes() const { return tiles * tileBytes(); }
};

// Bit position of an input's 4-bit value in its word; `input` counts from the sub-unit's first, 0..31.
constexpr int nibbleShift(int input) { return 4 * (input >> 4 & 1) + 8 * (input >> 3 & 1) + 16 * (input & 1); }
// Which lane quad position t owns the input.
constexpr int nibbleOwner(int input) { return input >> 1 & 3; }

} // namespace tramontane::gpu
