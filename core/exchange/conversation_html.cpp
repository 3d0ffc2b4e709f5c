// Blocks of Markdown in, elements out. The window's own parser and its blocks are used, not the HTML writer that comes
// with md4c: that one follows a table of 100,000 columns to the end, and passes every address on.
#include "core/exchange/conversation_html.h"

#include <algorithm>

#include "core/text/markdown.h"
#include "core/text/markdown_builder.h"

namespace tramontane {

namespace {

constexpr const char* pageStyle =
    R"(:root{color-scheme:light dark;--ground:#f6f8fa;--paper:#fff;--ink:#1b232b;--soft:#55626e;--line:#d5dce2;--link:#0b62a8}
@media (prefers-color-scheme:dark){:root{--ground:#10161c;--paper:#18212a;--ink:#e6ebf0;--soft:#9fadb9;--line:#32404c;--link:#7cb8ec}}
body{margin:0 auto;padding:2em 1.2em;max-width:46em;background:var(--ground);color:var(--ink);font:1rem/1.55 Inter,system-ui,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.5em}
h2{margin:0 0 .4em;font-size:.85em;color:var(--soft)}
section{margin:1.2em 0;padding:1em 1.2em;background:var(--paper);border:1px solid var(--line);border-radius:10px}
section.user{margin-left:12%}
.typed{white-space:pre-wrap}
h3,h4,h5,h6{margin:1em 0 .4em}
p{margin:.5em 0}
a{color:var(--link)}
.item{margin-left:1.7em}
.mark{display:inline-block;min-width:1.4em;margin-left:-1.7em;padding-right:.3em;text-align:right}
blockquote{margin:.5em 0;padding-left:1em;border-left:3px solid var(--line);color:var(--soft)}
pre{padding:.8em 1em;overflow-x:auto;background:var(--ground);border:1px solid var(--line);border-radius:6px;white-space:pre-wrap}
pre,code{font-family:Hack,ui-monospace,monospace;font-size:.92em}
table{border-collapse:collapse}
th,td{padding:.3em .7em;border:1px solid var(--line);text-align:left}
.center{text-align:center}.right{text-align:right}
.image{color:var(--soft);font-style:italic}
)";

// QTextDocument makes headings larger by steps, on top of the size that a style gives them.
constexpr const char* printStyle = R"(.title{font-size:17pt;font-weight:bold;margin-bottom:6px}
.speaker{font-size:9pt;font-weight:bold;color:#55626e;margin-top:16px;margin-bottom:2px}
h3,h4{margin-top:10px;margin-bottom:3px}
p{margin-top:3px;margin-bottom:3px}
.typed{white-space:pre-wrap}
.item{margin-left:24px}
blockquote{margin-left:24px;margin-right:0px;color:#55626e}
pre{background-color:#f1f4f6;white-space:pre-wrap;margin-top:5px;margin-bottom:5px}
pre,code{font-family:Hack;font-size:8.5pt}
table{margin-top:5px;margin-bottom:5px}
th,td{padding:3px;border:1px solid #b9c3cc}
.image{color:#55626e;font-style:italic}
)";

// Elements around the blocks: quotes and items, opened and closed as the blocks go in and out of them.
class Frames {
public:
    explicit Frames(std::string& html) : html_(html) {}

    void enter(const MarkdownBlock& block) {
        std::size_t shared = 0;
        while (shared < open_.size() && shared < block.nest.size() && open_[shared] == block.nest[shared]) ++shared;
        if (!block.marker.empty()) // an item begins here: its neighbour ends
            if (const auto item = block.nest.rfind('l'); item != std::string::npos) shared = std::min(shared, item);
        close(shared);
        for (std::size_t i = shared; i < block.nest.size(); ++i) {
            open_ += block.nest[i];
            html_ += block.nest[i] == 'q' ? "<blockquote>\n" : "<div class=\"item\">\n";
        }
    }
    void close(std::size_t depth) {
        while (open_.size() > depth) {
            html_ += open_.back() == 'q' ? "</blockquote>\n" : "</div>\n";
            open_.pop_back();
        }
    }

private:
    std::string& html_;
    std::string open_;
};

std::string markerHtml(const MarkdownBlock& block, HtmlLook look) {
    if (block.marker.empty()) return {};
    const char* mark = block.task == MarkdownTask::done ? "☑" : block.task == MarkdownTask::open ? "☐" : nullptr;
    const std::string text = mark ? mark : escapedHtml(block.marker);
    if (look == HtmlLook::print) return text + "&nbsp; ";
    return "<span class=\"mark\">" + text + "</span>";
}

// Marks stand to the left of the text they belong to.
std::string paragraphTag(const MarkdownBlock& block, HtmlLook look, const char* name) {
    std::string tag = "<";
    tag += name;
    if (look == HtmlLook::print && !block.marker.empty()) tag += " style=\"text-indent:-18px\"";
    return tag + '>';
}

void writeTable(const MarkdownBlock& block, HtmlLook look, std::string& html) {
    const std::size_t columns = std::max<std::size_t>(1, block.columns.size());
    html += look == HtmlLook::page ? "<table>\n" : "<table cellspacing=\"0\" cellpadding=\"3\">\n";
    for (std::size_t i = 0; i < block.cells.size(); ++i) {
        const std::size_t column = i % columns;
        const char* name = i < columns ? "th" : "td";
        const MarkdownAlign align = column < block.columns.size() ? block.columns[column] : MarkdownAlign::left;
        const char* side = align == MarkdownAlign::center ? "center" : align == MarkdownAlign::right ? "right" : "left";
        if (column == 0) html += "<tr>";
        html += '<';
        html += name;
        html += look == HtmlLook::page ? " class=\"" : " align=\"";
        html += side;
        html += "\">" + block.cells[i] + "</" + name + '>';
        if (column + 1 == columns || i + 1 == block.cells.size()) html += "</tr>\n";
    }
    html += "</table>\n";
}

void writeBlock(const MarkdownBlock& block, HtmlLook look, const ExportWords& words, std::string& html) {
    const std::string marker = markerHtml(block, look);
    const auto markedLine = [&] {
        if (!marker.empty()) html += paragraphTag(block, look, "p") + marker + "</p>\n";
    };
    switch (block.kind) {
    case MarkdownKind::heading: {
        const int least = look == HtmlLook::page ? 6 : 4; // on paper those below would be smaller than the text
        const std::string name = 'h' + std::to_string(std::min(least, block.level + 2));
        html += paragraphTag(block, look, name.c_str()) + marker + block.html + "</" + name + ">\n";
        break;
    }
    case MarkdownKind::paragraph:
        html += paragraphTag(block, look, "p") + marker + block.html + "</p>\n";
        break;
    case MarkdownKind::code:
    case MarkdownKind::plain:
        if (block.firstPiece) markedLine();
        if (block.firstPiece) html += block.kind == MarkdownKind::code ? "<pre><code>" : "<p class=\"typed\">";
        html += escapedHtml(block.plain);
        if (block.lastPiece)
            html += block.kind == MarkdownKind::code ? "</code></pre>\n" : "</p>\n";
        else if (!block.endsInLine)
            html += '\n';
        break;
    case MarkdownKind::table:
        markedLine();
        writeTable(block, look, html);
        break;
    case MarkdownKind::rule:
        markedLine();
        html += "<hr>\n";
        break;
    case MarkdownKind::image:
        html += "<p class=\"image\">" + marker + '[' + escapedHtml(words.image) +
                (block.plain.empty() ? std::string() : ": " + escapedHtml(block.plain)) + "]</p>\n";
        break;
    }
}

std::string answerHtml(const std::string& text, HtmlLook look, const ExportWords& words) {
    MarkdownDocument document;
    document.setText(text);
    document.finish();
    std::string html;
    Frames frames(html);
    for (const MarkdownBlock& block : document.blocks()) {
        if (block.firstPiece) frames.enter(block);
        writeBlock(block, look, words, html);
    }
    frames.close(0);
    return html;
}

} // namespace

std::string conversationHtml(const WholeConversation& whole, HtmlLook look, const ExportWords& words) {
    const auto line = [&](const std::string& heading, const std::string& style, const std::string& text) {
        if (look == HtmlLook::page) return '<' + heading + '>' + text + "</" + heading + ">\n";
        return "<p class=\"" + style + "\">" + text + "</p>\n";
    };
    const std::string title = escapedHtml(titleLine(whole, words));
    std::string html = "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
                       "'unsafe-inline'; form-action 'none'; base-uri 'none'\">\n"
                       "<meta name=\"referrer\" content=\"no-referrer\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
                       title + "</title>\n<style>\n" + (look == HtmlLook::page ? pageStyle : printStyle) +
                       "</style>\n</head>\n<body>\n" + line("h1", "title", title);
    for (const Message* message : shownBranch(whole)) {
        if (message->text.empty()) continue; // an answer that ended before its first word
        const bool isAnswer = message->role == Role::assistant;
        html += "<section class=\"" + std::string(isAnswer ? "assistant" : "user") + "\">\n" +
                line("h2", "speaker", escapedHtml(speakerOf(*message, words)));
        if (isAnswer)
            html += answerHtml(message->text, look, words);
        else
            html += "<p class=\"typed\">" + escapedHtml(message->text) + "</p>\n";
        html += "</section>\n";
    }
    return html + "</body>\n</html>\n";
}

} // namespace tramontane
