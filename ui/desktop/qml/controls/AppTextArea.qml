// Several lines of text to write in; grows to `maximumLines`, then scrolls.
import QtQuick
import QtQuick.Templates as T
import Tramontane

FocusScope {
    id: area
    property alias text: edit.text
    property alias edit: edit
    property string placeholder
    property string name: placeholder
    property int minimumLines: 3
    property int maximumLines: 8
    signal edited()
    signal keyPressed(var event) // before the field takes it

    implicitWidth: 320
    implicitHeight: Math.ceil(Math.min(maximumLines * metrics.lineSpacing, Math.max(minimumLines * metrics.lineSpacing, edit.contentHeight)))
                    + edit.topPadding + edit.bottomPadding + 4

    FontMetrics { id: metrics; font: edit.font }
    Rectangle {
        anchors.fill: parent
        radius: Theme.radius
        color: Theme.surface
        border.width: edit.activeFocus ? Theme.focusWidth : 1
        border.color: edit.activeFocus ? Theme.focus : Theme.outline
    }
    Flickable {
        id: flick
        anchors.fill: parent
        anchors.margins: 2
        clip: true
        boundsBehavior: Flickable.StopAtBounds
        onContentYChanged: if (contentY < 0) contentY = 0 // where the cursor is sought before there is a height
        T.ScrollBar.vertical: AppScrollBar {}
        T.TextArea.flickable: T.TextArea {
            id: edit
            focus: true
            topPadding: Theme.space2
            bottomPadding: Theme.space2
            leftPadding: Theme.space3
            rightPadding: Theme.space3
            font.family: Theme.family
            font.pixelSize: Theme.textSmall
            color: Theme.text
            selectionColor: Theme.selection
            selectedTextColor: Theme.text
            textFormat: TextEdit.PlainText
            wrapMode: TextEdit.Wrap
            selectByMouse: true
            Keys.onPressed: (event) => area.keyPressed(event)
            // Tab leaves the field: prose needs no tabulators.
            Keys.onTabPressed: nextItemInFocusChain(true).forceActiveFocus(Qt.TabFocusReason)
            Keys.onBacktabPressed: nextItemInFocusChain(false).forceActiveFocus(Qt.BacktabFocusReason)
            Accessible.name: area.name
            onTextChanged: if (activeFocus) area.edited()

            Text {
                x: edit.leftPadding
                y: edit.topPadding
                width: edit.width - edit.leftPadding - edit.rightPadding
                visible: edit.length === 0 && edit.preeditText === ""
                text: area.placeholder
                textFormat: Text.PlainText
                font: edit.font
                color: Theme.textSecondary
                wrapMode: Text.Wrap
                Accessible.ignored: true
            }
        }
    }
}
