// Code on its own ground, with the language's name and Copy above it; long lines scroll.
import QtQuick
import QtQuick.Templates as T
import Tramontane

Rectangle {
    id: block
    property string code
    property string language
    property bool firstPiece: true
    property bool lastPiece: true
    property bool copied: false
    signal copyRequested()

    implicitHeight: (firstPiece ? head.height : 0) + view.height
    radius: firstPiece || lastPiece ? Theme.radius : 0
    color: Theme.codeSurface
    border.width: 1
    border.color: Theme.line
    Accessible.role: Accessible.Grouping
    Accessible.name: language === "" ? qsTr("Code") : qsTr("Code in %1").arg(language)

    Item {
        id: head
        visible: block.firstPiece
        width: parent.width
        height: Math.max(Theme.controlHeight - 2, label.implicitHeight + 8)
        Text {
            id: label
            anchors.verticalCenter: parent.verticalCenter
            x: Theme.space3
            text: block.language === "" ? qsTr("Code") : block.language
            textFormat: Text.PlainText
            font.family: Theme.family
            font.pixelSize: Theme.textTiny
            color: Theme.textSecondary
            Accessible.ignored: true
        }
        T.AbstractButton {
            id: copy
            objectName: "copyCode"
            anchors.right: parent.right
            anchors.rightMargin: 3
            anchors.verticalCenter: parent.verticalCenter
            implicitWidth: row.implicitWidth + 2 * Theme.space2
            implicitHeight: parent.height - 6
            hoverEnabled: true
            focusPolicy: Qt.TabFocus
            Accessible.role: Accessible.Button
            Accessible.name: block.copied ? qsTr("Code copied") : qsTr("Copy code")
            onClicked: {
                block.copyRequested()
                block.copied = true
                back.restart()
            }
            Keys.onReturnPressed: clicked()
            Keys.onEnterPressed: clicked()
            contentItem: Item {
                Row {
                    id: row
                    anchors.centerIn: parent
                    spacing: 6
                    Icon {
                        glyph: block.copied ? "check" : "copy"
                        size: Math.round(Theme.iconSize * 0.85)
                        color: block.copied ? Theme.success : Theme.textSecondary
                        anchors.verticalCenter: parent.verticalCenter
                    }
                    Text {
                        text: block.copied ? qsTr("Copied") : qsTr("Copy")
                        textFormat: Text.PlainText
                        font.family: Theme.family
                        font.pixelSize: Theme.textTiny
                        color: block.copied ? Theme.success : Theme.textSecondary
                        anchors.verticalCenter: parent.verticalCenter
                        Accessible.ignored: true
                    }
                }
            }
            background: Rectangle {
                radius: Theme.radiusSmall
                color: copy.down ? Theme.pressed : copy.hovered ? Theme.hover : "transparent"
            }
            FocusRing { control: copy; gap: 0 }
            Timer { id: back; interval: 1600; onTriggered: block.copied = false }
        }
    }
    Flickable {
        id: view
        y: block.firstPiece ? head.height : 0
        width: parent.width
        height: edit.implicitHeight + (interactive ? 6 : 0) // room for the scroll bar
        contentWidth: edit.width
        contentHeight: height
        flickableDirection: Flickable.HorizontalFlick
        boundsBehavior: Flickable.StopAtBounds
        interactive: contentWidth > width
        clip: true
        T.ScrollBar.horizontal: AppScrollBar {}

        TextEdit {
            id: edit
            width: Math.max(view.width, implicitWidth)
            text: block.code
            textFormat: TextEdit.PlainText
            readOnly: true
            selectByMouse: true
            wrapMode: TextEdit.NoWrap
            leftPadding: Theme.space3
            rightPadding: Theme.space4
            topPadding: block.firstPiece ? 2 : 0
            bottomPadding: block.lastPiece ? Theme.space3 : 0
            font.family: Theme.monoFamily
            font.pixelSize: Theme.codeSize
            color: Theme.text
            selectionColor: Theme.selection
            selectedTextColor: Theme.text
            tabStopDistance: 4 * metrics.averageCharacterWidth
            Accessible.role: Accessible.StaticText
            Accessible.name: block.code
            FontMetrics { id: metrics; font: edit.font }
        }
    }
}
