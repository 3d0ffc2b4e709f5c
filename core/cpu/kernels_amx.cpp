// Linears of many rows in AMX int8 tiles; everything else as AVX-512 has it. Contracts: kernels.h.
// Test: tests/core/cpu/kernels_test.cpp.
//
// C (16 rows, 16 columns) i32 = A (16 rows, a block's inputs) i8 . B (the same inputs, 16 columns) i8, once a block,
// because every block's activations have a scale of their own; 32 or 64 inputs an instruction. B is unpacked from 4 bits,
// less its zeros, for one segment of two column blocks at a time, and then meets every row tile, two at once.
// Rounding: as kernels_avx512.cpp does it, operation by operation, so that a row gets the same bits from either.
#include "core/cpu/kernels.h"

#if defined(__x86_64__)
#include <algorithm>
#include <cstring>

#include <immintrin.h>

#define TRAMONTANE_TARGET                                                                                              \
    __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,amx-tile,amx-int8")))
#define TRAMONTANE_INLINE TRAMONTANE_TARGET __attribute__((always_inline)) inline

namespace tramontane {
namespace {

constexpr int kMaxTiles = 16, kColumnBlocks = 2; // what is summed up together: 32 KB of sums
constexpr int kProducts = kTileRows * kBlockColumns;

// What ldtilecfg reads (Intel SDM 1, 18.2).
struct alignas(64) TileConfiguration {
    std::uint8_t palette = 1, startRow = 0, reserved[14] = {};
    std::uint16_t rowBytes[16] = {};
    std::uint8_t rows[16] = {};
};
static_assert(sizeof(TileConfiguration) == 64);

// tmm0..1: A of two row tiles, tmm2..3: B of two column blocks, tmm4..7: their four C.
TRAMONTANE_INLINE void configureTiles(int inputs) {
    TileConfiguration tiles;
    for (int t = 0; t < 8; ++t) {
        tiles.rows[t] = static_cast<std::uint8_t>(t == 2 || t == 3 ? inputs / 4 : kTileRows);
        tiles.rowBytes[t] = static_cast<std::uint16_t>(t < 2 ? inputs : 64);
    }
    asm volatile("" : : "m"(tiles)); // GCC 12 takes the intrinsic to read 8 bytes, and leaves the others unwritten
    _tile_loadconfig(&tiles);
}

// A segment of one column block: its weights in 8 bits and their scale.
struct Segment {
    alignas(64) std::int8_t weights[kMaxSegmentRows * kBlockColumns]; // (inputs/4, 16 columns, 4)
    alignas(64) float scale[kBlockColumns];
};

// Fills one segment after the other of a column block, a few of its steps at a time.
class Unpacker {
public:
    TRAMONTANE_INLINE Unpacker(const PackedLinear& w, int columnBlock)
        : packed_(w.weights(columnBlock)), zeros_(w.zeros(columnBlock)), scales_(w.scales(columnBlock)),
          zero_(_mm512_set1_epi8(static_cast<char>(w.uniformZero))) {}

    TRAMONTANE_INLINE void begin(Segment& segment) {
        to_ = segment.weights;
        if (zeros_ != nullptr) {
            const __m128i zeros = _mm_loadu_si128(reinterpret_cast<const __m128i*>(zeros_));
            zero_ = _mm512_mullo_epi32(_mm512_cvtepu8_epi32(zeros), _mm512_set1_epi32(0x01010101));
            zeros_ += kBlockColumns;
        }
        _mm512_store_ps(segment.scale, _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(scales_))));
        scales_ += kBlockColumns;
    }

    TRAMONTANE_INLINE void step() {
        constexpr int kAhead = 16384; // bytes, of the stream that the thread reads
        const __m512i lowBits = _mm512_set1_epi8(15), both = _mm512_loadu_si512(packed_);
        _mm_prefetch(reinterpret_cast<const char*>(packed_) + kAhead, _MM_HINT_T1);
        _mm512_store_si512(to_, _mm512_sub_epi8(_mm512_and_si512(both, lowBits), zero_));
        _mm512_store_si512(to_ + 64, _mm512_sub_epi8(_mm512_and_si512(_mm512_srli_epi16(both, 4), lowBits), zero_));
        packed_ += 64;
        to_ += 128;
    }

private:
    const std::uint8_t *packed_, *zeros_;
    const std::uint16_t* scales_;
    __m512i zero_;
    std::int8_t* to_ = nullptr;
};

