// Where the model that comes with the program lies: beside the installed program, or in the tree it was built from.
#pragma once

#include <QString>

namespace tramontane::desktop {

QString builtInModelFolder();

} // namespace tramontane::desktop
