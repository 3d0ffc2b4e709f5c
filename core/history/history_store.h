// The path of a database file in; conversations, messages, presets and search out. The only door to the history.
//
// One thread uses a store, and one process a file. Each call is one transaction: when it returns without an
// error, what it wrote survives a kill and a power cut; with an error nothing was written, and the same store
// can be asked again. Errors by kind:
//   busy         another program holds the database or the store; ask again a little later
//   io           disk full, read-only, device error; ask again when that is mended
//   notFound     no such conversation, message or preset (after an io error also: it is purged already)
//   invalidInput an argument that cannot be, or a file found damaged while in use (open it again: it is salvaged)
//   unsupported  the file was written by a newer Tramontane; it is left byte for byte
// No call waits longer than HistoryOptions::busyTimeoutMs for somebody else's lock.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/history/history_types.h"

namespace tramontane {

struct HistoryOptions {
    int busyTimeoutMs = 50;
    std::function<UnixMilliseconds()> clock; // none: the system's
    std::filesystem::path backupFolder;      // of the rolling backups; empty: "backups" beside the file
    std::string vfsName;                     // of SQLite's file layer; empty: the system's. Tests put faults there.
};

class HistoryStore {
public:
    // Creates the folder and the file where there is none (readable by their owner only), migrates an older
    // schema after copying the file beside it, and sets a damaged or foreign file aside under a new name,
    // salvaging from it what can be read. Answers that were growing become partial and are reported.
    static Result<HistoryStore> open(const std::filesystem::path& file, HistoryOptions options = {});

    HistoryStore(HistoryStore&&) noexcept;
    HistoryStore& operator=(HistoryStore&&) noexcept;
    ~HistoryStore(); // closes; nothing is lost without it

    const OpenReport& openReport() const;
    const std::filesystem::path& file() const;

    // --- Conversations -------------------------------------------------------------------------------------
    // Newest (updatedAt) first; without those in the bin. Drafts and settings included, messages not.
    Result<std::vector<Conversation>> conversations();
    Result<std::vector<Conversation>> deletedConversations();
    Result<Conversation> conversation(ConversationId id); // also one in the bin
    Result<ConversationId> createConversation(const NewConversation& conversation);
    Result<void> renameConversation(ConversationId id, const std::string& title, bool titleIsManual = true);
    // None: back to what the preferences say.
    Result<void> setSystemPrompt(ConversationId id, const std::optional<std::string>& systemPrompt);
    Result<void> setSettings(ConversationId id, const std::optional<std::string>& settingsJson);
    // Both leave updatedAt as it is; once more is without effect. conversations() lists archived ones too.
    Result<void> setPinned(ConversationId id, bool pinned);
    Result<void> setArchived(ConversationId id, bool archived);
    // A new conversation with the same settings and messages, all branches of them; nothing that is in the bin, and no
    // draft. An answer that is growing is copied as far as it is stored, as partial.
    Result<ConversationId> duplicateConversation(ConversationId id, const std::string& title);
    // With its messages of all branches; nothing that is in the bin. An answer that is growing is partial in it.
    Result<WholeConversation> wholeConversation(ConversationId id);
    struct Added {
        ConversationId first = 0, last = 0; // their new ids
        std::int64_t conversations = 0, messages = 0;
    };
    // New conversations with the dates, marks, drafts, figures and branches they come with, all of them or none. Their
    // ids only say what belongs to what. A parent stands before its children; the leaf is one of the messages.
    Result<Added> addConversations(const std::vector<WholeConversation>& whole);
    // Id 0: the draft of a conversation that does not exist yet. Leaves updatedAt as it is.
    Result<void> setDraft(ConversationId id, const std::string& text);
    Result<std::string> draft(ConversationId id);
    // Into the bin, out of the bin (both without effect where it is there already), and gone for good.
    Result<void> deleteConversation(ConversationId id);
    Result<void> undeleteConversation(ConversationId id);
    Result<void> purgeConversation(ConversationId id);
    // Purges what went into the bin before `time`; returns how many conversations that were.
    Result<int> purgeDeletedBefore(UnixMilliseconds time);
    // Every conversation, draft, backup and set-aside file, overwritten and the space returned. Presets stay.
    Result<void> deleteEverything();

