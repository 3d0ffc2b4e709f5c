// Qt's values to core's and back. Text is UTF-8 on core's side, valid on both.
#pragma once

#include <QString>

#include <string>
#include <vector>

#include "core/engine/chat_engine.h"
#include "core/exchange/shown_branch.h"
#include "core/history/backups.h"
#include "ui/desktop/bridge/messages.h"

namespace tramontane::desktop {

std::string toCore(const QString& text);
QString fromCore(const std::string& text);

std::vector<ChatMessage> toCore(const QList<Turn>& turns);
SamplingSettings toCore(const SamplingChoice& choice);
Problem problemOf(const Error& error);        // of a model or an answer
Problem historyProblemOf(const Error& error); // of the history

AnswerFigures figuresOf(const GenerationResult& result, const ModelDescription& model,
                        const SamplingSettings& sampling);
tramontane::AnswerFigures toCore(const AnswerFigures& figures);
AnswerFigures fromCore(const tramontane::AnswerFigures& figures);
StoredMessage fromCore(const tramontane::Message& message);
ConversationSummary fromCore(const tramontane::Conversation& conversation);
ConversationSummary fromCore(const tramontane::SearchHit& hit);
ExportWords toCore(const ExportNames& names);
StoredBackup fromCore(const tramontane::Backup& backup);

} // namespace tramontane::desktop
