#include "transfer_worker.h"

#include <QDateTime>
#include <QFile>

#include "conversions.h"
#include "core/exchange/conversation_html.h"
#include "core/exchange/conversation_json.h"
#include "core/exchange/conversation_markdown.h"
#include "core/exchange/import.h"
#include "pdf_document.h"

namespace tramontane::desktop {

namespace {

std::filesystem::path pathOf(const QString& file) {
    return std::filesystem::path(QFile::encodeName(file).toStdString());
}

Problem transferProblemOf(const Error& error) {
    return {error.kind == ErrorKind::cancelled ? ProblemKind::cancelled : ProblemKind::other, fromCore(error.message)};
}

} // namespace

void TransferWorker::exportConversations(const ExportRequest& request) {
    request_ = request;
    outcome_ = {};
    outcome_.file = request.file;
    keys_.clear();
    auto created = NewFile::create(pathOf(request.file)); // first: no work for a place that cannot be written to
    if (!created) return end(transferProblemOf(created.error()));
    file_.emplace(std::move(*created));
    if (request.format == FileFormat::json)
        if (const auto begun = file_->write(jsonExportStart()); !begun) return end(transferProblemOf(begun.error()));
    if (request.conversation == 0) return emit keysWanted();
    keys_ << request.conversation;
    askForNext();
}

void TransferWorker::takeKeys(const QList<qint64>& keys, const Problem& problem) {
    if (problem) return end(problem);
    keys_ = keys;
    askForNext();
}

void TransferWorker::askForNext() {
    if (hurried_) return end({ProblemKind::cancelled, {}});
    if (!keys_.isEmpty()) return emit conversationWanted(keys_.takeFirst());
    if (outcome_.conversations == 0) return end({ProblemKind::historyGone, {}});
    const auto finished = finish();
    end(finished ? Problem() : transferProblemOf(finished.error()));
}

void TransferWorker::takeConversation(const ReadConversation& conversation, const Problem& problem) {
    if (problem) return end(problem);
    if (conversation) { // otherwise it was deleted meanwhile
        const auto written = write(*conversation);
        if (!written) return end(transferProblemOf(written.error()));
        ++outcome_.conversations;
        outcome_.messages += int(conversation->messages.size());
    }
    askForNext();
}

Result<void> TransferWorker::write(const WholeConversation& whole) {
    const ExportWords words = toCore(request_.names);
    switch (request_.format) {
    case FileFormat::json:
        return file_->write(jsonExportEntry(whole, outcome_.conversations == 0));
    case FileFormat::markdown:
        return file_->write(conversationMarkdown(whole, words));
    case FileFormat::html:
        return file_->write(conversationHtml(whole, HtmlLook::page, words));
    case FileFormat::pdf: {
        const auto pdf = pdfOf(fromCore(conversationHtml(whole, HtmlLook::print, words)),
                               fromCore(titleLine(whole, words)), [this] { return !hurried_; });
        TRY_OK(pdf);
        return file_->write({pdf->constData(), std::size_t(pdf->size())});
    }
    }
    return {};
}

Result<void> TransferWorker::finish() {
    if (request_.format == FileFormat::json) TRY_OK(file_->write(jsonExportEnd()));
    return file_->commit();
}

void TransferWorker::importFile(const QString& file) {
    outcome_ = {};
    outcome_.imported = true;
    outcome_.file = file;
    auto read = readImport(pathOf(file), QDateTime::currentMSecsSinceEpoch(), [this] { return !hurried_; });
    if (!read) return end(transferProblemOf(read.error()));
    emit fileRead(std::make_shared<const std::vector<WholeConversation>>(std::move(read->conversations)));
}

void TransferWorker::takeAdded(int conversations, int messages, const Problem& problem) {
    outcome_.conversations = conversations;
    outcome_.messages = messages;
    end(problem);
}

void TransferWorker::end(const Problem& problem) {
    file_.reset(); // unless it has its name, nothing is left of it
    keys_.clear();
    outcome_.problem = problem;
    emit ended(outcome_);
}

} // namespace tramontane::desktop
