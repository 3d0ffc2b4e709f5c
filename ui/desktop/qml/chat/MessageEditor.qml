// A question's text in; the changed text out when it is sent again.
import QtQuick
import Tramontane

Column {
    id: editor
    property alias text: field.text
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
        name: qsTr("Edit the question")
        onKeyPressed: (event) => {
            if (event.key === Qt.Key_Escape) {
                event.accepted = true
                editor.cancelled()
            }
            const enter = event.key === Qt.Key_Return || event.key === Qt.Key_Enter
            if (!enter || event.modifiers & Qt.ShiftModifier || field.edit.inputMethodComposing) return
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
            text: qsTr("Ask again")
            enabled: field.text.trim() !== ""
            onClicked: editor.submit()
        }
    }
}
