// bench: how fast a model reads and writes here, and how near that comes to what memory allows.
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/base/processor_cores.h"
#include "gpu/device/memory_bandwidth.h"
#include "ui/terminal/arguments.h"
#include "ui/terminal/bench_measure.h"
#include "ui/terminal/commands.h"
#include "ui/terminal/console.h"
#include "ui/terminal/memory_bandwidth.h"
#include "ui/terminal/open_model.h"

namespace tramontane::terminal {
namespace {

constexpr int mostTokens = 1 << 20;

nlohmann::ordered_json toJson(const Spread& spread) {
    return {{"median", spread.median}, {"min", spread.minimum}, {"max", spread.maximum}};
}

std::string toJson(const ModelDescription& model, const BenchSettings& settings, const BenchFigures& figures,
                   const MemoryBandwidth& memory) {
    nlohmann::ordered_json json;
    json["model"] = model.name;
    json["fingerprint"] = model.fingerprint;
    json["device"] = model.backend.device;
    json["device_kind"] = model.backend.deviceKind;
    json["context"] = model.backend.contextLength;
    json["weight_bytes"] = model.backend.weightBytes;
    json["bytes_per_token"] = model.backend.bytesReadPerToken;
    json["cpu_bytes_per_token"] = model.backend.cpuBytesReadPerToken;
    json["kv_cache"] = nameOf(model.backend.kvElement);
    json["kv_bytes_per_token"] = model.backend.kvBytesPerToken;
    json["memory_bandwidth_bytes_per_second"] = memory.bytesPerSecond;
    json["cache_bytes"] = memory.cacheBytes;
    json["repeat"] = settings.repeat;
    json["prefill"] = nlohmann::ordered_json::array();
    for (const PrefillFigures& row : figures.prefill)
        json["prefill"].push_back({{"prompt_tokens", row.promptTokens},
                                   {"depth", settings.depth},
                                   {"tokens_per_second", toJson(row.tokensPerSecond)},
                                   {"time_to_first_token_ms", toJson(row.timeToFirstTokenMs)}});
    json["decode"] = nlohmann::ordered_json::array();
    for (const DecodeFigures& row : figures.decode)
        json["decode"].push_back(
            {{"batch", row.batch},
             {"new_tokens", settings.newTokens},
             {"depth", settings.depth},
             {"sampling", row.sampled ? "backend" : "logits"},
             {"tokens_per_second", toJson(row.tokensPerSecond)},
             {"bytes_per_step", row.bytesPerStep},
             {"bytes_per_second", row.bytesPerSecond},
             {"bandwidth_share", memory.bytesPerSecond > 0 ? row.bytesPerSecond / memory.bytesPerSecond : 0.0}});
    return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string line(const char* format, auto... values) {
    char text[256];
    std::snprintf(text, sizeof text, format, values...);
    return text;
}

std::string toTable(const ModelDescription& model, const BenchSettings& settings, const BenchFigures& figures,
                    const MemoryBandwidth& memory) {
    const double gigabyte = 1e9;
    std::string text = model.name + " on " + model.backend.device + "\n";
    text += line("memory reads at %.2f GB/s; a token reads %.3f GB of weights, and %.1f KiB for each token "
                 "before it\n",
                 memory.bytesPerSecond / gigabyte, static_cast<double>(model.backend.bytesReadPerToken) / gigabyte,
                 static_cast<double>(model.backend.kvBytesPerToken) / 1024);
    if (model.backend.weightBytes < memory.cacheBytes)
        text += "the weights fit into the cache: shares of memory may exceed 100 %\n";
    text += line("median of %d (smallest to largest), %d tokens before\n\n", settings.repeat, settings.depth);
    for (const PrefillFigures& row : figures.prefill)
        text += line("read  %6d tokens   %9.1f tokens/s (%.1f to %.1f)   first token after %.1f ms\n", row.promptTokens,
                     row.tokensPerSecond.median, row.tokensPerSecond.minimum, row.tokensPerSecond.maximum,
                     row.timeToFirstTokenMs.median);
    for (const DecodeFigures& row : figures.decode)
        text += line("write %6d tokens   %9.1f tokens/s (%.1f to %.1f)   batch %d%s, %.2f GB/s, %.0f %% of memory\n",
                     settings.newTokens, row.tokensPerSecond.median, row.tokensPerSecond.minimum,
                     row.tokensPerSecond.maximum, row.batch, row.sampled ? " sampled on the device" : "",
                     row.bytesPerSecond / gigabyte,
                     memory.bytesPerSecond > 0 ? 100 * row.bytesPerSecond / memory.bytesPerSecond : 0.0);
    return text;
}

// The memory that the model's weights lie in. Where the CPU and a GPU have a part each, a step reads one after the other:
// what both together reach, and the larger cache.
MemoryBandwidth memoryOf(const BackendInfo& backend, int threads) {
    const auto cpu = [&] { return measureMemoryBandwidth(threads > 0 ? threads : usableCoreCount()); };
    if (backend.deviceKind != "cuda") return cpu();
    const auto measured = gpu::measureGpuBandwidth();
    if (!measured) return {};
    const MemoryBandwidth gpu{measured->bytesPerSecond, measured->bufferBytes, measured->cacheBytes};
    const double all = static_cast<double>(backend.bytesReadPerToken),
                 onCpu = static_cast<double>(backend.cpuBytesReadPerToken);
    if (onCpu == 0) return gpu;
    MemoryBandwidth both = cpu();
    if (both.bytesPerSecond <= 0 || gpu.bytesPerSecond <= 0) return {};
    both.bytesPerSecond = all / (onCpu / both.bytesPerSecond + (all - onCpu) / gpu.bytesPerSecond);
    both.cacheBytes = std::max(both.cacheBytes, gpu.cacheBytes);
    return both;
}

} // namespace

int benchCommand(Words words, Interrupt& interrupt) {
    ModelOptions model;
    BenchSettings settings;
    bool json = false;
    Command command{
        .name = "bench",
        .summary = "Measures tokens per second, time to first token and the share of the memory's speed.",
        .options = {{"--prompt-tokens", "N,...", "lengths of the prompts to read",
                     setIntegers(settings.promptTokens, 1, mostTokens)},
                    {"--new-tokens", "N", "tokens to write", setInteger(settings.newTokens, 1, mostTokens)},
                    {"--depth", "N", "tokens in the cache before", setInteger(settings.depth, 0, mostTokens)},
                    {"--batch", "N,...", "sequences written at once", setIntegers(settings.batch, 1, 1024)},
                    {"--repeat", "N", "runs to take the median of", setInteger(settings.repeat, 1, 1000)},
                    {"--json", "", "print one object", setSwitch(json)}},
        .positional = {},
        .setPositional = {}};
    for (auto& option : modelOptions(model)) command.options.push_back(std::move(option));
    auto parsed = parseArguments(command, words);
    if (!parsed) return wrongUsage(parsed.error());
    if (*parsed == Parsed::helpShown) return exitDone;
    const int needed = settings.contextNeeded();
    if (model.contextLength == 0) model.contextLength = needed;
    if (model.contextLength < needed)
        return wrongUsage(makeError(ErrorKind::invalidInput, "--context is " + std::to_string(model.contextLength) +
                                                                 ", these measurements need " +
                                                                 std::to_string(needed)));
    auto engine = openModel(model, interrupt);
    if (!engine) return failed(engine.error());
    Interrupt::Work work(interrupt);
    ProgressLine progress;
    auto figures = measure(
        **engine, settings, [&](const std::string& stage) { progress.show(stage); }, work.token());
    if (!figures) {
        progress.clear();
        return failed(figures.error());
    }
    progress.show("measuring the memory");
    const auto& description = (*engine)->description();
    const auto memory = memoryOf(description.backend, model.threads);
    progress.clear();
    auto written = writeOut(json ? toJson(description, settings, *figures, memory)
                                 : toTable(description, settings, *figures, memory));
    return written.ok() ? exitDone : failed(written.error());
}

} // namespace tramontane::terminal
