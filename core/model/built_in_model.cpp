// The running program's place in, the folder of the built-in model out.
#include "core/model/built_in_model.h"

#include <cstdlib>
#include <system_error>

namespace tramontane {

namespace fs = std::filesystem;

Result<fs::path> builtInModelDirectory() {
    std::error_code error;
    fs::path directory;
    if (const char* chosen = std::getenv("TRAMONTANE_BUILT_IN_MODEL"); chosen && *chosen) {
        directory = chosen;
    } else {
        const fs::path program = fs::read_symlink("/proc/self/exe", error);
        if (error)
            return makeError(ErrorKind::io, "the program's own place is unknown (/proc/self/exe: " + error.message() +
                                                "); name a model's folder instead");
        directory = program.parent_path().parent_path() / "share/tramontane/models/built-in";
    }
    if (!fs::is_directory(directory, error))
        return makeError(ErrorKind::notFound, "the built-in model is not at " + directory.string() +
                                                  "; install Tramontane again or name a model's folder");
    return directory;
}

} // namespace tramontane
