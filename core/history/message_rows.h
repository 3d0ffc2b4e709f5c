// Rows of messages and their answers' figures in; values out, and the other way.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/history/database.h"
#include "core/history/history_types.h"

namespace tramontane {

// What readMessage reads, in its order, of `FROM messages m LEFT JOIN answers a ON a.message_id = m.id`.
extern const char* const messageColumns;
constexpr int messageColumnCount = 19;
Message readMessage(const Query& row);

const char* roleName(Role role);              // "system", "user", "assistant", "tool"
const char* statusName(MessageStatus status); // "complete", "partial", "failed"

Error noMessage(MessageId id);
// The message, deleted ones too.
Result<Message> loadMessage(Database& database, MessageId id);
// In place of what figures there were; none: only takes those away.
Result<void> storeFigures(Database& database, MessageId id, const std::optional<AnswerFigures>& figures);

} // namespace tramontane
