// The preferences: pages at the left, or above where the window is narrow. Every change holds at once.
import QtQuick
import QtQuick.Templates as T
import Tramontane

T.Popup {
    id: dialog
    objectName: "preferences"
    property int page: 0
    readonly property bool narrow: width < 620
    readonly property var pages: [
        {name: qsTr("General"), glyph: "text"},
        {name: qsTr("Model"), glyph: "chip"},
        {name: qsTr("Sampling"), glyph: "dice"},
        {name: qsTr("System prompt"), glyph: "edit"},
        {name: qsTr("Privacy"), glyph: "shield"},
        {name: qsTr("Backups"), glyph: "database"},
        {name: qsTr("Data"), glyph: "export"}
    ]
    signal openModelRequested()

    parent: T.Overlay.overlay
    anchors.centerIn: parent
    width: parent ? Math.min(Math.round(820 * Math.max(1, 0.5 + 0.5 * Theme.scale)), parent.width - 24) : 820
    height: parent ? Math.min(640, parent.height - 24) : 640
    padding: 1
    modal: true
    focus: true
    closePolicy: T.Popup.CloseOnEscape | T.Popup.CloseOnPressOutside
    onOpened: tabs.itemAt(page).forceActiveFocus(Qt.TabFocusReason)
    T.Overlay.modal: Rectangle { color: Theme.scrim }
    background: PopupSurface { radius: Theme.radiusLarge }

    contentItem: FocusScope {
        focus: true
        Accessible.role: Accessible.Dialog
        Accessible.name: qsTr("Preferences")

        Rectangle {
            id: side
            width: dialog.narrow ? parent.width : Math.round(196 * Math.max(1, 0.5 + 0.5 * Theme.scale))
            height: dialog.narrow ? flow.height + 2 * Theme.space2 : parent.height
            radius: Theme.radiusLarge - 1
            color: Theme.side
            Flow {
                id: flow
                x: Theme.space2
                y: dialog.narrow ? Theme.space2 : Theme.space4
                width: parent.width - 2 * Theme.space2 - (dialog.narrow ? Theme.controlHeight : 0)
                spacing: 2
                Repeater {
                    id: tabs
                    model: dialog.pages
                    T.AbstractButton {
                        id: tab
                        required property var modelData
                        required property int index
                        readonly property bool on: dialog.page === index
                        objectName: "page" + index
                        width: dialog.narrow ? implicitWidth : flow.width
                        implicitWidth: icon.width + label.implicitWidth + 3 * Theme.space3
                        implicitHeight: Theme.controlHeight
                        hoverEnabled: true
                        focusPolicy: Qt.StrongFocus
                        Accessible.role: Accessible.PageTab
                        Accessible.name: modelData.name
                        Accessible.selected: on
                        onClicked: dialog.page = index
                        Keys.onReturnPressed: clicked()
                        Keys.onDownPressed: tabs.itemAt(Math.min(index + 1, tabs.count - 1)).choose()
                        Keys.onUpPressed: tabs.itemAt(Math.max(index - 1, 0)).choose()
                        function choose() {
                            forceActiveFocus(Qt.TabFocusReason)
                            dialog.page = index
                        }
                        contentItem: Item {
                            Icon {
                                id: icon
                                x: Theme.space3
                                anchors.verticalCenter: parent.verticalCenter
                                glyph: tab.modelData.glyph
                                color: tab.on ? Theme.accent : Theme.textSecondary
                            }
                            Text {
                                id: label
                                anchors.left: icon.right
                                anchors.leftMargin: Theme.space3
                                anchors.verticalCenter: parent.verticalCenter
                                text: tab.modelData.name
                                textFormat: Text.PlainText
                                font.family: Theme.family
                                font.pixelSize: Theme.textSmall
                                font.weight: tab.on ? Font.DemiBold : Font.Normal
                                color: Theme.text
                                Accessible.ignored: true
                            }
                        }
                        background: Rectangle {
                            radius: Theme.radiusSmall + 2
                            color: tab.on ? Theme.selected : tab.hovered ? Theme.hover : "transparent"
                        }
                        FocusRing { control: tab; gap: 0; radius: Theme.radiusSmall + 2 }
                    }
                }
            }
        }
        Flickable {
            id: scroll
            objectName: "preferencesScroll"
            anchors.left: dialog.narrow ? parent.left : side.right
            anchors.top: dialog.narrow ? side.bottom : parent.top
            anchors.right: parent.right
            anchors.bottom: parent.bottom
            contentHeight: body.height + 2 * Theme.space5
            boundsBehavior: Flickable.StopAtBounds
            clip: true
            T.ScrollBar.vertical: AppScrollBar {}
            Column {
                id: body
                x: Theme.space5
                y: Theme.space5
                width: parent.width - 2 * Theme.space5
                spacing: Theme.space5
                AppLabel {
                    kind: "title"
                    text: dialog.pages[dialog.page].name
                    width: parent.width - Theme.controlHeight
                    visible: !dialog.narrow
                }
                Loader {
                    id: loader
                    width: parent.width
                    active: dialog.visible
                    sourceComponent: [general, model, sampling, systemPrompt, privacy, backups, data][dialog.page]
                    onLoaded: scroll.contentY = 0
                }
            }
        }
        IconButton {
            objectName: "closePreferences"
            anchors.right: parent.right
            anchors.top: parent.top
            anchors.margins: Theme.space2
            glyph: "close"
            name: qsTr("Close the preferences")
            shortcut: "Esc"
            onClicked: dialog.close()
        }
        // What takes the keyboard is brought into view.
        Connections {
            target: dialog.contentItem.Window.window
            function onActiveFocusItemChanged() {
                const item = dialog.contentItem.Window.window ? dialog.contentItem.Window.window.activeFocusItem : null
                let up = item
                while (up && up !== body) up = up.parent
                if (!up || !item) return
                const top = item.mapToItem(scroll.contentItem, 0, 0).y
                if (top - 40 < scroll.contentY) scroll.contentY = Math.max(0, top - 40)
                else if (top + item.height + 40 > scroll.contentY + scroll.height)
                    scroll.contentY = Math.min(scroll.contentHeight - scroll.height, top + item.height + 40 - scroll.height)
            }
        }
    }

    Component { id: general; GeneralPage {} }
    Component { id: model; ModelPage { onOpenModelRequested: dialog.openModelRequested() } }
    Component { id: sampling; SamplingPage {} }
    Component { id: systemPrompt; SystemPromptPage {} }
    Component { id: privacy; PrivacyPage {} }
    Component { id: backups; BackupsPage {} }
    Component { id: data; DataPage {} }
}
