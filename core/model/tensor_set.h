// A model's folder in; its tensors by name out, from one file or from shards that agree with their index.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/files/safetensors.h"

namespace tramontane {

class TensorSet {
public:
    struct Tensor {
        const TensorInfo* info = nullptr;
        std::span<const std::byte> bytes;
        std::size_t file = 0; // into files()
    };

    // model.safetensors; or the shards of model.safetensors.index.json, each holding exactly what the index
    // says; or the only .safetensors file of the folder, whatever its name. Shards that are missing, cut
    // short or in disagreement are all named in one error.
    static Result<TensorSet> open(const std::filesystem::path& directory);

    std::span<const SafetensorsFile> files() const { return files_; }
    std::span<const Tensor> tensors() const { return tensors_; } // sorted by name
    const Tensor* find(std::string_view name) const;

private:
    Result<void> openShards(const std::filesystem::path& directory, const std::filesystem::path& index);
    void collect();

    std::vector<SafetensorsFile> files_;
    std::vector<Tensor> tensors_;
};

} // namespace tramontane
