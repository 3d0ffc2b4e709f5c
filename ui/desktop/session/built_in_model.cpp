// The program's own place in, the built-in model's folder out.
#include "built_in_model.h"

#include <QCoreApplication>
#include <QDir>

namespace tramontane::desktop {

QString builtInModelFolder() {
    // The same way from the program to its model in the build tree and in an installation.
    return QDir::cleanPath(QCoreApplication::applicationDirPath() +
                           QStringLiteral("/../share/tramontane/models/built-in"));
}

} // namespace tramontane::desktop
