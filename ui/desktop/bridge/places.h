// Folders that core chooses, for the window to name.
#pragma once

#include <QString>

namespace tramontane::desktop {

// Where the CPU keeps packed weights; empty where it keeps none.
QString packedModelsFolder();

} // namespace tramontane::desktop
