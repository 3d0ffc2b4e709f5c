// What the parts of HistoryStore share: the connection, and the frame every reading and writing call runs in.
#pragma once

#include <string>
#include <type_traits>
#include <vector>

#include "core/history/database.h"
#include "core/history/history_store.h"
#include "core/history/search_index.h"
#include "core/history/store_files.h"
#include "core/history/store_lock.h"

namespace tramontane {

struct HistoryStore::State {
    std::filesystem::path file;
    HistoryOptions options;
    StoreLock lock;
    Database database;
    OpenReport report;

    UnixMilliseconds now() const { return options.clock(); }

    // work() as one transaction: Result<T> work(). Nothing is written where it fails. A damaged search index is made
    // anew and the work tried again: the index is derived, the messages are not.
    template <class Work>
    auto write(Work work) -> std::invoke_result_t<Work> {
        auto done = tryWrite(work);
        if (!done.ok() && database.foundIndexDamage() && rebuildSearchIndex(database).ok()) done = tryWrite(work);
        if (!done.ok()) noteDamage();
        return done;
    }
    // Reading needs no transaction: nobody else writes.
    template <class Work>
    auto read(Work work) -> std::invoke_result_t<Work> {
        database.forgetError();
        auto done = work();
        if (!done.ok()) noteDamage();
        return done;
    }

    // A file found damaged in use is checked in full, and salvaged, when it is next opened.
    void noteDamage();

private:
    template <class Work>
    auto tryWrite(Work& work) -> std::invoke_result_t<Work&> {
        database.forgetError();
        Transaction transaction(database);
        TRY_OK(transaction.begin());
        auto done = work();
        if (done.ok()) TRY_OK(transaction.commit());
        return done;
    }
};

// Parts of a transaction that both conversations.cpp and messages.cpp have.
Result<ConversationId> insertConversation(Database& database, const NewConversation& conversation,
                                          UnixMilliseconds now);
Result<void> storeDraft(Database& database, ConversationId id, const std::string& text);

} // namespace tramontane
