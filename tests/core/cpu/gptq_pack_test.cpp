// What a packed linear means, read back by its layout, is what the GPTQ tensors mean.
#include "core/cpu/gptq_pack.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "core/cpu/half.h"
#include "core/model/gptq.h"

namespace tramontane {
namespace {

// A linear of random words at an odd address, as a file may have it.
struct RandomGptq {
    std::vector<std::byte> qweight, qzeros, scales, groupIndex, bias;
    GptqView view;

    RandomGptq(int inputs, int outputs, int groups, bool symmetric, bool scattered, bool withBias,
               std::mt19937& random) {
        const auto fill = [&](std::vector<std::byte>& bytes, std::size_t size) {
            bytes.resize(size + 1);
            for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
            return std::span<const std::byte>(bytes).subspan(1);
        };
        view.inputs = inputs;
        view.outputs = outputs;
        view.groups = groups;
        view.qweight = fill(qweight, static_cast<std::size_t>(inputs) / 8 * outputs * 4);
        view.qzeros = fill(qzeros, static_cast<std::size_t>(groups) * outputs / 8 * 4);
        if (symmetric) std::fill(qzeros.begin(), qzeros.end(), std::byte{0x77});
        view.scales = fill(scales, static_cast<std::size_t>(groups) * outputs * 2);
        setHalves(scales, random);
        if (withBias) {
            view.bias = fill(bias, static_cast<std::size_t>(outputs) * 2);
            setHalves(bias, random);
        }
        if (!scattered) return;
        std::vector<std::int32_t> index;
        for (int k = 0; k < inputs; ++k) index.push_back(k / (inputs / groups));
        std::shuffle(index.begin(), index.end(), random);
        setIndex(index);
    }
    RandomGptq(const RandomGptq&) = delete;

    void setIndex(const std::vector<std::int32_t>& index) {
        groupIndex.resize(index.size() * 4 + 1);
        std::memcpy(groupIndex.data() + 1, index.data(), index.size() * 4);
        view.groupIndex = std::span<const std::byte>(groupIndex).subspan(1);
    }

private:
    static void setHalves(std::vector<std::byte>& bytes, std::mt19937& random) {
        for (std::size_t i = 1; i + 1 < bytes.size(); i += 2) {
            const std::uint16_t half = floatToHalf(0.01f * static_cast<float>(1 + random() % 100));
            std::memcpy(bytes.data() + i, &half, 2);
        }
    }
};

float packedWeight(const PackedLinear& linear, int row, int column) {
    const int block = column / kBlockColumns, c = column % kBlockColumns, segment = row / linear.segmentRows;
    const std::uint8_t byte = linear.weights(block)[row / kStepRows * 64 + c * 4 + row % 4];
    const int quant = row % kStepRows < 4 ? byte & 15 : byte >> 4;
    const int at = segment * kBlockColumns + c;
    const float zero = linear.hasZeros ? static_cast<float>(linear.zeros(block)[at]) : linear.uniformZero;
    return (static_cast<float>(quant) - zero) * halfToFloat(linear.scales(block)[at]);
}

// Every weight of every part at its place, every source row once, padding worth nothing.
void expectSameMeaning(const PackedLinear& linear, std::span<const PackPart> parts) {
    std::vector<int> seen(static_cast<std::size_t>(linear.inputs), 0);
    for (int row = 0; row < linear.paddedInputs; ++row) {
        const int source = linear.order.empty() ? row : linear.order[static_cast<std::size_t>(row)];
        if (source < linear.inputs) ++seen[static_cast<std::size_t>(source)];
    }
    for (const int times : seen) ASSERT_EQ(times, 1);
    for (const PackPart& part : parts) {
        const std::vector<float> dense = dequantize(*part.view);
        for (std::size_t i = 0; i < part.columns.size(); ++i) {
            const int packedColumn =
                (part.firstBlock + static_cast<int>(i) / kBlockColumns * part.blockStep) * kBlockColumns +
                static_cast<int>(i) % kBlockColumns;
            const int column = part.columns[i];
            for (int row = 0; row < linear.paddedInputs; ++row) {
                const int source = linear.order.empty() ? row : linear.order[static_cast<std::size_t>(row)];
                if (source >= linear.inputs) continue; // multiplied by an activation of 0
                const float expected = column < part.view->outputs
                                           ? dense[static_cast<std::size_t>(source) * part.view->outputs + column]
                                           : 0;
                ASSERT_EQ(packedWeight(linear, row, packedColumn), expected)
                    << "row " << row << ", column " << packedColumn;
            }
            if (!linear.bias.empty() && column < part.view->outputs && !part.view->bias.empty()) {
                ASSERT_EQ(linear.bias[static_cast<std::size_t>(packedColumn)],
                          halfToFloat(loadAt<std::uint16_t>(part.view->bias.data(), static_cast<std::size_t>(column))));
            }
        }
    }
}

class GptqPackTest : public ::testing::TestWithParam<InstructionSet> {
protected:
    ThreadPool pool{2};
    std::mt19937 random{99};