// C of zeros: loading them costs a fraction of tilezero, which lets no two products overlap (Sapphire Rapids).
alignas(64) constexpr std::int32_t kZeros[kProducts] = {};

// C of row tile Row and column Column = A . B, or, of a later chunk of the block, C += A . B.
template <int Row, int Column, bool First>
TRAMONTANE_INLINE void multiplyTile() {
    if constexpr (Row == 0 && Column == 0) {
        if constexpr (First) _tile_loadd(4, kZeros, 64);
        _tile_dpbssd(4, 0, 2);
    } else if constexpr (Row == 0) {
        if constexpr (First) _tile_loadd(5, kZeros, 64);
        _tile_dpbssd(5, 0, 3);
    } else if constexpr (Column == 0) {
        if constexpr (First) _tile_loadd(6, kZeros, 64);
        _tile_dpbssd(6, 1, 2);
    } else {
        if constexpr (First) _tile_loadd(7, kZeros, 64);
        _tile_dpbssd(7, 1, 3);
    }
}

template <int Row, int Column>
TRAMONTANE_INLINE void storeTile(std::int32_t* products) {
    if constexpr (Row == 0 && Column == 0)
        _tile_stored(4, products, 64);
    else if constexpr (Row == 0)
        _tile_stored(5, products, 64);
    else if constexpr (Column == 0)
        _tile_stored(6, products, 64);
    else
        _tile_stored(7, products, 64);
}

// One or two row tiles times a segment of two column blocks.
struct Item {
    const Segment* segments[kColumnBlocks] = {};
    const std::int8_t* values = nullptr; // of the first row tile
    int firstInput = 0;                  // of the segment
    const float* scales = nullptr;       // (blocks of the segment, 16)
    float* sums[kColumnBlocks] = {};     // (row tiles, 16, 16), of the first row tile on
};

// Rows first..last of sums (16, 16) += the segment's scale * (a block's scale * its products, block after block).
template <int Blocks>
TRAMONTANE_INLINE void addUp(const std::int32_t* products, const float* blockScales, __m512 scale, float* sums,
                             int first, int last) {
#pragma GCC unroll 8
    for (int m = first; m < last; ++m) {
        __m512 part = _mm512_setzero_ps();
#pragma GCC unroll 4
        for (int b = 0; b < Blocks; ++b)
            part = _mm512_fmadd_ps(_mm512_cvtepi32_ps(_mm512_load_si512(products + b * kProducts + m * kBlockColumns)),
                                   _mm512_set1_ps(blockScales[b * kTileRows + m]), part);
        float* sum = sums + m * kBlockColumns;
        _mm512_store_ps(sum, _mm512_fmadd_ps(scale, part, _mm512_load_ps(sum)));
    }
}

// What a tile instruction has stored, or shall load, goes through the first level and not from store to load. So after
// each product of tiles a few rows of the item before are added up, and a few steps of the next segment unpacked.
template <int Blocks, int BlockRows, int RowTiles>
class ColumnPair {
public:
    TRAMONTANE_INLINE ColumnPair(const PackedLinear& w, const int (&columnBlocks)[kColumnBlocks],
                                 const QuantizedRows& x, int tiles, float* sums)
        : x_(x), segmentCount_(w.segments), tiles_(tiles),
          sums_(sums), unpackers_{Unpacker(w, columnBlocks[0]), Unpacker(w, columnBlocks[1])} {}

    TRAMONTANE_TARGET void multiply() {
        std::memset(sums_, 0, static_cast<std::size_t>(kColumnBlocks) * tiles_ * kProducts * sizeof(float));
        const int products = tiles_ * kColumnBlocks * Blocks * kChunks; // of tiles, in a segment
        stepsAtOnce_ = (kSteps + products - 1) / products;
        beginUnpacking(0);
        unpackSome(kSteps);
        Item last;
        int i = 0;
        for (int s = 0; s < segmentCount_; ++s) {
            stepsLeft_ = 0;
            if (s + 1 < segmentCount_) beginUnpacking(s + 1);
            for (int t = 0; t < tiles_; t += RowTiles, ++i) {
                const Item item = itemAt(s, t);
                if (i == 0)
                    step<false>(item, item, 0);
                else
                    step<true>(item, last, i);
                last = item;
            }
        }
        addRest(last, i);
    }

private:
    static constexpr int kTileInputs = BlockRows < 64 ? BlockRows : 64, kChunks = BlockRows / kTileInputs;
    static constexpr int kSegmentRows = Blocks * BlockRows, kTileBytes = kTileInputs * kBlockColumns;
    static constexpr int kSteps = kSegmentRows / kStepRows; // of each column block

