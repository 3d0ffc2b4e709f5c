// Where the model lies that comes with the program.
#pragma once

#include <filesystem>

#include "core/base/result.h"

namespace tramontane {

// The folder EXE/../share/tramontane/models/built-in beside the running program, in a build tree as in an
// installation; the environment's TRAMONTANE_BUILT_IN_MODEL comes first. notFound where that is no folder.
Result<std::filesystem::path> builtInModelDirectory();

} // namespace tramontane
