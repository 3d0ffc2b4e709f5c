// A model's folder: config, checkpoint and tokenizer, each checked and checked against the others.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/model/checkpoint.h"
#include "core/model/mistral_config.h"
#include "core/text/tokenizer.h"

namespace tramontane {

class ModelFiles {
public:
    static Result<ModelFiles> open(const std::filesystem::path& directory);

    const std::filesystem::path& directory() const { return directory_; }
    const ModelConfig& config() const { return config_; }
    const Checkpoint& checkpoint() const { return *checkpoint_; }
    std::shared_ptr<const Checkpoint> sharedCheckpoint() const { return checkpoint_; } // for who outlives this
    std::shared_ptr<const Tokenizer> tokenizer() const { return tokenizer_; }
    std::string name() const;        // the folder's name
    std::string fingerprint() const; // 16 hexadecimal digits, over config, checkpoint and tokenizer

private:
    std::filesystem::path directory_;
    ModelConfig config_;
    std::shared_ptr<const Checkpoint> checkpoint_; // backends that read the map keep it alive
    std::shared_ptr<const Tokenizer> tokenizer_;
    std::uint64_t fingerprint_ = 0;
};

} // namespace tramontane
