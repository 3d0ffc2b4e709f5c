// core's paths in, Qt's out.
#include "places.h"

#include <QFile>

#include "core/cpu/weights_cache.h"

namespace tramontane::desktop {

QString packedModelsFolder() {
    return QFile::decodeName(QByteArray::fromStdString(defaultWeightsCacheDirectory().string()));
}

} // namespace tramontane::desktop
