// Forks, works, reports through a pipe.
#include "tests/support/resource_use.h"

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <stdexcept>

#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tramontane::testing {
namespace {

// "VmHWM:   1234 kB" of this process, in MiB.
double statusMebibytes(const std::string& field) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(field + ":")) return std::strtod(line.c_str() + field.size() + 1, nullptr) / 1024;
    return 0;
}

} // namespace

ResourceUse measure(const std::function<std::string()>& work) {
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error("no pipe");
    const pid_t child = fork();
    if (child < 0) throw std::runtime_error("no process");
    if (child == 0) {
        close(ends[0]);
        malloc_trim(0);
        std::ofstream("/proc/self/clear_refs") << "5"; // the peak begins anew
        const double before = statusMebibytes("VmRSS");
        const std::clock_t began = std::clock();
        const std::string answer = work();
        const double seconds = double(std::clock() - began) / CLOCKS_PER_SEC;
        const std::string report =
            std::to_string(seconds) + " " + std::to_string(statusMebibytes("VmHWM") - before) + " " + answer;
        _exit(write(ends[1], report.data(), report.size()) == ssize_t(report.size()) ? 0 : 1);
    }
    close(ends[1]);
    std::string report;
    char buffer[4096];
    for (ssize_t count = 0; (count = read(ends[0], buffer, sizeof buffer)) > 0;)
        report.append(buffer, std::size_t(count));
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    ResourceUse use;
    use.died = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    char* rest = nullptr;
    use.seconds = std::strtod(report.c_str(), &rest);
    use.extraMebibytes = std::strtod(rest, &rest);
    use.answer = *rest == ' ' ? rest + 1 : rest;
    return use;
}

} // namespace tramontane::testing
