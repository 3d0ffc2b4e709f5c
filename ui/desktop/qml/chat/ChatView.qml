// The conversation with what stands around it: banner, loading, greeting, the way to the end, the composer.
import QtQuick
import Tramontane

FocusScope {
    id: view
    readonly property bool empty: App.session.messages.count === 0 && !App.session.opening
    readonly property bool firstRun: empty && !App.preferences.firstRunSeen && App.conversations.count === 0
                                     && !App.conversations.searching
    readonly property int side: Math.max(Theme.space4, Math.round((width - Theme.columnWidth) / 2))
    property alias composer: composer
    signal openModelRequested()
    signal undoRequested()
    signal detailsRequested(var messageId, var figures)

    function focusComposer() { composer.forceActiveFocus() }
    function send(text) {
        App.preferences.firstRunSeen = true
        if (!App.session.send(text)) return
        composer.take("")
        list.goToEnd()
    }

    Column {
        id: notices
        x: view.side
        width: view.width - 2 * view.side
        spacing: Theme.space2
        topPadding: banner.visible || loading.visible ? Theme.space2 : 0
        bottomPadding: topPadding
        z: 1
        BannerBar {
            id: banner
            objectName: "banner"
            width: parent.width
            banner: App.session.banner
        }
        LoadingBar {
            id: loading
            width: parent.width
        }
    }
    MessageList {
        id: list
        objectName: "messages"
        anchors.top: notices.bottom
        anchors.bottom: composer.top
        anchors.bottomMargin: Theme.space2
        width: parent.width
        visible: !view.empty
        onLinkActivated: (address) => links.ask(address)
        onDetailsRequested: (messageId, figures) => view.detailsRequested(messageId, figures)
    }
    Flickable {
        id: greeting
        anchors.fill: list
        visible: view.empty
        contentHeight: Math.max(height, (view.firstRun ? first.implicitHeight : hello.implicitHeight) + 2 * Theme.space5)
        boundsBehavior: Flickable.StopAtBounds
        clip: true
        FirstRun {
            id: first
            visible: view.firstRun
            x: view.side
            width: parent.width - 2 * view.side
            height: greeting.contentHeight
            onStarted: {
                App.preferences.firstRunSeen = true
                view.focusComposer()
            }
            onOpenModelRequested: view.openModelRequested()
        }
        EmptyConversation {
            id: hello
            visible: view.empty && !view.firstRun
            x: view.side
            width: parent.width - 2 * view.side
            height: greeting.contentHeight
            onChosen: (text) => view.send(text)
        }
    }
    JumpToEnd {
        objectName: "jumpToEnd"
        anchors.horizontalCenter: parent.horizontalCenter
        anchors.bottom: composer.top
        anchors.bottomMargin: Theme.space4
        shown: !view.empty && !list.following && list.toEnd > 48
        onClicked: list.goToEnd()
    }
    Composer {
        id: composer
        x: view.side
        width: view.width - 2 * view.side
        anchors.bottom: parent.bottom
        anchors.bottomMargin: Theme.space3
        focus: true
        generating: App.session.generating
        canSend: App.session.canSend
        onEdited: (text) => App.session.draft = text
        onSendRequested: (text) => view.send(text)
        onStopRequested: App.session.stop()
        onUndoRequested: view.undoRequested()
        onPageRequested: (pages) => list.scrollBy(pages * list.height * 0.9)
        Component.onCompleted: take(App.session.draft)
    }
    Connections {
        target: App.session
        function onDraftChanged() { composer.take(App.session.draft) }
        function onConversationChanged() { composer.take(App.session.draft) }
    }
    LinkPopup {
        id: links
        onOpenRequested: (address) => Qt.openUrlExternally(address)
    }
}
