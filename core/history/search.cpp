// Words in; the newest messages and titles that hold all of them out.
//
// The index names messages that hold some three letters in a row of each word; the text of each is then read and
// looked through, so what is shown is there, whatever the index says. Words of one or two letters have no index:
// alone, they are looked for in message after message from the newest on, until the time is up.
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <unordered_set>

#include "core/history/store_state.h"
#include "core/history/text_fold.h"

namespace tramontane {

namespace {

using Clock = std::chrono::steady_clock;

// Ends a query of this connection when the time is up, and gives the connection back as it was.
class TimeLimit {
public:
    TimeLimit(Database& database, int milliseconds)
        : database_(database), end_(Clock::now() + std::chrono::milliseconds(milliseconds)) {
        constexpr int instructionsBetweenLooks = 2000;
        sqlite3_progress_handler(
            database_.handle(), instructionsBetweenLooks,
            [](void* self) { return int(static_cast<const TimeLimit*>(self)->isOver()); }, this);
    }
    ~TimeLimit() { sqlite3_progress_handler(database_.handle(), 0, nullptr, nullptr); }
    TimeLimit(const TimeLimit&) = delete;
    TimeLimit& operator=(const TimeLimit&) = delete;
    bool isOver() const { return Clock::now() >= end_; }

private:
    Database& database_;
    Clock::time_point end_;
};

// Where the characters of a word in search form begin, and its end.
std::vector<std::size_t> characterStarts(const std::string& word) {
    std::vector<std::size_t> starts;
    for (std::size_t i = 0; i < word.size(); i += decodeCharacter(word, i).byteCount) starts.push_back(i);
    starts.push_back(word.size());
    return starts;
}

// `"abc" AND "bcd" AND …`: a few threes spread over each word; empty where no word has three letters. Each stands in
// quotes, with those inside doubled, so nothing a person types is an operator.
std::string indexExpression(const std::vector<std::string>& words) {
    constexpr std::size_t mostOfAWord = 5, mostOfAll = 24;
    std::string expression;
    std::size_t terms = 0;
    for (const std::string& word : words) {
        const std::vector<std::size_t> starts = characterStarts(word);
        if (starts.size() < 4) continue; // under three characters
        const std::size_t count = starts.size() - 3, chosen = std::min(count, mostOfAWord);
        for (std::size_t i = 0; i < chosen && terms < mostOfAll; ++i, ++terms) {
            const std::size_t at = chosen == 1 ? 0 : i * (count - 1) / (chosen - 1);
            expression += expression.empty() ? "\"" : " AND \"";
            for (std::size_t byte = starts[at]; byte < starts[at + 3]; ++byte) {
                if (word[byte] == '"') expression += '"';
                expression += word[byte];
            }
            expression += '"';
        }
    }
    return expression;
}

bool holdsAll(const std::string& folded, const std::vector<std::string>& words) {
    return std::all_of(words.begin(), words.end(),
                       [&](const std::string& word) { return folded.find(word) != std::string::npos; });
}

class Searcher {
public:
    Searcher(Database& database, const SearchQuery& query)
        : database_(database), query_(query), words_(searchWords(query.text)),
          limit_(std::size_t(std::max(query.limit, 0))), time_(database, query.timeLimitMs) {}

    Result<SearchResult> run() {
        if (words_.empty() || limit_ == 0) return std::move(result_);
        const std::string expression = indexExpression(words_);
        Result<void> searched = readTitles();
        if (searched.ok()) searched = expression.empty() ? readMessages() : askIndex(expression);
        if (!searched.ok() && database_.foundIndexDamage()) {
            indexDamaged_ = true;
            searched = readMessages();
        }
        addTitles();
        if (!searched.ok()) {
            if (searched.error().kind != ErrorKind::cancelled) return searched.error();
            result_.complete = false;
        }
        std::stable_sort(result_.hits.begin(), result_.hits.end(),
                         [](const SearchHit& a, const SearchHit& b) { return a.createdAt > b.createdAt; });
        if (result_.hits.size() > limit_) {
            result_.hits.resize(limit_);
            result_.complete = false;
        }
        return std::move(result_);
    }

