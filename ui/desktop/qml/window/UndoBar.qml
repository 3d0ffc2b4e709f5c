// Something was deleted: says what, and for ten seconds brings it back. Also says what was done where nothing is to be
// undone.
import QtQuick
import Tramontane

Rectangle {
    id: bar
    property string message // what was deleted or done
    property var bringBack: null // a function; null: there is nothing to undo
    property int time: 10000
    readonly property bool shown: clock.running
    signal undone()

    implicitWidth: Math.min(row.implicitWidth + 2 * Theme.space4, parent ? parent.width - 32 : 400)
    implicitHeight: row.implicitHeight + 2 * Theme.space2
    visible: shown
    radius: Theme.radius
    color: Theme.dark ? "#dfe6ec" : "#24303c"
    Accessible.role: Accessible.AlertMessage
    Accessible.name: words.text

    function show(what, undoing) {
        message = what
        bringBack = undoing
        clock.restart()
    }
    function undo() {
        if (!shown || bringBack === null) return
        clock.stop()
        if (bringBack) bringBack()
        undone()
    }
    Timer { id: clock; interval: bar.time }

    Row {
        id: row
        anchors.centerIn: parent
        spacing: Theme.space3
        Text {
            id: words
            anchors.verticalCenter: parent.verticalCenter
            width: Math.min(implicitWidth, (bar.parent ? bar.parent.width : 600) - (bar.bringBack ? 180 : 64))
            text: bar.message
            textFormat: Text.PlainText
            font.family: Theme.family
            font.pixelSize: Theme.textSmall
            color: Theme.dark ? "#0b1116" : "#ffffff"
            elide: Text.ElideRight
            Accessible.ignored: true
        }
        AppButton {
            objectName: "undo"
            visible: bar.bringBack !== null
            kind: "primary"
            glyph: "undo"
            text: qsTr("Undo")
            onClicked: bar.undo()
        }
    }
}
