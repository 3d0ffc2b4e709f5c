// md4c's events in, typed blocks out. md4c (MIT, packaged everywhere) because it parses CommonMark with tables and
// task lists in linear time and hands out events instead of HTML, so that nothing reaches the window unescaped.
#include "core/text/markdown_builder.h"

#include <md4c.h>

#include <algorithm>
#include <optional>

#include "core/text/markdown_entities.h"

namespace tramontane {

namespace {

constexpr std::size_t deepestNest = 24, deepestSpan = 32;
constexpr std::size_t mostColumns = 40, mostCells = 2000, mostEvents = 60000, mostBlocks = 1500;

// Breaking off a parse that grows out of hand; md4c passes the number through.
constexpr int tooMuch = 1;

void appendEscaped(std::string& html, std::string_view text) {
    for (char c : text) {
        switch (c) {
        case '<':
            html += "&lt;";
            break;
        case '>':
            html += "&gt;";
            break;
        case '&':
            html += "&amp;";
            break;
        case '"':
            html += "&quot;";
            break;
        case '\0':
            html += "\ufffd";
            break;
        default:
            html += c;
        }
    }
}

std::string attributeText(const MD_ATTRIBUTE& attribute) {
    std::string text;
    for (int part = 0; attribute.text && attribute.substr_offsets[part] < attribute.size; ++part) {
        const auto from = attribute.substr_offsets[part], to = attribute.substr_offsets[part + 1];
        const std::string_view piece(attribute.text + from, to - from);
        if (attribute.substr_types[part] == MD_TEXT_NULLCHAR)
            text += "\ufffd";
        else if (attribute.substr_types[part] == MD_TEXT_ENTITY) {
            const auto decoded = decodedEntity(piece);
            text += decoded.empty() ? std::string(piece) : decoded;
        } else
            text += piece;
    }
    return text;
}

struct Span {
    std::string open, close; // the tags, empty where the span shows no difference
};

class Builder {
public:
    explicit Builder(std::vector<MarkdownBlock>& blocks) : blocks_(blocks), first_(blocks.size()) {}

    int enterBlock(MD_BLOCKTYPE type, void* detail) {
        if (++events_ > mostEvents || blocks_.size() > first_ + mostBlocks) return tooMuch;
        switch (type) {
        case MD_BLOCK_QUOTE:
            endBlock();
            nest_ += 'q';
            break;
        case MD_BLOCK_UL:
            endBlock();
            lists_.push_back({});
            break;
        case MD_BLOCK_OL:
            endBlock();
            lists_.push_back({true, static_cast<MD_BLOCK_OL_DETAIL*>(detail)->start,
                              static_cast<MD_BLOCK_OL_DETAIL*>(detail)->mark_delimiter});
            break;
        case MD_BLOCK_LI:
            beginItem(*static_cast<MD_BLOCK_LI_DETAIL*>(detail));
            break;
        case MD_BLOCK_HR: {
            MarkdownBlock rule = make(MarkdownKind::rule);
            blocks_.push_back(std::move(rule));
            break;
        }
        case MD_BLOCK_H:
            endBlock();
            block_ = make(MarkdownKind::heading);
            block_->level = int(static_cast<MD_BLOCK_H_DETAIL*>(detail)->level);
            break;
        case MD_BLOCK_CODE: {
            endBlock();
            block_ = make(MarkdownKind::code);
            block_->language = attributeText(static_cast<MD_BLOCK_CODE_DETAIL*>(detail)->lang);
            break;
        }
        case MD_BLOCK_P:
            endBlock();
            block_ = make(MarkdownKind::paragraph);
            break;
        case MD_BLOCK_TABLE: {
            const auto* table = static_cast<MD_BLOCK_TABLE_DETAIL*>(detail);
            const std::size_t rows = std::size_t(table->head_row_count) + table->body_row_count;
            if (table->col_count > mostColumns || table->col_count * rows > mostCells) return tooMuch;
            endBlock();
            block_ = make(MarkdownKind::table);
            break;
        }
        case MD_BLOCK_TH:
        case MD_BLOCK_TD: {
            if (!block_) break;
            block_->cells.emplace_back();
            block_->plainCells.emplace_back();
            const auto align = static_cast<MD_BLOCK_TD_DETAIL*>(detail)->align;
            if (type == MD_BLOCK_TH)
                block_->columns.push_back(align == MD_ALIGN_CENTER  ? MarkdownAlign::center
                                          : align == MD_ALIGN_RIGHT ? MarkdownAlign::right
                                                                    : MarkdownAlign::left);
            break;
        }
        default:
            break;
        }
        return nest_.size() > deepestNest ? tooMuch : 0;
    }

