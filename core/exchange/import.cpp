#include "core/exchange/import.h"

#include <optional>

#include "core/base/bytes.h"
#include "core/exchange/conversation_json.h"
#include "core/exchange/field_reader.h"
#include "core/exchange/foreign_formats.h"
#include "core/files/json_scanner.h"
#include "core/files/mapped_file.h"

namespace tramontane {

namespace {

constexpr std::size_t longestKeyBytes = 4096;
constexpr std::size_t longestHeadValueBytes = 256;

Error refused(const std::string& what) { return makeError(ErrorKind::invalidInput, what); }

Error noJson(const JsonScanner& scanner) { return refused("is not valid JSON: " + scanner.error()); }

// What begins where the scanner stands, checked; empty after a fault, and then `lastKey` is the field before it.
std::string_view nextValue(JsonScanner& scanner, std::string_view text, std::string& lastKey) {
    const std::size_t begin = scanner.position();
    if (!scanner.checkValue(lastKey)) return {};
    return text.substr(begin, scanner.position() - begin);
}

// At least as many as a tree of it would have.
std::size_t valueCount(std::string_view text) {
    std::size_t count = 1;
    bool inString = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '"')
            inString = !inString;
        else if (c == '\\')
            ++i;
        else if (!inString && (c == ',' || c == '[' || c == '{'))
            ++count;
    }
    return count;
}

// The head of a file that is one object.
struct Head {
    std::string format;                            // empty: there is none
    nlohmann::json version;                        // null: there is none
    std::optional<std::string_view> conversations; // from the list on
    bool isChatGpt = false, isOpenWebUi = false;
};

Result<Head> readHead(std::string_view text) {
    Head head;
    JsonScanner scanner(text);
    std::string key;
    if (!scanner.beginObject()) return noJson(scanner);
    while (scanner.nextKey(key, longestKeyBytes)) {
        const std::size_t begin = scanner.position();
        if (!scanner.skipValue()) return noJson(scanner);
        const std::string_view value = text.substr(begin, scanner.position() - begin);
        if (key == "conversations") {
            if (head.conversations) return refused("has \"conversations\" twice");
            head.conversations = text.substr(begin);
        } else if ((key == "format" || key == "version") && value.size() <= longestHeadValueBytes) {
            const nlohmann::json parsed = nlohmann::json::parse(value, nullptr, false);
            if (key == "version")
                head.version = parsed;
            else if (parsed.is_string())
                head.format = parsed.get<std::string>();
        }
        head.isChatGpt = head.isChatGpt || key == "mapping";
        head.isOpenWebUi = head.isOpenWebUi || key == "chat";
    }
    if (!scanner.atEnd()) return noJson(scanner);
    return head;
}

class Importer {
public:
    Importer(UnixMilliseconds now, const std::function<bool()>& proceed) : now_(now), proceed_(proceed) {}

    Result<void> read(std::string_view text) {
        const std::size_t first = text.find_first_not_of(" \t\r\n");
        if (first == std::string_view::npos) return refused("is empty");
        if (text.starts_with("PK\x03\x04"))
            return refused("is a ZIP archive; unpack it and choose the file conversations.json in it");
        if (text[first] == '[') return readList(text, {}, /*isWholeFile=*/true);
        if (text[first] != '{') return refused("holds no conversations: it is not a file in JSON");
        const Result<Head> head = readHead(text);
        TRY_OK(head);
        if (head->format.empty() && (head->isChatGpt || head->isOpenWebUi)) {
            std::string lastKey;
            JsonScanner scanner(text);
            return readEntry(nextValue(scanner, text, lastKey), "");
        }
        return readOwn(*head);
    }

    std::optional<ImportKind> kind;
    std::vector<WholeConversation> conversations;

private:
    Result<void> readOwn(const Head& head) {
        if (head.format.empty())
            return refused("holds no conversations of Tramontane, ChatGPT or Open WebUI: there is no field \"format\"");
        if (head.format != conversationFormat)
            return refused("format is \"" + printableText(head.format, 60) + "\", expected \"" + conversationFormat +
                           '"');
        if (!head.version.is_number_integer() || head.version < 1)
            return refused("version is " + foundText(head.version) + ", expected a whole number from 1");
        if (head.version > conversationFormatVersion)
            return makeError(ErrorKind::unsupported, "version is " + foundText(head.version) +
                                                         ", and this program knows " +
                                                         std::to_string(conversationFormatVersion) +
                                                         ": it was written by a newer Tramontane; update Tramontane");
        if (!head.conversations) return refused("conversations is missing, expected a list");
        kind = ImportKind::tramontane;
        return readList(*head.conversations, "conversations", /*isWholeFile=*/false);
    }

