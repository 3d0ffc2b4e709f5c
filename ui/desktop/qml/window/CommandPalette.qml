// What the window can do, under a line to type in: arrows choose, Enter does it.
import QtQuick
import QtQuick.Templates as T
import Tramontane

T.Popup {
    id: palette
    objectName: "commandPalette"
    property var commands: [] // {name, keys: of its shortcut or "", run: function}
    property var chosen: null // what to run when the palette has left
    readonly property var matches: matching(field.text.trim())
    signal searchRequested(string text)

    function show(all) {
        commands = all
        field.clear()
        list.currentIndex = 0
        open()
    }
    // Those that have every word in their name, the ones that begin with the text first; without any, a search.
    function matching(text) {
        const wanted = text.toLocaleLowerCase(), words = wanted.split(/\s+/)
        const found = commands.filter((command) => {
            const name = command.name.toLocaleLowerCase()
            return words.every((word) => name.includes(word))
        })
        const begins = (command) => wanted !== "" && command.name.toLocaleLowerCase().startsWith(wanted)
        const sorted = found.filter(begins).concat(found.filter((command) => !begins(command)))
        if (sorted.length > 0 || text === "") return sorted
        return [{name: qsTr("Search the conversations for “%1”").arg(text), keys: "", run: () => searchRequested(text)}]
    }
    function choose(index) {
        if (index < 0 || index >= matches.length) return
        chosen = matches[index].run
        close()
    }

    parent: T.Overlay.overlay
    x: parent ? Math.round((parent.width - width) / 2) : 0
    y: parent ? Math.round(Math.min(96, parent.height / 8)) : 0
    width: parent ? Math.min(Math.round(560 * Math.max(1, Theme.scale)), parent.width - 24) : 560
    implicitHeight: contentItem.implicitHeight + topPadding + bottomPadding
    padding: Theme.space2
    modal: true
    focus: true
    closePolicy: T.Popup.CloseOnEscape | T.Popup.CloseOnPressOutside
    background: PopupSurface { radius: Theme.radiusLarge }
    T.Overlay.modal: Rectangle { color: Theme.scrim }

    contentItem: FocusScope {
        implicitHeight: field.height + list.height + Theme.space2
        focus: true
        Accessible.role: Accessible.Dialog
        Accessible.name: qsTr("Commands")
        AppTextField {
            id: field
            objectName: "commandField"
            width: parent.width
            focus: true
            placeholderText: qsTr("Type a command")
            Accessible.description: list.currentItem ? list.currentItem.Accessible.name : ""
            onTextChanged: list.currentIndex = 0
            Keys.onDownPressed: list.currentIndex = Math.min(list.currentIndex + 1, list.count - 1)
            Keys.onUpPressed: list.currentIndex = Math.max(list.currentIndex - 1, 0)
            Keys.onReturnPressed: palette.choose(list.currentIndex)
            Keys.onEnterPressed: palette.choose(list.currentIndex)
        }
        ListView {
            id: list
            objectName: "commandList"
            anchors.top: field.bottom
            anchors.topMargin: Theme.space2
            width: parent.width
            height: Math.min(contentHeight, palette.parent ? palette.parent.height - palette.y - field.height - 64 : 400)
            model: palette.matches
            clip: true
            boundsBehavior: Flickable.StopAtBounds
            highlightMoveDuration: 0
            T.ScrollBar.vertical: AppScrollBar {}
            Accessible.role: Accessible.List
            Accessible.name: qsTr("Commands")
            delegate: T.AbstractButton {
                id: row
                required property var modelData
                required property int index
                readonly property bool isCurrent: ListView.isCurrentItem
                width: list.width
                implicitHeight: Theme.controlHeight
                leftPadding: Theme.space3
                rightPadding: Theme.space3
                hoverEnabled: true
                focusPolicy: Qt.NoFocus
                onClicked: palette.choose(index)
                Accessible.role: Accessible.ListItem
                Accessible.name: modelData.name + (modelData.keys === "" ? "" : ", " + modelData.keys)
                Accessible.selected: isCurrent
                contentItem: Item {
                    Text {
                        width: parent.width - keys.width - Theme.space3
                        anchors.verticalCenter: parent.verticalCenter
                        text: row.modelData.name
                        textFormat: Text.PlainText
                        font.family: Theme.family
                        font.pixelSize: Theme.textSmall
                        color: Theme.text
                        elide: Text.ElideRight
                        Accessible.ignored: true
                    }
                    Text {
                        id: keys
                        anchors.right: parent.right
                        anchors.verticalCenter: parent.verticalCenter
                        text: row.modelData.keys
                        textFormat: Text.PlainText
                        font.family: Theme.family
                        font.pixelSize: Theme.textTiny
                        color: Theme.textSecondary
                        Accessible.ignored: true
                    }
                }
                background: Rectangle {
                    radius: Theme.radiusSmall
                    color: row.isCurrent ? Theme.selected : row.hovered ? Theme.hover : "transparent"
                }
            }
        }
    }
}
