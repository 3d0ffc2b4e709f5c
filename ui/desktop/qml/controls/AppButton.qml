// A button with words. kind: "plain", "primary" or "danger".
import QtQuick
import QtQuick.Templates as T
import Tramontane

T.Button {
    id: button
    property string kind: "plain"
    property string glyph
    readonly property color ink: !enabled ? Theme.textSecondary
                               : kind === "primary" ? Theme.textOnAccent
                               : kind === "danger" ? Theme.error : Theme.text

    implicitWidth: Math.max(implicitContentWidth + leftPadding + rightPadding, 72)
    implicitHeight: Theme.controlHeight
    leftPadding: Theme.space4
    rightPadding: Theme.space4
    hoverEnabled: true
    focusPolicy: Qt.StrongFocus
    font.family: Theme.family
    font.pixelSize: Theme.textSmall
    font.weight: Font.DemiBold
    opacity: enabled ? 1 : 0.55
    Accessible.name: text
    Keys.onReturnPressed: clicked()
    Keys.onEnterPressed: clicked()

    contentItem: Item {
        implicitWidth: words.implicitWidth + (button.glyph === "" ? 0 : Theme.iconSize + Theme.space2)
        implicitHeight: row.implicitHeight
        Row {
            id: row
            anchors.centerIn: parent
            spacing: Theme.space2
            Icon {
                visible: button.glyph !== ""
                glyph: button.glyph
                color: button.ink
                anchors.verticalCenter: parent.verticalCenter
            }
            Text {
                id: words
                text: button.text
                textFormat: Text.PlainText
                font: button.font
                color: button.ink
                width: Math.min(implicitWidth, button.availableWidth - (button.glyph === "" ? 0 : Theme.iconSize + Theme.space2))
                elide: Text.ElideRight
                anchors.verticalCenter: parent.verticalCenter
                Accessible.ignored: true
            }
        }
    }
    background: Rectangle {
        radius: Theme.radius
        color: button.kind === "primary" ? (button.hovered || button.down ? Theme.accentHover : Theme.accent)
             : button.down ? Theme.pressed : button.hovered ? Theme.hover : "transparent"
        border.width: button.kind === "primary" ? 0 : 1
        border.color: button.kind === "danger" ? Theme.error : Theme.outline
    }
    FocusRing { control: button; radius: Theme.radius + gap }
}
