// Appears while one reads further up: back to the newest words.
import QtQuick
import QtQuick.Templates as T
import Tramontane

T.AbstractButton {
    id: jump
    property bool shown: false

    implicitWidth: Theme.controlHeight
    implicitHeight: Theme.controlHeight
    visible: opacity > 0
    opacity: shown ? 1 : 0
    hoverEnabled: true
    focusPolicy: Qt.TabFocus
    Accessible.role: Accessible.Button
    Accessible.name: qsTr("Jump to the end")
    Keys.onReturnPressed: clicked()
    Keys.onEnterPressed: clicked()
    Behavior on opacity { NumberAnimation { duration: Theme.quick } }

    contentItem: Item {
        Icon {
            anchors.centerIn: parent
            glyph: "arrow-down"
            color: Theme.text
        }
    }
    background: PopupSurface {
        radius: width / 2
        color: jump.hovered ? Theme.hover : Theme.raised
    }
    FocusRing { control: jump; radius: width / 2 }
    ToolTipBubble { text: jump.Accessible.name; visible: jump.hovered }
}
