// What the parts of HistoryStore share: the connection, and the frame every reading and writing call runs in.
#pragma once

#include <any>
#include <functional>
#include <optional>
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
    // A write that makes something new, id T. The last step of a commit, emptying the journal, can be done and then
    // fail to be synced: an error, though the new state is in the file. Who then asks again would make it twice. So
    // what failed like that is remembered by `key()`, which says what was asked for, and where the same is asked for
    // next and isThere(id) finds it, that is made durable and returned.
    template <class T>
    Result<T> insert(const std::function<std::string()>& key, const std::function<Result<T>()>& work,
                     const std::function<Result<bool>(const T&)>& isThere) {
        if (std::optional<Result<T>> earlier = findUncertain<T>(key, isThere)) return std::move(*earlier);
        std::optional<T> made;
        Result<T> done = write([&] {
            Result<T> inserted = work();
            if (inserted.ok()) made = *inserted;
            return inserted;
        });
        if (done.ok() || !made || done.error().kind != ErrorKind::io) return done;
        uncertain = Uncertain{key(), *made};
        std::optional<Result<T>> found = findUncertain<T>(key, isThere);
        return found && found->ok() ? std::move(*found) : std::move(done);
    }

    // Reading needs no transaction: nobody else writes.
    template <class Work>
    auto read(Work work) -> std::invoke_result_t<Work> {
        database.forgetError();
        auto done = work();
        if (!done.ok()) noteDamage();
        return done;
    }

    struct Uncertain {
        std::string key;
        std::any made;
    };
    std::optional<Uncertain> uncertain = {};

    // A file found damaged in use is checked in full, and salvaged, when it is next opened.
    void noteDamage();

private:
    // None: nothing such is in the file.
    template <class T>
    std::optional<Result<T>> findUncertain(const std::function<std::string()>& key,
                                           const std::function<Result<bool>(const T&)>& isThere) {
        if (!uncertain || uncertain->key != key()) return std::nullopt;
        const T made = std::any_cast<T>(uncertain->made);
        const Result<bool> there = isThere(made);
        if (!there.ok()) return Result<T>(there.error());
        if (*there)
            if (const Result<void> durable = touch(); !durable.ok()) return Result<T>(durable.error());
        uncertain.reset();
        if (!*there) return std::nullopt;
        return Result<T>(made);
    }
    // A transaction that changes nothing: all before it is durable once it is.
    Result<void> touch();

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
