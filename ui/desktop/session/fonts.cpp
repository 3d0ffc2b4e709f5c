// Inter for words, Hack for code, then whatever the system has for emoji and other scripts.
#include "fonts.h"

#include <QFont>
#include <QFontDatabase>
#include <QGuiApplication>
#include <QQuickStyle>
#include <QStringList>

namespace tramontane::desktop {

void installFonts() {
    for (const char* file : {"Inter-Regular.otf", "Inter-Italic.otf", "Inter-SemiBold.otf", "Inter-SemiBoldItalic.otf",
                             "Hack-Regular.ttf"})
        QFontDatabase::addApplicationFont(QStringLiteral(":/Tramontane/fonts/") + QLatin1String(file));
    // Named as substitutes, because a font of QML carries one family only.
    const QStringList others{QStringLiteral("Noto Sans"), QStringLiteral("DejaVu Sans"),
                             QStringLiteral("Noto Color Emoji"), QStringLiteral("Noto Sans CJK SC")};
    QFont::insertSubstitutions(QStringLiteral("Inter"), others);
    QFont::insertSubstitutions(QStringLiteral("Hack"), QStringList(QStringLiteral("DejaVu Sans Mono")) + others);
    QGuiApplication::setFont(QFont(QStringLiteral("Inter"), 11));
}

void installStyle() { QQuickStyle::setStyle(QStringLiteral("Fusion")); }

} // namespace tramontane::desktop
