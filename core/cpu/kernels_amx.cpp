// Linears of many rows in AMX int8 tiles; everything else as AVX-512 has it. Contracts: kernels.h.
// Test: tests/core/cpu/kernels_test.cpp.
//
// C (16 rows, 16 columns) i32 = A (16 rows, a block's 32 or 64 inputs) i8 . B (the same inputs, 16 columns) i8, once a
// block, because every block's activations have a scale of their own. B is unpacked from 4 bits, less its zeros, for one
// segment of one column block at a time, and then meets every row tile: 2 KB that stay in the first level.
// Rounding: as kernels_avx512.cpp does it, operation by operation, so that a row gets the same bits from either.
#include "core/cpu/kernels.h"

#if defined(__x86_64__)
#include <algorithm>
#include <cstring>

#include <immintrin.h>

#define TRAMONTANE_TARGET \
    __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,amx-tile,amx-int8")))
#define TRAMONTANE_INLINE TRAMONTANE_TARGET __attribute__((always_inline)) inline

namespace tramontane {
namespace {

constexpr int kMaxTiles = 16; // row tiles that are summed up together: 16 KB of sums

// What ldtilecfg reads (Intel SDM 1, 18.2).
struct alignas(64) TileConfiguration {
    std::uint8_t palette = 1, startRow = 0, reserved[14] = {};
    std::uint16_t rowBytes[16] = {};
    std::uint8_t rows[16] = {};
};
static_assert(sizeof(TileConfiguration) == 64);

// tmm0..3: B of a segment's blocks, tmm4..5: A, tmm6..7: C.
TRAMONTANE_INLINE void configureTiles(int block) {
    TileConfiguration tiles;
    for (int t = 0; t < 8; ++t) {
        tiles.rows[t] = static_cast<std::uint8_t>(t < 4 ? block / 4 : kTileRows);
        tiles.rowBytes[t] = static_cast<std::uint16_t>(t == 4 || t == 5 ? block : 64);
    }
    _tile_loadconfig(&tiles);
}

// One column block's segment: where its packed bytes are, what they mean, and its weights in 8 bits.
struct Segment {
    alignas(64) std::int8_t weights[kMaxSegmentRows * kBlockColumns]; // (inputs/4, 16 columns, 4)
    __m512 scale;
};

TRAMONTANE_INLINE void unpack(const PackedLinear& w, int columnBlock, int s, Segment& segment) {
    const __m512i lowBits = _mm512_set1_epi8(15);
    __m512i zero = _mm512_set1_epi8(static_cast<char>(w.uniformZero));
    if (const std::uint8_t* zeros = w.zeros(columnBlock); zeros != nullptr)
        zero = _mm512_mullo_epi32(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(zeros + s * kBlockColumns))),
                                  _mm512_set1_epi32(0x01010101));
    const std::uint8_t* packed = w.weights(columnBlock) + static_cast<std::ptrdiff_t>(s) * w.segmentRows * kBlockColumns / 2;
    constexpr int kAhead = 16384; // bytes, of the stream that the thread reads
    std::int8_t* to = segment.weights;
    for (int t = 0; t < w.segmentRows / kStepRows; ++t, packed += 64, to += 128) {
        _mm_prefetch(reinterpret_cast<const char*>(packed) + kAhead, _MM_HINT_T1);
        const __m512i both = _mm512_loadu_si512(packed);
        _mm512_store_si512(to, _mm512_sub_epi8(_mm512_and_si512(both, lowBits), zero));
        _mm512_store_si512(to + 64, _mm512_sub_epi8(_mm512_and_si512(_mm512_srli_epi16(both, 4), lowBits), zero));
    }
    segment.scale = _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(w.scales(columnBlock) + s * kBlockColumns)));
}

