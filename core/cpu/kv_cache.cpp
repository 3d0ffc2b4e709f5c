// Grows, shares, cuts and frees the blocks of sequences.
#include "core/cpu/kv_cache.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <string>
#include <utility>

namespace tramontane {
namespace {

// Left for everybody else when a block is taken: an answer that stops is better than a machine that swaps.
constexpr std::uint64_t kReserveBytes = std::uint64_t{64} << 20;

Error unknownSequence() {
    return makeError(ErrorKind::invalidInput, "no such sequence: it was released or never made");
}

} // namespace

KvCache::KvCache(const KvShape& shape, int contextLength, std::function<std::uint64_t()> available)
    : shape_(shape), contextLength_(contextLength),
      available_(available ? std::move(available) : std::function<std::uint64_t()>(availableMemoryBytes)) {}

SequenceId KvCache::create() {
    const SequenceId id{nextId_++};
    sequences_.try_emplace(id);
    return id;
}

Result<SequenceId> KvCache::fork(SequenceId source) {
    const auto found = sequences_.find(source);
    if (found == sequences_.end()) return unknownSequence();
    Sequence copy = found->second;
    const SequenceId id{nextId_++};
    sequences_.emplace(id, std::move(copy));
    return id;
}

Result<void> KvCache::truncate(SequenceId sequence, int length) {
    const auto found = sequences_.find(sequence);
    if (found == sequences_.end()) return unknownSequence();
    if (length < 0 || length > found->second.length)
        return makeError(ErrorKind::invalidInput, "a sequence of " + std::to_string(found->second.length) +
                                                      " tokens cannot be cut to " + std::to_string(length));
    found->second.length = length;
    found->second.blocks.resize(blocksFor(length));
    return {};
}

void KvCache::release(SequenceId sequence) { sequences_.erase(sequence); }

int KvCache::length(SequenceId sequence) const {
    const auto found = sequences_.find(sequence);
    return found == sequences_.end() ? 0 : found->second.length;
}

std::uint64_t KvCache::allocatedBytes() const {
    std::set<const Pages*> blocks;
    for (const auto& [id, sequence] : sequences_)
        for (const Block& block : sequence.blocks) blocks.insert(block.get());
    return blocks.size() * shape_.blockBytes();
}

Result<void> KvCache::reserve(std::span<const Growth> growths) {
    // A partly filled last block that a fork shares is copied; the rest of the growth takes fresh blocks.
    const auto sharedTail = [](const Sequence& sequence) {
        return sequence.length % kKvBlockPositions != 0 && sequence.blocks.back().use_count() > 1;
    };
    std::size_t needed = 0;
    for (const Growth& growth : growths) {
        const auto found = sequences_.find(growth.sequence);
        if (found == sequences_.end()) return unknownSequence();
        const Sequence& sequence = found->second;
        if (growth.tokens > contextLength_ - sequence.length)
            return makeError(ErrorKind::contextFull, "the context holds " + std::to_string(contextLength_) +
                                                         " tokens, and " + std::to_string(sequence.length) + " + " +
                                                         std::to_string(growth.tokens) + " are wanted");
        if (growth.tokens == 0) continue;
        needed += blocksFor(sequence.length + growth.tokens) - sequence.blocks.size() + (sharedTail(sequence) ? 1 : 0);
    }
    if (needed == 0) return {};
    const std::uint64_t bytes = needed * static_cast<std::uint64_t>(shape_.blockBytes()), free = available_();
    if (bytes > free || free - bytes < kReserveBytes)
        return makeError(ErrorKind::outOfMemory, "the context needs " + std::to_string((bytes >> 20) + 1) +
                                                     " MB more and " + std::to_string(free >> 20) +
                                                     " MB are free: close other programs or use a shorter context");

    std::vector<Block> fresh;
    while (fresh.size() < needed) {
        Result<Pages> pages = Pages::allocate(shape_.blockBytes());
        if (!pages) return std::move(pages).error();
        fresh.push_back(std::make_shared<Pages>(std::move(*pages)));
    }
    for (const Growth& growth : growths) {
        if (growth.tokens == 0) continue;
        Sequence& sequence = sequences_.find(growth.sequence)->second;
        const auto take = [&] {
            Block block = std::move(fresh.back());
            fresh.pop_back();
            return block;
        };
        if (sharedTail(sequence)) {
            Block copy = take();
            std::memcpy(copy->as<std::byte>(), sequence.blocks.back()->as<std::byte>(), shape_.blockBytes());
            sequence.blocks.back() = std::move(copy);
        }
        while (sequence.blocks.size() < blocksFor(sequence.length + growth.tokens)) sequence.blocks.push_back(take());
    }
    return {};
}

void KvCache::commit(std::span<const Growth> growths) {
    for (const Growth& growth : growths) sequences_.find(growth.sequence)->second.length += growth.tokens;
}

void KvCache::rollBack(std::span<const Growth> growths) {
    for (const Growth& growth : growths) {
        Sequence& sequence = sequences_.find(growth.sequence)->second;
        sequence.blocks.resize(blocksFor(sequence.length));
    }
}

std::vector<std::uint16_t*> KvCache::blockTable(SequenceId sequence) const {
    std::vector<std::uint16_t*> table;
    for (const Block& block : sequences_.find(sequence)->second.blocks) table.push_back(block->as<std::uint16_t>());
    return table;
}

} // namespace tramontane
