// Above the rows of the archive or the trash: the way back, where one is, and how to empty the trash.
import QtQuick
import Tramontane

Item {
    id: heading
    property bool trash: false
    property bool asking: false
    readonly property string title: trash ? qsTr("Trash") : qsTr("Archive")
    signal leaving()

    implicitHeight: column.implicitHeight
    onVisibleChanged: asking = false

    Column {
        id: column
        x: Theme.space3
        width: parent.width - 2 * Theme.space3
        spacing: Theme.space2

        Item {
            width: parent.width
            height: back.height
            IconButton {
                id: back
                objectName: "leavePlace"
                glyph: "chevron-left"
                name: qsTr("Back to the conversations")
                onClicked: heading.leaving()
            }
            AppLabel {
                anchors.left: back.right
                anchors.leftMargin: Theme.space2
                anchors.right: parent.right
                anchors.verticalCenter: parent.verticalCenter
                text: heading.title
                font.weight: Font.DemiBold
                elide: Text.ElideRight
            }
        }
        AppLabel {
            width: parent.width
            visible: heading.trash
            kind: "small"
            text: heading.asking ? qsTr("Delete for good what is in the trash? This cannot be undone.")
                                 : qsTr("Kept for 30 days, then deleted for good.")
            color: heading.asking ? Theme.error : Theme.textSecondary
        }
        Flow {
            width: parent.width
            visible: heading.trash && App.conversations.trashCount > 0
            spacing: Theme.space2
            AppButton {
                objectName: "emptyTrash"
                visible: !heading.asking
                text: qsTr("Empty the trash…")
                onClicked: {
                    heading.asking = true
                    keep.forceActiveFocus(Qt.TabFocusReason)
                }
            }
            AppButton {
                id: keep
                objectName: "keepTrash"
                visible: heading.asking
                text: qsTr("Keep it")
                onClicked: heading.asking = false
            }
            AppButton {
                objectName: "confirmEmptyTrash"
                visible: heading.asking
                kind: "danger"
                text: qsTr("Delete")
                onClicked: {
                    App.conversations.emptyTrash()
                    heading.asking = false
                }
            }
        }
    }
}
