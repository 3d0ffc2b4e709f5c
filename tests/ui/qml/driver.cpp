// Wishes of the tests in, a scripted App out.
#include "driver.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QQmlContext>
#include <QTest>
#include <QtQml/qqmlextensionplugin.h>

#include "fonts.h"

Q_IMPORT_QML_PLUGIN(TramontanePlugin)

namespace tramontane::desktop {

Driver::~Driver() = default;

void Driver::applicationAvailable() {
    installStyle();
    installFonts();
    world_ = std::make_unique<World>();
    world_->start(false);
    if (!QTest::qWaitFor([this] { return world_->engine().status() == EngineState::Ready; }, 20000))
        qFatal("the scripted engine did not start");
}

void Driver::qmlEngineAvailable(QQmlEngine* engine) {
    engine->addImportPath(QStringLiteral("qrc:/"));
    world_->app().offerTo(engine);
    engine->rootContext()->setContextProperty(QStringLiteral("driver"), this);
}

void Driver::cleanupTestCase() {
    if (!world_) return;
    world_->stop();
    world_.reset();
}

QObject* Driver::blocks(const QString& text, bool finished) {
    auto made = std::make_unique<MarkdownBlocks>();
    made->setText(text);
    if (finished) made->finish();
    QJSEngine::setObjectOwnership(made.get(), QJSEngine::CppOwnership);
    blocks_.push_back(std::move(made));
    return blocks_.back().get();
}

void Driver::append(QObject* blocks, const QString& text) { qobject_cast<MarkdownBlocks*>(blocks)->append(text); }

QString Driver::clipboard() const { return QGuiApplication::clipboard()->text(); }

void Driver::answerWith(const QStringList& pieces) {
    world_->script().tokens.clear();
    for (const auto& piece : pieces) world_->script().tokens.push_back(piece.toStdString());
}

void Driver::hold() { world_->script().hold(); }
void Driver::release() { world_->script().release(); }

} // namespace tramontane::desktop
