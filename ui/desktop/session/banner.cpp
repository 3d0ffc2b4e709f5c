// Notices in, the most serious of them out.
#include "banner.h"

namespace tramontane::desktop {

Banner::Banner(QObject* parent) : QObject(parent) {}

void Banner::show(Topic topic, Notice notice) {
    notices_[topic] = std::move(notice);
    emit changed();
}

void Banner::clear(Topic topic) {
    if (notices_.erase(topic)) emit changed();
}

Banner::Topic Banner::currentTopic() const {
    Topic best = Topic::Context;
    Type type = None;
    for (const auto& [topic, notice] : notices_) {
        if (notice.type <= type) continue;
        type = notice.type;
        best = topic;
    }
    return best;
}

const Banner::Notice& Banner::current() const {
    static const Notice nothing;
    const auto found = notices_.find(currentTopic());
    return found == notices_.end() ? nothing : found->second;
}

void Banner::action() {
    const auto run = current().action; // a copy: the action may clear the notice it came from
    if (run) run();
}

void Banner::secondAction() {
    const auto run = current().secondAction;
    if (run) run();
}

void Banner::dismiss() {
    if (current().dismissable) clear(currentTopic());
}

} // namespace tramontane::desktop
