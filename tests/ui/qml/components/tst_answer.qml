// An answer's blocks: each kind has its delegate, code is copied whole, links are told and not opened, no image loads.
import QtQuick
import QtTest
import Tramontane

Item {
    id: root
    width: 640
    height: 900

    AnswerBlocks {
        id: answer
        width: parent.width
    }
    LinkPopup { id: popup }
    SignalSpy { id: link; target: answer; signalName: "linkActivated" }
    SignalSpy { id: opened; target: popup; signalName: "openRequested" }

    TestCase {
        name: "answer"
        when: windowShown

        function init() {
            link.clear()
            opened.clear()
            popup.close()
        }
        // Every item below `item` that `fits`.
        function all(item, fits, found = []) {
            for (let i = 0; i < item.children.length; ++i) {
                if (fits(item.children[i])) found.push(item.children[i])
                all(item.children[i], fits, found)
            }
            return found
        }
        function show(text) {
            answer.blocks = driver.blocks(text, true)
            waitForRendering(answer)
        }

        function test_codeIsCopiedWhole() {
            let code = ""
            for (let line = 0; line < 450; ++line) code += "line " + line + "\n"
            show("```python\n" + code + "```\n")
            mouseClick(findChild(answer, "copyCode"))
            compare(driver.clipboard(), code.replace(/\n$/, ""))
        }
        function test_theCopyButtonIsReachedByKeyboard() {
            show("```\nx = 1\n```\n")
            const copy = findChild(answer, "copyCode")
            copy.forceActiveFocus(Qt.TabFocusReason)
            verify(copy.activeFocusOnTab)
            keyClick(Qt.Key_Return)
            compare(driver.clipboard(), "x = 1")
            compare(copy.Accessible.name, "Code copied")
        }
        function test_aLinkAsksBeforeItOpens() {
            show("See [the page](https://example.org/a?b=1).")
            const words = all(answer, (item) => item.links !== undefined && item.links.length === 1 && item.textFormat !== undefined)[0]
            verify(words)
            words.forceActiveFocus(Qt.TabFocusReason)
            verify(words.activeFocusOnTab)
            keyClick(Qt.Key_Return)
            compare(link.count, 1)
            compare(link.signalArguments[0][0], "https://example.org/a?b=1")
            popup.ask(link.signalArguments[0][0])
            tryCompare(popup, "opened", true)
            compare(findChild(popup.contentItem, "linkAddress").text, "https://example.org/a?b=1")
            compare(popup.host, "example.org")
            compare(opened.count, 0)
            keyClick(Qt.Key_Escape)
            tryCompare(popup, "visible", false)
            compare(opened.count, 0)
        }
        function test_theAddressIsShownInFullAndItsHostApart_data() {
            return [
                {tag: "user", address: "https://bank.example@evil.example/x", host: "evil.example"},
                {tag: "long", address: "https://example.org/" + "a".repeat(1500), host: "example.org"},
                {tag: "mail", address: "mailto:a@example.org", host: "a@example.org"}
            ]
        }
        function test_theAddressIsShownInFullAndItsHostApart(data) {
            popup.ask(data.address)
            tryCompare(popup, "opened", true)
            compare(findChild(popup.contentItem, "linkAddress").text, data.address)
            compare(popup.host, data.host)
            mouseClick(findChild(popup.contentItem, "openLink"))
            compare(opened.count, 1)
            compare(opened.signalArguments[0][0], data.address)
            tryCompare(popup, "visible", false)
        }
        function test_copyingTheAddressDoesNotOpenIt() {
            popup.ask("https://example.org/copied")
            tryCompare(popup, "opened", true)
            mouseClick(findChild(popup.contentItem, "copyLink"))
            compare(driver.clipboard(), "https://example.org/copied")
            compare(opened.count, 0)
        }
        function test_imagesAreNeverLoaded() {
            show("![a](https://example.org/x.png) words ![](file:///etc/passwd) <img src='file:///etc/hostname'>\n\n"
                 + "| ![t](data:image/png;base64,AAAA) |\n|---|\n| ![u](https://example.org/y.png) |\n")
            const images = all(answer, (item) => item.sourceSize !== undefined && item.source !== undefined)
            for (const image of images) verify(String(image.source).startsWith("qrc:/Tramontane/icons/") || String(image.source) === "")
            for (const text of all(answer, (item) => item.textFormat !== undefined && item.text !== undefined)) {
                verify(text.textFormat === TextEdit.PlainText || text.textFormat === TextEdit.RichText
                       || text.textFormat === Text.PlainText)
                if (text.textFormat === TextEdit.RichText) verify(text.text.indexOf("<img") < 0, text.text)
            }
        }
        function test_everyBlockHasAName() {
            show("# Title\n\nWords\n\n- item\n\n| a |\n|---|\n| b |\n\n---\n\n![i](x)\n\n```js\nlet a\n```\n\n> quote")
            const blocks = all(answer, (item) => item.Accessible.role !== Accessible.NoRole && !item.Accessible.ignored)
            verify(blocks.length >= 9)
            for (const block of blocks) verify(block.Accessible.name !== "", String(block))
        }
        function test_whatIsWrittenStaysTheSameItem() {
            const blocks = driver.blocks("First paragraph.\n\nSecond **par", false)
            answer.blocks = blocks
            answer.streaming = true
            waitForRendering(answer)
            const first = all(answer, (item) => item.plain === "First paragraph." && item.textFormat !== undefined)[0]
            verify(first)
            const second = all(answer, (item) => item.plain === "Second par" && item.textFormat !== undefined)[0]
            verify(second)
            driver.append(blocks, "agraph** and more.\n\nThird")
            tryVerify(() => blocks.count === 3)
            compare(all(answer, (item) => item.plain === "First paragraph." && item.textFormat !== undefined)[0], first)
            compare(second.plain, "Second paragraph and more.")
            answer.streaming = false
        }
        function test_aWideTableScrollsInsteadOfGrowing() {
            let head = "|", rule = "|", row = "|"
            for (let column = 0; column < 30; ++column) {
                head += " column " + column + " |"
                rule += "---|"
                row += " some words |"
            }
            show(head + "\n" + rule + "\n" + row + "\n")
            for (const item of all(answer, (item) => item.contentWidth !== undefined && item.flickableDirection !== undefined))
                verify(item.width <= answer.width)
        }
    }
}
