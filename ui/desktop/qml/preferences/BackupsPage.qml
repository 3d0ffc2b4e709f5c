// The copies of all conversations: one a day by itself, one now, and any of them back in place.
import QtQuick
import Tramontane

Column {
    id: page
    spacing: Theme.space5
    property int asking: -1 // the row that is to be put back

    Component.onCompleted: App.backups.refresh()

    SettingBlock {
        title: qsTr("A backup every day")
        explanation: qsTr("Once a day a copy of all conversations is made in the folder of your conversations. The last seven are kept.")
        AppButton {
            objectName: "backUpNow"
            glyph: "database"
            text: qsTr("Back up now")
            enabled: !App.backups.busy
            onClicked: App.backups.backUp()
        }
        AppLabel {
            objectName: "backupMessage"
            width: parent.width
            visible: text !== ""
            kind: "small"
            text: App.backups.message
            color: App.backups.failed ? Theme.error : Theme.success
            Accessible.role: Accessible.AlertMessage
        }
    }
    SettingBlock {
        title: qsTr("Backups")
        explanation: App.backups.count === 0 ? qsTr("There is none yet.") : qsTr("Putting one back replaces the conversations that are there now; these are kept as a backup first.")
        Repeater {
            model: App.backups
            Column {
                id: entry
                required property int index
                required property string time
                required property string content
                required property string problem
                width: parent.width
                spacing: Theme.space1

                Item {
                    width: parent.width
                    height: Math.max(words.height, restore.height)
                    Column {
                        id: words
                        anchors.left: parent.left
                        anchors.right: restore.left
                        anchors.rightMargin: Theme.space3
                        anchors.verticalCenter: parent.verticalCenter
                        AppLabel {
                            width: parent.width
                            text: entry.time
                        }
                        AppLabel {
                            width: parent.width
                            kind: "small"
                            text: entry.problem === "" ? entry.content : entry.problem
                            color: entry.problem === "" ? Theme.textSecondary : Theme.error
                        }
                    }
                    AppButton {
                        id: restore
                        objectName: "restore" + entry.index
                        anchors.right: parent.right
                        anchors.verticalCenter: parent.verticalCenter
                        visible: page.asking !== entry.index
                        text: qsTr("Put back…")
                        enabled: entry.problem === "" && !App.backups.busy
                        Accessible.description: entry.time
                        onClicked: {
                            page.asking = entry.index
                            keep.forceActiveFocus(Qt.TabFocusReason)
                        }
                    }
                }
                Flow {
                    width: parent.width
                    visible: page.asking === entry.index
                    spacing: Theme.space2
                    AppButton {
                        id: keep
                        objectName: "keepPresent" + entry.index
                        text: qsTr("Leave it as it is")
                        onClicked: page.asking = -1
                    }
                    AppButton {
                        objectName: "confirmRestore" + entry.index
                        kind: "danger"
                        text: qsTr("Put this backup back")
                        onClicked: {
                            page.asking = -1
                            App.backups.restore(entry.index)
                        }
                    }
                }
            }
        }
    }
}
