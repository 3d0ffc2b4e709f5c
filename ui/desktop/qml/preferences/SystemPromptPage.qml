// Standing instructions for the model.
import QtQuick
import Tramontane

SettingBlock {
    id: page
    title: qsTr("Standing instructions")
    explanation: qsTr("A role, a tone, a language. Put before your last message each time, and never left out.")

    AppTextArea {
        id: field
        objectName: "systemPrompt"
        width: parent.width
        minimumLines: 8
        maximumLines: 14
        placeholder: qsTr("For example: You are a patient teacher. Answer in short paragraphs.")
        name: qsTr("System prompt")
        text: App.preferences.systemPrompt
        onEdited: App.preferences.systemPrompt = text
    }
    AppButton {
        objectName: "clearSystemPrompt"
        text: qsTr("Clear")
        enabled: App.preferences.systemPrompt !== ""
        onClicked: {
            App.preferences.systemPrompt = ""
            field.text = ""
        }
    }
}
