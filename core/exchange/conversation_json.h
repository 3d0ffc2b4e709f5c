// Conversations in, the complete JSON of them out, and back without loss. FORMAT.md describes every field.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "core/base/result.h"
#include "core/history/history_types.h"

namespace tramontane {

inline constexpr const char* conversationFormat = "tramontane-conversations";
inline constexpr int conversationFormatVersion = 1;

// A file is the start, an entry for each conversation, and the end. Text that is not UTF-8 comes with U+FFFD.
std::string jsonExportStart();
std::string jsonExportEntry(const WholeConversation& whole, bool isFirst);
std::string jsonExportEnd();

// One entry of "conversations"; `path` names it in an error. Ids are those of the file; a parent stands before its
// children, so no message leads to itself.
Result<WholeConversation> conversationFromJson(const nlohmann::json& entry, const std::string& path);

} // namespace tramontane
