// A file of conversations in: our own, ChatGPT's or Open WebUI's; the conversations in it out, all of them or the
// reason why not. The kind is found by what is in the file, not by its name.
//
// One conversation at a time is a tree in memory, so that the whole takes little more than the text it keeps. Refused
// before anything is built: what is larger than the limits below, nested more than 64 deep, no JSON or no UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/history/history_types.h"

namespace tramontane {

constexpr std::uint64_t maxImportBytes = 512'000'000;          // of a file
constexpr std::size_t maxImportConversationBytes = 64'000'000; // of one conversation in it
constexpr std::size_t maxImportConversationValues = 1'000'000; // strings, numbers, lists … of one
constexpr std::size_t maxImportConversations = 100'000;

enum class ImportKind { tramontane, chatGpt, openWebUi };

struct ImportedFile {
    ImportKind kind = ImportKind::tramontane;
    std::vector<WholeConversation> conversations; // for HistoryStore::addConversations; at least one
};

// `now` dates what has no date. `proceed` is asked before each conversation; false ends with `cancelled`.
Result<ImportedFile> parseImport(std::string_view text, std::string_view fileName, UnixMilliseconds now,
                                 const std::function<bool()>& proceed = {});
Result<ImportedFile> readImport(const std::filesystem::path& file, UnixMilliseconds now,
                                const std::function<bool()>& proceed = {});

} // namespace tramontane
