// The HTML of a conversation: how it looks, and that nothing in a message gets a life of its own.
#include "core/exchange/conversation_html.h"

#include <regex>
#include <set>

#include "exchange_fixture.h"

namespace tramontane {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string bodyOf(const std::string& html) {
    const auto from = html.find("<body>\n") + 7;
    return html.substr(from, html.find("</body>") - from);
}

WholeConversation answered(const std::string& answer, const std::string& question = "q") {
    WholeConversation whole;
    whole.conversation.title = "t";
    whole.messages = {messageOf(1, {}, Role::user, question), messageOf(2, 1, Role::assistant, answer)};
    whole.conversation.currentLeaf = 2;
    return whole;
}

std::string answerHtml(const std::string& answer, HtmlLook look = HtmlLook::page) {
    const std::string body = bodyOf(conversationHtml(answered(answer), look));
    const std::string head = look == HtmlLook::page ? "<h2>Assistant</h2>\n" : "<p class=\"speaker\">Assistant</p>\n";
    const auto from = body.find(head) + head.size();
    return body.substr(from, body.rfind("</section>") - from);
}

TEST(conversationHtml, isTheBranchOnShow) {
    EXPECT_EQ(bodyOf(conversationHtml(sampleConversation(), HtmlLook::page)),
              "<h1>Wind &amp; &quot;weather&quot; 🌬</h1>\n"
              "<section class=\"user\">\n<h2>You</h2>\n<p class=\"typed\">Where does it come from?</p>\n</section>\n"
              "<section class=\"assistant\">\n<h2>Assistant</h2>\n<p>From the <b>north</b>.</p>\n</section>\n"
              "<section class=\"user\">\n<h2>You</h2>\n<p class=\"typed\">Why?</p>\n</section>\n");
}

TEST(conversationHtml, laysOutEachKindOfBlock) {
    EXPECT_EQ(answerHtml("# Head\n\n1. one\n2. two\n   - inner\n\n     more of it\n\n> quoted\n>\n> - item\n\n"
                         "| a | b |\n|---|--:|\n| `c` | 2 |\n\n```cpp\nif (a < b) {\n\n}\n```\n\n---\n\n"
                         "![a boat](https://example.org/boat.png)\n\n- [x] done\n"),
              "<h3>Head</h3>\n"
              "<div class=\"item\">\n<p><span class=\"mark\">1.</span>one</p>\n</div>\n"
              "<div class=\"item\">\n<p><span class=\"mark\">2.</span>two</p>\n"
              "<div class=\"item\">\n<p><span class=\"mark\">•</span>inner</p>\n<p>more of it</p>\n</div>\n</div>\n"
              "<blockquote>\n<p>quoted</p>\n<div class=\"item\">\n<p><span class=\"mark\">•</span>item</p>\n</div>\n"
              "</blockquote>\n"
              "<table>\n<tr><th class=\"left\">a</th><th class=\"right\">b</th></tr>\n"
              "<tr><td class=\"left\"><code>c</code></td><td class=\"right\">2</td></tr>\n</table>\n"
              "<pre><code>if (a &lt; b) {\n\n}</code></pre>\n<hr>\n"
              "<p class=\"image\">[Image: a boat]</p>\n"
              "<div class=\"item\">\n<p><span class=\"mark\">☑</span>done</p>\n</div>\n");
}

// What a page of ours may consist of; everything else would be somebody else's.
void expectInert(const std::string& html) {
    static const std::set<std::string> ours = {
        "html", "head", "meta", "title", "style", "body",       "h1",      "h2",  "h3",   "h4",
        "h5",   "h6",   "p",    "div",   "span",  "blockquote", "section", "pre", "code", "b",
        "i",    "s",    "br",   "hr",    "table", "tr",         "th",      "td",  "a"};
    static const std::regex tag("<(/?)([A-Za-z0-9!]+)([^>]*)>");
    for (auto match = std::sregex_iterator(html.begin(), html.end(), tag); match != std::sregex_iterator(); ++match) {
        const std::string closing = (*match)[1], name = (*match)[2], rest = (*match)[3];
        if (name == "!DOCTYPE") continue;
        EXPECT_TRUE(ours.contains(name)) << match->str();
        if (!closing.empty()) {
            EXPECT_EQ(rest, "");
            continue;
        }
        static const std::regex attribute("^( (class|style|align|charset|content|name|http-equiv|cellspacing|"
                                          "cellpadding)=\"[^\"]*\")*$");
        static const std::regex link("^ href=\"(https?://|mailto:)[^\"]*\"$");
        EXPECT_TRUE(std::regex_match(rest, name == "a" ? link : attribute)) << match->str();
    }
}

TEST(conversationHtml, nothingInAMessageComesToLife) {
    const std::string hostile[] = {
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "text <b onclick=\"x()\">bold</b> <iframe src='https://example.org'></iframe>",
        "<style>body{background:url(https://example.org/x)}</style>",
        "</section></body><script src=//example.org/x></script>",
        "[click](javascript:alert(1)) [here](JaVaScRiPt:alert(1)) [data](data:text/html,x) [file](file:///etc/passwd)",
        "[a](https://example.org/\"onmouseover=\"alert(1))",
        "[a](<https://example.org/ x\" y=>)",
        "<javascript:alert(1)> <https://example.org/?a=1&b=\"2\">",
        "![x](https://example.org/pixel.png) ![y](javascript:alert(1)) a ![\"><script>](data:image/png;base64,AA)",
        "[![x](https://example.org/pixel.png)](https://example.org)",
        "| ![x](https://example.org/p) | <script> |\n|---|---|\n| [a](javascript:x) | &lt;script&gt; |",
        "```<script>\n</code></pre><script>alert(1)</script>\n```",
        "`<script>`",
        "&#60;script&#62;alert(1)&#60;/script&#62;",
        "# <script>\n\n> <img src=x>\n\n- <svg onload=x>",
        std::string("nul \0 <script>", 14),
    };
    for (const std::string& text : hostile)
        for (const HtmlLook look : {HtmlLook::page, HtmlLook::print}) {
            WholeConversation whole = answered(text, text);
            whole.conversation.title = text;
            ExportWords words;
            words.person = words.image = text;
            const std::string html = conversationHtml(whole, look, words);
            SCOPED_TRACE(text);
            const auto style = html.find("</style>"); // our own style names colours, no tags
            expectInert(html.substr(style));
        }
    EXPECT_THAT(answerHtml("![x](https://example.org/pixel.png)"), Not(HasSubstr("example.org")));
    EXPECT_EQ(answerHtml("[a](javascript:x) [b](https://example.org/?a=1&b=2)"),
              "<p>a <a href=\"https://example.org/?a=1&amp;b=2\">b</a></p>\n");
}

TEST(conversationHtml, standsForItself) {
    for (const HtmlLook look : {HtmlLook::page, HtmlLook::print}) {
        const std::string html = conversationHtml(sampleConversation(), look);
        expectInert(html);
        EXPECT_THAT(html, HasSubstr("default-src 'none'"));
        EXPECT_THAT(html, Not(HasSubstr("url(")));
        EXPECT_THAT(html, Not(HasSubstr("@import")));
        EXPECT_THAT(html, Not(HasSubstr("http://")));
        EXPECT_THAT(html, Not(HasSubstr("https://")));
    }
    EXPECT_THAT(conversationHtml(sampleConversation(), HtmlLook::page), HasSubstr("prefers-color-scheme:dark"));
}

TEST(conversationHtml, hostileMarkdownCostsNoMoreThanText) {
    std::string wide = "|";
    for (int i = 0; i < 50'000; ++i) wide += "a|";
    wide += "\n|";
    for (int i = 0; i < 50'000; ++i) wide += "-|";
    for (int i = 0; i < 50'000; ++i) wide += "\n|";
    for (const std::string& text :
         {wide, std::string(200'000, '>'), std::string(200'000, '['), std::string(200'000, '*')}) {
        const std::string html = answerHtml(text);
        EXPECT_LT(html.size(), 10 * text.size() + 1000);
    }
}

TEST(conversationHtml, onPaperAMarkStandsBeforeItsText) {
    EXPECT_EQ(answerHtml("7. seven", HtmlLook::print),
              "<div class=\"item\">\n<p style=\"text-indent:-18px\">7.&nbsp; seven</p>\n</div>\n");
}

} // namespace
} // namespace tramontane
