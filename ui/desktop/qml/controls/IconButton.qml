// A round-cornered button that is only an icon; its name is told to the pointer and to assistive technology.
import QtQuick
import QtQuick.Templates as T
import Tramontane

T.Button {
    id: button
    property string glyph
    property string name
    property string shortcut
    property color tint: Theme.textSecondary
    property int size: Theme.controlHeight
    property bool quiet: false // no tool tip now

    implicitWidth: size
    implicitHeight: size
    hoverEnabled: true
    focusPolicy: Qt.TabFocus
    opacity: enabled ? 1 : 0.4
    Accessible.name: name
    Accessible.description: shortcut

    contentItem: Item {
        Icon {
            anchors.centerIn: parent
            glyph: button.glyph
            color: button.hovered || button.visualFocus ? Theme.text : button.tint
        }
    }
    background: Rectangle {
        radius: Theme.radiusSmall
        color: button.down || button.checked ? Theme.pressed : button.hovered ? Theme.hover : "transparent"
    }
    FocusRing { control: button; gap: 0 }
    ToolTipBubble {
        text: button.shortcut === "" ? button.name : button.name + "  " + button.shortcut
        visible: text !== "" && !button.quiet && (button.hovered || button.visualFocus) && !button.down
    }
}
