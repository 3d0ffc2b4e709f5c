// Catalogues under :/i18n in, installed translators out.
#include "translations.h"

#include <QCoreApplication>
#include <QLibraryInfo>
#include <QLocale>
#include <QQmlEngine>

#include "app.h"

namespace tramontane::desktop {

Translations::Translations(App* app, QObject* parent) : QObject(parent), app_(app) {
    connect(app->preferences(), &Preferences::languageChanged, this, &Translations::apply);
    apply();
}

void Translations::apply() {
    const QString chosen = app_->preferences()->language();
    const QLocale locale = chosen == QLatin1String("system") ? QLocale::system() : QLocale(chosen);
    QLocale::setDefault(locale);
    QCoreApplication::removeTranslator(&own_);
    QCoreApplication::removeTranslator(&qt_);
    const QString folder = QStringLiteral(":/i18n");
    if (qt_.load(locale, QStringLiteral("qtbase"), QStringLiteral("_"),
                 QLibraryInfo::path(QLibraryInfo::TranslationsPath)))
        QCoreApplication::installTranslator(&qt_);
    // English is what the source is written in; with a catalogue of its own for the plural forms, where there is one.
    if (own_.load(locale, QStringLiteral("tramontane"), QStringLiteral("_"), folder) ||
        own_.load(QStringLiteral("tramontane_en"), folder))
        QCoreApplication::installTranslator(&own_);
    if (engine_) engine_->retranslate();
    app_->retranslate();
}

} // namespace tramontane::desktop
