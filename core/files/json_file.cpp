// Bounded reading of small files, and of JSON in them.
#include "core/files/json_file.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/bytes.h"
#include "core/files/json_scanner.h"

namespace tramontane {
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
    if (!S_ISREG(status.st_mode)) return makeError(ErrorKind::invalidInput, path.string() + " is not a regular file");
    if (std::uint64_t(status.st_size) > maxBytes)
        return makeError(ErrorKind::invalidInput, path.string() + " has " + sizeText(std::uint64_t(status.st_size)) +
                                                      ", at most " + sizeText(maxBytes) + " is expected");
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
    // All checks first, so that the tree that is built next is shallow and small. (The library's own
    // callbacks would do, but take quadratic time on an array of arrays.)
    JsonScanner scanner(text);
    std::string field;
    if (!scanner.checkValue(field) || !scanner.atEnd()) {
        return refuse("is not valid JSON: " + scanner.error() +
                      (field.empty() ? std::string() : ", at or after the field \"" + printableText(field) + "\""));
    }
    nlohmann::json value = nlohmann::json::parse(text, nullptr, false);
    if (value.is_discarded()) return refuse("is not valid JSON");
    if (!value.is_object()) return refuse("is not a JSON object");
    return value;
}

} // namespace tramontane
