// One conversation: its title, a snippet when it was searched for, a dot while it is answered, its menu.
import QtQuick
import QtQuick.Templates as T
import Tramontane

Item {
    id: row
    required property int index
    required property var conversationId
    required property string title
    required property string snippet
    required property int snippetStart
    required property int snippetLength
    required property bool current
    required property bool busy
    required property bool pinned
    required property bool archived
    property bool inTrash: false
    property bool cursor: false
    property bool renaming: false
    readonly property string shownTitle: title === "" ? qsTr("New conversation") : title
    readonly property AppMenu shownMenu: inTrash ? trashMenu : menu
    signal chosen()
    signal menuShown()
    signal renameEnded()
    signal exportAsked()

    implicitHeight: Math.max(Theme.controlHeight, words.implicitHeight + 2 * Theme.space2)
    Accessible.role: Accessible.ListItem
    Accessible.name: shownTitle + (pinned ? ", " + qsTr("pinned") : "") + (busy ? ", " + qsTr("being answered") : "") + (snippet === "" ? "" : ": " + snippet)
    Accessible.selected: current
    Accessible.focusable: true
    Accessible.onPressAction: chosen()

    function beginRename() {
        if (inTrash) return
        renaming = true
        editor.item.forceActiveFocus()
        editor.item.selectAll()
    }
    function endRename(text) {
        if (!renaming) return
        renaming = false
        const title = text.trim()
        if (title !== "" && title !== row.title) App.conversations.rename(row.conversationId, title)
        renameEnded()
    }
    function openMenu() {
        menuShown()
        shownMenu.popup(more, 0, more.height)
    }
    function marked() {
        const end = snippetStart + snippetLength
        return Theme.escaped(snippet.substring(0, snippetStart)) + "<b>" + Theme.escaped(snippet.substring(snippetStart, end))
               + "</b>" + Theme.escaped(snippet.substring(end))
    }

    Rectangle {
        anchors.fill: parent
        anchors.leftMargin: Theme.space2
        anchors.rightMargin: Theme.space2
        anchors.topMargin: 1
        anchors.bottomMargin: 1
        radius: Theme.radiusSmall + 2
        color: row.current ? Theme.selected : hover.hovered ? Theme.hover : "transparent"
        border.width: row.cursor ? Theme.focusWidth : 0
        border.color: Theme.focus
    }
    HoverHandler { id: hover }
    TapHandler {
        enabled: !row.renaming
        onTapped: row.chosen()
        onDoubleTapped: if (!row.inTrash) row.beginRename()
    }
    TapHandler {
        acceptedButtons: Qt.RightButton
        onTapped: (point) => {
            row.menuShown()
            row.shownMenu.popup(row, point.position.x, point.position.y)
        }
    }
    Rectangle {
        id: dot
        visible: row.busy
        x: Theme.space4 - 2
        anchors.verticalCenter: parent.verticalCenter
        width: 8
        height: 8
        radius: 4
        color: Theme.accent
        SequentialAnimation on opacity {
            running: dot.visible
            loops: Animation.Infinite
            NumberAnimation { from: 1; to: 0.3; duration: 700 }
            NumberAnimation { from: 0.3; to: 1; duration: 700 }
        }
    }
    Column {
        id: words
        visible: !row.renaming
        anchors.left: parent.left
        anchors.leftMargin: Theme.space4 + 4 + (dot.visible ? 10 : 0)
        anchors.right: more.shown ? more.left : mark.visible ? mark.left : parent.right
        anchors.rightMargin: more.shown ? 0 : mark.visible ? Theme.space2 : Theme.space4
        anchors.verticalCenter: parent.verticalCenter
        spacing: 2
        Text {
            width: parent.width
            text: row.shownTitle
            textFormat: Text.PlainText
            font.family: Theme.family
            font.pixelSize: Theme.textSmall
            font.weight: row.current ? Font.DemiBold : Font.Normal
            color: Theme.text
            elide: Text.ElideRight
            maximumLineCount: 1
            Accessible.ignored: true
        }
        Text {
            width: parent.width
            visible: row.snippet !== ""
            text: visible ? row.marked() : ""
            textFormat: Text.StyledText
            font.family: Theme.family
            font.pixelSize: Theme.textTiny
            color: Theme.textSecondary
            elide: Text.ElideRight
            wrapMode: Text.Wrap
            maximumLineCount: 2
            Accessible.ignored: true
        }
    }
    Icon {
        id: mark
        visible: (row.pinned || (row.archived && App.conversations.searching)) && !more.shown && !row.renaming
        glyph: row.archived ? "archive" : "pin"
        size: Theme.iconSize - 4
        anchors.right: parent.right
        anchors.rightMargin: Theme.space4
        anchors.verticalCenter: parent.verticalCenter
    }
    Loader {
        id: editor
        active: row.renaming
        anchors.fill: parent
        anchors.leftMargin: Theme.space2 + 2
        anchors.rightMargin: Theme.space2 + 2
        sourceComponent: AppTextField {
            objectName: "renameField"
            text: row.title
            Accessible.name: qsTr("Title of the conversation")
            onAccepted: row.endRename(text)
            Keys.onEscapePressed: row.endRename(row.title)
            onActiveFocusChanged: if (!activeFocus) row.endRename(text)
        }
    }
    IconButton {
        id: more
        objectName: "rowMenu"
        readonly property bool shown: (hover.hovered || row.cursor || row.shownMenu.visible) && !row.renaming
        anchors.right: parent.right
        anchors.rightMargin: Theme.space2 + 2
        anchors.verticalCenter: parent.verticalCenter
        size: Theme.controlHeight - 8
        opacity: shown ? 1 : 0
        focusPolicy: Qt.NoFocus
        glyph: "more"
        quiet: row.shownMenu.visible
        name: qsTr("Menu of %1").arg(row.shownTitle)
        onClicked: row.openMenu()
    }
    AppMenu {
        id: menu
        AppMenuItem {
            objectName: "pinItem"
            text: row.pinned ? qsTr("Unpin") : qsTr("Pin")
            glyph: "pin"
            onTriggered: App.conversations.setPinned(row.conversationId, !row.pinned)
        }
        AppMenuItem {
            objectName: "renameItem"
            text: qsTr("Rename")
            glyph: "edit"
            shortcut: "F2"
            onTriggered: Qt.callLater(row.beginRename)
        }
        AppMenuItem {
            objectName: "duplicateItem"
            text: qsTr("Duplicate")
            glyph: "copy"
            onTriggered: App.conversations.duplicate(row.conversationId, qsTr("%1 (copy)").arg(row.shownTitle))
        }
        AppMenuItem {
            objectName: "archiveItem"
            text: row.archived ? qsTr("Take out of the archive") : qsTr("Archive")
            glyph: "archive"
            onTriggered: App.conversations.setArchived(row.conversationId, !row.archived)
        }
        AppMenuItem {
            objectName: "exportItem"
            text: qsTr("Export…")
            glyph: "export"
            enabled: !App.transfer.busy
            onTriggered: row.exportAsked()
        }
        AppMenuSeparator {}
        AppMenuItem {
            objectName: "deleteItem"
            text: qsTr("Delete")
            glyph: "trash"
            shortcut: qsTr("Del")
            danger: true
            onTriggered: App.conversations.remove(row.conversationId)
        }
    }
    AppMenu {
        id: trashMenu
        AppMenuItem {
            objectName: "putBackItem"
            text: qsTr("Put back")
            glyph: "undo"
            onTriggered: App.conversations.putBack(row.conversationId)
        }
        AppMenuItem {
            objectName: "purgeItem"
            text: qsTr("Delete for good")
            glyph: "trash"
            danger: true
            onTriggered: App.conversations.purge(row.conversationId)
        }
    }
}
