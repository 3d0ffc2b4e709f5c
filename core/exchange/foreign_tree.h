// The nodes of another program's conversation in, its messages in the order of a history out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/history/history_types.h"

namespace tramontane {

// Seconds since 1970 with a fraction, or milli-, micro- or nanoseconds: whatever a date near ours can mean. None for
// what is no date.
std::optional<UnixMilliseconds> foreignDate(std::optional<double> number);
// One line of at most a few hundred bytes.
std::string foreignTitle(std::string_view title);

struct ForeignNode {
    std::string key;
    std::optional<std::string> parent;
    std::vector<std::string> children; // only their order counts; who is whose child, `parent` says
    std::optional<Message> message;    // none: nothing to show; its children become those of its parent
    std::optional<UnixMilliseconds> createdAt;
};

// Gives every message its id and parent, and takes the branch to `shown` for the one on show: without it, or where it
// is not there, the newest. `path` is the field with the nodes. invalidInput: a parent that is not there, or a circle.
Result<void> growTree(std::vector<ForeignNode> nodes, const std::optional<std::string>& shown, const std::string& path,
                      WholeConversation& whole);

// Dates that are not there become those of the messages, or `now`.
void completeDates(std::optional<UnixMilliseconds> createdAt, std::optional<UnixMilliseconds> updatedAt,
                   UnixMilliseconds now, WholeConversation& whole);

} // namespace tramontane