    // --- Messages ------------------------------------------------------------------------------------------
    struct Started {
        ConversationId conversationId = 0;
        MessageId messageId = 0;
    };
    // A new conversation with its first message, in one transaction; clearsDraft clears the draft of id 0.
    // message.conversationId and parentId are ignored.
    Result<Started> startConversation(const NewConversation& conversation, const NewMessage& message);
    // The new message becomes the end of the branch on show. The parent is of the same conversation.
    Result<MessageId> appendMessage(const NewMessage& message);
    // The whole text so far of an answer that is growing.
    Result<void> updateAnswer(MessageId id, const std::string& text);
    // The final text, how it ended and its figures. errorText only with MessageStatus::failed.
    Result<void> finishAnswer(MessageId id, const std::string& text, MessageStatus status,
                              const std::optional<AnswerFigures>& figures, const std::string& errorText = {});
    // Takes a finished answer up again, to continue it: growing from here on; its figures stay until the next end.
    Result<void> resumeAnswer(MessageId id);

    Result<Message> message(MessageId id);
    // From the first message to the end of the branch on show; empty for an empty conversation.
    Result<std::vector<BranchMessage>> currentBranch(ConversationId id);
    // From the first message to `leaf`, whichever branch is on show.
    Result<std::vector<BranchMessage>> branchTo(MessageId leaf);
    // Those that share the parent, itself among them, oldest first.
    Result<std::vector<MessageId>> siblings(MessageId id);
    Result<std::vector<MessageId>> children(MessageId id);
    // Shows the branch through `id`: the end becomes its newest descendant along newest children, and is returned.
    Result<MessageId> showBranch(MessageId id);
    // Shows nothing after `id`, or nothing at all: where a new answer or another first question begins.
    Result<void> setCurrentLeaf(ConversationId conversation, const std::optional<MessageId>& id);
    // The message with all that follows it. Where the branch on show went through it, the newest sibling's branch
    // is shown, else it ends at the parent; returns the new end. Once more is without effect.
    Result<std::optional<MessageId>> deleteMessage(MessageId id);
    // Undoes deleteMessage(id), all of it, and shows its branch again.
    Result<void> undeleteMessage(MessageId id);

    // --- Presets: a name and a JSON text, sorted by name ---------------------------------------------------
    Result<std::vector<Preset>> presets();
    Result<void> savePreset(const std::string& name, const std::string& json); // replaces one of that name
    Result<void> deletePreset(const std::string& name);

    // --- Search --------------------------------------------------------------------------------------------
    // Titles and the messages of all branches, upper and lower case and accents alike; nothing in the bin.
    Result<SearchResult> search(const SearchQuery& query);
    // A large addition is searched as it lies until this has been called often enough: indexes some more of it, in
    // about a fifth of a second. False: nothing is left to index.
    Result<bool> indexMore();

    // --- Backups: backups.h lists and restores them --------------------------------------------------------
    // Where the newest backup is older than policy.every (one from the future, the clock having been set back, does
    // not count), makes another of one consistent state, checks every page of it and, once it is durable, removes what
    // is older than the newest policy.keep. True: one was made. With an error nothing is left behind and no backup was
    // removed; where the history itself is found damaged, opening it again salvages it. `proceed` is asked after each
    // MB; it may call this store, and what it writes is in the backup too; false ends the backup with `cancelled`.
    Result<bool> backUpIfDue(const BackupPolicy& policy = {}, const std::function<bool()>& proceed = {});

    // SQLite's own check of every page and row, the foreign keys and the search index. Slow on a large file.
    Result<void> checkIntegrity();

private:
    struct State;
    explicit HistoryStore(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace tramontane
