// Stands where an image was meant: its description and its address, nothing is loaded.
import QtQuick
import Tramontane

Rectangle {
    id: block
    property string description
    property string address

    implicitHeight: Math.max(icon.height, words.implicitHeight) + 2 * Theme.space3
    radius: Theme.radius
    color: "transparent"
    border.width: 1
    border.color: Theme.line
    Accessible.role: Accessible.Graphic
    Accessible.name: qsTr("Image, not loaded: %1").arg(description === "" ? address : description)

    Icon {
        id: icon
        glyph: "image"
        x: Theme.space3
        anchors.verticalCenter: parent.verticalCenter
    }
    Column {
        id: words
        anchors.left: icon.right
        anchors.leftMargin: Theme.space3
        anchors.right: parent.right
        anchors.rightMargin: Theme.space3
        anchors.verticalCenter: parent.verticalCenter
        Text {
            width: parent.width
            text: block.description === "" ? qsTr("Image (not loaded)") : qsTr("%1 (image, not loaded)").arg(block.description)
            textFormat: Text.PlainText
            font.family: Theme.family
            font.pixelSize: Theme.textSmall
            color: Theme.text
            wrapMode: Text.Wrap
            Accessible.ignored: true
        }
        Text {
            width: parent.width
            text: block.address
            textFormat: Text.PlainText
            font.family: Theme.family
            font.pixelSize: Theme.textTiny
            color: Theme.textSecondary
            elide: Text.ElideMiddle
            Accessible.ignored: true
        }
    }
}
