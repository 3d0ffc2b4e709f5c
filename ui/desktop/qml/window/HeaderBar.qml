// Above the conversation: the sidebar's button, the title, preferences and the menu.
import QtQuick
import Tramontane

Item {
    id: header
    property bool sidebarShown: true
    signal sidebarToggled()
    signal newRequested()
    signal openModelRequested()
    signal preferencesRequested()
    signal shortcutsRequested()
    signal aboutRequested()

    implicitHeight: Theme.controlHeight + 2 * Theme.space2

    IconButton {
        id: toggle
        objectName: "toggleSidebar"
        x: Theme.space2
        anchors.verticalCenter: parent.verticalCenter
        glyph: "sidebar"
        name: header.sidebarShown ? qsTr("Hide the sidebar") : qsTr("Show the sidebar")
        shortcut: "Ctrl+B"
        onClicked: header.sidebarToggled()
    }
    IconButton {
        id: add
        objectName: "headerNew"
        anchors.left: toggle.right
        anchors.verticalCenter: parent.verticalCenter
        visible: !header.sidebarShown
        width: visible ? implicitWidth : 0
        glyph: "new"
        name: qsTr("New conversation")
        shortcut: "Ctrl+N"
        onClicked: header.newRequested()
    }
    Text {
        anchors.left: add.right
        anchors.leftMargin: Theme.space3
        anchors.right: gear.left
        anchors.rightMargin: Theme.space3
        anchors.verticalCenter: parent.verticalCenter
        text: App.session.title
        textFormat: Text.PlainText
        font.family: Theme.family
        font.pixelSize: Theme.textSize
        font.weight: Font.DemiBold
        color: Theme.text
        elide: Text.ElideRight
        Accessible.role: Accessible.Heading
        Accessible.name: text === "" ? qsTr("New conversation") : text
    }
    IconButton {
        id: gear
        objectName: "preferencesButton"
        anchors.right: more.left
        anchors.verticalCenter: parent.verticalCenter
        glyph: "settings"
        name: qsTr("Preferences")
        shortcut: "Ctrl+,"
        onClicked: header.preferencesRequested()
    }
    IconButton {
        id: more
        objectName: "menuButton"
        anchors.right: parent.right
        anchors.rightMargin: Theme.space2
        anchors.verticalCenter: parent.verticalCenter
        glyph: "menu"
        quiet: menu.visible
        name: qsTr("Menu")
        onClicked: menu.popup(more, more.width - menu.width, more.height)
    }
    AppMenu {
        id: menu
        objectName: "mainMenu"
        widest: Math.round(280 * Math.max(1, Theme.scale))
        AppMenuItem {
            text: qsTr("New conversation")
            glyph: "new"
            shortcut: "Ctrl+N"
            onTriggered: header.newRequested()
        }
        AppMenuSeparator {}
        AppMenuItem {
            objectName: "openModelItem"
            text: qsTr("Open model…")
            glyph: "folder"
            shortcut: "Ctrl+O"
            onTriggered: header.openModelRequested()
        }
        AppMenuItem {
            objectName: "useBuiltInItem"
            text: qsTr("Use the built-in model")
            glyph: "wind"
            enabled: !App.engine.modelIsBuiltIn
            onTriggered: App.engine.useBuiltIn()
        }
        AppMenuSeparator {}
        AppMenuItem {
            text: qsTr("Preferences")
            glyph: "settings"
            shortcut: "Ctrl+,"
            onTriggered: header.preferencesRequested()
        }
        AppMenuItem {
            text: qsTr("Keyboard shortcuts")
            glyph: "keyboard"
            shortcut: "Ctrl+/"
            onTriggered: header.shortcutsRequested()
        }
        AppMenuItem {
            text: qsTr("About Tramontane")
            glyph: "info"
            onTriggered: header.aboutRequested()
        }
        AppMenuSeparator {}
        AppMenuItem {
            text: qsTr("Quit")
            glyph: "close"
            shortcut: "Ctrl+Q"
            onTriggered: App.quit()
        }
    }
}
