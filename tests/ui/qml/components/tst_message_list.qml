// The conversation follows the end only while one is at the end.
import QtQuick
import QtTest
import Tramontane

Item {
    id: root
    width: 640
    height: 480

    ChatView {
        id: chat
        anchors.fill: parent
    }

    TestCase {
        name: "messageList"
        when: windowShown

        property var list: findChild(chat, "messages")

        function pieces(count) {
            const all = []
            for (let n = 0; n < count; ++n) all.push("Paragraph " + n + ". It says a little and then ends.\n\n")
            return all
        }
        function ask(text, answer) {
            driver.answerWith(answer)
            verify(App.session.send(text))
            tryVerify(() => !App.session.generating, 10000)
        }
        function init() {
            App.preferences.firstRunSeen = true
            App.conversations.newConversation()
            tryCompare(list, "count", 0)
            list.goToEnd()
        }
        function test_followsTheEndWhileAtTheEnd() {
            ask("First", pieces(60))
            tryVerify(() => list.contentHeight > list.height && list.toEnd < 40, 5000)
            ask("Second", pieces(60))
            tryVerify(() => list.toEnd < 40, 5000)
            verify(list.following)
        }
        function test_staysWhereOneReads() {
            ask("First", pieces(80))
            tryVerify(() => list.contentHeight > 2 * list.height && list.toEnd < 40, 5000)
            list.forceActiveFocus()
            keyClick(Qt.Key_PageUp)
            keyClick(Qt.Key_PageUp)
            verify(!list.following)
            const place = list.contentY
            driver.answerWith(pieces(40))
            App.session.regenerateLast()
            tryVerify(() => !App.session.generating, 10000)
            wait(100)
            verify(!list.following)
            const jump = findChild(chat, "jumpToEnd")
            tryVerify(() => jump.opacity === 1)
            mouseClick(jump)
            tryVerify(() => list.toEnd < 40 && list.following, 5000)
        }
        function wordsInView(item, found = []) {
            for (let i = 0; i < item.children.length; ++i) {
                const child = item.children[i]
                const y = child.mapToItem(list, 0, 0).y
                if (child.textFormat === TextEdit.RichText && child.plain !== undefined && y > 100 && y < 300) found.push(child)
                wordsInView(child, found)
            }
            return found
        }
        function test_whatIsReadStaysWhileTheBlocksAboveAreMade() {
            const mixed = []
            for (let n = 0; n < 300; ++n)
                mixed.push(n % 4 === 0 ? "## Heading " + n + "\n\n" : n % 4 === 1 ? "- item\n- item **two** of " + n + "\n\n"
                         : n % 4 === 2 ? "```\ncode\nof " + n + "\n```\n\n" : "Words and words. ".repeat(n % 17 + 1) + "\n\n")
            ask("Long", mixed)
            tryVerify(() => list.contentHeight > 10 * list.height && list.toEnd < 40, 5000)
            for (let step = 0; step < 40; ++step) {
                const words = wordsInView(list.contentItem)
                const before = words.length > 0 ? words[0].mapToItem(list, 0, 0).y : 0
                list.scrollBy(-150)
                waitForRendering(list, 200)
                if (words.length === 0) continue
                const moved = words[0].mapToItem(list, 0, 0).y - before
                verify(Math.abs(moved - 150) < 4, "step " + step + " moved " + moved)
            }
            verify(!list.following)
        }
        function test_stopKeepsTheText() {
            driver.hold()
            driver.answerWith(["never"])
            verify(App.session.send("Hold on"))
            const stop = findChild(chat, "stop")
            tryVerify(() => App.session.generating)
            mouseClick(findChild(chat, "stop"))
            tryVerify(() => !App.session.generating, 5000)
            driver.release()
            tryCompare(list, "count", 2)
        }
        function test_suggestionsAreSentWithAClick() {
            driver.answerWith(["Fine."])
            const chip = findChild(chat, "suggestion1")
            const words = chip.Accessible.name
            verify(words !== "")
            mouseClick(chip)
            tryCompare(list, "count", 2)
            tryVerify(() => !App.session.generating, 5000)
            compare(App.session.messages.data(App.session.messages.index(0, 0)), words)
        }
    }
}
