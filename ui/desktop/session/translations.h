// A language setting in, the window's words in that language out, while the program runs.
#pragma once

#include <QTranslator>

class QQmlEngine;

namespace tramontane::desktop {

class App;

class Translations : public QObject {
    Q_OBJECT

public:
    explicit Translations(App* app, QObject* parent = nullptr);
    void retranslate(QQmlEngine* engine) { engine_ = engine; }

private:
    void apply();
    App* app_;
    QQmlEngine* engine_ = nullptr;
    QTranslator own_, qt_; // ours, and Qt's for its dialogs
};

} // namespace tramontane::desktop
