// A folder and its config in; every tensor of a GPTQ Mistral in its place out, or the first thing that is
// wrong. Checks go from cheap to dear: names, dtypes and shapes of all tensors, then group indices, then
// scales.
#include "core/model/checkpoint.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_set>
#include <utility>

#include "core/base/bytes.h"
#include "core/model/model_shapes.h"
#include "core/model/tensor_set.h"

namespace tramontane {

struct Checkpoint::State {
    TensorSet tensors;
    DenseView embedding, finalNorm, head;
    std::vector<LayerViews> layers;
    std::vector<std::vector<std::int32_t>> groupIndices; // what the views of act-order point into
    std::uint64_t fileBytes = 0;
    std::uint64_t fingerprint = 0;
};

namespace {

using Shape = std::vector<std::int64_t>;

// Tensors that older programs stored and that nothing reads: the rotary frequencies follow from the config.
bool isIgnored(std::string_view name) { return name.ends_with(".rotary_emb.inv_freq"); }

class CheckpointReader {
public:
    CheckpointReader(const TensorSet& tensors, const ModelConfig& config) : tensors_(tensors), config_(config) {}

    Result<void> read(DenseView& embedding, DenseView& finalNorm, DenseView& head, std::vector<LayerViews>& layers,
                      std::vector<std::vector<std::int32_t>>& groupIndices) {
        const MistralConfig& mistral = config_.mistral;
        embedding = dense("model.embed_tokens.weight", {mistral.vocabSize, mistral.hiddenSize});
        finalNorm = dense("model.norm.weight", {mistral.hiddenSize});
        // A tied head may be stored all the same; the embedding is what counts.
        if (!mistral.tiedHead || tensors_.find("lm_head.weight") != nullptr)
            head = dense("lm_head.weight", {mistral.vocabSize, mistral.hiddenSize});
        if (mistral.tiedHead) head = embedding;
        const std::vector<LinearShape> linears = layerLinears(mistral);
        for (int i = 0; i < mistral.layerCount && !error_; ++i) readLayer(layerPrefix(i), linears, layers);
        if (!error_) checkNothingElse();
        if (!error_) readGroupIndices(linears, layers, groupIndices);
        if (!error_) checkFinite(linears, layers);
        if (error_) return *error_;
        return {};
    }

private:
    void refuse(std::string_view tensor, const std::string& what) {
        if (!error_) error_ = makeError(ErrorKind::invalidInput, printableText(tensor) + " " + what);
    }

    // The tensor, if it has one of the dtypes and the shape; otherwise an error with both.
    std::span<const std::byte> take(const std::string& name, std::span<const DType> dtypes, const Shape& shape,
                                    DType* dtype = nullptr) {
        if (error_) return {};
        const TensorSet::Tensor* tensor = tensors_.find(name);
        std::string wanted;
        for (const DType candidate : dtypes)
            wanted += (wanted.empty() ? "" : " or ") + std::string(dtypeName(candidate));
        if (tensor == nullptr) {
            refuse(name, "is missing, expected " + shapeText(shape) + " " + wanted + notQuantizedHint(name));
            return {};
        }
        const TensorInfo& info = *tensor->info;
        if (!std::equal(shape.begin(), shape.end(), info.shape().begin(), info.shape().end())) {
            refuse(name, "is " + shapeText(info.shape()) + ", expected " + shapeText(shape) +
                             ": the file does not fit its config.json");
            return {};
        }
        if (std::find(dtypes.begin(), dtypes.end(), info.dtype) == dtypes.end()) {
            refuse(name, std::string("is ") + dtypeName(info.dtype) + ", expected " + wanted);
            return {};
        }
        if (dtype != nullptr) *dtype = info.dtype;
        ++taken_;
        return tensor->bytes;
    }

    std::string notQuantizedHint(const std::string& name) const {
        constexpr std::string_view suffix = ".qweight";
        if (!name.ends_with(suffix)) return "";
        const std::string plain = name.substr(0, name.size() - suffix.size()) + ".weight";
        return tensors_.find(plain) == nullptr ? "" : ": the model is not quantized with GPTQ";
    }

    DenseView dense(const std::string& name, const Shape& shape) {
        static constexpr std::array dtypes{DType::f16, DType::bf16, DType::f32};
        DenseView view;
        view.bytes = take(name, dtypes, shape, &view.dtype);
        view.rows = shape.size() == 2 ? int(shape[0]) : 1;
        view.columns = int(shape.back());
        return view;
    }

