// All conversations into a file, and conversations from files of this program and of others.
import QtQuick
import QtQuick.Dialogs
import Tramontane

Column {
    id: page
    spacing: Theme.space5

    Component.onCompleted: App.transfer.forget()

    SettingBlock {
        title: qsTr("Export")
        explanation: qsTr("All conversations with all their variants in one JSON file, the archive included. Tramontane can import it again, here or on another computer. A single conversation is exported from its menu in the sidebar.")
        AppButton {
            objectName: "exportAll"
            glyph: "export"
            text: qsTr("Export all conversations…")
            enabled: !App.transfer.busy
            onClicked: {
                exportFile.selectedFile = App.transfer.suggestion("Tramontane", "json")
                exportFile.open()
            }
        }
    }
    SettingBlock {
        title: qsTr("Import")
        explanation: qsTr("From a JSON file of Tramontane, of ChatGPT (conversations.json of its export) or of Open WebUI. What is imported is added; nothing that is there is changed.")
        AppButton {
            objectName: "importFile"
            glyph: "import"
            text: qsTr("Import…")
            enabled: !App.transfer.busy
            onClicked: importFile.open()
        }
    }
    AppLabel {
        objectName: "transferMessage"
        width: parent.width
        visible: text !== ""
        kind: "small"
        text: App.transfer.busy ? qsTr("One moment…") : App.transfer.message
        color: App.transfer.busy ? Theme.textSecondary : App.transfer.failed ? Theme.error : Theme.success
        wrapMode: Text.Wrap
        Accessible.role: Accessible.AlertMessage
    }
    FileDialog {
        id: exportFile
        objectName: "exportAllFile"
        title: qsTr("Export all conversations")
        fileMode: FileDialog.SaveFile
        nameFilters: [qsTr("JSON (*.json)")]
        defaultSuffix: "json"
        onAccepted: App.transfer.exportAll(selectedFile)
    }
    FileDialog {
        id: importFile
        objectName: "importedFile"
        title: qsTr("Import conversations")
        fileMode: FileDialog.OpenFile
        nameFilters: [qsTr("JSON (*.json)"), qsTr("All files (*)")]
        onAccepted: App.transfer.importFile(selectedFile)
    }
}
