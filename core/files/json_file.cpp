// Bounded reading of small files, and of JSON in them.
#include "core/files/json_file.h"

#include <cerrno>
#include <system_error>
#include <unordered_set>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/bytes.h"
#include "core/files/json_scanner.h"

namespace tramontane {
namespace {

// The parser's events: refuses repeated keys, and remembers which field it was at.
class Watcher {
public:
    bool operator()(int, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
        using Event = nlohmann::json::parse_event_t;
        if (event == Event::object_start) {
            keys_.emplace_back();
        } else if (event == Event::object_end) {
            keys_.pop_back();
        } else if (event == Event::key) {
            field = parsed.get_ref<const std::string&>();
            if (!keys_.back().insert(field).second && repeated.empty()) repeated = field;
        }
        return true;
    }

    std::string field;    // the last name read
    std::string repeated; // the first name that stood twice in one object

private:
    std::vector<std::unordered_set<std::string>> keys_; // of the open objects
};

} // namespace

Result<std::string> readSmallFile(const std::filesystem::path& path, std::size_t maxBytes) {
    const auto systemError = [&](const char* what) {
        const int code = errno;
        return makeError(code == ENOENT || code == ENOTDIR ? ErrorKind::notFound : ErrorKind::io,
                         path.string() + " cannot be " + what + ": " + std::generic_category().message(code));
    };
    struct Descriptor {
        int fd;
        ~Descriptor() {
            if (fd >= 0) close(fd);
        }
    } const file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (file.fd < 0) return systemError("opened");
    struct stat status {};
    if (fstat(file.fd, &status) != 0) return systemError("examined");
    if (!S_ISREG(status.st_mode))
        return makeError(ErrorKind::invalidInput, path.string() + " is not a regular file");
    if (std::uint64_t(status.st_size) > maxBytes)
        return makeError(ErrorKind::invalidInput, path.string() + " has " +
                                                      sizeText(std::uint64_t(status.st_size)) + ", at most " +
                                                      sizeText(maxBytes) + " is expected");
    // One byte more than it claims, so that a file that grows meanwhile is not cut without a word.
    std::string text(std::size_t(status.st_size) + 1, '\0');
    std::size_t filled = 0;
    while (filled < text.size()) {
        const ssize_t count = read(file.fd, text.data() + filled, text.size() - filled);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return systemError("read");
        if (count == 0) break;
        filled += std::size_t(count);
    }
    if (filled != std::size_t(status.st_size))
        return makeError(ErrorKind::changedOnDisk, path.string() + " changed while it was read");
    text.resize(filled);
    return text;
}

Result<nlohmann::json> parseJsonObject(std::string_view text, std::string_view fileName) {
    const auto refuse = [&](const std::string& what) {
        return makeError(ErrorKind::invalidInput, std::string(fileName) + ": " + what);
    };
    Watcher watcher;
    try {
        // Depth first, without recursion, so that the tree that is built next is shallow.
        int depth = 0;
        bool inString = false;
        for (std::size_t i = 0; i < text.size(); ++i) {
            const char c = text[i];
            if (inString) {
                if (c == '\\') ++i;
                inString = c != '"';
            } else if (c == '"') {
                inString = true;
            } else if (c == '{' || c == '[') {
                if (++depth > JsonScanner::maxDepth) return refuse("is nested more than 64 deep");
            } else if (c == '}' || c == ']') {
                --depth;
            }
        }
        nlohmann::json value = nlohmann::json::parse(
            text, [&](int level, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
                return watcher(level, event, parsed);
            });
        if (!watcher.repeated.empty()) return refuse("has the field \"" + watcher.repeated + "\" twice");
        if (!value.is_object()) return refuse("is not a JSON object");
        return value;
    } catch (const nlohmann::json::parse_error& error) {
        return refuse(
            "is not valid JSON at byte " + std::to_string(error.byte) +
            (watcher.field.empty() ? std::string() : ", at or after the field \"" + watcher.field + "\""));
    } catch (const nlohmann::json::exception&) {
        return refuse("has a number that is out of range, at or after the field \"" + watcher.field + "\"");
    }
}

Result<nlohmann::json> readJsonFile(const std::filesystem::path& path, std::size_t maxBytes) {
    Result<std::string> text = readSmallFile(path, maxBytes);
    if (!text) return std::move(text).error();
    return parseJsonObject(*text, path.filename().string());
}

} // namespace tramontane
