// Messages in, the branch they form out.
#include "branch.h"

namespace tramontane::desktop {

int Branch::indexOf(Key id) const {
    for (int i = int(messages_.size()) - 1; i >= 0; --i)
        if (messages_[std::size_t(i)].message.id == id) return i;
    return -1;
}

const ShownMessage* Branch::find(Key id) const {
    const int index = indexOf(id);
    return index < 0 ? nullptr : &messages_[std::size_t(index)];
}

ShownMessage* Branch::find(Key id) {
    const int index = indexOf(id);
    return index < 0 ? nullptr : &messages_[std::size_t(index)];
}

const ShownMessage* Branch::last(Author author) const {
    for (auto shown = messages_.rbegin(); shown != messages_.rend(); ++shown)
        if (shown->message.author == author) return &*shown;
    return nullptr;
}

void Branch::append(StoredMessage message) { messages_.push_back({std::move(message), 0, 1}); }

void Branch::addVariant(Key id, StoredMessage message) {
    const int index = indexOf(id);
    if (index < 0) return append(std::move(message));
    const int count = messages_[std::size_t(index)].siblingCount;
    messages_.resize(std::size_t(index));
    messages_.push_back({std::move(message), count, count + 1});
}

std::vector<StoredMessage> Branch::pathTo(Key end) const {
    std::vector<StoredMessage> path;
    const int index = indexOf(end);
    for (int i = 0; i <= index; ++i) path.push_back(messages_[std::size_t(i)].message);
    return path;
}

void Branch::renumber(const QHash<Key, Key>& numbers) {
    for (auto& shown : messages_) {
        shown.message.id = numbers.value(shown.message.id, shown.message.id);
        shown.message.parent = numbers.value(shown.message.parent, shown.message.parent);
    }
}

} // namespace tramontane::desktop
