// Chooses between the GPU and the CPU.
#include "gpu/open_backend.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/cpu/cpu_backend.h"
#include "core/cpu/model_views.h"
#include "core/model/model_files.h"
#include "gpu/cuda_backend.h"
#include "gpu/hybrid_backend.h"
#include "gpu/model_fit.h"

namespace tramontane::gpu {
namespace {

std::string inMegabytes(std::uint64_t bytes) { return std::to_string((bytes + (1u << 20) - 1) >> 20) + " MB"; }

// What discovery found, without the end that is not true where the GPU was insisted on.
std::string reasonOf(const GpuDiscovery& found) {
    constexpr std::string_view end = ", so the CPU is used.";
    std::string reason = found.explanation;
    if (reason.ends_with(end)) reason.resize(reason.size() - end.size());
    return reason + "; choose the device auto or cpu";
}

// "20 of 32 layers", "all 32 layers"
std::string layersOf(int layers, int all) {
    return (layers == all ? "all " : std::to_string(layers) + " of ") + std::to_string(all) + " layers";
}

// The GPU failed, not the model's files, and nobody stopped it.
bool cpuMayDoIt(ErrorKind kind) {
    return kind == ErrorKind::outOfMemory || kind == ErrorKind::internal || kind == ErrorKind::unsupported ||
           kind == ErrorKind::notFound || kind == ErrorKind::busy;
}

} // namespace

Result<DeviceChoice> chooseDevice(const ModelOptions& options, const ModelConfig& config, const GpuDiscovery& found) {
    const bool insists = options.device == "cuda", counts = options.gpuLayers > 0;
    if (options.device == "cpu") return DeviceChoice{};
    if (options.gpuLayers == 0)
        return DeviceChoice{{}, 0, insists ? "No layer is wanted on the GPU, so the CPU is used." : ""};
    if (found.devices.empty()) {
        if (insists) return makeError(ErrorKind::notFound, reasonOf(found));
        return DeviceChoice{{}, 0, counts ? found.explanation : std::string()};
    }
    const GpuDevice& gpu = found.devices.front(); // the one with the most free memory
    if (const char* why = unsupportedShape(config); why != nullptr) {
        if (insists) return makeError(ErrorKind::unsupported, std::string(why) + " Choose the device auto or cpu.");
        return DeviceChoice{{}, 0, std::string(why) + " The CPU is used."};
    }

    const GpuNeed need = gpuNeed(config, options.kvElement);
    const int context = contextLengthFor(config.mistral, options.contextLength), all = need.layerCount;
    const int fitting = need.layersThatFit(gpu.freeBytes, context);
    const int wanted = counts ? std::min(options.gpuLayers, all) : all;
    if (wanted <= fitting) return DeviceChoice{gpu, wanted, {}};

    const std::string figures = gpu.name + " has " + std::to_string(gpu.freeBytes >> 20) + " MB of free memory, and " +
                                layersOf(wanted, all) + " with a context of " + std::to_string(context) +
                                " tokens need" + (wanted == 1 ? "s " : " ") + inMegabytes(need.bytes(wanted, context));
    const int longest = need.longestContext(gpu.freeBytes);
    const std::string shorter =
        longest > 0 ? "all would with a context of " + std::to_string(longest) + " tokens" : std::string();
    if (counts || (insists && fitting == 0)) {
        std::string ways = fitting > 0 ? ": " + std::to_string(fitting) + (fitting == 1 ? " layer fits" : " layers fit")
                                       : ": not one fits";
        if (!shorter.empty()) ways += ", " + shorter;
        return makeError(ErrorKind::outOfMemory, figures + ways + "; or choose the CPU");
    }
    if (fitting == 0) return DeviceChoice{{}, 0, figures + ", so the CPU is used."};
    return DeviceChoice{gpu, fitting,
                        figures + ", so " + std::to_string(fitting) + " run" + (fitting == 1 ? "s" : "") +
                            " there and the others on the CPU" + (shorter.empty() ? "." : "; " + shorter + ".")};
}

Result<std::unique_ptr<Backend>> makeBestBackend(const ModelFiles& files, const ModelOptions& options,
                                                 const LoadProgress& progress, std::stop_token stop,
                                                 std::string& note) {
    note.clear();
    // Asking the driver takes a while and some of the GPU's memory: only where the answer counts.
    const bool asks = options.device != "cpu" && options.gpuLayers != 0;
    Result<DeviceChoice> choice = chooseDevice(options, files.config(), asks ? discoverGpus() : GpuDiscovery{});
    if (!choice) return std::move(choice).error();
    note = std::move(choice->note);
    if (!choice->gpu) return makeCpuBackend(files, options, progress, std::move(stop));

    HybridBackendOptions chosen;
    chosen.gpuLayers = choice->gpuLayers;
    chosen.cpu.threads = options.threads;
    chosen.cpu.weightsCache = weightsCacheOf(options);
    chosen.cuda.deviceOrdinal = choice->gpu->ordinal;
    chosen.cuda.contextLength = options.contextLength;
    chosen.cuda.kvElement = options.kvElement;
    const bool whole = choice->gpuLayers == files.config().mistral.layerCount;
    Result<std::unique_ptr<Backend>> backend = whole ? makeCudaBackend(viewsOf(files), chosen.cuda, progress, stop)
                                                     : makeHybridBackend(viewsOf(files), chosen, progress, stop);
    if (backend || options.device == "cuda" || options.gpuLayers > 0 || !cpuMayDoIt(backend.error().kind))
        return backend;
    note = choice->gpu->name + " could not be used, so the CPU is: " + backend.error().message;
    return makeCpuBackend(files, options, progress, std::move(stop));
}

} // namespace tramontane::gpu
