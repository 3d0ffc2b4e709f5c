// Qt's values to core's and back, field by field.
#include "conversions.h"

namespace tramontane::desktop {

std::string toCore(const QString& text) { return text.toStdString(); }
QString fromCore(const std::string& text) { return QString::fromStdString(text); }

std::vector<ChatMessage> toCore(const QList<Turn>& turns) {
    std::vector<ChatMessage> messages;
    messages.reserve(std::size_t(turns.size()));
    for (const auto& turn : turns) {
        const Role role = turn.author == Author::assistant ? Role::assistant
                          : turn.author == Author::system  ? Role::system
                                                           : Role::user;
        messages.push_back({role, toCore(turn.text), {}, {}});
    }
    return messages;
}

SamplingSettings toCore(const SamplingChoice& choice) {
    SamplingSettings settings;
    for (const auto& parameter : samplingParameters()) {
        const auto value = choice.values.constFind(QString::fromLatin1(parameter.name));
        if (value != choice.values.constEnd()) parameter.set(settings, *value);
    }
    if (choice.seed) settings.seed = *choice.seed;
    for (const auto& stop : choice.stop) settings.stop.push_back(toCore(stop));
    return settings;
}

Problem problemOf(const Error& error) {
    const auto kind = [&] {
        switch (error.kind) {
        case ErrorKind::invalidInput:
            return ProblemKind::modelInvalid;
        case ErrorKind::notFound:
        case ErrorKind::io:
            return ProblemKind::modelMissing;
        case ErrorKind::outOfMemory:
            return ProblemKind::outOfMemory;
        case ErrorKind::unsupported:
            return ProblemKind::unsupported;
        case ErrorKind::cancelled:
            return ProblemKind::cancelled;
        case ErrorKind::changedOnDisk:
            return ProblemKind::modelChanged;
        case ErrorKind::numeric:
            return ProblemKind::numeric;
        case ErrorKind::contextFull:
            return ProblemKind::contextFull;
        case ErrorKind::busy:
        case ErrorKind::internal:
            return ProblemKind::other;
        }
        return ProblemKind::other;
    }();
    return {kind, fromCore(error.message)};
}

Problem historyProblemOf(const Error& error) {
    const auto kind = [&] {
        switch (error.kind) {
        case ErrorKind::busy:
            return ProblemKind::historyBusy;
        case ErrorKind::unsupported:
            return ProblemKind::historyNewer;
        case ErrorKind::invalidInput:
            return ProblemKind::historyDamaged;
        case ErrorKind::notFound:
            return ProblemKind::historyGone;
        default:
            return ProblemKind::historyWrite;
        }
    }();
    return {kind, fromCore(error.message)};
}

AnswerFigures figuresOf(const GenerationResult& result, const ModelDescription& model,
                        const SamplingSettings& sampling) {
    AnswerFigures figures;
    figures.promptTokens = result.promptTokens;
    figures.newTokens = result.newTokens;
    figures.contextLength = result.contextLength;
    figures.droppedMessages = result.droppedMessages;
    figures.tokensPerSecond = result.tokensPerSecond;
    figures.timeToFirstTokenMs = result.timeToFirstToken.count();
    figures.finishReason = QString::fromLatin1(finishReasonName(result.finishReason));
    figures.device = fromCore(result.device);
    figures.modelName = fromCore(model.name);
    figures.fingerprint = fromCore(model.fingerprint);
    figures.seed = result.seed;
    SamplingSettings used = sampling;
    used.seed = result.seed; // so that the same answer can be made again
    figures.samplingJson = fromCore(samplingSettingsToJson(used));
    return figures;
}

tramontane::AnswerFigures toCore(const AnswerFigures& figures) {
    tramontane::AnswerFigures stored;
    stored.promptTokens = figures.promptTokens;
    stored.newTokens = figures.newTokens;
    stored.timeToFirstTokenMs = figures.timeToFirstTokenMs;
    stored.tokensPerSecond = figures.tokensPerSecond;
    stored.finishReason = toCore(figures.finishReason);
    stored.device = toCore(figures.device);
    stored.modelName = toCore(figures.modelName);
    stored.modelFingerprint = toCore(figures.fingerprint);
    stored.seed = figures.seed;
    stored.samplingJson = toCore(figures.samplingJson);
    return stored;
}

AnswerFigures fromCore(const tramontane::AnswerFigures& stored) {
    AnswerFigures figures;
    figures.promptTokens = int(stored.promptTokens);
    figures.newTokens = int(stored.newTokens);
    figures.timeToFirstTokenMs = stored.timeToFirstTokenMs;
    figures.tokensPerSecond = stored.tokensPerSecond;
    figures.finishReason = fromCore(stored.finishReason);
    figures.device = fromCore(stored.device);
    figures.modelName = fromCore(stored.modelName);
    figures.fingerprint = fromCore(stored.modelFingerprint);
    figures.seed = stored.seed;
    figures.samplingJson = fromCore(stored.samplingJson);
    return figures;
}

StoredMessage fromCore(const tramontane::Message& stored) {
    StoredMessage message;
    message.id = stored.id;
    message.parent = stored.parentId.value_or(0);
    // What a tool gave belongs to the answer; no person wrote it.
    message.author = stored.role == Role::user     ? Author::person
                     : stored.role == Role::system ? Author::system
                                                   : Author::assistant;
    message.text = fromCore(stored.text);
    message.state = stored.status == MessageStatus::failed    ? MessageState::failed
                    : stored.status == MessageStatus::partial ? MessageState::partial
                                                              : MessageState::complete;
    message.errorText = fromCore(stored.errorText);
    if (stored.figures) message.figures = fromCore(*stored.figures);
    message.createdAt = QDateTime::fromMSecsSinceEpoch(stored.createdAt);
    return message;
}

ConversationSummary fromCore(const tramontane::Conversation& stored) {
    ConversationSummary row;
    row.id = stored.id;
    row.title = fromCore(stored.title);
    row.updatedAt = QDateTime::fromMSecsSinceEpoch(stored.updatedAt);
    row.pinned = stored.pinnedAt.has_value();
    row.archived = stored.archivedAt.has_value();
    if (stored.deletedAt) row.deletedAt = QDateTime::fromMSecsSinceEpoch(*stored.deletedAt);
    return row;
}

ConversationSummary fromCore(const tramontane::SearchHit& hit) {
    ConversationSummary row;
    row.id = hit.conversationId;
    row.title = fromCore(hit.title);
    row.updatedAt = QDateTime::fromMSecsSinceEpoch(hit.createdAt);
    row.matchMessage = hit.messageId.value_or(0);
    row.snippet = fromCore(hit.snippet);
    if (!hit.matches.empty()) {
        // Bytes of UTF-8 become units of UTF-16.
        const auto& match = hit.matches.front();
        const auto units = [&](std::size_t from, std::size_t length) {
            if (from > hit.snippet.size()) return 0;
            return int(
                QString::fromUtf8(hit.snippet.data() + from, qsizetype(std::min(length, hit.snippet.size() - from)))
                    .size());
        };
        row.snippetStart = units(0, match.start);
        row.snippetLength = units(match.start, match.length);
    }
    return row;
}

ExportWords toCore(const ExportNames& names) {
    return {toCore(names.person), toCore(names.assistant), toCore(names.system),
            toCore(names.tool),   toCore(names.untitled),  toCore(names.image)};
}

StoredBackup fromCore(const tramontane::Backup& stored) {
    StoredBackup backup;
    backup.file = QString::fromStdString(stored.file.string());
    backup.time = QDateTime::fromMSecsSinceEpoch(stored.time);
    backup.sizeBytes = stored.sizeBytes;
    backup.conversations = int(stored.conversations);
    backup.messages = int(stored.messages);
    backup.problem = fromCore(stored.problem);
    return backup;
}

} // namespace tramontane::desktop
