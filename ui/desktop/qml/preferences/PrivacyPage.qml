// What is stored and where, and how to be rid of it.
import QtQuick
import Tramontane

Column {
    id: page
    property bool asking: false
    spacing: Theme.space5

    SettingBlock {
        title: qsTr("Nothing leaves this computer")
        explanation: qsTr("Tramontane uses no network: no account, no telemetry, no updates in the background. Images in answers are never loaded; links open only after you have seen their address.")
    }
    SettingBlock {
        title: qsTr("Where your conversations are")
        explanation: qsTr("In one SQLite file in this folder, with a copy of each of the last seven days beside it.")
        AppLabel {
            objectName: "dataFolder"
            width: parent.width
            kind: "small"
            text: App.preferences.dataFolder
            font.family: Theme.monoFamily
            wrapMode: Text.WrapAnywhere
        }
        AppButton {
            objectName: "copyDataFolder"
            glyph: "copy"
            text: qsTr("Copy the path")
            onClicked: App.clipboard.setText(App.preferences.dataFolder)
        }
    }
    SettingBlock {
        title: qsTr("Where packed models are")
        explanation: qsTr("The last models that the processor ran, packed so that they are ready at once the next time. They hold nothing that you wrote; delete them whenever you like.")
        AppLabel {
            objectName: "packedModelsFolder"
            width: parent.width
            kind: "small"
            text: App.preferences.packedModelsFolder
            font.family: Theme.monoFamily
            wrapMode: Text.WrapAnywhere
        }
    }
    SettingBlock {
        title: qsTr("Delete everything")
        explanation: qsTr("Every conversation is removed from the file for good, and every backup with it. Settings and presets stay.")
        AppButton {
            objectName: "deleteAll"
            visible: !page.asking
            kind: "danger"
            glyph: "trash"
            text: qsTr("Delete all conversations…")
            onClicked: {
                page.asking = true
                keep.forceActiveFocus(Qt.TabFocusReason)
            }
        }
        AppLabel {
            width: parent.width
            visible: page.asking
            text: qsTr("Delete all conversations? This cannot be undone.")
            color: Theme.error
        }
        Flow {
            width: parent.width
            visible: page.asking
            spacing: Theme.space2
            AppButton {
                id: keep
                objectName: "keepAll"
                text: qsTr("Keep them")
                onClicked: page.asking = false
            }
            AppButton {
                objectName: "confirmDeleteAll"
                kind: "danger"
                glyph: "trash"
                text: qsTr("Delete all")
                onClicked: {
                    App.preferences.deleteAllConversations()
                    page.asking = false
                }
            }
        }
    }
}
