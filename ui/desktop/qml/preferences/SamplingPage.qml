// How words are chosen: presets, every number, seed and stop strings.
import QtQuick
import Tramontane

Column {
    id: page
    spacing: Theme.space5

    SettingBlock {
        title: qsTr("Presets")
        explanation: qsTr("Precise keeps to the likeliest words, Creative wanders. Changes hold from the next answer on.")
        PresetBar { width: parent.width }
    }
    Column {
        width: parent.width
        spacing: Theme.space4
        Repeater {
            model: App.preferences.samplingParameters
            SamplingRow {
                onChanged: (value) => App.preferences.samplingParameters.setValue(name, value)
                onResetRequested: App.preferences.samplingParameters.reset(name)
            }
        }
    }
    SettingBlock {
        title: qsTr("Seed")
        explanation: qsTr("The same seed with the same settings gives the same answer. Empty: a new one each time.")
        AppTextField {
            id: seed
            objectName: "seed"
            width: 220
            placeholderText: qsTr("Random")
            Accessible.name: qsTr("Seed")
            valid: App.preferences.seedValid
            text: App.preferences.seed
            onTextEdited: App.preferences.seed = text
        }
        AppLabel {
            width: parent.width
            kind: "small"
            color: Theme.error
            visible: !App.preferences.seedValid
            text: qsTr("A seed is a whole number from 0 on. Until then it is random.")
        }
    }
    SettingBlock {
        title: qsTr("Stop strings")
        explanation: qsTr("The answer ends where one of these would appear. One a line.")
        AppTextArea {
            objectName: "stopStrings"
            width: parent.width
            minimumLines: 2
            maximumLines: 5
            name: qsTr("Stop strings")
            text: App.preferences.stopStrings
            onEdited: App.preferences.stopStrings = text
        }
    }
    AppButton {
        objectName: "resetSampling"
        glyph: "reset"
        text: qsTr("Reset all sampling settings")
        onClicked: {
            App.preferences.resetSampling()
        }
    }
}
