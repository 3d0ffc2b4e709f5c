// Any bytes in any cuts: streaming and whole parse agree, stable blocks stay, nothing but our tags comes out.
#include <cstdlib>
#include <string>

#include "core/text/markdown.h"

namespace {

using namespace tramontane;

void expectOurTags(std::string_view html) {
    for (std::size_t at = 0; (at = html.find('<', at)) != std::string_view::npos; ++at) {
        const auto rest = html.substr(at);
        bool ours = false;
        for (std::string_view tag :
             {"<b>", "</b>", "<i>", "</i>", "<s>", "</s>", "<code>", "</code>", "</a>", "<br>", "<a href=\""})
            ours |= rest.starts_with(tag);
        if (!ours) std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    MarkdownDocument whole, cut;
    whole.setText(text);
    whole.finish();
    std::vector<MarkdownBlock> stable;
    for (std::size_t at = 0, round = 0; at < size; ++round) {
        const std::size_t length = std::min<std::size_t>(size - at, 1 + data[round % size] % 16 + size / 64);
        cut.append(text.substr(at, length));
        at += length;
        if (cut.stableCount() < stable.size()) std::abort();
        for (std::size_t row = 0; row < stable.size(); ++row)
            if (cut.blocks()[row] != stable[row]) std::abort();
        stable.assign(cut.blocks().begin(), cut.blocks().begin() + std::ptrdiff_t(cut.stableCount()));
    }
    cut.finish();
    if (cut.blocks() != whole.blocks()) std::abort();
    for (const auto& block : whole.blocks()) {
        expectOurTags(block.html);
        for (const auto& cell : block.cells) expectOurTags(cell);
        for (const auto& link : block.links)
            if (!isSafeMarkdownAddress(link.address)) std::abort();
    }
    return 0;
}
