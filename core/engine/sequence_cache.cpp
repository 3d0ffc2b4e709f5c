// Which sequences are kept, forked, cut back and freed.
#include "core/engine/sequence_cache.h"

#include <algorithm>

namespace tramontane {
namespace {

std::size_t commonPrefix(std::span<const TokenId> a, std::span<const TokenId> b) {
    const std::size_t length = std::min(a.size(), b.size());
    return static_cast<std::size_t>(
        std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(length), b.begin()).first - a.begin());
}

} // namespace

Result<SequenceCache::Entry*> SequenceCache::acquire(std::span<const TokenId> prompt) {
    const auto reusable = prompt.first(prompt.empty() ? 0 : prompt.size() - 1);
    Entry* source = nullptr;
    std::size_t shared = 0;
    for (const auto& entry : entries_) {
        const std::size_t length = commonPrefix(entry->tokens, reusable);
        // Of equals an idle one that ends there, which needs no second sequence.
        const bool better =
            length > shared || (source && length == shared && length > 0 && source->busy && !entry->busy);
        if (!better) continue;
        shared = length;
        source = entry.get();
    }

    // A sequence that has more than the prompt wants is forked, so that a conversation's other branch stays
    // cached; where there is no room, whichever loss is cheaper happens: its rest, or the least recently used
    // sequence.
    const auto hasRoom = [&] {
        return entries_.size() < static_cast<std::size_t>(limits_.sequences) &&
               tokenCountWith(prompt) <= limits_.tokens;
    };
    const std::int64_t rest = source ? static_cast<std::int64_t>(source->tokens.size() - shared) : 0;
    bool takeSource = source && !source->busy && rest == 0;
    while (!takeSource && !hasRoom()) {
        Entry* oldest = leastRecentlyUsed(source);
        const bool sourceIdle = source && !source->busy;
        const std::int64_t loss = oldest ? tokenCount() - tokenCountWith({}, oldest) : 0;
        if (sourceIdle && (!oldest || rest <= loss))
            takeSource = true;
        else if (oldest)
            erase(oldest);
        else
            break; // everything else runs: the backend says whether there is memory
    }

    if (takeSource) {
        TRY_OK(backend_.truncateSequence(source->id, static_cast<int>(shared)));
        source->tokens.resize(shared);
        source->busy = true;
        source->lastUsed = ++clock_;
        return source;
    }
    for (;;) {
        auto id = source ? backend_.forkSequence(source->id) : backend_.createSequence();
        if (!id) {
            Entry* oldest = id.error().kind == ErrorKind::outOfMemory ? leastRecentlyUsed(source) : nullptr;
            if (!oldest) return std::move(id).error();
            erase(oldest);
            continue;
        }
        if (source) {
            auto cut = backend_.truncateSequence(*id, static_cast<int>(shared));
            if (!cut) {
                backend_.releaseSequence(*id);
                return std::move(cut).error();
            }
        }
        auto entry = std::make_unique<Entry>();
        entry->id = *id;
        entry->tokens.assign(prompt.begin(), prompt.begin() + static_cast<std::ptrdiff_t>(shared));
        entry->busy = true;
        entry->lastUsed = ++clock_;
        entries_.push_back(std::move(entry));
        return entries_.back().get();
    }
}

void SequenceCache::giveBack(Entry* entry) {
    entry->busy = false;
    entry->lastUsed = ++clock_;
    if (entry->tokens.empty())
        erase(entry);
    else
        enforceLimits();
}

void SequenceCache::discard(Entry* entry) { erase(entry); }

bool SequenceCache::evictOne() {
    Entry* oldest = leastRecentlyUsed(nullptr);
    if (oldest) erase(oldest);
    return oldest != nullptr;
}

void SequenceCache::enforceLimits() {
    while (entries_.size() > static_cast<std::size_t>(limits_.sequences) || tokenCount() > limits_.tokens)
        if (!evictOne()) break;
}

void SequenceCache::clear() {
    for (const auto& entry : entries_) backend_.releaseSequence(entry->id);
    entries_.clear();
}

SequenceCache::Entry* SequenceCache::leastRecentlyUsed(const Entry* except) const {
    Entry* oldest = nullptr;
    for (const auto& entry : entries_)
        if (!entry->busy && entry.get() != except && (!oldest || entry->lastUsed < oldest->lastUsed))
            oldest = entry.get();
    return oldest;
}

// Tokens of the tree that all sequences (and `extra`) make up: sorted, each adds what its neighbour does not
// share.
std::int64_t SequenceCache::tokenCountWith(std::span<const TokenId> extra, const Entry* without) const {
    std::vector<std::span<const TokenId>> all;
    for (const auto& entry : entries_)
        if (entry.get() != without) all.emplace_back(entry->tokens);
    all.push_back(extra);
    std::sort(all.begin(), all.end(),
              [](auto a, auto b) { return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end()); });
    std::int64_t count = 0;
    for (std::size_t i = 0; i < all.size(); ++i)
        count += static_cast<std::int64_t>(all[i].size() - (i > 0 ? commonPrefix(all[i - 1], all[i]) : 0));
    return count;
}

void SequenceCache::erase(const Entry* entry) {
    backend_.releaseSequence(entry->id);
    std::erase_if(entries_, [&](const auto& held) { return held.get() == entry; });
}

} // namespace tramontane
