// What the Quick tests of the components hold on to: a running App on a folder of its own with a scripted engine.
#pragma once

#include <QObject>
#include <QQmlEngine>

#include <memory>
#include <vector>

#include "markdown_blocks.h"
#include "world.h"

namespace tramontane::desktop {

class Driver : public QObject {
    Q_OBJECT

public:
    ~Driver() override;

public slots:
    void applicationAvailable();
    void qmlEngineAvailable(QQmlEngine* engine);
    void cleanupTestCase();

public:
    // The blocks of a text, finished or still being written.
    Q_INVOKABLE QObject* blocks(const QString& text, bool finished);
    Q_INVOKABLE void append(QObject* blocks, const QString& text);
    Q_INVOKABLE QString clipboard() const;
    // From now on an answer is these pieces; while held, none comes.
    Q_INVOKABLE void answerWith(const QStringList& pieces);
    Q_INVOKABLE void hold();
    Q_INVOKABLE void release();

private:
    std::unique_ptr<World> world_;
    std::vector<std::unique_ptr<MarkdownBlocks>> blocks_;
};

} // namespace tramontane::desktop
