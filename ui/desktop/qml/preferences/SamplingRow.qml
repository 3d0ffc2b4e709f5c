// One sampling parameter: name, explanation, slider, field, range, reset.
import QtQuick
import Tramontane

Column {
    id: row
    required property string name
    required property string label
    required property string explanation
    required property real value
    required property real minimum
    required property real maximum
    required property real step
    required property real off
    required property bool hasOff
    required property bool integer
    required property bool isDefault
    signal changed(real value)
    signal resetRequested()

    width: parent ? parent.width : 0
    spacing: 2

    Item {
        width: parent.width
        height: Math.max(title.implicitHeight, field.height)
        AppLabel {
            id: title
            anchors.verticalCenter: parent.verticalCenter
            width: Math.min(implicitWidth, parent.width * 0.36 - off.width - Theme.space2)
            lineHeight: 1
            text: row.label
            font.weight: Font.DemiBold
            font.pixelSize: Theme.textSmall
        }
        AppLabel { // shown where the value switches the parameter off
            id: off
            anchors.left: title.right
            anchors.leftMargin: Theme.space2
            anchors.verticalCenter: parent.verticalCenter
            width: visible ? implicitWidth : 0
            lineHeight: 1
            kind: "small"
            font.pixelSize: Theme.textTiny
            visible: row.hasOff && row.value === row.off
            text: qsTr("off")
        }
        AppSlider {
            id: slider
            objectName: "slider_" + row.name
            name: row.label
            anchors.left: parent.left
            anchors.leftMargin: Math.round(parent.width * 0.36)
            anchors.right: field.left
            anchors.rightMargin: Theme.space3
            anchors.verticalCenter: parent.verticalCenter
            from: row.minimum
            to: row.maximum
            stepSize: row.step
            value: row.value
            onMoved: row.changed(value)
        }
        NumberField {
            id: field
            objectName: "field_" + row.name
            name: row.label
            anchors.right: reset.left
            anchors.rightMargin: 2
            anchors.verticalCenter: parent.verticalCenter
            height: Theme.controlHeight - 4
            value: row.value
            minimum: row.minimum
            maximum: row.maximum
            integer: row.integer
            onEdited: (value) => row.changed(value)
        }
        IconButton {
            id: reset
            objectName: "reset_" + row.name
            anchors.right: parent.right
            anchors.verticalCenter: parent.verticalCenter
            size: Theme.controlHeight - 4
            glyph: "reset"
            name: qsTr("Reset %1").arg(row.label)
            enabled: !row.isDefault
            opacity: enabled ? 1 : 0
            onClicked: row.resetRequested()
        }
    }
    Item {
        width: parent.width
        height: Math.max(explanation.implicitHeight, range.implicitHeight)
        AppLabel {
            id: explanation
            anchors.left: parent.left
            anchors.right: range.left
            anchors.rightMargin: Theme.space3
            kind: "small"
            font.pixelSize: Theme.textTiny
            text: row.explanation
        }
        AppLabel {
            id: range
            objectName: "range_" + row.name
            anchors.right: parent.right
            anchors.rightMargin: reset.width + 2
            kind: "small"
            font.pixelSize: Theme.textTiny
            text: qsTr("%1 to %2").arg(row.minimum).arg(row.maximum)
        }
    }
}
