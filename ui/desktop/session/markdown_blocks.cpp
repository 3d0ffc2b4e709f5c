// Deltas in, the fewest model signals that tell the difference out.
#include "markdown_blocks.h"

#include <QVariantList>
#include <QVariantMap>

#include <algorithm>

namespace tramontane {

namespace {

constexpr int frameMs = 16;

QString text(const std::string& utf8) { return QString::fromUtf8(utf8.data(), qsizetype(utf8.size())); }

QString kindName(MarkdownKind kind) {
    switch (kind) {
    case MarkdownKind::paragraph:
        return QStringLiteral("paragraph");
    case MarkdownKind::heading:
        return QStringLiteral("heading");
    case MarkdownKind::code:
        return QStringLiteral("code");
    case MarkdownKind::table:
        return QStringLiteral("table");
    case MarkdownKind::rule:
        return QStringLiteral("rule");
    case MarkdownKind::image:
        return QStringLiteral("image");
    case MarkdownKind::plain:
        return QStringLiteral("plain");
    }
    return {};
}

QString taskName(MarkdownTask task) {
    switch (task) {
    case MarkdownTask::none:
        return {};
    case MarkdownTask::open:
        return QStringLiteral("open");
    case MarkdownTask::done:
        return QStringLiteral("done");
    }
    return {};
}

QVariantList texts(const std::vector<std::string>& all) {
    QVariantList list;
    list.reserve(qsizetype(all.size()));
    for (const auto& each : all) list << text(each);
    return list;
}

} // namespace

MarkdownBlocks::MarkdownBlocks(QObject* parent) : QAbstractListModel(parent) {
    frame_.setSingleShot(true);
    frame_.setInterval(frameMs);
    frame_.setTimerType(Qt::PreciseTimer);
    connect(&frame_, &QTimer::timeout, this, [this] {
        if (!pending_.isEmpty()) takePending();
    });
}

void MarkdownBlocks::setText(const QString& whole) {
    frame_.stop();
    pending_.clear();
    document_.setText(whole.toStdString());
    settled_ = 0;
    show();
}

void MarkdownBlocks::append(const QString& delta) {
    pending_ += delta;
    if (!frame_.isActive()) takePending();
}

void MarkdownBlocks::finish() {
    frame_.stop();
    if (!pending_.isEmpty()) document_.append(pending_.toStdString());
    pending_.clear();
    document_.finish();
    show();
}

void MarkdownBlocks::takePending() {
    document_.append(pending_.toStdString());
    pending_.clear();
    show();
    frame_.start();
}

// Rows are compared from the last one that was final: those are few.
void MarkdownBlocks::show() {
    const auto& now = document_.blocks();
    const std::size_t before = rows_.size(), common = std::min(before, now.size());
    for (std::size_t row = settled_; row < common; ++row) {
        if (rows_[row] == now[row]) continue;
        rows_[row] = now[row];
        const QModelIndex at = index(int(row));
        emit dataChanged(at, at);
    }
    if (before > now.size()) {
        beginRemoveRows({}, int(now.size()), int(before) - 1);
        rows_.resize(now.size());
        endRemoveRows();
    } else if (before < now.size()) {
        beginInsertRows({}, int(before), int(now.size()) - 1);
        rows_.insert(rows_.end(), now.begin() + std::ptrdiff_t(before), now.end());
        endInsertRows();
    }
    settled_ = std::min(document_.stableCount(), rows_.size());
    if (before != rows_.size()) emit countChanged();
}

int MarkdownBlocks::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : count(); }

QHash<int, QByteArray> MarkdownBlocks::roleNames() const {
    return {{KindRole, "kind"},
            {NestRole, "nest"},
            {MarkerRole, "marker"},
            {TaskRole, "task"},
            {LevelRole, "level"},
            {HtmlRole, "html"},
            {PlainRole, "plain"},
            {LanguageRole, "language"},
            {AddressRole, "address"},
            {LinksRole, "links"},
            {ColumnsRole, "columns"},
            {CellsRole, "cells"},
            {PlainCellsRole, "plainCells"},
            {FirstPieceRole, "firstPiece"},
            {LastPieceRole, "lastPiece"},
            {BulkRole, "bulk"}};
}

QVariant MarkdownBlocks::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= count()) return {};
    const auto& block = rows_[std::size_t(index.row())];
    switch (role) {
    case KindRole:
        return kindName(block.kind);
    case NestRole:
        return text(block.nest);
    case MarkerRole:
        return text(block.marker);
    case TaskRole:
        return taskName(block.task);
    case LevelRole:
        return block.level;
    case HtmlRole:
        return text(block.html);
    case Qt::DisplayRole:
    case PlainRole:
        return text(block.plain);
    case LanguageRole:
        return text(block.language);
    case AddressRole:
        return text(block.address);
    case LinksRole: {
        QVariantList links;
        for (const auto& link : block.links)
            links << QVariantMap{{QStringLiteral("text"), text(link.text)},
                                 {QStringLiteral("address"), text(link.address)}};
        return links;
    }
    case ColumnsRole: {
        QVariantList aligns;
        for (const auto align : block.columns)
            aligns << (align == MarkdownAlign::center  ? QStringLiteral("center")
                       : align == MarkdownAlign::right ? QStringLiteral("right")
                                                       : QStringLiteral("left"));
        return aligns;
    }
    case CellsRole:
        return texts(block.cells);
    case PlainCellsRole:
        return texts(block.plainCells);
    case FirstPieceRole:
        return block.firstPiece;
    case LastPieceRole:
        return block.lastPiece;
    case BulkRole:
        switch (block.kind) {
        case MarkdownKind::code:
            return 1 + int(std::count(block.plain.begin(), block.plain.end(), '\n'));
        case MarkdownKind::table:
            return int(block.cells.size() / std::max<std::size_t>(1, block.columns.size()));
        default:
            return int(block.plain.size());
        }
    default:
        return {};
    }
}

QString MarkdownBlocks::codeAt(int row) const {
    if (row < 0 || row >= count()) return {};
    std::size_t first = std::size_t(row);
    while (first > 0 && !rows_[first].firstPiece) --first;
    QString code = text(rows_[first].plain);
    for (std::size_t piece = first; !rows_[piece].lastPiece && piece + 1 < rows_.size(); ++piece) {
        if (!rows_[piece].endsInLine) code += QLatin1Char('\n');
        code += text(rows_[piece + 1].plain);
    }
    return code;
}

} // namespace tramontane
