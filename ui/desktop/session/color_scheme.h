// Whether the desktop is dark, from org.freedesktop.appearance over D-Bus, live. No bus, no portal: light.
#pragma once

#include <QObject>

class QDBusVariant;
class QDBusPendingCallWatcher;

namespace tramontane::desktop {

class ColorScheme : public QObject {
    Q_OBJECT

public:
    explicit ColorScheme(QObject* parent = nullptr);
    bool dark() const { return dark_; }

signals:
    void changed();

private slots:
    void takeSetting(const QString& space, const QString& key, const QDBusVariant& value);

private:
    void takeValue(const QVariant& value);
    bool dark_ = false;
};

} // namespace tramontane::desktop
