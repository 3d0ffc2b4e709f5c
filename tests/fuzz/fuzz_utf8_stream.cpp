// Any bytes in any cuts: every delta is valid UTF-8, and the cuts make no difference.
#include <cstdlib>

#include "core/text/utf8_stream.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace tramontane;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    Utf8Stream whole, cut;
    std::string expected = whole.push(bytes), streamed;
    for (std::size_t at = 0; at < size;) {
        const std::size_t length = std::min<std::size_t>(size - at, 1 + data[at] % 5);
        const std::string delta = cut.push(bytes.substr(at, length));
        if (toValidUtf8(delta) != delta) std::abort();
        streamed += delta;
        at += length;
    }
    expected += whole.finish();
    streamed += cut.finish();
    if (expected != streamed) std::abort();
    return 0;
}