    int leaveBlock(MD_BLOCKTYPE type) {
        switch (type) {
        case MD_BLOCK_QUOTE:
            endBlock();
            nest_.pop_back();
            break;
        case MD_BLOCK_UL:
        case MD_BLOCK_OL:
            endBlock();
            lists_.pop_back();
            break;
        case MD_BLOCK_LI:
            endBlock();
            if (marker_) { // an item without a word
                MarkdownBlock empty = make(MarkdownKind::paragraph);
                blocks_.push_back(std::move(empty));
            }
            nest_.pop_back();
            break;
        case MD_BLOCK_CODE:
            if (block_ && !block_->plain.empty() && block_->plain.back() == '\n') block_->plain.pop_back();
            endBlock();
            break;
        case MD_BLOCK_P:
        case MD_BLOCK_H:
        case MD_BLOCK_TABLE:
            endBlock();
            break;
        case MD_BLOCK_TH:
        case MD_BLOCK_TD:
            closeSpans();
            break;
        default:
            break;
        }
        return 0;
    }

    int enterSpan(MD_SPANTYPE type, void* detail) {
        if (++events_ > mostEvents || spans_.size() > deepestSpan) return tooMuch;
        if (image_) { // marks inside a description
            ++imageDepth_;
            return 0;
        }
        switch (type) {
        case MD_SPAN_EM:
            open({"<i>", "</i>"});
            break;
        case MD_SPAN_STRONG:
            open({"<b>", "</b>"});
            break;
        case MD_SPAN_DEL:
            open({"<s>", "</s>"});
            break;
        case MD_SPAN_CODE:
            open({"<code>", "</code>"});
            break;
        case MD_SPAN_A: {
            const std::string address = attributeText(static_cast<MD_SPAN_A_DETAIL*>(detail)->href);
            inLink_ = true;
            if (!isSafeMarkdownAddress(address)) {
                open({});
                break;
            }
            ensureBlock();
            block_->links.push_back({{}, address});
            openLink_ = true;
            std::string tag = "<a href=\"";
            appendEscaped(tag, address);
            open({tag + "\">", "</a>"});
            break;
        }
        case MD_SPAN_IMG: {
            image_ = MarkdownBlock();
            image_->kind = MarkdownKind::image;
            image_->address = attributeText(static_cast<MD_SPAN_IMG_DETAIL*>(detail)->src);
            imageDepth_ = 0;
            break;
        }
        default:
            open({});
            break;
        }
        return 0;
    }

    int leaveSpan(MD_SPANTYPE type) {
        if (image_) {
            if (imageDepth_ > 0)
                --imageDepth_;
            else
                endImage();
            return 0;
        }
        if (type == MD_SPAN_A) inLink_ = openLink_ = false;
        if (spans_.empty()) return 0;
        if (block_) target().html += spans_.back().close;
        spans_.pop_back();
        return 0;
    }

