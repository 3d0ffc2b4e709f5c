// A message's text in; the changed text out.
import QtQuick
import Tramontane

Column {
    id: editor
    property alias text: field.text
    property string name: qsTr("Edit the question")
    property string submitText: qsTr("Ask again")
    property bool enterSubmits: true // otherwise Ctrl+Enter does
    signal submitted(string text)
    signal cancelled()

    spacing: Theme.space2

    function begin() {
        field.forceActiveFocus()
        field.edit.cursorPosition = field.edit.length
    }
    function submit() { if (field.text.trim() !== "") editor.submitted(field.text) }

    AppTextArea {
        id: field
        objectName: "messageEditor"
        width: parent.width
        minimumLines: 1
        maximumLines: 12
        edit.font.pixelSize: Theme.textSize
        name: editor.name
        onKeyPressed: (event) => {
            if (event.key === Qt.Key_Escape) {
                event.accepted = true
                editor.cancelled()
            }
            const enter = event.key === Qt.Key_Return || event.key === Qt.Key_Enter
            if (!enter || event.modifiers & Qt.ShiftModifier || field.edit.inputMethodComposing) return
            if (!editor.enterSubmits && !(event.modifiers & Qt.ControlModifier)) return
            event.accepted = true
            editor.submit()
        }
    }
    Row {
        anchors.right: parent.right
        spacing: Theme.space2
        AppButton {
            objectName: "cancelEdit"
            text: qsTr("Cancel")
            onClicked: editor.cancelled()
        }
        AppButton {
            objectName: "sendEdit"
            kind: "primary"
            text: editor.submitText
            enabled: field.text.trim() !== ""
            onClicked: editor.submit()
        }
    }
}
