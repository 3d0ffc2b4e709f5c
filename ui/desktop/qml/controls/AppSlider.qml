// A value between two ends, by pointer or arrow keys.
import QtQuick
import QtQuick.Templates as T
import Tramontane

T.Slider {
    id: slider
    property string name

    implicitWidth: 200
    implicitHeight: Math.max(24, Theme.controlHeight - 8)
    padding: 2
    live: true
    focusPolicy: Qt.StrongFocus
    Accessible.name: name

    background: Rectangle {
        x: slider.leftPadding
        y: slider.topPadding + (slider.availableHeight - height) / 2
        width: slider.availableWidth
        height: 4
        radius: 2
        color: Theme.line
        Rectangle {
            width: slider.position * parent.width
            height: parent.height
            radius: 2
            color: Theme.accent
        }
    }
    handle: Rectangle {
        x: slider.leftPadding + slider.position * (slider.availableWidth - width)
        y: slider.topPadding + (slider.availableHeight - height) / 2
        width: 18
        height: 18
        radius: 9
        color: slider.pressed ? Theme.accentHover : Theme.accent
        border.width: 2
        border.color: Theme.window
        Rectangle {
            anchors.fill: parent
            anchors.margins: -3
            radius: width / 2
            color: "transparent"
            visible: slider.visualFocus
            border.width: Theme.focusWidth
            border.color: Theme.focus
        }
    }
}
