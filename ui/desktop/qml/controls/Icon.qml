// An icon's name and a colour in, the icon in that colour out.
import QtQuick
import QtQuick.Controls.impl
import Tramontane

IconImage {
    id: icon
    property string glyph
    property int size: Theme.iconSize

    source: glyph === "" ? "" : Theme.icon(glyph)
    sourceSize: Qt.size(size, size)
    width: size
    height: size
    color: Theme.textSecondary
    Accessible.ignored: true
}
