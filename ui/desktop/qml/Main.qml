// The window: sidebar, conversation, status line, and what opens over them. Knows every shortcut.
import QtQuick
import QtQuick.Dialogs
import QtQuick.Templates as T
import Tramontane

T.ApplicationWindow {
    id: window
    objectName: "mainWindow"

    readonly property bool narrow: width < 700 * Math.max(1, Theme.scale)
    property bool drawer: false // the sidebar over the conversation, where there is no room beside it
    readonly property bool sidebarShown: narrow ? drawer : App.preferences.sidebarVisible
    readonly property bool overlaid: preferences.visible || shortcuts.visible || about.visible || commandPalette.visible || details.visible || exporting.visible || exportTrouble.visible

    width: 1120
    height: 740
    minimumWidth: 420
    minimumHeight: 420
    visible: true
    title: App.session.title === "" ? "Tramontane" : App.session.title + " — Tramontane"
    color: Theme.window
    font.family: Theme.family
    font.pixelSize: Theme.textSize
    palette.window: Theme.window
    palette.windowText: Theme.text
    palette.base: Theme.surface
    palette.alternateBase: Theme.side
    palette.text: Theme.text
    palette.button: Theme.raised
    palette.buttonText: Theme.text
    palette.highlight: Theme.accent
    palette.highlightedText: Theme.textOnAccent
    palette.placeholderText: Theme.textSecondary
    palette.light: Theme.side
    palette.midlight: Theme.hover
    palette.mid: Theme.outline
    palette.dark: Theme.outline
    palette.shadow: Theme.line
    palette.link: Theme.link

    Component.onCompleted: {
        const place = App.preferences.windowGeometry
        if (place.width >= minimumWidth && place.height >= minimumHeight) {
            width = Math.min(place.width, Screen.desktopAvailableWidth)
            height = Math.min(place.height, Screen.desktopAvailableHeight)
            if (place.x >= 0 && place.y >= 0 && place.x + 80 < Screen.desktopAvailableWidth
                && place.y + 80 < Screen.desktopAvailableHeight) {
                x = place.x
                y = place.y
            }
        }
        if (App.preferences.windowMaximized) showMaximized()
        chat.focusComposer()
    }
    onClosing: remember()
    onWidthChanged: keep.restart()
    onHeightChanged: keep.restart()
    onXChanged: keep.restart()
    onYChanged: keep.restart()
    onNarrowChanged: drawer = false
    Timer { id: keep; interval: 800; onTriggered: window.remember() }

    function remember() {
        App.preferences.windowMaximized = visibility === Window.Maximized
        if (visibility === Window.Windowed) App.preferences.windowGeometry = Qt.rect(x, y, width, height)
    }
    function toggleSidebar() {
        if (narrow) drawer = !drawer
        else App.preferences.sidebarVisible = !App.preferences.sidebarVisible
    }
    function showSidebar() {
        if (narrow) drawer = true
        else App.preferences.sidebarVisible = true
    }
    function search() {
        showSidebar()
        sidebar.focusSearch()
    }
    function rename() {
        showSidebar()
        sidebar.renameCurrent()
    }
    function showPreferences(page) {
        preferences.page = page
        preferences.open()
    }
    // What the palette offers now.
    function commands() {
        const one = (name, keys, run, possible = true) => ({name: name, keys: keys, run: run, possible: possible})
        const session = App.session, conversations = App.conversations, stored = conversations.currentId !== 0
        const themes = [["system", qsTr("System")], ["light", qsTr("Light")], ["dark", qsTr("Dark")]]
        return [
            one(qsTr("New conversation"), "Ctrl+N", startNew),
            one(qsTr("Search conversations"), "Ctrl+F", search),
            one(qsTr("Stop"), "Esc", () => session.stop(), session.generating),
            one(qsTr("Another answer to the last question"), "Ctrl+R", () => session.regenerateLast(),
                stored && !session.generating),
            one(qsTr("Copy the last answer"), "Ctrl+Shift+C", () => session.copyLastAnswer(), stored),
            one(qsTr("Rename the conversation"), "F2", rename, conversations.currentRow >= 0),
            one(qsTr("Export the conversation"), "", () => exporting.show(conversations.currentId, session.title), stored),
            one(qsTr("Next conversation"), "Ctrl+Tab", () => conversations.next()),
            one(qsTr("Previous conversation"), "Ctrl+Shift+Tab", () => conversations.previous()),
            one(qsTr("Show or hide the sidebar"), "Ctrl+B", toggleSidebar),
            one(qsTr("Open a model"), "Ctrl+O", () => folder.open()),
            one(qsTr("Preferences"), "Ctrl+,", () => preferences.open())
        ].concat(preferences.pages.map((page, index) => one(qsTr("Preferences: %1").arg(page.name), "",
                                                            () => showPreferences(index))),
                 themes.map(([value, name]) => one(qsTr("Theme: %1").arg(name), "",
                                                   () => App.preferences.theme = value)),
                 [one(qsTr("Keyboard shortcuts"), "Ctrl+/", () => shortcuts.open()),
                  one(qsTr("About Tramontane"), "", () => about.open()),
                  one(qsTr("Quit"), "Ctrl+Q", () => App.quit())]).filter((command) => command.possible)
    }
    function startNew() {
        App.conversations.newConversation()
        drawer = false
        chat.focusComposer()
    }

    Sidebar {
        id: sidebar
        objectName: "sidebar"
        z: window.narrow ? 3 : 0
        width: Math.min(Theme.sidebarWidth, window.width - 64)
        height: parent.height - status.height
        visible: window.sidebarShown
        onOpened: {
            window.drawer = false
            chat.focusComposer()
        }
        onExportAsked: (conversationId, title) => exporting.show(conversationId, title)
    }
    Rectangle {
        anchors.fill: parent
        z: 2
        visible: window.narrow && window.drawer
        color: Theme.scrim
        TapHandler { onTapped: window.drawer = false }
    }
    Item {
        id: main
        anchors.left: parent.left
        anchors.leftMargin: window.sidebarShown && !window.narrow ? sidebar.width : 0
        anchors.right: parent.right
        anchors.top: parent.top
        anchors.bottom: status.top
        HeaderBar {
            id: header
            width: parent.width
            sidebarShown: window.sidebarShown
            onSidebarToggled: window.toggleSidebar()
            onNewRequested: window.startNew()
            onOpenModelRequested: folder.open()
            onPreferencesRequested: preferences.open()
            onShortcutsRequested: shortcuts.open()
            onAboutRequested: about.open()
        }
        ChatView {
            id: chat
            objectName: "chat"
            anchors.top: header.bottom
            anchors.bottom: parent.bottom
            width: parent.width
            focus: true
            onOpenModelRequested: folder.open()
            onUndoRequested: undo.undo()
            onDetailsRequested: (messageId, figures) => details.show(messageId, figures)
        }
    }
    StatusLine {
        id: status
        anchors.bottom: parent.bottom
        width: parent.width
    }
    UndoBar {
        id: undo
        objectName: "undoBar"
        z: 4
        anchors.horizontalCenter: parent.horizontalCenter
        anchors.bottom: status.top
        anchors.bottomMargin: chat.composer.height + Theme.space5
    }

    PreferencesDialog {
        id: preferences
        onOpenModelRequested: folder.open()
        onClosed: chat.focusComposer()
    }
    AnswerDetails { id: details; onClosed: chat.focusComposer() }
    ShortcutsSheet { id: shortcuts; onClosed: chat.focusComposer() }
    ExportDialog { id: exporting; onClosed: chat.focusComposer() }
    TroubleDialog {
        id: exportTrouble
        objectName: "exportTrouble"
        title: qsTr("Export")
        onClosed: chat.focusComposer()
    }
    AboutDialog { id: about; onClosed: chat.focusComposer() }
    CommandPalette {
        id: commandPalette
        onSearchRequested: (text) => {
            window.showSidebar()
            sidebar.searchFor(text)
        }
        onClosed: {
            chat.focusComposer()
            const run = chosen
            chosen = null
            if (run !== null) run()
        }
    }
    FolderDialog {
        id: folder
        title: qsTr("Choose the folder of a model")
        onAccepted: App.engine.openModel(selectedFolder)
    }

    Connections {
        target: App.conversations
        function onRemoved(id, title) {
            undo.show(title === "" ? qsTr("Conversation deleted") : qsTr("“%1” deleted").arg(title),
                      () => App.conversations.undoRemove())
        }
    }
    Connections {
        target: App.transfer
        function onEnded() { // the preferences say it themselves
            if (preferences.visible) return
            if (App.transfer.failed) exportTrouble.show(App.transfer.message)
            else undo.show(App.transfer.message, null)
        }
    }
    Connections {
        target: App.session
        function onChooseFolderRequested() { folder.open() }
        function onMessageDeleted() { undo.show(qsTr("Message deleted"), () => App.session.undoDeleteMessage()) }
    }

    Shortcut { sequence: "Ctrl+N"; onActivated: window.startNew() }
    Shortcut { sequence: "Ctrl+O"; onActivated: folder.open() }
    Shortcut {
        sequence: "Ctrl+K"
        enabled: !window.overlaid
        onActivated: commandPalette.show(window.commands())
    }
    Shortcut { sequence: "Ctrl+F"; onActivated: window.search() }
    Shortcut { sequence: "Ctrl+B"; onActivated: window.toggleSidebar() }
    Shortcut { sequence: "Ctrl+R"; enabled: !App.session.generating; onActivated: App.session.regenerateLast() }
    Shortcut { sequence: "Ctrl+Shift+C"; onActivated: App.session.copyLastAnswer() }
    Shortcut { sequence: "Ctrl+,"; onActivated: preferences.open() }
    Shortcut { sequence: "F2"; onActivated: window.rename() }
    Shortcut { sequence: "Ctrl+Z"; enabled: undo.shown && undo.bringBack !== null; onActivated: undo.undo() }
    Shortcut {
        sequence: "Esc"
        enabled: (App.session.generating || window.drawer) && !window.overlaid
        onActivated: window.drawer ? window.drawer = false : App.session.stop()
    }
    Shortcut { sequence: "Ctrl+Q"; onActivated: App.quit() }
    Shortcut { sequence: "Ctrl+/"; onActivated: shortcuts.open() }
    Shortcut { sequence: "Ctrl+Tab"; onActivated: App.conversations.next() }
    Shortcut { sequences: ["Ctrl+Shift+Tab", "Ctrl+Shift+Backtab"]; onActivated: App.conversations.previous() }
}
