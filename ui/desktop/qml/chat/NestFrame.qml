// What a block stands in ("ql": a list item in a quote) in; bars and indents drawn, and how far in the block begins out.
import QtQuick
import Tramontane

Item {
    id: frame
    property string nest
    property string marker
    property string task
    property int firstLine: Math.round(Theme.textSize * 1.24)
    readonly property int step: Math.round(24 * Math.max(1, Theme.scale))
    readonly property int inset: nest.length * step

    Repeater {
        model: frame.nest.length
        Rectangle {
            required property int index
            visible: frame.nest.charAt(index) === "q"
            x: index * frame.step + 4
            width: 3
            height: frame.height
            color: Theme.outline
            opacity: 0.6
        }
    }
    Text { // "•" or "3."
        visible: frame.marker !== "" && frame.task === ""
        anchors.right: parent.left
        anchors.rightMargin: -frame.inset + 7
        height: frame.firstLine
        verticalAlignment: Text.AlignVCenter
        text: frame.marker
        textFormat: Text.PlainText
        font.family: Theme.family
        font.pixelSize: Theme.textSize
        color: Theme.textSecondary
        Accessible.ignored: true
    }
    Rectangle { // the box of a task
        visible: frame.task !== ""
        x: frame.inset - width - 7
        y: Math.round((frame.firstLine - height) / 2)
        width: Math.round(Theme.textSize)
        height: width
        radius: 4
        color: frame.task === "done" ? Theme.accent : "transparent"
        border.width: frame.task === "done" ? 0 : 1.5
        border.color: Theme.outline
        Icon {
            anchors.centerIn: parent
            visible: frame.task === "done"
            glyph: "check"
            size: parent.width - 2
            color: Theme.textOnAccent
        }
    }
}