    TRAMONTANE_INLINE void beginUnpacking(int s) {
        for (int c = 0; c < kColumnBlocks; ++c) unpackers_[c].begin(segments_[s % 3][c]);
        stepsLeft_ = kSteps;
    }

    TRAMONTANE_INLINE void unpackSome(int steps) {
        for (; steps > 0 && stepsLeft_ > 0; --steps, --stepsLeft_)
            for (Unpacker& unpacker : unpackers_) unpacker.step();
        asm volatile("" ::: "memory"); // the tile loads do not tell the compiler what they read
    }

    TRAMONTANE_INLINE Item itemAt(int s, int t) {
        Item item;
        const std::ptrdiff_t first = static_cast<std::ptrdiff_t>(t) * kTileRows;
        item.values = x_.values + first * x_.valueStride;
        item.firstInput = s * kSegmentRows;
        item.scales = x_.scales + first * x_.blockStride + s * Blocks * kTileRows;
        for (int c = 0; c < kColumnBlocks; ++c) {
            item.segments[c] = &segments_[s % 3][c];
            item.sums[c] = sums_ + (static_cast<std::ptrdiff_t>(t) * kColumnBlocks + c) * kProducts;
        }
        return item;
    }

    std::int32_t* productsOf(int i, int row, int column) { return products_[i % 2][row * kColumnBlocks + column]; }

    template <int Row, int Column, bool Adds, int Chunk>
    TRAMONTANE_INLINE void tileAndRows(const Item& last, int i, int b) {
        multiplyTile<Row, Column, Chunk == 0>();
        if constexpr (Chunk == kChunks - 1) storeTile<Row, Column>(productsOf(i, Row, Column) + b * kProducts);
        unpackSome(stepsAtOnce_);
        if constexpr (Adds) {
            const int turn = b * kChunks + Chunk, turns = Blocks * kChunks;
            constexpr int kNext = (Row * kColumnBlocks + Column + 1) % (RowTiles * kColumnBlocks);
            constexpr int kRow = kNext / kColumnBlocks, kColumn = kNext % kColumnBlocks;
            addUp<Blocks>(productsOf(i - 1, kRow, kColumn),
                          last.scales + static_cast<std::ptrdiff_t>(kRow) * kTileRows * x_.blockStride,
                          _mm512_load_ps(last.segments[kColumn]->scale),
                          last.sums[kColumn] + kRow * kColumnBlocks * kProducts, kTileRows * turn / turns,
                          kTileRows * (turn + 1) / turns);
        }
    }

    template <bool Adds, int Chunk>
    TRAMONTANE_INLINE void chunk(const Item& item, const Item& last, int i, int b) {
        const int first = item.firstInput + b * BlockRows + Chunk * kTileInputs;
        const std::int8_t* values = item.values + first / 64 * (64 * kTileRows) + first % 64;
        const int weights = (b * kChunks + Chunk) * kTileBytes;
        _tile_loadd(0, values, 64);
        _tile_loadd(2, item.segments[0]->weights + weights, 64);
        tileAndRows<0, 0, Adds, Chunk>(last, i, b);
        _tile_loadd(3, item.segments[1]->weights + weights, 64);
        tileAndRows<0, 1, Adds, Chunk>(last, i, b);
        if constexpr (RowTiles == 2) {
            _tile_loadd(1, values + static_cast<std::ptrdiff_t>(kTileRows) * x_.valueStride, 64);
            tileAndRows<1, 0, Adds, Chunk>(last, i, b);
            tileAndRows<1, 1, Adds, Chunk>(last, i, b);
        }
    }

    template <bool Adds>
    TRAMONTANE_INLINE void step(const Item& item, const Item& last, int i) {
#pragma GCC unroll 4
        for (int b = 0; b < Blocks; ++b) {
            chunk<Adds, 0>(item, last, i, b);
            if constexpr (kChunks == 2) chunk<Adds, 1>(item, last, i, b);
        }
    }

