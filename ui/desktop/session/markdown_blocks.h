// An answer's Markdown in; a list model of typed blocks out, a row a block. Rows that are finished are never touched
// again, and the view hears of changes at most once a frame.
#pragma once

#include <QAbstractListModel>
#include <QElapsedTimer>
#include <QQmlEngine>
#include <QTimer>

#include "core/text/markdown.h"

namespace tramontane {

class MarkdownBlocks : public QAbstractListModel {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("A message has one")
    Q_PROPERTY(int count READ count NOTIFY countChanged)

public:
    enum Role {
        KindRole = Qt::UserRole + 1,
        NestRole,
        MarkerRole,
        TaskRole,
        LevelRole,
        HtmlRole,
        PlainRole,
        LanguageRole,
        AddressRole,
        LinksRole,
        ColumnsRole,
        CellsRole,
        PlainCellsRole,
        FirstPieceRole,
        LastPieceRole,
        BulkRole, // letters of a text, lines of code, rows of a table: how tall it will be, before it is laid out
    };
    Q_ENUM(Role)

    explicit MarkdownBlocks(QObject* parent = nullptr);

    void setText(const QString& whole);
    void append(const QString& delta);
    void finish();

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;
    int count() const { return int(rows_.size()); }

    // The whole code of the block that has a piece in this row.
    Q_INVOKABLE QString codeAt(int row) const;

signals:
    void countChanged();

private:
    void takePending();
    void show();

    MarkdownDocument document_;
    std::vector<MarkdownBlock> rows_; // as the view knows them
    std::size_t settled_ = 0;         // rows that equal the document's for good
    QString pending_;
    QTimer frame_;
};

} // namespace tramontane
