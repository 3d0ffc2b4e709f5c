// A line between groups of a menu.
import QtQuick
import QtQuick.Templates as T
import Tramontane

T.MenuSeparator {
    implicitWidth: 220
    implicitHeight: 9
    contentItem: Item {
        Rectangle {
            anchors.verticalCenter: parent.verticalCenter
            width: parent.width
            height: 1
            color: Theme.line
        }
    }
}
