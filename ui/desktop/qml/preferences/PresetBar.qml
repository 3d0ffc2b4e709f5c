// Named sets of sampling numbers: choose one, save what is set now under a name, delete an own one.
import QtQuick
import QtQuick.Templates as T
import Tramontane

Column {
    id: bar
    property bool naming: false
    property string problem
    spacing: Theme.space2

    Flow {
        width: parent.width
        spacing: Theme.space1
        Repeater {
            model: App.preferences.presets
            T.AbstractButton {
                id: preset
                required property string name
                required property string label
                required property bool builtIn
                required property bool current
                objectName: "preset_" + name
                implicitWidth: words.implicitWidth + 2 * Theme.space4 + (builtIn ? 0 : Theme.iconSize + 4)
                implicitHeight: Theme.controlHeight
                hoverEnabled: true
                focusPolicy: Qt.StrongFocus
                Accessible.role: Accessible.RadioButton
                Accessible.name: qsTr("Preset %1").arg(label)
                Accessible.description: builtIn ? "" : qsTr("Del deletes it")
                Accessible.checkable: true
                Accessible.checked: current
                onClicked: App.preferences.applyPreset(name)
                Keys.onReturnPressed: clicked()
                Keys.onEnterPressed: clicked()
                Keys.onDeletePressed: if (!builtIn) App.preferences.deletePreset(name)
                contentItem: Item {
                    Text {
                        id: words
                        x: Theme.space4
                        anchors.verticalCenter: parent.verticalCenter
                        text: preset.label
                        textFormat: Text.PlainText
                        font.family: Theme.family
                        font.pixelSize: Theme.textSmall
                        font.weight: preset.current ? Font.DemiBold : Font.Normal
                        color: preset.current ? Theme.textOnAccent : Theme.text
                        Accessible.ignored: true
                    }
                    IconButton {
                        objectName: "deletePreset_" + preset.name
                        visible: !preset.builtIn
                        anchors.right: parent.right
                        anchors.verticalCenter: parent.verticalCenter
                        size: Theme.iconSize + 8
                        focusPolicy: Qt.NoFocus
                        glyph: "close"
                        tint: preset.current ? Theme.textOnAccent : Theme.textSecondary
                        name: qsTr("Delete the preset %1").arg(preset.label)
                        onClicked: App.preferences.deletePreset(preset.name)
                    }
                }
                background: Rectangle {
                    radius: Theme.radius
                    color: preset.current ? Theme.accent : preset.hovered ? Theme.hover : Theme.surface
                    border.width: 1
                    border.color: preset.current ? Theme.accent : Theme.outline
                }
                FocusRing { control: preset; radius: Theme.radius + gap }
            }
        }
        AppButton {
            objectName: "savePreset"
            glyph: "plus"
            text: qsTr("Save as preset…")
            visible: !bar.naming
            onClicked: {
                bar.problem = ""
                bar.naming = true
                field.forceActiveFocus()
            }
        }
    }
    Row {
        visible: bar.naming
        spacing: Theme.space2
        AppTextField {
            id: field
            objectName: "presetName"
            width: 200
            placeholderText: qsTr("Name of the preset")
            valid: bar.problem === ""
            onTextEdited: bar.problem = ""
            onAccepted: bar.save()
            Keys.onEscapePressed: bar.naming = false
        }
        AppButton {
            objectName: "confirmPreset"
            kind: "primary"
            text: qsTr("Save")
            enabled: field.text.trim() !== ""
            onClicked: bar.save()
        }
        AppButton {
            text: qsTr("Cancel")
            onClicked: bar.naming = false
        }
    }
    AppLabel {
        width: parent.width
        visible: bar.naming && bar.problem !== ""
        kind: "small"
        color: Theme.error
        text: bar.problem
    }

    function save() {
        if (App.preferences.savePreset(field.text)) {
            field.clear()
            naming = false
        } else {
            problem = qsTr("This name belongs to a preset that comes with Tramontane. Choose another.")
        }
    }
}
