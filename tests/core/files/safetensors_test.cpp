// safetensors headers: what the format allows opens, every lie is refused with the name of what lies.
#include "core/files/safetensors.h"

#include <cstdio>
#include <functional>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/bytes.h"
#include "tests/support/model_builder.h"
#include "tests/support/resource_use.h"

namespace tramontane {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::safetensorsBytes;
using ::testing::StartsWith;

std::string refusal(const std::string& bytes) {
    const Result<SafetensorsHeader> header = parseSafetensorsHeader(std::as_bytes(std::span(bytes)), "m.safetensors");
    if (header.ok()) return "opened";
    EXPECT_EQ(header.error().kind, ErrorKind::invalidInput);
    EXPECT_THAT(header.error().message, StartsWith("m.safetensors: "));
    return header.error().message;
}

// A file of 8 data bytes whose header is `header`.
std::string refusalOf(const std::string& header, std::size_t dataBytes = 8) {
    return refusal(safetensorsBytes(header, std::string(dataBytes, 'x')));
}

std::string entry(const std::string& name, const std::string& shape, int begin, int end,
                  const std::string& dtype = "F16") {
    return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":[" +
           std::to_string(begin) + "," + std::to_string(end) + "]}";
}

std::string claimedLength(std::uint64_t length, std::size_t fileBytes = 100) {
    std::string bytes(reinterpret_cast<const char*>(&length), 8);
    bytes.resize(fileBytes, '{');
    return bytes;
}

TEST(Safetensors, opensWhatTheFormatAllows) {
    const std::string bytes = safetensorsBytes("{\"__metadata__\":{\"format\":\"pt\",\"é\":\"\\u00e9\"}, "
                                               "\"b\":{\"shape\":[2,3],\"data_offsets\":[2,14],"
                                               "\"dtype\":\"F16\"},\"a\":{\"dtype\":\"U8\",\"shape\":[],"
                                               "\"data_offsets\":[0,1]},\"c\":{\"dtype\":\"BOOL\","
                                               "\"shape\":[1,1,1],\"data_offsets\":[1,2]}}   ",
                                               std::string(14, 'x'));
    const Result<SafetensorsHeader> header = parseSafetensorsHeader(std::as_bytes(std::span(bytes)), "m.safetensors");
    ASSERT_TRUE(header.ok()) << header.error().message;
    ASSERT_EQ(header->tensors.size(), 3u);
    const TensorInfo* b = header->find("b");
    ASSERT_NE(b, nullptr);
    EXPECT_EQ(b->dtype, DType::f16);
    EXPECT_EQ(shapeText(b->shape()), "2×3");
    EXPECT_EQ(b->offset, bytes.size() - 12);
    EXPECT_EQ(b->sizeBytes, 12u);
    EXPECT_EQ(header->find("bb"), nullptr);
    EXPECT_EQ(refusalOf("{}", 0), "opened");
    EXPECT_EQ(refusalOf("{" + entry("a", "[4]", 0, 8) + "," + entry("z", "[0,7]", 8, 8) + "}"), "opened")
        << "a tensor of nothing at a place of its own";
}

// Hostile cases 1.
TEST(Safetensors, headerLengthsBeyondTheFileOrTheLimitAreRefusedWithoutAllocating) {
    EXPECT_THAT(refusal(""), HasSubstr("cut short"));
    EXPECT_THAT(refusal("1234567"), HasSubstr("cut short"));
    EXPECT_THAT(refusal(claimedLength(0)), HasSubstr("header length is 0"));
    EXPECT_THAT(refusal(claimedLength(93)), HasSubstr("cut short"));
    EXPECT_THAT(refusal(claimedLength(99'999'999)), HasSubstr("cut short"));
    for (const std::uint64_t length : {std::uint64_t(100'000'001), std::uint64_t(1) << 63, ~std::uint64_t(0),
                                       ~std::uint64_t(0) - 7, ~std::uint64_t(0) - 8}) {
        EXPECT_THAT(refusal(claimedLength(length)),
                    AllOf(HasSubstr("header length is " + std::to_string(length)), HasSubstr("at most 100000000")));
        const testing::ResourceUse use = testing::measure([&] { return refusal(claimedLength(length)); });
        EXPECT_FALSE(use.died);
        if (!testing::sanitized) {
            EXPECT_LT(use.extraMebibytes, 1) << "nothing is allocated for " << length;
        }
    }
}

// Hostile cases 2.
TEST(Safetensors, headersThatAreNotOneJsonObjectAreRefused) {
    EXPECT_THAT(refusalOf("[]"), HasSubstr("does not begin with an object"));
    EXPECT_THAT(refusalOf(" {}"), HasSubstr("does not begin with an object"));
    EXPECT_THAT(refusalOf("null"), HasSubstr("does not begin with an object"));
    EXPECT_THAT(refusalOf("{"), HasSubstr("malformed"));
    EXPECT_THAT(refusalOf("{}{}"), HasSubstr("malformed"));
    EXPECT_THAT(refusalOf("{\"a\":1}"), AllOf(HasSubstr("tensor a"), HasSubstr("malformed")));
    EXPECT_THAT(refusalOf("{\"a\":[]}"), HasSubstr("tensor a"));
    EXPECT_THAT(refusalOf("{\"a\":{}}"), HasSubstr("has no dtype"));
    EXPECT_THAT(refusalOf("{\"a\":{\"dtype\":\"F16\"}}"), HasSubstr("has no shape"));
    EXPECT_THAT(refusalOf("{\"a\":{\"dtype\":\"F16\",\"shape\":[4]}}"), HasSubstr("has no data_offsets"));
    EXPECT_THAT(refusalOf("{\"a\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[0,8],\"x\":1}}"),
                HasSubstr("unknown field \"x\""));
    EXPECT_THAT(refusalOf("{\"a\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[0]}}"), HasSubstr("malformed"));
    EXPECT_THAT(refusalOf("{\"a\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[0,8,8]}}"),
                HasSubstr("malformed"));
    EXPECT_THAT(refusalOf("{\"\":{}}"), HasSubstr("without a proper name"));
    EXPECT_THAT(refusalOf("{\"__metadata__\":{\"a\":1}}"), HasSubstr("expected a string"));
    EXPECT_THAT(refusalOf("{\"__metadata__\":null}"), HasSubstr("malformed"));
}

TEST(Safetensors, headersThatAreNotUtf8AreRefused) {
    EXPECT_THAT(refusalOf("{" + entry("a\xff", "[4]", 0, 8) + "}"), HasSubstr("not UTF-8"));
    EXPECT_THAT(refusalOf("{\"__metadata__\":{\"a\":\"\xed\xa0\x80\"}," + entry("a", "[4]", 0, 8) + "}"),
                HasSubstr("not UTF-8"));
    EXPECT_THAT(refusalOf("{\"a\\ud800\":{}}"), HasSubstr("surrogate"));
}

TEST(Safetensors, namesThatStandTwiceAreRefused) {
    EXPECT_THAT(refusalOf("{" + entry("a", "[2]", 0, 4) + "," + entry("a", "[2]", 4, 8) + "}"),
                HasSubstr("tensor a stands twice"));
    EXPECT_THAT(refusalOf("{" + entry("a", "[2]", 0, 4) + "," + entry("\\u0061", "[2]", 4, 8) + "}"),
                HasSubstr("tensor a stands twice"));
    EXPECT_THAT(refusalOf("{\"a\":{\"dtype\":\"F16\",\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[0,8]}}"),
                HasSubstr("\"dtype\" twice"));
    EXPECT_THAT(refusalOf("{\"a\":{\"dtype\":\"F16\",\"shape\":[4],\"shape\":[4],\"data_offsets\":[0,8]}}"),
                HasSubstr("\"shape\" twice"));
    EXPECT_THAT(refusalOf("{\"__metadata__\":{},\"__metadata__\":{}}"), HasSubstr("__metadata__ stands twice"));
    EXPECT_THAT(refusalOf("{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}"), HasSubstr("twice"));
}

TEST(Safetensors, deepNestingIsRefused) {
    const std::string deep(100'000, '[');
    EXPECT_THAT(refusalOf("{\"a\":" + deep), HasSubstr("malformed"));
    EXPECT_THAT(refusalOf("{\"__metadata__\":{\"a\":" + deep), HasSubstr("malformed"));
    EXPECT_THAT(refusalOf("{\"a\":{\"dtype\":\"F16\",\"shape\":[" + deep), HasSubstr("malformed"));
}

TEST(Safetensors, moreThanAHundredThousandTensorsAreRefused) {
    const auto many = [](int count) {
        std::string header = "{";
        for (int i = 0; i < count; ++i) header += (i > 0 ? "," : "") + entry(std::to_string(i), "[1]", i, i + 1, "U8");
        return safetensorsBytes(header + "}", std::string(std::size_t(count), 'x'));
    };
    EXPECT_EQ(refusal(many(100'000)), "opened");
    EXPECT_THAT(refusal(many(100'001)), HasSubstr("more than 100000 tensors"));
}

// Hostile cases 3.
TEST(Safetensors, tensorsThatDoNotTileTheFileAreRefusedByName) {
    const auto two = [](int begin1, int end1, int begin2, int end2, std::size_t dataBytes = 8) {
        return refusalOf("{" + entry("a", "[" + std::to_string(end1 - begin1) + "]", begin1, end1, "U8") + "," +
                             entry("b", "[" + std::to_string(end2 - begin2) + "]", begin2, end2, "U8") + "}",
                         dataBytes);
    };
    EXPECT_EQ(two(0, 4, 4, 8), "opened");
    EXPECT_EQ(two(4, 8, 0, 4), "opened");
    EXPECT_THAT(two(0, 5, 4, 8), HasSubstr("tensor b overlaps tensor a"));
    EXPECT_THAT(two(0, 4, 0, 8), HasSubstr("overlaps"));
    EXPECT_THAT(two(0, 8, 0, 8), HasSubstr("overlaps"));
    EXPECT_THAT(two(0, 8, 2, 4), HasSubstr("tensor b overlaps tensor a"));
    EXPECT_THAT(two(0, 3, 4, 8), HasSubstr("tensor b leaves a hole of 1 bytes"));
    EXPECT_THAT(two(1, 4, 4, 8), HasSubstr("tensor a leaves a hole of 1 bytes"));
    EXPECT_THAT(two(0, 4, 4, 8, 9), HasSubstr("has 1 bytes after its last tensor"));
    EXPECT_THAT(two(0, 4, 4, 8, 7), AllOf(HasSubstr("tensor b"), HasSubstr("cut short")));
    EXPECT_THAT(refusalOf("{}"), HasSubstr("8 bytes after its last tensor"));
    EXPECT_THAT(refusalOf("{" + entry("a", "[4]", 8, 0) + "}"), HasSubstr("tensor a ends before it begins"));
}

TEST(Safetensors, emptyTensorsThatReuseAnOffsetAreRefusedByName) {
    EXPECT_THAT(refusalOf("{" + entry("a", "[4]", 0, 8) + "," + entry("z", "[0]", 0, 0) + "}"),
                HasSubstr("tensor z is empty and takes the place of tensor a"));
    EXPECT_THAT(refusalOf("{" + entry("a", "[4]", 0, 8) + "," + entry("z", "[0]", 4, 4) + "}"),
                HasSubstr("tensor z overlaps tensor a"));
    EXPECT_THAT(
        refusalOf("{" + entry("a", "[4]", 0, 8) + "," + entry("y", "[0]", 8, 8) + "," + entry("z", "[0]", 8, 8) + "}"),
        HasSubstr("is empty and takes the place"));
}

// Hostile cases 4.
TEST(Safetensors, shapesThatOverflowAreRefused) {
    for (const char* shape :
         {"[4294967296,4294967296]", "[9223372036854775807,2]", "[2,9223372036854775807]", "[4611686018427387904,4]",
          "[4294967296,4294967296,0]", "[9223372036854775808]", "[18446744073709551616]", "[1,1,1,1,1,1,1,1,4]"})
        EXPECT_THAT(refusalOf("{" + entry("big", shape, 0, 8) + "}"), HasSubstr("tensor big")) << shape;
    EXPECT_THAT(refusalOf("{" + entry("a", "[4]", 0, 8) + "," + entry("big", "[0,4294967296,4294967296]", 8, 8) + "}"),
                HasSubstr("tensor big has a shape beyond 64 bits"))
        << "a zero in front must not hide it";
}

TEST(Safetensors, sizesThatAreNegativeOrFractionalAreRefused) {
    for (const char* number : {"-1", "4.0", "4e0", "\"4\"", "null", "[4]", "0x4", "04", "true", "NaN"}) {
        EXPECT_THAT(refusalOf("{" + entry("a", std::string("[") + number + "]", 0, 8) + "}"), HasSubstr("tensor a"));
        for (const bool first : {true, false})
            EXPECT_THAT(refusalOf("{\"a\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[" +
                                  (first ? std::string(number) + ",8" : "0," + std::string(number)) + "]}}"),
                        HasSubstr("tensor a"))
                << number;
    }
}

TEST(Safetensors, unknownDtypesAreRefused) {
    for (const char* dtype : {"F8_E4M3", "f16", "I4", "", "F16 ", "FLOAT"})
        EXPECT_THAT(refusalOf("{" + entry("a", "[4]", 0, 8, dtype) + "}"),
                    AllOf(HasSubstr("tensor a"), HasSubstr("unknown dtype")));
}

TEST(Safetensors, extentsUnlikeDtypeTimesShapeAreRefused) {
    EXPECT_THAT(refusalOf("{" + entry("a", "[4]", 0, 8, "F32") + "}"),
                HasSubstr("tensor a is 4 F32, which is 16 bytes, but has 8"));
    EXPECT_THAT(refusalOf("{" + entry("a", "[3]", 0, 8) + "}"), HasSubstr("which is 6 bytes, but has 8"));
    EXPECT_THAT(refusalOf("{" + entry("a", "[0]", 0, 8) + "}"), HasSubstr("which is 0 bytes, but has 8"));
    EXPECT_THAT(refusalOf("{" + entry("a", "[]", 0, 8) + "}"), HasSubstr("which is 2 bytes, but has 8"));
}

// Every claim above stands within the bound that holds for bad files.
TEST(Safetensors, theWorstHeadersAreRefusedWithinASecondAnd64Mebibytes) {
    testing::TemporaryFolder folder;
    const std::filesystem::path path = folder.path() / "model.safetensors";
    const std::size_t limit = maxSafetensorsHeaderBytes;
    const auto padded = [&](std::string header, char fill, const std::string& end) {
        header.resize(limit - end.size(), fill);
        return header + end;
    };
    std::string longNames = "{", manyNames = "{", keys = "{\"__metadata__\":{", fields = "{\"a\":{\"dtype\":\"F16\"";
    for (int i = 0; i < 100'000; ++i) {
        const std::string number = std::to_string(1'000'000 + i);
        manyNames += (i > 0 ? "," : "") + entry(std::string(140, 'n') + number, "[1,1,1,1,1,1,1,1]", i, i + 1, "U8");
        longNames += (i > 0 ? "," : "") + entry(std::string(249, 'n') + number, "[0,1,1,1,1,1,1,1]", 0, 0, "U8");
    }
    while (keys.size() < limit - 100) keys += "\"" + std::to_string(keys.size()) + "\":\"\",";
    while (fields.size() < limit - 100) fields += ",\"shape\":[4]";
    struct Case {
        const char* name;
        std::string header;
    };
    const Case cases[] = {
        {"white space", padded("{", ' ', "]")},
        {"one long string", padded("{\"__metadata__\":{\"a\":\"", 'a', "\"}]")},
        {"one long string of escapes", padded("{\"__metadata__\":{\"a\":\"", '\\', "\"}]")},
        {"one long name", padded("{\"", 'a', "\"}")},
        {"brackets", padded("{\"a\":", '[', "]")},
        {"metadata without end", keys + "\"z\":\"\"}}"},
        {"repeated fields", fields + "}}"},
        {"many names", manyNames + ",\"z\":1}"},
        {"many long names", longNames + "}"},
    };
    for (const Case& item : cases) {
        testing::writeFile(path, safetensorsBytes(item.header, std::string(100'000, 'x')));
        const testing::ResourceUse use = testing::measure([&] {
            const Result<SafetensorsFile> file = SafetensorsFile::open(path);
            return file.ok() ? std::string("opened") : file.error().message;
        });
        EXPECT_FALSE(use.died) << item.name;
        EXPECT_THAT(use.answer, StartsWith("model.safetensors: ")) << item.name;
        if (testing::sanitized) continue;
        EXPECT_LT(use.seconds, 1) << item.name;
        EXPECT_LT(use.extraMebibytes, 64) << item.name;
        std::printf("%30s: %.3f s, %.1f MiB\n", item.name, use.seconds, use.extraMebibytes);
    }
}

TEST(Safetensors, damagedHeadersNeverDoHarm) {
    // A short walk of what the fuzz target does at length: bytes of a good file changed at random.
    constexpr std::uint32_t seed = 20240501;
    SCOPED_TRACE(seed);
    testing::ModelRecipe recipe;
    recipe.layers = 1;
    const std::string good = safetensorsBytes(testing::makeTensors(recipe));
    const std::size_t headerBytes = loadUnaligned<std::uint64_t>(std::as_bytes(std::span(good)).data()) + 8;
    std::mt19937 random(seed);
    for (int round = 0; round < 3000; ++round) {
        std::string bytes = good;
        for (unsigned i = 0, count = 1 + random() % 4; i < count; ++i)
            bytes[random() % headerBytes] = char(random() % 3 == 0 ? random() : "0123456789[]{},:\" "[random() % 18]);
        const Result<SafetensorsHeader> header = parseSafetensorsHeader(std::as_bytes(std::span(bytes)), "m");
        if (!header) continue;
        std::uint64_t sum = header->headerBytes;
        for (const TensorInfo& tensor : header->tensors) {
            ASSERT_LE(tensor.offset + tensor.sizeBytes, bytes.size());
            sum += tensor.sizeBytes;
        }
        ASSERT_EQ(sum, bytes.size());
    }
}

} // namespace
} // namespace tramontane
