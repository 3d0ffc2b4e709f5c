// A short text in, shown beside what the pointer or the keyboard rests on.
import QtQuick
import QtQuick.Templates as T
import Tramontane

T.ToolTip {
    id: bubble
    x: parent ? Math.round((parent.width - implicitWidth) / 2) : 0
    y: -implicitHeight - 6
    implicitWidth: Math.min(contentWidth, 320) + leftPadding + rightPadding
    implicitHeight: contentHeight + topPadding + bottomPadding
    margins: 6
    padding: 6
    leftPadding: 10
    rightPadding: 10
    delay: 600
    closePolicy: T.Popup.CloseOnEscape | T.Popup.CloseOnPressOutsideParent | T.Popup.CloseOnReleaseOutsideParent

    contentItem: Text {
        text: bubble.text
        textFormat: Text.PlainText
        font.family: Theme.family
        font.pixelSize: Theme.textTiny
        color: Theme.dark ? "#0b1116" : "#ffffff"
        wrapMode: Text.Wrap
    }
    background: Rectangle {
        color: Theme.dark ? "#dfe6ec" : "#24303c"
        radius: Theme.radiusSmall
    }
}
