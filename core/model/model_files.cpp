// A folder in; config, checkpoint and tokenizer that fit each other out.
#include "core/model/model_files.h"

#include <cstdio>
#include <system_error>
#include <utility>

#include "core/base/bytes.h"
#include "core/files/mapped_file.h"

namespace tramontane {
namespace {

// What changes the tokens that come out: all that the config says, and the tokenizer.
std::uint64_t hashConfig(const ModelConfig& config, std::uint64_t hash) {
    const auto add = [&](const auto& value) { hash = fnvHash(std::as_bytes(std::span(&value, 1)), hash); };
    const MistralConfig& mistral = config.mistral;
    for (const int number : {mistral.hiddenSize, mistral.intermediateSize, mistral.layerCount, mistral.headCount,
                             mistral.kvHeadCount, mistral.headDim, mistral.vocabSize, mistral.maxPositions,
                             mistral.slidingWindow.value_or(0), int(mistral.tiedHead), int(mistral.bosToken),
                             config.gptq.groupSize, int(config.gptq.oneGroup), config.gptq.zeroOffset})
        add(number);
    add(mistral.rmsNormEps);
    add(mistral.ropeTheta);
    for (const TokenId token : mistral.eosTokens) add(token);
    return hash;
}

} // namespace

Result<ModelFiles> ModelFiles::open(const std::filesystem::path& directory) {
    std::error_code error;
    if (!std::filesystem::is_directory(directory, error))
        return makeError(ErrorKind::notFound, directory.string() + " is not a folder; choose the folder of a model");
    ModelFiles files;
    files.directory_ = std::filesystem::absolute(directory, error);
    if (error) files.directory_ = directory;

    Result<ModelConfig> config = readModelConfig(directory);
    if (!config) return std::move(config).error();
    files.config_ = std::move(config).value();
    Result<Checkpoint> checkpoint = Checkpoint::open(directory, files.config_);
    if (!checkpoint) return std::move(checkpoint).error();
    files.checkpoint_ = std::make_shared<const Checkpoint>(std::move(checkpoint).value());

    const std::filesystem::path tokenizerPath = directory / "tokenizer.model";
    Result<std::unique_ptr<Tokenizer>> tokenizer = Tokenizer::open(tokenizerPath, files.config_.mistral.vocabSize);
    if (!tokenizer) return std::move(tokenizer).error();
    files.tokenizer_ = std::move(tokenizer).value();
    const Result<MappedFile> tokenizerFile = MappedFile::open(tokenizerPath);
    if (!tokenizerFile) return tokenizerFile.error();
    files.fingerprint_ = fnvHash(tokenizerFile->bytes(), hashConfig(files.config_, files.checkpoint_->fingerprint()));
    return files;
}

std::string ModelFiles::name() const {
    // "models/mistral/" has no last name, its parent has.
    const std::filesystem::path normal = directory_.lexically_normal();
    return (normal.has_filename() ? normal : normal.parent_path()).filename().string();
}

std::string ModelFiles::fingerprint() const {
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(fingerprint_));
    return text;
}

} // namespace tramontane