// sums (row tiles, 16, 16) += the segment's scale * (a block's scale * its C, block after block).
template <int Blocks, int BlockRows>
TRAMONTANE_INLINE void multiplySegment(const Segment& segment, const QuantizedRows& x, int s, int tiles, float* sums) {
    alignas(64) std::int32_t products[Blocks][kTileRows * kBlockColumns];
    constexpr int kTileBytes = BlockRows * kBlockColumns;
    asm volatile("" ::: "memory"); // the tile loads do not tell the compiler what they read
    _tile_loadd(0, segment.weights, 64);
    if constexpr (Blocks > 1) _tile_loadd(1, segment.weights + kTileBytes, 64);
    if constexpr (Blocks > 2) _tile_loadd(2, segment.weights + 2 * kTileBytes, 64);
    if constexpr (Blocks > 3) _tile_loadd(3, segment.weights + 3 * kTileBytes, 64);
    for (int t = 0; t < tiles; ++t, sums += kTileRows * kBlockColumns) {
        const std::int8_t* values = x.values + static_cast<std::ptrdiff_t>(t) * kTileRows * x.valueStride;
        const auto activations = [&](int b) {
            const int first = (s * Blocks + b) * BlockRows;
            return values + first / 64 * (64 * kTileRows) + first % 64;
        };
        _tile_loadd(4, activations(0), 64);
        _tile_zero(6);
        _tile_dpbssd(6, 4, 0);
        _tile_stored(6, products[0], 64);
        if constexpr (Blocks > 1) {
            _tile_loadd(5, activations(1), 64);
            _tile_zero(7);
            _tile_dpbssd(7, 5, 1);
            _tile_stored(7, products[1], 64);
        }
        if constexpr (Blocks > 2) {
            _tile_loadd(4, activations(2), 64);
            _tile_zero(6);
            _tile_dpbssd(6, 4, 2);
            _tile_stored(6, products[2], 64);
        }
        if constexpr (Blocks > 3) {
            _tile_loadd(5, activations(3), 64);
            _tile_zero(7);
            _tile_dpbssd(7, 5, 3);
            _tile_stored(7, products[3], 64);
        }
        const float* scales = x.scales + static_cast<std::ptrdiff_t>(t) * kTileRows * x.blockStride + s * Blocks * kTileRows;
#pragma GCC unroll 4
        for (int m = 0; m < kTileRows; ++m) {
            __m512 part = _mm512_setzero_ps();
            for (int b = 0; b < Blocks; ++b)
                part = _mm512_fmadd_ps(_mm512_cvtepi32_ps(_mm512_load_si512(products[b] + m * kBlockColumns)),
                                       _mm512_set1_ps(scales[b * kTileRows + m]), part);
            float* sum = sums + m * kBlockColumns;
            _mm512_store_ps(sum, _mm512_fmadd_ps(segment.scale, part, _mm512_load_ps(sum)));
        }
    }
}

template <int Blocks, int BlockRows>
TRAMONTANE_TARGET void multiplyColumns(const PackedLinear& w, int columnBlock, const QuantizedRows& x, int tiles, float* sums) {
    Segment segment;
    std::memset(sums, 0, static_cast<std::size_t>(tiles) * kTileRows * kBlockColumns * sizeof(float));
    for (int s = 0; s < w.segments; ++s) {
        unpack(w, columnBlock, s, segment);
        multiplySegment<Blocks, BlockRows>(segment, x, s, tiles, sums);
    }
}

using MultiplyColumns = void (*)(const PackedLinear&, int, const QuantizedRows&, int, float*);

MultiplyColumns multiplyColumnsFor(const PackedLinear& w) {
    switch (w.segmentRows / w.block) {
    case 1: return w.block == 64 ? multiplyColumns<1, 64> : multiplyColumns<1, 32>;
    case 2: return w.block == 64 ? multiplyColumns<2, 64> : multiplyColumns<2, 32>;
    case 3: return multiplyColumns<3, 32>;
    default: return multiplyColumns<4, 32>;
    }
}

TRAMONTANE_TARGET void linear(const PackedLinear& w, const QuantizedRows& x, int rows, int firstBlock, int lastBlock,
                              float* out, std::ptrdiff_t outStride, WriteMode mode) {
    if (!x.tiled) return avx512Kernels().linear(w, x, rows, firstBlock, lastBlock, out, outStride, mode);
    alignas(64) float sums[kMaxTiles * kTileRows * kBlockColumns];
    const MultiplyColumns multiply = multiplyColumnsFor(w);
    configureTiles(w.block);
    for (int b = firstBlock; b < lastBlock; ++b) {
        const __m512 bias = w.bias.empty() ? _mm512_setzero_ps() : _mm512_loadu_ps(w.bias.data() + b * kBlockColumns);
        for (int first = 0; first < rows; first += kMaxTiles * kTileRows) {
            const int count = std::min(rows - first, kMaxTiles * kTileRows);
            multiply(w, b, x.row(first), (count + kTileRows - 1) / kTileRows, sums);
            for (int m = 0; m < count; ++m) {
                __m512 sum = _mm512_load_ps(sums + m * kBlockColumns);
                if (!w.bias.empty()) sum = _mm512_add_ps(sum, bias);
                float* to = out + (first + m) * outStride + b * w.outputStep;
                if (mode == WriteMode::add) sum = _mm512_add_ps(_mm512_loadu_ps(to), sum);
                _mm512_storeu_ps(to, sum);
            }
        }
    }
    _tile_release();
}

} // namespace

const Kernels& amxKernels() {
    static const Kernels table = [] {
        Kernels kernels = avx512Kernels();
        kernels.set = InstructionSet::amx;
        kernels.linear = linear;
        kernels.tiledFrom = 5;
        return kernels;
    }();
    return table;
}

} // namespace tramontane
#endif
