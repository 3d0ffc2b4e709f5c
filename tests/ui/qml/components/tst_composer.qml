// The composer: what Enter does, how it grows, Stop, drafts.
import QtQuick
import QtTest
import Tramontane

Item {
    id: root
    width: 640
    height: 480

    Composer {
        id: composer
        width: parent.width
        anchors.bottom: parent.bottom
        focus: true
    }
    SignalSpy { id: sent; target: composer; signalName: "sendRequested" }
    SignalSpy { id: stopped; target: composer; signalName: "stopRequested" }
    SignalSpy { id: edited; target: composer; signalName: "edited" }

    TestCase {
        name: "composer"
        when: windowShown

        function init() {
            composer.generating = false
            composer.canSend = true
            composer.take("")
            composer.edit.forceActiveFocus()
            sent.clear()
            stopped.clear()
            edited.clear()
        }
        function test_enterSends() {
            keyClick("h")
            keyClick("i")
            keyClick(Qt.Key_Return)
            compare(sent.count, 1)
            compare(sent.signalArguments[0][0], "hi")
            keyClick(Qt.Key_Enter)
            compare(sent.count, 2)
        }
        function test_shiftEnterBreaksTheLine() {
            keyClick("a")
            keyClick(Qt.Key_Return, Qt.ShiftModifier)
            keyClick("b")
            compare(composer.text, "a\nb")
            compare(sent.count, 0)
        }
        function test_blankTextIsNotSent() {
            keyClick(Qt.Key_Space)
            keyClick(Qt.Key_Return)
            compare(sent.count, 0)
            compare(findChild(composer, "send").enabled, false)
        }
        function test_enterDoesNotSendWhileTheModelAnswersOrCannot() {
            composer.take("x")
            composer.generating = true
            keyClick(Qt.Key_Return)
            composer.generating = false
            composer.canSend = false
            keyClick(Qt.Key_Return)
            compare(sent.count, 0)
            compare(composer.text, "x")
        }
        function test_growsToEightLinesAndThenScrolls() {
            const one = composer.height
            composer.take("1\n2\n3\n4")
            const four = composer.height
            verify(four > one)
            composer.take("1\n2\n3\n4\n5\n6\n7\n8")
            const eight = composer.height
            verify(eight > four)
            composer.take("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12")
            verify(composer.height <= eight + 2)
        }
        function test_sendBecomesStop() {
            composer.generating = true
            const button = findChild(composer, "stop")
            verify(button)
            compare(button.Accessible.name, "Stop")
            mouseClick(button)
            compare(stopped.count, 1)
            compare(sent.count, 0)
        }
        function test_aDraftIsTakenAndWhatIsTypedIsTold() {
            composer.take("draft")
            compare(composer.text, "draft")
            keyClick("s")
            compare(edited.signalArguments[edited.count - 1][0], "drafts")
        }
        function test_tabLeavesTheField() {
            composer.take("x")
            keyClick(Qt.Key_Tab)
            compare(composer.text, "x")
            verify(!composer.edit.activeFocus)
        }
    }
}