    GptqView linear(const std::string& name, const LinearShape& shape) {
        static constexpr std::array words{DType::i32}, halves{DType::f16};
        GptqView view;
        const int inputs = shape.inputs, outputs = shape.outputs;
        view.inputs = inputs;
        view.outputs = outputs;
        view.groups = groupCount(config_.gptq, inputs);
        view.zeroOffset = config_.gptq.zeroOffset;
        view.qweight = take(name + ".qweight", words, {inputs / 8, outputs});
        view.qzeros = take(name + ".qzeros", words, {view.groups, outputs / 8});
        view.scales = take(name + ".scales", halves, {view.groups, outputs});
        // Without act-order, and with one group, the index says nothing and may be left out.
        if ((config_.gptq.descAct && !config_.gptq.oneGroup) || tensors_.find(name + ".g_idx") != nullptr)
            view.groupIndex = take(name + ".g_idx", words, {inputs});
        if (tensors_.find(name + ".bias") != nullptr) view.bias = take(name + ".bias", halves, {outputs});
        return view;
    }

    void readLayer(const std::string& prefix, const std::vector<LinearShape>& linears,
                   std::vector<LayerViews>& layers) {
        const int hidden = config_.mistral.hiddenSize;
        LayerViews layer;
        layer.inputNorm = dense(prefix + "input_layernorm.weight", {hidden});
        layer.postAttentionNorm = dense(prefix + "post_attention_layernorm.weight", {hidden});
        for (std::size_t i = 0; i < linears.size(); ++i)
            layer.*members[i] = linear(prefix + linears[i].name, linears[i]);
        layers.push_back(layer);
    }

    void checkNothingElse() {
        std::size_t ignored = 0;
        for (const TensorSet::Tensor& tensor : tensors_.tensors()) ignored += isIgnored(tensor.info->name);
        if (taken_ + ignored == tensors_.tensors().size()) return;
        for (const TensorSet::Tensor& tensor : tensors_.tensors())
            if (!isIgnored(tensor.info->name) && !isExpected(tensor.info->name))
                return refuse(tensor.info->name, "is not part of a Mistral with " +
                                                     std::to_string(config_.mistral.layerCount) +
                                                     " layers: the file does not fit its config.json");
    }

    // Only for the error's sake: all that is expected was taken before.
    bool isExpected(const std::string& name) {
        if (expected_.empty()) {
            expected_ = {"model.embed_tokens.weight", "model.norm.weight", "lm_head.weight"};
            for (int i = 0; i < config_.mistral.layerCount; ++i) {
                const std::string prefix = layerPrefix(i);
                expected_.insert(prefix + "input_layernorm.weight");
                expected_.insert(prefix + "post_attention_layernorm.weight");
                for (const LinearShape& shape : layerLinears(config_.mistral))
                    for (const char* part : {".qweight", ".qzeros", ".scales", ".g_idx", ".bias"})
                        expected_.insert(prefix + shape.name + part);
            }
        }
        return expected_.contains(name);
    }

    void readGroupIndices(const std::vector<LinearShape>& linears, std::vector<LayerViews>& layers,
                          std::vector<std::vector<std::int32_t>>& groupIndices) {
        for (std::size_t layer = 0; layer < layers.size(); ++layer) {
            for (std::size_t i = 0; i < linears.size(); ++i) {
                GptqView& view = layers[layer].*members[i];
                if (view.groupIndex.empty()) continue;
                const std::string name = layerPrefix(int(layer)) + linears[i].name + ".g_idx";
                Result<std::vector<std::int32_t>> index = readGroupIndex(view.groupIndex, view.groups, name);
                if (!index) {
                    error_ = std::move(index).error();
                    return;
                }
                if (isStaircase(*index, view.groups)) {
                    view.groupIndex = {};
                    continue;
                }
                if (!config_.gptq.descAct)
                    return refuse(name, "scatters the groups, but desc_act is false: the file does not fit its "
                                        "quantization settings");
                groupIndices.push_back(std::move(index).value());
                view.groupIndex = std::as_bytes(std::span(groupIndices.back()));
            }
        }
    }

    void checkFinite(const std::vector<LinearShape>& linears, const std::vector<LayerViews>& layers) {
        for (std::size_t layer = 0; layer < layers.size(); ++layer) {
            for (std::size_t i = 0; i < linears.size(); ++i) {
                const GptqView& view = layers[layer].*members[i];
                for (const auto& [bytes, part] : {std::pair(view.scales, ".scales"), std::pair(view.bias, ".bias")}) {
                    const MappedFile* file = fileOf(bytes);
                    if (file != nullptr) file->willRead(bytes);
                    const bool finite = allFinite(bytes);
                    if (file != nullptr) file->release(bytes);
                    if (!finite)
                        return refuse(layerPrefix(int(layer)) + linears[i].name + part,
                                      "holds a number that is infinite or not one: fetch the file again");
                }
            }
        }
    }

