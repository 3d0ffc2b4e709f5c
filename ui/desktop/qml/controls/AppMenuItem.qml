// A row of a menu: icon, words, shortcut.
import QtQuick
import QtQuick.Templates as T
import Tramontane

T.MenuItem {
    id: item
    property string glyph
    property string shortcut
    property bool danger: false

    implicitWidth: 220
    implicitHeight: Theme.controlHeight
    leftPadding: Theme.space3
    rightPadding: Theme.space3
    hoverEnabled: true
    font.family: Theme.family
    font.pixelSize: Theme.textSmall
    opacity: enabled ? 1 : 0.5
    Accessible.name: text
    Accessible.description: shortcut

    contentItem: Item {
        Icon {
            id: icon
            visible: item.glyph !== ""
            glyph: item.glyph
            color: item.danger ? Theme.error : Theme.textSecondary
            anchors.verticalCenter: parent.verticalCenter
        }
        Text {
            anchors.left: item.glyph !== "" ? icon.right : parent.left
            anchors.leftMargin: item.glyph !== "" ? Theme.space3 : 0
            anchors.right: hint.left
            anchors.rightMargin: Theme.space2
            anchors.verticalCenter: parent.verticalCenter
            text: item.text
            textFormat: Text.PlainText
            font: item.font
            color: item.danger ? Theme.error : Theme.text
            elide: Text.ElideRight
            Accessible.ignored: true
        }
        Text {
            id: hint
            anchors.right: parent.right
            anchors.verticalCenter: parent.verticalCenter
            text: item.checked ? "✓" : item.shortcut
            textFormat: Text.PlainText
            font.family: Theme.family
            font.pixelSize: Theme.textTiny
            color: Theme.textSecondary
            Accessible.ignored: true
        }
    }
    background: Rectangle {
        radius: Theme.radiusSmall
        color: item.down ? Theme.pressed : item.highlighted || item.hovered ? Theme.hover : "transparent"
        border.width: item.visualFocus ? Theme.focusWidth : 0
        border.color: Theme.focus
    }
}
