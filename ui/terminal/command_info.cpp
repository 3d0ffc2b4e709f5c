// info: a model's folder in; what it is, what it needs and whether it fits here out.
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/cpu/cpu_backend.h"
#include "core/model/memory_estimate.h"
#include "core/model/model_files.h"
#include "gpu/device/discovery.h"
#include "gpu/model_fit.h"
#include "ui/terminal/arguments.h"
#include "ui/terminal/commands.h"
#include "ui/terminal/console.h"
#include "ui/terminal/open_model.h"

namespace tramontane::terminal {
namespace {

using Json = nlohmann::ordered_json;

// Powers of two up to what the model was made for, and the length that was asked for.
std::vector<int> contextLengths(int maxPositions, int asked) {
    std::vector<int> lengths;
    for (int length = 2048; length < maxPositions; length *= 2) lengths.push_back(length);
    lengths.push_back(maxPositions);
    if (asked > 0 && asked < maxPositions) lengths.push_back(asked);
    std::sort(lengths.begin(), lengths.end());
    lengths.erase(std::unique(lengths.begin(), lengths.end()), lengths.end());
    return lengths;
}

Json describe(const ModelFiles& files, const ModelOptions& options) {
    const int askedContext = options.contextLength;
    const MistralConfig& model = files.config().mistral;
    const GptqConfig& gptq = files.config().gptq;
    const MemoryEstimate need = estimateMemory(files.config());
    const HostMemory memory = hostMemory();
    const gpu::GpuDiscovery gpus = gpu::discoverGpus();
    Json json;
    json["model"] = files.name();
    json["directory"] = files.directory().string();
    json["fingerprint"] = files.fingerprint();
    json["file_bytes"] = files.checkpoint().fileBytes();
    json["configuration"] = {{"architecture", "Mistral"},
                             {"layers", model.layerCount},
                             {"hidden_size", model.hiddenSize},
                             {"intermediate_size", model.intermediateSize},
                             {"heads", model.headCount},
                             {"kv_heads", model.kvHeadCount},
                             {"head_dim", model.headDim},
                             {"vocab_size", model.vocabSize},
                             {"pieces", files.tokenizer()->pieceCount()},
                             {"max_positions", model.maxPositions},
                             {"rope_theta", model.ropeTheta},
                             {"sliding_window", model.slidingWindow ? Json(*model.slidingWindow) : Json(nullptr)},
                             {"tied_head", model.tiedHead}};
    json["quantization"] = {{"method", "gptq"},
                            {"bits", 4},
                            {"group_size", gptq.oneGroup ? -1 : gptq.groupSize},
                            {"desc_act", gptq.descAct},
                            {"symmetric", gptq.symmetric},
                            {"format", gptq.zeroOffset == 1 ? "gptq" : "gptq_v2"}};
    json["memory"] = {{"total_bytes", memory.totalBytes}, {"available_bytes", memory.availableBytes}};
    json["needs"] = Json::array();
    for (const int length : contextLengths(model.maxPositions, askedContext)) {
        const std::uint64_t bytes = need.totalBytes(length);
        json["needs"].push_back({{"context", length}, {"bytes", bytes}, {"fits", bytes <= memory.availableBytes}});
    }
    json["longest_context_that_fits"] = need.longestContext(memory.availableBytes);
    json["gpus"] = Json::array();
    const gpu::GpuNeed gpuNeed = gpu::gpuNeed(files.config(), options.kvElement);
    const char* unsupported = gpu::unsupportedShape(files.config());
    const int context = contextLengthFor(model, askedContext);
    for (const gpu::GpuDevice& gpu : gpus.devices) {
        const int longest = unsupported == nullptr ? gpuNeed.longestContext(gpu.freeBytes) : 0;
        const int layers = unsupported == nullptr ? gpuNeed.layersThatFit(gpu.freeBytes, context) : 0;
        json["gpus"].push_back({{"name", gpu.name},
                                {"total_bytes", gpu.totalBytes},
                                {"free_bytes", gpu.freeBytes},
                                {"kv_cache", nameOf(options.kvElement)},
                                {"needed_bytes", gpuNeed.leastBytes()},
                                {"fits", longest > 0},
                                {"longest_context_that_fits", longest},
                                {"layers_that_fit", {{"context", context}, {"layers", layers}}}});
        if (unsupported != nullptr) json["gpus"].back()["unsupported"] = unsupported;
    }
    if (gpus.devices.empty()) json["gpu_explanation"] = gpus.explanation;
    return json;
}

std::string size(const Json& bytes) {
    const double gibibyte = 1 << 30, value = bytes.get<double>();
    char text[40];
    if (value < gibibyte / 10)
        std::snprintf(text, sizeof text, "%.1f MiB", value * 1024 / gibibyte);
    else
        std::snprintf(text, sizeof text, "%.2f GiB", value / gibibyte);
    return text;
}

std::string toText(const Json& json) {
    const Json &model = json["configuration"], &quantization = json["quantization"];
    const auto number = [](const Json& value) { return value.dump(); };
    std::string text = json["model"].get<std::string>() + "  (" + json["directory"].get<std::string>() + ", " +
                       size(json["file_bytes"]) + ", fingerprint " + json["fingerprint"].get<std::string>() + ")\n";
    text += "Mistral, " + number(model["layers"]) + " layers, hidden " + number(model["hidden_size"]) +
            ", intermediate " + number(model["intermediate_size"]) + ", " + number(model["heads"]) + " heads of " +
            number(model["head_dim"]) + ", " + number(model["kv_heads"]) + " for keys and values\n";
    text += "vocabulary " + number(model["vocab_size"]) + ", context " + number(model["max_positions"]) +
            ", rope theta " + number(model["rope_theta"]) +
            (model["sliding_window"].is_null() ? "" : ", sliding window " + number(model["sliding_window"])) +
            (model["tied_head"].get<bool>() ? ", head tied to the embedding" : "") + "\n";
    text += "GPTQ, 4 bits, group " + number(quantization["group_size"]) +
            (quantization["desc_act"].get<bool>() ? ", act-order" : "") +
            (quantization["symmetric"].get<bool>() ? ", symmetric" : ", asymmetric") + ", format " +
            quantization["format"].get<std::string>() + "\n";
    text += "\nmemory here: " + size(json["memory"]["available_bytes"]) + " free of " +
            size(json["memory"]["total_bytes"]) + "\n";
    for (const Json& need : json["needs"]) {
        char row[80];
        std::snprintf(row, sizeof row, "context %7d   needs %s   %s\n", need["context"].get<int>(),
                      size(need["bytes"]).c_str(), need["fits"].get<bool>() ? "fits" : "does not fit");
        text += row;
    }
    const int longest = json["longest_context_that_fits"].get<int>();
    text += longest > 0 ? "the longest context that fits here: " + std::to_string(longest) + "\n"
                        : "the model does not fit here\n";
    for (const Json& gpu : json["gpus"]) {
        text += "GPU: " + gpu["name"].get<std::string>() + ", " + size(gpu["free_bytes"]) + " free of " +
                size(gpu["total_bytes"]) + ". ";
        const Json& part = gpu["layers_that_fit"];
        const bool inPart = part["layers"] != model["layers"] && part["layers"].get<int>() > 0;
        if (gpu.contains("unsupported")) {
            text += gpu["unsupported"].get<std::string>() + "\n";
            continue;
        }
        if (gpu["fits"].get<bool>())
            text += "The model fits, with a context of up to " + number(gpu["longest_context_that_fits"]) +
                    (gpu["kv_cache"] == "f16" ? "" : " kept as " + gpu["kv_cache"].get<std::string>()) + "\n";
        else
            text += "The model needs " + size(gpu["needed_bytes"]) + " there and does not fit\n";
        if (inPart)
            text += "     with a context of " + number(part["context"]) + ", " + number(part["layers"]) + " of " +
                    number(model["layers"]) + " layers fit there; the CPU computes the others\n";
    }
    if (json.contains("gpu_explanation")) text += "GPU: none. " + json["gpu_explanation"].get<std::string>() + "\n";
    return text;
}

} // namespace

int infoCommand(Words words, Interrupt&) {
    ModelOptions model;
    bool json = false;
    Command command{.name = "info",
                    .summary =
                        "Says what a model is, what it needs in memory at which context, and whether it fits here.",
                    .options = {{"--json", "", "print one object", setSwitch(json)}},
                    .positional = "DIR",
                    .setPositional = [&model](const std::string& word) -> Result<void> {
                        model.directory = word;
                        return {};
                    }};
    for (auto& option : modelOptions(model)) command.options.push_back(std::move(option));
    auto parsed = parseArguments(command, words);
    if (!parsed) return wrongUsage(parsed.error());
    if (*parsed == Parsed::helpShown) return exitDone;
    auto directory = modelDirectory(model);
    if (!directory) return failed(directory.error());
    auto files = ModelFiles::open(*directory);
    if (!files) return failed(files.error());
    const Json description = describe(*files, model);
    auto written =
        writeOut(json ? description.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n" : toText(description));
    return written.ok() ? exitDone : failed(written.error());
}

} // namespace tramontane::terminal
