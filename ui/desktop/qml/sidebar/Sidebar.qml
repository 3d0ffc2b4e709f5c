// The conversations, the archive or the trash, or what a search finds; new, open, and what a row's menu does.
import QtQuick
import QtQuick.Templates as T
import Tramontane

Rectangle {
    id: sidebar
    signal opened() // a conversation was chosen
    signal exportAsked(var conversationId, string title)

    readonly property int view: App.conversations.searching ? ConversationListModel.Chats : App.conversations.view
    readonly property bool inTrash: view === ConversationListModel.Trash

    color: Theme.side
    Accessible.role: Accessible.Pane
    Accessible.name: qsTr("Conversations")

    function focusSearch() { search.forceActiveFocus(); search.selectAll() }
    function searchFor(text) {
        search.text = text
        App.conversations.searchText = text
        focusSearch()
    }
    function renameCurrent() {
        const row = App.conversations.currentRow
        if (row < 0) return
        list.currentIndex = row
        list.positionViewAtIndex(row, ListView.Contain)
        const item = list.itemAtIndex(row)
        if (item) item.beginRename()
    }
    function startNew() {
        App.conversations.newConversation()
        opened()
    }

    Row {
        id: top
        x: Theme.space3
        y: Theme.space3
        width: parent.width - 2 * Theme.space3
        spacing: Theme.space2
        AppTextField {
            id: search
            objectName: "search"
            width: parent.width - add.width - parent.spacing
            leftPadding: Theme.space3 + Theme.iconSize + Theme.space1
            rightPadding: clear.visible ? clear.width : Theme.space2
            placeholderText: qsTr("Search")
            Accessible.name: qsTr("Search conversations")
            onTextEdited: App.conversations.searchText = text
            Keys.onEscapePressed: (event) => {
                event.accepted = text !== ""
                sidebar.clearSearch()
            }
            Keys.onReturnPressed: if (App.conversations.searching && list.count > 0) list.choose(0)
            Keys.onDownPressed: if (list.count > 0) {
                list.currentIndex = 0
                list.forceActiveFocus(Qt.TabFocusReason)
            }
            Icon {
                x: Theme.space3 - 2
                anchors.verticalCenter: parent.verticalCenter
                glyph: "search"
            }
            IconButton {
                id: clear
                objectName: "clearSearch"
                anchors.right: parent.right
                anchors.verticalCenter: parent.verticalCenter
                visible: search.text !== ""
                size: parent.height
                glyph: "close"
                name: qsTr("Clear the search")
                onClicked: sidebar.clearSearch()
            }
        }
        IconButton {
            id: add
            objectName: "newConversation"
            glyph: "new"
            tint: Theme.accent
            name: qsTr("New conversation")
            shortcut: "Ctrl+N"
            onClicked: sidebar.startNew()
        }
    }

    function clearSearch() {
        search.clear()
        App.conversations.searchText = ""
    }

    PlaceHeading {
        id: place
        objectName: "placeHeading"
        anchors.top: top.bottom
        anchors.topMargin: visible ? Theme.space2 : 0
        width: parent.width
        height: visible ? implicitHeight : 0
        visible: sidebar.view !== ConversationListModel.Chats
        trash: sidebar.inTrash
        onLeaving: {
            App.conversations.view = ConversationListModel.Chats
            list.forceActiveFocus(Qt.OtherFocusReason)
        }
    }
    ListView {
        id: list
        objectName: "conversations"
        anchors.top: place.bottom
        anchors.topMargin: Theme.space2
        anchors.bottom: places.top
        width: parent.width
        bottomMargin: Theme.space3
        model: App.conversations
        clip: true
        boundsBehavior: Flickable.StopAtBounds
        activeFocusOnTab: true
        currentIndex: -1
        highlightMoveDuration: 0
        keyNavigationEnabled: true
        T.ScrollBar.vertical: AppScrollBar {}
        Accessible.role: Accessible.List
        Accessible.name: place.visible ? place.title : qsTr("Conversations")

        function choose(row) {
            if (sidebar.inTrash) { // nothing in there can be written to: put back first
                positionViewAtIndex(row, ListView.Contain)
                const item = itemAtIndex(row)
                if (item) item.openMenu()
                return
            }
            App.conversations.openMatch(row)
            sidebar.opened()
        }
        onCountChanged: if (activeFocus && currentIndex < 0 && count > 0) currentIndex = 0
        onActiveFocusChanged: if (activeFocus && currentIndex < 0) currentIndex = Math.max(0, App.conversations.currentRow)
        Keys.onReturnPressed: choose(currentIndex)
        Keys.onEnterPressed: choose(currentIndex)
        Keys.onSpacePressed: choose(currentIndex)
        Keys.onDeletePressed: if (!sidebar.inTrash) App.conversations.remove(App.conversations.idAt(currentIndex))
        Keys.onPressed: (event) => {
            if (event.key === Qt.Key_F2 && currentItem) {
                currentItem.beginRename()
                event.accepted = true
            } else if (event.key === Qt.Key_Menu && currentItem) {
                currentItem.openMenu()
                event.accepted = true
            }
        }

        section.property: App.conversations.searching ? "" : "section"
        section.delegate: Text {
            required property string section
            leftPadding: Theme.space4 + 4
            topPadding: Theme.space3
            bottomPadding: Theme.space1
            text: section === "pinned" ? qsTr("Pinned") : section === "today" ? qsTr("Today") : section === "yesterday" ? qsTr("Yesterday")
                : section === "week" ? qsTr("Previous 7 days") : qsTr("Older")
            textFormat: Text.PlainText
            font.family: Theme.family
            font.pixelSize: Theme.textTiny
            font.weight: Font.DemiBold
            color: Theme.textSecondary
            Accessible.role: Accessible.Heading
            Accessible.name: text
        }
        delegate: ConversationRow {
            width: ListView.view.width
            objectName: "conversation" + index
            inTrash: sidebar.inTrash
            cursor: ListView.isCurrentItem && ListView.view.activeFocus
            onChosen: list.choose(index)
            onMenuShown: list.currentIndex = index
            onExportAsked: sidebar.exportAsked(conversationId, title)
            onRenameEnded: list.forceActiveFocus(Qt.OtherFocusReason)
        }
    }
    AppLabel {
        anchors.top: place.bottom
        anchors.topMargin: Theme.space5
        x: Theme.space5
        width: parent.width - 2 * Theme.space5
        visible: list.count === 0
        kind: "small"
        horizontalAlignment: Text.AlignHCenter
        text: App.conversations.searching ? qsTr("Nothing found")
            : sidebar.inTrash ? qsTr("The trash is empty.")
            : sidebar.view === ConversationListModel.Archive ? qsTr("Nothing is archived.")
            : qsTr("Conversations appear here as you write them.")
    }
    Column {
        id: places
        anchors.bottom: parent.bottom
        anchors.bottomMargin: Theme.space2
        width: parent.width
        visible: sidebar.view === ConversationListModel.Chats && !App.conversations.searching
        height: visible ? implicitHeight : 0
        PlaceLink {
            objectName: "showArchive"
            width: parent.width
            visible: count > 0
            glyph: "archive"
            title: qsTr("Archive")
            count: App.conversations.archivedCount
            onClicked: App.conversations.view = ConversationListModel.Archive
        }
        PlaceLink {
            objectName: "showTrash"
            width: parent.width
            visible: count > 0
            glyph: "trash"
            title: qsTr("Trash")
            count: App.conversations.trashCount
            onClicked: App.conversations.view = ConversationListModel.Trash
        }
    }
    Rectangle {
        anchors.right: parent.right
        width: 1
        height: parent.height
        color: Theme.line
    }
}
