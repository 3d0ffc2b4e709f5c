// rotateAndCache against the definition of the rotary embedding in double and of e4m3: queries, keys and values of rows
// in the one place where each belongs.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "gpu/kernels/pointwise.h"
#include "tests/gpu/device_vector.h"
#include "tests/gpu/fp8_reference.h"

namespace tramontane::testing {
namespace {

constexpr int kLayers = 3, kLayer = 1, kPages = 40;
constexpr std::byte kUntouched{0x55};
constexpr KvElement kElements[] = {KvElement::f16, KvElement::fp8};

// Rows at places of their own in pages of their own, every byte of which is kUntouched before.
class Rows {
public:
    Rows(gpu::KvShape shape, int heads, std::vector<int> positions, std::vector<__half> numbers)
        : shape_(shape), heads_(heads), positions_(std::move(positions)), numbers_(std::move(numbers)) {
        for (int i = 0; i < shape.headDim / 2; ++i)
            inverse_.push_back(static_cast<float>(std::pow(1e6, -2.0 * i / shape.headDim)));
    }

    int count() const { return static_cast<int>(positions_.size()); }
    // Numbers of a row: q, k and v.
    std::size_t width() const { return static_cast<std::size_t>(heads_ + 2 * shape_.kvHeads) * shape_.headDim; }

    void run() {
        std::vector<int> sequences;
        for (int m = 0; m < count(); ++m) sequences.push_back((m + 1) % count());
        const DeviceVector<std::byte> pages(shape_.pageBytes() * positions_.size(), 0x55);
        std::vector<std::byte*> table(positions_.size() * kPages, nullptr);
        for (int m = 0; m < count(); ++m)
            table[static_cast<std::size_t>(sequences[m]) * kPages + positions_[m] / gpu::kPagePositions] =
                pages.get() + shape_.pageBytes() * m;
        const DeviceVector<std::byte*> deviceTable(table);
        const DeviceVector<int> positions(positions_), deviceSequences(sequences);
        const DeviceVector<__half> numbers(numbers_);
        const DeviceVector<__half> queries(positions_.size() * heads_ * shape_.headDim);
        const DeviceVector<float> inverse(inverse_);
        ASSERT_EQ(gpu::rotateAndCache({.queryKeyValue = numbers.get(),
                                       .heads = heads_,
                                       .kv = {shape_, deviceTable.get(), kPages},
                                       .layer = kLayer,
                                       .rows = {count(), positions.get(), deviceSequences.get()},
                                       .inverseFrequencies = inverse.get(),
                                       .queries = queries.get()},
                                      nullptr),
                  cudaSuccess);
        queries_ = queries.download();
        pages_ = pages.download();
    }

    // Of row m, what came of its dimension d of head h, h counting queries, then keys, then values.
    float got(int m, int h, int d) const {
        if (h < heads_) return __half2float(queries_[(static_cast<std::size_t>(m) * heads_ + h) * shape_.headDim + d]);
        const std::byte* number = pages_.data() + placeOf(m, h, d);
        if (shape_.element == KvElement::fp8) return fromFp8(std::to_integer<std::uint8_t>(*number));
        __half half;
        std::memcpy(&half, number, sizeof half);
        return __half2float(half);
    }
    float number(int m, int h, int d) const {
        return __half2float(numbers_[static_cast<std::size_t>(m) * width() + h * shape_.headDim + d]);
    }
    double turned(int m, int h, int d) const {
        const int half = shape_.headDim / 2, i = d % half;
        const double angle = static_cast<double>(static_cast<float>(positions_[m]) * inverse_[i]);
        const double a = number(m, h, i), b = number(m, h, i + half);
        return d < half ? a * std::cos(angle) - b * std::sin(angle) : b * std::cos(angle) + a * std::sin(angle);
    }
    // Bytes of the pages that are no row's keys or values, and were written.
    int strayBytes() const {
        std::vector<std::byte> left = pages_;
        for (int m = 0; m < count(); ++m)
            for (int h = heads_; h < heads_ + 2 * shape_.kvHeads; ++h)
                std::memset(left.data() + placeOf(m, h, 0), 0x55, sizeBytes(shape_.element) * shape_.headDim);
        return static_cast<int>(
            std::count_if(left.begin(), left.end(), [](std::byte byte) { return byte != kUntouched; }));
    }

private:
    std::size_t placeOf(int m, int h, int d) const {
        const int kv = h - heads_;
        return shape_.pageBytes() * m +
               sizeBytes(shape_.element) * (shape_.offset(kLayer, kv >= shape_.kvHeads, kv % shape_.kvHeads) +
                                            positions_[m] % gpu::kPagePositions * shape_.headDim + d);
    }

