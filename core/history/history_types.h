// The values that go into the history and come out of it. Plain structs: they travel between threads by copy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/text/chat_message.h"

namespace tramontane {

using ConversationId = std::int64_t; // from 1 upwards, never used twice
using MessageId = std::int64_t;      // from 1 upwards, never used twice; a later message has a larger one
using UnixMilliseconds = std::int64_t;

struct Conversation {
    ConversationId id = 0;
    std::string title;
    bool titleIsManual = false; // the person wrote it: no automatic title replaces it
    UnixMilliseconds createdAt = 0;
    UnixMilliseconds updatedAt = 0;          // of the last message or change that a list sorts by
    std::optional<std::string> systemPrompt; // none: the one of the preferences
    std::optional<std::string> settingsJson; // none: those of the preferences
    std::optional<MessageId> currentLeaf;    // the branch on show ends here; none: no message yet
    std::string draft;
    std::optional<UnixMilliseconds> deletedAt;  // set: in the bin, until undeleted or purged
    std::optional<UnixMilliseconds> pinnedAt;   // set: a list shows it before all others
    std::optional<UnixMilliseconds> archivedAt; // set: kept out of the list, found by search like any other
};

enum class MessageStatus {
    complete,
    partial, // stopped, interrupted, or still being written (then `growing` is set)
    failed,  // errorText says why; what text there is, is kept
};

// What an answer took and what made it.
struct AnswerFigures {
    std::int64_t promptTokens = 0;
    std::int64_t newTokens = 0;
    double timeToFirstTokenMs = 0;
    double tokensPerSecond = 0;
    std::string finishReason; // as finish_reason.h spells it
    std::string device;
    std::string modelName;
    std::string modelFingerprint;
    std::uint64_t seed = 0;
    std::string samplingJson;

    bool operator==(const AnswerFigures&) const = default;
};

struct Message {
    MessageId id = 0;
    ConversationId conversationId = 0;
    std::optional<MessageId> parentId; // none: the first of its conversation, or of a branch at its root
    Role role = Role::user;
    std::string text; // to the byte, whatever it holds
    MessageStatus status = MessageStatus::complete;
    bool growing = false; // an answer between appendMessage and finishAnswer
    UnixMilliseconds createdAt = 0;
    std::string errorText;
    std::optional<AnswerFigures> figures;
};

// A message on the branch on show, with its place among the variants that share its parent, oldest first.
struct BranchMessage {
    Message message;
    int siblingIndex = 0; // from 0
    int siblingCount = 1;
};

// A conversation with the messages of all its branches, oldest first: what is carried to another history.
struct WholeConversation {
    Conversation conversation; // currentLeaf is one of the messages
    std::vector<Message> messages;
};

struct NewConversation {
    std::string title;
    bool titleIsManual = false;
    std::optional<std::string> systemPrompt = {};
    std::optional<std::string> settingsJson = {};
};

struct NewMessage {
    ConversationId conversationId = 0;
    std::optional<MessageId> parentId = {};
    Role role = Role::user;
    std::string text = {};
    // partial for an answer that is about to grow: it counts as growing until finishAnswer.
    MessageStatus status = MessageStatus::complete;
    bool clearsDraft = false; // the conversation's draft went into this message
};

struct Preset {
    std::string name;
    std::string json;
};

// A stretch of bytes in a UTF-8 string; never cuts a character.
struct TextRange {
    std::size_t start = 0;
    std::size_t length = 0;

    bool operator==(const TextRange&) const = default;
};

struct SearchHit {
    ConversationId conversationId = 0;
    std::string title;
    std::optional<MessageId> messageId; // none: the title matched
    UnixMilliseconds createdAt = 0;     // of the message; of the conversation's last change for a title
    std::string snippet;                // one line of valid UTF-8 around the first match
    std::vector<TextRange> matches;     // in the snippet
};

struct SearchQuery {
    std::string text;               // as typed; words in any order, all of them must occur; nothing is an operator
    int limit = 200;                // hits at most
    bool onePerConversation = true; // the newest matching message of each conversation (or its title), not every one
    int timeLimitMs = 90;           // after that: what was found so far; the store serves nothing else meanwhile
};

struct SearchResult {
    std::vector<SearchHit> hits; // newest first
    bool complete = true;        // false: the limit or the time ran out; with few hits, a longer time may find more
};

// When a rolling backup is due and how many there are.
struct BackupPolicy {
    int keep = 7; // the newest; at least 1
    UnixMilliseconds every = UnixMilliseconds{24} * 60 * 60 * 1000;
};

enum class OpenOutcome { created, opened, migrated, salvaged };

// What opening found and did. Where `summary` is not empty the person should be told.
struct OpenReport {
    OpenOutcome outcome = OpenOutcome::opened;
    std::string summary;  // plain words, in English; empty: nothing to tell
    int schemaBefore = 0; // 0: a new file, or one that was not readable
    int schemaNow = 0;
    std::filesystem::path backupFile;   // migrated: the file as it was
    std::filesystem::path setAsideFile; // salvaged: the damaged original, byte for byte
    std::int64_t salvagedConversations = 0;
    std::int64_t salvagedMessages = 0;
    std::int64_t cutMessages = 0;              // of the salvaged: their text is not whole; status partial
    std::vector<MessageId> interruptedAnswers; // were growing when the program ended; status partial now
};

} // namespace tramontane
