// The one branch of a conversation that is shown, as plain values. The other branches stay in the store.
#pragma once

#include <vector>

#include "ui/desktop/bridge/messages.h"

namespace tramontane::desktop {

class Branch {
public:
    Branch() = default;
    explicit Branch(const QList<ShownMessage>& messages) : messages_(messages.begin(), messages.end()) {}

    const std::vector<ShownMessage>& messages() const { return messages_; }
    bool isEmpty() const { return messages_.empty(); }
    Key leaf() const { return messages_.empty() ? 0 : messages_.back().message.id; }
    const ShownMessage* find(Key id) const;
    ShownMessage* find(Key id);
    const ShownMessage* last(Author author) const;

    // Behind the last message, as its only child.
    void append(StoredMessage message);
    // As one more variant of `id`, which goes from view with all that follows it.
    void addVariant(Key id, StoredMessage message);
    // From the first message up to and with `end`; empty where `end` is not on the branch.
    std::vector<StoredMessage> pathTo(Key end) const;
    void renumber(const QHash<Key, Key>& numbers);

private:
    int indexOf(Key id) const;
    std::vector<ShownMessage> messages_;
};

} // namespace tramontane::desktop
