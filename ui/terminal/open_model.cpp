// Which folder, which device; the one place of this program that sees both core and gpu.
#include "ui/terminal/open_model.h"

#include <cstdio>

#include "core/model/built_in_model.h"
#include "gpu/device/discovery.h"
#include "ui/terminal/console.h"

namespace tramontane::terminal {
namespace {

Result<std::unique_ptr<Backend>> makeBackend(const ModelFiles& files, const ModelOptions& options,
                                             const LoadProgress& progress, std::stop_token stop) {
    if (options.device != "cpu") {
        const gpu::GpuDiscovery found = gpu::discoverGpus();
        if (options.device == "cuda")
            return found.devices.empty()
                       ? makeError(ErrorKind::notFound, "--device cuda: " + found.explanation)
                       : makeError(ErrorKind::unsupported,
                                   "--device cuda: " + found.devices.front().name +
                                       " is here, but this version computes on the CPU only; "
                                       "use --device auto or cpu");
        if (!found.devices.empty())
            writeNote(found.devices.front().name + " was found; this version computes on the CPU only");
    }
    return makeCpuBackend(files, options, progress, stop);
}

} // namespace

Result<std::filesystem::path> modelDirectory(const ModelOptions& options) {
    if (!options.directory.empty()) return options.directory;
    return builtInModelDirectory();
}

Result<std::unique_ptr<ChatEngine>> openModel(ModelOptions options, Interrupt& interrupt) {
    auto directory = modelDirectory(options);
    if (!directory) return std::move(directory).error();
    options.directory = *directory;
    Interrupt::Work work(interrupt);
    ProgressLine line;
    const auto progress = [&line](double fraction, std::string_view stage) {
        char percent[16];
        std::snprintf(percent, sizeof percent, "%3.0f %% ", fraction * 100);
        line.show(percent + std::string(stage));
    };
    return ChatEngine::open(options, makeBackend, progress, work.token());
}

} // namespace tramontane::terminal
