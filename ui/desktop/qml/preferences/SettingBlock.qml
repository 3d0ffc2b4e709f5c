// A setting: its name, a line that explains it, and below it the control.
import QtQuick
import Tramontane

Column {
    id: block
    property string title
    property string explanation
    default property alias content: place.data

    width: parent ? parent.width : 0
    spacing: Theme.space2
    AppLabel {
        width: parent.width
        text: block.title
        font.weight: Font.DemiBold
    }
    AppLabel {
        width: parent.width
        kind: "small"
        text: block.explanation
        visible: text !== ""
    }
    Column {
        id: place
        width: parent.width
        spacing: Theme.space2
    }
}
