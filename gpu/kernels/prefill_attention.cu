// Tiles of rotated queries and the cached keys and values in, attention's output out: the kernel of prefill, bound by
// the tensor cores (FlashAttention-2, Dao 2023).
#include "gpu/kernels/attention.h"

#include <cmath>
#include <limits>

#include "gpu/kernels/kv_element.cuh"
#include "gpu/kernels/launch.cuh"
#include "gpu/kernels/warp_matrix.cuh"

namespace tramontane::gpu {
namespace {

constexpr int kWarps = 4;
constexpr int kThreads = 32 * kWarps;
constexpr int kWarpRows = kQueryTileRows / kWarps;
constexpr float kWeightShift = 10; // weights are kept times 2^10: f16 stays normal down to 2^-24 of the largest
constexpr float kNothing = -std::numeric_limits<float>::infinity();

// out = softmax(Q · K^T / sqrt(D)) · V: a block serves one tile of rows and `Heads` query heads of one kv head.
// queries (M, queryStride) f16 · pages f16 or fp8 (kv_layout.h) · out (M, outStride) f16
// Queries and pages are aligned to 16 bytes.
// Needs D % 32 == 0, H / kvHeads % Heads == 0, queryStride % 8 == 0.
// Grid: (H / Heads, tileCount), the last tile first: callers list a sequence's tiles in order, so the longest start
// first. 4 warps, each 16 rows of every head; keys and values page by page, the next page's copies under way.
// Two heads a block: what a warp reads of keys and values from shared memory serves 32 rows; with 16, the reads and not
// the products would set the pace. 96 KiB of shared memory at D = 128, 2 blocks an SM where it has 228 KiB.
// Pages with no position that a row sees are skipped, masks computed where a page holds others too. Positions that no
// row of the tile sees become zeros in shared memory: what lies there does not matter.
// fp8 lies in shared memory as in its page, read 16 bits at a time and made f16 in registers: of a key a lane gets four
// dimensions side by side, so queries are permuted within each 16 to meet them; values come as pairs of dimensions, so
// one tile of results takes the even ones of 16 and the next the odd ones.
// Rounding: f32 scores and sums, f16 weights.
// Oracle and test: tests/gpu/attention_test.cpp

// 64 rows of numbers in shared memory; the 16-byte pieces of a row turned so that 8 rows at one piece, or a row's pieces,
// lie in different banks.
template <int RowBytes>
struct Matrix {
    static constexpr int kRowBytes = RowBytes, kPieces = RowBytes / 16, kRows = 64, kBytes = kRows * RowBytes;
    static constexpr int kSpan = RowBytes % 128 == 0  ? 8
                                 : RowBytes % 64 == 0 ? 4
                                                      : 2; // pieces that a turn stays within
    static_assert(kRows == kPagePositions && kRows == kQueryTileRows);
    static __device__ __forceinline__ unsigned at(int row, int piece) {
        const int turn = kSpan == 8 ? row & 7 : kSpan == 4 ? row >> 1 & 3 : row >> 2 & 1;
        return row * RowBytes + ((piece ^ turn) << 4);
    }
    // The address of piece 2 k + p of a row, from that of its piece p (0 or 1) in a matrix aligned to 256 bytes.
    static __device__ __forceinline__ unsigned step(unsigned address, int k) {
        return kSpan == 8 ? address ^ k << 5 : kSpan == 4 ? (address ^ (k & 1) << 5) + k / 2 * 64 : address + k * 32;
    }
};
template <int D>
using Queries = Matrix<D * 2>;
template <int D, KvElement E>
using Page = Matrix<D* static_cast<int>(sizeof(typename Cached<E>::Number))>; // the keys or the values of one
template <int D, int Heads, KvElement E>
constexpr int kSharedBytes = Heads* Queries<D>::kBytes + 4 * Page<D, E>::kBytes; // keys and values of two stages

// What a warp has of the result: rows g and g + 8 of every head.
template <int D, int Heads>
struct Accumulator {
    float values[Heads][D / 8][4];
    float maximum[Heads][2], sum[Heads][2]; // the sum is over this lane's positions
};
using Scores = float[kPagePositions / 8][4];

// Starts the copies of rows first..last of those from from[at] on; the others become zeros, and nothing is read for them.
// A thread's pieces lie at fixed distances: its rows differ by multiples of 8, its pieces by multiples of the span that a
// turn stays within.
template <class To, class Number>
__device__ __forceinline__ void copyRows(unsigned to, const Number* from, unsigned at, int stride, int first,
                                         int last) {
    constexpr int kSpan = To::kSpan == 8 ? To::kPieces : To::kSpan, kStep = kThreads / kSpan;
    constexpr int kPieceNumbers = 16 / sizeof(Number);
    static_assert(kStep % 8 == 0);
    const int row = threadIdx.x / kSpan, piece = threadIdx.x % kSpan;
    const Number* const source = from + (at + row * stride + kPieceNumbers * piece);
    const unsigned target = to + To::at(row, piece);
#pragma unroll
    for (int i = 0; i < To::kRows; i += kStep)
#pragma unroll
        for (int j = 0; j < To::kPieces; j += kSpan)
            copyAsync<16>(target + i * To::kRowBytes + j * 16, source + i * stride + j * kPieceNumbers,
                          row + i >= first && row + i <= last);
}

// Rows 0..count - 1 of queries, the others zeros, each 16 dimensions in the order in which fp8 keys come to a product:
// of eight pairs the even ones, then the odd ones.
template <int D>
__device__ __forceinline__ void permuteQueries(unsigned to, const __half* from, int stride, int count) {
    for (int i = threadIdx.x; i < Queries<D>::kRows * (D / 16); i += kThreads) {
        const int row = i / (D / 16), k = i % (D / 16);
        uint4 low{}, high{};
        if (row < count) {
            const auto* pairs = reinterpret_cast<const uint4*>(from + row * stride + 16 * k);
            low = pairs[0], high = pairs[1];
        }
        storeShared(to + Queries<D>::at(row, 2 * k), {low.x, low.z, high.x, high.z});
        storeShared(to + Queries<D>::at(row, 2 * k + 1), {low.y, low.w, high.y, high.w});
    }
}

// A load of keys has 32 bytes of 16 of them: one product's 16 dimensions of f16, two products' of fp8.
template <int D, int Heads, KvElement E>
__device__ __forceinline__ void multiplyKeys(Scores (&scores)[Heads], unsigned queries, unsigned keys) {
    using Keys = Page<D, E>;
    constexpr int kProducts = E == KvElement::f16 ? 1 : 2;
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    queries += Queries<D>::at(warp * kWarpRows + lane % 16, lane / 16);
    keys += Keys::at(lane % 8 + lane / 16 * 8, lane / 8 % 2);
#pragma unroll
    for (int k = 0; k < Keys::kPieces / 2; ++k) {
        std::uint32_t a[kProducts][Heads][4];
#pragma unroll
        for (int p = 0; p < kProducts; ++p)
#pragma unroll
            for (int h = 0; h < Heads; ++h)
                loadMatrices(a[p][h], Queries<D>::step(queries, k * kProducts + p) + h * Queries<D>::kBytes);
#pragma unroll
        for (int n = 0; n < kPagePositions / 16; ++n) {
            std::uint32_t b[4];
            loadMatrices(b, Keys::step(keys, k) + 16 * n * Keys::kRowBytes);
#pragma unroll
            for (int p = 0; p < kProducts; ++p) {
                uint2 first{b[0], b[1]}, second{b[2], b[3]};
                if constexpr (E == KvElement::fp8)
                    first = Cached<E>::halves(b[p]), second = Cached<E>::halves(b[2 + p]);
#pragma unroll
                for (int h = 0; h < Heads; ++h) {
                    const std::uint32_t(&q)[4] = a[p][h];
                    multiplyAdd(scores[h][2 * n], q[0], q[1], q[2], q[3], first.x, first.y);
                    multiplyAdd(scores[h][2 * n + 1], q[0], q[1], q[2], q[3], second.x, second.y);
                }
            }
        }
    }
}

// `row` and `page`: the positions of the warp's first row and of the page's first position.
__device__ __forceinline__ void maskUnseen(Scores& scores, int row, int page, int slidingWindow) {
    const int g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
#pragma unroll
    for (int n = 0; n < kPagePositions / 8; ++n)
#pragma unroll
        for (int c = 0; c < 4; ++c) {
            const int behind = row + g + c / 2 * 8 - (page + 8 * n + 2 * t + c % 2); // the row's position less this one
            if (behind < 0 || (slidingWindow > 0 && behind >= slidingWindow)) scores[n][c] = kNothing;
        }
}

// Scores become weights against the maximum so far; what was summed before is brought to it. A row that has seen no
// position yet has no maximum: its weights are 0.
template <int D>
__device__ __forceinline__ void weigh(Scores& scores, float (&values)[D / 8][4], float (&maximum)[2], float (&sum)[2],
                                      float scale) {
    float latest[2] = {maximum[0], maximum[1]};
#pragma unroll
    for (int n = 0; n < kPagePositions / 8; ++n)
#pragma unroll
        for (int c = 0; c < 4; ++c) latest[c / 2] = fmaxf(latest[c / 2], scores[n][c]);
#pragma unroll
    for (int r = 0; r < 2; ++r) {
        latest[r] = fmaxf(latest[r], __shfl_xor_sync(~0u, latest[r], 1));
        latest[r] = fmaxf(latest[r], __shfl_xor_sync(~0u, latest[r], 2));
    }
    if (__any_sync(~0u, latest[0] > maximum[0] || latest[1] > maximum[1])) {
#pragma unroll
        for (int r = 0; r < 2; ++r) {
            const float before = latest[r] > maximum[r] ? powerOfTwo((maximum[r] - latest[r]) * scale) : 1;
            maximum[r] = latest[r];
            sum[r] *= before;
#pragma unroll
            for (int n = 0; n < D / 8; ++n) values[n][2 * r] *= before, values[n][2 * r + 1] *= before;
        }
    }
    const float shift[2] = {kWeightShift - (maximum[0] == kNothing ? 0 : maximum[0] * scale),
                            kWeightShift - (maximum[1] == kNothing ? 0 : maximum[1] * scale)};
#pragma unroll
    for (int n = 0; n < kPagePositions / 8; ++n)
#pragma unroll
        for (int c = 0; c < 4; ++c) {
            scores[n][c] = powerOfTwo(fmaf(scores[n][c], scale, shift[c / 2]));
            sum[c / 2] += scores[n][c];
        }
}

// Dimension of column c of tile n of the results.
template <KvElement E>
__device__ __forceinline__ constexpr int tileDimension(int n, int c) {
    return E == KvElement::f16 ? 8 * n + c : n / 2 * 16 + 2 * c + n % 2;
}

// Pairs of fp8 values of dimensions 2g and 2g + 1, of position 2t and then of 2t + 1: the even or odd one of both as f16.
template <bool kOdd>
__device__ __forceinline__ std::uint32_t onePerPosition(std::uint32_t pairs) {
    return pairOfHalves<false>(__byte_perm(pairs, 0, kOdd ? 0x31 : 0x20));
}

template <int D, int Heads, KvElement E>
__device__ __forceinline__ void multiplyValues(float (&sums)[Heads][D / 8][4], const Scores (&weights)[Heads],
                                               unsigned values) {
    using Values = Page<D, E>;
    const int lane = threadIdx.x % 32;
    values += Values::at(lane % 16, lane / 16);
#pragma unroll
    for (int k = 0; k < kPagePositions / 16; ++k) {
        std::uint32_t a[Heads][4];
#pragma unroll
        for (int h = 0; h < Heads; ++h)
#pragma unroll
            for (int i = 0; i < 4; ++i) {
                const float(&w)[4] = weights[h][2 * k + i / 2];
                a[h][i] = packHalves(w[i % 2 * 2], w[i % 2 * 2 + 1]);
            }
        const auto addTile = [&](int n, std::uint32_t b0, std::uint32_t b1) {
#pragma unroll
            for (int h = 0; h < Heads; ++h) multiplyAdd(sums[h][n], a[h][0], a[h][1], a[h][2], a[h][3], b0, b1);
        };
#pragma unroll
        for (int n = 0; n < Values::kPieces / 2; ++n) {
            std::uint32_t b[4];
            loadTransposed(b, Values::step(values, n) + 16 * k * Values::kRowBytes);
            if constexpr (E == KvElement::f16) {
                addTile(2 * n, b[0], b[1]);
                addTile(2 * n + 1, b[2], b[3]);
            } else {
                addTile(4 * n, onePerPosition<false>(b[0]), onePerPosition<false>(b[1]));
                addTile(4 * n + 1, onePerPosition<true>(b[0]), onePerPosition<true>(b[1]));
                addTile(4 * n + 2, onePerPosition<false>(b[2]), onePerPosition<false>(b[3]));
                addTile(4 * n + 3, onePerPosition<true>(b[2]), onePerPosition<true>(b[3]));
            }
        }
    }
}

template <KvElement E, int D, int Heads>
__device__ __forceinline__ void writeOutput(const AttentionArguments& a, Accumulator<D, Heads>& result, int firstRow,
                                            int rowCount, int firstHead) {
    const int warp = threadIdx.x / 32, g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
#pragma unroll
    for (int h = 0; h < Heads; ++h)
#pragma unroll
        for (int r = 0; r < 2; ++r) {
            float sum = result.sum[h][r];
            sum += __shfl_xor_sync(~0u, sum, 1);
            sum += __shfl_xor_sync(~0u, sum, 2);
            const int row = warp * kWarpRows + g + 8 * r;
            if (row >= rowCount) continue;
            __half* out = a.out + static_cast<std::size_t>(firstRow + row) * a.outStride;
#pragma unroll
            for (int n = 0; n < D / 8; ++n)
#pragma unroll
                for (int c = 0; c < 2; ++c) {
                    const int plain = (firstHead + h) * D + tileDimension<E>(n, 2 * t + c);
                    out[a.outOrder != nullptr ? a.outOrder[plain] : plain] =
                        __float2half_rn(__fdividef(result.values[h][n][2 * r + c], sum));
                }
        }
}

template <int D, int Heads, KvElement E>
__global__ void __launch_bounds__(kThreads, 2)
    prefillKernel(const AttentionArguments a, const QueryTile* const tiles, const float scale) {
    launchDependents();
    extern __shared__ __align__(1024) unsigned char bytes[];
    const unsigned queries = sharedAddress(bytes), stages = queries + Heads * Queries<D>::kBytes;
    constexpr int kMatrixBytes = Page<D, E>::kBytes, kStageBytes = 2 * kMatrixBytes;

    waitForPredecessor();
    const QueryTile tile = tiles[gridDim.y - 1 - blockIdx.y];
    const int firstHead = blockIdx.x * Heads, kvHead = firstHead / (a.heads / a.kv.shape.kvHeads);
    const int lastSeen = tile.firstPosition + tile.rowCount - 1;
    const int firstSeen = a.slidingWindow > 0 ? max(0, tile.firstPosition + 1 - a.slidingWindow) : 0;
    const int lastPage = lastSeen / kPagePositions;
    const unsigned keysAt = static_cast<unsigned>(a.kv.shape.offset(a.layer, 0, kvHead));
    const unsigned valuesBehind = static_cast<unsigned>(a.kv.shape.offset(0, 1, 0));
    std::byte* const* const table = a.kv.table + static_cast<std::size_t>(tile.sequence) * a.kv.pagesPerSequence;
    const auto stageOf = [&](int page) { return stages + (page & 1) * kStageBytes; };
    const auto startPage = [&](int page, const std::byte* address) {
        const int first = firstSeen - page * kPagePositions, last = lastSeen - page * kPagePositions;
        const auto* numbers = numbersOf<E>(address);
        copyRows<Page<D, E>>(stageOf(page), numbers, keysAt, D, first, last);
        copyRows<Page<D, E>>(stageOf(page) + kMatrixBytes, numbers, keysAt + valuesBehind, D, first, last);
        closeCopies();
    };

    int page = firstSeen / kPagePositions;
    const __half* const firstQuery = a.queries + static_cast<std::size_t>(tile.firstRow) * a.queryStride;
    if constexpr (E == KvElement::f16) {
#pragma unroll
        for (int h = 0; h < Heads; ++h)
            copyRows<Queries<D>>(queries + h * Queries<D>::kBytes, firstQuery, (firstHead + h) * D, a.queryStride, 0,
                                 tile.rowCount - 1);
    }
    startPage(page, table[page]);
    if constexpr (E == KvElement::fp8)
        for (int h = 0; h < Heads; ++h)
            permuteQueries<D>(queries + h * Queries<D>::kBytes, firstQuery + (firstHead + h) * D, a.queryStride,
                              tile.rowCount);
    const std::byte* following = page < lastPage ? table[page + 1] : nullptr;

    Accumulator<D, Heads> result{};
#pragma unroll
    for (int h = 0; h < Heads; ++h) result.maximum[h][0] = result.maximum[h][1] = kNothing;
    const int warpRow = threadIdx.x / 32 * kWarpRows, warpFirst = tile.firstPosition + warpRow;
    const int lastOfWarp = warpRow < tile.rowCount ? (warpFirst + kWarpRows - 1) / kPagePositions : -1;
    for (; page <= lastPage; ++page) {
        awaitCopies<0>();
        __syncthreads(); // orders: all threads' copies of this page, and queries, before their reads; the reads of the
                         // page before before its stage is filled again
        if (page < lastPage) {
            startPage(page + 1, following);
            if (page + 1 < lastPage) following = table[page + 2];
        }
        if (page > lastOfWarp) continue;
        const unsigned keys = stageOf(page);
        const int first = page * kPagePositions;
        Scores scores[Heads] = {};
        multiplyKeys<D, Heads, E>(scores, queries, keys);
        const bool isEdge = first + kPagePositions - 1 > warpFirst ||
                            (a.slidingWindow > 0 && first <= warpFirst + kWarpRows - 1 - a.slidingWindow);
#pragma unroll
        for (int h = 0; h < Heads; ++h) {
            if (isEdge) maskUnseen(scores[h], warpFirst, first, a.slidingWindow);
            weigh<D>(scores[h], result.values[h], result.maximum[h], result.sum[h], scale);
        }
        multiplyValues<D, Heads, E>(result.values, scores, keys + kMatrixBytes);
    }
    const QueryTile& again = tiles[gridDim.y - 1 - blockIdx.y]; // read anew: registers are what the loop runs short of
    writeOutput<E>(a, result, again.firstRow, again.rowCount, firstHead);
}

template <int D, int Heads, KvElement E>
cudaError_t launchPrefill(const AttentionArguments& arguments, const QueryTile* tiles, int tileCount,
                          cudaStream_t stream) {
    const float scale = 1.4426950408889634f / std::sqrt(static_cast<float>(D)); // log2(e) / sqrt(D)
    if (const auto error = cudaFuncSetAttribute(prefillKernel<D, Heads, E>, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                                kSharedBytes<D, Heads, E>))
        return error;
    return launchChained(prefillKernel<D, Heads, E>, dim3(arguments.heads / Heads, tileCount), dim3(kThreads),
                         kSharedBytes<D, Heads, E>, stream, arguments, tiles, scale);
}

struct PrefillKernel {
    int headDim, heads;
    KvElement element;
    cudaError_t (*launch)(const AttentionArguments&, const QueryTile*, int tileCount, cudaStream_t);
};
constexpr KvElement f16 = KvElement::f16, fp8 = KvElement::fp8;
constexpr PrefillKernel kPrefillKernels[] = {
    {32, 1, f16, launchPrefill<32, 1, f16>}, {64, 1, f16, launchPrefill<64, 1, f16>},
    {96, 1, f16, launchPrefill<96, 1, f16>}, {128, 1, f16, launchPrefill<128, 1, f16>},
    {32, 2, f16, launchPrefill<32, 2, f16>}, {64, 2, f16, launchPrefill<64, 2, f16>},
    {96, 2, f16, launchPrefill<96, 2, f16>}, {128, 2, f16, launchPrefill<128, 2, f16>},
    {32, 1, fp8, launchPrefill<32, 1, fp8>}, {64, 1, fp8, launchPrefill<64, 1, fp8>},
    {96, 1, fp8, launchPrefill<96, 1, fp8>}, {128, 1, fp8, launchPrefill<128, 1, fp8>},
    {32, 2, fp8, launchPrefill<32, 2, fp8>}, {64, 2, fp8, launchPrefill<64, 2, fp8>},
    {96, 2, fp8, launchPrefill<96, 2, fp8>}, {128, 2, fp8, launchPrefill<128, 2, fp8>}};

} // namespace

cudaError_t prefillAttention(const AttentionArguments& arguments, const QueryTile* tiles, int tileCount,
                             cudaStream_t stream) {
    const KvShape& shape = arguments.kv.shape;
    const int kvHeads = shape.kvHeads;
    if (tileCount == 0) return cudaSuccess;
    if (kvHeads < 1 || arguments.heads % kvHeads != 0 || arguments.queryStride % 8 != 0) return cudaErrorInvalidValue;
    const int heads = arguments.heads / kvHeads % 2 == 0 ? 2 : 1;
    for (const PrefillKernel& entry : kPrefillKernels)
        if (entry.headDim == shape.headDim && entry.heads == heads && entry.element == shape.element)
            return entry.launch(arguments, tiles, tileCount, stream);
    return cudaErrorInvalidValue;
}

} // namespace tramontane::gpu
