// One conversation into a file: as what, and then where.
import QtQuick
import QtQuick.Dialogs
import Tramontane

AppDialog {
    id: dialog
    objectName: "exportDialog"
    property var conversationId: 0
    property string conversationTitle
    property string format: "md"
    readonly property var formats: [
        {value: "md", label: "Markdown", filter: qsTr("Markdown (*.md)"), explanation: qsTr("The messages on show as text, with a heading for each speaker.")},
        {value: "html", label: "HTML", filter: qsTr("Web page (*.html)"), explanation: qsTr("The messages on show as a page for any browser, without scripts.")},
        {value: "pdf", label: "PDF", filter: qsTr("PDF (*.pdf)"), explanation: qsTr("The messages on show on A4 pages.")},
        {value: "json", label: "JSON", filter: qsTr("JSON (*.json)"), explanation: qsTr("Everything, all variants and how each answer was made. Tramontane can import it again.")}
    ]
    readonly property var chosen: formats.find(each => each.value === format)
    title: qsTr("Export the conversation")

    function show(id, name) {
        conversationId = id
        conversationTitle = name
        open()
    }
    onOpened: save.forceActiveFocus(Qt.TabFocusReason)
    AppLabel {
        width: parent.width
        text: dialog.conversationTitle === "" ? qsTr("New conversation") : dialog.conversationTitle
        elide: Text.ElideRight
        maximumLineCount: 2
    }
    SegmentedChoice {
        objectName: "exportFormat"
        width: parent.width
        name: qsTr("Format")
        value: dialog.format
        options: dialog.formats
        onChosen: (value) => dialog.format = value
    }
    AppLabel {
        width: parent.width
        kind: "small"
        text: dialog.chosen.explanation
    }
    buttons: [
        AppButton {
            id: save
            objectName: "chooseExportFile"
            kind: "primary"
            glyph: "export"
            text: qsTr("Save as…")
            onClicked: {
                file.selectedFile = App.transfer.suggestion(dialog.conversationTitle, dialog.format)
                file.open()
            }
        },
        AppButton {
            objectName: "cancelExport"
            text: qsTr("Cancel")
            onClicked: dialog.close()
        }
    ]
    FileDialog {
        id: file
        objectName: "exportFile"
        title: qsTr("Export the conversation")
        fileMode: FileDialog.SaveFile
        nameFilters: [dialog.chosen.filter]
        defaultSuffix: dialog.format
        onAccepted: {
            App.transfer.exportConversation(dialog.conversationId, selectedFile, dialog.format)
            dialog.close()
        }
    }
}
