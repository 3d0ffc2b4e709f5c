// Packed weights in, a file of them out, and back: a model that was packed once is read straight into place the next time.
// The file belongs to nobody: whatever is wrong with it, it is removed and the model packed as without it; it may be
// deleted at any moment.
//
// offset  size        meaning
// 0       64          header: magic "TRMWGHTS", version u32, 0 u32, key u64, table bytes u64, table checksum u64,
//                     data offset u64 (a multiple of 4096), data bytes u64, 0 u64
// 64      table bytes every number and short vector of CpuWeights in the order of visit() in the source, each u64 or
//                     counted; of each large one its size; then a checksum u64 for every piece of the data
// data    data bytes  the large ones, each from a multiple of 4096 on, read and checked in pieces of 4 MiB
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>

#include "core/base/result.h"
#include "core/base/thread_pool.h"
#include "core/cpu/weights.h"

namespace tramontane {

struct WeightsCacheOptions {
    std::filesystem::path directory;                       // empty: none
    std::uint64_t leastBytes = std::uint64_t{256} << 20;   // smaller models pack in no time
    std::uint64_t mostBytes = std::uint64_t{20} << 30;     // of all files together,
    int mostFiles = 3;                                     // and their number; the least recently used go first
    std::uint64_t spareDiskBytes = std::uint64_t{2} << 30; // that must stay free
    bool finishesWriting = false; // whoever closes the backend waits for a file that is being written
};

// $XDG_CACHE_HOME/tramontane/weights, or ~/.cache/tramontane/weights; empty where there is neither.
std::filesystem::path defaultWeightsCacheDirectory();

class WeightsCache {
public:
    // `views` may be a part of a model; models without a source (ModelViews::edition 0) have no file.
    WeightsCache(const WeightsCacheOptions& options, const ModelViews& views);

    // None: no file, or none that is right, which is removed. Error: cancelled, outOfMemory.
    Result<std::optional<CpuWeights>> load(ThreadPool& pool, const LoadProgress& progress, std::stop_token stop) const;

    // Whether `weights` are worth a file and there is room for it.
    bool wants(const CpuWeights& weights) const;
    // Writes beside the file and renames in the end. Stops at once. Errors: io, cancelled; nothing stays behind.
    Result<void> store(const CpuWeights& weights, std::stop_token stop) const;

    const std::filesystem::path& file() const { return file_; }

private:
    void makeRoom(std::uint64_t bytes) const;

    WeightsCacheOptions options_;
    std::uint64_t key_ = 0;
    std::uint64_t expectedLayers_ = 0;
    std::filesystem::path file_; // empty: none
};

} // namespace tramontane
