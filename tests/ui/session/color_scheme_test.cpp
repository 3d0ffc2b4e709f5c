// Claims about following the desktop's colours, with a settings portal of our own on a bus of our own.
#include <QDBusConnection>
#include <QDBusVariant>
#include <QProcess>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTest>

#include "ui/desktop/session/color_scheme.h"

using namespace tramontane::desktop;

class Portal : public QObject {
    Q_OBJECT
    Q_CLASSINFO("D-Bus Interface", "org.freedesktop.portal.Settings")

public:
    uint scheme = 0;

public slots:
    QDBusVariant Read(const QString& space, const QString& key) {
        Q_UNUSED(space);
        Q_UNUSED(key);
        return QDBusVariant(QVariant::fromValue(QDBusVariant(scheme))); // a variant in a variant, as the portal does
    }

signals:
    void SettingChanged(const QString& space, const QString& key, const QDBusVariant& value);
};

class ColorSchemeTest : public QObject {
    Q_OBJECT

    QProcess daemon_;
    Portal portal_;

private slots:
    void initTestCase() {
        if (QStandardPaths::findExecutable("dbus-daemon").isEmpty()) QSKIP("no dbus-daemon here");
        daemon_.start("dbus-daemon", {"--session", "--nofork", "--print-address"});
        QVERIFY(daemon_.waitForReadyRead(5000));
        const auto address = daemon_.readLine().trimmed();
        qputenv("DBUS_SESSION_BUS_ADDRESS", address);
        auto bus = QDBusConnection::connectToBus(QString::fromUtf8(address), "portal");
        QVERIFY(bus.isConnected());
        QVERIFY(bus.registerObject("/org/freedesktop/portal/desktop", &portal_,
                                   QDBusConnection::ExportAllSlots | QDBusConnection::ExportAllSignals));
        QVERIFY(bus.registerService("org.freedesktop.portal.Desktop"));
    }

    void cleanupTestCase() {
        QDBusConnection::disconnectFromBus("portal");
        daemon_.kill();
        daemon_.waitForFinished();
    }

    void colorScheme_readsWhatTheDesktopPrefers() {
        portal_.scheme = 1;
        ColorScheme scheme;
        QVERIFY(!scheme.dark()); // nothing is waited for
        QTRY_VERIFY(scheme.dark());
    }

    void colorScheme_followsTheChange() {
        portal_.scheme = 0;
        ColorScheme scheme;
        QSignalSpy changed(&scheme, &ColorScheme::changed);
        QTest::qWait(100);
        emit portal_.SettingChanged("org.freedesktop.appearance", "color-scheme", QDBusVariant(1u));
        QTRY_VERIFY(scheme.dark());
        emit portal_.SettingChanged("org.freedesktop.appearance", "contrast", QDBusVariant(0u));
        emit portal_.SettingChanged("org.gnome.desktop.interface", "color-scheme", QDBusVariant("prefer-light"));
        QTest::qWait(100);
        QVERIFY(scheme.dark());
        emit portal_.SettingChanged("org.freedesktop.appearance", "color-scheme", QDBusVariant(2u));
        QTRY_VERIFY(!scheme.dark());
        QCOMPARE(changed.size(), 2);
    }
};

QTEST_GUILESS_MAIN(ColorSchemeTest)
#include "color_scheme_test.moc"
