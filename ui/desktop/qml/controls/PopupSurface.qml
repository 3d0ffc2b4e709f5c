// What menus, lists and dialogs stand on.
import QtQuick
import Tramontane

Rectangle {
    radius: Theme.radius
    color: Theme.raised
    border.width: 1
    border.color: Theme.line

    Rectangle { // a soft edge that every renderer can draw
        z: -1
        anchors.fill: parent
        anchors.margins: -1
        anchors.topMargin: 1
        anchors.bottomMargin: -3
        radius: parent.radius + 1
        color: Theme.dark ? "#66000000" : "#1a20303f"
    }
}