    PackedLinear pack(std::span<const PackPart> parts, const RowOrder& order) {
        Result<PackedLinear> linear = packLinear(parts, order, 64, kernelsFor(GetParam()), pool, {});
        EXPECT_TRUE(linear.ok());
        return std::move(*linear);
    }
};

TEST_P(GptqPackTest, packedWeightsMeanWhatTheFileMeans) {
    struct Case {
        int inputs, outputs, groups;
        bool symmetric, scattered, bias;
    };
    for (const Case& c : {Case{256, 64, 2, true, false, false}, Case{256, 64, 2, true, true, false},
                          Case{256, 80, 8, false, true, true}, Case{512, 48, 8, false, true, false},
                          Case{104, 64, 1, false, false, true}, Case{1536, 24, 12, true, true, true}}) {
        const RandomGptq source(c.inputs, c.outputs, c.groups, c.symmetric, c.scattered, c.bias, random);
        const PackPart part{&source.view, naturalColumns(c.outputs)};
        const PackedLinear linear = pack({&part, 1}, rowOrderOf(source.view));
        EXPECT_EQ(linear.hasZeros, !c.symmetric);
        EXPECT_EQ(!linear.bias.empty(), c.bias);
        expectSameMeaning(linear, {&part, 1});
    }
}

TEST_P(GptqPackTest, partsFollowEachOtherOrTakeTurnsAndColumnsAreReordered) {
    const RandomGptq first(256, 40, 2, false, true, true, random);
    RandomGptq second(256, 40, 2, false, false, false, random);
    second.view.groupIndex = first.view.groupIndex;
    const RowOrder order = rowOrderOf(first.view);
    ASSERT_EQ(order, rowOrderOf(second.view));
    std::vector<std::int32_t> columns = naturalColumns(40); // with 8 of padding
    std::shuffle(columns.begin(), columns.end(), random);
    const PackPart inTurns[] = {{&first.view, columns, 0, 2}, {&second.view, columns, 1, 2}};
    expectSameMeaning(pack(inTurns, order), inTurns);
    const PackPart oneAfterTheOther[] = {{&first.view, naturalColumns(40), 0, 1},
                                         {&second.view, naturalColumns(40), 3, 1}};
    expectSameMeaning(pack(oneAfterTheOther, order), oneAfterTheOther);
}

TEST_P(GptqPackTest, aGroupLargerThanTheOthersTakesSeveralSegments) {
    RandomGptq source(256, 32, 2, false, false, false, random);
    std::vector<std::int32_t> index(256, 0);
    for (int k = 0; k < 60; ++k) index[static_cast<std::size_t>(k * 3)] = 1; // 196 rows and 60
    source.setIndex(index);
    const RowOrder order = rowOrderOf(source.view);
    EXPECT_EQ(order.groups, (std::vector<std::int32_t>{0, 0, 1}));
    const PackPart part{&source.view, naturalColumns(32)};
    expectSameMeaning(pack({&part, 1}, order), {&part, 1});
}

TEST_P(GptqPackTest, aCancelledPackIsAnError) {
    const RandomGptq source(256, 64, 2, true, true, false, random);
    const PackPart part{&source.view, naturalColumns(64)};
    std::stop_source stop;
    stop.request_stop();
    const Result<PackedLinear> linear =
        packLinear({&part, 1}, rowOrderOf(source.view), 32, kernelsFor(GetParam()), pool, stop.get_token());
    ASSERT_FALSE(linear.ok());
    EXPECT_EQ(linear.error().kind, ErrorKind::cancelled);
}

INSTANTIATE_TEST_SUITE_P(EverySet, GptqPackTest, ::testing::ValuesIn(usableInstructionSets()));

} // namespace
} // namespace tramontane
