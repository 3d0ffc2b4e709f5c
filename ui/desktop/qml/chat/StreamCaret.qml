// Shows where the answer is being written.
import QtQuick
import Tramontane

Rectangle {
    id: caret
    width: 8
    height: Math.round(Theme.textSize * 1.1)
    radius: 2
    color: Theme.accent
    Accessible.ignored: true

    SequentialAnimation on opacity {
        running: caret.visible
        loops: Animation.Infinite
        NumberAnimation { from: 1; to: 0.25; duration: 500; easing.type: Easing.InOutQuad }
        NumberAnimation { from: 0.25; to: 1; duration: 500; easing.type: Easing.InOutQuad }
    }
}
