// The model options of a command line in, an open engine out.
#pragma once

#include <memory>

#include "core/base/result.h"
#include "core/engine/chat_engine.h"
#include "ui/terminal/interrupt.h"

namespace tramontane::terminal {

// The folder that --model names, or the built-in model's.
Result<std::filesystem::path> modelDirectory(const ModelOptions& options);

// Opens the model on the device that was asked for; progress goes to a terminal's standard error.
Result<std::unique_ptr<ChatEngine>> openModel(ModelOptions options, Interrupt& interrupt);

} // namespace tramontane::terminal