    Result<void> readList(std::string_view text, const std::string& path, bool isWholeFile) {
        JsonScanner scanner(text);
        if (!scanner.beginArray()) return refused(path + ' ' + scanner.error());
        for (std::size_t i = 0; scanner.nextElement(); ++i) {
            if (i >= maxImportConversations)
                return refused("holds more than " + std::to_string(maxImportConversations) + " conversations");
            const std::string place = path + '[' + std::to_string(i) + ']';
            std::string lastKey;
            const std::string_view entry = nextValue(scanner, text, lastKey);
            if (!scanner.ok())
                return refused(
                    place + " is not valid JSON: " + scanner.error() +
                    (lastKey.empty() ? std::string() : ", at or after the field \"" + printableText(lastKey) + '"'));
            TRY_OK(readEntry(entry, place));
        }
        if (isWholeFile) scanner.atEnd();
        if (!scanner.ok()) return noJson(scanner);
        return {};
    }

    Result<void> readEntry(std::string_view text, const std::string& place) {
        const std::string name = place.empty() ? "the conversation" : place;
        if (proceed_ && !proceed_()) return makeError(ErrorKind::cancelled, "was not read to its end");
        if (text.size() > maxImportConversationBytes)
            return refused(name + " has " + sizeText(text.size()) + ", at most " +
                           sizeText(maxImportConversationBytes) + " is expected");
        if (valueCount(text) > maxImportConversationValues)
            return refused(name + " has more than " + std::to_string(maxImportConversationValues) + " values");
        const nlohmann::json entry = nlohmann::json::parse(text, nullptr, false);
        if (entry.is_discarded()) return refused(name + " is not valid JSON");
        if (!entry.is_object()) return refused(name + " is " + foundText(entry) + ", expected an object");
        Result<WholeConversation> whole = convert(entry, place, name);
        TRY_OK(whole);
        // A conversation of another program without a word leaves nothing to add; one of ours may have a draft.
        if (kind == ImportKind::tramontane || !whole->messages.empty()) conversations.push_back(std::move(*whole));
        return {};
    }

    Result<WholeConversation> convert(const nlohmann::json& entry, const std::string& place, const std::string& name) {
        if (kind == ImportKind::tramontane) return conversationFromJson(entry, place);
        const bool chatGpt = entry.contains("mapping");
        if (!chatGpt && !entry.contains("chat"))
            return refused(name + " is no conversation of ChatGPT (\"mapping\") or Open WebUI (\"chat\")");
        kind = chatGpt ? ImportKind::chatGpt : ImportKind::openWebUi;
        return chatGpt ? conversationFromChatGpt(entry, place, now_) : conversationFromOpenWebUi(entry, place, now_);
    }

    UnixMilliseconds now_;
    const std::function<bool()>& proceed_;
};

} // namespace

Result<ImportedFile> parseImport(std::string_view text, std::string_view fileName, UnixMilliseconds now,
                                 const std::function<bool()>& proceed) {
    const auto named = [&](const Error& error) {
        return makeError(error.kind, printableText(fileName) + ": " + error.message);
    };
    if (text.size() > maxImportBytes)
        return named(refused("has " + sizeText(text.size()) + ", at most " + sizeText(maxImportBytes) +
                             " can be imported at once"));
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    Importer importer(now, proceed);
    const Result<void> read = importer.read(text);
    if (!read.ok()) return named(read.error());
    if (importer.conversations.empty()) return named(refused("holds no conversation"));
    return ImportedFile{*importer.kind, std::move(importer.conversations)};
}

Result<ImportedFile> readImport(const std::filesystem::path& file, UnixMilliseconds now,
                                const std::function<bool()>& proceed) {
    const Result<MappedFile> mapped = MappedFile::open(file);
    TRY_OK(mapped);
    const auto bytes = mapped->bytes();
    Result<ImportedFile> imported =
        parseImport({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, mapped->name(), now, proceed);
    TRY_OK(mapped->checkUnchanged());
    return imported;
}

} // namespace tramontane
