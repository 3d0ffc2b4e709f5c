// A branch of the tree in, rows for the message view out.
#include "message_list_model.h"

#include <QVariantMap>

#include "markdown_blocks.h"

namespace tramontane::desktop {

struct MessageListModel::Row {
    ShownMessage shown;
    std::unique_ptr<MarkdownBlocks> blocks; // made when a delegate first asks
};

namespace {

QString stateName(MessageState state) {
    switch (state) {
    case MessageState::complete:
        return QStringLiteral("complete");
    case MessageState::streaming:
        return QStringLiteral("streaming");
    case MessageState::partial:
        return QStringLiteral("partial");
    case MessageState::failed:
        return QStringLiteral("failed");
    }
    return {};
}

QVariantMap figuresMap(const std::optional<AnswerFigures>& figures) {
    if (!figures) return {};
    return {{QStringLiteral("tokensPerSecond"), figures->tokensPerSecond},
            {QStringLiteral("timeToFirstTokenMs"), figures->timeToFirstTokenMs},
            {QStringLiteral("promptTokens"), figures->promptTokens},
            {QStringLiteral("newTokens"), figures->newTokens},
            {QStringLiteral("finishReason"), figures->finishReason},
            {QStringLiteral("seed"), QString::number(figures->seed)}, // a number of JavaScript holds 53 bits
            {QStringLiteral("device"), figures->device},
            {QStringLiteral("modelName"), figures->modelName},
            {QStringLiteral("fingerprint"), figures->fingerprint},
            {QStringLiteral("sampling"), figures->samplingJson}};
}

} // namespace

MessageListModel::MessageListModel(QObject* parent) : QAbstractListModel(parent) {}
MessageListModel::~MessageListModel() = default;

int MessageListModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : int(rows_.size()); }

QHash<int, QByteArray> MessageListModel::roleNames() const {
    return {{MessageIdRole, "messageId"},
            {AuthorRole, "author"},
            {TextRole, "text"},
            {BlocksRole, "blocks"},
            {StatusRole, "status"},
            {ErrorTextRole, "errorText"},
            {SiblingIndexRole, "siblingIndex"},
            {SiblingCountRole, "siblingCount"},
            {FiguresRole, "figures"},
            {IsLastRole, "isLast"},
            {CreatedAtRole, "createdAt"}};
}

QVariant MessageListModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= int(rows_.size())) return {};
    Row& row = rows_[std::size_t(index.row())];
    const auto& message = row.shown.message;
    switch (role) {
    case MessageIdRole:
        return message.id;
    case AuthorRole:
        return message.author == Author::assistant ? QStringLiteral("assistant") : QStringLiteral("user");
    case Qt::DisplayRole:
    case TextRole:
        return message.text;
    case BlocksRole:
        if (message.author != Author::assistant) return QVariant::fromValue<QObject*>(nullptr);
        if (!row.blocks) {
            row.blocks = std::make_unique<MarkdownBlocks>();
            row.blocks->setText(message.text);
            if (message.state != MessageState::streaming) row.blocks->finish();
            QJSEngine::setObjectOwnership(row.blocks.get(), QJSEngine::CppOwnership);
        }
        return QVariant::fromValue<QObject*>(row.blocks.get());
    case StatusRole:
        return stateName(message.state);
    case ErrorTextRole:
        return message.errorText;
    case SiblingIndexRole:
        return row.shown.siblingIndex;
    case SiblingCountRole:
        return row.shown.siblingCount;
    case FiguresRole:
        return figuresMap(message.figures);
    case IsLastRole:
        return index.row() == int(rows_.size()) - 1;
    case CreatedAtRole:
        return message.createdAt;
    default:
        return {};
    }
}

int MessageListModel::rowOf(qint64 messageId) const {
    // From the end: whoever asks mostly means the newest.
    for (int row = int(rows_.size()) - 1; row >= 0; --row)
        if (rows_[std::size_t(row)].shown.message.id == messageId) return row;
    return -1;
}

void MessageListModel::changed(int row, const QList<int>& roles) { emit dataChanged(index(row), index(row), roles); }

void MessageListModel::showBranch(const std::vector<ShownMessage>& branch) {
    const int before = int(rows_.size()), after = int(branch.size());
    int same = 0;
    while (same < before && same < after &&
           rows_[std::size_t(same)].shown.message.id == branch[std::size_t(same)].message.id)
        ++same;
    if (before > same) {
        beginRemoveRows({}, same, before - 1);
        rows_.resize(std::size_t(same));
        endRemoveRows();
    }
    for (int row = 0; row < same; ++row) update(branch[std::size_t(row)]);
    if (after > same) {
        beginInsertRows({}, same, after - 1);
        for (int row = same; row < after; ++row) rows_.push_back(Row{branch[std::size_t(row)], nullptr});
        endInsertRows();
    }
    if (before != after || same != after) {
        if (same > 0) changed(same - 1, {IsLastRole});
        emit countChanged();
    }
}

bool MessageListModel::append(Key message, const QString& delta) {
    const int row = rowOf(message);
    if (row < 0) return false;
    auto& live = rows_[std::size_t(row)];
    live.shown.message.text += delta;
    if (live.blocks) live.blocks->append(delta);
    changed(row, {TextRole});
    return true;
}

void MessageListModel::update(const ShownMessage& now) {
    const int row = rowOf(now.message.id);
    if (row < 0) return;
    auto& there = rows_[std::size_t(row)];
    auto& message = there.shown.message;
    QList<int> roles;
    if (message.text != now.message.text) {
        // Mostly the same text with something behind it: only that is new to the blocks.
        const bool grown = now.message.text.startsWith(message.text);
        if (there.blocks && grown) there.blocks->append(now.message.text.mid(message.text.size()));
        if (there.blocks && !grown) there.blocks->setText(now.message.text);
        roles << TextRole;
    }
    if (message.state != now.message.state) {
        const bool over = message.state == MessageState::streaming;
        if (there.blocks && over) there.blocks->finish();
        roles << StatusRole;
    }
    if (message.errorText != now.message.errorText) roles << ErrorTextRole;
    if (there.shown.siblingIndex != now.siblingIndex) roles << SiblingIndexRole;
    if (there.shown.siblingCount != now.siblingCount) roles << SiblingCountRole;
    if (figuresMap(message.figures) != figuresMap(now.message.figures)) roles << FiguresRole;
    there.shown = now;
    if (!roles.isEmpty()) changed(row, roles);
}

void MessageListModel::clear() {
    if (rows_.empty()) return;
    beginRemoveRows({}, 0, int(rows_.size()) - 1);
    rows_.clear();
    endRemoveRows();
    emit countChanged();
}

void MessageListModel::renumber(const QHash<Key, Key>& numbers) {
    for (int row = int(rows_.size()) - 1; row >= 0; --row) {
        auto& message = rows_[std::size_t(row)].shown.message;
        message.parent = numbers.value(message.parent, message.parent);
        const auto found = numbers.constFind(message.id);
        if (found == numbers.constEnd()) continue;
        message.id = *found;
        changed(row, {MessageIdRole});
    }
}

} // namespace tramontane::desktop
