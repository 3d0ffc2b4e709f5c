// tramontane-cli COMMAND: a model in the terminal.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "ui/terminal/commands.h"
#include "ui/terminal/console.h"

namespace {

using namespace tramontane;
using namespace tramontane::terminal;

struct Entry {
    const char* name;
    const char* summary;
    int (*run)(Words, Interrupt&);
};
constexpr std::array entries{
    Entry{"run", "answer a prompt, or hold a conversation", runCommand},
    Entry{"tokenize", "print the token ids of a text or a conversation", tokenizeCommand},
    Entry{"score", "say how likely the model finds a sequence of ids", scoreCommand},
    Entry{"bench", "measure the speed of a model on this machine", benchCommand},
    Entry{"info", "say what a model is and whether it fits here", infoCommand},
};

std::string usage() {
    std::string text = "Usage: tramontane-cli COMMAND [OPTION]...\n\nCommands:\n";
    for (const Entry& entry : entries) {
        const std::string name = entry.name;
        text += "  " + name + std::string(10 - name.size(), ' ') + entry.summary + "\n";
    }
    return text + "\ntramontane-cli COMMAND --help lists a command's options.\n";
}

} // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + std::max(argc, 1));
    if (words.empty())
        return wrongUsage(
            makeError(ErrorKind::invalidInput,
                      "expected a command: run, tokenize, score, bench or info; see tramontane-cli --help"));
    if (words[0] == "--help" || words[0] == "-h") return writeOut(usage()).ok() ? exitDone : exitFailed;
    if (words[0] == "--version")
        return writeOut("tramontane-cli " TRAMONTANE_VERSION "\n").ok() ? exitDone : exitFailed;
    const auto entry =
        std::find_if(entries.begin(), entries.end(), [&](const Entry& known) { return words[0] == known.name; });
    if (entry == entries.end())
        return wrongUsage(makeError(ErrorKind::invalidInput,
                                    "unknown command \"" + words[0] +
                                        "\", expected run, tokenize, score, bench or info; see tramontane-cli --help"));
    Interrupt interrupt;
    return entry->run(Words(words).subspan(1), interrupt);
}
