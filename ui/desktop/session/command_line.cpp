// The program's arguments in; where things lie and what to open out.
#include "command_line.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QDir>
#include <QStandardPaths>

namespace tramontane::desktop {

namespace {
QString text(const char* source) { return QCoreApplication::translate("tramontane::desktop::CommandLine", source); }
} // namespace

CommandLine readCommandLine(const QStringList& arguments) {
    QCommandLineParser parser;
    parser.setApplicationDescription(text(QT_TRANSLATE_NOOP("tramontane::desktop::CommandLine",
                                                            "Chat with a language model that runs on this computer.")));
    const QCommandLineOption model(
        QStringLiteral("model"),
        text(QT_TRANSLATE_NOOP("tramontane::desktop::CommandLine", "Open the model in this folder.")),
        QStringLiteral("DIR"));
    const QCommandLineOption device(
        QStringLiteral("device"),
        text(QT_TRANSLATE_NOOP("tramontane::desktop::CommandLine", "Run it on this device: auto, cuda or cpu.")),
        QStringLiteral("auto|cuda|cpu"));
    const QCommandLineOption gpuLayers(
        QStringLiteral("gpu-layers"),
        text(QT_TRANSLATE_NOOP("tramontane::desktop::CommandLine",
                               "Run so many layers on the GPU and the others on the CPU; auto: as many as fit.")),
        QStringLiteral("N|auto"));
    const QCommandLineOption data(
        QStringLiteral("data"),
        text(QT_TRANSLATE_NOOP("tramontane::desktop::CommandLine", "Keep conversations and settings in this folder.")),
        QStringLiteral("DIR"));
    parser.addOptions({model, device, gpuLayers, data});
    const auto help = parser.addHelpOption();
    const auto version = parser.addVersionOption();

    CommandLine line;
    const auto fail = [&](const QString& message) {
        line.exitCode = 2;
        line.message = message + QLatin1Char('\n');
        return line;
    };
    if (!parser.parse(arguments)) return fail(parser.errorText());
    if (parser.isSet(help)) {
        line.exitCode = 0;
        line.message = parser.helpText();
        return line;
    }
    if (parser.isSet(version)) {
        line.exitCode = 0;
        line.message = QStringLiteral("tramontane %1\n").arg(QCoreApplication::applicationVersion());
        return line;
    }
    if (!parser.positionalArguments().isEmpty())
        return fail(text(QT_TRANSLATE_NOOP("tramontane::desktop::CommandLine", "Unexpected argument: %1"))
                        .arg(parser.positionalArguments().constFirst()));
    line.device = parser.value(device);
    if (parser.isSet(device) &&
        !QStringList{QStringLiteral("auto"), QStringLiteral("cuda"), QStringLiteral("cpu")}.contains(line.device))
        return fail(text(QT_TRANSLATE_NOOP("tramontane::desktop::CommandLine",
                                           "--device is \"%1\", expected auto, cuda or cpu"))
                        .arg(line.device));
    if (parser.isSet(gpuLayers)) {
        const QString value = parser.value(gpuLayers);
        bool isNumber = false;
        const int number = value.toInt(&isNumber);
        if (value == QLatin1String("auto"))
            line.gpuLayers = -1;
        else if (isNumber && number >= 0)
            line.gpuLayers = number;
        else
            return fail(text(QT_TRANSLATE_NOOP("tramontane::desktop::CommandLine",
                                               "--gpu-layers is \"%1\", expected a number or auto"))
                            .arg(value));
    }
    if (parser.isSet(model)) line.model = QDir(parser.value(model)).absolutePath();
    if (parser.isSet(data)) {
        line.dataFolder = QDir(parser.value(data)).absolutePath();
        line.preferencesFile = QDir(line.dataFolder).filePath(QStringLiteral("preferences.ini"));
    } else {
        const auto folder = [](QStandardPaths::StandardLocation location) {
            return QDir(QStandardPaths::writableLocation(location)).filePath(QStringLiteral("tramontane"));
        };
        line.dataFolder = folder(QStandardPaths::GenericDataLocation);
        line.preferencesFile =
            QDir(folder(QStandardPaths::GenericConfigLocation)).filePath(QStringLiteral("preferences.ini"));
    }
    return line;
}

} // namespace tramontane::desktop
