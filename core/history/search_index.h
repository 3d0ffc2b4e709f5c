// The index behind search: which messages hold which three letters in a row. Derived from the messages, and made anew
// where it is damaged. Every function here runs inside the transaction of the change it belongs to, unless it says so.
#pragma once

#include <cstddef>
#include <string_view>

#include "core/base/result.h"
#include "core/history/database.h"
#include "core/history/history_types.h"

namespace tramontane {

// The text is stored and final: indexed, or listed to be read one by one where indexing it would take seconds.
Result<void> indexMessage(Database& database, MessageId id, std::string_view text);
// The text is stored and still grows: listed to be read one by one.
Result<void> listUnindexed(Database& database, MessageId id);
// Indexes of what is listed though it no longer grows and is not too long, until about `maxBytes` of text are through.
// False: there was none.
Result<bool> indexListed(Database& database, std::size_t maxBytes);
// Before the text changes or the row goes: takes out what indexMessage or listUnindexed put in.
Result<void> unindexMessage(Database& database, MessageId id);
// Every message is either indexed or listed, and nothing else is. Reads all ids, no text.
Result<bool> indexCoversMessages(Database& database);
// Drops and makes the index of all messages.
Result<void> fillSearchIndex(Database& database);
// fillSearchIndex in a transaction of its own.
Result<void> rebuildSearchIndex(Database& database);

} // namespace tramontane
