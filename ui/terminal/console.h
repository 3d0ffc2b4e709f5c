// Standard input, output and error as this program uses them: results out, one line an error.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace tramontane::terminal {

constexpr int exitDone = 0, exitFailed = 1, exitWrongUsage = 2;

// Writes all of `text` at once. io: the reader is gone or the disk is full.
Result<void> writeOut(std::string_view text);

// "tramontane-cli: MESSAGE" as exactly one line.
void writeError(std::string_view message);
void writeNote(std::string_view message);
int failed(const Error& error);     // writes it; exitFailed
int wrongUsage(const Error& error); // writes it; exitWrongUsage

// A line of progress that the next one replaces; nothing where standard error is no terminal.
class ProgressLine {
public:
    ProgressLine();
    ~ProgressLine() { clear(); }
    void show(std::string_view text);
    void clear();

private:
    bool terminal_;
    bool shown_ = false;
};
bool errorIsTerminal();
bool inputIsTerminal();

// The whole of a file, or of standard input for "-".
Result<std::string> readAll(const std::string& fileOrDash);

// "> " on standard error, for a person's next line.
void showPrompt();

// Lines of standard input, without their ends; nothing at the end of the input.
class LineReader {
public:
    std::optional<std::string> next();

private:
    std::string buffer_;
    bool ended_ = false;
};

} // namespace tramontane::terminal
