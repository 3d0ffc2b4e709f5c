// The bar that brings a deleted conversation back.
import QtQuick
import QtTest
import Tramontane

Item {
    width: 640
    height: 200

    UndoBar {
        id: bar
        anchors.centerIn: parent
        time: 300
    }
    SignalSpy { id: undone; target: bar; signalName: "undone" }

    TestCase {
        name: "undoBar"
        when: windowShown

        function init() {
            bar.undo()
            undone.clear()
        }
        function test_showsForItsTimeOnly() {
            verify(!bar.visible)
            bar.show("A title")
            verify(bar.visible)
            verify(bar.Accessible.name.indexOf("A title") >= 0)
            tryCompare(bar, "visible", false, 2000)
            bar.undo()
            compare(undone.count, 0)
        }
        function test_undoIsOneClick() {
            bar.show("A title")
            mouseClick(findChild(bar, "undo"))
            compare(undone.count, 1)
            verify(!bar.visible)
            bar.undo()
            compare(undone.count, 1)
        }
        function test_offersNoWayBackWhereThereIsNone() {
            bar.show("Written", null)
            verify(bar.visible)
            verify(!findChild(bar, "undo").visible)
            bar.undo()
            compare(undone.count, 0)
            tryCompare(bar, "visible", false, 2000)
        }
        function test_aLongTitleStaysInsideTheWindow() {
            bar.show("word ".repeat(200))
            verify(bar.width <= 640)
        }
    }
}
