// The index of a model in several files.
#include "core/files/shard_index.h"

#include <algorithm>

#include "core/base/bytes.h"
#include "core/files/json_file.h"
#include "core/files/json_scanner.h"
#include "core/files/safetensors.h"

namespace tramontane {
namespace {

constexpr std::size_t maxNameBytes = 256;
constexpr std::size_t maxIndexBytes = std::size_t(16) << 20; // published ones have some 100 kB
constexpr std::size_t maxShards = 1000;

bool isPlainName(const std::string& name) {
    return !name.empty() && name.size() <= 255 && name.front() != '.' && name.ends_with(".safetensors") &&
           std::none_of(name.begin(), name.end(), [](char c) {
               return c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
           });
}

} // namespace

Result<ShardIndex> parseShardIndex(std::string_view json, std::string_view fileName) {
    const auto refuse = [&](const std::string& what) {
        return makeError(ErrorKind::invalidInput, std::string(fileName) + ": " + what);
    };
    ShardIndex index;
    bool sawMap = false;
    JsonScanner scanner(json);
    std::string key, shard;
    scanner.beginObject();
    while (scanner.nextKey(key, maxNameBytes)) {
        // metadata.total_size is wrong in published models and says nothing that the shards do not: not
        // believed.
        if (key != "weight_map") {
            scanner.skipValue();
            continue;
        }
        if (std::exchange(sawMap, true)) return refuse("weight_map stands twice");
        scanner.beginObject();
        while (scanner.nextKey(key, maxNameBytes) && scanner.readString(shard, maxNameBytes)) {
            if (!isPlainName(shard))
                return refuse("tensor " + printableText(key) + " is said to be in \"" + printableText(shard) +
                              "\", which is not the name of a .safetensors file");
            if (index.entries.size() == maxSafetensorsTensors) return refuse("names more than 100000 tensors");
            auto place = std::lower_bound(index.shards.begin(), index.shards.end(), shard);
            if (place == index.shards.end() || *place != shard) {
                if (index.shards.size() == maxShards) return refuse("names more than 1000 files");
                const std::size_t inserted = std::size_t(place - index.shards.begin());
                index.shards.insert(place, shard);
                for (ShardIndex::Entry& entry : index.entries) entry.shard += entry.shard >= inserted;
                index.entries.push_back({key, inserted});
            } else {
                index.entries.push_back({key, std::size_t(place - index.shards.begin())});
            }
        }
    }
    if (!scanner.ok() || !scanner.atEnd()) return refuse("is malformed: " + scanner.error());
    if (!sawMap || index.entries.empty()) return refuse("has no weight_map");
    std::sort(index.entries.begin(), index.entries.end(),
              [](const ShardIndex::Entry& a, const ShardIndex::Entry& b) { return a.tensor < b.tensor; });
    for (std::size_t i = 1; i < index.entries.size(); ++i)
        if (index.entries[i - 1].tensor == index.entries[i].tensor)
            return refuse("names tensor " + printableText(index.entries[i].tensor) + " twice");
    return index;
}

Result<ShardIndex> readShardIndex(const std::filesystem::path& path) {
    Result<std::string> text = readSmallFile(path, maxIndexBytes);
    if (!text) return std::move(text).error();
    return parseShardIndex(*text, path.filename().string());
}

} // namespace tramontane
