// Opens the history in its argument, says so, and holds it until its input ends.
#include <cstdio>

#include "core/history/history_store.h"

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    const auto store = tramontane::HistoryStore::open(argv[1]);
    std::puts(store ? "held" : store.error().message.c_str());
    std::fflush(stdout);
    while (std::getchar() != EOF) {
    }
    return store ? 0 : 1;
}
