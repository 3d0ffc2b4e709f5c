// model.safetensors.index.json in; which shard holds which tensor out.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace tramontane {

struct ShardIndex {
    struct Entry {
        std::string tensor;
        std::size_t shard = 0; // into `shards`
    };
    std::vector<std::string> shards; // plain file names, sorted, each once
    std::vector<Entry> entries;      // sorted by tensor, each once
};

// {"metadata": …, "weight_map": {"tensor": "model-00001-of-00002.safetensors", …}}
// Refuses shard names that are more than a name in the index's own folder.
Result<ShardIndex> parseShardIndex(std::string_view json, std::string_view fileName);
Result<ShardIndex> readShardIndex(const std::filesystem::path& path);

} // namespace tramontane
