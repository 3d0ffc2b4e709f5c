// One window a data folder: the first start holds the folder's lock and listens, a later one tells it to come forward.
#pragma once

#include <QLocalServer>
#include <QObject>

namespace tramontane::desktop {

class SingleInstance : public QObject {
    Q_OBJECT

public:
    explicit SingleInstance(const QString& dataFolder, QObject* parent = nullptr);
    ~SingleInstance() override;

    // True: this is the first, and `raised` tells of later ones. False: another is; it was told `model` (may be empty).
    bool claim(const QString& model);

signals:
    void raised(const QString& model);

private:
    bool lock();
    bool tellOther(const QString& model) const;
    void greet();

    QString lockFile_, socketName_;
    QLocalServer server_;
    int lockDescriptor_ = -1;
};

} // namespace tramontane::desktop