    const MappedFile* fileOf(std::span<const std::byte> bytes) const {
        for (const SafetensorsFile& file : tensors_.files()) {
            const std::span<const std::byte> all = file.file.bytes();
            if (!bytes.empty() && bytes.data() >= all.data() && bytes.data() < all.data() + all.size())
                return &file.file;
        }
        return nullptr;
    }

    // In the order of layerLinears.
    static constexpr std::array members{&LayerViews::query, &LayerViews::key, &LayerViews::value, &LayerViews::output,
                                        &LayerViews::gate,  &LayerViews::up,  &LayerViews::down};

    const TensorSet& tensors_;
    const ModelConfig& config_;
    std::optional<Error> error_;
    std::size_t taken_ = 0;
    std::unordered_set<std::string> expected_;
};

// Names, dtypes, shapes and places of all tensors, and 64 samples of each file's contents.
std::uint64_t fingerprintOf(const TensorSet& tensors) {
    std::uint64_t hash = fnvStart;
    const auto add = [&](const auto& value) { hash = fnvHash(std::as_bytes(std::span(&value, 1)), hash); };
    for (const TensorSet::Tensor& tensor : tensors.tensors()) {
        hash = fnvHash(std::as_bytes(std::span(tensor.info->name)), hash);
        add(tensor.info->dtype);
        for (const std::int64_t dimension : tensor.info->shape()) add(dimension);
        add(tensor.info->offset);
    }
    constexpr std::size_t samples = 64, sampleBytes = 256;
    for (const SafetensorsFile& file : tensors.files()) {
        const std::span<const std::byte> bytes = file.file.bytes();
        add(bytes.size());
        for (std::size_t i = 0; i < samples; ++i) {
            const std::size_t begin = bytes.size() / samples * i;
            const auto sample = bytes.subspan(begin, std::min(sampleBytes, bytes.size() - begin));
            hash = fnvHash(sample, hash);
        }
    }
    return hash;
}

} // namespace

Checkpoint::Checkpoint(std::unique_ptr<State> state) : state_(std::move(state)) {}
Checkpoint::Checkpoint(Checkpoint&&) noexcept = default;
Checkpoint& Checkpoint::operator=(Checkpoint&&) noexcept = default;
Checkpoint::~Checkpoint() = default;

Result<Checkpoint> Checkpoint::open(const std::filesystem::path& directory, const ModelConfig& config) {
    Result<TensorSet> tensors = TensorSet::open(directory);
    if (!tensors) return std::move(tensors).error();
    auto state = std::make_unique<State>();
    state->tensors = std::move(tensors).value();
    Result<void> read = CheckpointReader(state->tensors, config)
                            .read(state->embedding, state->finalNorm, state->head, state->layers, state->groupIndices);
    for (const SafetensorsFile& file : state->tensors.files()) state->fileBytes += file.file.bytes().size();
    state->fingerprint = fingerprintOf(state->tensors);
    Checkpoint checkpoint(std::move(state));
    // A file that changes meanwhile explains whatever else was found.
    TRY_OK(checkpoint.checkUnchanged());
    if (!read) return std::move(read).error();
    return checkpoint;
}

const DenseView& Checkpoint::embedding() const { return state_->embedding; }
const DenseView& Checkpoint::finalNorm() const { return state_->finalNorm; }
const DenseView& Checkpoint::head() const { return state_->head; }
std::span<const LayerViews> Checkpoint::layers() const { return state_->layers; }
std::uint64_t Checkpoint::fileBytes() const { return state_->fileBytes; }
std::uint64_t Checkpoint::fingerprint() const { return state_->fingerprint; }

std::uint64_t Checkpoint::edition() const {
    std::uint64_t hash = state_->fingerprint;
    for (const SafetensorsFile& file : state_->tensors.files()) {
        const std::int64_t time = file.file.modifiedNanoseconds();
        hash = fnvHash(std::as_bytes(std::span(&time, 1)), hash);
    }
    return std::max<std::uint64_t>(hash, 1);
}

Result<void> Checkpoint::checkUnchanged() const {
    for (const SafetensorsFile& file : state_->tensors.files()) TRY_OK(file.file.checkUnchanged());
    return {};
}

void Checkpoint::release(std::span<const std::byte> bytes) const {
    for (const SafetensorsFile& file : state_->tensors.files()) file.file.release(bytes);
}

} // namespace tramontane