    bool indexDamaged() const { return indexDamaged_; }

private:
    bool full() {
        if (result_.hits.size() < limit_ && !time_.isOver()) return false;
        result_.complete = false;
        return true;
    }

    Result<void> askIndex(const std::string& expression) {
        // Growing answers in their order; very large texts last, so that they take the time of nothing else.
        std::vector<MessageId> growing, large;
        {
            Query rows = database_.query("SELECT u.message_id, m.growing FROM unindexed u"
                                         " JOIN messages m ON m.id = u.message_id ORDER BY u.message_id DESC");
            while (rows.next()) (rows.integer(1) ? growing : large).push_back(rows.integer(0));
            TRY_OK(rows.status());
        }
        auto next = growing.begin();
        Query found = database_.query("SELECT rowid FROM message_search WHERE message_search MATCH ?"
                                      " ORDER BY rowid DESC",
                                      expression);
        while (found.next()) {
            const MessageId id = found.integer(0);
            for (; next != growing.end() && *next > id; ++next) {
                if (full()) return {};
                TRY_OK(consider(*next));
            }
            if (full()) return {};
            TRY_OK(consider(id));
        }
        TRY_OK(found.status());
        large.insert(large.begin(), next, growing.end());
        for (const MessageId id : large) {
            if (full()) return {};
            TRY_OK(consider(id));
        }
        return {};
    }

    Result<void> readMessages() {
        result_.hits.clear();
        shown_.clear();
        Query rows = database_.query("SELECT id FROM messages ORDER BY id DESC");
        while (rows.next()) {
            if (full()) return {};
            TRY_OK(consider(rows.integer(0)));
        }
        return rows.status();
    }

    Result<void> consider(MessageId id) {
        Query row = database_.query("SELECT m.conversation_id, m.created_at, c.title, m.text FROM messages m"
                                    " JOIN conversations c ON c.id = m.conversation_id"
                                    " WHERE m.id = ? AND m.deleted_with IS NULL AND c.deleted_at IS NULL",
                                    id);
        if (!row.next()) return row.status();
        const ConversationId conversation = row.integer(0);
        if (query_.onePerConversation && shown_.contains(conversation)) return {};
        const std::string_view text = row.textView(3);
        if (!holdsAll(searchForm(text), words_)) return {};
        shown_.insert(conversation);
        Snippet snippet = makeSnippet(text, words_);
        result_.hits.push_back(
            {conversation, row.text(2), id, row.integer(1), std::move(snippet.text), std::move(snippet.matches)});
        return {};
    }

    // Titles are short: all of them are read, first, so that a long search among the messages does not hide them.
    Result<void> readTitles() {
        Query rows = database_.query("SELECT id, title, updated_at FROM conversations WHERE deleted_at IS NULL");
        while (rows.next()) {
            const std::string_view title = rows.textView(1);
            if (holdsAll(searchForm(title), words_))
                titles_.push_back({rows.integer(0), std::string(title), std::nullopt, rows.integer(2), {}, {}});
        }
        return rows.status();
    }

    // Where a message of the conversation matched as well, that says more than the title.
    void addTitles() {
        for (SearchHit& hit : titles_) {
            if (query_.onePerConversation && shown_.contains(hit.conversationId)) continue;
            Snippet snippet = makeSnippet(hit.title, words_);
            hit.snippet = std::move(snippet.text);
            hit.matches = std::move(snippet.matches);
            result_.hits.push_back(std::move(hit));
        }
    }

    Database& database_;
    const SearchQuery& query_;
    const std::vector<std::string> words_;
    const std::size_t limit_;
    TimeLimit time_;
    SearchResult result_;
    std::vector<SearchHit> titles_;
    std::unordered_set<ConversationId> shown_;
    bool indexDamaged_ = false;
};

} // namespace

Result<SearchResult> HistoryStore::search(const SearchQuery& query) {
    bool indexDamaged = false;
    Result<SearchResult> found = state_->read([&] {
        Searcher searcher(state_->database, query);
        Result<SearchResult> result = searcher.run();
        indexDamaged = searcher.indexDamaged();
        return result;
    });
    // The next opening looks at the index and makes it anew.
    if (indexDamaged) state_->noteDamage();
    return found;
}

} // namespace tramontane
