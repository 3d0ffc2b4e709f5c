// Runs the real tramontane-cli: words, input and signals in; exit status, output and error lines out.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace tramontane::testing {

struct ProgramRun {
    int status = -1; // of the exit; 1000 + the signal that ended it; -1: it had to be killed after a minute
    std::string output, errors;
    double seconds = 0;
};

struct ProgramInput {
    std::string text = {};            // standard input
    std::string builtIn = {};         // TRAMONTANE_BUILT_IN_MODEL
    std::size_t signalAfterBytes = 0; // then `signal`, once so much came out
    int signal = 0;
    double signalAfterSeconds = 0;         // or after this time
    std::size_t closeOutputAfterBytes = 0; // stop reading, as `head` does
};

ProgramRun runProgram(const std::vector<std::string>& words, const ProgramInput& input = {});

} // namespace tramontane::testing
