// Any text as a file of conversations: refused with one line, or every message follows one before it.
#include <cstdlib>
#include <set>
#include <string_view>

#include "core/exchange/conversation_html.h"
#include "core/exchange/conversation_json.h"
#include "core/exchange/conversation_markdown.h"
#include "core/exchange/import.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace tramontane;
    const auto file = parseImport({reinterpret_cast<const char*>(data), size}, "import.json", 1'764'000'000'000);
    if (!file) {
        if (file.error().message.find('\n') != std::string::npos) std::abort();
        return 0;
    }
    std::string again = jsonExportStart();
    for (const WholeConversation& whole : file->conversations) {
        std::set<MessageId> before;
        for (const Message& message : whole.messages) {
            if (message.parentId && !before.contains(*message.parentId)) std::abort();
            if (!before.insert(message.id).second) std::abort();
        }
        const auto& shown = whole.conversation.currentLeaf;
        if (shown && !before.contains(*shown)) std::abort();
        again += jsonExportEntry(whole, &whole == &file->conversations.front());
        if (conversationMarkdown(whole).empty() || conversationHtml(whole, HtmlLook::page).empty()) std::abort();
    }
    // What was read is written so that it can be read.
    const auto second = parseImport(again + jsonExportEnd(), "again.json", 0);
    if (!second || second->conversations.size() != file->conversations.size()) std::abort();
    return 0;
}
