// One plain sentence above the conversation, with at most two ways on. The most serious one that is still true shows.
#pragma once

#include <QObject>
#include <QQmlEngine>
#include <QString>

#include <functional>
#include <map>

namespace tramontane::desktop {

class Banner : public QObject {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("Belongs to the session")
    Q_PROPERTY(Type type READ type NOTIFY changed)
    Q_PROPERTY(QString text READ text NOTIFY changed)
    Q_PROPERTY(QString detail READ detail NOTIFY changed)
    Q_PROPERTY(QString actionText READ actionText NOTIFY changed)
    Q_PROPERTY(QString secondActionText READ secondActionText NOTIFY changed)
    Q_PROPERTY(bool dismissable READ dismissable NOTIFY changed)

public:
    enum Type { None, Info, Warning, Error };
    Q_ENUM(Type)
    // What a notice is about. Each topic has at most one; the later one replaces the earlier.
    enum class Topic { History, HistoryReport, Model, Answer, Context };

    struct Notice {
        Type type = None;
        QString text, detail;
        QString actionText, secondActionText;
        std::function<void()> action, secondAction;
        bool dismissable = true;
    };

    explicit Banner(QObject* parent = nullptr);

    void show(Topic topic, Notice notice);
    void clear(Topic topic);
    bool shows(Topic topic) const { return notices_.contains(topic); }

    Type type() const { return current().type; }
    QString text() const { return current().text; }
    QString detail() const { return current().detail; }
    QString actionText() const { return current().actionText; }
    QString secondActionText() const { return current().secondActionText; }
    bool dismissable() const { return current().dismissable; }

    Q_INVOKABLE void action();
    Q_INVOKABLE void secondAction();
    Q_INVOKABLE void dismiss();

signals:
    void changed();

private:
    const Notice& current() const;
    Topic currentTopic() const;
    std::map<Topic, Notice> notices_;
};

} // namespace tramontane::desktop