    int text(MD_TEXTTYPE type, std::string_view text) {
        if (++events_ > mostEvents) return tooMuch;
        switch (type) {
        case MD_TEXT_NULLCHAR:
            put("\ufffd");
            break;
        case MD_TEXT_BR:
        case MD_TEXT_SOFTBR:
            lineBreak();
            break; // models end lines where they mean it: verse, addresses
        case MD_TEXT_ENTITY: {
            const auto decoded = decodedEntity(text);
            put(decoded.empty() ? text : std::string_view(decoded));
            break;
        }
        case MD_TEXT_HTML:
            if (text == "<br>" || text == "<br/>" || text == "<br />")
                lineBreak();
            else
                put(text);
            break;
        default:
            if (block_ && block_->kind == MarkdownKind::code)
                block_->plain += text;
            else
                put(text);
        }
        return 0;
    }

    void finish() { endBlock(); }

private:
    struct List {
        bool ordered = false;
        unsigned number = 0;
        char delimiter = '.';
    };
    struct Target {
        std::string &html, &plain;
    };

    Target target() {
        if (block_->kind == MarkdownKind::table && !block_->cells.empty())
            return {block_->cells.back(), block_->plainCells.back()};
        return {block_->html, block_->plain};
    }

    MarkdownBlock make(MarkdownKind kind) {
        MarkdownBlock block;
        block.kind = kind;
        block.nest = nest_;
        if (marker_) {
            block.marker = std::move(*marker_);
            block.task = task_;
            marker_.reset();
        }
        return block;
    }

    void beginItem(const MD_BLOCK_LI_DETAIL& item) {
        endBlock();
        nest_ += 'l';
        auto& list = lists_.back();
        marker_ = list.ordered ? std::to_string(list.number++) + list.delimiter : std::string("•");
        task_ = !item.is_task ? MarkdownTask::none : item.task_mark == ' ' ? MarkdownTask::open : MarkdownTask::done;
    }

    // The words of a tight list item come without a paragraph around them.
    void ensureBlock() {
        if (block_) return;
        block_ = make(MarkdownKind::paragraph);
        for (const auto& span : spans_) block_->html += span.open;
    }

    void open(Span span) {
        ensureBlock();
        target().html += span.open;
        spans_.push_back(std::move(span));
    }

    void put(std::string_view text) {
        if (image_) {
            image_->plain += text;
            return;
        }
        ensureBlock();
        const auto [html, plain] = target();
        appendEscaped(html, text);
        plain += text;
        if (openLink_) block_->links.back().text += text;
    }

    void lineBreak() {
        if (image_) {
            image_->plain += ' ';
            return;
        }
        if (!block_ || target().plain.empty()) return;
        const auto [html, plain] = target();
        html += "<br>";
        plain += '\n';
        if (openLink_) block_->links.back().text += ' ';
    }

    // Also of a link that md4c never leaves because its end lies behind the end of its cell ("http://a|").
    void closeSpans() {
        if (image_) endImage();
        for (; !spans_.empty(); spans_.pop_back())
            if (block_) target().html += spans_.back().close;
        inLink_ = openLink_ = false;
    }
    void endBlock() {
        closeSpans();
        flush();
    }

    void flush() {
        if (!block_) return;
        const bool words = block_->kind == MarkdownKind::paragraph || block_->kind == MarkdownKind::heading;
        if (words)
            while (!block_->plain.empty() && block_->plain.back() == '\n') { // a break with nothing behind it
                block_->plain.pop_back();
                if (block_->html.ends_with("<br>")) block_->html.resize(block_->html.size() - 4);
            }
        if (!words || !block_->plain.empty() || !block_->marker.empty() || block_->kind == MarkdownKind::heading)
            blocks_.push_back(std::move(*block_));
        block_.reset();
    }

    // In running text the placeholder stands by itself; in a heading, a table or a link the description stays in line.
    void endImage() {
        MarkdownBlock image = std::move(*image_);
        image_.reset();
        const bool inLine =
            inLink_ || (block_ && (block_->kind == MarkdownKind::heading || block_->kind == MarkdownKind::table));
        if (inLine) {
            put("[");
            put(image.plain.empty() ? image.address : image.plain);
            put("]");
            return;
        }
        if (block_) {
            for (auto span = spans_.rbegin(); span != spans_.rend(); ++span) block_->html += span->close;
            if (block_->plain.empty()) { // the marker of the item passes on
                if (!block_->marker.empty()) {
                    marker_ = std::move(block_->marker);
                    task_ = block_->task;
                }
                block_.reset();
            }
            flush();
        }
        MarkdownBlock placed = make(MarkdownKind::image);
        placed.plain = std::move(image.plain);
        placed.address = std::move(image.address);
        blocks_.push_back(std::move(placed));
    }

