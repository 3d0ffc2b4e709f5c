// A few values side by side, one of them chosen. options: [{value, label}].
import QtQuick
import QtQuick.Templates as T
import Tramontane

Flow {
    id: choice
    property var options: []
    property string value
    property string name
    signal chosen(string value)

    spacing: Theme.space1

    Repeater {
        model: choice.options
        T.AbstractButton {
            id: segment
            required property var modelData
            readonly property bool on: choice.value === modelData.value
            objectName: "choice_" + modelData.value
            implicitWidth: Math.max(72, label.implicitWidth + 2 * Theme.space4)
            implicitHeight: Theme.controlHeight
            hoverEnabled: true
            focusPolicy: Qt.StrongFocus
            Accessible.role: Accessible.RadioButton
            Accessible.name: choice.name + ": " + modelData.label
            Accessible.checkable: true
            Accessible.checked: on
            onClicked: choice.chosen(modelData.value)
            Keys.onReturnPressed: clicked()
            Keys.onEnterPressed: clicked()
            contentItem: Text {
                id: label
                text: segment.modelData.label
                textFormat: Text.PlainText
                font.family: Theme.family
                font.pixelSize: Theme.textSmall
                font.weight: segment.on ? Font.DemiBold : Font.Normal
                color: segment.on ? Theme.textOnAccent : Theme.text
                horizontalAlignment: Text.AlignHCenter
                verticalAlignment: Text.AlignVCenter
                Accessible.ignored: true
            }
            background: Rectangle {
                radius: Theme.radius
                color: segment.on ? Theme.accent : segment.hovered ? Theme.hover : Theme.surface
                border.width: 1
                border.color: segment.on ? Theme.accent : Theme.outline
            }
            FocusRing { control: segment; radius: Theme.radius + gap }
        }
    }
}
