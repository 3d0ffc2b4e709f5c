// Every shortcut of the window, on one sheet.
import QtQuick
import Tramontane

AppDialog {
    id: sheet
    objectName: "shortcutsSheet"
    title: qsTr("Keyboard shortcuts")
    preferredWidth: Math.round(680 * Math.max(1, Theme.scale))
    readonly property var rows: [
        [qsTr("Enter"), qsTr("Send the message")],
        [qsTr("Shift+Enter"), qsTr("Start a new line")],
        ["Esc", qsTr("Stop the answer, close a panel")],
        ["Ctrl+R", qsTr("Another answer to the last question")],
        ["Ctrl+Shift+C", qsTr("Copy the last answer")],
        ["Ctrl+N", qsTr("New conversation")],
        ["Ctrl+Tab", qsTr("Next conversation")],
        ["Ctrl+Shift+Tab", qsTr("Previous conversation")],
        ["Ctrl+F", qsTr("Search conversations")],
        ["F2", qsTr("Rename the conversation")],
        [qsTr("Del"), qsTr("Delete the conversation, in the list")],
        ["Ctrl+Z", qsTr("Undo the deletion")],
        ["Ctrl+B", qsTr("Show or hide the sidebar")],
        ["Ctrl+O", qsTr("Open a model")],
        ["Ctrl+K", qsTr("All commands")],
        ["Ctrl+,", qsTr("Preferences")],
        ["Ctrl+/", qsTr("This list")],
        ["Ctrl+Q", qsTr("Quit")]
    ]

    Flickable {
        width: parent.width
        height: Math.min(grid.implicitHeight, sheet.parent ? sheet.parent.height - 190 : 400)
        contentHeight: grid.implicitHeight
        boundsBehavior: Flickable.StopAtBounds
        clip: true
        Flow {
            id: grid
            objectName: "shortcutGrid"
            width: parent.width
            readonly property int perRow: width > 520 ? 2 : 1
            spacing: 0
            Repeater {
                model: sheet.rows
                Item {
                    id: entry
                    required property var modelData
                    width: grid.width / grid.perRow
                    height: Math.max(keys.height, words.implicitHeight) + Theme.space2
                    Accessible.role: Accessible.StaticText
                    Accessible.name: modelData[0] + ": " + modelData[1]
                    Rectangle {
                        id: keys
                        y: (entry.height - Theme.space2 - height) / 2
                        width: Math.round(126 * Math.max(1, Theme.scale))
                        height: label.implicitHeight + 8
                        radius: Theme.radiusSmall
                        color: Theme.codeSurface
                        border.width: 1
                        border.color: Theme.line
                        Text {
                            id: label
                            anchors.centerIn: parent
                            text: entry.modelData[0]
                            textFormat: Text.PlainText
                            font.family: Theme.family
                            font.pixelSize: Theme.textTiny
                            font.weight: Font.DemiBold
                            color: Theme.text
                            Accessible.ignored: true
                        }
                    }
                    Text {
                        id: words
                        anchors.left: keys.right
                        anchors.leftMargin: Theme.space3
                        anchors.right: parent.right
                        anchors.rightMargin: Theme.space2
                        anchors.verticalCenter: keys.verticalCenter
                        text: entry.modelData[1]
                        textFormat: Text.PlainText
                        font.family: Theme.family
                        font.pixelSize: Theme.textSmall
                        color: Theme.text
                        wrapMode: Text.Wrap
                        Accessible.ignored: true
                    }
                }
            }
        }
    }
    buttons: [
        AppButton {
            objectName: "closeShortcuts"
            text: qsTr("Close")
            onClicked: sheet.close()
        }
    ]
}
