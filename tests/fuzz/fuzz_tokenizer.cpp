// Any bytes as a tokenizer.model: refused with a reason, or a tokenizer that encodes and decodes.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include "core/text/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    static const std::string file = "/dev/shm/tramontane-fuzz-" + std::to_string(::getpid()) + ".model";
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
    auto tokenizer = tramontane::Tokenizer::open(file, 4096);
    std::filesystem::remove(file);
    if (!tokenizer) {
        if (tokenizer.error().message.empty()) std::abort();
        return 0;
    }
    for (const auto id : (*tokenizer)->encode("[INST] h\xC3\xA9 \xFF \xF0\x9F\x9A\x80 [/INST]"))
        if (id < 0 || id >= (*tokenizer)->pieceCount()) std::abort();
    return 0;
}
