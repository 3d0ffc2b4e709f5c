// The way into the archive or the trash, with how many conversations are there.
import QtQuick
import QtQuick.Templates as T
import Tramontane

T.Button {
    id: link
    property string glyph
    property string title
    property int count: 0

    implicitHeight: Theme.controlHeight
    hoverEnabled: true
    focusPolicy: Qt.StrongFocus
    Accessible.name: title + ", " + qsTr("%n conversation(s)", "", count)
    Keys.onReturnPressed: clicked()
    Keys.onEnterPressed: clicked()

    contentItem: Item {
        Icon {
            id: icon
            x: Theme.space4 + 4
            glyph: link.glyph
            anchors.verticalCenter: parent.verticalCenter
        }
        Text {
            anchors.left: icon.right
            anchors.leftMargin: Theme.space3
            anchors.right: number.left
            anchors.verticalCenter: parent.verticalCenter
            text: link.title
            textFormat: Text.PlainText
            font.family: Theme.family
            font.pixelSize: Theme.textSmall
            color: Theme.text
            elide: Text.ElideRight
            Accessible.ignored: true
        }
        Text {
            id: number
            anchors.right: parent.right
            anchors.rightMargin: Theme.space4
            anchors.verticalCenter: parent.verticalCenter
            text: Number(link.count).toLocaleString(Qt.locale(), "f", 0)
            textFormat: Text.PlainText
            font.family: Theme.family
            font.pixelSize: Theme.textTiny
            color: Theme.textSecondary
            Accessible.ignored: true
        }
    }
    background: Rectangle {
        anchors.fill: parent
        anchors.leftMargin: Theme.space2
        anchors.rightMargin: Theme.space2
        radius: Theme.radiusSmall + 2
        color: link.down ? Theme.pressed : link.hovered ? Theme.hover : "transparent"
        border.width: link.visualFocus ? Theme.focusWidth : 0
        border.color: Theme.focus
    }
}
