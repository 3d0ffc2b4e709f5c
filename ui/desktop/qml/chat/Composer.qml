// Where the person writes: grows to eight lines, Enter sends, Shift+Enter breaks the line.
import QtQuick
import QtQuick.Templates as T
import Tramontane

FocusScope {
    id: composer
    property string text: edit.text
    property alias edit: edit
    property bool generating: false
    property bool canSend: true
    readonly property bool ready: canSend && !generating && edit.text.trim() !== ""
    readonly property int maximumLines: 8
    signal sendRequested(string text)
    signal stopRequested()
    signal edited(string text)
    signal undoRequested()
    signal pageRequested(int pages) // the conversation is read while the keyboard stays here

    implicitHeight: frame.height

    // Takes a draft without telling that it was written.
    function take(draft) {
        if (edit.text === draft) return
        edit.text = draft
        edit.cursorPosition = edit.length
    }
    function submit() {
        if (ready) sendRequested(edit.text)
    }

    Rectangle {
        id: frame
        width: parent.width
        height: Math.max(flick.height + 2 * Theme.space1, button.height + 2 * Theme.space2)
        radius: Theme.radiusLarge
        color: Theme.surface
        border.width: edit.activeFocus ? Theme.focusWidth : 1
        border.color: edit.activeFocus ? Theme.focus : Theme.outline

        FontMetrics { id: metrics; font: edit.font }
        Flickable {
            id: flick
            anchors.left: parent.left
            anchors.right: button.left
            anchors.rightMargin: Theme.space2
            anchors.verticalCenter: parent.verticalCenter
            height: Math.ceil(Math.min(composer.maximumLines * metrics.lineSpacing, edit.contentHeight))
                    + edit.topPadding + edit.bottomPadding
            clip: true
            boundsBehavior: Flickable.StopAtBounds
            onContentYChanged: if (contentY < 0) contentY = 0 // where the cursor is sought before there is a height
            T.ScrollBar.vertical: AppScrollBar {}
            T.TextArea.flickable: T.TextArea {
                id: edit
                objectName: "composer"
                focus: true
                topPadding: Theme.space2
                bottomPadding: Theme.space2
                leftPadding: Theme.space4
                rightPadding: Theme.space2
                font.family: Theme.family
                font.pixelSize: Theme.textSize
                color: Theme.text
                selectionColor: Theme.selection
                selectedTextColor: Theme.text
                textFormat: TextEdit.PlainText
                wrapMode: TextEdit.Wrap
                selectByMouse: true
                placeholderText: qsTr("Ask anything")
                Accessible.name: qsTr("Message")
                Accessible.description: qsTr("Enter sends, Shift+Enter starts a new line")
                onTextChanged: composer.edited(text)
                Keys.onTabPressed: nextItemInFocusChain(true).forceActiveFocus(Qt.TabFocusReason)
                Keys.onBacktabPressed: nextItemInFocusChain(false).forceActiveFocus(Qt.BacktabFocusReason)
                Keys.onPressed: (event) => {
                    if (event.matches(StandardKey.Undo) && !canUndo) { // nothing here to undo: the window's turn
                        event.accepted = true
                        composer.undoRequested()
                        return
                    }
                    if ((event.key === Qt.Key_PageUp || event.key === Qt.Key_PageDown) && event.modifiers === Qt.NoModifier) {
                        event.accepted = true
                        composer.pageRequested(event.key === Qt.Key_PageUp ? -1 : 1)
                        return
                    }
                    const enter = event.key === Qt.Key_Return || event.key === Qt.Key_Enter
                    // While an input method composes, Enter is its own.
                    if (!enter || inputMethodComposing) return
                    event.accepted = true
                    if (event.modifiers & Qt.ShiftModifier) {
                        remove(selectionStart, selectionEnd)
                        insert(cursorPosition, "\n")
                    } else if (!(event.modifiers & (Qt.ControlModifier | Qt.AltModifier | Qt.MetaModifier))) {
                        composer.submit()
                    }
                }

                Text {
                    x: edit.leftPadding
                    y: edit.topPadding
                    visible: edit.length === 0 && edit.preeditText === ""
                    text: edit.placeholderText
                    textFormat: Text.PlainText
                    font: edit.font
                    color: Theme.textSecondary
                    Accessible.ignored: true
                }
            }
        }
        T.Button {
            id: button
            objectName: composer.generating ? "stop" : "send"
            anchors.right: parent.right
            anchors.rightMargin: Theme.space2
            anchors.bottom: parent.bottom
            anchors.bottomMargin: Theme.space2
            implicitWidth: Theme.controlHeight
            implicitHeight: Theme.controlHeight
            hoverEnabled: true
            focusPolicy: Qt.TabFocus
            enabled: composer.generating || composer.ready
            Accessible.name: composer.generating ? qsTr("Stop") : qsTr("Send")
            Accessible.description: composer.generating ? "Esc" : qsTr("Enter")
            onClicked: composer.generating ? composer.stopRequested() : composer.submit()
            Keys.onReturnPressed: clicked()
            Keys.onEnterPressed: clicked()
            contentItem: Item {
                Icon {
                    anchors.centerIn: parent
                    glyph: composer.generating ? "stop" : "send"
                    color: button.enabled ? Theme.textOnAccent : Theme.textSecondary
                }
            }
            background: Rectangle {
                radius: Theme.radius
                color: !button.enabled ? Theme.hover : button.hovered || button.down ? Theme.accentHover : Theme.accent
            }
            FocusRing { control: button; radius: Theme.radius + gap }
            ToolTipBubble {
                visible: button.hovered && !button.down
                text: composer.generating ? qsTr("Stop") + "  Esc" : qsTr("Send") + "  " + qsTr("Enter")
            }
        }
    }
}
