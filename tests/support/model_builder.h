// A recipe in, a random GPTQ Mistral out: as tensors, as a safetensors file, as a whole folder. The same
// recipe always gives the same bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/dtype.h"
#include "core/model/mistral_config.h"

namespace tramontane::testing {

struct ModelRecipe {
    int hidden = 128, intermediate = 256, layers = 2, heads = 4, kvHeads = 1, headDim = 32;
    int vocab = 400, positions = 512;
    double ropeTheta = 1e4, eps = 1e-5;
    bool tiedHead = false;

    int groupSize = 32;       // 32, 64, 128 or -1
    bool actOrder = false;    // scatters the groups
    bool sharedOrders = true; // one order for q, k and v, and one for gate and up, as quantizing gives
    bool symmetric = true;
    bool zerosV2 = false; // checkpoint_format gptq_v2
    bool bias = false;
    bool staircaseIndex = true; // g_idx is written although there is no act-order
    DType dense = DType::f16;   // f16, bf16 or f32

    int shards = 1; // over 1: with an index
    bool settingsInConfig = true, settingsInOwnFile = true;
    bool tokenizer = true; // a small one: Mistral's control ids, bytes, and the printable ASCII characters
    std::uint32_t seed = 1;
};

struct BuiltTensor {
    std::string name;
    DType dtype = DType::f16;
    std::vector<std::int64_t> shape;
    std::string bytes;
};

// Weights of standard deviation 1/sqrt(K) and norms around 1, so that activations keep their size through any
// depth.
std::vector<BuiltTensor> makeTensors(const ModelRecipe& recipe);
BuiltTensor& tensorNamed(std::vector<BuiltTensor>& tensors, const std::string& name);

nlohmann::json makeConfigJson(const ModelRecipe& recipe); // without quantization_config
nlohmann::json makeQuantizeJson(const ModelRecipe& recipe);
std::string makeTokenizer();

std::string safetensorsBytes(const std::vector<BuiltTensor>& tensors);
// A file from a header that may lie.
std::string safetensorsBytes(const std::string& header, const std::string& data);

void writeFile(const std::filesystem::path& path, const std::string& bytes);
void writeTensors(const std::filesystem::path& directory, const std::vector<BuiltTensor>& tensors, int shards);
// `change` may alter the tensors first.
void writeModel(const std::filesystem::path& directory, const ModelRecipe& recipe,
                const std::function<void(std::vector<BuiltTensor>&)>& change = {});

// An empty folder that is gone with the object.
class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

} // namespace tramontane::testing
