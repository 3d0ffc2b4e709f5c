// What the person wrote, as it was written; Edit opens it in place and sends it as a new branch.
import QtQuick
import Tramontane

FocusScope {
    id: message
    property var messageId
    property string text
    property int siblingIndex: 0
    property int siblingCount: 1
    property bool editing: false
    readonly property bool busy: App.session.generating
    readonly property bool shown: hover.hovered || actionsFocus || siblingCount > 1
    readonly property bool actionsFocus: actions.activeFocus

    implicitHeight: (editing ? editor.item.height : bubble.height) + actions.height + Theme.space1
    Accessible.role: Accessible.Grouping
    Accessible.name: qsTr("You: %1").arg(text)

    HoverHandler { id: hover }

    Rectangle {
        id: bubble
        visible: !message.editing
        anchors.right: parent.right
        width: Math.min(words.implicitWidth, Math.round(message.width * 0.86))
        height: words.implicitHeight
        radius: Theme.radiusLarge
        color: Theme.bubble
        TextEdit {
            id: words
            width: parent.width
            leftPadding: Theme.space4
            rightPadding: Theme.space4
            topPadding: Theme.space2 + 2
            bottomPadding: Theme.space2 + 2
            text: message.text
            textFormat: TextEdit.PlainText
            readOnly: true
            selectByMouse: true
            wrapMode: TextEdit.Wrap
            font.family: Theme.family
            font.pixelSize: Theme.textSize
            color: Theme.text
            selectionColor: Theme.selection
            selectedTextColor: Theme.text
            activeFocusOnTab: false
            Accessible.role: Accessible.StaticText
            Accessible.name: message.text
        }
    }
    Loader {
        id: editor
        active: message.editing
        visible: active
        width: parent.width
        sourceComponent: MessageEditor {
            text: message.text
            onCancelled: message.endEditing()
            onSubmitted: (text) => {
                if (App.session.editAndResend(message.messageId, text)) message.endEditing()
            }
        }
        onLoaded: item.begin()
    }
    FocusScope {
        id: actions
        anchors.right: parent.right
        anchors.bottom: parent.bottom
        width: row.width
        height: row.height
        visible: !message.editing
        opacity: message.shown ? 1 : 0
        Behavior on opacity { NumberAnimation { duration: Theme.quick } }
        Row {
            id: row
            VariantSwitch {
                index: message.siblingIndex
                count: message.siblingCount
                enabled: !message.busy
                onStep: (by) => App.session.selectSibling(message.messageId, by)
            }
            IconButton {
                objectName: "copyQuestion"
                glyph: "copy"
                name: qsTr("Copy")
                size: Theme.controlHeight - 6
                onClicked: App.session.copyMessage(message.messageId)
            }
            IconButton {
                objectName: "editQuestion"
                glyph: "edit"
                name: qsTr("Edit and ask again")
                size: Theme.controlHeight - 6
                enabled: !message.busy
                onClicked: message.editing = true
            }
            IconButton {
                objectName: "deleteQuestion"
                glyph: "trash"
                name: qsTr("Delete, with what follows")
                size: Theme.controlHeight - 6
                enabled: !message.busy
                onClicked: App.session.deleteMessage(message.messageId)
            }
        }
    }

    function endEditing() {
        editing = false
        forceActiveFocus()
    }
}
