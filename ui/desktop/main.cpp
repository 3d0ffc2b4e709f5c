// The window's program: arguments in, a running window out. The one place that names both core and the GPU.
#include <QDir>
#include <QGuiApplication>
#include <QIcon>
#include <QQmlApplicationEngine>
#include <QQuickWindow>
#include <QSocketNotifier>
#include <QtQml/qqmlextensionplugin.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "gpu/device/discovery.h"
#include "gpu/open_backend.h"
#include "ui/desktop/bridge/backstage.h"
#include "ui/desktop/session/app.h"
#include "ui/desktop/session/built_in_model.h"
#include "ui/desktop/session/command_line.h"
#include "ui/desktop/session/fonts.h"
#include "ui/desktop/session/single_instance.h"
#include "ui/desktop/session/translations.h"

Q_IMPORT_QML_PLUGIN(TramontanePlugin)

using namespace tramontane;
using namespace tramontane::desktop;

namespace {

int signalPipe[2] = {-1, -1}; // a signal handler may do little more than write

void onSignal(int) {
    const char byte = 1;
    [[maybe_unused]] const auto written = ::write(signalPipe[0], &byte, 1);
}

// SIGINT, SIGTERM and SIGHUP close the window as the person would.
void quitOnSignals(QGuiApplication& application) {
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, signalPipe) != 0) return;
    auto* notifier = new QSocketNotifier(signalPipe[1], QSocketNotifier::Read, &application);
    QObject::connect(notifier, &QSocketNotifier::activated, &application, [notifier] {
        notifier->setEnabled(false);
        QCoreApplication::quit();
    });
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) std::signal(number, onSignal);
}

EngineSource engineSource() {
    EngineSource source;
    const auto note = std::make_shared<std::string>(); // why the last model that was opened is not on the GPU
    source.open = [note](const ModelOptions& options, const LoadProgress& progress, std::stop_token stop) {
        const BackendFactory factory = [&](const ModelFiles& files, const ModelOptions& resolved,
                                           const LoadProgress& report, std::stop_token token) {
            return gpu::makeBestBackend(files, resolved, report, std::move(token), *note);
        };
        return ChatEngine::open(options, factory, progress, stop);
    };
    source.deviceNote = [note, gpus = std::optional<gpu::GpuDiscovery>()]() mutable {
        if (!gpus) gpus = gpu::discoverGpus();
        DeviceNote told;
        told.explanation = QString::fromStdString(gpus->devices.empty() ? gpus->explanation : *note);
        if (!gpus->devices.empty()) told.gpuName = QString::fromStdString(gpus->devices.front().name);
        return told;
    };
    source.freeGpuMemory = []() -> quint64 {
        const auto gpus = gpu::discoverGpus();
        return gpus.devices.empty() ? 0 : gpus.devices.front().freeBytes;
    };
    return source;
}

void raise(QQuickWindow* window) {
    if (!window) return;
    if (window->visibility() == QWindow::Minimized || !window->isVisible()) window->showNormal();
    window->raise();
    window->requestActivate();
}

std::optional<int> sayAndEnd(const CommandLine& line) {
    if (line.exitCode < 0) return std::nullopt;
    std::fputs(line.message.toLocal8Bit().constData(), line.exitCode == 0 ? stdout : stderr);
    return line.exitCode;
}

// --help and --version have to work where there is no display.
// No application object is made otherwise: the end of one takes down what Qt Quick registered for screen readers.
std::optional<int> answerWithoutWindow(int argc, char** argv) {
    const auto asks = [](std::string_view argument) {
        return argument == "--help" || argument == "-h" || argument == "--help-all" || argument == "--version" ||
               argument == "-v";
    };
    if (std::none_of(argv + 1, argv + argc, asks)) return std::nullopt;
    QCoreApplication application(argc, argv);
    return sayAndEnd(readCommandLine(QCoreApplication::arguments()));
}

} // namespace

int main(int argc, char** argv) {
    QCoreApplication::setApplicationName(QStringLiteral("tramontane"));
    QCoreApplication::setApplicationVersion(QStringLiteral(TRAMONTANE_VERSION));
    if (const auto code = answerWithoutWindow(argc, argv)) return *code;
    QGuiApplication::setDesktopFileName(QStringLiteral("org.tramontane.Tramontane"));
    QGuiApplication application(argc, argv);
    QGuiApplication::setApplicationDisplayName(QStringLiteral("Tramontane"));

    const auto line = readCommandLine(QCoreApplication::arguments());
    if (const auto code = sayAndEnd(line)) return *code;
    QDir().mkpath(line.dataFolder);
    SingleInstance instance(line.dataFolder);
    if (!instance.claim(line.model)) return 0;

    installFonts();
    installStyle();
    QGuiApplication::setWindowIcon(QIcon(QStringLiteral(":/Tramontane/icons/org.tramontane.Tramontane.svg")));
    App app(line.preferencesFile, line.dataFolder, builtInModelFolder());
    if (!line.device.isEmpty()) app.preferences()->overrideDevice(line.device);
    if (line.gpuLayers) app.preferences()->overrideGpuLayers(*line.gpuLayers);
    Translations translations(&app);
    const auto historyFile = QDir(line.dataFolder).filePath(QStringLiteral("tramontane.sqlite"));
    Backstage backstage(&app, engineSource(), std::filesystem::path(QFile::encodeName(historyFile).toStdString()));

    int code = 1;
    {
        QQmlApplicationEngine engine;
        engine.addImportPath(QStringLiteral("qrc:/"));
        app.offerTo(&engine);
        translations.retranslate(&engine);
        QObject::connect(&engine, &QQmlApplicationEngine::quit, &application, &QCoreApplication::quit,
                         Qt::QueuedConnection);
        engine.load(QUrl(QStringLiteral("qrc:/Tramontane/qml/Main.qml")));
        if (engine.rootObjects().isEmpty()) return 1;
        auto* window = qobject_cast<QQuickWindow*>(engine.rootObjects().constFirst());
        QObject::connect(&instance, &SingleInstance::raised, window, [&](const QString& model) {
            if (!model.isEmpty()) app.engine()->openModel(QUrl::fromLocalFile(model));
            raise(window);
            emit app.raiseRequested();
        });
        quitOnSignals(application);
        backstage.start(line.model);
        code = application.exec();
        if (!backstage.shutDown()) {
            // A thread sits in a call that nothing ends. All that is to be kept is on disk.
            std::fflush(nullptr);
            std::_Exit(code);
        }
        translations.retranslate(nullptr);
    }
    return code;
}
