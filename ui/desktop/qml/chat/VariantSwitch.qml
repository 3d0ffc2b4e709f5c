// ‹ 2/3 ›: moves between the variants of a message.
import QtQuick
import Tramontane

Row {
    id: variants
    property int index: 0
    property int count: 1
    signal step(int by)

    visible: count > 1
    IconButton {
        objectName: "previousVariant"
        glyph: "chevron-left"
        name: qsTr("Previous variant")
        size: Theme.controlHeight - 6
        enabled: variants.index > 0
        onClicked: variants.step(-1)
    }
    Text {
        anchors.verticalCenter: parent.verticalCenter
        text: (variants.index + 1) + "/" + variants.count
        textFormat: Text.PlainText
        font.family: Theme.family
        font.pixelSize: Theme.textTiny
        color: Theme.textSecondary
        Accessible.role: Accessible.StaticText
        Accessible.name: qsTr("Variant %1 of %2").arg(variants.index + 1).arg(variants.count)
    }
    IconButton {
        objectName: "nextVariant"
        glyph: "chevron-right"
        name: qsTr("Next variant")
        size: Theme.controlHeight - 6
        enabled: variants.index < variants.count - 1
        onClicked: variants.step(1)
    }
}
