// Theme, language, size of the text.
import QtQuick
import Tramontane

Column {
    id: page
    spacing: Theme.space5

    SettingBlock {
        title: qsTr("Theme")
        SegmentedChoice {
            width: parent.width
            objectName: "theme"
            name: qsTr("Theme")
            value: App.preferences.theme
            options: [
                {value: "system", label: qsTr("System")},
                {value: "light", label: qsTr("Light")},
                {value: "dark", label: qsTr("Dark")}
            ]
            onChosen: (value) => App.preferences.theme = value
        }
    }
    SettingBlock {
        title: qsTr("Language")
        explanation: qsTr("Of the window. The model answers in the language it is asked in, as far as it can.")
        SegmentedChoice {
            width: parent.width
            objectName: "language"
            name: qsTr("Language")
            value: App.preferences.language
            options: [
                {value: "system", label: qsTr("System")},
                {value: "en", label: "English"},
                {value: "fr", label: "Français"},
                {value: "de", label: "Deutsch"}
            ]
            onChosen: (value) => App.preferences.language = value
        }
    }
    SettingBlock {
        title: qsTr("Text size")
        Row {
            spacing: Theme.space3
            AppSlider {
                id: size
                objectName: "textScale"
                name: qsTr("Text size")
                anchors.verticalCenter: parent.verticalCenter
                from: 0.8
                to: 2.0
                stepSize: 0.1
                snapMode: AppSlider.SnapAlways
                live: false // the window does not move under the pointer
                value: App.preferences.textScale
                onMoved: if (!pressed) App.preferences.textScale = Math.round(value * 10) / 10
                onPressedChanged: if (!pressed) App.preferences.textScale = Math.round(value * 10) / 10
            }
            AppLabel {
                anchors.verticalCenter: parent.verticalCenter
                lineHeight: 1
                text: qsTr("%1 %").arg(Math.round((size.pressed ? size.valueAt(size.visualPosition) : App.preferences.textScale) * 100))
            }
            IconButton {
                objectName: "resetTextScale"
                glyph: "reset"
                name: qsTr("Reset the text size")
                enabled: App.preferences.textScale !== 1
                onClicked: App.preferences.textScale = 1
            }
        }
    }
}
