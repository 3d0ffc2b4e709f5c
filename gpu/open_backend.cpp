// Chooses between the GPU and the CPU.
#include "gpu/open_backend.h"

#include <string_view>
#include <utility>

#include "core/cpu/model_views.h"
#include "core/model/model_files.h"
#include "gpu/cuda_backend.h"
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

// The GPU failed, not the model's files, and nobody stopped it.
bool cpuMayDoIt(ErrorKind kind) {
    return kind == ErrorKind::outOfMemory || kind == ErrorKind::internal || kind == ErrorKind::unsupported ||
           kind == ErrorKind::notFound || kind == ErrorKind::busy;
}

} // namespace

Result<DeviceChoice> chooseDevice(const std::string& device, const ModelConfig& config, const GpuDiscovery& found) {
    if (device == "cpu") return DeviceChoice{};
    const bool insists = device == "cuda";
    if (found.devices.empty()) {
        if (insists) return makeError(ErrorKind::notFound, reasonOf(found));
        return DeviceChoice{};
    }
    const GpuDevice& gpu = found.devices.front(); // the one with the most free memory
    if (const char* why = unsupportedShape(config); why != nullptr) {
        if (insists) return makeError(ErrorKind::unsupported, std::string(why) + " Choose the device auto or cpu.");
        return DeviceChoice{std::nullopt, std::string(why) + " The CPU is used."};
    }
    // Who insists hears the exact figures from the loader.
    const std::uint64_t needed = gpuNeed(config).leastBytes();
    if (!insists && needed > gpu.freeBytes)
        return DeviceChoice{std::nullopt, gpu.name + " has " + std::to_string(gpu.freeBytes >> 20) +
                                              " MB of free memory and this model needs " + inMegabytes(needed) +
                                              " there, so the CPU is used."};
    return DeviceChoice{gpu, {}};
}

Result<std::unique_ptr<Backend>> makeBestBackend(const ModelFiles& files, const ModelOptions& options,
                                                 const LoadProgress& progress, std::stop_token stop, std::string& note) {
    note.clear();
    // Asking the driver takes a while and some of the GPU's memory: only where the answer counts.
    const GpuDiscovery found = options.device == "cpu" ? GpuDiscovery{} : discoverGpus();
    Result<DeviceChoice> choice = chooseDevice(options.device, files.config(), found);
    if (!choice) return std::move(choice).error();
    note = std::move(choice->note);
    if (!choice->gpu) return makeCpuBackend(files, options, progress, std::move(stop));

    CudaBackendOptions chosen;
    chosen.deviceOrdinal = choice->gpu->ordinal;
    chosen.contextLength = options.contextLength;
    Result<std::unique_ptr<Backend>> backend = makeCudaBackend(viewsOf(files), chosen, progress, stop);
    if (backend || options.device == "cuda" || !cpuMayDoIt(backend.error().kind)) return backend;
    note = choice->gpu->name + " could not be used, so the CPU is: " + backend.error().message;
    return makeCpuBackend(files, options, progress, std::move(stop));
}

} // namespace tramontane::gpu
