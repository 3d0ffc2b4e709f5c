// The program's arguments in; where things lie and what to open out.
#pragma once

#include <QString>
#include <QStringList>

#include <optional>

namespace tramontane::desktop {

struct CommandLine {
    QString model;                // absolute; empty: what the preferences name
    QString device;               // auto, cuda, cpu; empty: what the preferences say
    std::optional<int> gpuLayers; // -1: as many as fit; none: what the preferences say
    QString dataFolder;           // absolute
    QString preferencesFile;      // absolute
    int exitCode = -1;            // 0 or above: say `message` and end
    QString message;              // for stdout with exit code 0, else for stderr
};

CommandLine readCommandLine(const QStringList& arguments);

} // namespace tramontane::desktop
