// The tables of the history and the steps that bring an older file to them.
//
//   conversations  one row each; deleted_at: in the bin; current_leaf: the branch on show ends there
//   messages       trees by parent_id, always of the same conversation and smaller than the row's own id;
//                  deleted_with: in the bin, taken there together with that message
//   answers        figures of an answer, one row at most for each message
//   presets        name and JSON; edited_at
//   meta           'fold_version': of text_fold.h, 'new_draft': the draft of no conversation yet
//   message_search trigrams (FTS5, contentless) of searchForm(text), rowid = message id
//   unindexed      messages search reads one by one instead: growing answers and very large texts
//
// salvage.cpp tells damaged rows apart by their number and types of columns: keep those different.
#pragma once

#include <span>
#include <string>

#include "core/base/result.h"
#include "core/history/database.h"

namespace tramontane {

// The text is folded before it comes here, so case is settled; detail=none keeps the index small, and search checks
// each candidate's text anyway.
constexpr const char* createSearchIndex = "CREATE VIRTUAL TABLE message_search USING fts5("
                                          "folded, content = '', tokenize = 'trigram case_sensitive 1', detail = none)";

// Statements that bring version n-1 to n; the n-th entry of a list is the step to version n.
struct Migration {
    std::span<const char* const> statements;
};

std::span<const Migration> historyMigrations();

// PRAGMA application_id of a history file ("Tram"), set by the first migration.
constexpr std::int64_t historyApplicationId = 0x5472616d;
// A version number this far beyond ours is damage, not the future.
constexpr std::int64_t believableVersionLead = 1000;

Result<std::int64_t> schemaVersion(Database& database);
// One transaction for each version; a version reached stays.
Result<void> migrate(Database& database, std::span<const Migration> migrations);
// Every table with every column the code names is there.
Result<bool> hasEveryTable(Database& database);

// How every connection to a history is set up.
Result<void> configureConnection(Database& database);

} // namespace tramontane
