// The settings portal in, one bool out.
#include "color_scheme.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QDBusVariant>

namespace tramontane::desktop {

namespace {
constexpr auto service = "org.freedesktop.portal.Desktop";
constexpr auto path = "/org/freedesktop/portal/desktop";
constexpr auto settingsInterface = "org.freedesktop.portal.Settings";
const QString appearance = QStringLiteral("org.freedesktop.appearance");
const QString colorScheme = QStringLiteral("color-scheme");
constexpr uint preferDark = 1; // 0: no preference, 2: light
} // namespace

ColorScheme::ColorScheme(QObject* parent) : QObject(parent) {
    auto bus = QDBusConnection::sessionBus();
    if (!bus.isConnected()) return;
    bus.connect(QLatin1String(service), QLatin1String(path), QLatin1String(settingsInterface),
                QStringLiteral("SettingChanged"), this, SLOT(takeSetting(QString, QString, QDBusVariant)));
    auto call = QDBusMessage::createMethodCall(QLatin1String(service), QLatin1String(path),
                                               QLatin1String(settingsInterface), QStringLiteral("Read"));
    call << appearance << colorScheme;
    // Never waited for: a portal that hangs must not hold the window up.
    auto* watcher = new QDBusPendingCallWatcher(bus.asyncCall(call), this);
    connect(watcher, &QDBusPendingCallWatcher::finished, this, [this](QDBusPendingCallWatcher* done) {
        const QDBusPendingReply<QDBusVariant> reply = *done;
        if (reply.isValid()) takeValue(reply.value().variant());
        done->deleteLater();
    });
}

void ColorScheme::takeSetting(const QString& space, const QString& key, const QDBusVariant& value) {
    if (space == appearance && key == colorScheme) takeValue(value.variant());
}

void ColorScheme::takeValue(const QVariant& value) {
    // Read wraps the value in a second variant, SettingChanged does not.
    QVariant plain = value;
    while (plain.metaType() == QMetaType::fromType<QDBusVariant>()) plain = plain.value<QDBusVariant>().variant();
    const bool dark = plain.toUInt() == preferDark;
    if (dark == dark_) return;
    dark_ = dark;
    emit changed();
}

} // namespace tramontane::desktop
