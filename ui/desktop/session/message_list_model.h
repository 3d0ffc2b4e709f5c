// The branch of a conversation that is shown, a row a message. Streaming touches the one live row and nothing else.
#pragma once

#include <QAbstractListModel>
#include <QQmlEngine>

#include <memory>
#include <vector>

#include "branch.h"
#include "ui/desktop/bridge/messages.h"

namespace tramontane {
class MarkdownBlocks;
}

namespace tramontane::desktop {

class MessageListModel : public QAbstractListModel {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("App.session.messages")
    Q_PROPERTY(int count READ count NOTIFY countChanged)

public:
    enum Role {
        MessageIdRole = Qt::UserRole + 1,
        AuthorRole,
        TextRole,
        BlocksRole,
        StatusRole,
        ErrorTextRole,
        SiblingIndexRole,
        SiblingCountRole,
        FiguresRole,
        IsLastRole,
        CreatedAtRole,
    };
    Q_ENUM(Role)

    explicit MessageListModel(QObject* parent = nullptr);
    ~MessageListModel() override;

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;
    int count() const { return rowCount(); }
    Q_INVOKABLE int rowOf(qint64 messageId) const;

    // The rows become this branch; rows that are the same stay as they are, with their delegates.
    void showBranch(const std::vector<ShownMessage>& branch);
    // A piece of text for the row that streams. False where that row is not shown.
    bool append(Key message, const QString& delta);
    // State, figures and error of one row.
    void update(const ShownMessage& message);
    void clear();
    void renumber(const QHash<Key, Key>& numbers);

signals:
    void countChanged();

private:
    struct Row;
    void changed(int row, const QList<int>& roles);
    mutable std::vector<Row> rows_;
};

} // namespace tramontane::desktop
