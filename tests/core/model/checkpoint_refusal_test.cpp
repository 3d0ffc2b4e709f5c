// Checkpoints that do not fit their config, or hold what no kernel may see: refused with the tensor's name.
#include "core/model/checkpoint.h"

#include <cstring>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/bytes.h"
#include "tests/support/model_builder.h"
#include "tests/support/resource_use.h"

namespace tramontane {
namespace {

using ::testing::AllOf;
using testing::BuiltTensor;
using ::testing::HasSubstr;
using testing::ModelRecipe;
using ::testing::Not;
using testing::TemporaryFolder;
using testing::tensorNamed;
using testing::writeFile;
using testing::writeModel;

using Tensors = std::vector<BuiltTensor>;

Result<Checkpoint> openFolder(const std::filesystem::path& directory) {
    Result<ModelConfig> config = readModelConfig(directory);
    if (!config) return std::move(config).error();
    return Checkpoint::open(directory, *config);
}

std::string refusalIn(const std::filesystem::path& directory) {
    const Result<Checkpoint> checkpoint = openFolder(directory);
    return checkpoint.ok() ? "opened" : checkpoint.error().message;
}

std::string refusal(const ModelRecipe& recipe, const std::function<void(Tensors&)>& change) {
    const TemporaryFolder folder;
    writeModel(folder.path(), recipe, change);
    return refusalIn(folder.path());
}

ModelRecipe actOrder() {
    ModelRecipe recipe;
    recipe.actOrder = true;
    return recipe;
}

constexpr char up[] = "model.layers.1.mlp.up_proj";

void resize(BuiltTensor& tensor, std::vector<std::int64_t> shape) {
    tensor.shape = std::move(shape);
    std::size_t count = 1;
    for (const std::int64_t dimension : tensor.shape) count *= std::size_t(dimension);
    tensor.bytes.resize(count * dtypeSize(tensor.dtype));
}

// Hostile cases 6.
TEST(CheckpointRefusal, tensorsUnlikeTheConfigAreNamedWithExpectedAndFound) {
    const std::string name = up;
    for (const auto& [part, shape, found, expected] :
         {std::tuple(".qweight", std::vector<std::int64_t>{16, 128}, "16×128", "16×256"),
          std::tuple(".qweight", std::vector<std::int64_t>{256, 16}, "256×16", "16×256"),
          std::tuple(".qzeros", std::vector<std::int64_t>{4, 256}, "4×256", "4×32"),
          std::tuple(".scales", std::vector<std::int64_t>{1, 256}, "1×256", "4×256"),
          std::tuple(".scales", std::vector<std::int64_t>{1024}, "1024", "4×256"),
          std::tuple(".g_idx", std::vector<std::int64_t>{127}, "127", "128")}) {
        const std::string error =
            refusal({}, [&, &p = part, &s = shape](Tensors& tensors) { resize(tensorNamed(tensors, name + p), s); });
        EXPECT_THAT(error, AllOf(HasSubstr(name + part), HasSubstr("is " + std::string(found)),
                                 HasSubstr("expected " + std::string(expected)), HasSubstr("config.json")));
    }
    EXPECT_THAT(refusal({},
                        [](Tensors& tensors) {
                            resize(tensorNamed(tensors, "lm_head.weight"), {399, 128});
                        }),
                HasSubstr("lm_head.weight is 399×128, expected 400×128"));
    EXPECT_THAT(refusal({}, [](Tensors& tensors) { resize(tensorNamed(tensors, "model.norm.weight"), {127}); }),
                HasSubstr("model.norm.weight is 127, expected 128"));
}

TEST(CheckpointRefusal, otherDtypesAreNamedWithExpectedAndFound) {
    const auto withDtype = [](const std::string& name, DType dtype) {
        return refusal({}, [&](Tensors& tensors) {
            BuiltTensor& tensor = tensorNamed(tensors, name);
            tensor.dtype = dtype;
            resize(tensor, tensor.shape);
        });
    };
    const std::string name = up;
    EXPECT_THAT(withDtype(name + ".qweight", DType::i64), HasSubstr(name + ".qweight is I64, expected I32"));
    EXPECT_THAT(withDtype(name + ".qzeros", DType::f32), HasSubstr("is F32, expected I32"));
    EXPECT_THAT(withDtype(name + ".scales", DType::bf16), HasSubstr("is BF16, expected F16"));
    EXPECT_THAT(withDtype(name + ".g_idx", DType::i64), HasSubstr("is I64, expected I32"));
    EXPECT_THAT(withDtype("model.norm.weight", DType::f64), HasSubstr("is F64, expected F16 or BF16 or F32"));
}

TEST(CheckpointRefusal, everyTensorThatIsMissingIsNamed) {
    const ModelRecipe recipe = actOrder();
    for (const BuiltTensor& tensor : makeTensors(recipe)) {
        const std::string error = refusal(recipe, [&](Tensors& tensors) {
            std::erase_if(tensors, [&](const BuiltTensor& candidate) { return candidate.name == tensor.name; });
        });
        EXPECT_THAT(error, AllOf(HasSubstr(tensor.name), HasSubstr("is missing"))) << tensor.name;
    }
}

TEST(CheckpointRefusal, tensorsOfAnotherModelAreNamed) {
    for (const char* name :
         {"model.layers.2.mlp.up_proj.qweight", "model.layers.0.mlp.up_proj.weight", "lm_head.qweight",
          "model.layers.0.self_attn.q_norm.weight", "model.layers.00.input_layernorm.weight",
          "model.layers.0.mlp.experts.0.up_proj.qweight"}) {
        const std::string error = refusal({}, [&](Tensors& tensors) {
            tensors.push_back({name, DType::f16, {8}, std::string(16, 'x')});
        });
        EXPECT_THAT(error, AllOf(HasSubstr(name), HasSubstr("is not part of"))) << name;
    }
    // More layers than the config says.
    const TemporaryFolder folder;
    writeModel(folder.path(), {});
    nlohmann::json config = testing::makeConfigJson({});
    config["num_hidden_layers"] = 1;
    writeFile(folder.path() / "config.json", config.dump());
    EXPECT_THAT(refusalIn(folder.path()), AllOf(HasSubstr("model.layers.1."), HasSubstr("is not part of")));
    config["num_hidden_layers"] = 3;
    writeFile(folder.path() / "config.json", config.dump());
    EXPECT_THAT(refusalIn(folder.path()), AllOf(HasSubstr("model.layers.2."), HasSubstr("is missing")));
}

TEST(CheckpointRefusal, rotaryFrequenciesOfOlderFilesAreNoReasonToRefuse) {
    EXPECT_EQ(refusal({},
                      [](Tensors& tensors) {
                          for (const char* layer : {"0", "1"})
                              tensors.push_back(
                                  {"model.layers." + std::string(layer) + ".self_attn.rotary_emb.inv_freq",
                                   DType::f32,
                                   {16},
                                   std::string(64, 'x')});
                      }),
              "opened");
}

TEST(CheckpointRefusal, modelsThatAreNotQuantizedAreToldSo) {
    const std::string error = refusal({}, [](Tensors& tensors) {
        BuiltTensor& tensor = tensorNamed(tensors, "model.layers.0.self_attn.q_proj.qweight");
        tensor.name = "model.layers.0.self_attn.q_proj.weight";
    });
    EXPECT_THAT(error, HasSubstr("not quantized with GPTQ"));
}

// Hostile cases 7.
TEST(CheckpointRefusal, groupIndicesBeyondTheGroupsAreFound) {
    const auto withIndex = [](std::size_t row, std::int32_t value) {
        return refusal(actOrder(), [&](Tensors& tensors) {
            std::memcpy(tensorNamed(tensors, std::string(up) + ".g_idx").bytes.data() + 4 * row, &value, 4);
        });
    };
    for (const std::int32_t value : {-1, 4, 5, 128, INT32_MAX, INT32_MIN})
        for (const std::size_t row : {0, 77, 127})
            EXPECT_THAT(withIndex(row, value), AllOf(HasSubstr(std::string(up) + ".g_idx is " + std::to_string(value) +
                                                               " at row " + std::to_string(row)),
                                                     HasSubstr("expected 0 to 3")));
    EXPECT_THAT(refusal(actOrder(),
                        [](Tensors& tensors) {
                            std::memset(tensorNamed(tensors, std::string(up) + ".g_idx").bytes.data(), 0, 512);
                        }),
                HasSubstr("gives group 0 128 rows, expected 32"));
    EXPECT_THAT(
        refusal(actOrder(), [](Tensors& tensors) { resize(tensorNamed(tensors, std::string(up) + ".g_idx"), {64}); }),
        AllOf(HasSubstr("g_idx is 64"), HasSubstr("expected 128")));
}

TEST(CheckpointRefusal, scatteredGroupsNeedActOrderInTheSettings) {
    const TemporaryFolder folder;
    writeModel(folder.path(), actOrder());
    for (const char* name : {"config.json", "quantize_config.json"}) {
        ModelRecipe plain;
        nlohmann::json json = testing::makeConfigJson(plain);
        json["quantization_config"] = testing::makeQuantizeJson(plain);
        writeFile(folder.path() / name, (name[0] == 'c' ? json : testing::makeQuantizeJson(plain)).dump());
    }
    EXPECT_THAT(refusalIn(folder.path()), AllOf(HasSubstr("g_idx"), HasSubstr("desc_act is false")));
}

// The view's copy of the index was checked; what somebody writes into the file afterwards does not reach it.
TEST(CheckpointRefusal, groupIndicesCannotChangeAfterTheCheck) {
    const TemporaryFolder folder;
    writeModel(folder.path(), actOrder());
    const Result<Checkpoint> checkpoint = openFolder(folder.path());
    ASSERT_TRUE(checkpoint.ok());
    std::filesystem::resize_file(folder.path() / "model.safetensors", 0);
    const GptqView& view = checkpoint->layers()[1].up;
    int largest = 0;
    for (int k = 0; k < view.inputs; ++k) largest = std::max(largest, gptqGroup(view, k));
    EXPECT_EQ(largest, 3);
}

// Hostile cases 8.
TEST(CheckpointRefusal, scalesThatAreNotFiniteAreFoundWhereverTheyStand) {
    for (const char* name : {"model.layers.0.self_attn.q_proj.scales", "model.layers.1.mlp.down_proj.scales"})
        for (const std::uint16_t value : {0x7C00, 0xFC00, 0x7E00, 0x7C01, 0xFFFF})
            for (const double place : {0.0, 0.37, 1.0})
                EXPECT_THAT(refusal({},
                                    [&](Tensors& tensors) {
                                        std::string& bytes = tensorNamed(tensors, name).bytes;
                                        std::memcpy(bytes.data() +
                                                        std::size_t(place * double(bytes.size() / 2 - 1)) * 2,
                                                    &value, 2);
                                    }),
                            AllOf(HasSubstr(name), HasSubstr("infinite or not")));
    ModelRecipe biased;
    biased.bias = true;
    EXPECT_THAT(refusal(biased,
                        [](Tensors& tensors) {
                            std::memset(tensorNamed(tensors, std::string(up) + ".bias").bytes.data(), 0xFF, 2);
                        }),
                HasSubstr("up_proj.bias"));
}

// Hostile cases 3 and 4, through a whole model's file.
TEST(CheckpointRefusal, aFileCutAnywhereIsRefused) {
    const TemporaryFolder folder;
    writeModel(folder.path(), {});
    const std::filesystem::path path = folder.path() / "model.safetensors";
    for (std::uintmax_t size = std::filesystem::file_size(path); size > 0; size = size * 4 / 5) {
        std::filesystem::resize_file(path, size - 1);
        EXPECT_THAT(refusalIn(folder.path()), AllOf(HasSubstr("model.safetensors"), HasSubstr("cut short")))
            << size - 1;
    }
}

TEST(CheckpointRefusal, aFolderWithoutAModelIsToldSo) {
    const TemporaryFolder folder;
    writeModel(folder.path(), {});
    std::filesystem::rename(folder.path() / "model.safetensors", folder.path() / "gptq_model-4bit-32g.safetensors");
    EXPECT_EQ(refusalIn(folder.path()), "opened") << "one file of another name is the model";
    std::filesystem::copy(folder.path() / "gptq_model-4bit-32g.safetensors", folder.path() / "other.safetensors");
    EXPECT_THAT(refusalIn(folder.path()), HasSubstr("of 2 .safetensors files"));
    std::filesystem::remove(folder.path() / "other.safetensors");
    std::filesystem::remove(folder.path() / "gptq_model-4bit-32g.safetensors");
    EXPECT_THAT(refusalIn(folder.path()), AllOf(HasSubstr("model.safetensors"), HasSubstr("neither")));
}

} // namespace
} // namespace tramontane
