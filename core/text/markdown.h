// Markdown as a model writes it, whole or as it streams, in; a flat list of typed blocks out, each safe to show.
//
// Safe means: every character of the source is escaped, the only tags in `html` are ours (p, b, i, s, code, br, a),
// links lead to http, https or mailto and nowhere else, raw HTML stays visible text, and an image is never more than
// its description and its address.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tramontane {

enum class MarkdownKind : std::uint8_t { paragraph, heading, code, table, rule, image, plain };
enum class MarkdownTask : std::uint8_t { none, open, done };
enum class MarkdownAlign : std::uint8_t { left, center, right };

struct MarkdownLink {
    std::string text;    // what the person sees
    std::string address; // where it leads, in full
    bool operator==(const MarkdownLink&) const = default;
};

struct MarkdownBlock {
    MarkdownKind kind = MarkdownKind::paragraph;
    // What the block stands in, outermost first: 'q' a quote, 'l' a list item.
    std::string nest;
    std::string marker; // of the list item that begins here: "•", "3."
    MarkdownTask task = MarkdownTask::none;
    int level = 0; // heading: 1 to 6

    std::string html;     // paragraph, heading: our rich text
    std::string plain;    // the same without tags; code: the code; plain: the text; image: its description
    std::string language; // code: the first word behind the fence
    std::string address;  // image: where it lies, never fetched
    std::vector<MarkdownLink> links;

    // table: columns cells a row, the first row is the head
    std::vector<MarkdownAlign> columns;
    std::vector<std::string> cells; // html
    std::vector<std::string> plainCells;

    // code and plain: a long text comes in pieces of the same block
    bool firstPiece = true, lastPiece = true;
    bool endsInLine = false; // the next piece goes on in the same line

    bool operator==(const MarkdownBlock&) const = default;
};

// Grows by appended text. What lies before the last block that is still open is parsed once and never again, and the
// result is the same however the text was cut. Linear in the text: what is too deep, too wide or too long to be
// meant as Markdown becomes plain text.
class MarkdownDocument {
public:
    void setText(std::string_view whole);
    void append(std::string_view text);
    // Nothing more will come: what was held back so as not to flicker is shown as it stands.
    void finish();

    const std::vector<MarkdownBlock>& blocks() const { return blocks_; }
    // How many of them can no longer change by appending.
    std::size_t stableCount() const { return stable_; }
    const std::string& text() const { return text_; }

private:
    void update();

    std::string text_;
    std::size_t parsed_ = 0; // bytes of text_ behind the stable blocks
    std::size_t stable_ = 0;
    bool finished_ = false;
    std::vector<MarkdownBlock> blocks_;
};

// http, https or mailto with something behind it, without control or direction characters: what a link may lead to.
bool isSafeMarkdownAddress(std::string_view address);

} // namespace tramontane
