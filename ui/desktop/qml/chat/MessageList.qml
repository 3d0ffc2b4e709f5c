// The conversation; follows the end while one is at the end, and stays where one reads otherwise.
import QtQuick
import QtQuick.Templates as T
import Tramontane

ListView {
    id: list
    property bool following: true
    property bool settling: false
    property bool scrolling: false
    property var revealed: 0
    readonly property real toEnd: contentHeight + originY - contentY - height
    // Where the view is, in coarse steps: what depends on it is not reckoned anew for every pixel.
    readonly property int coarse: 400
    readonly property real coarseTop: Math.floor(contentY / coarse) * coarse
    property Item inside: null // what has the keyboard within the list
    readonly property int side: Math.max(Theme.space4, Math.round((width - Theme.columnWidth) / 2))
    signal linkActivated(string address)
    signal detailsRequested(var messageId, var figures)

    model: App.session.messages
    spacing: 0
    topMargin: Theme.space5
    bottomMargin: Theme.space4
    cacheBuffer: 1200
    boundsBehavior: Flickable.StopAtBounds
    clip: true
    focus: true
    activeFocusOnTab: true
    currentIndex: -1
    keyNavigationEnabled: false
    Accessible.role: Accessible.List
    Accessible.name: qsTr("Conversation")
    T.ScrollBar.vertical: AppScrollBar { id: bar }

    Keys.onPressed: (event) => {
        const page = height * 0.9
        switch (event.key) {
        case Qt.Key_Down: scrollBy(60); break
        case Qt.Key_Up: scrollBy(-60); break
        case Qt.Key_PageDown: scrollBy(page); break
        case Qt.Key_PageUp: scrollBy(-page); break
        case Qt.Key_Home: scrollBy(-contentHeight); break
        case Qt.Key_End: goToEnd(); break
        default: return
        }
        event.accepted = true
    }

    function scrollBy(distance) {
        const end = originY + contentHeight + bottomMargin - height
        scrolling = true
        contentY = Math.max(originY - topMargin, Math.min(end, contentY + distance))
        scrolling = false
    }
    // Something above the view changed its height: what is read stays where it is.
    function shift(by) {
        if (following) return
        settling = true
        contentY += by
        settling = false
    }
    // Reckoned here: when contentY has just changed, `toEnd` may not have followed yet.
    function updateFollowing() { following = contentHeight + originY - contentY - height < 48 }
    function goToEnd() {
        following = true
        settle()
    }
    function settle() {
        if (!following) return
        settling = true
        positionViewAtEnd()
        contentY = Math.max(originY - topMargin, originY + contentHeight + bottomMargin - height)
        settling = false
    }
    function reveal(messageId) {
        const row = App.session.messages.rowOf(messageId)
        if (row < 0) return
        following = false
        settling = true
        positionViewAtIndex(row, ListView.Beginning)
        settling = false
        revealed = messageId
        fade.restart()
    }

    // Whoever scrolls decides; growing text does not.
    onContentYChanged: if (!settling && (moving || bar.pressed || scrolling)) updateFollowing()
    onMovementEnded: updateFollowing()
    onContentHeightChanged: if (following) Qt.callLater(settle)
    onHeightChanged: if (following) Qt.callLater(settle)
    onCountChanged: if (following) Qt.callLater(settle)

    // The next time the keyboard comes here, it begins at the list again, not where it left.
    onActiveFocusChanged: if (!activeFocus && inside) {
        for (let item = inside; item && item !== list; item = item.parent) item.focus = false
        inside = null
    }
    Connections {
        target: list.Window.window
        function onActiveFocusItemChanged() {
            const item = list.Window.activeFocusItem
            if (list.activeFocus && item !== list) list.inside = item
        }
    }
    Timer { id: fade; interval: 1600; onTriggered: list.revealed = 0 }
    Connections {
        target: App.session
        function onConversationChanged() { list.goToEnd() }
        function onRevealMessage(messageId) { Qt.callLater(list.reveal, messageId) }
    }
    FocusRing { control: list; gap: -3; visible: list.Window.activeFocusItem === list }

    delegate: Item {
        id: row
        required property int index
        required property var messageId
        required property string author
        required property string text
        required property var blocks
        required property string status
        required property string errorText
        required property int siblingIndex
        required property int siblingCount
        required property var figures
        required property bool isLast
        readonly property bool person: author === "user"

        width: ListView.view.width
        height: body.height + (person ? Theme.space2 : Theme.space5)

        Rectangle { // a match of the search lights up
            anchors.fill: body
            anchors.margins: -8
            radius: Theme.radius
            color: Theme.match
            opacity: list.revealed !== 0 && list.revealed === row.messageId ? 0.5 : 0
            Behavior on opacity { NumberAnimation { duration: 400 } }
        }
        Loader {
            id: body
            x: list.side
            width: parent.width - 2 * list.side
            sourceComponent: row.person ? question : answer
        }
        Component {
            id: question
            UserMessage {
                messageId: row.messageId
                text: row.text
                siblingIndex: row.siblingIndex
                siblingCount: row.siblingCount
            }
        }
        Component {
            id: answer
            AnswerMessage {
                messageId: row.messageId
                text: row.text
                blocks: row.blocks
                status: row.status
                errorText: row.errorText
                siblingIndex: row.siblingIndex
                siblingCount: row.siblingCount
                figures: row.figures
                last: row.isLast
                viewTop: list.coarseTop - row.y
                viewBottom: list.coarseTop + list.coarse + list.height - row.y
                onGrewAbove: (by) => list.shift(by)
                onLinkActivated: (address) => list.linkActivated(address)
                onDetailsRequested: list.detailsRequested(row.messageId, row.figures)
            }
        }
    }
}
