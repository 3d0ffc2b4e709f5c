// Everything in CpuWeights in one order, for writing and for reading alike: visit(archive, weights). Numbers and short
// vectors go through a table of bytes, large arrays become sections of the data that follows it. Who writes takes the
// weights const: the model may be computing with them at the same time.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

#include "core/base/bytes.h"
#include "core/cpu/weights.h"

namespace tramontane {

constexpr std::uint64_t kSectionAlignment = 4096;
constexpr std::uint64_t alignedSection(std::uint64_t size) {
    return (size + kSectionAlignment - 1) / kSectionAlignment * kSectionAlignment;
}

// A large array, and where in the data it lies.
struct Section {
    std::byte* bytes = nullptr;
    std::uint64_t size = 0, offset = 0;
};

class WeightsWriter {
public:
    template <class Number>
    void number(const Number& value) {
        append(static_cast<std::uint64_t>(value));
    }
    template <class Element>
    void vector(const std::vector<Element>& values) {
        append(values.size());
        append(values.data(), values.size() * sizeof(Element));
    }
    template <class Element>
    std::size_t count(const std::vector<Element>& values) {
        append(values.size());
        return values.size();
    }
    void pages(const Pages& value) {
        append(value.sizeBytes());
        sections.push_back({value.as<std::byte>(), value.sizeBytes(), dataBytes});
        dataBytes += alignedSection(value.sizeBytes());
    }
    void complete(const PackedLinear&) {}
    void append(std::uint64_t value) { append(&value, sizeof value); }
    void append(const void* bytes, std::size_t count) {
        if (count == 0) return;
        table.resize(table.size() + count);
        std::memcpy(table.data() + table.size() - count, bytes, count);
    }

    std::vector<std::byte> table;
    std::vector<Section> sections;
    std::uint64_t dataBytes = 0;
};

class WeightsReader {
public:
    explicit WeightsReader(std::span<const std::byte> table) : rest_(table) {}

    template <class Number>
    void number(Number& value) {
        value = static_cast<Number>(take());
    }
    template <class Element>
    void vector(std::vector<Element>& values) {
        const std::uint64_t size = take();
        if (size > rest_.size() / sizeof(Element)) return fail();
        values.resize(size);
        if (size == 0) return;
        std::memcpy(values.data(), rest_.data(), size * sizeof(Element));
        rest_ = rest_.subspan(size * sizeof(Element));
    }
    template <class Element>
    std::size_t count(std::vector<Element>& values) {
        const std::uint64_t size = take();
        if (size > rest_.size() / 64) return fail(), 0; // each element takes more bytes of the table
        values.resize(size);
        return size;
    }
    void pages(Pages& value) {
        const std::uint64_t size = take();
        if (bad) return;
        Result<Pages> allocated = Pages::allocate(size);
        if (!allocated) {
            noMemory = true;
            return fail();
        }
        value = std::move(*allocated);
        sections.push_back({value.as<std::byte>(), size, dataBytes});
        dataBytes += alignedSection(size);
    }
    void complete(PackedLinear& linear) { linear.layOut(); }
    std::uint64_t take() {
        if (rest_.size() < sizeof(std::uint64_t)) return fail(), 0;
        const auto value = loadUnaligned<std::uint64_t>(rest_.data());
        rest_ = rest_.subspan(sizeof value);
        return value;
    }
    bool atEnd() const { return rest_.empty(); }

    std::vector<Section> sections;
    std::uint64_t dataBytes = 0;
    bool bad = false, noMemory = false;

private:
    void fail() {
        bad = true;
        rest_ = {};
    }
    std::span<const std::byte> rest_;
};

// Whole or Whole const.
template <class Type, class Whole>
concept Of = std::same_as<std::remove_const_t<Type>, Whole>;

template <class Archive, Of<PackedLinear> Linear>
void visit(Archive& archive, Linear& linear) {
    for (auto* number : {&linear.inputs, &linear.paddedInputs, &linear.segmentRows, &linear.segments, &linear.block,
                         &linear.columnBlocks, &linear.outputStep, &linear.uniformZero})
        archive.number(*number);
    archive.number(linear.hasZeros);
    archive.vector(linear.bias);
    archive.vector(linear.order);
    archive.pages(linear.storage);
    archive.complete(linear);
}

template <class Archive, Of<PlacedLinear> Placed>
void visit(Archive& archive, Placed& placed) {
    visit(archive, placed.linear);
    archive.number(placed.firstColumn);
    archive.vector(placed.norm);
}

template <class Archive, Of<CpuWeights> Weights>
void visit(Archive& archive, Weights& weights) {
    for (auto* number : {&weights.headColumns, &weights.keyColumn, &weights.valueColumn, &weights.queryKeyValueColumns,
                         &weights.gateUpColumns})
        archive.number(*number);
    archive.number(weights.sizeBytes);
    archive.number(weights.bytesReadPerToken);
    archive.vector(weights.finalNorm);
    archive.pages(weights.head);
    archive.count(weights.layers);
    for (auto& layer : weights.layers) {
        archive.count(layer.queryKeyValue);
        for (auto& placed : layer.queryKeyValue) visit(archive, placed);
        visit(archive, layer.output);
        archive.count(layer.gateUp);
        for (auto& placed : layer.gateUp) visit(archive, placed);
        visit(archive, layer.down);
    }
}

} // namespace tramontane
