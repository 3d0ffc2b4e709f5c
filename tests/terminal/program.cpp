// Pipes, a poll loop and a deadline around one child process.
#include "tests/terminal/program.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>

namespace tramontane::testing {
namespace {

using Clock = std::chrono::steady_clock;
constexpr double deadlineSeconds = 60;

struct Pipe {
    int read = -1, write = -1;
    Pipe() {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) == 0) read = ends[0], write = ends[1];
    }
    ~Pipe() { closeRead(), closeWrite(); }
    void closeRead() {
        if (read >= 0) ::close(read);
        read = -1;
    }
    void closeWrite() {
        if (write >= 0) ::close(write);
        write = -1;
    }
};

[[noreturn]] void becomeProgram(const std::vector<std::string>& words, const ProgramInput& input, Pipe& in, Pipe& out,
                                Pipe& err) {
    ::dup2(in.read, STDIN_FILENO);
    ::dup2(out.write, STDOUT_FILENO);
    ::dup2(err.write, STDERR_FILENO);
    if (!input.builtIn.empty()) ::setenv("TRAMONTANE_BUILT_IN_MODEL", input.builtIn.c_str(), 1);
    std::vector<char*> arguments{const_cast<char*>(TRAMONTANE_CLI)};
    for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::execv(TRAMONTANE_CLI, arguments.data());
    ::_exit(127);
}

} // namespace

ProgramRun runProgram(const std::vector<std::string>& words, const ProgramInput& input) {
    std::signal(SIGPIPE, SIG_IGN);
    Pipe in, out, err;
    const auto start = Clock::now();
    const pid_t child = ::fork();
    if (child == 0) {
        std::signal(SIGPIPE, SIG_DFL);
        becomeProgram(words, input, in, out, err);
    }
    in.closeRead();
    out.closeWrite();
    err.closeWrite();

    ProgramRun run;
    const auto seconds = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
    std::string_view left = input.text;
    bool signalled = input.signal == 0, killed = false;
    if (left.empty()) in.closeWrite();
    while (out.read >= 0 || err.read >= 0) {
        pollfd polled[] = {{out.read, POLLIN, 0}, {err.read, POLLIN, 0}, {in.write, POLLOUT, 0}};
        ::poll(polled, 3, 20);
        const auto take = [](Pipe& pipe, std::string& into, short events) {
            if (pipe.read < 0 || !events) return;
            char block[1 << 16];
            const ssize_t count = ::read(pipe.read, block, sizeof block);
            if (count > 0)
                into.append(block, static_cast<std::size_t>(count));
            else
                pipe.closeRead();
        };
        take(out, run.output, polled[0].revents);
        take(err, run.errors, polled[1].revents);
        if (in.write >= 0 && polled[2].revents) {
            const ssize_t count = ::write(in.write, left.data(), std::min<std::size_t>(left.size(), 4096));
            if (count > 0) left.remove_prefix(static_cast<std::size_t>(count));
            if (left.empty() || count < 0) in.closeWrite();
        }
        if (input.closeOutputAfterBytes > 0 && run.output.size() >= input.closeOutputAfterBytes) out.closeRead();
        const bool due = (input.signalAfterBytes > 0 && run.output.size() >= input.signalAfterBytes) ||
                         (input.signalAfterSeconds > 0 && seconds() >= input.signalAfterSeconds);
        if (!signalled && due) {
            ::kill(child, input.signal);
            signalled = true;
        }
        if (!killed && seconds() > deadlineSeconds) {
            ::kill(child, SIGKILL);
            killed = true;
        }
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    run.seconds = seconds();
    if (!killed) run.status = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
    return run;
}

} // namespace tramontane::testing
