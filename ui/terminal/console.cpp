// Reading and writing by the system's calls: no buffer holds an answer back, and every failure is seen.
#include "ui/terminal/console.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace tramontane::terminal {
namespace {

constexpr std::size_t longestInput = std::size_t{256} << 20;

bool writeAll(int file, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(file, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

std::string oneLine(std::string_view text) {
    std::string line(text);
    for (char& c : line)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    return line;
}

Result<std::string> readFrom(int file, const std::string& name) {
    std::string text;
    char block[1 << 16];
    for (;;) {
        const ssize_t count = ::read(file, block, sizeof block);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return makeError(ErrorKind::io, name + " cannot be read: " + std::strerror(errno));
        if (count == 0) return text;
        if (text.size() + static_cast<std::size_t>(count) > longestInput)
            return makeError(ErrorKind::invalidInput, name + " is longer than 256 MiB");
        text.append(block, static_cast<std::size_t>(count));
    }
}

} // namespace

Result<void> writeOut(std::string_view text) {
    if (!writeAll(STDOUT_FILENO, text))
        return makeError(ErrorKind::io, std::string("standard output cannot be written: ") + std::strerror(errno));
    return {};
}

void writeError(std::string_view message) {
    (void)writeAll(STDERR_FILENO, "tramontane-cli: " + oneLine(message) + "\n");
}
void writeNote(std::string_view message) { (void)writeAll(STDERR_FILENO, oneLine(message) + "\n"); }

int failed(const Error& error) {
    writeError(error.message);
    return exitFailed;
}

int wrongUsage(const Error& error) {
    writeError(error.message);
    return exitWrongUsage;
}

bool errorIsTerminal() { return ::isatty(STDERR_FILENO) == 1; }
bool inputIsTerminal() { return ::isatty(STDIN_FILENO) == 1; }

ProgressLine::ProgressLine() : terminal_(errorIsTerminal()) {}

void ProgressLine::show(std::string_view text) {
    if (!terminal_) return;
    (void)writeAll(STDERR_FILENO, "\r\033[K" + oneLine(text));
    shown_ = true;
}

void ProgressLine::clear() {
    if (shown_) (void)writeAll(STDERR_FILENO, "\r\033[K");
    shown_ = false;
}

void showPrompt() { (void)writeAll(STDERR_FILENO, "> "); }

Result<std::string> readAll(const std::string& fileOrDash) {
    if (fileOrDash == "-") return readFrom(STDIN_FILENO, "standard input");
    const int file = ::open(fileOrDash.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return makeError(ErrorKind::io, fileOrDash + " cannot be opened: " + std::strerror(errno));
    auto text = readFrom(file, fileOrDash);
    ::close(file);
    return text;
}

std::optional<std::string> LineReader::next() {
    for (;;) {
        if (const std::size_t end = buffer_.find('\n'); end != std::string::npos) {
            std::string line = buffer_.substr(0, end);
            buffer_.erase(0, end + 1);
            if (!line.empty() && line.back() == '\r') line.pop_back();
            return line;
        }
        if (ended_ || buffer_.size() > longestInput) {
            if (buffer_.empty()) return std::nullopt;
            return std::exchange(buffer_, {});
        }
        char block[4096];
        const ssize_t count = ::read(STDIN_FILENO, block, sizeof block);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0)
            ended_ = true;
        else
            buffer_.append(block, static_cast<std::size_t>(count));
    }
}

} // namespace tramontane::terminal