    std::vector<MarkdownBlock>& blocks_;
    const std::size_t first_; // of this chunk
    std::string nest_;
    std::vector<List> lists_;
    std::vector<Span> spans_;
    std::optional<MarkdownBlock> block_, image_;
    std::optional<std::string> marker_; // of an item that has no block yet
    MarkdownTask task_ = MarkdownTask::none;
    std::size_t imageDepth_ = 0, events_ = 0;
    bool inLink_ = false, openLink_ = false;
};

Builder& builder(void* user) { return *static_cast<Builder*>(user); }

// A line that md4c would take for the definition of a link ("[1]: https://…") and swallow. It is shown instead: people
// ask models for sources.
bool isDefinition(std::string_view line) {
    std::size_t at = 0;
    while (at < line.size() && (line[at] == ' ' || line[at] == '>' || line[at] == '\t')) ++at;
    return at < line.size() && line[at] == '[' && line.find("]:", at) != std::string_view::npos;
}

std::string withoutDefinitions(std::string_view chunk) {
    if (chunk.find("]:") == std::string_view::npos) return std::string(chunk);
    std::string out;
    bool fenced = false;
    for (std::size_t at = 0; at < chunk.size();) {
        const auto end = std::min(chunk.find('\n', at), chunk.size() - 1) + 1;
        const auto line = chunk.substr(at, end - at);
        const auto words = line.find_first_not_of(" \t>-*+0123456789.)");
        if (words != std::string_view::npos &&
            (line.substr(words).starts_with("```") || line.substr(words).starts_with("~~~")))
            fenced = !fenced;
        const auto bracket = line.find('[');
        const auto item = line.find_first_not_of(" \t>-*+0123456789.)");
        if (!fenced && bracket == item && isDefinition(line.substr(bracket == std::string_view::npos ? 0 : bracket))) {
            out += line.substr(0, bracket);
            out += '\\';
            out += line.substr(bracket);
        } else {
            out += line;
        }
        at = end;
    }
    return out;
}

} // namespace

std::string escapedHtml(std::string_view text) {
    std::string html;
    appendEscaped(html, text);
    return html;
}

bool buildMarkdownBlocks(std::string_view chunk, std::vector<MarkdownBlock>& blocks) {
    const std::size_t before = blocks.size();
    const std::string source = withoutDefinitions(chunk);
    Builder state(blocks);
    MD_PARSER parser{};
    parser.flags = MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_TASKLISTS | MD_FLAG_PERMISSIVEAUTOLINKS |
                   MD_FLAG_NOINDENTEDCODEBLOCKS | MD_FLAG_NOHTMLBLOCKS;
    parser.enter_block = [](MD_BLOCKTYPE type, void* detail, void* user) {
        return builder(user).enterBlock(type, detail);
    };
    parser.leave_block = [](MD_BLOCKTYPE type, void*, void* user) { return builder(user).leaveBlock(type); };
    parser.enter_span = [](MD_SPANTYPE type, void* detail, void* user) {
        return builder(user).enterSpan(type, detail);
    };
    parser.leave_span = [](MD_SPANTYPE type, void*, void* user) { return builder(user).leaveSpan(type); };
    parser.text = [](MD_TEXTTYPE type, const MD_CHAR* text, MD_SIZE size, void* user) {
        return builder(user).text(type, {text, size});
    };
    if (md_parse(source.data(), MD_SIZE(source.size()), &parser, &state) != 0) {
        blocks.resize(before);
        return false;
    }
    state.finish();
    return true;
}

} // namespace tramontane
