// A linear as GPTQ stores it, K inputs and N outputs, and the plain meaning of its bytes.
//
//   tensor    dtype, shape         meaning
//   qweight   i32 (K/8, N)         8 input rows a word: row 8i+j at bits 4j..4j+3 of word i
//   qzeros    i32 (groups, N/8)    8 output columns a word: column 8i+j at bits 4j..4j+3 of word i.
//                                  Format gptq stores the zero less one (symmetric: 0x77777777),
//                                  gptq_v2 the zero itself (symmetric: 0x88888888)
//   scales    f16 (groups, N)
//   g_idx     i32 (K)              the group of each input row; with act-order scattered, each group K/groups
//   times bias      f16 (N)              only sometimes
//
//   W[k][n] = (q[k][n] - zero[g_idx[k]][n]) · scale[g_idx[k]][n]
//
// A stored zero of 15 means 16 in format gptq: the sum is not cut to four bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace tramontane {

// Little-endian, at any alignment.
struct GptqView {
    int inputs = 0, outputs = 0;           // K, N; multiples of 8
    int groups = 0;                        // divides K; a group has K/groups rows
    int zeroOffset = 1;                    // added to every stored zero
    std::span<const std::byte> qweight;    // i32 (K/8, N)
    std::span<const std::byte> qzeros;     // i32 (groups, N/8)
    std::span<const std::byte> scales;     // f16 (groups, N), finite
    std::span<const std::byte> groupIndex; // i32 (K), each 0..groups-1, each group K/groups times, and not in
                                           // order; empty: row/(K/groups)
    std::span<const std::byte> bias;       // f16 (N), finite; empty: none
};

// One number by the table above, the oracle of every faster way. No bounds are checked.
int gptqQuant(const GptqView& view, int k, int n);    // 0..15
int gptqZero(const GptqView& view, int group, int n); // 0..16
float gptqScale(const GptqView& view, int group, int n);
int gptqGroup(const GptqView& view, int k);

// The whole matrix, (K,N) f32 row-major.
std::vector<float> dequantize(const GptqView& view);

// Row k belongs to group k/(rows/groups): nothing that needs a table.
bool isStaircase(std::span<const std::int32_t> groupIndex, int groups);

// `bytes` is g_idx as the file has it, K·4 bytes. Refuses, naming `tensor`, an entry outside 0..groups-1 and
// groups of unequal size; the copy that comes out can no longer be changed by whoever writes the file.
Result<std::vector<std::int32_t>> readGroupIndex(std::span<const std::byte> bytes, int groups, std::string_view tensor);

// Whether no f16 of `bytes` is infinite or NaN. About as fast as memory.
bool allFinite(std::span<const std::byte> bytes);

} // namespace tramontane
