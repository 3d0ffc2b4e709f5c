// How far something is, as a line. value below 0: not known.
import QtQuick
import Tramontane

Rectangle {
    id: line
    property real value: 0
    property string name

    implicitWidth: 160
    implicitHeight: 4
    radius: height / 2
    color: Theme.line
    clip: true
    Accessible.role: Accessible.ProgressBar
    Accessible.name: name

    Rectangle {
        height: parent.height
        radius: parent.radius
        color: Theme.accent
        width: Math.max(0, Math.min(1, line.value)) * line.width
        Behavior on width { NumberAnimation { duration: Theme.quick } }
    }
}
