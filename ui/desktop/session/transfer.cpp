#include "transfer.h"

#include <QFileInfo>
#include <QStandardPaths>

#include <iterator>

namespace tramontane::desktop {

namespace {

struct Ending {
    const char* name;
    FileFormat format;
};
// The first of a format is the one that is added where a name has none.
constexpr Ending endings[] = {
    {"md", FileFormat::markdown}, {"json", FileFormat::json}, {"html", FileFormat::html},
    {"pdf", FileFormat::pdf},     {"htm", FileFormat::html},  {"markdown", FileFormat::markdown},
};

const Ending* endingOf(const QString& name) {
    for (const auto& ending : endings)
        if (name.compare(QLatin1String(ending.name), Qt::CaseInsensitive) == 0) return &ending;
    return nullptr;
}

constexpr int longestName = 80;

} // namespace

QUrl Transfer::suggestion(const QString& title, const QString& format) {
    QString name;
    for (const QChar c : title) {
        const bool taken = c.category() == QChar::Other_Control || QStringLiteral("/\\:*?\"<>|").contains(c);
        name += taken ? QLatin1Char(' ') : c;
    }
    name = name.simplified().left(longestName).trimmed();
    if (!name.isEmpty() && name.back().isHighSurrogate()) name.chop(1);
    while (name.startsWith(QLatin1Char('.')) || name.startsWith(QLatin1Char(' '))) name.remove(0, 1);
    if (name.isEmpty()) name = tr("Conversation");
    const QString folder = QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation);
    return QUrl::fromLocalFile(folder + QLatin1Char('/') + name + QLatin1Char('.') + format);
}

bool Transfer::begin(const QUrl& file, bool importing) {
    if (busy_ || file.isEmpty()) return false;
    outcome_.reset();
    if (file.isLocalFile()) {
        busy_ = true;
        emit changed();
        return true;
    }
    TransferOutcome outcome;
    outcome.imported = importing;
    outcome.file = file.toDisplayString();
    outcome.problem = {ProblemKind::other, tr("%1 is not on this computer.").arg(outcome.file)};
    takeOutcome(outcome);
    return false;
}

void Transfer::exportConversation(qint64 conversation, const QUrl& file, const QString& format) {
    const auto* wanted = endingOf(format);
    if (!wanted || conversation == 0 || !begin(file, false)) return;
    ExportRequest request;
    request.conversation = conversation;
    request.file = file.toLocalFile();
    const auto* named = endingOf(QFileInfo(request.file).suffix());
    if (!named) request.file += QLatin1Char('.') + QLatin1String(wanted->name);
    request.format = named ? named->format : wanted->format;
    request.names = {tr("You"), tr("Assistant"), tr("System"), tr("Tool"), tr("Conversation"), tr("Image")};
    emit exportRequested(request);
}

void Transfer::exportAll(const QUrl& file) {
    if (!begin(file, false)) return;
    ExportRequest request;
    request.file = file.toLocalFile();
    if (QFileInfo(request.file).suffix().compare(QLatin1String("json"), Qt::CaseInsensitive) != 0)
        request.file += QLatin1String(".json");
    emit exportRequested(request);
}

void Transfer::importFile(const QUrl& file) {
    if (begin(file, true)) emit importRequested(file.toLocalFile());
}

void Transfer::forget() {
    if (busy_ || !outcome_) return;
    outcome_.reset();
    emit changed();
}

QString Transfer::message() const {
    if (!outcome_) return {};
    const auto& problem = outcome_->problem;
    const QString conversations = tr("%n conversation(s)", nullptr, outcome_->conversations);
    if (!problem) {
        if (!outcome_->imported) return tr("Wrote %1 to %2.").arg(conversations, QFileInfo(outcome_->file).fileName());
        return tr("Added %1 with %2.").arg(conversations, tr("%n message(s)", nullptr, outcome_->messages));
    }
    const QString what = outcome_->imported ? tr("Nothing was imported.") : tr("Nothing was exported.");
    QString why = problem.detail;
    if (why.isEmpty() && problem.kind == ProblemKind::historyBusy)
        why = tr("The conversations cannot be read or written at the moment. Try again a little later.");
    if (why.isEmpty() && problem.kind == ProblemKind::historyGone) why = tr("There is no conversation to export.");
    return why.isEmpty() ? what : what + QLatin1Char('\n') + why;
}

void Transfer::takeOutcome(const TransferOutcome& outcome) {
    busy_ = false;
    outcome_ = outcome;
    emit changed();
    emit ended();
}

} // namespace tramontane::desktop
