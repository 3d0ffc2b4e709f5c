#include "core/exchange/foreign_tree.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <unordered_map>

#include "core/base/bytes.h"

namespace tramontane {

namespace {

constexpr std::size_t longestForeignTitleBytes = 400;

struct Tree {
    std::vector<std::vector<std::size_t>> children; // of each node
    std::vector<std::size_t> roots;
    std::unordered_map<std::string, std::size_t> places;
};

std::string placeName(const std::string& path, const std::string& key) {
    return path + "[\"" + printableText(key, 60) + "\"].parent";
}

// By the order their parent gives them; what it does not list comes behind, oldest first.
void arrange(const std::vector<ForeignNode>& nodes, const std::vector<std::string>& order,
             std::vector<std::size_t>& children) {
    std::unordered_map<std::string_view, std::size_t> ranks;
    for (std::size_t i = 0; i < order.size(); ++i) ranks.emplace(order[i], i);
    const auto rank = [&](std::size_t node) {
        const auto found = ranks.find(nodes[node].key);
        return std::tuple(found == ranks.end() ? order.size() : found->second, nodes[node].createdAt.value_or(0));
    };
    std::stable_sort(children.begin(), children.end(), [&](std::size_t a, std::size_t b) { return rank(a) < rank(b); });
}

Result<Tree> plant(const std::vector<ForeignNode>& nodes, const std::string& path) {
    Tree tree;
    tree.children.resize(nodes.size());
    for (std::size_t i = 0; i < nodes.size(); ++i) tree.places.emplace(nodes[i].key, i);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (!nodes[i].parent) {
            tree.roots.push_back(i);
            continue;
        }
        const auto parent = tree.places.find(*nodes[i].parent);
        if (parent == tree.places.end())
            return makeError(ErrorKind::invalidInput, placeName(path, nodes[i].key) + " is \"" +
                                                          printableText(*nodes[i].parent, 60) +
                                                          "\", which is not there");
        tree.children[parent->second].push_back(i);
    }
    arrange(nodes, {}, tree.roots);
    for (std::size_t i = 0; i < nodes.size(); ++i) arrange(nodes, nodes[i].children, tree.children[i]);
    return tree;
}

} // namespace

std::optional<UnixMilliseconds> foreignDate(std::optional<double> number) {
    if (!number || !std::isfinite(*number) || *number <= 0) return std::nullopt;
    double seconds = *number;
    for (int i = 0; i < 3 && seconds > 1e11; ++i) seconds /= 1000;
    if (seconds > 253'402'300'799.0) return std::nullopt;
    return UnixMilliseconds(std::llround(seconds * 1000));
}

std::string foreignTitle(std::string_view title) {
    std::string line;
    for (const char c : title) {
        const bool space = static_cast<unsigned char>(c) <= ' ';
        if (!space || (!line.empty() && line.back() != ' ')) line += space ? ' ' : c;
        if (line.size() > 2 * longestForeignTitleBytes) break;
    }
    while (line.ends_with(' ')) line.pop_back();
    return printableText(line, longestForeignTitleBytes);
}

Result<void> growTree(std::vector<ForeignNode> nodes, const std::optional<std::string>& shown, const std::string& path,
                      WholeConversation& whole) {
    const Result<Tree> tree = plant(nodes, path);
    TRY_OK(tree);
    struct Open {
        std::size_t node;
        std::optional<MessageId> parent;
    };
    std::vector<Open> open;
    const auto push = [&](const std::vector<std::size_t>& list, std::optional<MessageId> parent) {
        for (auto each = list.rbegin(); each != list.rend(); ++each) open.push_back({*each, parent});
    };
    std::vector<std::optional<MessageId>> ends(nodes.size()); // the message that stands where the node was
    std::vector<bool> reached(nodes.size(), false);
    push(tree->roots, std::nullopt);
    while (!open.empty()) {
        const Open next = open.back();
        open.pop_back();
        reached[next.node] = true;
        ends[next.node] = next.parent;
        if (std::optional<Message>& message = nodes[next.node].message) {
            message->id = MessageId(whole.messages.size()) + 1;
            message->parentId = next.parent;
            message->createdAt = nodes[next.node].createdAt.value_or(0);
            ends[next.node] = message->id;
            whole.messages.push_back(std::move(*message));
        }
        push(tree->children[next.node], ends[next.node]);
    }
    for (std::size_t i = 0; i < nodes.size(); ++i)
        if (!reached[i])
            return makeError(ErrorKind::invalidInput, placeName(path, nodes[i].key) + " is \"" +
                                                          printableText(*nodes[i].parent, 60) +
                                                          "\", which leads in a circle");
    if (whole.messages.empty()) return {};
    // The last one is the end along newest children.
    whole.conversation.currentLeaf = whole.messages.back().id;
    if (!shown) return {};
    const auto end = tree->places.find(*shown);
    if (end != tree->places.end() && ends[end->second]) whole.conversation.currentLeaf = ends[end->second];
    return {};
}

void completeDates(std::optional<UnixMilliseconds> createdAt, std::optional<UnixMilliseconds> updatedAt,
                   UnixMilliseconds now, WholeConversation& whole) {
    UnixMilliseconds first = std::numeric_limits<UnixMilliseconds>::max(), last = 0;
    for (const Message& message : whole.messages) {
        if (message.createdAt == 0) continue;
        first = std::min(first, message.createdAt);
        last = std::max(last, message.createdAt);
    }
    whole.conversation.createdAt = createdAt.value_or(last ? first : updatedAt.value_or(now));
    whole.conversation.updatedAt = updatedAt.value_or(last ? last : whole.conversation.createdAt);
    for (Message& message : whole.messages)
        if (message.createdAt == 0) message.createdAt = whole.conversation.createdAt;
}

} // namespace tramontane
