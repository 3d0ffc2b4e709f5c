// Shows where the keyboard is. Fills its control, a little outside of it.
import QtQuick
import Tramontane

Rectangle {
    id: ring
    property Item control: parent
    property int gap: 2

    anchors.fill: parent
    anchors.margins: -gap
    visible: control.visualFocus === undefined ? control.activeFocus : control.visualFocus
    color: "transparent"
    radius: Theme.radiusSmall + gap
    border.width: Theme.focusWidth
    border.color: Theme.focus
    z: 2
}
