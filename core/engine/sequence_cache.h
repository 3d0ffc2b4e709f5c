// The sequences a backend holds and the tokens in each: a prompt in, the sequence that already begins like it
// out.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/base/result.h"
#include "core/engine/backend.h"

namespace tramontane {

struct CacheLimits {
    int sequences = 4;          // kept at once, those of running jobs included
    std::int64_t tokens = 8192; // in all of them, a shared beginning counted once
};

// What runs is never evicted; of the rest the least recently used goes first.
class SequenceCache {
public:
    struct Entry {
        SequenceId id{};
        std::vector<TokenId> tokens; // what the backend has read of it
        bool busy = false;
        std::uint64_t lastUsed = 0;
    };

    SequenceCache(Backend& backend, CacheLimits limits) : backend_(backend), limits_(limits) {}
    ~SequenceCache() { clear(); }
    SequenceCache(const SequenceCache&) = delete;
    SequenceCache& operator=(const SequenceCache&) = delete;

    // A busy entry whose tokens are the longest beginning of `prompt` that is cached, its last token never
    // among them: somebody has to compute the logits after it.
    Result<Entry*> acquire(std::span<const TokenId> prompt);
    // The job is done; its tokens may serve the next one.
    void giveBack(Entry* entry);
    // As giveBack, for a sequence whose contents are not to be trusted.
    void discard(Entry* entry);
    // Frees the least recently used idle sequence. False where all are busy.
    bool evictOne();
    // Evicts until the limits hold again, as running sequences grow.
    void enforceLimits();
    void clear();

    std::size_t size() const { return entries_.size(); }
    std::int64_t tokenCount() const { return tokenCountWith({}); }

private:
    Entry* leastRecentlyUsed(const Entry* except) const;
    std::int64_t tokenCountWith(std::span<const TokenId> extra, const Entry* without = nullptr) const;
    void erase(const Entry* entry);

    Backend& backend_;
    CacheLimits limits_;
    std::vector<std::unique_ptr<Entry>> entries_;
    std::uint64_t clock_ = 0;
};

} // namespace tramontane
