// Any text as a shard index: refused with one line, or every file it names is a plain name.
#include <cstdlib>
#include <string_view>

#include "core/files/shard_index.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace tramontane;
    const Result<ShardIndex> index = parseShardIndex({reinterpret_cast<const char*>(data), size}, "index.json");
    if (!index) {
        if (index.error().message.find('\n') != std::string::npos) std::abort();
        return 0;
    }
    for (const std::string& shard : index->shards)
        if (shard.find_first_of(std::string_view("/\\\0", 3)) != std::string::npos || shard.front() == '.')
            std::abort();
    for (const ShardIndex::Entry& entry : index->entries)
        if (entry.shard >= index->shards.size()) std::abort();
    return 0;
}
