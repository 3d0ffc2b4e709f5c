// Which folder, which device.
#include "ui/terminal/open_model.h"

#include <cstdio>
#include <string>
#include <utility>

#include "core/model/built_in_model.h"
#include "gpu/open_backend.h"
#include "ui/terminal/console.h"

namespace tramontane::terminal {

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
    std::string note;
    const auto makeBackend = [&note](const ModelFiles& files, const ModelOptions& resolved, const LoadProgress& report,
                                     std::stop_token stop) -> Result<std::unique_ptr<Backend>> {
        auto backend = gpu::makeBestBackend(files, resolved, report, std::move(stop), note);
        const bool deviceIsMissing =
            !backend && (backend.error().kind == ErrorKind::notFound || backend.error().kind == ErrorKind::unsupported);
        if (deviceIsMissing && resolved.device == "cuda")
            return makeError(backend.error().kind, "--device cuda: " + backend.error().message);
        return backend;
    };
    auto engine = ChatEngine::open(options, makeBackend, progress, work.token());
    line.clear();
    if (engine && !note.empty()) writeNote(note);
    return engine;
}

} // namespace tramontane::terminal