    gpu::KvShape shape_;
    int heads_;
    std::vector<int> positions_;
    std::vector<__half> numbers_; // (rows, width)
    std::vector<float> inverse_;
    std::vector<__half> queries_;
    std::vector<std::byte> pages_;
};

bool same(float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); }

TEST(RotateAndCache, roundsEveryF16ToItsNearestFp8) {
    REQUIRE_GPU();
    // All 65536 of them as values, and as keys at position 0, where nothing is turned.
    const gpu::KvShape shape{kLayers, 8, 128, KvElement::fp8};
    constexpr int kHeads = 8, kRows = 64;
    std::vector<__half> numbers;
    for (int m = 0; m < kRows; ++m)
        for (int part = 0; part < 3; ++part)
            for (int i = 0; i < 1024; ++i)
                numbers.push_back(__ushort_as_half(static_cast<unsigned short>(m * 1024 + i)));
    Rows rows(shape, kHeads, std::vector<int>(kRows, 0), numbers);
    rows.run();
    int values = 0, keys = 0, queries = 0;
    for (int m = 0; m < kRows; ++m)
        for (int h = 0; h < 8; ++h)
            for (int d = 0; d < 128; ++d) {
                const float number = rows.number(m, h, d), nearest = fromFp8(toFp8(number));
                values += !same(rows.got(m, h + 16, d), nearest);
                // With infinity or NaN in the other half of its head, a number times 0 is none.
                if (!std::isfinite(rows.number(m, h, (d + 64) % 128)) || !std::isfinite(number)) continue;
                keys += !same(rows.got(m, h + 8, d), nearest);
                queries += !same(rows.got(m, h, d), number);
            }
    EXPECT_EQ(values, 0);
    EXPECT_EQ(keys, 0);
    EXPECT_EQ(queries, 0) << "queries stay f16";
    EXPECT_EQ(rows.strayBytes(), 0);
}

TEST(RotateAndCache, turnsKeysAndPutsAllWhereItBelongs) {
    REQUIRE_GPU();
    struct Heads {
        int heads, kvHeads, dim;
    };
    for (const KvElement element : kElements)
        for (const Heads& h : {Heads{8, 2, 64}, Heads{32, 8, 128}, Heads{4, 1, 32}, Heads{4, 4, 96}}) {
            constexpr unsigned kSeed = 31;
            SCOPED_TRACE(::testing::Message()
                         << nameOf(element) << ", " << h.heads << " heads of " << h.dim << ", seed " << kSeed);
            std::mt19937 random(kSeed);
            std::vector<int> positions;
            for (int m = 0; m < 33; ++m) positions.push_back(static_cast<int>(random() % (kPages * 64)));
            std::normal_distribution<float> normal(0, 1);
            std::vector<__half> numbers;
            for (std::size_t i = 0; i < positions.size() * (h.heads + 2 * h.kvHeads) * h.dim; ++i)
                numbers.push_back(__float2half(normal(random)));
            Rows rows({kLayers, h.kvHeads, h.dim, element}, h.heads, positions, numbers);
            rows.run();
            int wrong = 0;
            for (int m = 0; m < rows.count(); ++m)
                for (int head = 0; head < h.heads + 2 * h.kvHeads; ++head)
                    for (int d = 0; d < h.dim; ++d) {
                        const bool isFp8 = element == KvElement::fp8 && head >= h.heads;
                        const double exact =
                            head < h.heads + h.kvHeads ? rows.turned(m, head, d) : rows.number(m, head, d);
                        const auto rounded = static_cast<float>(exact);
                        const double nearest =
                            (isFp8 ? fromFp8(toFp8(rounded)) : __half2float(__float2half(rounded))) - exact;
                        // As near as can be, up to the f32 of two products, a sine and a cosine of size 1 (2^-21).
                        const double size =
                            std::abs(rows.number(m, head, d)) + std::abs(rows.number(m, head, (d + h.dim / 2) % h.dim));
                        wrong += !(std::abs(rows.got(m, head, d) - exact) <= std::abs(nearest) + size * 5e-7);
                    }
            EXPECT_EQ(wrong, 0);
            EXPECT_EQ(rows.strayBytes(), 0);
        }
}

} // namespace
} // namespace tramontane::testing
