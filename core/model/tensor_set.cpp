// One safetensors file or several, as one table of tensors.
#include "core/model/tensor_set.h"

#include <algorithm>
#include <system_error>

#include "core/base/bytes.h"
#include "core/files/shard_index.h"

namespace tramontane {
namespace {

constexpr char mainFile[] = "model.safetensors";
constexpr char indexFile[] = "model.safetensors.index.json";

// Whether something of this name is there, be it readable or not.
bool isThere(const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
}

// The one file, where its maker named it otherwise (gptq_model-4bit-128g.safetensors).
Result<std::filesystem::path> onlySafetensorsFile(const std::filesystem::path& directory) {
    std::filesystem::path found;
    int count = 0;
    std::error_code error;
    std::filesystem::directory_iterator entries(directory, error);
    for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
        if (entries->path().extension() != ".safetensors") continue;
        found = entries->path();
        ++count;
    }
    if (count == 1) return found;
    return makeError(ErrorKind::notFound, directory.string() + ": there is neither " + mainFile + " nor " + indexFile +
                                              (count == 0 ? std::string()
                                                          : ", and of " + std::to_string(count) +
                                                                " .safetensors files none is known to be the model") +
                                              ": choose the folder of a model, or fetch the file again");
}

} // namespace

Result<TensorSet> TensorSet::open(const std::filesystem::path& directory) {
    TensorSet set;
    if (!isThere(directory / mainFile) && isThere(directory / indexFile)) {
        TRY_OK(set.openShards(directory, directory / indexFile));
    } else {
        std::filesystem::path path = directory / mainFile;
        if (!isThere(path)) {
            Result<std::filesystem::path> only = onlySafetensorsFile(directory);
            if (!only) return std::move(only).error();
            path = *only;
        }
        Result<SafetensorsFile> file = SafetensorsFile::open(path);
        if (!file) return std::move(file).error();
        set.files_.push_back(std::move(file).value());
    }
    set.collect();
    return set;
}

Result<void> TensorSet::openShards(const std::filesystem::path& directory, const std::filesystem::path& indexPath) {
    Result<ShardIndex> index = readShardIndex(indexPath);
    if (!index) return std::move(index).error();

    std::vector<std::vector<const std::string*>> expected(index->shards.size());
    for (const ShardIndex::Entry& entry : index->entries) expected[entry.shard].push_back(&entry.tensor);

    // All that is wrong in one answer: whoever fetches files again wants to do it once. Eight faults are
    // enough of it.
    std::string faults;
    int faultCount = 0;
    std::uint64_t headerBytes = 0;
    const auto addFault = [&](const std::string& what) { faults += (faultCount++ == 0 ? "" : "; ") + what; };
    for (std::size_t i = 0; i < index->shards.size() && faultCount < 8; ++i) {
        const std::string& shard = index->shards[i];
        Result<SafetensorsFile> file = SafetensorsFile::open(directory / shard);
        if (!file) {
            addFault(file.error().kind == ErrorKind::notFound ? shard + " is missing" : file.error().message);
            continue;
        }
        // What the index says and what the shard holds must be the same, both ways.
        const SafetensorsHeader& header = file->header;
        const auto absent = std::find_if(expected[i].begin(), expected[i].end(),
                                         [&](const std::string* name) { return header.find(*name) == nullptr; });
        headerBytes += header.headerBytes;
        if (absent != expected[i].end())
            addFault(shard + " does not hold tensor " + printableText(**absent) + ", which the index says it does");
        else if (header.tensors.size() != expected[i].size())
            addFault(shard + " holds " + std::to_string(header.tensors.size()) + " tensors, of which the index names " +
                     std::to_string(expected[i].size()));
        else if (headerBytes > maxSafetensorsHeaderBytes)
            addFault("the headers of the files before and in " + shard + " have more than " +
                     sizeText(maxSafetensorsHeaderBytes));
        else
            files_.push_back(std::move(file).value());
    }
    if (faultCount > 0)
        return makeError(ErrorKind::invalidInput,
                         std::string(indexFile) + ": " + faults + ": fetch these files and the index again");
    return {};
}

void TensorSet::collect() {
    for (std::size_t i = 0; i < files_.size(); ++i)
        for (const TensorInfo& info : files_[i].header.tensors) tensors_.push_back({&info, files_[i].bytesOf(info), i});
    std::sort(tensors_.begin(), tensors_.end(),
              [](const Tensor& a, const Tensor& b) { return a.info->name < b.info->name; });
}

const TensorSet::Tensor* TensorSet::find(std::string_view name) const {
    const auto place = std::lower_bound(tensors_.begin(), tensors_.end(), name,
                                        [](const Tensor& tensor, std::string_view n) { return tensor.info->name < n; });
    return place != tensors_.end() && place->info->name == name ? &*place : nullptr;
}

} // namespace tramontane