    TRAMONTANE_INLINE void addRest(const Item& last, int i) {
        for (int row = 0; row < RowTiles; ++row)
            for (int c = 0; c < kColumnBlocks; ++c)
                addUp<Blocks>(productsOf(i - 1, row, c),
                              last.scales + static_cast<std::ptrdiff_t>(row) * kTileRows * x_.blockStride,
                              _mm512_load_ps(last.segments[c]->scale), last.sums[c] + row * kColumnBlocks * kProducts,
                              0, kTileRows);
    }

    const QuantizedRows& x_;
    const int segmentCount_, tiles_;
    float* const sums_; // (row tiles, column blocks, 16, 16)
    Unpacker unpackers_[kColumnBlocks];
    int stepsLeft_ = 0, stepsAtOnce_ = 0;
    Segment segments_[3][kColumnBlocks]; // one ahead, one at work, and the one whose products wait
    alignas(64) std::int32_t products_[2][RowTiles * kColumnBlocks][Blocks * kProducts];
};

using Multiply = void (*)(const PackedLinear&, const int (&)[kColumnBlocks], const QuantizedRows&, int, float*);

template <int Blocks, int BlockRows, int RowTiles>
TRAMONTANE_TARGET void multiplyPair(const PackedLinear& w, const int (&columnBlocks)[kColumnBlocks],
                                    const QuantizedRows& x, int tiles, float* sums) {
    ColumnPair<Blocks, BlockRows, RowTiles>(w, columnBlocks, x, tiles, sums).multiply();
}

template <int RowTiles>
Multiply multiplyFor(const PackedLinear& w) {
    const int blocks = w.segmentRows / w.block;
    if (w.block == 128) return multiplyPair<1, 128, RowTiles>;
    if (w.block == 64) return blocks == 1 ? multiplyPair<1, 64, RowTiles> : multiplyPair<2, 64, RowTiles>;
    switch (blocks) {
    case 1:
        return multiplyPair<1, 32, RowTiles>;
    case 2:
        return multiplyPair<2, 32, RowTiles>;
    case 3:
        return multiplyPair<3, 32, 1>;
    default:
        return multiplyPair<4, 32,
                            1>; // the products of four blocks and two row tiles would leave the first level
    }
}

TRAMONTANE_TARGET void linear(const PackedLinear& w, const QuantizedRows& x, int rows, int firstBlock, int lastBlock,
                              float* out, std::ptrdiff_t outStride, WriteMode mode) {
    if (!x.tiled) return avx512Kernels().linear(w, x, rows, firstBlock, lastBlock, out, outStride, mode);
    alignas(64) float sums[kColumnBlocks * kMaxTiles * kProducts];
    configureTiles(std::min(w.block, 64));
    for (int block = firstBlock; block < lastBlock; block += kColumnBlocks) {
        const int columnBlocks[kColumnBlocks] = {block, std::min(block + 1, lastBlock - 1)}; // an odd one twice
        for (int first = 0; first < rows; first += kMaxTiles * kTileRows) {
            const int count = std::min(rows - first, kMaxTiles * kTileRows);
            const int tiles = count <= kTileRows ? 1 : (count + 2 * kTileRows - 1) / (2 * kTileRows) * 2;
            (tiles == 1 ? multiplyFor<1>(w) : multiplyFor<2>(w))(w, columnBlocks, x.row(first), tiles, sums);
            for (int c = 0; c < std::min(kColumnBlocks, lastBlock - block); ++c) {
                const __m512 bias =
                    w.bias.empty() ? _mm512_setzero_ps() : _mm512_loadu_ps(w.bias.data() + (block + c) * kBlockColumns);
                for (int m = 0; m < count; ++m) {
                    __m512 sum = _mm512_load_ps(sums + (m / kTileRows * kColumnBlocks + c) * kProducts +
                                                m % kTileRows * kBlockColumns);
                    if (!w.bias.empty()) sum = _mm512_add_ps(sum, bias);
                    float* to = out + (first + m) * outStride + (block + c) * w.outputStep;
                    if (mode == WriteMode::add) sum = _mm512_add_ps(_mm512_loadu_ps(to), sum);
                    _mm512_storeu_ps(to, sum);
                }
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
