// The commands of tramontane-cli: words after the command's name in, an exit status out.
#pragma once

#include <span>
#include <string>

#include "ui/terminal/interrupt.h"

namespace tramontane::terminal {

using Words = std::span<const std::string>;

int runCommand(Words words, Interrupt& interrupt);
int tokenizeCommand(Words words, Interrupt& interrupt);
int scoreCommand(Words words, Interrupt& interrupt);
int benchCommand(Words words, Interrupt& interrupt);
int infoCommand(Words words, Interrupt& interrupt);

} // namespace tramontane::terminal
