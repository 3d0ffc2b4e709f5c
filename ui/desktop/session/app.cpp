// Puts the controllers together and lets each hear of the others. Threads and the engine are the bridge's.
#include "app.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QVariant>

namespace tramontane::desktop {

namespace {
constexpr auto appProperty = "tramontaneApp";
}

void Clipboard::setText(const QString& text) { QGuiApplication::clipboard()->setText(text); }

App::App(const QString& preferencesFile, const QString& dataFolder, const QString& builtInModel)
    : preferences_(preferencesFile, dataFolder), engine_(&preferences_, builtInModel),
      session_(&engine_, &conversations_, &preferences_) {
    connect(&engine_, &EngineState::changed, this, [this] {
        preferences_.setContextLimits(engine_.contextMaximum(), engine_.contextLength(), engine_.kvBytesPerToken());
    });
    connect(&preferences_, &Preferences::deleteAllRequested, &session_, &ChatSession::forgetAll);
    connect(&preferences_, &Preferences::engineSettingsChanged, &engine_, &EngineState::reload);
}

App::~App() = default;

App* App::create(QQmlEngine* engine, QJSEngine*) {
    auto* app = engine->property(appProperty).value<App*>();
    QJSEngine::setObjectOwnership(app, QJSEngine::CppOwnership);
    return app;
}

void App::offerTo(QQmlEngine* engine) { engine->setProperty(appProperty, QVariant::fromValue(this)); }

QString App::version() const { return QCoreApplication::applicationVersion(); }

void App::retranslate() {
    preferences_.retranslate();
    engine_.retranslate();
    session_.retranslate();
    backups_.retranslate();
    transfer_.retranslate();
}

void App::quit() { QCoreApplication::quit(); }

} // namespace tramontane::desktop
