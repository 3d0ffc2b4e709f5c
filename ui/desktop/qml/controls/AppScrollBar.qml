// A thin bar that widens under the pointer.
import QtQuick
import QtQuick.Templates as T
import Tramontane

T.ScrollBar {
    id: bar
    implicitWidth: implicitContentWidth + leftPadding + rightPadding
    implicitHeight: implicitContentHeight + topPadding + bottomPadding
    padding: 2
    minimumSize: orientation === Qt.Vertical ? Math.min(1, 28 / Math.max(1, height)) : Math.min(1, 28 / Math.max(1, width))
    policy: T.ScrollBar.AsNeeded
    visible: policy !== T.ScrollBar.AlwaysOff && size < 1
    Accessible.ignored: true

    contentItem: Rectangle {
        implicitWidth: bar.hovered || bar.pressed ? 8 : 6
        implicitHeight: bar.hovered || bar.pressed ? 8 : 6
        radius: 4
        color: Theme.outline
        opacity: bar.pressed ? 0.9 : bar.hovered ? 0.7 : bar.active ? 0.55 : 0.3
    }
}
