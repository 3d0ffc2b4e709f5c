// Text in, blocks out: cuts the text into chunks, gives each to the builder, keeps those that cannot change.
#include "core/text/markdown.h"

#include <algorithm>

#include "core/text/markdown_builder.h"
#include "core/text/markdown_chunks.h"
#include "core/text/markdown_tail.h"

namespace tramontane {

namespace {

// Above this many blocks the rest of a text is shown as it was written.
constexpr std::size_t mostBlocks = 2500;
constexpr std::size_t plainPieceBytes = 4096;
constexpr std::size_t codePieceBytes = 16 * 1024, codePieceLines = 200;
constexpr std::size_t longestLanguage = 32, longestAddress = 2048;

std::string_view withoutEnd(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
    return text;
}

// At most `limit` bytes, cut behind a line or a word where there is one, never inside a character.
std::size_t pieceLength(std::string_view text, std::size_t limit) {
    if (text.size() <= limit) return text.size();
    for (const char c : {'\n', ' '}) {
        const auto at = text.rfind(c, limit - 1);
        if (at != std::string_view::npos && at > limit / 2) return at + 1;
    }
    std::size_t at = limit;
    while (at > limit - 4 && (text[at] & 0xc0) == 0x80) --at;
    return at;
}

void markEnds(std::vector<MarkdownBlock>& blocks, std::size_t first) {
    for (std::size_t at = first; at < blocks.size(); ++at) {
        blocks[at].firstPiece = at == first;
        blocks[at].lastPiece = at + 1 == blocks.size();
    }
}

void appendPlain(std::string_view text, std::vector<MarkdownBlock>& blocks) {
    text = withoutEnd(text);
    const std::size_t first = blocks.size();
    while (!text.empty()) {
        const std::size_t length = pieceLength(text, plainPieceBytes);
        MarkdownBlock block;
        block.kind = MarkdownKind::plain;
        block.plain = text.substr(0, length);
        std::replace(block.plain.begin(), block.plain.end(), '\0', ' ');
        if (block.plain.back() == '\n') block.plain.pop_back();
        blocks.push_back(std::move(block));
        text.remove_prefix(length);
    }
    markEnds(blocks, first);
}

std::size_t codePieceLength(std::string_view code) {
    std::size_t lines = 0;
    for (std::size_t at = 0; at < code.size() && at < codePieceBytes; ++at)
        if (code[at] == '\n' && ++lines == codePieceLines) return at + 1;
    return pieceLength(code, codePieceBytes);
}

// A fenced chunk. `live`: its last line is still being written.
void appendCode(std::string_view chunk, bool live, std::vector<MarkdownBlock>& blocks) {
    const auto headEnd = chunk.find('\n');
    if (headEnd == std::string_view::npos && live) return; // the language is not all there yet
    const std::string_view head = chunk.substr(0, headEnd);
    const MarkdownFence fence = markdownFence(head);
    std::string_view info = head.substr(std::min(fence.info, head.size()));
    const auto word = info.find_first_not_of(" \t");
    info = word == std::string_view::npos ? std::string_view() : info.substr(word);
    info = withoutEnd(info.substr(0, info.find_first_of(" \t{,")));
    if (info.size() > longestLanguage) info = {};

    std::string code;
    for (std::size_t at = headEnd == std::string_view::npos ? chunk.size() : headEnd + 1; at < chunk.size();) {
        const auto lineEnd = chunk.find('\n', at);
        const bool whole = lineEnd != std::string_view::npos;
        std::string_view line = chunk.substr(at, (whole ? lineEnd : chunk.size()) - at);
        at = whole ? lineEnd + 1 : chunk.size();
        if (at == chunk.size() && closesMarkdownFence(line, fence)) break;
        if (at == chunk.size() && live && !whole && !line.empty() &&
            line.find_first_not_of(fence.character) == std::string_view::npos)
            break; // half a closing fence
        std::size_t indent = 0;
        while (indent < fence.indent && indent < line.size() && line[indent] == ' ') ++indent;
        code += line.substr(indent);
        if (whole) code += '\n';
    }
    std::replace(code.begin(), code.end(), '\0', ' ');

    const std::size_t first = blocks.size();
    std::string_view rest(code);
    do {
        const std::size_t length = codePieceLength(rest);
        MarkdownBlock block;
        block.kind = MarkdownKind::code;
        block.language = info;
        block.plain = rest.substr(0, length);
        if (!block.plain.empty() && block.plain.back() == '\n')
            block.plain.pop_back();
        else
            block.endsInLine = length < rest.size();
        blocks.push_back(std::move(block));
        rest.remove_prefix(length);
    } while (!rest.empty());
    markEnds(blocks, first);
}

} // namespace

void MarkdownDocument::setText(std::string_view whole) {
    text_ = whole;
    parsed_ = stable_ = 0;
    finished_ = false;
    blocks_.clear();
    update();
}

void MarkdownDocument::append(std::string_view text) {
    text_ += text;
    finished_ = false;
    update();
}

void MarkdownDocument::finish() {
    if (finished_) return;
    finished_ = true;
    update();
}

void MarkdownDocument::update() {
    blocks_.resize(stable_);
    const std::string_view text(text_);
    bool stable = true;
    for (std::size_t at = parsed_; at < text.size();) {
        if (blocks_.size() >= mostBlocks) {
            appendPlain(text.substr(at), blocks_);
            return;
        }
        const MarkdownChunk chunk = nextMarkdownChunk(text.substr(at));
        const std::string_view source = text.substr(at, chunk.length);
        const bool live = !finished_ && !chunk.closed && at + chunk.length == text.size();
        const std::size_t first = blocks_.size();
        switch (chunk.kind) {
        case MarkdownChunkKind::blank:
            break;
        case MarkdownChunkKind::plain:
            appendPlain(source, blocks_);
            break;
        case MarkdownChunkKind::code:
            appendCode(source, live, blocks_);
            break;
        case MarkdownChunkKind::markdown:
            if (!buildMarkdownBlocks(live ? settledMarkdownTail(source) : std::string(source), blocks_)) {
                blocks_.resize(first);
                appendPlain(source, blocks_);
            }
        }
        at += chunk.length;
        stable = stable && chunk.closed;
        if (stable) {
            parsed_ = at;
            stable_ = blocks_.size();
        }
    }
}

bool isSafeMarkdownAddress(std::string_view address) {
    if (address.size() > longestAddress) return false;
    const auto begins = [&](std::string_view scheme) {
        return address.size() > scheme.size() &&
               std::equal(scheme.begin(), scheme.end(), address.begin(),
                          [](char want, char is) { return want == (is >= 'A' && is <= 'Z' ? is + 32 : is); });
    };
    std::size_t rest = 0;
    if (begins("https://"))
        rest = 8;
    else if (begins("http://"))
        rest = 7;
    else if (begins("mailto:"))
        rest = 7;
    if (rest == 0 || address[rest] == '/' || address[rest] == '?' || address[rest] == '#') return false;
    for (std::size_t at = 0; at < address.size(); ++at) {
        const auto byte = static_cast<unsigned char>(address[at]);
        if (byte <= 0x20 || byte == 0x7f || byte == '\\') return false;
        // Marks that turn the direction of text or take no room: U+00AD, U+061C, U+200B..200F, U+2028..202E,
        // U+2060..206F, U+FEFF.
        const auto follows = [&](std::size_t by) {
            return at + by < address.size() ? static_cast<unsigned char>(address[at + by]) : 0u;
        };
        if (byte == 0xc2 && (follows(1) == 0xad || follows(1) < 0xa0)) return false;
        if (byte == 0xd8 && follows(1) == 0x9c) return false;
        if (byte == 0xe2 && follows(1) == 0x80 &&
            ((follows(2) >= 0x8b && follows(2) <= 0x8f) || (follows(2) >= 0xa8 && follows(2) <= 0xae)))
            return false;
        if (byte == 0xe2 && follows(1) == 0x81 && follows(2) >= 0xa0) return false;
        if (byte == 0xef && follows(1) == 0xbb && follows(2) == 0xbf) return false;
    }
    return true;
}

} // namespace tramontane
